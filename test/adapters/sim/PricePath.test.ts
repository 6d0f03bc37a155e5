import { assert, describe, it } from "@effect/vitest"
import type { PricePath } from "../../../src/adapters/sim/PricePath.ts"
import { symbolsOf } from "../../../src/adapters/sim/SimSymbols.ts"
import { type Candle, merge } from "../../../src/domain/Candle.ts"
import { autocorrelation, correlation, kurtosis } from "./Statistics.ts"

const HOUR = Math.floor(1_790_000_000_000 / 3_600_000)
const SEEDS = [1, 2, 3]

const pathOf = (seed: number, symbol: string): PricePath => {
  const found = symbolsOf(seed).find(({ instrument }) => instrument.symbol === symbol)
  if (found === undefined) throw new Error(`no ${symbol}`)
  return found.path
}

const symbols = symbolsOf(1).map(({ instrument }) => instrument.symbol)

/** Relative moves of the candles. */
const moves = (candles: ReadonlyArray<Candle>) => candles.map(({ open, close }) => close / open - 1)
const hours = (path: PricePath, count: number) =>
  Array.from({ length: count }, (_, back) => path.hour(HOUR - count + back))
const minutes = (path: PricePath, count: number) =>
  Array.from({ length: count }, (_, back) => path.minutes(HOUR - count + back)).flat()
const sizes = (numbers: ReadonlyArray<number>) => numbers.map(Math.abs)

describe("PricePath", () => {
  it("adds up: an hour is the sum of its minutes and a minute that of its seconds, in everything", () => {
    for (const seed of SEEDS) {
      for (const symbol of symbols) {
        const path = pathOf(seed, symbol)
        for (let hour = HOUR - 300; hour < HOUR; hour += 7) {
          const [first, ...rest] = path.minutes(hour)
          assert.deepStrictEqual(merge("1h", [first!, ...rest]), path.hour(hour), symbol)
          for (const minute of [first!, rest[31]!]) {
            const [one, ...others] = path.seconds(minute.openTime / 60_000)
            assert.deepStrictEqual(merge("1m", [one!, ...others]), minute, symbol)
          }
        }
      }
    }
  })

  it("has sound candles at every length: prices in order, something traded, at a mean price within the candle", () => {
    for (const symbol of symbols) {
      const path = pathOf(4, symbol)
      for (let hour = HOUR - 60; hour < HOUR; hour += 5) {
        for (const candle of [path.hour(hour), ...path.minutes(hour), ...path.seconds(hour * 60 + 17)]) {
          const { close, high, low, open, quoteUnits, takerBuyVolume, trades, volume } = candle
          assert.isTrue(low > 0 && low <= Math.min(open, close) && high >= Math.max(open, close), symbol)
          assert.isTrue(volume > 0 && trades > 0 && takerBuyVolume >= 0 && takerBuyVolume <= volume, symbol)
          assert.isTrue(
            quoteUnits >= BigInt(volume) * BigInt(low) && quoteUnits <= BigInt(volume) * BigInt(high),
            symbol
          )
        }
      }
    }
  })

  it("joins: every candle opens where the one before closed, and the price at a moment lies within its second", () => {
    for (const symbol of symbols) {
      const path = pathOf(5, symbol)
      const all = [...hours(path, 50), path.hour(HOUR)]
      for (const [index, candle] of all.entries()) assert.strictEqual(candle.open, all[index - 1]?.close ?? candle.open)
      const finer = [...minutes(path, 3), ...path.minutes(HOUR)]
      for (const [index, candle] of finer.entries())
        assert.strictEqual(candle.open, finer[index - 1]?.close ?? candle.open)
      for (const { closeTime, high, low, openTime } of path.seconds(HOUR * 60 + 5)) {
        for (let at = openTime; at <= closeTime; at += 250) assert.isTrue(path.at(at) >= low && path.at(at) <= high)
      }
    }
  })

  it("has returns with fat tails that cannot be told from the one before, and whose sizes cluster for hours", () => {
    for (const seed of SEEDS) {
      const path = pathOf(seed, "BTCUSDT")
      for (const candles of [hours(path, 8_000), minutes(path, 150)]) {
        const returns = moves(candles)
        assert.isAbove(kurtosis(returns), 5)
        assert.isBelow(Math.abs(autocorrelation(returns, 1)), 0.2)
        assert.isAbove(autocorrelation(sizes(returns), 1), 0.15)
        assert.isAbove(autocorrelation(sizes(returns), 10), 0.08)
      }
    }
  })

  it("has calm and wild times", () => {
    const path = pathOf(1, "ETHUSDT")
    const all = Array.from({ length: 500 }, (_, back) => path.paceAt((HOUR - back) * 3_600_000).excitement).toSorted(
      (a, b) => a - b
    )
    assert.isBelow(all[25]!, 0.5)
    assert.isAbove(all[475]!, 1.5)
    assert.isTrue(all[0]! > 0.02 && all.at(-1)! < 20)
  })

  it("moves the coins together, yet not in step", () => {
    for (const seed of SEEDS) {
      const btc = moves(minutes(pathOf(seed, "BTCUSDT"), 200))
      for (const [symbol, least] of [
        ["ETHUSDT", 0.6],
        ["SOLUSDT", 0.5],
        ["DOGEUSDT", 0.5]
      ] as const) {
        const found = correlation(btc, moves(minutes(pathOf(seed, symbol), 200)))
        assert.isTrue(found > least && found < 0.9, `${symbol} ${found}`)
      }
    }
  })

  it("prices the cross as its two coins do", () => {
    const [btc, eth, cross] = ["BTCUSDT", "ETHUSDT", "ETHBTC"].map((symbol) => pathOf(6, symbol))
    for (let at = HOUR * 3_600_000; at < (HOUR + 1) * 3_600_000; at += 7_300) {
      const ratio = (100_000 * eth!.at(at)) / btc!.at(at)
      // A minute's high and low were told before its seconds; beyond them the cross does not go.
      assert.isBelow(Math.abs(cross!.at(at) - ratio), 1 + 0.001 * ratio)
      assert.isBelow(Math.abs(cross!.minutes(HOUR)[Math.floor((at / 60_000) % 60)]!.open - ratio), 0.01 * ratio)
    }
    for (const [index, point] of cross!.minutePoints(HOUR).entries()) {
      const exact = (100_000 * eth!.minutePoints(HOUR)[index]!) / btc!.minutePoints(HOUR)[index]!
      assert.strictEqual(point, Math.round(exact))
    }
  })

  it("keeps prices in a range people know for years", () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const path = pathOf(seed, "BTCUSDT")
      for (let back = 0; back < 8 * 8_766; back += 97) {
        const { close } = path.hour(HOUR - back)
        assert.isTrue(close > 640_000 && close < 64_000_000, `seed ${seed}: ${close}`)
      }
    }
  })
})
