// An order: what was asked for (Intent), and where it stands.
import * as Schema from "effect/Schema"
import { ClientOrderId, OrderId, UserId } from "./Ids.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"

export const Side = Schema.Literals(["BUY", "SELL"])
export type Side = typeof Side.Type

/** Good till cancelled, immediate or cancel, fill or kill. */
export const TimeInForce = Schema.Literals(["GTC", "IOC", "FOK"])
export type TimeInForce = typeof TimeInForce.Type

const MarketIntent = Schema.Struct({
  type: Schema.Literal("MARKET"),
  symbol: Schema.String,
  side: Side,
  quantity: Money.DecimalString
})
const LimitIntent = Schema.Struct({
  type: Schema.Literal("LIMIT"),
  symbol: Schema.String,
  side: Side,
  quantity: Money.DecimalString,
  price: Money.DecimalString,
  timeInForce: TimeInForce
})
export const Intent = Schema.Union([MarketIntent, LimitIntent])
export type Intent = typeof Intent.Type

/**
 * PENDING: durable, not decided yet. DENIED: our rules said no. SUBMITTING, CANCELING: in flight, the intent is durable and the
 * exchange has not answered. UNKNOWN: sent, no answer; closed by evidence only (I4). The rest are the exchange's own words.
 */
export const OrderStatus = Schema.Literals([
  "PENDING",
  "DENIED",
  "SUBMITTING",
  "NEW",
  "PARTIALLY_FILLED",
  "CANCELING",
  "FILLED",
  "CANCELED",
  "REJECTED",
  "EXPIRED",
  "UNKNOWN"
])
export type OrderStatus = typeof OrderStatus.Type

/** Nothing more can happen to an order in one of these. */
export const isClosed = (status: OrderStatus): boolean => {
  switch (status) {
    case "DENIED":
    case "FILLED":
    case "CANCELED":
    case "REJECTED":
    case "EXPIRED":
      return true
    case "PENDING":
    case "SUBMITTING":
    case "NEW":
    case "PARTIALLY_FILLED":
    case "CANCELING":
    case "UNKNOWN":
      return false
  }
}

/** What an order still holds back of the free balance. */
export const Hold = Schema.Struct({ asset: Schema.String, amount: Money.DecimalString })
export type Hold = typeof Hold.Type

export const Order = Schema.Struct({
  orderId: OrderId,
  clientOrderId: ClientOrderId,
  /** Who asked for it: an account can be shared. */
  userId: Schema.optionalKey(UserId),
  /** The exchange's own id, once it has accepted. */
  exchangeOrderId: Schema.optionalKey(Schema.String),
  intent: Intent,
  status: OrderStatus,
  executedQuantity: Money.DecimalString,
  /** Sum of price × quantity over the fills, in the quote asset. */
  executedQuote: Money.DecimalString,
  hold: Hold,
  /** Trade ids already counted (I7). */
  tradeIds: Schema.Array(Schema.String),
  /** One sentence: why it was denied, rejected, expired, or is unknown. */
  reason: Schema.optionalKey(Schema.String),
  /** Epoch milliseconds: stamped at the edge, and of the last change. */
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite
})
export type Order = typeof Order.Type

export const remaining = (order: Order): Decimal => Money.subtract(order.intent.quantity, order.executedQuantity)

/** Volume-weighted average price of the fills; `undefined` before the first. */
export const averagePrice = (order: Pick<Order, "executedQuantity" | "executedQuote">): Decimal | undefined =>
  Money.isZero(order.executedQuantity) ? undefined : Money.divide(order.executedQuote, order.executedQuantity)
