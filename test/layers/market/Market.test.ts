import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { flat, openTimeOf } from "../../../src/domain/Candle.ts"
import type { MarketMessage } from "../../../src/domain/Market.ts"
import type { MarketUpdate } from "../../../src/domain/MarketUpdate.ts"
import { MAX_TRADES } from "../../../src/layers/market/Changes.ts"
import * as Market from "../../../src/layers/market/Market.ts"
import { Supervisor } from "../../../src/layers/Supervisor.ts"
import { Events } from "../../../src/ports/Events.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { MarketSource, MarketSourceError } from "../../../src/ports/MarketSource.ts"
import { btcusdt } from "../../kit/Trading.ts"

type Input = Queue.Queue<MarketMessage, MarketSourceError>

const trade = (id: number, ticks: number): MarketMessage => ({
  _tag: "Trade",
  trade: { symbol: "BTCUSDT", tradeId: String(id), ticks, lots: 1, takerSide: "BUY", at: 1_000_000 + id }
})
const best = (updateId: number): MarketMessage => ({
  _tag: "BestPrices",
  at: 1_000_000,
  best: { symbol: "BTCUSDT", updateId, bid: { ticks: updateId, lots: 1 }, ask: { ticks: updateId + 1, lots: 1 } }
})

const snapshot: MarketMessage = {
  _tag: "DepthSnapshot",
  at: 1_000_000,
  snapshot: { symbol: "BTCUSDT", updateId: 1, bids: [{ ticks: 99, lots: 1 }], asks: [{ ticks: 101, lots: 1 }] }
}

/** A market whose source says what the test puts in; a failed input is replaced by the next one. */
const withMarket = <A, E>(
  inputs: ReadonlyArray<Input>,
  test: Effect.Effect<A, E, MarketData | Events | Supervisor | import("effect").Scope.Scope>,
  history: MarketSource["Service"]["history"] = () => Effect.succeed([]),
  skipped: MarketSource["Service"]["skipped"] = Effect.succeed({})
) => {
  let runs = 0
  const source = Layer.succeed(MarketSource, {
    badge: { kind: "sim", label: "scripted" },
    instruments: new Map([["BTCUSDT", btcusdt]]),
    messages: Stream.suspend(() => Stream.fromQueue(inputs[Math.min(runs++, inputs.length - 1)]!)),
    history,
    skipped
  })
  const ports = Layer.mergeAll(MarketData.layerMemory, Events.layerMemory, Supervisor.layer).pipe(
    Layer.provideMerge(source)
  )
  return Effect.provide(
    Effect.gen(function* () {
      const events = yield* Events
      const updates = yield* events.subscribeMarket
      yield* Layer.build(Market.layer)
      yield* TestClock.adjust(0)
      return { result: yield* test, updates }
    }),
    ports
  )
}

const tick = (updates: Queue.Dequeue<MarketUpdate>) =>
  Effect.andThen(TestClock.adjust(Market.TICK), Queue.clear(updates))

describe("Market", () => {
  it.effect("publishes the newest price and book once a tick, every trade, and every interval's candle", () =>
    Effect.gen(function* () {
      const input = yield* Queue.bounded<MarketMessage, MarketSourceError>(100)
      const { updates } = yield* withMarket([input], Effect.void)
      yield* Queue.offerAll(input, [trade(1, 100), best(10), trade(2, 103), best(12), best(11)])
      const published = yield* tick(updates)
      const of = (tag: MarketUpdate["_tag"]) => published.filter((update) => update._tag === tag)
      assert.strictEqual(of("Trade").length, 2)
      assert.strictEqual(of("Price").length, 1)
      assert.strictEqual(of("Book").length, 1)
      assert.strictEqual(of("Kline").length, 16)
      const [price] = of("Price")
      assert.deepInclude(price?._tag === "Price" && price.quote, { last: 103, bid: { ticks: 12, lots: 1 } })
      assert.deepStrictEqual(yield* tick(updates), [], "nothing changed, nothing is said")
    })
  )

  it.effect("keeps the newest trades where one tick brings more than it may tell", () =>
    Effect.gen(function* () {
      const input = yield* Queue.bounded<MarketMessage, MarketSourceError>(5_000)
      const { updates } = yield* withMarket([input], Effect.void)
      yield* Queue.offerAll(
        input,
        Array.from({ length: 3_333 }, (_, index) => trade(index, 100))
      )
      const trades = (yield* tick(updates)).flatMap((update) => (update._tag === "Trade" ? [update.trade.tradeId] : []))
      assert.strictEqual(trades.length, MAX_TRADES)
      assert.strictEqual(trades.at(-1), "3332")
    })
  )

  it.effect("starts the source again when it fails, and goes on", () =>
    Effect.gen(function* () {
      const first = yield* Queue.bounded<MarketMessage, MarketSourceError>(10)
      const second = yield* Queue.bounded<MarketMessage, MarketSourceError>(10)
      const { updates } = yield* withMarket([first, second], Effect.void)
      yield* Queue.offerAll(first, [snapshot, trade(1, 100)])
      const alive = (yield* tick(updates)).find((update) => update._tag === "Price")
      assert.deepInclude(alive?._tag === "Price" && alive.quote, { synced: true })
      yield* Queue.fail(first, new MarketSourceError({ message: "the line went dead" }))
      yield* TestClock.adjust("1 second")
      const dead = (yield* tick(updates)).find((update) => update._tag === "Price")
      assert.deepInclude(dead?._tag === "Price" && dead.quote, { synced: false }, "nobody trades on the old book")
      yield* Queue.offerAll(second, [{ _tag: "Restarted", symbol: "BTCUSDT", at: 1_000_500 }, trade(2, 200)])
      const price = (yield* tick(updates)).find((update) => update._tag === "Price")
      assert.deepInclude(price?._tag === "Price" && price.quote, { last: 200 })
    })
  )

  it.effect("outlives a listener that throws", () =>
    Effect.gen(function* () {
      const input = yield* Queue.bounded<MarketMessage, MarketSourceError>(10)
      const broken = Effect.map(MarketData, (data) =>
        data.onMessage(() => {
          throw new Error("broken")
        })
      )
      const { updates } = yield* withMarket([input], broken)
      yield* Queue.offer(input, trade(1, 100))
      assert.isNotEmpty(yield* tick(updates))
      yield* Queue.offer(input, trade(2, 101))
      assert.isNotEmpty(yield* tick(updates))
    })
  )

  it.effect("counts the frames that were messages and, by reason, those that were none", () =>
    Effect.gen(function* () {
      const input = yield* Queue.bounded<MarketMessage, MarketSourceError>(10)
      let off_grid = 0
      yield* withMarket(
        [input],
        Effect.gen(function* () {
          yield* Queue.offerAll(input, [snapshot, trade(1, 100)])
          off_grid = 3
          yield* TestClock.adjust("2 seconds")
          off_grid = 5
          yield* TestClock.adjust("2 seconds")
        }),
        undefined,
        Effect.sync(() => ({ off_grid, control: 1 }))
      )
      const counted = (yield* Metric.snapshot).flatMap((metric) =>
        metric.id === "outcry_market_frames_total" && metric.type === "Counter"
          ? [[metric.attributes?.["outcome"], Number(metric.state.count)] as const]
          : []
      )
      assert.deepStrictEqual(
        new Map(counted),
        new Map([
          ["control", 1],
          ["message", 2],
          ["off_grid", 5]
        ])
      )
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("begins candles where the source's own candle in progress stands", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust(1_000_000)
      const input = yield* Queue.bounded<MarketMessage, MarketSourceError>(10)
      const { result } = yield* withMarket(
        [input],
        Effect.gen(function* () {
          yield* Queue.offer(input, trade(1, 120))
          yield* TestClock.adjust(Market.TICK)
          const market = yield* MarketData
          return yield* market.candles({ symbol: "BTCUSDT", interval: "1h", end: 1_000_001, limit: 1 })
        }),
        ({ interval, end }) =>
          Effect.succeed([
            { ...flat(interval, openTimeOf(interval, end), 100), open: 90, low: 80, trades: 7, volume: 50 }
          ])
      )
      assert.deepInclude(result[0], { open: 90, low: 80, high: 120, close: 120, volume: 51, trades: 8 })
    })
  )
})
