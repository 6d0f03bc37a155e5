// The candles of one symbol as they form from its trades, all intervals at once. Deterministic: time comes with the messages.
import type { Candle, Interval } from "./Candle.ts"
import { flat, intervals, nextOpenTime, openTimeOf } from "./Candle.ts"
import type { Trade } from "./Market.ts"

/** Closed candles kept an interval; the oldest go first, and come from the source's history again. */
export const MAX_CANDLES = 1_500
/** Changed candles kept an interval until they are taken; the oldest are left out, a watcher then reads the series. */
const MAX_CHANGES = 64
/**
 * Trades reach us a little after other messages of the same moment. A candle that only time would close waits this long, in
 * milliseconds, so that a trade does not find its candle closed.
 */
export const GRACE_MILLIS = 1_000

export interface CandleChange {
  readonly interval: Interval
  readonly candle: Candle
  readonly closed: boolean
}

class IntervalSeries {
  readonly interval: Interval
  private readonly closed: Array<Candle> = []
  private changes: Array<Candle> = []
  private dirty = false
  private trades = 0
  private openTime = 0
  closeTime = -1
  private open = 0
  private high = 0
  private low = 0
  private close = 0
  private volume = 0
  private takerBuyVolume = 0
  private quoteUnits = 0n
  /** Part of `quoteUnits` that still fits a safe integer: a bigint a trade and interval would be most of the cost. */
  private quoteRest = 0

  constructor(interval: Interval) {
    this.interval = interval
  }

  get begun(): boolean {
    return this.closeTime >= 0
  }

  current(): Candle {
    return {
      openTime: this.openTime,
      closeTime: this.closeTime,
      open: this.open,
      high: this.high,
      low: this.low,
      close: this.close,
      volume: this.volume,
      quoteUnits: this.quoteUnits + BigInt(this.quoteRest),
      trades: this.trades,
      takerBuyVolume: this.takerBuyVolume
    }
  }

  add(trade: Trade, quote: number): void {
    const { ticks, lots } = trade
    if (!this.begun) this.begin(flat(this.interval, openTimeOf(this.interval, trade.at), ticks))
    else if (trade.at > this.closeTime) this.advance(trade.at)
    if (this.trades === 0) {
      // The first trade opens the candle: until then it stood flat at the previous close.
      this.open = this.high = this.low = ticks
    } else {
      if (ticks > this.high) this.high = ticks
      if (ticks < this.low) this.low = ticks
    }
    this.close = ticks
    this.volume += lots
    if (trade.takerSide === "BUY") this.takerBuyVolume += lots
    if (Number.isSafeInteger(quote + this.quoteRest)) this.quoteRest += quote
    else {
      this.quoteUnits += BigInt(this.quoteRest) + BigInt(ticks) * BigInt(lots)
      this.quoteRest = 0
    }
    this.trades++
    this.dirty = true
  }

  /** Closes the candle in progress and opens those up to the one that holds `at`; empty ones repeat the close. */
  advance(at: number): void {
    if (at <= this.closeTime) return
    const target = openTimeOf(this.interval, at)
    this.finish()
    let openTime = this.closeTime + 1
    // More empty candles than are kept would push each other and all others out: begin with the first that stays.
    const fixed = this.interval === "1M" ? 0 : nextOpenTime(this.interval, openTime) - openTime
    if (fixed > 0 && target - openTime > fixed * MAX_CANDLES) {
      openTime = target - fixed * MAX_CANDLES
      this.closed.length = 0
    }
    for (; openTime < target; openTime = nextOpenTime(this.interval, openTime)) {
      this.begin(flat(this.interval, openTime, this.close))
      this.finish()
    }
    this.begin(flat(this.interval, target, this.close))
    this.dirty = true
  }

  /** The source's own view of the candle in progress, or of a later one; then what lies between is unknown and dropped. */
  seed(candle: Candle): void {
    if (this.begun && candle.openTime < this.openTime) return
    if (this.begun && candle.openTime === this.openTime && candle.trades < this.trades) return
    if (this.begun && candle.openTime > this.openTime) {
      this.closed.length = 0
      this.changes = []
    }
    this.begin(candle)
    this.dirty = true
  }

  /** What a closed candle was in truth. One that is not kept here is the history's matter. */
  mend(candle: Candle): boolean {
    const index = this.closed.findLastIndex(({ openTime }) => openTime === candle.openTime)
    if (index === -1) return false
    this.closed[index] = candle
    if (this.changes.length >= MAX_CHANGES) this.changes.shift()
    this.changes.push(candle)
    return true
  }

  takeChanges(into: Array<CandleChange>): void {
    const { interval } = this
    if (this.changes.length > 0) {
      for (const candle of this.changes) into.push({ interval, candle, closed: true })
      this.changes = []
    }
    if (this.dirty) into.push({ interval, candle: this.current(), closed: false })
    this.dirty = false
  }

  /** Oldest first, at most `limit`, those that open no later than `end`; the one in progress is the last. */
  upTo(end: number, limit: number): ReadonlyArray<Candle> {
    if (!this.begun || limit <= 0) return []
    const found: Array<Candle> = this.openTime <= end ? [this.current()] : []
    for (let index = this.closed.length - 1; index >= 0 && found.length < limit; index--) {
      const candle = this.closed[index]!
      if (candle.openTime <= end) found.push(candle)
    }
    return found.toReversed()
  }

  private begin(candle: Candle): void {
    this.openTime = candle.openTime
    this.closeTime = candle.closeTime
    this.open = candle.open
    this.high = candle.high
    this.low = candle.low
    this.close = candle.close
    this.volume = candle.volume
    this.takerBuyVolume = candle.takerBuyVolume
    this.quoteUnits = candle.quoteUnits
    this.quoteRest = 0
    this.trades = candle.trades
  }

  private finish(): void {
    const candle = this.current()
    this.closed.push(candle)
    // Trimmed in blocks: a shift a candle would move the whole array each time.
    if (this.closed.length >= MAX_CANDLES + 100) this.closed.splice(0, this.closed.length - MAX_CANDLES)
    if (this.changes.length >= MAX_CHANGES) this.changes.shift()
    this.changes.push(candle)
  }
}

export class CandleSeries {
  private readonly series = intervals.map((interval) => new IntervalSeries(interval))
  private readonly seconds = this.series[0]!

  /** Trades come in the order they were made. One that is older than the candle in progress is counted into it. */
  apply(trade: Trade): void {
    const quote = trade.ticks * trade.lots
    for (const series of this.series) series.add(trade, quote)
  }

  /** Time has come to `at` without a trade: candles that ended more than the grace ago close. */
  advance(at: number): void {
    const settled = at - GRACE_MILLIS
    // The second is the shortest interval: before it ends, none does.
    if (!this.seconds.begun || settled <= this.seconds.closeTime) return
    for (const series of this.series) if (series.begun) series.advance(settled)
  }

  /** Begins an interval with what the source says of the candle in progress, so that it does not start with our first trade. */
  seed(interval: Interval, candle: Candle): void {
    this.of(interval).seed(candle)
  }

  /** Replaces a closed candle by what the source says of it; `false` where it is not kept. */
  mend(interval: Interval, candle: Candle): boolean {
    return this.of(interval).mend(candle)
  }

  /** What changed since the last call: closed candles, then the one in progress, an interval after the other. */
  takeChanges(): ReadonlyArray<CandleChange> {
    const changes: Array<CandleChange> = []
    for (const series of this.series) series.takeChanges(changes)
    return changes
  }

  /** Oldest first, at most `limit`, those that open no later than `end` (epoch milliseconds); the one in progress is the last. */
  upTo(interval: Interval, end: number, limit: number): ReadonlyArray<Candle> {
    return this.of(interval).upTo(end, limit)
  }

  private of(interval: Interval): IntervalSeries {
    return this.series[intervals.indexOf(interval)]!
  }
}
