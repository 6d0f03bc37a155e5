// An order: what was asked for (Intent), and where it stands.
import * as Schema from "effect/Schema"
import { ClientOrderId, OrderId, UserId } from "./Ids.ts"
import { isWaiting, ListLink } from "./ListLink.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"

export const Side = Schema.Literals(["BUY", "SELL"])
export type Side = typeof Side.Type

/** Good till cancelled, immediate or cancel, fill or kill. */
export const TimeInForce = Schema.Literals(["GTC", "IOC", "FOK"])
export type TimeInForce = typeof TimeInForce.Type

export const OrderType = Schema.Literals([
  "LIMIT",
  "MARKET",
  "LIMIT_MAKER",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT"
])
export type OrderType = typeof OrderType.Type

const terms = { symbol: Schema.String, side: Side, quantity: Money.DecimalString }
/** What it shows of itself in the book at a time. */
const iceberg = { icebergQuantity: Schema.optionalKey(Money.DecimalString) }
/** At least one of the two. `trailingDelta` is in basis points, and moves the trigger with the market. */
const trigger = {
  stopPrice: Schema.optionalKey(Money.DecimalString),
  trailingDelta: Schema.optionalKey(Schema.Int)
}

const MarketIntent = Schema.Struct({
  type: Schema.Literal("MARKET"),
  ...terms,
  /**
   * Spend or receive this much of the quote asset instead. The exchange works out the quantity, which is zero here until it has said
   * which one it is.
   */
  quoteQuantity: Schema.optionalKey(Money.DecimalString)
})
const LimitIntent = Schema.Struct({
  type: Schema.Literal("LIMIT"),
  ...terms,
  price: Money.DecimalString,
  timeInForce: TimeInForce,
  ...iceberg
})
/** Refused by the exchange where it would take. */
const LimitMakerIntent = Schema.Struct({
  type: Schema.Literal("LIMIT_MAKER"),
  ...terms,
  price: Money.DecimalString,
  ...iceberg
})
/** Waits for its trigger, and is a market order from then on. */
const StopIntent = Schema.Struct({ type: Schema.Literals(["STOP_LOSS", "TAKE_PROFIT"]), ...terms, ...trigger })
/** Waits for its trigger, and is a limit order from then on. */
const StopLimitIntent = Schema.Struct({
  type: Schema.Literals(["STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]),
  ...terms,
  price: Money.DecimalString,
  timeInForce: TimeInForce,
  ...trigger,
  ...iceberg
})
export const Intent = Schema.Union([MarketIntent, LimitIntent, LimitMakerIntent, StopIntent, StopLimitIntent])
export type Intent = typeof Intent.Type

/** What only some types have; absent where this one has none. */
export const priceOf = (intent: Intent): Decimal | undefined => ("price" in intent ? intent.price : undefined)
export const timeInForceOf = (intent: Intent): TimeInForce | undefined =>
  "timeInForce" in intent ? intent.timeInForce : undefined
export const stopPriceOf = (intent: Intent): Decimal | undefined =>
  "stopPrice" in intent ? intent.stopPrice : undefined
export const trailingDeltaOf = (intent: Intent): number | undefined =>
  "trailingDelta" in intent ? intent.trailingDelta : undefined
export const icebergQuantityOf = (intent: Intent): Decimal | undefined =>
  "icebergQuantity" in intent ? intent.icebergQuantity : undefined
export const quoteQuantityOf = (intent: Intent): Decimal | undefined =>
  "quoteQuantity" in intent ? intent.quoteQuantity : undefined

/** Waits for a price before it works: what MAX_NUM_ALGO_ORDERS counts. */
export const isStop = ({ type }: Pick<Intent, "type">): boolean =>
  type === "STOP_LOSS" || type === "STOP_LOSS_LIMIT" || type === "TAKE_PROFIT" || type === "TAKE_PROFIT_LIMIT"

/** Triggered by a rise of the price: a STOP_LOSS that buys and a TAKE_PROFIT that sells; the others by a fall. */
export const triggersOnRise = ({ side, type }: Pick<Intent, "side" | "type">): boolean =>
  (type === "STOP_LOSS" || type === "STOP_LOSS_LIMIT") === (side === "BUY")

/**
 * PENDING: durable, not decided yet. DENIED: our rules said no. SUBMITTING, CANCELING, AMENDING: in flight, the intent is durable and
 * the exchange has not answered. UNKNOWN: sent, no answer; closed by evidence only (I4). The rest are the exchange's own words; PENDING_NEW
 * is of a list's order that is placed only when the working one has filled.
 */
export const OrderStatus = Schema.Literals([
  "PENDING",
  "DENIED",
  "SUBMITTING",
  "PENDING_NEW",
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
    case "PENDING_NEW":
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
  /** Of a cancel that goes out in one call with the order that is to take this one's place. */
  by: Schema.optionalKey(OrderId),
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
  /** Of a stop order: epoch milliseconds when it was heard that its trigger came. Until then it only waits. */
  triggeredAt: Schema.optionalKey(Schema.Finite),
  /** How often the exchange was heard to have made it smaller; absent for never. It may have done so unheard: the last word is its own. */
  amends: Schema.optionalKey(Schema.Int),
  /** The order whose place it is to take: that one is cancelled in the same call, or this one is not placed. */
  replaces: Schema.optionalKey(OrderId),
  /** Of an order of a list. */
  list: Schema.optionalKey(ListLink),
  /** Of an order that was placed at the exchange by somebody else: the exchange's own name of its type. */
  external: Schema.optionalKey(Schema.String),
  /** Epoch milliseconds: stamped at the edge, and of the last change. */
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite
})
export type Order = typeof Order.Type

/** Zero while the exchange has not said what an order by its quote quantity is worth. */
export const remaining = ({ executedQuantity, intent }: Order): Decimal =>
  isSized(intent) ? Money.subtract(intent.quantity, executedQuantity) : Money.zero

/** Whether its quantity is known: that of an order by quote quantity is the exchange's to tell. */
export const isSized = (intent: Intent): boolean =>
  quoteQuantityOf(intent) === undefined || Money.isPositive(intent.quantity)

/** Whether so much executed is all of it. */
export const isAll = (intent: Intent, executed: Decimal): boolean =>
  isSized(intent) && Money.compare(executed, intent.quantity) >= 0

export const flightOf = ({ flights }: Order, call: Call): Flight | undefined =>
  flights?.find((flight) => flight.call === call)

/** What an open order's status is, from what is in flight and what was executed. A doubt outweighs everything. */
export const workingStatus = ({
  executedQuantity,
  flights = [],
  list
}: Pick<Order, "executedQuantity" | "flights"> & { readonly list?: ListLink | undefined }): OrderStatus => {
  if (flights.some(({ doubt }) => doubt !== undefined)) return "UNKNOWN"
  if (flights.some(({ call }) => call === "cancel")) return "CANCELING"
  if (flights.some(({ call }) => call === "submit")) return "SUBMITTING"
  if (flights.length > 0) return "AMENDING"
  if (!Money.isZero(executedQuantity)) return "PARTIALLY_FILLED"
  return isWaiting(list) ? "PENDING_NEW" : "NEW"
}

/** Volume-weighted average price of the fills; `undefined` before the first. */
export const averagePrice = (order: Pick<Order, "executedQuantity" | "executedQuote">): Decimal | undefined =>
  Money.isZero(order.executedQuantity) ? undefined : Money.divide(order.executedQuote, order.executedQuantity)
