// The book, the tape and the candles over REST and the WebSocket API (REST API, "Market data endpoints").
import { Effect, Exit } from "effect"
import type { Candle, Interval } from "../../../domain/Candle.ts"
import { nextOpenTime } from "../../../domain/Candle.ts"
import { LeastRecent } from "../../../domain/LeastRecent.ts"
import { type Caller, endpoint, type Endpoint, JsonText, stamp } from "../wire/Endpoint.ts"
import { symbolStatus } from "../wire/GeneralEndpoints.ts"
import { integer, limit, optional, required, symbol, time, withDefault } from "../wire/Params.ts"
import { amountText } from "../wire/Scale.ts"
import * as Wire from "../wire/WireError.ts"
import { interval, one, timeZone } from "./MarketParams.ts"
import * as Payloads from "./Payloads.ts"
import type { PublicMarket } from "./PublicMarket.ts"
import { shiftedNext, shiftedOpen, shiftedRange } from "./ShiftedKlines.ts"
import type { SymbolMarket } from "./SymbolMarket.ts"
import type { AggregateTrade, TapeTrade } from "./Tape.ts"

/** Printed books kept until they change. */
const MAX_BOOKS = 64
const MAX_ROWS = 1_000
const DEFAULT_ROWS = 500

type Market = PublicMarket["Service"]

const depthWeight = (levels: number): number => (levels <= 100 ? 5 : levels <= 500 ? 25 : levels <= 1_000 ? 50 : 250)

const depthEndpoint = (market: Market): Endpoint => {
  const printed = new LeastRecent<string, { readonly updateId: number; readonly text: JsonText }>(MAX_BOOKS)
  return endpoint({
    rest: "GET /api/v3/depth",
    ws: "depth",
    security: "NONE",
    weight: (of) => depthWeight(of.limit),
    params: { symbol: required(symbol), limit: withDefault(limit(5_000), 100), symbolStatus: optional(symbolStatus) },
    run: (of) => {
      const found = one(market, of)
      if (Wire.isWireError(found)) return Exit.fail(found)
      const key = `${of.symbol} ${of.limit}`
      const known = printed.get(key)
      if (known?.updateId === found.book.updateId) return Exit.succeed(known.text)
      const text = new JsonText(Payloads.depth(found, of.limit))
      printed.set(key, { updateId: found.book.updateId, text })
      return Exit.succeed(text)
    }
  })
}

const tradeRow = ({ figures }: SymbolMarket, trade: TapeTrade, caller: Caller) => ({
  id: trade.id,
  price: figures.price(trade.ticks),
  qty: figures.quantity(trade.lots),
  quoteQty: figures.quote(BigInt(trade.ticks) * BigInt(trade.lots)),
  time: stamp(caller, trade.at),
  isBuyerMaker: trade.takerSide === "SELL",
  isBestMatch: true
})

const aggregateRow = ({ figures }: SymbolMarket, trade: AggregateTrade, caller: Caller) => ({
  a: trade.id,
  p: figures.price(trade.ticks),
  q: figures.quantity(trade.lots),
  f: trade.firstId,
  l: trade.lastId,
  T: stamp(caller, trade.at),
  m: trade.takerSide === "SELL",
  M: true
})

const rows = withDefault(limit(MAX_ROWS), DEFAULT_ROWS)

const tradesOf = (market: Market, caller: Caller, name: string, count: number, fromId?: number) => {
  const found = market.symbols.get(name)
  if (found === undefined) return Exit.fail(Wire.invalidSymbol)
  return Exit.succeed(found.tape.recent(count, fromId).map((trade) => tradeRow(found, trade, caller)))
}

/** Trades from before this process, and more than the tape keeps, are not there: the oldest kept are then the first. */
const tapeEndpoints = (market: Market): ReadonlyArray<Endpoint> => [
  endpoint({
    rest: "GET /api/v3/trades",
    ws: "trades.recent",
    security: "NONE",
    weight: 25,
    params: { symbol: required(symbol), limit: rows },
    run: (of, caller) => tradesOf(market, caller, of.symbol, of.limit)
  }),
  endpoint({
    rest: "GET /api/v3/historicalTrades",
    ws: "trades.historical",
    security: "NONE",
    weight: 25,
    params: { symbol: required(symbol), limit: rows, fromId: optional(integer) },
    run: (of, caller) => tradesOf(market, caller, of.symbol, of.limit, of.fromId)
  }),
  endpoint({
    rest: "GET /api/v3/historicalBlockTrades",
    ws: "blockTrades.historical",
    security: "NONE",
    weight: 25,
    params: { symbol: required(symbol), fromId: required(integer), limit: rows },
    run: (of) => (market.symbols.has(of.symbol) ? Exit.succeed([]) : Exit.fail(Wire.invalidSymbol))
  }),
  endpoint({
    rest: "GET /api/v3/aggTrades",
    ws: "trades.aggregate",
    security: "NONE",
    weight: 4,
    params: {
      symbol: required(symbol),
      fromId: optional(integer),
      startTime: optional(time),
      endTime: optional(time),
      limit: rows
    },
    run: (of, caller) => {
      const found = market.symbols.get(of.symbol)
      if (found === undefined) return Exit.fail(Wire.invalidSymbol)
      const timed = of.startTime !== undefined || of.endTime !== undefined
      if (of.fromId !== undefined && timed) return Exit.fail(Wire.badCombination)
      const trades = timed
        ? found.tape.aggregatesBetween(of.startTime, of.endTime, of.limit)
        : found.tape.recentAggregates(of.limit, of.fromId)
      return Exit.succeed(trades.map((trade) => aggregateRow(found, trade, caller)))
    }
  })
]

const klineRow = ({ figures }: SymbolMarket, candle: Candle, caller: Caller) => [
  stamp(caller, candle.openTime),
  figures.price(candle.open),
  figures.price(candle.high),
  figures.price(candle.low),
  figures.price(candle.close),
  figures.quantity(candle.volume),
  caller.micros ? (candle.closeTime + 1) * 1_000 - 1 : candle.closeTime,
  figures.quote(candle.quoteUnits),
  candle.trades,
  figures.quantity(candle.takerBuyVolume),
  figures.quote(Payloads.takerBuyQuote(candle)),
  "0"
]

interface KlinesAsked {
  readonly interval: Interval
  readonly startTime: number | undefined
  readonly endTime: number | undefined
  readonly timeZone: number
  readonly limit: number
}

/**
 * The newest up to the end, or the oldest from the start on. Where nothing is known so far back as the start, the oldest of the newest
 * thousand.
 */
const klinesOf = Effect.fnUntraced(function* (found: SymbolMarket, of: KlinesAsked) {
  const { interval, limit: count, startTime, timeZone: offset } = of
  const newest = Math.min(of.endTime ?? Number.POSITIVE_INFINITY, found.marketTime)
  const read = (end: number, most: number) =>
    Effect.mapError(shiftedRange(found.klines, interval, offset, end, most), () => Wire.disconnected)
  if (startTime === undefined) return yield* read(newest, count)
  const opened = shiftedOpen(interval, offset, Math.min(startTime, newest))
  const first = opened >= startTime ? opened : shiftedNext(interval, offset, opened)
  let last = first
  for (let more = 1; more < count && last <= newest; more++) {
    last = offset === 0 ? nextOpenTime(interval, last) : shiftedNext(interval, offset, last)
  }
  const inside = (candle: Candle) => candle.openTime >= startTime && candle.openTime <= newest
  const oldest = (yield* read(Math.min(last, newest), count)).filter(inside)
  if (oldest.length > 0 || last >= newest) return oldest
  return (yield* read(newest, MAX_ROWS)).filter(inside).slice(0, count)
})

const klinesEndpoint = (market: Market, rest: "klines" | "uiKlines"): Endpoint =>
  endpoint({
    rest: `GET /api/v3/${rest}`,
    ws: rest,
    security: "NONE",
    weight: 2,
    params: {
      symbol: required(symbol),
      interval: required(interval),
      startTime: optional(time),
      endTime: optional(time),
      timeZone: withDefault(timeZone, 0),
      limit: rows
    },
    run: (of, caller) => {
      const found = market.symbols.get(of.symbol)
      if (found === undefined) return Exit.fail(Wire.invalidSymbol)
      return Effect.map(klinesOf(found, of), (candles) => candles.map((candle) => klineRow(found, candle, caller)))
    }
  })

const averageEndpoint = (market: Market): Endpoint =>
  endpoint({
    rest: "GET /api/v3/avgPrice",
    ws: "avgPrice",
    security: "NONE",
    weight: 2,
    params: { symbol: required(symbol) },
    run: (of, caller) => {
      const found = market.symbols.get(of.symbol)
      if (found === undefined) return Exit.fail(Wire.invalidSymbol)
      const price = amountText(market.averagePrice(of.symbol))
      return Exit.succeed({ mins: 5, price, closeTime: stamp(caller, found.tape.last?.at ?? caller.now) })
    }
  })

export const tradeEndpoints = (market: Market): ReadonlyArray<Endpoint> => [
  depthEndpoint(market),
  ...tapeEndpoints(market),
  klinesEndpoint(market, "klines"),
  klinesEndpoint(market, "uiKlines"),
  averageEndpoint(market)
]
