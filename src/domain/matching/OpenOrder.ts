// An order while it is open: what everyone may read of it, and where the engine keeps it.
import type { Side, TimeInForce } from "../Order.ts"
import type { PriceLevel } from "./BookSide.ts"
import type { SelfTradePrevention } from "./Listing.ts"
import type { Amount, ExpiryReason, NewOrder, Order, OrderStatus, OrderType } from "./Order.ts"
import type { OpenList } from "./OpenList.ts"
import type { Seat } from "./Seat.ts"
import type { Trail } from "./Trailing.ts"

/** `stop`: waits for its stop price; `trailing`: tracks the market; `list`: waits for its list; `nowhere`: being matched, or closed. */
export type Whereabouts = "nowhere" | "book" | "stop" | "trailing" | "list"

export class OpenOrder implements Order {
  orderId = 0
  readonly account: string
  readonly symbol: string
  listId = -1
  clientOrderId: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  lots: number
  readonly quote: Amount
  ticks: number
  readonly stopTicks: number
  readonly trailingBips: number
  readonly icebergLots: number
  readonly stp: SelfTradePrevention
  readonly strategyId?: number
  readonly strategyType?: number
  readonly createdAt: number
  status: OrderStatus = "NEW"
  executedLots = 0
  executedQuote: Amount = 0n
  preventedLots = 0
  working = false
  workingAt = -1
  trailingAt = -1
  updatedAt: number
  expiry: ExpiryReason | undefined = undefined

  readonly seat: Seat
  list: OpenList | undefined = undefined
  where: Whereabouts = "nowhere"
  /** Known to its seat and book by its ids. */
  registered = false
  /** On the book: its level and its neighbours there, oldest first. */
  level: PriceLevel | undefined = undefined
  previous: OpenOrder | undefined = undefined
  next: OpenOrder | undefined = undefined
  /** Lots shown at its level: all that is left, or the current slice of an iceberg. */
  visible = 0
  /** Outside lots that stand before it at its price. */
  ahead = 0
  /** Whether it holds a lock of its own; the legs of a waiting OCO share their list's. */
  holdsLock = false
  /** Price by which a BUY locks the quote asset: its limit, or what stands for it where it has none. */
  lockTicks = 0
  amends = 0
  /** Orders triggered at one price go by the time they began to wait: the execution id of that moment. */
  waitingSince = 0
  /** The price that triggered it, as it was set: decides who comes first where one trade triggers several. */
  firedAt = 0
  /** Of a trailing stop that tracks: those that share its highest (SELL) or lowest (BUY) price. */
  trail: Trail | undefined = undefined

  constructor(asked: NewOrder, symbol: string, seat: Seat, at: number) {
    this.account = seat.account.name
    this.symbol = symbol
    this.clientOrderId = asked.clientOrderId
    this.side = asked.side
    this.type = asked.type
    this.timeInForce = asked.timeInForce
    this.lots = asked.lots
    this.quote = asked.quote
    this.ticks = asked.ticks
    this.stopTicks = asked.stopTicks
    this.trailingBips = asked.trailingBips
    this.icebergLots = asked.icebergLots
    this.stp = asked.stp
    if (asked.strategyId !== undefined) this.strategyId = asked.strategyId
    if (asked.strategyType !== undefined) this.strategyType = asked.strategyType
    this.createdAt = at
    this.updatedAt = at
    this.seat = seat
  }
}

export const remainingOf = (order: OpenOrder): number => order.lots - order.executedLots - order.preventedLots

export const isContingent = (type: OrderType): boolean =>
  type === "STOP_LOSS" || type === "STOP_LOSS_LIMIT" || type === "TAKE_PROFIT" || type === "TAKE_PROFIT_LIMIT"

/** Orders without a limit price once they work. */
export const isMarket = (type: OrderType): boolean =>
  type === "MARKET" || type === "STOP_LOSS" || type === "TAKE_PROFIT"

/** Triggered by a rise: STOP_LOSS BUY and TAKE_PROFIT SELL; the others by a fall. */
export const firesOnRise = (type: OrderType, side: Side): boolean =>
  (type === "STOP_LOSS" || type === "STOP_LOSS_LIMIT") === (side === "BUY")

export const opposite = (side: Side): Side => (side === "BUY" ? "SELL" : "BUY")
