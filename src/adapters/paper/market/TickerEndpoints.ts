// Tickers over REST and the WebSocket API: a day, a trading day, any window, prices and best prices (REST API, "Market data endpoints").
import { Effect, Exit } from "effect"
import { type Answer, type Caller, endpoint, type Endpoint, stamp } from "../wire/Endpoint.ts"
import { symbolStatus } from "../wire/GeneralEndpoints.ts"
import { optional, symbol, symbols, withDefault } from "../wire/Params.ts"
import * as Wire from "../wire/WireError.ts"
import { WireError } from "../wire/WireError.ts"
import { type Asked, several, tickerType, timeZone, windowSize } from "./MarketParams.ts"
import { bestOf, lastPrice, windowIds } from "./Payloads.ts"
import type { PublicMarket } from "./PublicMarket.ts"
import type { SymbolMarket } from "./SymbolMarket.ts"
import type { Statistics } from "./Windows.ts"

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Symbols in one request of `ticker` and `ticker/tradingDay`, and what it weighs at most. */
const MOST_SYMBOLS = 100
const PER_SYMBOL = 4
const WEIGHT_CAP = 200

type Market = PublicMarket["Service"]
type Row = { readonly [field: string]: string | number }

const noWindow = new WireError(400, -2016, "No trading window could be found for the symbol. Try ticker/24hrs instead.")

const asked = { symbol: optional(symbol), symbols: optional(symbols), symbolStatus: optional(symbolStatus) }

/** One object for `symbol`, otherwise an array. */
const answer = (
  found: ReadonlyArray<SymbolMarket> | WireError,
  single: boolean,
  row: (market: SymbolMarket) => Effect.Effect<Row, WireError>
): Answer => {
  if (Wire.isWireError(found)) return Exit.fail(found)
  const [first] = found
  return single && first !== undefined ? row(first) : Effect.forEach(found, row)
}

const windowRow = (market: SymbolMarket, of: Statistics, caller: Caller, mini: boolean): Row => {
  const { figures } = market
  const last = lastPrice(market, of)
  const { first: firstId, last: lastId } = windowIds(market, of)
  // A trading day's end lies ahead and is the last moment of the day, in the caller's own grain.
  const dayEnds = of.closeTime - of.openTime === DAY - 1
  const closeTime = dayEnds ? stamp(caller, of.closeTime + 1) - 1 : stamp(caller, of.closeTime)
  return {
    symbol: market.symbol,
    ...(mini
      ? {}
      : {
          priceChange: figures.priceChange(last - of.open),
          priceChangePercent: figures.percent(last - of.open, of.open),
          weightedAvgPrice: figures.average(of.quoteUnits, of.volume)
        }),
    openPrice: figures.price(of.open),
    highPrice: figures.price(of.high),
    lowPrice: figures.price(of.low),
    lastPrice: figures.price(last),
    volume: figures.quantity(of.volume),
    quoteVolume: figures.quote(of.quoteUnits),
    openTime: stamp(caller, of.openTime),
    closeTime,
    firstId,
    lastId,
    count: of.trades
  }
}

/** A symbol that never traded: zeros, as Binance states one. */
const nothing = (market: SymbolMarket): Statistics => ({
  openTime: market.marketTime - DAY,
  closeTime: market.marketTime,
  open: 0,
  high: 0,
  low: 0,
  close: 0,
  previousClose: 0,
  volume: 0,
  quoteUnits: 0n,
  trades: 0
})

const dayRow = (market: SymbolMarket, of: Statistics, caller: Caller, mini: boolean): Row => {
  const row = windowRow(market, of, caller, mini)
  if (mini) return row
  const { figures, tape } = market
  const { ask, bid } = bestOf(market)
  return {
    ...row,
    prevClosePrice: figures.price(of.previousClose),
    lastQty: figures.quantity(tape.last?.lots ?? 0),
    bidPrice: bid.price,
    bidQty: bid.quantity,
    askPrice: ask.price,
    askQty: ask.quantity
  }
}

const dayWeight = (of: Pick<Asked, "symbol" | "symbols">): number => {
  const count = of.symbol !== undefined ? 1 : (of.symbols?.length ?? Number.POSITIVE_INFINITY)
  return count <= 20 ? 2 : count <= 100 ? 40 : 80
}
const perSymbol = (of: Pick<Asked, "symbols">): number => Math.min(WEIGHT_CAP, PER_SYMBOL * (of.symbols?.length ?? 1))
const priceWeight = (of: Pick<Asked, "symbol">): number => (of.symbol === undefined ? 4 : 2)

const dayEndpoint = (market: Market): Endpoint =>
  endpoint({
    rest: "GET /api/v3/ticker/24hr",
    ws: "ticker.24hr",
    security: "NONE",
    weight: dayWeight,
    params: { ...asked, type: withDefault(tickerType, "FULL") },
    run: (of, caller) =>
      answer(several(market, of, true), of.symbol !== undefined, (found) =>
        Effect.map(found.windows.day(found.marketTime), (statistics) =>
          dayRow(found, statistics ?? nothing(found), caller, of.type === "MINI")
        )
      )
  })

const windowAnswer = (
  market: Market,
  of: Asked & { readonly type: "FULL" | "MINI" },
  caller: Caller,
  read: (found: SymbolMarket) => Effect.Effect<Statistics | undefined>
): Answer =>
  answer(several(market, of, false, MOST_SYMBOLS), of.symbol !== undefined, (found) =>
    Effect.flatMap(read(found), (statistics) =>
      statistics === undefined
        ? Effect.fail(noWindow)
        : Effect.succeed(windowRow(found, statistics, caller, of.type === "MINI"))
    )
  )

const windowEndpoints = (market: Market): ReadonlyArray<Endpoint> => [
  endpoint({
    rest: "GET /api/v3/ticker/tradingDay",
    ws: "ticker.tradingDay",
    security: "NONE",
    weight: perSymbol,
    params: { ...asked, timeZone: withDefault(timeZone, 0), type: withDefault(tickerType, "FULL") },
    run: (of, caller) =>
      windowAnswer(market, of, caller, (found) => {
        const now = found.marketTime
        const local = now + of.timeZone * MINUTE
        const openTime = local - (local % DAY) - of.timeZone * MINUTE
        return found.windows.since(openTime, now, openTime + DAY - 1)
      })
  }),
  endpoint({
    rest: "GET /api/v3/ticker",
    ws: "ticker",
    security: "NONE",
    weight: perSymbol,
    params: { ...asked, windowSize: withDefault(windowSize, DAY), type: withDefault(tickerType, "FULL") },
    run: (of, caller) =>
      windowAnswer(market, of, caller, (found) => found.windows.rolling(of.windowSize, found.marketTime))
  })
]

const priceEndpoints = (market: Market): ReadonlyArray<Endpoint> => [
  endpoint({
    rest: "GET /api/v3/ticker/price",
    ws: "ticker.price",
    security: "NONE",
    weight: priceWeight,
    params: asked,
    run: (of) =>
      answer(several(market, of, true), of.symbol !== undefined, (found) => {
        const { figures, symbol: name, tape } = found
        if (tape.last !== undefined) return Effect.succeed({ symbol: name, price: figures.price(tape.last.ticks) })
        // Nothing traded since this process started: the last price of before.
        return Effect.map(found.windows.day(found.marketTime), (statistics) => ({
          symbol: name,
          price: figures.price(statistics?.close ?? 0)
        }))
      })
  }),
  endpoint({
    rest: "GET /api/v3/ticker/bookTicker",
    ws: "ticker.book",
    security: "NONE",
    weight: priceWeight,
    params: asked,
    run: (of) =>
      answer(several(market, of, true), of.symbol !== undefined, (found) => {
        const { ask, bid } = bestOf(found)
        return Effect.succeed({
          symbol: found.symbol,
          bidPrice: bid.price,
          bidQty: bid.quantity,
          askPrice: ask.price,
          askQty: ask.quantity
        })
      })
  })
]

export const tickerEndpoints = (market: Market): ReadonlyArray<Endpoint> => [
  dayEndpoint(market),
  ...windowEndpoints(market),
  ...priceEndpoints(market)
]
