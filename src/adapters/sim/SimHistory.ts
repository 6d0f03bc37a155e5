// Candles of the simulated past, made when they are asked for. A coarse candle is the sum of the finer ones.
import { Effect } from "effect"
import type { Candle, Interval } from "../../domain/Candle.ts"
import { merge, nextOpenTime, openTimeOf, previousOpenTime } from "../../domain/Candle.ts"
import { HOUR, MINUTE, type PricePath, SECOND } from "./PricePath.ts"

const DAY = 24 * HOUR
/** How far the simulated past reaches: eight years. */
export const HISTORY_DAYS = 2_922
/** Days remembered a symbol; more than the whole history, so that nothing is made twice. Oldest out beyond it. */
const MAX_DAYS = 3_000
/** Work done before other fibers get their turn, in hours made: about two milliseconds. */
const HOURS_A_TURN = 100
/** What a minute's seconds or an hour's minutes cost, in hours made. */
const SUBDIVISION_HOURS = 3

export class SimHistory {
  private readonly path: PricePath
  private readonly days = new Map<number, Candle>()
  private work = 0

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
      const earliest = openTimeOf("1d", now) - HISTORY_DAYS * DAY
      const found: Array<Candle> = []
      let openTime = openTimeOf(interval, Math.min(end, until))
      while (found.length < limit && openTime >= earliest) {
        const [first, ...rest] = yield* this.parts(openTime, Math.min(nextOpenTime(interval, openTime), until))
        if (first !== undefined) found.push(merge(interval, [first, ...rest]))
        openTime = previousOpenTime(interval, openTime)
      }
      return found.toReversed() as ReadonlyArray<Candle>
    }
  )

  /** The whole days, hours, minutes and seconds from one time to another, as coarse as they fit. */
  private readonly parts = Effect.fnUntraced({ self: this }, function* (this: SimHistory, from: number, to: number) {
    const parts: Array<Candle> = []
    let at = from
    while (at + SECOND <= to) {
      const fits = (length: number) => at % length === 0 && at + length <= to
      const stop = Math.min(to, at + (fits(DAY) ? DAY : fits(HOUR) ? HOUR : HOUR - (at % HOUR)))
      if (stop - at === DAY) parts.push(this.day(at))
      else if (stop - at === HOUR) parts.push(this.hour(at))
      else parts.push(...this.withinHour(at, stop))
      at = stop
      if (this.work < HOURS_A_TURN) continue
      this.work = 0
      yield* Effect.yieldNow
    }
    return parts
  })

  private withinHour(from: number, to: number): Array<Candle> {
    this.work += SUBDIVISION_HOURS
    const within = ({ openTime, closeTime }: Candle) => openTime >= from && closeTime < to
    return this.path.minutes(Math.floor(from / HOUR)).flatMap((minute) => {
      if (within(minute)) return [minute]
      if (minute.closeTime < from || minute.openTime >= to) return []
      this.work += SUBDIVISION_HOURS
      return this.path.seconds(minute.openTime / MINUTE).filter(within)
    })
  }

  private hour(openTime: number): Candle {
    this.work++
    return this.path.hour(openTime / HOUR)
  }

  private day(openTime: number): Candle {
    const known = this.days.get(openTime)
    if (known !== undefined) return known
    const rest = Array.from({ length: 23 }, (_, hour) => this.hour(openTime + (hour + 1) * HOUR))
    const made = merge("1d", [this.hour(openTime), ...rest])
    if (this.days.size >= MAX_DAYS) {
      for (const oldest of this.days.keys()) {
        this.days.delete(oldest)
        break
      }
    }
    this.days.set(openTime, made)
    return made
  }
}
