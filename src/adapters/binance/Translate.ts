// Binance's frames to the market's messages. What is unknown, torn, off the grid, or of another symbol is counted and left out.
import type { Candle } from "../../domain/Candle.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { Level, MarketMessage } from "../../domain/Market.ts"
import * as Money from "../../domain/Money.ts"
import type { Grid } from "../../domain/Units.ts"
import * as Units from "../../domain/Units.ts"
import * as Wire from "./Wire.ts"

/** Lowest and highest number seen, as on the wire, and what is added to it. */
class Counter {
  private low = Number.POSITIVE_INFINITY
  private high = Number.NEGATIVE_INFINITY
  private shift = 0

  shifted(value: number): number {
    if (value < this.low) this.low = value
    if (value > this.high) this.high = value
    return value + this.shift
  }

  /** From now on every number is `gap` beyond all that were said. */
  pass(gap: number): void {
    if (this.high >= this.low) this.shift += this.high - this.low + gap
  }

  get highest(): number {
    return this.high
  }

  get latest(): number {
    return this.high + this.shift
  }
}

interface Market {
  readonly symbol: string
  readonly price: Grid
  readonly quantity: Grid
  readonly updateIds: Counter
  readonly tradeIds: Counter
}

/** Milliseconds between the last message of one pass over a recording and the first of the next. */
const PASS_GAP_MILLIS = 100

export class Translator {
  /** Frames that could not be read, so far. */
  skipped = 0
  private readonly markets: ReadonlyMap<string, Market>
  private readonly times = new Counter()
  /** How far the exchange's clock is ahead of the receiver's, by the newest frame that has a time. */
  private aheadMillis = 0

  constructor(instruments: ReadonlyMap<string, Instrument>) {
    this.markets = new Map(
      [...instruments].map(([symbol, instrument]) => [
        symbol,
        {
          symbol,
          price: Units.priceGrid(instrument),
          quantity: Units.quantityGrid(instrument),
          updateIds: new Counter(),
          tradeIds: new Counter()
        }
      ])
    )
  }

  /** The newest time said, epoch milliseconds; undefined before the first. */
  get latestAt(): number | undefined {
    return Number.isFinite(this.times.latest) ? this.times.latest : undefined
  }

  /** The same frames come again: from now on all times and ids lie beyond those already said. */
  nextPass(): void {
    this.times.pass(PASS_GAP_MILLIS)
    for (const market of this.markets.values()) {
      market.updateIds.pass(1)
      market.tradeIds.pass(1)
    }
  }

  /**
   * One frame, with or without its envelope. `receivedAt` (epoch milliseconds) dates what has no time of its own. A depth snapshot
   * names no symbol: it goes to the one of `candidates` whose update ids are nearest.
   */
  message(value: unknown, receivedAt: number, candidates: ReadonlyArray<string>): MarketMessage | undefined {
    const frame = Wire.payload(value)
    const message = frame === undefined ? undefined : this.known(frame, receivedAt, candidates)
    if (message === undefined) this.skipped++
    return message
  }

  /** A snapshot whose symbol is known. */
  snapshot(symbol: string, frame: unknown, receivedAt: number): MarketMessage | undefined {
    const market = this.markets.get(symbol)
    if (market === undefined || !Wire.isDepthSnapshot(frame)) return undefined
    const bids = levels(frame.bids, market)
    const asks = levels(frame.asks, market)
    if (bids === undefined || asks === undefined) return undefined
    const updateId = market.updateIds.shifted(frame.lastUpdateId)
    const at = this.times.shifted(receivedAt + this.aheadMillis)
    return { _tag: "DepthSnapshot", snapshot: { symbol, updateId, bids, asks }, at }
  }

  private known(
    frame: NonNullable<ReturnType<typeof Wire.payload>>,
    receivedAt: number,
    candidates: ReadonlyArray<string>
  ): MarketMessage | undefined {
    if (Wire.isBookTicker(frame)) return this.bestPrices(frame, receivedAt)
    if (Wire.isDepthUpdate(frame)) return this.depthDiff(frame, receivedAt)
    if (Wire.isTrade(frame)) return this.trade(frame, receivedAt)
    if (Wire.isDepthSnapshot(frame)) {
      const symbol = this.nearest(frame.lastUpdateId, candidates)
      return symbol === undefined ? undefined : this.snapshot(symbol, frame, receivedAt)
    }
    return undefined
  }

  private trade(frame: Wire.TradeFrame, receivedAt: number): MarketMessage | undefined {
    const market = this.markets.get(frame.s)
    if (market === undefined) return undefined
    const ticks = Units.fromText(frame.p, market.price)
    const lots = Units.wholeFromText(frame.q, market.quantity)
    if (ticks === undefined || lots === undefined || ticks === 0 || lots === 0) return undefined
    this.aheadMillis = frame.E - receivedAt
    const tradeId = String(market.tradeIds.shifted(frame.t))
    const at = this.times.shifted(frame.T)
    return {
      _tag: "Trade",
      trade: { symbol: market.symbol, tradeId, ticks, lots, takerSide: frame.m ? "SELL" : "BUY", at }
    }
  }

  private bestPrices(frame: Wire.BookTickerFrame, receivedAt: number): MarketMessage | undefined {
    const market = this.markets.get(frame.s)
    if (market === undefined) return undefined
    const bid = level(frame.b, frame.B, market)
    const ask = level(frame.a, frame.A, market)
    if (bid === undefined || ask === undefined) return undefined
    const updateId = market.updateIds.shifted(frame.u)
    const at = this.times.shifted(receivedAt + this.aheadMillis)
    return { _tag: "BestPrices", best: { symbol: market.symbol, updateId, bid, ask }, at }
  }

  private depthDiff(frame: Wire.DepthUpdateFrame, receivedAt: number): MarketMessage | undefined {
    const market = this.markets.get(frame.s)
    if (market === undefined || frame.u < frame.U) return undefined
    const bids = levels(frame.b, market)
    const asks = levels(frame.a, market)
    if (bids === undefined || asks === undefined) return undefined
    this.aheadMillis = frame.E - receivedAt
    return {
      _tag: "DepthDiff",
      diff: {
        symbol: market.symbol,
        firstUpdateId: market.updateIds.shifted(frame.U),
        lastUpdateId: market.updateIds.shifted(frame.u),
        bids,
        asks,
        at: this.times.shifted(frame.E)
      }
    }
  }

  private nearest(updateId: number, candidates: ReadonlyArray<string>): string | undefined {
    if (candidates.length === 1) return candidates[0]
    let found: string | undefined
    let distance = Number.POSITIVE_INFINITY
    for (const symbol of candidates) {
      const highest = this.markets.get(symbol)?.updateIds.highest ?? Number.NEGATIVE_INFINITY
      if (Math.abs(highest - updateId) >= distance) continue
      distance = Math.abs(highest - updateId)
      found = symbol
    }
    return found
  }
}

const level = (price: string, quantity: string, market: Market): Level | undefined => {
  const ticks = Units.fromText(price, market.price)
  const lots = Units.wholeFromText(quantity, market.quantity)
  return ticks === undefined || lots === undefined ? undefined : { ticks, lots }
}

/** All or nothing: a book that misses one level of a change would be wrong without anyone knowing. */
const levels = (rows: ReadonlyArray<unknown>, market: Market): Array<Level> | undefined => {
  const found: Array<Level> = []
  for (const row of rows) {
    const one = Wire.isLevelRow(row) ? level(row[0], row[1], market) : undefined
    if (one === undefined) return undefined
    found.push(one)
  }
  return found
}

/** A row of GET /api/v3/klines; `undefined` where it cannot be read. */
export const candle = (row: unknown, instrument: Instrument): Candle | undefined => {
  if (!Wire.isKlineRow(row)) return undefined
  const price = Units.priceGrid(instrument)
  const quantity = Units.quantityGrid(instrument)
  const [open, high, low, close] = [row[1], row[2], row[3], row[4]].map((text) => Units.fromText(text, price))
  const volume = Units.fromText(row[5], quantity)
  const takerBuyVolume = Units.fromText(row[9], quantity)
  const quote = Money.parse(row[7])
  if (open === undefined || high === undefined || low === undefined || close === undefined) return undefined
  if (volume === undefined || takerBuyVolume === undefined || quote === undefined) return undefined
  // Binance cuts quote volume to eight decimals, which may be coarser than tick × step.
  const quoteUnits = Money.divide(quote, Money.multiply(instrument.tickSize, instrument.stepSize), 0)
  return {
    openTime: row[0],
    closeTime: row[6],
    open,
    high,
    low,
    close,
    volume,
    quoteUnits: Money.toUnits(quoteUnits, Money.decimal("1")),
    trades: row[8],
    takerBuyVolume
  }
}
