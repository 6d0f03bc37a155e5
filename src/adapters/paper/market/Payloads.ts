// What streams say, as JSON text in Binance's words (WebSocket Streams, "Detailed Stream information").
import type { Candle, Interval } from "../../../domain/Candle.ts"
import type { Level } from "../../../domain/Market.ts"
import type { PublicDiff } from "./DiffCollector.ts"
import { amountText } from "../wire/Scale.ts"
import type { Figures } from "./Figures.ts"
import type { SymbolMarket } from "./SymbolMarket.ts"
import type { AggregateTrade, TapeTrade } from "./Tape.ts"
import type { Statistics } from "./Windows.ts"

/** Times go out in microseconds where a connection asked for it (`timeUnit=MICROSECOND`). */
export type Unit = "millis" | "micros"

const time = (at: number, unit: Unit): number => (unit === "micros" ? at * 1_000 : at)
/** The last moment that belongs to something, in the unit's own grain. */
const lastTime = (at: number, unit: Unit): number => (unit === "micros" ? (at + 1) * 1_000 - 1 : at)

const rows = (levels: ReadonlyArray<Level>, figures: Figures): string => {
  let text = "["
  for (const { ticks, lots } of levels) {
    if (text.length > 1) text += ","
    text += `["${figures.price(ticks)}","${figures.quantity(lots)}"]`
  }
  return `${text}]`
}

/** `m`: the buyer was the maker, so the taker sold. */
export const trade = (market: SymbolMarket, row: TapeTrade, now: number, unit: Unit): string => {
  const { figures, symbol } = market
  return (
    `{"e":"trade","E":${time(now, unit)},"s":${JSON.stringify(symbol)},"t":${row.id},` +
    `"p":"${figures.price(row.ticks)}","q":"${figures.quantity(row.lots)}","T":${time(row.at, unit)},` +
    `"m":${row.takerSide === "SELL"},"M":true}`
  )
}

export const aggregate = (market: SymbolMarket, row: AggregateTrade, now: number, unit: Unit): string => {
  const { figures, symbol } = market
  return (
    `{"e":"aggTrade","E":${time(now, unit)},"s":${JSON.stringify(symbol)},"a":${row.id},` +
    `"p":"${figures.price(row.ticks)}","q":"${figures.quantity(row.lots)}","f":${row.firstId},"l":${row.lastId},` +
    `"T":${time(row.at, unit)},"m":${row.takerSide === "SELL"},"M":true}`
  )
}

const levelOf = (level: Level | undefined, figures: Figures) => ({
  price: figures.price(level?.ticks ?? 0),
  quantity: figures.quantity(level?.lots ?? 0)
})

/** A side without a level is stated as zeros. */
export const bestOf = (market: SymbolMarket) => ({
  bid: levelOf(market.book.best("BUY"), market.figures),
  ask: levelOf(market.book.best("SELL"), market.figures)
})

export const bookTicker = (market: SymbolMarket): string => {
  const { ask, bid } = bestOf(market)
  return (
    `{"u":${market.book.updateId},"s":${JSON.stringify(market.symbol)},"b":"${bid.price}","B":"${bid.quantity}",` +
    `"a":"${ask.price}","A":"${ask.quantity}"}`
  )
}

export const diff = (market: SymbolMarket, changed: PublicDiff, now: number, unit: Unit): string =>
  `{"e":"depthUpdate","E":${time(now, unit)},"s":${JSON.stringify(market.symbol)},"U":${changed.firstUpdateId},` +
  `"u":${changed.lastUpdateId},"b":${rows(changed.bids, market.figures)},"a":${rows(changed.asks, market.figures)}}`

/** A partial book, and the answer of `GET /api/v3/depth`. */
export const depth = (market: SymbolMarket, levels: number): string => {
  const { book, figures } = market
  return (
    `{"lastUpdateId":${book.updateId},"bids":${rows(book.top("BUY", levels), figures)},` +
    `"asks":${rows(book.top("SELL", levels), figures)}}`
  )
}

/**
 * What takers paid who bought: their lots at the candle's average price. Candles keep no sum of their own for it, so it is an estimate;
 * everything else in a candle is exact.
 */
export const takerBuyQuote = ({ quoteUnits, takerBuyVolume, volume }: Candle): bigint =>
  volume === 0 ? 0n : (quoteUnits * BigInt(takerBuyVolume)) / BigInt(volume)

export interface KlineOf {
  readonly interval: Interval
  readonly candle: Candle
  readonly closed: boolean
}

/** `f` and `L` are -1 where nothing traded; `f` counts back from the last trade. */
export const kline = (market: SymbolMarket, { candle, closed, interval }: KlineOf, now: number, unit: Unit): string => {
  const { figures } = market
  const symbol = JSON.stringify(market.symbol)
  const last = candle.trades === 0 ? -1 : market.tape.lastIdAt(candle.closeTime)
  const first = last === -1 ? -1 : Math.max(0, last - candle.trades + 1)
  return (
    `{"e":"kline","E":${time(now, unit)},"s":${symbol},"k":{"t":${time(candle.openTime, unit)},` +
    `"T":${lastTime(candle.closeTime, unit)},"s":${symbol},"i":"${interval}","f":${first},"L":${last},` +
    `"o":"${figures.price(candle.open)}","c":"${figures.price(candle.close)}","h":"${figures.price(candle.high)}",` +
    `"l":"${figures.price(candle.low)}","v":"${figures.quantity(candle.volume)}","n":${candle.trades},"x":${closed},` +
    `"q":"${figures.quote(candle.quoteUnits)}","V":"${figures.quantity(candle.takerBuyVolume)}",` +
    `"Q":"${figures.quote(takerBuyQuote(candle))}","B":"0"}}`
  )
}

/** The price now: the last trade's where one was seen, users' included, else the window's close. */
export const lastPrice = (market: SymbolMarket, statistics: Statistics | undefined): number =>
  market.tape.last?.ticks ?? statistics?.close ?? 0

/** First and last trade id of a window, counted back from the newest; -1 and -1 where nothing traded. */
export const windowIds = (market: SymbolMarket, { trades }: Statistics) => {
  const last = trades === 0 ? -1 : market.tape.lastIdAt(Number.MAX_SAFE_INTEGER)
  return { first: last === -1 ? -1 : Math.max(0, last - trades + 1), last }
}

export const miniTicker = (market: SymbolMarket, of: Statistics, now: number, unit: Unit): string => {
  const { figures } = market
  return (
    `{"e":"24hrMiniTicker","E":${time(now, unit)},"s":${JSON.stringify(market.symbol)},` +
    `"c":"${figures.price(lastPrice(market, of))}","o":"${figures.price(of.open)}","h":"${figures.price(of.high)}",` +
    `"l":"${figures.price(of.low)}","v":"${figures.quantity(of.volume)}","q":"${figures.quote(of.quoteUnits)}"}`
  )
}

const windowTail = (market: SymbolMarket, of: Statistics, unit: Unit): string => {
  const { figures } = market
  const { first, last } = windowIds(market, of)
  return (
    `"v":"${figures.quantity(of.volume)}","q":"${figures.quote(of.quoteUnits)}","O":${time(of.openTime, unit)},` +
    `"C":${time(of.closeTime, unit)},"F":${first},"L":${last},"n":${of.trades}}`
  )
}

export const ticker = (market: SymbolMarket, of: Statistics, now: number, unit: Unit): string => {
  const { figures } = market
  const { ask, bid } = bestOf(market)
  const last = lastPrice(market, of)
  return (
    `{"e":"24hrTicker","E":${time(now, unit)},"s":${JSON.stringify(market.symbol)},` +
    `"p":"${figures.priceChange(last - of.open)}","P":"${figures.percent(last - of.open, of.open)}",` +
    `"w":"${figures.average(of.quoteUnits, of.volume)}","x":"${figures.price(of.previousClose)}",` +
    `"c":"${figures.price(last)}","Q":"${figures.quantity(market.tape.last?.lots ?? 0)}",` +
    `"b":"${bid.price}","B":"${bid.quantity}","a":"${ask.price}","A":"${ask.quantity}",` +
    `"o":"${figures.price(of.open)}","h":"${figures.price(of.high)}","l":"${figures.price(of.low)}",` +
    windowTail(market, of, unit)
  )
}

export const windowTicker = (market: SymbolMarket, size: string, of: Statistics, now: number, unit: Unit): string => {
  const { figures } = market
  const last = lastPrice(market, of)
  return (
    `{"e":"${size}Ticker","E":${time(now, unit)},"s":${JSON.stringify(market.symbol)},` +
    `"p":"${figures.priceChange(last - of.open)}","P":"${figures.percent(last - of.open, of.open)}",` +
    `"o":"${figures.price(of.open)}","h":"${figures.price(of.high)}","l":"${figures.price(of.low)}",` +
    `"c":"${figures.price(last)}","w":"${figures.average(of.quoteUnits, of.volume)}",` +
    windowTail(market, of, unit)
  )
}

/** `T` is the last trade's time. */
export const averagePrice = (market: SymbolMarket, price: bigint, now: number, unit: Unit): string =>
  `{"e":"avgPrice","E":${time(now, unit)},"s":${JSON.stringify(market.symbol)},"i":"5m","w":"${amountText(price)}",` +
  `"T":${time(market.tape.last?.at ?? now, unit)}}`

/** Told to every connection before the server goes away: open a new one at once. */
export const serverShutdown = (now: number, unit: Unit): string => `{"e":"serverShutdown","E":${time(now, unit)}}`
