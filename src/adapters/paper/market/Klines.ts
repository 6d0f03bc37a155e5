// The candles everybody sees of one symbol: the outside market's trades, and those that users added to them since this process started.
import { Effect } from "effect"
import type { Candle, Interval } from "../../../domain/Candle.ts"
import { intervals } from "../../../domain/Candle.ts"
import { CandleSeries, type CandleChange } from "../../../domain/CandleSeries.ts"
import type { Trade } from "../../../domain/Market.ts"
import type { MarketData, MarketDataError } from "../../../ports/MarketData.ts"

/** Users' trades kept for candles that are not begun yet; more are left out of them. */
const MAX_WAITING = 1_000

/**
 * Older candles than the process are the market data's: users' trades of earlier runs are on the tape of those runs only. Bounded as
 * `CandleSeries` is.
 */
export class Klines {
  private readonly symbol: string
  private readonly market: MarketData["Service"]
  private readonly series = new CandleSeries()
  private seeding = false
  private ready = false
  private traded = false
  private waiting: Array<Trade> = []

  constructor(symbol: string, market: MarketData["Service"]) {
    this.symbol = symbol
    this.market = market
  }

  /** The market data has candles in progress to begin with, and they were not taken up yet. */
  get needsSeed(): boolean {
    return this.traded && !this.ready && !this.seeding
  }

  /** Until it is seeded, the market data counts the outside trades for it; users' trades wait. */
  trade(trade: Trade, ofUsers: boolean): void {
    this.traded = true
    if (this.ready) this.series.apply(trade)
    else if (ofUsers && this.waiting.length < MAX_WAITING) this.waiting.push(trade)
  }

  advance(at: number): void {
    if (this.ready) this.series.advance(at)
  }

  /** Takes up the candles in progress. Those of a market in this process are read at once: no trade comes between. */
  readonly seed = Effect.fnUntraced({ self: this }, function* (this: Klines, now: number) {
    this.seeding = true
    const candles = yield* Effect.forEach(intervals, (interval) =>
      Effect.orElseSucceed(this.market.candles({ symbol: this.symbol, interval, end: now, limit: 1 }), () => [])
    ).pipe(Effect.ensuring(Effect.sync(() => void (this.seeding = false))))
    intervals.forEach((interval, index) => {
      const current = candles[index]?.at(-1)
      if (current !== undefined) this.series.seed(interval, current)
    })
    for (const trade of this.waiting) this.series.apply(trade)
    this.waiting = []
    this.series.takeChanges()
    this.ready = true
  })

  /** What changed since the last call; closed candles once, each before the one in progress. */
  takeChanges(): ReadonlyArray<CandleChange> {
    return this.ready ? this.series.takeChanges() : []
  }

  /** Without waiting: those that this process saw. Oldest first, the one in progress last. */
  recent(interval: Interval, end: number, limit: number): ReadonlyArray<Candle> {
    return this.ready ? this.series.upTo(interval, end, limit) : []
  }

  /** At most `limit` that open no later than `end` (epoch milliseconds), oldest first. */
  range(interval: Interval, end: number, limit: number): Effect.Effect<ReadonlyArray<Candle>, MarketDataError> {
    const recent = this.recent(interval, end, limit)
    if (recent.length >= limit) return Effect.succeed(recent)
    const before = recent[0] === undefined ? end : recent[0].openTime - 1
    return Effect.map(
      this.market.candles({ symbol: this.symbol, interval, end: before, limit: limit - recent.length }),
      (older) => (recent.length === 0 ? older : [...older, ...recent])
    )
  }
}
