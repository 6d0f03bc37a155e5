// What the venue promises around its engine: nothing is told before it is durable, nothing acknowledged is lost, and what is lost is
// said so.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Queue, Result, Semaphore } from "effect"
import { TestClock } from "effect/testing"
import { Venue, type VenueCommand } from "../../../src/adapters/paper/Venue.ts"
import type { VenueOptions } from "../../../src/adapters/paper/VenueEngine.ts"
import type { EngineEvent } from "../../../src/domain/matching/Event.ts"
import type { NewOrder } from "../../../src/domain/matching/Order.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import { PaperJournal, PaperJournalError } from "../../../src/ports/PaperJournal.ts"
import * as Paper from "../../kit/Paper.ts"
import * as StillMarket from "../../kit/StillMarket.ts"

const SYMBOL = "BTCUSDT"
const BTC = 100_000
const dollars = (amount: number) => BigInt(amount) * 100_000_000n

const order = (clientOrderId: string, change: Partial<NewOrder> = {}): NewOrder => ({
  clientOrderId,
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  lots: BTC / 10,
  quote: 0n,
  ticks: change.type === "MARKET" ? 0 : 5_900_000,
  stopTicks: 0,
  trailingBips: 0,
  icebergLots: 0,
  stp: "EXPIRE_MAKER",
  ...change
})

const place = (account: string, asked: NewOrder): VenueCommand => ({
  _tag: "Place",
  account,
  symbol: SYMBOL,
  order: asked
})

const opening = (account: string): VenueCommand => ({
  _tag: "OpenAccount",
  account,
  balances: [
    { asset: "USDT", amount: dollars(1_000_000) },
    { asset: "BTC", amount: dollars(100) }
  ]
})

/** A venue with ann and bob in it, and a book of 60,000 / 60,010 with half a bitcoin and one behind it a side. */
const begin = Effect.fnUntraced(function* (
  store: Store,
  options: Partial<VenueOptions> = {},
  change?: Parameters<typeof Paper.life>[2]
) {
  const life = yield* Paper.begin(store, options, change)
  const venue = Context.get(life, Venue)
  const market = Context.get(life, MarketData)
  StillMarket.book(
    market,
    [
      [60_000, BTC / 2],
      [59_990, BTC]
    ],
    [
      [60_010, BTC / 2],
      [60_020, BTC]
    ]
  )
  return { venue, market, journal: Context.get(life, PaperJournal) }
})

const beginWithTwo = Effect.fnUntraced(function* (...given: Parameters<typeof begin>) {
  const begun = yield* begin(...given)
  for (const account of ["ann", "bob"]) yield* begun.venue.execute(opening(account))
  return begun
})

const says = (events: ReadonlyArray<EngineEvent>) =>
  events.flatMap((event) =>
    event._tag !== "Execution"
      ? []
      : event.trade === undefined
        ? [`${event.clientOrderId} ${event.type}`]
        : [`${event.clientOrderId} ${event.trade.lots} @ ${event.trade.ticks} ${event.trade.cause}`]
  )

/** A gate before every commit. */
const gated = Effect.map(Semaphore.make(1), (gate) => ({
  gate,
  change: (journal: PaperJournal["Service"]): PaperJournal["Service"] => ({
    ...journal,
    commit: (commit) => gate.withPermits(1)(journal.commit(commit))
  })
}))

/** A journal that fails the commits from now on that `fails` says, made (`after`) or not made. */
const failing = () => {
  const faults = { next: undefined as "before" | "after" | undefined }
  const error = new PaperJournalError({ message: "The disk is gone." })
  const change = (journal: PaperJournal["Service"]): PaperJournal["Service"] => ({
    ...journal,
    commit: (commit) =>
      Effect.suspend(() => {
        const fault = faults.next
        faults.next = undefined
        if (fault === "before") return Effect.fail(error)
        return fault === "after" ? Effect.andThen(journal.commit(commit), Effect.fail(error)) : journal.commit(commit)
      })
  })
  return { faults, change }
}

const hashOf = (store: Store) => {
  const { entries, snapshot } = store
  return [entries.length, snapshot?.hash] as const
}

describe("venue", () => {
  it.effect("tells nobody of an order before it is durable: neither its caller, nor its account, nor the public", () =>
    Effect.gen(function* () {
      const { change, gate } = yield* gated
      const store = new Store()
      const { venue } = yield* beginWithTwo(store, {}, change)
      const events = yield* venue.accountEvents("ann")
      const heard: Array<string> = []
      venue.onPublic((event) => void heard.push(event._tag))
      yield* gate.take(1)
      const before = store.entries.length
      const placing = yield* Effect.forkChild(venue.execute(place("ann", order("a"))), { startImmediately: true })
      const settling = yield* Effect.forkChild(venue.settled, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(placing.pollUnsafe())
      assert.isUndefined(settling.pollUnsafe())
      assert.strictEqual(Queue.sizeUnsafe(events), 0)
      assert.deepStrictEqual(heard, [])
      yield* gate.release(1)
      yield* Fiber.join(placing)
      yield* Fiber.join(settling)
      assert.strictEqual(store.entries.length, before + 1)
      assert.deepStrictEqual(says(yield* Queue.take(events)), ["a NEW"])
      assert.deepStrictEqual(heard, ["LevelChanged"])
    })
  )

  it.effect("journals no refusal", () =>
    Effect.gen(function* () {
      const store = new Store()
      const { venue } = yield* beginWithTwo(store)
      const before = store.entries.length
      const refused = yield* Effect.flip(venue.execute(place("ann", order("a", { lots: 20 * BTC }))))
      assert.strictEqual(refused._tag === "Rejected" ? refused.code : 0, -2010)
      assert.strictEqual((yield* Effect.flip(venue.execute(place("eve", order("a")))))._tag, "Rejected")
      yield* venue.execute(place("ann", order("a")))
      assert.strictEqual(store.entries.length, before + 1)
    })
  )

  it.effect("judges an order without placing it", () =>
    Effect.gen(function* () {
      const store = new Store()
      const { venue } = yield* beginWithTwo(store)
      const before = store.entries.length
      const asked = { _tag: "Place", account: "ann", symbol: SYMBOL } as const
      yield* venue.test({ ...asked, order: order("a", { type: "MARKET" }) })
      const refused = yield* Effect.flip(venue.test({ ...asked, order: order("a", { lots: 20 * BTC }) }))
      assert.match(refused.message, /insufficient balance/)
      assert.deepStrictEqual(venue.openOrders("ann"), [])
      yield* venue.settled
      assert.strictEqual(store.entries.length, before)
    })
  )

  it.effect("refuses what it has no room for, and does nothing of it", () =>
    Effect.gen(function* () {
      const { change, gate } = yield* gated
      const store = new Store()
      const { venue } = yield* beginWithTwo(store, { outbox: 4 }, change)
      yield* gate.take(1)
      const placing = yield* Effect.forEach(Array.from({ length: 8 }), (_, n) =>
        Effect.forkChild(Effect.result(venue.execute(place("ann", order(`a${n}`)))), { startImmediately: true })
      )
      yield* gate.release(1)
      const answers = yield* Fiber.joinAll(placing)
      const busy = answers.filter((answer) => Result.isFailure(answer) && answer.failure._tag === "Busy")
      assert.isAtLeast(busy.length, 3)
      assert.lengthOf(venue.openOrders("ann"), 8 - busy.length)
      yield* venue.execute(place("ann", order("later")))
    })
  )

  it.effect("starts again from its journal where the engine fails in the middle of a command", () =>
    Effect.gen(function* () {
      const store = new Store()
      const { market, venue } = yield* beginWithTwo(store)
      yield* venue.execute(place("ann", order("a")))
      const events = yield* venue.accountEvents("ann")
      const before = store.entries.length
      // The engine asks for the level while it works on the order.
      const broken = market as { levelAt: typeof market.levelAt }
      const { levelAt } = market
      broken.levelAt = () => {
        throw new Error("the book is torn")
      }
      const lost = yield* Effect.flip(venue.execute(place("ann", order("b", { ticks: 6_002_000 }))))
      assert.strictEqual(lost._tag, "OutcomeLost")
      assert.strictEqual((yield* Effect.flip(Queue.take(events)))._tag, "EventsLost")
      broken.levelAt = levelAt
      assert.deepStrictEqual(
        venue.openOrders("ann").map(({ clientOrderId }) => clientOrderId),
        ["a"]
      )
      yield* venue.execute(place("ann", order("b", { ticks: 6_002_000 })))
      assert.strictEqual(store.entries.length, before + 1)
    })
  )

  it.effect("answers whoever waits for what they read, also while there is no room for another command", () =>
    Effect.gen(function* () {
      const { change, gate } = yield* gated
      const { venue } = yield* beginWithTwo(new Store(), { outbox: 2 }, change)
      yield* gate.take(1)
      const placing = yield* Effect.forEach(Array.from({ length: 5 }), (_, n) =>
        Effect.forkChild(Effect.exit(venue.execute(place("ann", order(`a${n}`)))), { startImmediately: true })
      )
      const settling = yield* Effect.forkChild(venue.settled, { startImmediately: true })
      assert.isUndefined(settling.pollUnsafe())
      yield* gate.release(1)
      yield* Fiber.join(settling)
      yield* Fiber.joinAll(placing)
    })
  )

  it.effect.each(["before", "after"] as const)(
    "after a commit that failed %s it was made, says that the outcome is lost, and goes on from its journal",
    (when) =>
      Effect.gen(function* () {
        const { change, faults } = failing()
        const store = new Store()
        const { venue } = yield* beginWithTwo(store, {}, change)
        yield* venue.execute(place("ann", order("a", { ticks: 5_900_000 })))
        const levels = new Map<number, number>()
        venue.onPublic((event) => {
          if (event._tag === "LevelChanged") levels.set(event.ticks, event.lots)
        })
        const events = yield* venue.accountEvents("ann")
        faults.next = when
        const lost = yield* Effect.flip(venue.execute(place("ann", order("b", { ticks: 5_910_000 }))))
        assert.strictEqual(lost._tag, "OutcomeLost")
        assert.strictEqual((yield* Effect.flip(Queue.take(events)))._tag, "EventsLost")
        const stands = when === "after" ? ["a", "b"] : ["a"]
        assert.deepStrictEqual(
          venue.openOrders("ann").map(({ clientOrderId }) => clientOrderId),
          stands
        )
        assert.strictEqual(levels.get(5_910_000) ?? 0, when === "after" ? BTC / 10 : 0)
        yield* venue.execute(place("ann", order("c")))
        assert.strictEqual(store.entries.length, 3 + stands.length + 1)
      })
  )

  it.effect("loses what waited behind a commit that failed with it, and nothing of it comes back", () =>
    Effect.gen(function* () {
      const { change: gate, gate: permits } = yield* gated
      const { change: fail, faults } = failing()
      const store = new Store()
      const { venue } = yield* beginWithTwo(store, {}, (journal) => gate(fail(journal)))
      yield* permits.take(1)
      const before = store.entries.length
      const placing = yield* Effect.forkChild(Effect.flip(venue.execute(place("ann", order("a")))), {
        startImmediately: true
      })
      // The first is in a commit that waits at the gate, the others behind it.
      yield* TestClock.adjust("1 second")
      const behind = yield* Effect.forEach(["b", "c"], (name) =>
        Effect.forkChild(Effect.flip(venue.execute(place("ann", order(name)))), { startImmediately: true })
      )
      faults.next = "before"
      yield* permits.release(1)
      for (const error of yield* Fiber.joinAll([placing, ...behind])) assert.strictEqual(error._tag, "OutcomeLost")
      yield* Effect.retry(Effect.andThen(Effect.yieldNow, venue.settled), { times: 1000 })
      assert.deepStrictEqual(venue.openOrders("ann"), [])
      yield* venue.execute(place("ann", order("d")))
      assert.strictEqual(store.entries.length, before + 1)
    })
  )

  it.effect("keeps every order it acknowledged when another life takes over in the middle, and fails the others", () =>
    Effect.gen(function* () {
      const store = new Store()
      const { venue: earlier } = yield* beginWithTwo(store)
      const placing = yield* Effect.forEach(Array.from({ length: 50 }), (_, n) =>
        Effect.forkChild(
          Effect.exit(
            Effect.andThen(
              Effect.forEach(Array.from({ length: n }), () => Effect.yieldNow, { discard: true }),
              earlier.execute(place("ann", order(`a${n}`, { lots: 100 })))
            )
          )
        )
      )
      yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow, { discard: true })
      const { venue: later } = yield* begin(store)
      const exits = yield* Fiber.joinAll(placing)
      const acknowledged = exits.flatMap((exit, n) => (Exit.isSuccess(exit) ? [`a${n}`] : []))
      assert.isAbove(acknowledged.length, 0)
      assert.isBelow(acknowledged.length, 50)
      assert.deepStrictEqual(
        later.openOrders("ann").map(({ clientOrderId }) => clientOrderId),
        acknowledged
      )
      assert.strictEqual((yield* Effect.flip(earlier.execute(place("ann", order("after")))))._tag, "Busy")
      yield* later.execute(place("ann", order("after")))
    })
  )

  it.effect("starts from a snapshot and the entries after it, and from the entries alone, to the same state", () =>
    Effect.gen(function* () {
      const store = new Store()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { venue } = yield* beginWithTwo(store, { snapshotEvery: 5 })
          for (let n = 0; n < 12; n++) yield* venue.execute(place(n % 2 === 0 ? "ann" : "bob", order(`a${n}`)))
        })
      )
      const [count, hash] = hashOf(store)
      // Closing leaves a snapshot of everything.
      assert.strictEqual(store.snapshot?.seq, count)
      store.snapshot = undefined
      yield* Effect.scoped(begin(store))
      assert.deepStrictEqual(hashOf(store), [count, hash])
    })
  )

  it.effect("does not start from a snapshot that is not what was stored", () =>
    Effect.gen(function* () {
      const store = new Store()
      yield* Effect.scoped(beginWithTwo(store))
      if (store.snapshot === undefined) return assert.fail("no snapshot")
      store.snapshot = { ...store.snapshot, hash: "something else" }
      const error = yield* Effect.flip(begin(store))
      assert.match(error.message, /cannot start from its journal: the snapshot after entry 3 does not have the hash/)
    })
  )

  it.effect("lists its symbols once, and again where their rules have changed", () =>
    Effect.gen(function* () {
      const store = new Store()
      const lists = () => store.entries.filter(({ body }) => body.includes('"k":"L"')).length
      yield* Effect.scoped(begin(store))
      yield* Effect.scoped(begin(store))
      assert.strictEqual(lists(), 1)
      const { venue } = yield* beginWithTwo(store, { fees: { maker: 20_000, taker: 40_000 } })
      assert.strictEqual(lists(), 2)
      assert.deepStrictEqual(venue.commission("ann", SYMBOL), { maker: 20_000, taker: 40_000 })
    })
  )

  it.effect("lets an order meet the market as it is when its way there is over", () =>
    Effect.gen(function* () {
      const { market, venue } = yield* beginWithTwo(new Store(), { latencyMillis: 100 })
      const placing = yield* Effect.forkChild(venue.execute(place("ann", order("a", { type: "MARKET" }))), {
        startImmediately: true
      })
      yield* TestClock.adjust("99 millis")
      StillMarket.diff(market, [], [[60_010, 0]])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(says((yield* Fiber.join(placing)).events), ["a NEW", `a ${BTC / 10} @ 6002000 walked`])
    })
  )

  it.effect("puts a new order behind the share of the level that the model counts", () =>
    Effect.gen(function* () {
      const filledBy = Effect.fnUntraced(function* (queueShare: number, lots: number) {
        const { market, venue } = yield* beginWithTwo(new Store(), { queueShare })
        yield* venue.execute(place("ann", order("a", { ticks: 6_000_000 })))
        StillMarket.trade(market, "SELL", 60_000, lots)
        yield* venue.settled
        return venue.openOrder("ann", SYMBOL, { clientOrderId: "a" })?.executedLots
      })
      assert.strictEqual(yield* filledBy(1, BTC / 2), 0)
      assert.strictEqual(yield* filledBy(1, BTC / 2 + 7), 7)
      assert.strictEqual(yield* filledBy(0.5, BTC / 4 + 7), 7)
      assert.strictEqual(yield* filledBy(0, 7), 7)
    })
  )

  it.effect(
    "fills a resting order from a level that reached it, at the order's price and no further than the level",
    () =>
      Effect.gen(function* () {
        const { market, venue } = yield* beginWithTwo(new Store())
        yield* venue.execute(place("ann", order("a", { ticks: 6_000_500, lots: BTC / 10 })))
        const events = yield* venue.accountEvents("ann")
        StillMarket.diff(market, [[60_000, 0]], [[60_004, 100]])
        assert.deepStrictEqual(says(yield* Queue.take(events)), ["a 100 @ 6000500 through"])
        // What it took of the level is gone for everyone until the level is stated again.
        StillMarket.diff(market, [[59_990, 5]], [])
        const { events: walked } = yield* venue.execute(place("bob", order("b", { type: "MARKET", lots: 10 })))
        assert.deepStrictEqual(says(walked), ["b NEW", "b 10 @ 6001000 walked"])
      })
  )

  it.effect("gives late listeners the levels that stand, and tells trades and levels as they come", () =>
    Effect.gen(function* () {
      const { venue } = yield* beginWithTwo(new Store())
      yield* venue.execute(place("ann", order("a", { side: "SELL", ticks: 6_000_500 })))
      const heard: Array<string> = []
      const stop = venue.onPublic((event) =>
        heard.push(
          event._tag === "PublicTrade"
            ? `${event.takerSide} ${event.lots} @ ${event.ticks} ${event.cause}`
            : `${event.side} ${event.ticks}: ${event.lots}`
        )
      )
      yield* venue.execute(place("bob", order("b", { ticks: 6_000_500, lots: 300 })))
      stop()
      yield* venue.execute(place("bob", order("c", { ticks: 6_000_500, lots: 300 })))
      assert.deepStrictEqual(heard, [
        `SELL 6000500: ${BTC / 10}`,
        "BUY 300 @ 6000500 crossed",
        `SELL 6000500: ${BTC / 10 - 300}`
      ])
    })
  )

  it.effect(
    "keeps what the journal's readers ask for: orders, trades and their cause, amendments, lists, prevented matches",
    () =>
      Effect.gen(function* () {
        const { journal, venue } = yield* beginWithTwo(new Store())
        const ofAnn = { account: "ann", symbol: SYMBOL } as const
        yield* venue.execute(place("ann", order("maker", { side: "SELL", ticks: 6_000_500, lots: 500 })))
        yield* venue.execute(place("bob", order("taker", { ticks: 6_000_500, lots: 200 })))
        yield* venue.execute({
          _tag: "Amend",
          ...ofAnn,
          order: { clientOrderId: "maker" },
          lots: 400,
          clientOrderId: "renamed"
        })
        const [maker] = yield* journal.orders("ann", SYMBOL, { limit: 1 })
        assert.deepInclude(maker, {
          clientOrderId: "renamed",
          lots: 400,
          executedLots: 200,
          status: "PARTIALLY_FILLED"
        })
        const [trade] = yield* journal.trades("bob", SYMBOL, { limit: 1 })
        assert.deepInclude(trade, { cause: "crossed", lots: 200, ticks: 6_000_500, buyer: true, maker: false })
        const [amended] = yield* journal.amendments("ann", SYMBOL, maker?.orderId ?? 0, { limit: 1 })
        assert.deepInclude(amended, {
          originalClientOrderId: "maker",
          newClientOrderId: "renamed",
          originalLots: 500,
          newLots: 400
        })
        yield* venue.execute(place("ann", order("self", { ticks: 6_000_500, lots: 50, timeInForce: "IOC" })))
        const self =
          venue.openOrder("ann", SYMBOL, { clientOrderId: "self" }) ??
          (yield* journal.orders("ann", SYMBOL, { limit: 1 }))[0]
        const [prevented] = yield* journal.prevented("ann", SYMBOL, { orderId: self?.orderId ?? 0 }, 1)
        assert.deepStrictEqual(
          [prevented?.makerOrderId, prevented?.takerOrderId, prevented?.stp],
          [maker?.orderId, self?.orderId, "EXPIRE_MAKER"]
        )
        yield* venue.execute({
          _tag: "PlaceList",
          ...ofAnn,
          list: {
            kind: "OCO",
            listClientOrderId: "list",
            above: order("above", { side: "SELL", type: "LIMIT_MAKER", ticks: 6_200_000 }),
            below: order("below", { side: "SELL", type: "STOP_LOSS", ticks: 0, stopTicks: 5_800_000 })
          }
        })
        const [list] = yield* journal.lists("ann", { limit: 1 })
        assert.deepInclude(list, { listClientOrderId: "list", contingency: "OCO", status: "EXECUTING" })
      })
  )
})
