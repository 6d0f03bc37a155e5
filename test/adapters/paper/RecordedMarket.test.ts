// A thousand random orders of three users in a recorded market: what they trade at is what the book of that moment allowed, money only
// changes hands, and the journal replays to the same state.
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import * as ReplayMarket from "../../../src/adapters/binance/ReplayMarket.ts"
import { Venue, type VenueCommand } from "../../../src/adapters/paper/Venue.ts"
import * as VenueEngine from "../../../src/adapters/paper/VenueEngine.ts"
import type { DepthView } from "../../../src/domain/Market.ts"
import type { EngineEvent } from "../../../src/domain/matching/Event.ts"
import type { NewList } from "../../../src/domain/matching/Command.ts"
import type { NewOrder, OrderType } from "../../../src/domain/matching/Order.ts"
import type { Side } from "../../../src/domain/Order.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { MarketSource } from "../../../src/ports/MarketSource.ts"
import * as MemoryPaperJournal from "../../../src/ports/MemoryPaperJournal.ts"
import { PaperJournal, type TradeRecord } from "../../../src/ports/PaperJournal.ts"
import { btcusdt, describeRecordings } from "../../kit/Recordings.ts"

const SYMBOL = "BTCUSDT"
const ACCOUNTS = ["ann", "bob", "cid"]
const START = { USDT: 5_000_000n * 100_000_000n, BTC: 100n * 100_000_000n }
const ORDERS = 1000
/** Messages between two commands. */
const PACE = 30

/** A small deterministic stream of choices: the same seed, the same test. */
const choices = (seed: number) => (below: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
  return Math.floor((seed / 4_294_967_296) * below)
}

/** Random commands around the best prices of a book. */
class Crowd {
  private readonly pick: (below: number) => number
  private placed = 0

  constructor(seed: number) {
    this.pick = choices(seed)
  }

  get orders(): number {
    return this.placed
  }

  next(bid: number, ask: number): VenueCommand {
    const account = ACCOUNTS[this.pick(ACCOUNTS.length)] ?? "ann"
    const of = { account, symbol: SYMBOL } as const
    const earlier = { clientOrderId: `o${1 + this.pick(Math.max(1, this.placed))}` }
    const kind = this.pick(20)
    if (kind < 1) return { _tag: "Cancel", ...of, order: earlier, cancelId: `c${this.placed}` }
    if (kind < 2) {
      return { _tag: "Amend", ...of, order: earlier, lots: 1 + this.pick(2000), clientOrderId: `a${this.placed}` }
    }
    if (kind < 3) {
      const how = { mode: "ALLOW_FAILURE", mayPlace: true, cancelId: `r${this.placed}` } as const
      return { _tag: "CancelReplace", ...of, ...how, cancel: earlier, order: this.order(bid, ask) }
    }
    if (kind < 4) return { _tag: "PlaceList", ...of, list: this.list(bid, ask) }
    return { _tag: "Place", ...of, order: this.order(bid, ask) }
  }

  private order(bid: number, ask: number): NewOrder {
    const side: Side = this.pick(2) === 0 ? "BUY" : "SELL"
    const near = side === "BUY" ? bid : ask
    const away = side === "BUY" ? -1 : 1
    switch (this.pick(12)) {
      case 0:
      case 1:
      case 2:
        return this.asked(side, "MARKET", { lots: 1 + this.pick(200_000) })
      case 3:
        return this.asked(side, "LIMIT", {
          ticks: (side === "BUY" ? ask : bid) - away * this.pick(500),
          timeInForce: this.pick(2) === 0 ? "IOC" : "FOK",
          lots: 1 + this.pick(400_000)
        })
      case 4:
        return this.asked(side, "LIMIT_MAKER", { ticks: near + away * this.pick(30) })
      case 5:
        return this.asked(side, "STOP_LOSS", { stopTicks: near - away * (50 + this.pick(2000)) })
      case 6:
        return this.asked(side, "TAKE_PROFIT_LIMIT", {
          stopTicks: near + away * (50 + this.pick(2000)),
          ticks: near + away * this.pick(1000)
        })
      case 7:
        return this.asked(side, "STOP_LOSS", { trailingBips: 10 + this.pick(20) })
      case 8:
        return this.asked(side, "LIMIT", { ticks: near, lots: 20_000, icebergLots: 2000 })
      default:
        return this.asked(side, "LIMIT", { ticks: near + away * (this.pick(60) - 10), lots: 1000 + this.pick(60_000) })
    }
  }

  private asked(side: Side, type: OrderType, change: Partial<NewOrder>): NewOrder {
    return {
      clientOrderId: `o${++this.placed}`,
      side,
      type,
      timeInForce: "GTC",
      lots: 1000 + this.pick(20_000),
      quote: 0n,
      ticks: 0,
      stopTicks: 0,
      trailingBips: 0,
      icebergLots: 0,
      stp: (["EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH", "DECREMENT"] as const)[this.pick(4)] ?? "EXPIRE_MAKER",
      ...change
    }
  }

  private list(bid: number, ask: number): NewList {
    const lots = 1000 + this.pick(20_000)
    const above = this.asked("SELL", "LIMIT_MAKER", { ticks: ask + 100 + this.pick(3000), lots })
    const below = this.asked("SELL", "STOP_LOSS", { stopTicks: bid - 100 - this.pick(3000), lots })
    const listClientOrderId = `l${this.placed}`
    if (this.pick(2) === 0) return { kind: "OCO", listClientOrderId, above, below }
    const working = this.asked("BUY", "LIMIT", { ticks: ask + 10, lots })
    return { kind: "OTOCO", listClientOrderId, working, above, below }
  }
}

/** Checks what the outside market gave against the book as it was shown then. */
const checkWalked = (view: DepthView, events: ReadonlyArray<EngineEvent>): number => {
  const given = new Map<string, number>()
  for (const event of events) {
    if (event._tag !== "PublicTrade" || event.cause !== "walked") continue
    const levels = event.takerSide === "BUY" ? view.asks : view.bids
    const best = levels[0]?.ticks ?? 0
    assert.isTrue(event.takerSide === "BUY" ? event.ticks >= best : event.ticks <= best, "better than the book")
    const key = `${event.takerSide} ${event.ticks}`
    given.set(key, (given.get(key) ?? 0) + event.lots)
    const level = levels.find(({ ticks }) => ticks === event.ticks)
    assert.isAtMost(given.get(key) ?? 0, level?.lots ?? 0, `${key} gave more than it had`)
  }
  return given.size
}

/** A fill is never worse for the taker than its limit, and for the maker at its own price. */
const checkPrices = (events: ReadonlyArray<EngineEvent>): void => {
  for (const event of events) {
    if (event._tag !== "Execution" || event.trade === undefined) continue
    const { order, trade } = event
    if (trade.maker) assert.strictEqual(trade.ticks, order.ticks)
    else if (order.ticks !== 0) {
      assert.isTrue(order.side === "BUY" ? trade.ticks <= order.ticks : trade.ticks >= order.ticks, "beyond its limit")
    }
  }
}

/** What an account must have after its trades. */
const fold = (trades: ReadonlyArray<TradeRecord>) => {
  const money = { ...START }
  for (const { buyer, commission, commissionAsset, lots, quote } of trades) {
    const base = BigInt(lots) * 1000n
    money.BTC += buyer ? base : -base
    money.USDT += buyer ? -quote : quote
    money[commissionAsset as "BTC" | "USDT"] -= commission
  }
  return money
}

const stateAfter = (store: MemoryPaperJournal.Store, snapshot = store.snapshot) =>
  VenueEngine.replay(snapshot, store.entries.slice(snapshot?.seq ?? 0)).engine.stateHash()

const source = Effect.map(ReplayMarket.make({ files: [btcusdt], paced: false, loop: false }), (replay) =>
  MarketSource.of(replay)
)

const begin = Effect.fnUntraced(function* (store: MemoryPaperJournal.Store) {
  const life = yield* Layer.build(
    VenueEngine.layer({ snapshotEvery: 700 }).pipe(
      Layer.provideMerge(Layer.succeed(PaperJournal, MemoryPaperJournal.life(store))),
      Layer.provideMerge(MarketData.layerMemory),
      Layer.provideMerge(Layer.effect(MarketSource, source))
    )
  )
  return {
    venue: Context.get(life, Venue),
    market: Context.get(life, MarketData),
    journal: Context.get(life, PaperJournal),
    messages: Context.get(life, MarketSource).messages
  }
})

describeRecordings("paper exchange in a recorded market", () => {
  it.effect("fills a thousand random orders by the book, conserves money, and replays to the same state", () =>
    Effect.gen(function* () {
      const store = new MemoryPaperJournal.Store()
      const causes = new Map<string, number>()
      let inTheMiddle: MemoryPaperJournal.Store["snapshot"]
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { journal, market, messages, venue } = yield* begin(store)
          for (const account of ACCOUNTS) {
            const balances = [
              { asset: "USDT", amount: START.USDT },
              { asset: "BTC", amount: START.BTC }
            ]
            yield* venue.execute({ _tag: "OpenAccount", account, balances })
          }
          const crowd = new Crowd(11)
          let heard = 0
          let walked = 0
          const trade = Effect.fnUntraced(function* () {
            const view = market.depth(SYMBOL, 1000)
            const [bid, ask] = [view?.bids[0]?.ticks, view?.asks[0]?.ticks]
            if (view === undefined || !view.synced || bid === undefined || ask === undefined) return
            const done = yield* Effect.result(venue.execute(crowd.next(bid, ask)))
            if (done._tag === "Failure") return assert.strictEqual(done.failure._tag, "Rejected", String(done.failure))
            walked += checkWalked(view, done.success.events)
            checkPrices(done.success.events)
          })
          yield* messages.pipe(
            Stream.takeWhile(() => crowd.orders < ORDERS),
            Stream.runForEach((message) => {
              market.apply(message)
              return ++heard % PACE === 0 ? trade() : Effect.void
            })
          )
          yield* venue.settled
          assert.isAtLeast(crowd.orders, ORDERS)
          assert.isAbove(walked, 200)
          assert.deepStrictEqual(market.takeListenerFailures(), [])
          for (const account of ACCOUNTS) {
            const trades = yield* journal.trades(account, SYMBOL, { limit: 1_000_000 })
            for (const { cause } of trades) causes.set(cause, (causes.get(cause) ?? 0) + 1)
            const has = Object.fromEntries(
              venue.balances(account).map(({ asset, free, locked }) => [asset, free + locked])
            )
            assert.deepStrictEqual(has, fold(trades), account)
          }
          inTheMiddle = store.snapshot
        })
      )
      assert.isBelow(inTheMiddle?.seq ?? 0, store.entries.length, "the snapshot in the middle is not the last one")
      const { hash } = store.snapshot ?? { hash: "none" }
      assert.strictEqual(yield* Effect.sync(() => stateAfter(store, inTheMiddle)), hash)
      store.snapshot = undefined
      assert.strictEqual(stateAfter(store), hash)
      process.stdout.write(
        `${store.entries.length} entries of ${Math.round(store.entries.reduce((sum, { body }) => sum + body.length, 0) / store.entries.length)} ` +
          `characters; fills: ${[...causes].map(([cause, count]) => `${count} ${cause}`).join(", ")}.\n`
      )
      for (const cause of ["walked", "queue", "through", "crossed"]) assert.isAbove(causes.get(cause) ?? 0, 0, cause)
    })
  )
})
