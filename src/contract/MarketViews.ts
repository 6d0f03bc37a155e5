// The market as a browser or a program sees it: ticks and lots written out as decimals of the instrument.
import type { Candle, Interval } from "../domain/Candle.ts"
import { allowanceOf, type Instrument, priceDecimals, quantityDecimals } from "../domain/Instrument.ts"
import type { Level, Quote, Trade } from "../domain/Market.ts"
import * as Money from "../domain/Money.ts"
import { type Grid, priceGrid, quantityGrid, toText } from "../domain/Units.ts"
import type { BookView, KlineView, PriceView, TradeView } from "./Feed.ts"
import type { SymbolView } from "./Http.ts"
import type { BadgeView, CandleView } from "./Views.ts"

interface Grids {
  readonly price: Grid
  readonly quantity: Grid
}

/** Made once per instrument; forgotten with it. */
const known = new WeakMap<Instrument, Grids>()
const gridsOf = (instrument: Instrument): Grids => {
  const found = known.get(instrument)
  if (found !== undefined) return found
  const grids = { price: priceGrid(instrument), quantity: quantityGrid(instrument) }
  known.set(instrument, grids)
  return grids
}

export const priceView = (instrument: Instrument, quote: Quote | undefined): PriceView => {
  const { price, quantity } = gridsOf(instrument)
  const { ask, bid, last } = quote ?? {}
  return {
    symbol: instrument.symbol,
    price: last === undefined ? null : toText(last, price),
    bid: bid === undefined ? null : toText(bid.ticks, price),
    bidQuantity: bid === undefined ? null : toText(bid.lots, quantity),
    ask: ask === undefined ? null : toText(ask.ticks, price),
    askQuantity: ask === undefined ? null : toText(ask.lots, quantity),
    synced: quote?.synced ?? false,
    at: quote?.at ?? 0,
    stale: quote?.stale ?? null
  }
}

/** What a book is shown of; `undefined` before the first snapshot. */
export interface BookSource {
  readonly updateId: number
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
  readonly synced: boolean
  readonly at: number
}

export const bookView = (instrument: Instrument, book: BookSource | undefined): BookView => {
  const { price, quantity } = gridsOf(instrument)
  const side = (levels: ReadonlyArray<Level> = []) =>
    levels.map(({ lots, ticks }) => [toText(ticks, price), toText(lots, quantity)] as const)
  return {
    symbol: instrument.symbol,
    updateId: book?.updateId ?? 0,
    bids: side(book?.bids),
    asks: side(book?.asks),
    synced: book?.synced ?? false,
    at: book?.at ?? 0
  }
}

export const tradeView = (instrument: Instrument, trade: Trade): TradeView => {
  const { price, quantity } = gridsOf(instrument)
  return {
    symbol: trade.symbol,
    tradeId: trade.tradeId,
    price: toText(trade.ticks, price),
    quantity: toText(trade.lots, quantity),
    side: trade.takerSide,
    at: trade.at
  }
}

export const candleView = (instrument: Instrument, candle: Candle): CandleView => {
  const { price, quantity } = gridsOf(instrument)
  return {
    openTime: candle.openTime,
    closeTime: candle.closeTime,
    open: toText(candle.open, price),
    high: toText(candle.high, price),
    low: toText(candle.low, price),
    close: toText(candle.close, price),
    volume: toText(candle.volume, quantity),
    quoteVolume: Money.format(
      Money.multiply(Money.fromUnits(candle.quoteUnits, instrument.tickSize), instrument.stepSize)
    ),
    trades: candle.trades
  }
}

export const klineView = (instrument: Instrument, interval: Interval, candle: Candle, closed: boolean): KlineView => ({
  ...candleView(instrument, candle),
  symbol: instrument.symbol,
  interval,
  closed
})

export const symbolView = (instrument: Instrument): SymbolView => ({
  symbol: instrument.symbol,
  baseAsset: instrument.baseAsset,
  quoteAsset: instrument.quoteAsset,
  trading: instrument.trading,
  tickSize: Money.format(instrument.tickSize),
  minPrice: Money.format(instrument.minPrice),
  maxPrice: Money.format(instrument.maxPrice),
  stepSize: Money.format(instrument.stepSize),
  minQuantity: Money.format(instrument.minQuantity),
  maxQuantity: Money.format(instrument.maxQuantity),
  minNotional: Money.format(instrument.minNotional),
  priceDecimals: priceDecimals(instrument),
  quantityDecimals: quantityDecimals(instrument),
  makerFeeRate: Money.format(instrument.makerFeeRate),
  takerFeeRate: Money.format(instrument.takerFeeRate),
  allows: allowanceOf(instrument)
})

/** Where orders go and which market is showing, for the corner of every screen. */
export const badgeView = (
  environment: BadgeView["environment"],
  market: { readonly kind: BadgeView["market"]; readonly label: string; readonly notice?: string }
): BadgeView => ({ environment, market: market.kind, label: market.label, notice: market.notice ?? null })
