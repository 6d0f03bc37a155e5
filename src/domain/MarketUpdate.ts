// What changed in the processed market, for watchers: newest wins per topic, except trades.
import type { Candle, Interval } from "./Candle.ts"
import type { DepthView, Quote, Trade } from "./Market.ts"

export type MarketUpdate =
  | { readonly _tag: "Price"; readonly quote: Quote }
  | { readonly _tag: "Trade"; readonly trade: Trade }
  | {
      readonly _tag: "Kline"
      readonly symbol: string
      readonly interval: Interval
      readonly candle: Candle
      readonly closed: boolean
    }
  | ({ readonly _tag: "Book" } & DepthView)
