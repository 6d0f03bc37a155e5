// What changed in the market between two publications: newest wins, except for trades.
import type { MarketMessage, Trade } from "../../domain/Market.ts"
import type { MarketUpdate } from "../../domain/MarketUpdate.ts"
import { type MarketData, symbolOf } from "../../ports/MarketData.ts"

/** Levels a side in a published book. */
export const BOOK_LEVELS = 25
/** Trades kept for one tick over all symbols; beyond it the oldest are left out. */
export const MAX_TRADES = 1_000
/** What changed since the last tick. */
export class Changes {
  private readonly prices = new Set<string>()
  private readonly books = new Set<string>()
  private trades: Array<Trade> = []

  note(message: MarketMessage): void {
    const symbol = symbolOf(message)
    this.prices.add(symbol)
    if (message._tag === "Trade") this.trades.push(message.trade)
    else this.books.add(symbol)
    if (this.trades.length >= 2 * MAX_TRADES) this.trades = this.trades.slice(-MAX_TRADES)
  }

  /** The price of a symbol is to be published, though no message moved it. */
  notePrice(symbol: string): void {
    this.prices.add(symbol)
  }

  take(data: MarketData["Service"]): ReadonlyArray<MarketUpdate> {
    if (this.prices.size === 0) return []
    const updates: Array<MarketUpdate> = []
    for (const trade of this.trades.slice(-MAX_TRADES)) updates.push({ _tag: "Trade", trade })
    for (const symbol of this.prices) {
      const quote = data.quote(symbol)
      if (quote !== undefined) updates.push({ _tag: "Price", quote })
      for (const change of data.takeCandleChanges(symbol)) updates.push({ _tag: "Kline", symbol, ...change })
    }
    for (const symbol of this.books) {
      const view = data.depth(symbol, BOOK_LEVELS)
      if (view !== undefined) updates.push({ _tag: "Book", ...view })
    }
    this.prices.clear()
    this.books.clear()
    this.trades = []
    return updates
  }
}
