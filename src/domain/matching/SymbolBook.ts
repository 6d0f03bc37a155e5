// All the engine knows of one symbol.
import { BookSide } from "./BookSide.ts"
import type { Listing } from "./Listing.ts"
import { CANCEL_WHILE_HALTED } from "./OpenPoints.ts"
import type { OpenList } from "./OpenList.ts"
import { OrderIndex } from "./OrderIndex.ts"
import { Rules } from "./Rules.ts"
import type { Seat } from "./Seat.ts"
import { Triggers } from "./Triggers.ts"
import type { Side } from "../Order.ts"

export class SymbolBook {
  readonly symbol: string
  rules: Rules
  readonly baseId: number
  readonly quoteId: number
  readonly bids = new BookSide("BUY")
  readonly asks = new BookSide("SELL")
  readonly triggers = new Triggers()
  readonly seats = new Map<string, Seat>()
  /** Open orders by the exchange's id. */
  readonly byId = new OrderIndex()
  readonly lists = new Map<number, OpenList>()
  lastTradeId = 0

  constructor(listing: Listing, baseId: number, quoteId: number) {
    this.symbol = listing.instrument.symbol
    this.rules = new Rules(listing, CANCEL_WHILE_HALTED)
    this.baseId = baseId
    this.quoteId = quoteId
  }

  side(side: Side): BookSide {
    return side === "BUY" ? this.bids : this.asks
  }

  /** What an order of this side meets. */
  against(side: Side): BookSide {
    return side === "BUY" ? this.asks : this.bids
  }
}
