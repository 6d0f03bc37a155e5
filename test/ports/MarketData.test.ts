import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import type { Candle } from "../../src/domain/Candle.ts"
import { flat } from "../../src/domain/Candle.ts"
import type { MarketMessage } from "../../src/domain/Market.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import { MarketSource, MarketSourceError } from "../../src/ports/MarketSource.ts"
import * as StillMarket from "../kit/StillMarket.ts"
import { btcusdt } from "../kit/Trading.ts"

const AT = 1_723_161_240_000

const trade = (millis: number, ticks: number): MarketMessage => ({
  _tag: "Trade",
  trade: { symbol: "BTCUSDT", tradeId: String(millis), ticks, lots: 5, takerSide: "BUY", at: AT + millis }
})
const best = (updateId: number, bid: number, ask: number): MarketMessage => ({
  _tag: "BestPrices",
  at: AT,
  best: { symbol: "BTCUSDT", updateId, bid: { ticks: bid, lots: 1 }, ask: { ticks: ask, lots: 1 } }
})

const withHistory = (history: MarketSource["Service"]["history"]) =>
  MarketData.layerMemory.pipe(
    Layer.provide(
      Layer.succeed(MarketSource, {
        badge: { kind: "sim", label: "still" },
        instruments: new Map([["BTCUSDT", btcusdt]]),
        messages: Stream.never,
        history,
        skipped: Effect.succeed({})
      })
    )
  )

describe("MarketData", () => {
  it.effect("quotes the newest of book and best prices, and never lets an older state replace a newer one", () =>
    Effect.gen(function* () {
      const market = yield* MarketData
      assert.deepStrictEqual(market.quote("BTCUSDT"), { symbol: "BTCUSDT", synced: false, at: 0 })
      market.apply(best(1_000_010, 100, 102))
      market.apply(best(1_000_009, 90, 91))
      assert.deepInclude(market.quote("BTCUSDT"), { bid: { ticks: 100, lots: 1 }, synced: false, at: AT })
      market.apply({
        _tag: "DepthSnapshot",
        at: AT,
        snapshot: {
          symbol: "BTCUSDT",
          updateId: 1_000_011,
          bids: [{ ticks: 101, lots: 7 }],
          asks: [{ ticks: 103, lots: 7 }]
        }
      })
      assert.deepInclude(market.quote("BTCUSDT"), { bid: { ticks: 101, lots: 7 }, synced: true })
      market.apply({ _tag: "Restarted", symbol: "BTCUSDT", at: AT })
      assert.deepStrictEqual(market.quote("BTCUSDT"), { symbol: "BTCUSDT", synced: false, at: AT })
    }).pipe(Effect.provide(StillMarket.layer))
  )

  it.effect("knows nothing of a symbol that is not traded here", () =>
    Effect.gen(function* () {
      const market = yield* MarketData
      assert.isFalse(market.apply({ _tag: "Restarted", symbol: "DOGEUSDT", at: AT }))
      assert.isUndefined(market.quote("DOGEUSDT"))
      assert.isUndefined(market.depth("DOGEUSDT", 5))
      const error = yield* Effect.flip(market.candles({ symbol: "DOGEUSDT", interval: "1m", end: AT, limit: 5 }))
      assert.strictEqual(error.message, "DOGEUSDT is not traded here.")
    }).pipe(Effect.provide(StillMarket.layer))
  )

  it.effect("tells listeners each message after it was applied, and outlives one that throws", () =>
    Effect.gen(function* () {
      const market = yield* MarketData
      const heard: Array<number | undefined> = []
      market.onMessage(() => {
        throw new Error("broken listener")
      })
      const stop = market.onMessage(() => heard.push(market.quote("BTCUSDT")?.last))
      market.apply(trade(0, 100))
      market.apply(trade(1, 101))
      stop()
      market.apply(trade(2, 102))
      assert.deepStrictEqual(heard, [100, 101])
      assert.strictEqual(market.takeListenerFailures().length, 3)
      assert.deepStrictEqual(market.takeListenerFailures(), [])
    }).pipe(Effect.provide(StillMarket.layer))
  )

  it.effect("joins the source's history to the candles of its own trades without doubling one", () => {
    const asked: Array<number> = []
    const history: MarketSource["Service"]["history"] = ({ end, limit }) =>
      Effect.sync(() => {
        asked.push(limit)
        const last = Math.floor(end / 60_000) * 60_000
        return Array.from({ length: limit }, (_, index): Candle => flat("1m", last - (limit - 1 - index) * 60_000, 77))
      })
    return Effect.gen(function* () {
      const market = yield* MarketData
      market.apply(trade(0, 100))
      market.apply(trade(60_000, 101))
      const candles = yield* market.candles({ symbol: "BTCUSDT", interval: "1m", end: AT + 60_000, limit: 5 })
      assert.deepStrictEqual(
        candles.map((candle) => [candle.openTime - AT, candle.close]),
        [
          [-180_000, 77],
          [-120_000, 77],
          [-60_000, 77],
          [0, 100],
          [60_000, 101]
        ]
      )
      assert.deepStrictEqual(asked, [3])
      assert.strictEqual(
        (yield* market.candles({ symbol: "BTCUSDT", interval: "1m", end: AT + 60_000, limit: 1 }))[0]?.close,
        101
      )
      assert.deepStrictEqual(asked, [3], "what is in memory is not asked for")
    }).pipe(Effect.provide(withHistory(history)))
  })

  it.effect("passes on why history is not to be had", () =>
    Effect.gen(function* () {
      const market = yield* MarketData
      const error = yield* Effect.flip(market.candles({ symbol: "BTCUSDT", interval: "1m", end: AT, limit: 5 }))
      assert.strictEqual(error.message, "the source is away")
    }).pipe(Effect.provide(withHistory(() => Effect.fail(new MarketSourceError({ message: "the source is away" })))))
  )
})
