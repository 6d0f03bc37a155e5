import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Option, Queue, Ref } from "effect"
import { TestClock } from "effect/testing"
import * as PaperExchange from "../../../src/adapters/paper/PaperExchange.ts"
import * as VenueEngine from "../../../src/adapters/paper/VenueEngine.ts"
import { orderView } from "../../../src/contract/Views.ts"
import type { AccountUpdate } from "../../../src/domain/Account.ts"
import type { Envelope } from "../../../src/domain/Command.ts"
import { TOO_LATE_MILLIS } from "../../../src/domain/Decide.ts"
import * as Money from "../../../src/domain/Money.ts"
import type { ApprovedOrder } from "../../../src/domain/Risk.ts"
import * as Executor from "../../../src/layers/executor/Executor.ts"
import { Supervisor } from "../../../src/layers/Supervisor.ts"
import { Blotter } from "../../../src/ports/Blotter.ts"
import { CommandQueue } from "../../../src/ports/CommandQueue.ts"
import { Events } from "../../../src/ports/Events.ts"
import { Exchange, ExchangeError, OutcomeUnknown, Refused } from "../../../src/ports/Exchange.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import * as MemoryJournal from "../../../src/ports/MemoryJournal.ts"
import * as MemoryPaperJournal from "../../../src/ports/MemoryPaperJournal.ts"
import * as Settings from "../../kit/Settings.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { accountId, byQuote, cancel, limit, market, open, orderId, place, stop } from "../../kit/Trading.ts"

const { format } = Money

/** Everything that outlives a process, and what connects processes. */
const world = Layer.mergeAll(
  MemoryJournal.layerMemory,
  MemoryPaperJournal.layerMemory,
  CommandQueue.layerMemory,
  Events.layerMemory,
  StillMarket.layer,
  Settings.layer()
)
const exchange = PaperExchange.layer.pipe(Layer.provide(VenueEngine.layer()))
/** An executor in a life of its own, with an exchange that may be made to misbehave. */
const life = (between: Layer.Layer<Exchange, never, Exchange> = Layer.effect(Exchange, Exchange)) =>
  Executor.layer.pipe(Layer.provide(between), Layer.provideMerge(exchange), Layer.provide(Supervisor.layer))

const openBook = Effect.map(MarketData, (data) => {
  StillMarket.book(data, [[60_000, 100_000]], [[60_010, 100_000]])
  StillMarket.trade(data, "BUY", 60_010, 1)
  return data
})

/** Journals a command and rings, as the gateway does. */
const send = Effect.fnUntraced(function* (envelope: Envelope, ring = true) {
  const journal = yield* Journal
  const commands = yield* CommandQueue
  const submitted = yield* journal.submit(envelope)
  if (ring) yield* commands.offer(envelope)
  return submitted._tag
})

/** Reads updates until one satisfies `wanted`; answers all that came, in words. */
const follow = (updates: Queue.Dequeue<AccountUpdate>, wanted: (update: AccountUpdate) => boolean) =>
  Effect.gen(function* () {
    const seen: Array<AccountUpdate> = []
    while (true) {
      const update = yield* Queue.take(updates)
      seen.push(update)
      if (wanted(update)) return seen
    }
  })

const names = (updates: ReadonlyArray<AccountUpdate>) =>
  updates.map(({ event }) => event._tag).filter((name) => name !== "BalanceAdjusted")

const until = (tag: string) => (update: AccountUpdate) => update.event._tag === tag

const inWorld = <A, E>(test: Effect.Effect<A, E, Layer.Success<typeof world> | import("effect").Scope.Scope>) =>
  Effect.provide(test, world)

describe("executor", () => {
  it.effect("opens a new account with the exchange's balances, once however often it is told to", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        yield* Layer.build(life())
        for (let n = 0; n < 5; n++) yield* send(open())
        const adjusted = [yield* Queue.take(updates), yield* Queue.take(updates), yield* Queue.take(updates)]
        assert.deepStrictEqual(
          adjusted.map(({ event, seq }) => [seq, event._tag]),
          [1, 2, 3].map((seq) => [seq, "BalanceAdjusted"])
        )
        for (let n = 0; n < 5; n++) yield* send(open())
        // Level with all of it once a later command of the same account was handled.
        yield* send(cancel(9))
        assert.strictEqual((yield* Queue.take(updates)).event._tag, "CancelDenied")
        const { balances } = yield* Blotter.use((blotter) => blotter.state(accountId))
        assert.deepStrictEqual(
          balances.map(({ asset, free, held }) => [asset, format(free), format(held)]),
          [
            ["BTC", "1", "0"],
            ["ETH", "10", "0"],
            ["USDT", "100000", "0"]
          ]
        )
        const receipt = Option.getOrThrow(yield* Journal.use((journal) => journal.receipt(accountId, open().commandId)))
        assert.strictEqual(receipt.outcome, "accepted")
        assert.strictEqual(yield* Journal.use((journal) => journal.countUndecided(accountId)), 0)
      })
    )
  )

  it.effect("decides, journals, submits and books a market order, and its receipt says so", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        yield* Layer.build(life())
        yield* send(place(1, market("BUY", "0.1")))
        const seen = yield* follow(updates, until("OrderFilled"))
        assert.deepStrictEqual(names(seen), ["OrderSubmitted", "OrderAccepted", "OrderFilled"])
        assert.deepStrictEqual(
          seen.map(({ seq }) => seq),
          seen.map((_, index) => index + 1)
        )
        const state = yield* Blotter.use((blotter) => blotter.state(accountId))
        assert.strictEqual(format(state.positions[0]?.quantity ?? Money.zero), "0.0999")
        const order = Option.getOrThrow(yield* Blotter.use((blotter) => blotter.order(accountId, orderId(1))))
        assert.strictEqual(order.status, "FILLED")
        const receipt = yield* Journal.use((journal) =>
          journal.receipt(accountId, place(1, market("BUY", "0.1")).commandId)
        )
        assert.strictEqual(Option.getOrThrow(receipt).outcome, "accepted")
      })
    )
  )

  it.effect("a stop order waits, is triggered by the market and fills, and each step is in the journal", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        const data = yield* openBook
        yield* Layer.build(life())
        yield* send(place(1, stop("STOP_LOSS", "SELL", "0.2", { stopPrice: "59000" })))
        yield* follow(updates, until("OrderAccepted"))
        const find = Blotter.use((blotter) => blotter.order(accountId, orderId(1)))
        const waiting = orderView(Option.getOrThrow(yield* find))
        assert.deepInclude(waiting, { status: "NEW", isWorking: false, stopPrice: "59000", type: "STOP_LOSS" })
        StillMarket.trade(data, "SELL", 59_000, 1)
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderFilled"))), ["OrderTriggered", "OrderFilled"])
        const done = orderView(Option.getOrThrow(yield* find))
        assert.deepInclude(done, { status: "FILLED", isWorking: true, executedQuantity: "0.2" })
      })
    )
  )

  it.effect("a market order by quote quantity closes exactly, with the quantity that the exchange worked out", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        yield* Layer.build(life())
        yield* send(place(1, byQuote("BUY", "6001")))
        const seen = names(yield* follow(updates, until("OrderFilled")))
        assert.deepStrictEqual(seen, ["OrderSubmitted", "OrderAccepted", "OrderSized", "OrderFilled"])
        const order = Option.getOrThrow(yield* Blotter.use((blotter) => blotter.order(accountId, orderId(1))))
        assert.deepInclude(orderView(order), { status: "FILLED", quantity: "0.1", quoteQuantity: "6001" })
        const { balances } = yield* Blotter.use((blotter) => blotter.state(accountId))
        const usdt = balances.find(({ asset }) => asset === "USDT")
        assert.deepStrictEqual(usdt && [format(usdt.free), format(usdt.held)], ["93999", "0"])
      })
    )
  )

  it.effect("a lost doorbell delays a command until the sweep, no longer", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        yield* Layer.build(life())
        yield* TestClock.adjust("1 second")
        yield* send(place(1, market("BUY", "0.1"), 1000), false)
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderFilled"))), [
          "OrderSubmitted",
          "OrderAccepted",
          "OrderFilled"
        ])
      })
    )
  )

  it.effect("the same command delivered many times is decided once", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        yield* Layer.build(life())
        const twice = place(1, limit("BUY", "0.1", "59000"))
        for (let n = 0; n < 5; n++) yield* send(twice)
        yield* follow(updates, until("OrderAccepted"))
        for (let n = 0; n < 5; n++) yield* send(twice)
        yield* send(cancel(1))
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderCanceled"))), [
          "CancelSubmitted",
          "OrderCanceled"
        ])
      })
    )
  )

  it.effect(
    "an order journaled by a process that died is decided by the next one, with the same receipt for its repeats",
    () =>
      inWorld(
        Effect.gen(function* () {
          yield* openBook
          assert.strictEqual(yield* send(place(1, market("BUY", "0.1")), false), "New")
          const updates = yield* Events.use((events) => events.subscribe)
          yield* Layer.build(life())
          assert.include(names(yield* follow(updates, until("OrderFilled"))), "OrderSubmitted")
          assert.strictEqual(yield* send(place(1, market("BUY", "0.1"))), "Repeated")
          yield* send(place(2, market("SELL", "0.05")))
          const later = yield* follow(updates, until("OrderFilled"))
          assert.isTrue(later.every(({ order }) => order === undefined || order.orderId === orderId(2)))
        })
      )
  )

  it.effect("an order that waited through a long outage is denied, not sent", () =>
    inWorld(
      Effect.gen(function* () {
        yield* openBook
        yield* send(place(1, market("BUY", "0.1")), false)
        yield* TestClock.adjust(TOO_LATE_MILLIS + 1)
        const updates = yield* Events.use((events) => events.subscribe)
        yield* Layer.build(life())
        const seen = yield* follow(updates, until("OrderDenied"))
        assert.deepStrictEqual(names(seen), ["OrderDenied"])
        assert.include(seen.at(-1)?.order?.reason, "after you sent it, so it was not sent on.")
      })
    )
  )

  it.effect("an intent that was durable but never sent is settled by asking, never by sending again", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        // The process dies between the journal and the exchange: the call never happens.
        const dead = Layer.effect(
          Exchange,
          Effect.map(Exchange, (real) => ({ ...real, submit: () => Effect.never }))
        )
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Layer.build(life(dead))
            yield* send(place(1, market("BUY", "0.1")))
            yield* follow(updates, until("OrderSubmitted"))
          })
        )
        yield* Layer.build(Layer.fresh(life()))
        yield* follow(updates, until("OrderUnknown"))
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderRejected"))), ["OrderRejected"])
        const state = yield* Blotter.use((blotter) => blotter.state(accountId))
        assert.isTrue(state.balances.every(({ held }) => Money.isZero(held)))
      })
    )
  )

  it.effect("an order the exchange took before the process died is found again, fills included", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        const taken = yield* Deferred.make<void>()
        const mute = Layer.effect(
          Exchange,
          Effect.map(Exchange, (real) => ({
            ...real,
            // Executed there, and not a word of it reaches this process.
            submit: (order: ApprovedOrder) =>
              real.submit(order).pipe(Effect.andThen(Deferred.succeed(taken, undefined)), Effect.andThen(Effect.never)),
            reports: () => Queue.bounded<never>(1)
          }))
        )
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Layer.build(life(mute))
            yield* send(place(1, market("BUY", "0.1")))
            yield* Deferred.await(taken)
            yield* follow(updates, until("OrderSubmitted"))
          })
        )
        yield* Layer.build(Layer.fresh(life()))
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderFilled"))), ["OrderAccepted", "OrderFilled"])
      })
    )
  )

  it.effect("a missing answer makes the order UNKNOWN until the exchange is asked; it is sent once", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        const calls = yield* Ref.make(0)
        const silent = Layer.effect(
          Exchange,
          Effect.map(Exchange, (real) => ({
            ...real,
            absenceProvenAfterMillis: 15_000,
            submit: () =>
              Effect.andThen(
                Ref.update(calls, (n) => n + 1),
                Effect.fail(new ExchangeError({ reason: new OutcomeUnknown({ message: "the connection was cut" }) }))
              )
          }))
        )
        yield* Layer.build(life(silent))
        yield* send(place(1, market("BUY", "0.1")))
        const doubt = yield* follow(updates, until("OrderUnknown"))
        assert.strictEqual(doubt.at(-1)?.order?.status, "UNKNOWN")
        yield* TestClock.adjust("14 seconds")
        assert.strictEqual(yield* Queue.size(updates), 0)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderRejected"))), ["OrderRejected"])
        assert.strictEqual(yield* Ref.get(calls), 1)
      })
    )
  )

  it.effect("a call or a query that breaks off in our own code leaves doubt, which is settled by asking again", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        let asked = 0
        const broken = Layer.effect(
          Exchange,
          Effect.map(Exchange, (real) => ({
            ...real,
            submit: () => Effect.die(new Error("a mistake of ours")),
            query: (...order: Parameters<typeof real.query>) =>
              Effect.suspend(() => (asked++ === 0 ? Effect.die(new Error("another")) : real.query(...order)))
          }))
        )
        yield* Layer.build(life(broken))
        yield* send(place(1, market("BUY", "0.1")))
        yield* follow(updates, until("OrderUnknown"))
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderRejected"))), ["OrderRejected"])
      })
    )
  )

  it.effect("a refusal of the exchange rejects the order with the exchange's own words and frees its money", () =>
    inWorld(
      Effect.gen(function* () {
        const updates = yield* Events.use((events) => events.subscribe)
        yield* openBook
        const strict = Layer.effect(
          Exchange,
          Effect.map(Exchange, (real) => ({
            ...real,
            submit: () =>
              Effect.fail(new ExchangeError({ reason: new Refused({ code: -2010, message: "Market is closed." }) }))
          }))
        )
        yield* Layer.build(life(strict))
        yield* send(place(1, limit("BUY", "0.1", "59000")))
        const seen = yield* follow(updates, until("OrderRejected"))
        assert.strictEqual(seen.at(-1)?.order?.reason, "Market is closed.")
        assert.isTrue(seen.at(-1)?.balances.every(({ held }) => Money.isZero(held)))
      })
    )
  )

  it.effect("a resting order fills after a restart, though nobody asked for its account", () =>
    inWorld(
      Effect.gen(function* () {
        const data = yield* openBook
        const updates = yield* Events.use((events) => events.subscribe)
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Layer.build(life())
            yield* send(place(1, limit("BUY", "0.1", "59990")))
            yield* follow(updates, until("OrderAccepted"))
          })
        )
        yield* Layer.build(Layer.fresh(life()))
        // Level with the exchange once a command of the same account was handled.
        yield* send(cancel(9))
        yield* follow(updates, until("CancelDenied"))
        StillMarket.trade(data, "SELL", 59_989, 50_000)
        assert.deepStrictEqual(names(yield* follow(updates, until("OrderFilled"))), ["OrderFilled"])
      })
    )
  )
})
