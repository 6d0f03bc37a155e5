// Candles of another time zone: days, weeks and months that begin at its midnight, made of finer candles that fit both.
import { Effect } from "effect"
import type { Candle, Interval } from "../../../domain/Candle.ts"
import { merge, nextOpenTime, openTimeOf, previousOpenTime } from "../../../domain/Candle.ts"
import type { Klines } from "./Klines.ts"

const MINUTE = 60_000
/** Finer candles read for one request; beyond it the oldest are left out of the answer. */
const MAX_PARTS = 12_000

/** From coarse to fine, with their minutes. All of them divide the hours they lie in, or the day. */
const parts: ReadonlyArray<readonly [Interval, number]> = [
  ["12h", 720],
  ["8h", 480],
  ["6h", 360],
  ["4h", 240],
  ["2h", 120],
  ["1h", 60],
  ["30m", 30],
  ["15m", 15],
  ["5m", 5],
  ["3m", 3],
  ["1m", 1]
]

const minutesOf = (interval: Interval): number =>
  ["1d", "3d", "1w", "1M"].includes(interval) ? 1_440 : (parts.find(([part]) => part === interval)?.[1] ?? 0)

/** How long a part is. */
export const partMillis = (part: Interval): number => minutesOf(part) * MINUTE

/** The coarsest interval whose grid is the same in both zones and divides `interval`; `undefined` where that is `interval` itself. */
export const partOf = (interval: Interval, offsetMinutes: number): Interval | undefined => {
  const minutes = minutesOf(interval)
  const longer = ["3d", "1w", "1M"].includes(interval)
  if (minutes === 0 || (!longer && offsetMinutes % minutes === 0) || offsetMinutes === 0) return undefined
  return parts.find(([, length]) => minutes % length === 0 && offsetMinutes % length === 0)?.[0]
}

/** When the candle of a zone that holds `at` opens, and when the next one does: epoch milliseconds. */
export const shiftedOpen = (interval: Interval, offsetMinutes: number, at: number): number =>
  openTimeOf(interval, at + offsetMinutes * MINUTE) - offsetMinutes * MINUTE
export const shiftedNext = (interval: Interval, offsetMinutes: number, openTime: number): number =>
  nextOpenTime(interval, openTime + offsetMinutes * MINUTE) - offsetMinutes * MINUTE

/** Groups finer candles, oldest first, into those of the zone. */
export const shift = (
  interval: Interval,
  offsetMinutes: number,
  fine: ReadonlyArray<Candle>
): ReadonlyArray<Candle> => {
  const shifted: Array<Candle> = []
  for (let index = 0; index < fine.length;) {
    const openTime = shiftedOpen(interval, offsetMinutes, fine[index]!.openTime)
    const next = shiftedNext(interval, offsetMinutes, openTime)
    const [first, ...rest] = ((from) => {
      while (index < fine.length && fine[index]!.openTime < next) index++
      return fine.slice(from, index)
    })(index)
    shifted.push({ ...merge(interval, [first!, ...rest]), openTime, closeTime: next - 1 })
  }
  return shifted
}

/** As `Klines.range`, in a zone so many minutes ahead of UTC. Its first candle is left out where it would not be whole. */
export const shiftedRange = (klines: Klines, interval: Interval, offsetMinutes: number, end: number, limit: number) => {
  const part = partOf(interval, offsetMinutes)
  if (part === undefined) return klines.range(interval, end, limit)
  const offset = offsetMinutes * MINUTE
  const last = shiftedOpen(interval, offsetMinutes, end)
  let first = last
  for (let count = 1; count < limit; count++) first = previousOpenTime(interval, first + offset) - offset
  const until = shiftedNext(interval, offsetMinutes, last) - 1
  const wanted = Math.ceil((until + 1 - first) / partMillis(part))
  return Effect.map(klines.range(part, until, Math.min(wanted, MAX_PARTS)), (fine) => {
    const shifted = shift(interval, offsetMinutes, fine)
    const begun = fine[0]
    return begun !== undefined && begun.openTime !== shifted[0]?.openTime && fine.length >= MAX_PARTS
      ? shifted.slice(1)
      : shifted.slice(-limit)
  })
}
