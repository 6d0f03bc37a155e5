import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { Effect, Fiber, Result, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as SimMarket from "../../../src/adapters/sim/SimMarket.ts"
import { intervals, merge, nextOpenTime } from "../../../src/domain/Candle.ts"
import { Depth } from "../../../src/domain/Depth.ts"
import * as Instrument from "../../../src/domain/Instrument.ts"
import type { MarketMessage } from "../../../src/domain/Market.ts"
import * as Money from "../../../src/domain/Money.ts"
import type { MarketSource } from "../../../src/ports/MarketSource.ts"

const NOW = 1_790_000_012_345

/** What the market says in the first `seconds`. */
const listen = (source: MarketSource["Service"], seconds: number) =>
  Effect.gen(function* () {
    const heard: Array<MarketMessage> = []
    const fiber = yield* Effect.forkChild(
      Stream.runForEach(source.messages, (message) => Effect.sync(() => void heard.push(message)))
    )
    for (let second = 0; second < seconds; second++) yield* TestClock.adjust("1 second")
    yield* Fiber.interrupt(fiber)
    return heard
  })

const symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT", "ETHBTC"]

const started = (seed: number) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(NOW)
    return SimMarket.make({ seed })
  })

const product = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)

describe("SimMarket", () => {
  it.effect("says the same for the same seed and moment, and something else for another seed", () =>
    Effect.gen(function* () {
      const runs: Array<ReadonlyArray<MarketMessage>> = []
      for (const seed of [7, 7, 8]) runs.push(yield* listen(yield* started(seed), 5))
      assert.isAbove(runs[0]?.length ?? 0, 100)
      assert.deepStrictEqual(runs[0], runs[1])
      assert.notDeepEqual(runs[0], runs[2])
    })
  )

  it.effect("says the same on every machine", () =>
    Effect.gen(function* () {
      const source = yield* started(7)
      const hash = createHash("sha256").update(JSON.stringify(yield* listen(source, 5)))
      for (const symbol of symbols) {
        const candles = yield* source.history({ symbol, interval: "1m", end: NOW, limit: 100 })
        hash.update(candles.map((candle) => Object.values(candle).join()).join())
      }
      // Whoever changes how the market behaves changes this on purpose.
      assert.strictEqual(hash.digest("hex"), "7f28a3dbf43ce29c6d4f34260259ed985806e3fde87328ac4b87f26392c89805")
    })
  )

  it.effect("goes on after a restart where the market is by then, with ids beyond those of before", () =>
    Effect.gen(function* () {
      const before = yield* listen(yield* started(6), 10)
      const source = SimMarket.make({ seed: 6 })
      const after = yield* listen(source, 1)
      for (const symbol of symbols) {
        const last = before.findLast((message) => message._tag === "BestPrices" && message.best.symbol === symbol)
        const next = after.find((message) => message._tag === "DepthSnapshot" && message.snapshot.symbol === symbol)
        if (last?._tag !== "BestPrices" || next?._tag !== "DepthSnapshot") throw new Error("nothing told")
        assert.isAbove(next.snapshot.updateId, last.best.updateId)
        const [old, now] = [last.best.bid.ticks, next.snapshot.bids[0]?.ticks ?? 0]
        assert.isBelow(Math.abs(now - old) / old, 0.002)
      }
    })
  )

  it.effect("states what can be ordered of a coin of a tenth of a dollar, and of a cross", () =>
    Effect.gen(function* () {
      const { instruments } = yield* started(1)
      assert.deepStrictEqual([...instruments.keys()], symbols)
      const doge = instruments.get("DOGEUSDT")
      const cross = instruments.get("ETHBTC")
      if (doge === undefined || cross === undefined) throw new Error("not listed")
      assert.deepStrictEqual([doge.tickSize, doge.stepSize].map(Money.format), ["0.00001", "1"])
      assert.deepStrictEqual([cross.baseAsset, cross.quoteAsset], ["ETH", "BTC"])
      const order = (instrument: Instrument.Instrument, quantity: string, price: string) =>
        Instrument.validate(instrument, {
          symbol: instrument.symbol,
          side: "BUY",
          type: "LIMIT",
          timeInForce: "GTC",
          quantity: Money.decimal(quantity),
          price: Money.decimal(price)
        })
      assert.isTrue(Result.isSuccess(order(doge, "50000", "0.12345")))
      assert.isTrue(Result.isSuccess(order(cross, "0.01", "0.04012")))
    })
  )

  it.effect("keeps a believable book: contiguous, never crossed, 20 to 50 levels a side, best prices its own", () =>
    Effect.gen(function* () {
      const messages = yield* listen(yield* started(3), 120)
      for (const symbol of symbols) {
        const depth = new Depth(symbol)
        let told: MarketMessage | undefined
        let trades = 0
        for (const message of messages) {
          if (message._tag === "DepthSnapshot" && message.snapshot.symbol === symbol) {
            assert.strictEqual(depth.applySnapshot(message.snapshot), "applied")
          }
          if (message._tag === "BestPrices" && message.best.symbol === symbol) told = message
          if (message._tag === "Trade" && message.trade.symbol === symbol) {
            trades++
            assert.isAbove(message.trade.lots, 0)
            assert.isTrue(Number.isSafeInteger(message.trade.ticks) && message.trade.ticks > 0)
          }
          if (message._tag !== "DepthDiff" || message.diff.symbol !== symbol) continue
          assert.strictEqual(message.diff.firstUpdateId, depth.updateId + 1)
          assert.strictEqual(depth.applyDiff(message.diff), "applied")
          const { bids, asks } = depth.view(100)
          for (const side of [bids, asks])
            assert.isTrue(side.length >= 20 && side.length <= 50, `${side.length} levels`)
          if (told?._tag !== "BestPrices") continue
          assert.deepStrictEqual([bids[0], asks[0]], [told.best.bid, told.best.ask])
        }
        assert.isAbove(trades, 100)
      }
    })
  )

  it.effect("has eight years of past that joins the live price", () =>
    Effect.gen(function* () {
      const source = yield* started(5)
      const [first] = yield* source.history({ symbol: "BTCUSDT", interval: "1d", end: NOW, limit: 5_000 })
      assert.isAtMost(first?.openTime ?? NOW, NOW - 8 * 365 * 86_400_000)
      for (const symbol of symbols) {
        const past = yield* source.history({ symbol, interval: "1s", end: NOW, limit: 60 })
        const messages = yield* listen(yield* started(5), 1)
        const live = messages.find((message) => message._tag === "DepthSnapshot" && message.snapshot.symbol === symbol)
        if (live?._tag !== "DepthSnapshot") throw new Error("no snapshot")
        const close = past.at(-1)?.close ?? 0
        const open = live.snapshot.bids[0]?.ticks ?? 0
        assert.isBelow(Math.abs(open - close) / close, 0.001, `${close} joins ${open}`)
      }
    })
  )

  it.effect("tells the same candle whenever and however it is asked for", () =>
    Effect.gen(function* () {
      for (const interval of intervals) {
        const range = { symbol: "ETHUSDT", interval, end: NOW - 86_400_000, limit: 20 }
        const one = yield* (yield* started(9)).history(range)
        const other = yield* started(9)
        yield* other.history({ ...range, end: NOW - 200_000, limit: 3 })
        assert.deepStrictEqual(yield* other.history({ ...range, limit: 7 }), one.slice(-7))
      }
    })
  )

  it.effect("has coarse candles that are the sum of the fine ones, and neighbours that meet", () =>
    Effect.gen(function* () {
      const source = yield* started(11)
      const history = (interval: (typeof intervals)[number], end: number, limit: number) =>
        source.history({ symbol: "BTCUSDT", interval, end, limit })
      for (const [coarse, fine, count] of [
        ["1m", "1s", 60],
        ["15m", "1m", 15],
        ["1h", "1m", 60],
        ["4h", "1h", 4],
        ["1d", "1h", 24],
        ["1w", "1d", 7]
      ] as const) {
        const [whole] = yield* history(coarse, NOW - 14 * 86_400_000, 1)
        if (whole === undefined) throw new Error(`no candle of ${coarse}`)
        const [first, ...rest] = yield* history(fine, whole.closeTime, count)
        if (first === undefined) throw new Error(`no candles of ${fine}`)
        const sum = merge(coarse, [first, ...rest])
        assert.deepStrictEqual(sum, whole)
      }
      const minutes = yield* history("1m", NOW, 500)
      for (const [index, candle] of minutes.entries()) {
        assert.isTrue(candle.low > 0 && candle.low <= Math.min(candle.open, candle.close))
        assert.isTrue(candle.high >= Math.max(candle.open, candle.close))
        assert.isTrue(candle.takerBuyVolume >= 0 && candle.takerBuyVolume <= candle.volume)
        const next = minutes[index + 1]
        if (next === undefined) continue
        assert.strictEqual(next.openTime, nextOpenTime("1m", candle.openTime))
        assert.strictEqual(next.open, candle.close)
      }
    })
  )

  it.effect("tells of the candle in progress only what was before now, and of the future nothing", () =>
    Effect.gen(function* () {
      const source = yield* started(2)
      const [current] = yield* source.history({ symbol: "BTCUSDT", interval: "1h", end: NOW + 86_400_000, limit: 1 })
      assert.isTrue(current !== undefined && current.openTime <= NOW && current.closeTime >= NOW)
      const seconds = yield* source.history({ symbol: "BTCUSDT", interval: "1s", end: NOW, limit: 3 })
      assert.strictEqual(seconds.at(-1)?.closeTime, Math.floor(NOW / 1_000) * 1_000 - 1)
      assert.strictEqual(current?.close, seconds.at(-1)?.close)
    })
  )

  it.effect("refuses history of a symbol it does not have", () =>
    Effect.gen(function* () {
      const source = yield* started(2)
      const error = yield* Effect.flip(source.history({ symbol: "XRPUSDT", interval: "1h", end: NOW, limit: 1 }))
      assert.strictEqual(error.message, "XRPUSDT is not part of the simulation.")
    })
  )

  it.effect("moves BTC and ETH together, yet not in step", () =>
    Effect.gen(function* () {
      const source = yield* started(4)
      const moves = (symbol: string) =>
        Effect.map(source.history({ symbol, interval: "15m", end: NOW, limit: 1_000 }), (candles) =>
          candles.map((candle) => (candle.close - candle.open) / candle.open)
        )
      const btc = yield* moves("BTCUSDT")
      const eth = yield* moves("ETHUSDT")
      const correlation = product(btc, eth) / Math.sqrt(product(btc, btc) * product(eth, eth))
      assert.isTrue(correlation > 0.4 && correlation < 0.98, `correlation ${correlation}`)
    })
  )
})
