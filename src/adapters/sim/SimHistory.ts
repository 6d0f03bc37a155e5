// Candles of the simulated past, made when they are asked for. A coarse candle is the sum of the finer ones.
import { Effect } from "effect"
import type { Candle, Interval } from "../../domain/Candle.ts"
import { merge, nextOpenTime, openTimeOf, previousOpenTime } from "../../domain/Candle.ts"
import type { PricePath } from "./PricePath.ts"

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000
/** How far the simulated past reaches. */
export const HISTORY_DAYS = 730
/** Hours remembered a symbol; more than the whole history, so that nothing is made twice. Oldest out beyond it. */
const MAX_HOURS = 20_000
/** Minutes gone through before other fibers get their turn: about two milliseconds of work. */
const MINUTES_A_TURN = 1_500

export class SimHistory {
  private readonly path: PricePath
  private readonly hours = new Map<number, Candle>()
  private minutes = 0

  constructor(path: PricePath) {
    this.path = path
  }

  /**
   * At most `limit` candles that open at or before `end`, oldest first. Nothing at or after `now` is told: a candle in progress holds
   * what traded before the second `now` lies in. All in epoch milliseconds.
   */
  readonly candles = Effect.fnUntraced(
    { self: this },
    function* (this: SimHistory, interval: Interval, end: number, limit: number, now: number) {
      const until = Math.floor(now / SECOND) * SECOND
      const earliest = openTimeOf("1d", now) - HISTORY_DAYS * 24 * HOUR
      const found: Array<Candle> = []
      let openTime = openTimeOf(interval, Math.min(end, until))
      while (found.length < limit && openTime >= earliest) {
        const [first, ...rest] = this.parts(openTime, Math.min(nextOpenTime(interval, openTime), until))
        if (first !== undefined) found.push(merge(interval, [first, ...rest]))
        openTime = previousOpenTime(interval, openTime)
        if (this.minutes >= MINUTES_A_TURN) {
          this.minutes = 0
          yield* Effect.yieldNow
        }
      }
      return found.toReversed() as ReadonlyArray<Candle>
    }
  )

  /** The whole hours, minutes and seconds from one time to another, as coarse as they fit. */
  private parts(from: number, to: number): Array<Candle> {
    const parts: Array<Candle> = []
    let at = from
    while (at + SECOND <= to) {
      if (at % HOUR === 0 && at + HOUR <= to) {
        parts.push(this.hour(at))
        at += HOUR
      } else if (at % MINUTE === 0 && at + MINUTE <= to) {
        parts.push(this.path.minute(at / MINUTE))
        this.minutes++
        at += MINUTE
      } else {
        const minute = Math.floor(at / MINUTE)
        const stop = Math.min(to, (minute + 1) * MINUTE)
        const seconds = this.path.seconds(minute)
        this.minutes += 20
        parts.push(...seconds.filter((second) => second.openTime >= at && second.closeTime < stop))
        at = stop
      }
    }
    return parts
  }

  private hour(openTime: number): Candle {
    const known = this.hours.get(openTime)
    if (known !== undefined) return known
    this.minutes += 60
    const first = openTime / MINUTE
    const rest = Array.from({ length: 59 }, (_, index) => this.path.minute(first + 1 + index))
    const made = merge("1h", [this.path.minute(first), ...rest])
    if (this.hours.size >= MAX_HOURS) {
      for (const oldest of this.hours.keys()) {
        this.hours.delete(oldest)
        break
      }
    }
    this.hours.set(openTime, made)
    return made
  }
}
