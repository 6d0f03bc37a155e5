// An order inside the matching engine: whole ticks and lots, amounts in units of 10^-8 of an asset.
import type { Side, TimeInForce } from "../Order.ts"
import type { SelfTradePrevention } from "./Listing.ts"

/** Amounts of an asset are whole numbers of 10^-8, the precision Binance Spot books with. */
export const AMOUNT_DECIMALS = 8
export type Amount = bigint

export type OrderType =
  "LIMIT" | "LIMIT_MAKER" | "MARKET" | "STOP_LOSS" | "STOP_LOSS_LIMIT" | "TAKE_PROFIT" | "TAKE_PROFIT_LIMIT"

/** `PENDING_NEW`: a pending leg of an order list whose working leg has not filled yet. */
export type OrderStatus =
  "PENDING_NEW" | "NEW" | "PARTIALLY_FILLED" | "FILLED" | "CANCELED" | "REJECTED" | "EXPIRED" | "EXPIRED_IN_MATCH"

/** Why an order expired, in Binance's words (`expiryReason`, `eR`). */
export type ExpiryReason =
  | "REJECTED"
  | "EXCHANGE_CANCELED"
  | "OCO_TRIGGER"
  | "OTO_PHASE_ONE_EXPIRED"
  | "UNFILLED_IOC_QUANTITY_EXPIRED"
  | "UNFILLED_FOK_ORDER_EXPIRED"
  | "INSUFFICIENT_LIQUIDITY"

/** What is asked for. Zero where the type has none of it. */
export interface NewOrder {
  /** 1–36 characters; unique among the account's open orders of the symbol. */
  readonly clientOrderId: string
  readonly side: Side
  readonly type: OrderType
  /** GTC for MARKET, LIMIT_MAKER and the stop-market types, as Binance shows them. */
  readonly timeInForce: TimeInForce
  readonly lots: number
  /** MARKET by `quoteOrderQty`; then `lots` is zero. */
  readonly quote: Amount
  readonly ticks: number
  readonly stopTicks: number
  /** `trailingDelta`, basis points. */
  readonly trailingBips: number
  readonly icebergLots: number
  readonly stp: SelfTradePrevention
  readonly strategyId?: number | undefined
  readonly strategyType?: number | undefined
}

/** The engine's own record. Read it, never change it; what changes over an order's life is not readonly. */
export interface Order extends Omit<NewOrder, "clientOrderId" | "lots" | "ticks"> {
  /** Increases over the whole exchange. */
  readonly orderId: number
  readonly account: string
  readonly symbol: string
  /** -1 outside a list. */
  readonly listId: number
  /** Epoch milliseconds. */
  readonly createdAt: number
  clientOrderId: string
  /** Shrinks by an amend; of a MARKET order by quote, what that quote bought or sold. */
  lots: number
  ticks: number
  status: OrderStatus
  executedLots: number
  executedQuote: Amount
  preventedLots: number
  /** On the book or matching, as opposed to waiting for its stop price or its list. */
  working: boolean
  /** Epoch milliseconds; -1 while not working. */
  workingAt: number
  /** When a trailing stop began to track; -1 before, and without one. */
  trailingAt: number
  updatedAt: number
  expiry: ExpiryReason | undefined
}

export const isOpen = (status: OrderStatus): boolean =>
  status === "NEW" || status === "PARTIALLY_FILLED" || status === "PENDING_NEW"

/** An order as it stands now: an event's order lives on and carries what the engine keeps beside it. */
export const copyOf = (order: Order): Order => ({
  orderId: order.orderId,
  account: order.account,
  symbol: order.symbol,
  listId: order.listId,
  clientOrderId: order.clientOrderId,
  side: order.side,
  type: order.type,
  timeInForce: order.timeInForce,
  lots: order.lots,
  quote: order.quote,
  ticks: order.ticks,
  stopTicks: order.stopTicks,
  trailingBips: order.trailingBips,
  icebergLots: order.icebergLots,
  stp: order.stp,
  ...(order.strategyId === undefined ? {} : { strategyId: order.strategyId }),
  ...(order.strategyType === undefined ? {} : { strategyType: order.strategyType }),
  createdAt: order.createdAt,
  status: order.status,
  executedLots: order.executedLots,
  executedQuote: order.executedQuote,
  preventedLots: order.preventedLots,
  working: order.working,
  workingAt: order.workingAt,
  trailingAt: order.trailingAt,
  updatedAt: order.updatedAt,
  expiry: order.expiry
})
