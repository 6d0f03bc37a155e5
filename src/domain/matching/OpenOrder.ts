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

/** What few orders have. Most share one that says nothing: half of an order's memory would be spent on saying so. */
class Rarities {
  listId = -1
  quote: Amount = 0n
  stopTicks = 0
  trailingBips = 0
  icebergLots = 0
  strategyId: number | undefined = undefined
  strategyType: number | undefined = undefined
  trailingAt = -1
  expiry: ExpiryReason | undefined = undefined
  list: OpenList | undefined = undefined
  amends = 0
  waitingSince = 0
  firedAt = 0
  trail: Trail | undefined = undefined
}

const NONE = new Rarities()

export class OpenOrder implements Order {
  orderId = 0
  clientOrderId: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce: TimeInForce
  lots: number
  ticks: number
  readonly stp: SelfTradePrevention
  readonly createdAt: number
  status: OrderStatus = "NEW"
  executedLots = 0
  executedQuote: Amount = 0n
  preventedLots = 0
  working = false
  workingAt = -1
  updatedAt: number

  readonly seat: Seat
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
  private rare = NONE

  constructor(asked: NewOrder, seat: Seat, at: number) {
    this.clientOrderId = asked.clientOrderId
    this.side = asked.side
    this.type = asked.type
    this.timeInForce = asked.timeInForce
    this.lots = asked.lots
    this.ticks = asked.ticks
    this.stp = asked.stp
    this.createdAt = at
    this.updatedAt = at
    this.seat = seat
    const { quote, stopTicks, trailingBips, icebergLots, strategyId, strategyType } = asked
    if (quote !== 0n) this.own().quote = quote
    if (stopTicks !== 0) this.own().stopTicks = stopTicks
    if (trailingBips !== 0) this.own().trailingBips = trailingBips
    if (icebergLots !== 0) this.own().icebergLots = icebergLots
    if (strategyId !== undefined) this.own().strategyId = strategyId
    if (strategyType !== undefined) this.own().strategyType = strategyType
  }

  private own(): Rarities {
    if (this.rare === NONE) this.rare = new Rarities()
    return this.rare
  }

  get account(): string {
    return this.seat.account.name
  }

  get symbol(): string {
    return this.seat.symbol
  }

  get listId(): number {
    return this.rare.listId
  }

  set listId(listId: number) {
    if (listId !== this.rare.listId) this.own().listId = listId
  }

  get quote(): Amount {
    return this.rare.quote
  }

  get stopTicks(): number {
    return this.rare.stopTicks
  }

  get trailingBips(): number {
    return this.rare.trailingBips
  }

  get icebergLots(): number {
    return this.rare.icebergLots
  }

  get strategyId(): number | undefined {
    return this.rare.strategyId
  }

  get strategyType(): number | undefined {
    return this.rare.strategyType
  }

  get trailingAt(): number {
    return this.rare.trailingAt
  }

  set trailingAt(at: number) {
    if (at !== this.rare.trailingAt) this.own().trailingAt = at
  }

  get expiry(): ExpiryReason | undefined {
    return this.rare.expiry
  }

  set expiry(expiry: ExpiryReason | undefined) {
    if (expiry !== this.rare.expiry) this.own().expiry = expiry
  }

  get list(): OpenList | undefined {
    return this.rare.list
  }

  set list(list: OpenList | undefined) {
    if (list !== this.rare.list) this.own().list = list
  }

  get amends(): number {
    return this.rare.amends
  }

  set amends(amends: number) {
    if (amends !== this.rare.amends) this.own().amends = amends
  }

  /** Orders triggered at one price go by the time they began to wait: the execution id of that moment. */
  get waitingSince(): number {
    return this.rare.waitingSince
  }

  set waitingSince(executionId: number) {
    if (executionId !== this.rare.waitingSince) this.own().waitingSince = executionId
  }

  /** The price that triggered it, as it was set: decides who comes first where one trade triggers several. */
  get firedAt(): number {
    return this.rare.firedAt
  }

  set firedAt(ticks: number) {
    if (ticks !== this.rare.firedAt) this.own().firedAt = ticks
  }

  /** Of a trailing stop that tracks: those that share its highest (SELL) or lowest (BUY) price. */
  get trail(): Trail | undefined {
    return this.rare.trail
  }

  set trail(trail: Trail | undefined) {
    if (trail !== this.rare.trail) this.own().trail = trail
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
