// Candles of one symbol and interval: history and stream as one gapless, ascending list.
import { type Interval, nextOpenTime } from "../../src/domain/Candle.ts"
import type { CandleView } from "../../src/contract/Views.ts"

export interface CandleSeries {
  /** Ascending by openTime, one a time. */
  readonly candles: ReadonlyArray<CandleView>
  /** Grows when something before the last candle changed: then a chart must be drawn anew, not only continued. */
  readonly rebuilds: number
}

export const empty: CandleSeries = { candles: [], rebuilds: 0 }

/** Candles kept in memory; the oldest go first. */
export const MAX_CANDLES = 5_000

/** Within a candle the count of trades only grows, so it tells which of two versions is newer. */
const newer = (held: CandleView, other: CandleView): CandleView => (other.trades > held.trades ? other : held)

/** One candle of the stream. What the stream says last wins, unless history already knew more. */
export const append = (series: CandleSeries, candle: CandleView): CandleSeries => {
  const { candles, rebuilds } = series
  const last = candles.at(-1)
  if (last === undefined || candle.openTime > last.openTime) {
    const next = [...candles, candle]
    return next.length > MAX_CANDLES
      ? { candles: next.slice(next.length - MAX_CANDLES), rebuilds: rebuilds + 1 }
      : { candles: next, rebuilds }
  }
  if (candle.openTime === last.openTime) {
    return candle.trades < last.trades ? series : { candles: [...candles.slice(0, -1), candle], rebuilds }
  }
  return merge(series, [candle])
}

/** Any candles, in any order: missing ones are put in, known ones replaced where the other version is newer. */
export const merge = (series: CandleSeries, others: ReadonlyArray<CandleView>): CandleSeries => {
  if (others.length === 0) return series
  const byTime = new Map(series.candles.map((candle) => [candle.openTime, candle]))
  let changed = false
  for (const other of others) {
    const held = byTime.get(other.openTime)
    const kept = held === undefined ? other : newer(held, other)
    if (kept === held) continue
    byTime.set(other.openTime, kept)
    changed = true
  }
  if (!changed) return series
  const candles = [...byTime.values()].toSorted((a, b) => a.openTime - b.openTime)
  return { candles: candles.slice(-MAX_CANDLES), rebuilds: series.rebuilds + 1 }
}

/** Nothing of what was held remains. */
export const replace = (series: CandleSeries, candles: ReadonlyArray<CandleView>): CandleSeries => ({
  candles: candles.slice(-MAX_CANDLES),
  rebuilds: series.rebuilds + 1
})

/** Whether a candle leaves out at least one before it: what lies between must be asked for. */
export const leavesHole = (series: CandleSeries, candle: CandleView, interval: Interval): boolean => {
  const last = series.candles.at(-1)
  return last !== undefined && candle.openTime > nextOpenTime(interval, last.openTime)
}
