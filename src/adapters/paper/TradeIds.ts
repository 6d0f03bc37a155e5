// One increasing sequence of trade ids a symbol, for the outside market's trades and users' trades alike.
import { Context } from "effect"
import type { Trade } from "../../domain/Market.ts"

/**
 * An outside trade keeps its own id while that is beyond all others, and takes the next one otherwise. Shared with the venue, which
 * gives `last` to the engine (`MarketNow.lastTradeId`) and says with `reached` what the engine used, in the turn in which it did:
 * outside trades are told before users' trades are durable, and must not take their ids.
 */
export class TradeIds {
  private readonly lasts = new Map<string, number>()
  private readonly given = new WeakMap<Trade, number>()

  /** The highest so far; 0 before the first. */
  last(symbol: string): number {
    return this.lasts.get(symbol) ?? 0
  }

  /** The public id of an outside trade: the same for all who ask about the same message, in whichever order they hear it. */
  ofOutside(trade: Trade): number {
    const known = this.given.get(trade)
    if (known !== undefined) return known
    const own = /^\d{1,15}$/.test(trade.tradeId) ? Number(trade.tradeId) : 0
    const id = Math.max(own, this.last(trade.symbol) + 1)
    this.lasts.set(trade.symbol, id)
    this.given.set(trade, id)
    return id
  }

  /** Ids up to this one are given. */
  reached(symbol: string, id: number): void {
    if (id > this.last(symbol)) this.lasts.set(symbol, id)
  }
}

/** The one numbering of a venue: its engine and its public tape count on it together. */
export class Numbering extends Context.Service<Numbering, TradeIds>()("outcry/adapters/paper/Numbering") {}
