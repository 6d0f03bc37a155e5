// Everything about the market that can be asked: what the wire's table takes up beside the exchange's own endpoints.
import type { Endpoint } from "../wire/Endpoint.ts"
import type { PublicMarket } from "./PublicMarket.ts"
import { tickerEndpoints } from "./TickerEndpoints.ts"
import { tradeEndpoints } from "./TradeEndpoints.ts"

export const marketEndpoints = (market: PublicMarket["Service"]): ReadonlyArray<Endpoint> => [
  ...tradeEndpoints(market),
  ...tickerEndpoints(market)
]
