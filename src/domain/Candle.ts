// Candles: what traded within one interval, UTC-aligned as Binance aligns them (1w from Monday, 1M by the calendar).

export const intervals = [
  "1s",
  "1m",
  "3m",
  "5m",
  "15m",
  "30m",
  "1h",
  "2h",
  "4h",
  "6h",
  "8h",
  "12h",
  "1d",
  "3d",
  "1w",
  "1M"
] as const
export type Interval = (typeof intervals)[number]

/** Prices in ticks, volume in lots, `quoteUnits` in tick × lot (a bigint: a month of it outgrows a safe integer). Times are epoch milliseconds. */
export interface Candle {
  readonly openTime: number
  /** Last millisecond that belongs to the candle. */
  readonly closeTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly quoteUnits: bigint
  readonly trades: number
  /** Volume bought by takers, in lots. */
  readonly takerBuyVolume: number
}

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000

/** Length in milliseconds and the shift of the grid from the epoch; months have no fixed length. */
const grids: Record<Exclude<Interval, "1M">, readonly [length: number, shift: number]> = {
  "1s": [SECOND, 0],
  "1m": [MINUTE, 0],
  "3m": [3 * MINUTE, 0],
  "5m": [5 * MINUTE, 0],
  "15m": [15 * MINUTE, 0],
  "30m": [30 * MINUTE, 0],
  "1h": [HOUR, 0],
  "2h": [2 * HOUR, 0],
  "4h": [4 * HOUR, 0],
  "6h": [6 * HOUR, 0],
  "8h": [8 * HOUR, 0],
  "12h": [12 * HOUR, 0],
  "1d": [DAY, 0],
  // Binance counts three days from 1970-01-02: its candles opened on 2017-08-17 and 2018-06-28.
  "3d": [3 * DAY, DAY],
  // The epoch was a Thursday; weeks open on Monday.
  "1w": [7 * DAY, 4 * DAY]
}

/** When the candle that holds `at` opens. Both in epoch milliseconds. */
export const openTimeOf = (interval: Interval, at: number): number => {
  if (interval === "1M") return monthStart(monthOf(at))
  const [length, shift] = grids[interval]
  return Math.floor((at - shift) / length) * length + shift
}

/** When the candle after the one that opens at `openTime` opens. */
export const nextOpenTime = (interval: Interval, openTime: number): number =>
  interval === "1M" ? monthStart(monthOf(openTime) + 1) : openTime + grids[interval][0]

/** When the candle before the one that opens at `openTime` opens. */
export const previousOpenTime = (interval: Interval, openTime: number): number =>
  interval === "1M" ? monthStart(monthOf(openTime) - 1) : openTime - grids[interval][0]

/** Months since 1970-01. Civil-from-days arithmetic on years that begin in March, so that leap days come last. */
const monthOf = (at: number): number => {
  const day = Math.floor(at / DAY) + 719_468
  const era = Math.floor(day / 146_097)
  const dayOfEra = day - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  return (era * 400 + yearOfEra - 1970) * 12 + marchMonth + 2
}

const monthStart = (month: number): number => {
  // Counted from March of year 0.
  const marchMonth = month - 2 + 1970 * 12
  const year = Math.floor(marchMonth / 12)
  const era = Math.floor(year / 400)
  const yearOfEra = year - era * 400
  const dayOfYear = Math.floor((153 * (marchMonth - year * 12) + 2) / 5)
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) * DAY
}

/** One coarser candle of finer ones, oldest first, that all lie within it. */
export const merge = (interval: Interval, parts: readonly [Candle, ...ReadonlyArray<Candle>]): Candle => {
  const openTime = openTimeOf(interval, parts[0].openTime)
  const merged = { ...parts[0], openTime, closeTime: nextOpenTime(interval, openTime) - 1 }
  for (let index = 1; index < parts.length; index++) {
    const part = parts[index]!
    if (part.high > merged.high) merged.high = part.high
    if (part.low < merged.low) merged.low = part.low
    merged.close = part.close
    merged.volume += part.volume
    merged.quoteUnits += part.quoteUnits
    merged.trades += part.trades
    merged.takerBuyVolume += part.takerBuyVolume
  }
  return merged
}

/** A candle in which nothing traded: the previous close throughout. */
export const flat = (interval: Interval, openTime: number, close: number): Candle => ({
  openTime,
  closeTime: nextOpenTime(interval, openTime) - 1,
  open: close,
  high: close,
  low: close,
  close,
  volume: 0,
  quoteUnits: 0n,
  trades: 0,
  takerBuyVolume: 0
})
