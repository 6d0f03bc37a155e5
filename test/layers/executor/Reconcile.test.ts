// What the desk and the exchange have of an account is held against each other: at the start, after a cut, and from time to time.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Queue, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { newOrderOf } from "../../../src/adapters/paper/DeskWords.ts"
import * as PaperExchange from "../../../src/adapters/paper/PaperExchange.ts"
import { Venue } from "../../../src/adapters/paper/Venue.ts"
import * as VenueEngine from "../../../src/adapters/paper/VenueEngine.ts"
import type { AccountUpdate } from "../../../src/domain/Account.ts"
import type { Envelope } from "../../../src/domain/Command.ts"
import type { Event } from "../../../src/domain/Event.ts"
import { isOurs } from "../../../src/domain/Hear.ts"
import { ClientOrderId } from "../../../src/domain/Ids.ts"
import * as Money from "../../../src/domain/Money.ts"
import type { Listing } from "../../../src/domain/matching/Listing.ts"
import { type Intent, SEND_WITHIN_MILLIS } from "../../../src/domain/Order.ts"
import type { Report } from "../../../src/domain/Report.ts"
import * as Executor from "../../../src/layers/executor/Executor.ts"
import { HEARD_WITHIN_MILLIS } from "../../../src/layers/executor/StreamWatch.ts"
import { Supervisor } from "../../../src/layers/Supervisor.ts"
import { Blotter } from "../../../src/ports/Blotter.ts"
import { CommandQueue } from "../../../src/ports/CommandQueue.ts"
import { Events } from "../../../src/ports/Events.ts"
import { Exchange, ExchangeError, NotSent, ReportsLost } from "../../../src/ports/Exchange.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import * as MemoryJournal from "../../../src/ports/MemoryJournal.ts"
import * as MemoryPaperJournal from "../../../src/ports/MemoryPaperJournal.ts"
import { exchangeState } from "../../kit/Messages.ts"
import * as Settings from "../../kit/Settings.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { accountId, cancel, limit, market, open, orderId, place } from "../../kit/Trading.ts"

const { format } = Money

const notSent = new ExchangeError({ reason: new NotSent({ message: "There is no connection." }) })

/** Everything that outlives the desk: its store, and the exchange with its books. */
const outside = VenueEngine.layer().pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      MemoryJournal.layerMemory,
      MemoryPaperJournal.layerMemory,
      CommandQueue.layerMemory,
      Events.layerMemory,
      Settings.layer(),
      StillMarket.layer
    )
  )
)
type Outside = Layer.Success<typeof outside>

/** An exchange that others have keys to, as far as it is not as usual. */
const as = (change: (real: Exchange["Service"]) => Partial<Exchange["Service"]>) =>
  Layer.effect(
    Exchange,
    Effect.map(Exchange, (real) => ({ ...real, environment: "testnet", ...change(real) }))
  )

/** A desk with a life of its own. */
const desk = (exchange = as(() => ({}))) =>
  Effect.asVoid(
    Layer.build(
      Layer.fresh(
        Executor.layer.pipe(
          Layer.provide(exchange),
          Layer.provide(PaperExchange.layer),
          Layer.provide(Supervisor.layer)
        )
      )
    )
  )

/** A market that stands at 60,000, an account that is open, and whatever the desk tells from then on. */
const world = <A, E>(test: (updates: Queue.Dequeue<AccountUpdate>) => Effect.Effect<A, E, Outside | Scope.Scope>) =>
  Effect.gen(function* () {
    const data = yield* MarketData
    StillMarket.book(data, [[60_000, 100_000]], [[60_010, 100_000]])
    StillMarket.trade(data, "BUY", 60_010, 1)
    const updates = yield* Events.use((events) => events.subscribe)
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* desk()
        yield* send(open())
        yield* send(cancel(99))
        yield* until(updates, "CancelDenied")
      })
    )
    return yield* test(updates)
  }).pipe(Effect.provide(outside))

const send = Effect.fnUntraced(function* (envelope: Envelope) {
  yield* Journal.use((journal) => journal.submit(envelope))
  yield* CommandQueue.use((commands) => commands.offer(envelope))
})

/** Everything that was told up to the first event of that kind. */
const until = Effect.fnUntraced(function* (updates: Queue.Dequeue<AccountUpdate>, tag: Event["_tag"]) {
  const seen: Array<Event> = []
  while (true) {
    const { event } = yield* Queue.take(updates)
    seen.push(event)
    if (event._tag === tag) return seen
  }
})

const names = (events: ReadonlyArray<Event>) => events.map(({ _tag }) => _tag)
const last = (events: ReadonlyArray<Event>) => events.at(-1)

/** Somebody with a key to the same account, at the exchange's own page. */
const stranger = Effect.fnUntraced(function* (id: string, intent: Intent) {
  const venue = yield* Venue
  const listing = venue.listings.get(intent.symbol)
  assert.isDefined(listing)
  const order = Result.getOrThrow(newOrderOf(ClientOrderId.make(id), intent, listing as Listing))
  return yield* venue.execute({ _tag: "Place", account: accountId, symbol: intent.symbol, order })
})

const state = Blotter.use((blotter) => blotter.state(accountId))

describe("an order that somebody else placed at the exchange", () => {
  it.effect("is followed from the next start on, and marked as not ours", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* stranger("web_1", limit("BUY", "0.2", "59000"))
        yield* desk()
        yield* until(updates, "OrderAdopted")
        const [adopted] = (yield* state).orders
        assert.deepStrictEqual(
          [adopted?.clientOrderId, adopted?.status, adopted?.external, format(adopted?.hold.amount ?? Money.zero)],
          ["web_1", "NEW", "LIMIT", "11800"]
        )
        // It can be cancelled from here like any other.
        yield* send({ ...cancel(7), command: { _tag: "CancelOrder", orderId: adopted?.orderId ?? orderId(7) } })
        yield* until(updates, "OrderCanceled")
        assert.deepStrictEqual((yield* state).orders, [])
        assert.isTrue((yield* state).balances.every(({ held }) => Money.isZero(held)))
      })
    )
  )

  it.effect("keeps what it had executed before in the balances alone: no later look books it again", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* stranger("web_3", limit("BUY", "0.2", "60005"))
        const data = yield* MarketData
        StillMarket.trade(data, "SELL", 60_004, 5_000)
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* desk()
            yield* until(updates, "OrderAdopted")
          })
        )
        const [adopted] = (yield* state).orders
        assert.deepStrictEqual(
          [adopted?.status, format(adopted?.executedQuantity ?? Money.zero)],
          ["PARTIALLY_FILLED", "0.05"]
        )
        const venue = yield* Venue
        const order = { clientOrderId: "web_3" }
        yield* venue.execute({ _tag: "Cancel", account: accountId, symbol: "BTCUSDT", order, cancelId: "web_4" })
        yield* desk()
        const seen = yield* until(updates, "OrderCanceled")
        assert.notInclude(names(seen), "OrderFilled")
        assert.isTrue((yield* state).balances.every(({ held }) => Money.isZero(held)))
      })
    )
  )

  it.effect("is met on the stream too, and its fills are counted once", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* desk()
        yield* send(place(1, market("BUY", "0.1")))
        yield* until(updates, "OrderFilled")
        // From the first survey after a trade on it is known which of the symbol's trades are new.
        yield* TestClock.adjust("5 minutes")
        yield* until(updates, "Surveyed")
        yield* stranger("web_2", market("BUY", "0.3"))
        yield* until(updates, "OrderFilled")
        yield* TestClock.adjust("10 minutes")
        const { positions } = yield* state
        assert.deepStrictEqual(
          positions.map(({ quantity }) => format(quantity)),
          ["0.3996"]
        )
      })
    )
  )
})

describe("an order of somebody else whose fills the exchange shows late", () => {
  /** Hides the last fill of an order that is not ours, for so many questions. */
  const showsFillsLate = (questions: number) => {
    let left = questions
    return as((real) => ({
      query: (...about) =>
        Effect.map(
          real.query(...about),
          Option.map((found) =>
            !isOurs(found.clientOrderId) && found.fills.length > 0 && left-- > 0
              ? { ...found, fills: found.fills.slice(0, -1) }
              : found
          )
        )
    }))
  }

  /** From the first survey after a trade on it is known which of the symbol's trades are new. */
  const looked = Effect.fnUntraced(function* (updates: Queue.Dequeue<AccountUpdate>) {
    yield* send(place(1, market("BUY", "0.1")))
    yield* until(updates, "OrderFilled")
    yield* TestClock.adjust("5 minutes")
    yield* until(updates, "Surveyed")
  })

  it.effect("is taken on by a survey once they add up, and none is counted twice or left out", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* Effect.scoped(Effect.andThen(desk(), looked(updates)))
        yield* stranger("web_5", limit("BUY", "0.2", "60005"))
        StillMarket.trade(yield* MarketData, "SELL", 60_004, 5_000)
        yield* desk(showsFillsLate(2))
        yield* send(cancel(60))
        yield* until(updates, "CancelDenied")
        assert.deepStrictEqual((yield* state).orders, [])
        yield* TestClock.adjust("1 minute")
        yield* until(updates, "OrderFilled")
        const [adopted] = (yield* state).orders
        assert.deepStrictEqual(
          [adopted?.clientOrderId, adopted?.tradeIds.length, format(adopted?.executedQuantity ?? Money.zero)],
          ["web_5", 1, "0.05"]
        )
        const venue = yield* Venue
        const order = { clientOrderId: "web_5" }
        yield* venue.execute({ _tag: "Cancel", account: accountId, symbol: "BTCUSDT", order, cancelId: "web_9" })
        yield* until(updates, "OrderCanceled")
        const { balances, orders, positions } = yield* state
        assert.deepStrictEqual(orders, [])
        assert.isTrue(balances.every(({ held }) => Money.isZero(held)))
        assert.deepStrictEqual(
          positions.map(({ quantity }) => format(quantity)),
          ["0.14985"]
        )
      })
    )
  )

  it.effect("is asked for again where the stream told of it", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* desk(showsFillsLate(3))
        yield* looked(updates)
        yield* stranger("web_6", market("BUY", "0.3"))
        yield* TestClock.adjust("10 seconds")
        const seen = yield* until(updates, "OrderFilled")
        assert.deepStrictEqual(names(seen).slice(-2), ["OrderAdopted", "OrderFilled"])
        assert.deepStrictEqual(
          (yield* state).positions.map(({ quantity }) => format(quantity)),
          ["0.3996"]
        )
      })
    )
  )
})

describe("a survey", () => {
  it.effect("books what was traded while nobody looked, once", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* desk()
            yield* send(place(1, limit("BUY", "0.1", "59990")))
            yield* until(updates, "OrderAccepted")
          })
        )
        const data = yield* MarketData
        StillMarket.trade(data, "SELL", 59_980, 20_000)
        for (let life = 0; life < 3; life++) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* desk()
              yield* send(cancel(50 + life))
              yield* until(updates, "CancelDenied")
            })
          )
        }
        const { orders, positions } = yield* state
        assert.deepStrictEqual(orders, [])
        assert.deepStrictEqual(
          positions.map(({ quantity }) => format(quantity)),
          ["0.0999"]
        )
      })
    )
  )

  it.effect("reports totals that differ as ours and theirs, after a second look, and takes theirs", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* desk()
        yield* Venue.use((venue) =>
          venue.execute({ _tag: "Deposit", account: accountId, asset: "USDT", amount: 50_000_000_000n })
        )
        yield* TestClock.adjust("5 minutes")
        yield* TestClock.adjust("10 seconds")
        const adjusted = last(yield* until(updates, "BalanceAdjusted"))
        assert(adjusted?._tag === "BalanceAdjusted" && adjusted.drift !== undefined)
        assert.deepStrictEqual(
          [adjusted.asset, format(adjusted.free), format(adjusted.drift.ours), format(adjusted.drift.theirs)],
          ["USDT", "100500", "100000", "100500"]
        )
      })
    )
  )
})

describe("a desk that does not hear the exchange", () => {
  /** The first stream says nothing of what happens, and does not end. */
  const mute = () => {
    let opened = 0
    return as((real) => ({
      reports: (account) => (opened++ === 0 ? Queue.bounded<Report, ReportsLost>(1) : real.reports(account))
    }))
  }

  it.effect("finds out by an order that does not show on the stream, and connects anew", () =>
    world((updates) =>
      Effect.gen(function* () {
        yield* desk(mute())
        yield* send(place(1, limit("BUY", "0.1", "59000")))
        yield* until(updates, "OrderSubmitted")
        yield* TestClock.adjust(HEARD_WITHIN_MILLIS + 2_000)
        assert.include(names(yield* until(updates, "SightLost")), "SightLost")
        const regained = names(yield* until(updates, "SightRegained"))
        assert.include(regained, "OrderAccepted")
      })
    )
  )

  it.effect("says so, and refuses what depends on the price, until it hears again", () =>
    world((updates) =>
      Effect.gen(function* () {
        const link = { isCut: false }
        const lost = yield* Queue.bounded<Report, ReportsLost>(1)
        const exchange = as((real) => ({
          reports: (account) => (link.isCut ? real.reports(account) : Effect.succeed(lost)),
          open: (account) => (link.isCut ? Effect.fail(notSent) : real.open(account))
        }))
        yield* desk(exchange)
        yield* send(cancel(98))
        yield* until(updates, "CancelDenied")
        link.isCut = true
        yield* Queue.fail(lost, new ReportsLost({ message: "The stream was cut." }))
        yield* until(updates, "SightLost")
        assert.strictEqual((yield* state).blind?.reason, "The stream was cut.")
        yield* send(place(1, market("BUY", "0.1")))
        const denied = last(yield* until(updates, "OrderDenied"))
        assert(denied?._tag === "OrderDenied")
        assert.strictEqual(denied.reason._tag, "Blind")
        link.isCut = false
        const again = as((real) => ({ reports: real.reports }))
        yield* desk(again)
        yield* send(place(2, market("BUY", "0.1")))
        yield* until(updates, "OrderFilled")
        assert.isUndefined((yield* state).blind)
      })
    )
  )
})

describe("a cancel that the exchange has answered", () => {
  it.effect("is asked about where the stream does not tell of it, though it tells of everything else", () =>
    world((updates) =>
      Effect.gen(function* () {
        const forgetful = as((real) => ({
          reports: Effect.fnUntraced(function* (account) {
            const all = yield* real.reports(account)
            const most = yield* Queue.bounded<Report, ReportsLost>(16)
            yield* Queue.take(all).pipe(
              Effect.flatMap((report) => (report._tag === "Canceled" ? Effect.void : Queue.offer(most, report))),
              Effect.forever,
              Effect.ignore,
              Effect.forkScoped
            )
            return most
          })
        }))
        yield* desk(forgetful)
        yield* send(place(1, limit("BUY", "0.1", "59000")))
        yield* until(updates, "OrderAccepted")
        yield* send(cancel(1))
        yield* until(updates, "CancelSubmitted")
        yield* TestClock.adjust(HEARD_WITHIN_MILLIS + 1_000)
        const canceled = last(yield* until(updates, "OrderCanceled"))
        assert(canceled?._tag === "OrderCanceled")
        assert.strictEqual(canceled.from, "query")
      })
    )
  )
})

describe("an order whose step took long to store", () => {
  it.effect("is not sent any more, and says so", () =>
    world((updates) =>
      Effect.gen(function* () {
        const real = yield* Journal
        const slow = Layer.succeed(Journal, {
          ...real,
          append: (step) =>
            step.updates.some(({ event }) => event._tag === "OrderSubmitted")
              ? Effect.andThen(Effect.sleep(SEND_WITHIN_MILLIS + 1), real.append(step))
              : real.append(step)
        })
        yield* Effect.provide(desk(), slow)
        yield* send(place(1, limit("BUY", "0.1", "59000")))
        yield* TestClock.adjust("3 seconds")
        const seen = yield* until(updates, "OrderRejected")
        assert.notInclude(names(seen), "OrderAccepted")
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* Venue.use((venue) => Effect.succeed(venue.openOrders(accountId))), [])
      })
    )
  )
})

describe("how the desk stands with the exchange", () => {
  it.effect("is told again every second, for gateways that cannot ask it", () =>
    world(() =>
      Effect.gen(function* () {
        const { exchange: told } = yield* Events
        let used = 0
        const state = Effect.sync(() => ({ ...exchangeState, weight: { ...exchangeState.weight, used: ++used } }))
        yield* desk(as(() => ({ state })))
        yield* TestClock.adjust("10 millis")
        assert.deepStrictEqual(
          (yield* told).map(({ weight }) => weight.used),
          [1]
        )
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(
          (yield* told).map(({ weight }) => weight.used),
          [2]
        )
      })
    )
  )
})
