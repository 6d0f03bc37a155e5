// All the engine knows of one symbol.
import { BookSide } from "./BookSide.ts"
import type { Listing } from "./Listing.ts"
import { CANCEL_WHILE_HALTED } from "./OpenPoints.ts"
import type { OpenList } from "./OpenList.ts"
import type { OpenOrder } from "./OpenOrder.ts"
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
  /** Open orders, of all seats together. */
  openCount = 0
  readonly lists = new Map<number, OpenList>()
  lastTradeId = 0

  constructor(listing: Listing, baseId: number, quoteId: number) {
    this.symbol = listing.instrument.symbol
    this.rules = new Rules(listing, CANCEL_WHILE_HALTED)
    this.baseId = baseId
    this.quoteId = quoteId
  }

  /** By order id. */
  openOrders(): ReadonlyArray<OpenOrder> {
    const orders: Array<OpenOrder> = []
    for (const seat of this.seats.values()) for (const order of seat.byClientId.all()) orders.push(order)
    return orders.toSorted((a, b) => a.orderId - b.orderId)
  }

  side(side: Side): BookSide {
    return side === "BUY" ? this.bids : this.asks
  }

  /** What an order of this side meets. */
  against(side: Side): BookSide {
    return side === "BUY" ? this.asks : this.bids
  }
}
