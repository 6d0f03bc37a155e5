// Binance's frames to the market's messages. Every frame is a message, or counted with the reason why it is none.
import type { Candle } from "../../domain/Candle.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { Level, MarketMessage } from "../../domain/Market.ts"
import * as Money from "../../domain/Money.ts"
import type { Grid } from "../../domain/Units.ts"
import * as Units from "../../domain/Units.ts"
import type { SkipReason, Skipped } from "../../ports/MarketSource.ts"
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
  private readonly counts: Partial<Record<SkipReason, number>> = {}
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

  /** Frames left out so far, by reason. */
  get skipped(): Skipped {
    return { ...this.counts }
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
   * names no symbol: it goes to the one of `candidates` whose update ids are nearest. `undefined` where it was counted instead.
   */
  message(value: unknown, receivedAt: number, candidates: ReadonlyArray<string>): MarketMessage | undefined {
    const frame = Wire.payload(value)
    if (frame === undefined) return this.skip("malformed")
    switch (frame["e"]) {
      // Binance's own has no kind; client libraries fill it in.
      case undefined:
      case "bookTicker":
        if (frame["u"] !== undefined) return this.bestPrices(frame, receivedAt)
        return frame["lastUpdateId"] === undefined ? this.without(frame) : this.placed(frame, receivedAt, candidates)
      case "depthUpdate":
        return this.depthDiff(frame, receivedAt)
      case "trade":
        return this.trade(frame, receivedAt)
      default:
        return this.without(frame)
    }
  }

  /** A snapshot whose symbol is known. */
  snapshot(symbol: string, frame: unknown, receivedAt: number): MarketMessage | undefined {
    const market = this.markets.get(symbol)
    if (market === undefined) return this.skip("unknown_symbol")
    if (!Wire.isDepthSnapshot(frame)) return this.skip("malformed")
    const bids = this.levels(frame.bids, market)
    const asks = bids && this.levels(frame.asks, market)
    if (bids === undefined || asks === undefined) return undefined
    const updateId = market.updateIds.shifted(frame.lastUpdateId)
    const at = this.times.shifted(receivedAt + this.aheadMillis)
    return { _tag: "DepthSnapshot", snapshot: { symbol, updateId, bids, asks }, at }
  }

  /** Counts a frame that never came as far as this: it was no JSON. */
  torn(): void {
    this.skip("torn")
  }

  private skip(reason: SkipReason): undefined {
    this.counts[reason] = (this.counts[reason] ?? 0) + 1
    return undefined
  }

  /** A frame of no kind that a market is made of. */
  private without(frame: Wire.Fields): undefined {
    if (Wire.isControl(frame)) return this.skip("control")
    return this.skip(typeof frame["e"] === "string" ? "unknown_event" : "malformed")
  }

  private placed(frame: Wire.Fields, receivedAt: number, candidates: ReadonlyArray<string>): MarketMessage | undefined {
    if (!Wire.isDepthSnapshot(frame)) return this.skip("malformed")
    const symbol = this.nearest(frame.lastUpdateId, candidates)
    return symbol === undefined ? this.skip("unplaced") : this.snapshot(symbol, frame, receivedAt)
  }

  private trade(frame: Wire.Fields, receivedAt: number): MarketMessage | undefined {
    if (!Wire.isTrade(frame)) return this.skip("malformed")
    const market = this.markets.get(frame.s)
    if (market === undefined) return this.skip("unknown_symbol")
    const ticks = Units.fromText(frame.p, market.price)
    if (ticks === undefined) return this.unfit(frame.p)
    const lots = Units.wholeFromText(frame.q, market.quantity)
    if (lots === undefined) return this.unfit(frame.q)
    // Nothing was traded, or for nothing.
    if (ticks === 0 || lots === 0) return this.skip("off_grid")
    this.aheadMillis = frame.E - receivedAt
    const tradeId = String(market.tradeIds.shifted(frame.t))
    const at = this.times.shifted(frame.T)
    return {
      _tag: "Trade",
      trade: { symbol: market.symbol, tradeId, ticks, lots, takerSide: frame.m ? "SELL" : "BUY", at }
    }
  }

  private bestPrices(frame: Wire.Fields, receivedAt: number): MarketMessage | undefined {
    if (!Wire.isBookTicker(frame)) return this.skip("malformed")
    const market = this.markets.get(frame.s)
    if (market === undefined) return this.skip("unknown_symbol")
    const bid = this.level(frame.b, frame.B, market)
    const ask = bid && this.level(frame.a, frame.A, market)
    if (bid === undefined || ask === undefined) return undefined
    const updateId = market.updateIds.shifted(frame.u)
    const at = this.times.shifted(receivedAt + this.aheadMillis)
    return { _tag: "BestPrices", best: { symbol: market.symbol, updateId, bid, ask }, at }
  }

  private depthDiff(frame: Wire.Fields, receivedAt: number): MarketMessage | undefined {
    if (!Wire.isDepthUpdate(frame) || frame.u < frame.U) return this.skip("malformed")
    const market = this.markets.get(frame.s)
    if (market === undefined) return this.skip("unknown_symbol")
    const bids = this.levels(frame.b, market)
    const asks = bids && this.levels(frame.a, market)
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

  /** Of a text that is no whole number of the instrument's steps: whether it is a number at all. */
  private unfit(text: string): undefined {
    return this.skip(Units.decimalsOfText(text) === undefined ? "malformed" : "off_grid")
  }

  private level(price: string, quantity: string, market: Market): Level | undefined {
    const ticks = Units.fromText(price, market.price)
    if (ticks === undefined) return this.unfit(price)
    const lots = Units.wholeFromText(quantity, market.quantity)
    return lots === undefined ? this.unfit(quantity) : { ticks, lots }
  }

  /** All or nothing: a book that misses one level of a change would be wrong without anyone knowing. */
  private levels(rows: ReadonlyArray<unknown>, market: Market): Array<Level> | undefined {
    const found: Array<Level> = []
    for (const row of rows) {
      if (!Wire.isLevelRow(row)) return this.skip("malformed")
      const one = this.level(row[0], row[1], market)
      if (one === undefined) return undefined
      found.push(one)
    }
    return found
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
