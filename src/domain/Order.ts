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
 * PENDING: durable, not decided yet. DENIED: our rules said no. SUBMITTING, CANCELING, AMENDING: in flight, the intent is durable and
 * the exchange has not answered. UNKNOWN: sent, no answer; closed by evidence only (I4). The rest are the exchange's own words.
 */
export const OrderStatus = Schema.Literals([
  "PENDING",
  "DENIED",
  "SUBMITTING",
  "NEW",
  "PARTIALLY_FILLED",
  "CANCELING",
  "AMENDING",
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
    case "AMENDING":
    case "UNKNOWN":
      return false
  }
}

/** What an order still holds back of the free balance. */
export const Hold = Schema.Struct({ asset: Schema.String, amount: Money.DecimalString })
export type Hold = typeof Hold.Type

export const Call = Schema.Literals(["submit", "cancel", "amend"])
export type Call = typeof Call.Type

/** A call to the exchange whose effect is not known yet. It is durable before the call is made. */
export const Flight = Schema.Struct({
  call: Call,
  /** Epoch milliseconds on the exchange's clock: decided then, and sent within `SEND_WITHIN_MILLIS` or not at all. */
  sentAt: Schema.Finite,
  /** The wanted quantity of an amend. */
  quantity: Schema.optionalKey(Money.DecimalString),
  /** No answer came that can be trusted: since when (our clock), and why. */
  doubt: Schema.optionalKey(Schema.Struct({ since: Schema.Finite, reason: Schema.String }))
})
export type Flight = typeof Flight.Type

/**
 * Where a word about an order came from. `stream`: the account's private stream. `answer`: what the exchange answered to the call itself.
 * `query`: asked for by its client order id. `survey`: a comparison of everything the desk and the exchange have.
 */
export const Source = Schema.Literals(["stream", "answer", "query", "survey"])
export type Source = typeof Source.Type

/** How the last doubt about an order ended: what was found, when, and how. */
export const Resolution = Schema.Struct({
  call: Call,
  since: Schema.Finite,
  reason: Schema.String,
  at: Schema.Finite,
  how: Source,
  found: Schema.Literals([
    "working",
    "filled",
    "canceled",
    "expired",
    "rejected",
    "amended",
    "unchanged",
    "never arrived"
  ])
})
export type Resolution = typeof Resolution.Type

/** A call goes out this soon after it was decided, or never: what bounds how long an order can be on its way (I4). */
export const SEND_WITHIN_MILLIS = 1_000

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
  /** Absent where nothing is in flight. At most one of each call. */
  flights: Schema.optionalKey(Schema.Array(Flight)),
  resolution: Schema.optionalKey(Resolution),
  /** Of an order that was placed at the exchange by somebody else: the exchange's own name of its type. */
  external: Schema.optionalKey(Schema.String),
  /** Epoch milliseconds: stamped at the edge, and of the last change. */
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite
})
export type Order = typeof Order.Type

export const remaining = (order: Order): Decimal => Money.subtract(order.intent.quantity, order.executedQuantity)

export const flightOf = ({ flights }: Order, call: Call): Flight | undefined =>
  flights?.find((flight) => flight.call === call)

/** What an open order's status is, from what is in flight and what was executed. A doubt outweighs everything. */
export const workingStatus = ({
  executedQuantity,
  flights = []
}: Pick<Order, "executedQuantity" | "flights">): OrderStatus => {
  if (flights.some(({ doubt }) => doubt !== undefined)) return "UNKNOWN"
  if (flights.some(({ call }) => call === "cancel")) return "CANCELING"
  if (flights.some(({ call }) => call === "submit")) return "SUBMITTING"
  if (flights.length > 0) return "AMENDING"
  return Money.isZero(executedQuantity) ? "NEW" : "PARTIALLY_FILLED"
}

/** Volume-weighted average price of the fills; `undefined` before the first. */
export const averagePrice = (order: Pick<Order, "executedQuantity" | "executedQuote">): Decimal | undefined =>
  Money.isZero(order.executedQuantity) ? undefined : Money.divide(order.executedQuote, order.executedQuantity)
