// What traded in a window that moves with the clock: a day, an hour, up to a week. Made of whole minutes, as Binance makes them.
import { Effect } from "effect"
import { merge, type Candle } from "../../../domain/Candle.ts"
import type { Klines } from "./Klines.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Closed minutes kept: a day, the minute that lies across its start, and one before them for the previous close. */
const MINUTES = 1_442
/** Windows whose closed minutes are kept summed until the minute is over; more start anew. */
const MAX_SUMS = 64

/** Prices in ticks, volume in lots, `quoteUnits` in tick × lot. `previousClose` is the price before the window, or its first. */
export interface Statistics {
  readonly openTime: number
  readonly closeTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly previousClose: number
  readonly volume: number
  readonly quoteUnits: bigint
  readonly trades: number
}

/** The closed part of a window, and the price before it. */
interface Sum {
  readonly closed: Candle | undefined
  readonly previousClose: number | undefined
}

const sumOf = (candles: ReadonlyArray<Candle>): Candle | undefined => {
  const [first, ...rest] = candles
  return first === undefined ? undefined : merge("1m", [first, ...rest])
}

export class Windows {
  private readonly klines: Klines
  private minutes: ReadonlyArray<Candle> = []
  /** The minute up to which `minutes` was asked for. */
  private readUntil = 0
  private readonly sums = new Map<number, Sum>()

  constructor(klines: Klines) {
    this.klines = klines
  }

  /**
   * Statistics of the whole minutes from `openTime` to `now` (epoch milliseconds, at most a week apart); undefined where no candle is
   * known. The closed minutes are summed once a minute; beyond a day the middle is read as hours, so that a week is a few hundred
   * candles.
   */
  readonly since = Effect.fnUntraced(
    { self: this },
    function* (this: Windows, openTime: number, now: number, closeTime: number) {
      yield* this.refresh(now)
      const from = openTime - (openTime % MINUTE)
      let sum = this.sums.get(from)
      if (sum === undefined) {
        sum = yield* this.sumSince(from, now)
        if (this.sums.size >= MAX_SUMS) this.sums.clear()
        this.sums.set(from, sum)
      }
      const newest = yield* Effect.orElseSucceed(this.klines.range("1m", now, 1), () => [])
      const current = newest.filter((candle) => candle.openTime >= this.readUntil)
      const whole = sumOf(sum.closed === undefined ? current : [sum.closed, ...current])
      if (whole === undefined) return undefined
      const { close, high, low, open, quoteUnits, trades, volume } = whole
      const previousClose = sum.previousClose ?? open
      const statistics: Statistics = {
        openTime,
        closeTime,
        open,
        high,
        low,
        close,
        previousClose,
        volume,
        quoteUnits,
        trades
      }
      return statistics
    }
  )

  /** The last `length` milliseconds, from the start of the minute in which they began (`GET /api/v3/ticker`). */
  rolling(length: number, now: number) {
    const from = now - length
    return this.since(from - (from % MINUTE), now, now)
  }

  /** The last 24 hours, as `ticker/24hr` tells them; what traded is of whole minutes. */
  day(now: number) {
    return this.since(now - DAY, now, now)
  }

  private readonly sumSince = Effect.fnUntraced({ self: this }, function* (this: Windows, from: number, now: number) {
    const recentFrom = from >= now - DAY - MINUTE ? from : Math.ceil((now - DAY) / HOUR) * HOUR
    const older = recentFrom > from ? yield* this.older(from, recentFrom) : []
    const inside = this.minutes.filter((candle) => candle.openTime >= recentFrom)
    const before = this.minutes.findLast((candle) => candle.openTime < from)
    return { closed: sumOf([...older, ...inside]), previousClose: before?.close } as Sum
  })

  /** Reads the minutes that closed since the last call, once a minute. Where that fails, those known are used until the next minute. */
  private readonly refresh = Effect.fnUntraced({ self: this }, function* (this: Windows, now: number) {
    const minute = now - (now % MINUTE)
    if (this.readUntil === minute) return
    const last = this.minutes.at(-1)
    const missing = last === undefined || minute < last.openTime ? MINUTES : (minute - last.openTime) / MINUTE
    // One more than is missing: the last minute may have got trades after it was read.
    const wanted = Math.min(MINUTES, missing + 1)
    const read = yield* Effect.orElseSucceed(this.klines.range("1m", minute - 1, wanted), () => [])
    const closed = read.filter((candle) => candle.openTime < minute)
    const first = closed[0]?.openTime ?? minute
    this.minutes = [...this.minutes.filter((candle) => candle.openTime < first), ...closed].slice(-MINUTES)
    this.readUntil = minute
    this.sums.clear()
  })

  /** Minutes to the next full hour, then hours. */
  private readonly older = Effect.fnUntraced({ self: this }, function* (this: Windows, from: number, until: number) {
    const hour = Math.ceil(from / HOUR) * HOUR
    const edge =
      hour > from
        ? yield* Effect.orElseSucceed(this.klines.range("1m", hour - 1, (hour - from) / MINUTE), () => [])
        : []
    const hours = yield* Effect.orElseSucceed(this.klines.range("1h", until - 1, (until - hour) / HOUR), () => [])
    return [...edge, ...hours].filter((candle) => candle.openTime >= from)
  })
}
