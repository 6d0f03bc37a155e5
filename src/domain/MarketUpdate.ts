// What changed in the processed market, for watchers: newest wins per topic, except trades.
import type { Candle, Interval } from "./Candle.ts"
import type { Level, Quote, Trade } from "./Market.ts"

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
  /** The best levels of each side, best first. */
  | {
      readonly _tag: "Book"
      readonly symbol: string
      readonly updateId: number
      readonly bids: ReadonlyArray<Level>
      readonly asks: ReadonlyArray<Level>
      readonly synced: boolean
      readonly at: number
    }
