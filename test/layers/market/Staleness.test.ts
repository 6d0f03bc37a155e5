import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Queue, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { MarketMessage } from "../../../src/domain/Market.ts"
import type { MarketUpdate } from "../../../src/domain/MarketUpdate.ts"
import * as Market from "../../../src/layers/market/Market.ts"
import { Supervisor } from "../../../src/layers/Supervisor.ts"
import { Events } from "../../../src/ports/Events.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { MarketSource, MarketSourceError } from "../../../src/ports/MarketSource.ts"
import { btcusdt } from "../../kit/Trading.ts"

const START = 1_790_000_000_000

const trade = (id: number): MarketMessage => ({
  _tag: "Trade",
  trade: { symbol: "BTCUSDT", tradeId: String(id), ticks: 100, lots: 1, takerSide: "BUY", at: 5 }
})
const snapshot: MarketMessage = {
  _tag: "DepthSnapshot",
  at: 5,
  snapshot: { symbol: "BTCUSDT", updateId: 1, bids: [{ ticks: 99, lots: 1 }], asks: [{ ticks: 101, lots: 1 }] }
}
const best = (symbol: string): MarketMessage => ({
  _tag: "BestPrices",
  at: 6,
  best: { symbol, updateId: 2, bid: { ticks: 99, lots: 1 }, ask: { ticks: 101, lots: 1 } }
})
const restarted: MarketMessage = { _tag: "Restarted", symbol: "BTCUSDT", at: 6 }

interface On {
  readonly say: (...messages: ReadonlyArray<MarketMessage>) => Effect.Effect<void>
  readonly sayNow: (...messages: ReadonlyArray<MarketMessage>) => Effect.Effect<void>
  readonly fail: Effect.Effect<void>
  readonly why: () => string
  readonly heardAt: () => number | undefined
  /** What was published of it since the last look. */
  readonly published: Effect.Effect<ReadonlyArray<string>>
}

const onMarket = <A, E>(body: (on: On) => Effect.Effect<A, E, Scope.Scope>, maxSilenceMillis?: number) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(START)
    let input = yield* Queue.bounded<MarketMessage, MarketSourceError>(100)
    const source = Layer.succeed(MarketSource, {
      badge: { kind: "live", label: "scripted" },
      instruments: new Map(["BTCUSDT", "ETHUSDT"].map((symbol) => [symbol, { ...btcusdt, symbol }])),
      messages: Stream.suspend(() => Stream.fromQueue(input)),
      ...(maxSilenceMillis === undefined ? {} : { maxSilenceMillis }),
      history: () => Effect.succeed([]),
      skipped: Effect.succeed({})
    })
    const layer = Market.layer.pipe(
      Layer.provideMerge(Layer.mergeAll(MarketData.layerMemory, Events.layerMemory, Supervisor.layer)),
      Layer.provide(source)
    )
    return yield* Effect.gen(function* () {
      const data = yield* MarketData
      const updates = yield* (yield* Events).subscribeMarket
      yield* TestClock.adjust(0)
      return yield* body({
        say: (...messages) => Effect.andThen(Queue.offerAll(input, messages), TestClock.adjust(Market.TICK)),
        sayNow: (...messages) => Effect.andThen(Queue.offerAll(input, messages), TestClock.adjust(0)),
        fail: Effect.gen(function* () {
          const broken = input
          input = yield* Queue.bounded<MarketMessage, MarketSourceError>(100)
          yield* Queue.fail(broken, new MarketSourceError({ message: "the line went dead" }))
          yield* TestClock.adjust(0)
        }),
        why: () => data.quote("BTCUSDT")?.stale?.why ?? "fresh",
        heardAt: () => data.quote("BTCUSDT")?.stale?.heardAt,
        published: Effect.map(Queue.clear(updates), (taken: ReadonlyArray<MarketUpdate>) =>
          taken.flatMap((update) =>
            update._tag === "Price" && update.quote.symbol === "BTCUSDT" ? [update.quote.stale?.why ?? "fresh"] : []
          )
        )
      })
    }).pipe(Effect.provide(Layer.fresh(layer)))
  })

describe("a symbol's staleness", () => {
  it.effect("begins with a source that has not spoken, and ends once its book is known", () =>
    onMarket((on) =>
      Effect.gen(function* () {
        assert.strictEqual(on.why(), "down")
        assert.strictEqual(on.heardAt(), 0)
        yield* on.say(trade(1))
        assert.strictEqual(on.why(), "unsynced")
        yield* on.say(snapshot)
        assert.strictEqual(on.why(), "fresh")
        assert.deepStrictEqual(new Set(yield* on.published), new Set(["unsynced", "fresh"]))
      })
    )
  )

  it.effect("ends with the very message that ends it, and not a tick later", () =>
    onMarket((on) =>
      Effect.gen(function* () {
        yield* on.sayNow(snapshot)
        assert.strictEqual(on.why(), "fresh")
      })
    )
  )

  it.effect("comes with a book that nobody speaks of any more, whatever trades or other symbols do", () =>
    onMarket((on) =>
      Effect.gen(function* () {
        yield* on.say(snapshot)
        const heardAt = START
        for (let second = 1; second <= 14; second++) {
          assert.strictEqual(on.why(), "fresh")
          yield* TestClock.adjust("1 second")
          yield* on.say(trade(second), best("ETHUSDT"))
        }
        yield* on.published
        yield* TestClock.adjust("1 second")
        assert.strictEqual(on.why(), "silent")
        assert.strictEqual(on.heardAt(), heardAt)
        assert.include(yield* on.published, "silent")
        yield* on.say(best("BTCUSDT"))
        assert.strictEqual(on.why(), "fresh")
      })
    )
  )

  it.effect("comes at once with a source that fails and with a gap, and the old book is void", () =>
    onMarket((on) =>
      Effect.gen(function* () {
        yield* on.say(snapshot)
        yield* on.published
        yield* on.fail
        assert.strictEqual(on.why(), "down")
        assert.deepStrictEqual(yield* on.published, ["down"])
        const heardAt = on.heardAt()
        assert.isAtLeast(heardAt ?? 0, START)
        yield* TestClock.adjust("1 second")
        yield* on.say(restarted)
        assert.strictEqual(on.why(), "down", "that it begins anew says nothing of the market")
        assert.strictEqual(on.heardAt(), heardAt, "nor is it forgotten when the symbol was heard")
        yield* on.say(snapshot)
        assert.strictEqual(on.why(), "fresh")
        yield* on.say(restarted)
        assert.strictEqual(on.why(), "unsynced")
      })
    )
  )

  it.effect("is published every few seconds, also where nothing changes", () =>
    onMarket((on) =>
      Effect.gen(function* () {
        yield* on.say(snapshot)
        yield* TestClock.adjust("5 seconds")
        yield* on.published
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(yield* on.published, ["fresh"])
      })
    )
  )

  it.effect("does not come with the silence of a recording, but with its end", () =>
    onMarket(
      (on) =>
        Effect.gen(function* () {
          yield* on.say(snapshot)
          yield* TestClock.adjust("1 minute")
          assert.strictEqual(on.why(), "fresh")
          yield* on.fail
          assert.strictEqual(on.why(), "down")
        }),
      Number.POSITIVE_INFINITY
    )
  )
})
