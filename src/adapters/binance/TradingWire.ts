// What Binance says of orders, trades and balances, as schemas: what does not fit is no answer. Venue words are kept verbatim.
import { Schema } from "effect"
import { DecimalString } from "../../domain/Money.ts"
import { Side, TimeInForce } from "../../domain/Order.ts"

/** Ids and times: whole, and small enough that JSON kept all their digits. */
export const WholeNumber = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const ClientId = Schema.String.check(Schema.isMaxLength(64))
const Asset = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(32))

/** Those that an order can be found in. A status never heard of fits nowhere: the order stays in doubt. */
export const Status = Schema.Literals([
  "NEW",
  "PENDING_NEW",
  "PARTIALLY_FILLED",
  "FILLED",
  "CANCELED",
  "REJECTED",
  "EXPIRED",
  "EXPIRED_IN_MATCH"
])
export type Status = typeof Status.Type

/** GET /api/v3/order, and each of openOrders. */
export const Order = Schema.Struct({
  symbol: Schema.String,
  orderId: WholeNumber,
  clientOrderId: ClientId,
  price: DecimalString,
  origQty: DecimalString,
  executedQty: DecimalString,
  /** Below zero where it is not known. */
  cummulativeQuoteQty: DecimalString,
  status: Status,
  timeInForce: TimeInForce,
  type: Schema.String,
  side: Side,
  /** Zero where it has none, like the next two. */
  stopPrice: Schema.optionalKey(DecimalString),
  icebergQty: Schema.optionalKey(DecimalString),
  origQuoteOrderQty: Schema.optionalKey(DecimalString),
  /** Basis points. */
  trailingDelta: Schema.optionalKey(WholeNumber),
  /** -1 outside a list. */
  orderListId: Schema.optionalKey(Schema.Int),
  /** False while it waits for its trigger. */
  isWorking: Schema.Boolean,
  time: WholeNumber,
  updateTime: WholeNumber
})
export type Order = typeof Order.Type

/** One of GET /api/v3/myTrades. */
export const Trade = Schema.Struct({
  id: WholeNumber,
  orderId: WholeNumber,
  price: DecimalString,
  qty: DecimalString,
  commission: DecimalString,
  commissionAsset: Asset,
  time: WholeNumber,
  isMaker: Schema.Boolean
})
export type Trade = typeof Trade.Type

/** POST /api/v3/order with newOrderRespType=FULL. */
export const Placed = Schema.Struct({
  symbol: Schema.String,
  orderId: WholeNumber,
  clientOrderId: ClientId,
  transactTime: WholeNumber,
  origQty: DecimalString,
  executedQty: DecimalString,
  status: Status,
  expiryReason: Schema.optionalKey(Schema.String),
  fills: Schema.Array(
    Schema.Struct({
      price: DecimalString,
      qty: DecimalString,
      commission: DecimalString,
      commissionAsset: Asset,
      tradeId: WholeNumber
    })
  )
})
export type Placed = typeof Placed.Type

/** POST /api/v3/orderList/oco, /oto and /otoco with newOrderRespType=FULL. What has not traded may come without `fills`. */
export const PlacedList = Schema.Struct({
  orderListId: WholeNumber,
  listClientOrderId: ClientId,
  orderReports: Schema.Array(Schema.Struct({ ...Placed.fields, fills: Schema.optionalKey(Placed.fields.fills) }))
})
export type PlacedList = typeof PlacedList.Type

const Half = Schema.Literals(["SUCCESS", "FAILURE", "NOT_ATTEMPTED"])

/** POST /api/v3/order/cancelReplace, and the `data` of an error of it: each half, with its own answer or its own error. */
export const Replaced = Schema.Struct({
  cancelResult: Half,
  newOrderResult: Half,
  cancelResponse: Schema.Unknown,
  newOrderResponse: Schema.Unknown
})
export type Replaced = typeof Replaced.Type

/** Of a half that failed. */
export const Failed = Schema.Struct({ code: Schema.Int, msg: Schema.String })

/** DELETE /api/v3/order: that it was understood. A leg of a list is answered with its whole list. */
export const Canceled = Schema.Union([
  Schema.Struct({ orderId: WholeNumber, status: Schema.String }),
  Schema.Struct({ orderListId: WholeNumber, listOrderStatus: Schema.String })
])

/** PUT /api/v3/order/amend/keepPriority. */
export const Amended = Schema.Struct({ amendedOrder: Schema.Struct({ orderId: WholeNumber, qty: DecimalString }) })

/** GET /api/v3/account. */
export const Account = Schema.Struct({
  /** Which account it is, whatever key asks. */
  uid: WholeNumber,
  canTrade: Schema.Boolean,
  balances: Schema.Array(Schema.Struct({ asset: Asset, free: DecimalString, locked: DecimalString }))
})

/** The same answer, as whoever judges a key reads it. */
export const KeyAccount = Schema.Struct({ uid: WholeNumber, canTrade: Schema.Boolean, canWithdraw: Schema.Boolean })

/** `apiRestrictions` of the wallet endpoints: rights of the key, where those above are of its account. */
export const KeyRights = Schema.Struct({
  ipRestrict: Schema.Boolean,
  enableWithdrawals: Schema.Boolean,
  enableSpotAndMarginTrading: Schema.Boolean
})

export const ExecutionReport = Schema.Struct({
  e: Schema.Literal("executionReport"),
  s: Schema.String,
  /** The order's client id; of a cancel or an amend, the new one, and C is the order's own. */
  c: ClientId,
  C: ClientId,
  x: Schema.Literals(["NEW", "CANCELED", "REPLACED", "REJECTED", "TRADE", "EXPIRED", "TRADE_PREVENTION"]),
  X: Status,
  r: Schema.String,
  i: WholeNumber,
  /** Of the execution. */
  I: WholeNumber,
  q: DecimalString,
  z: DecimalString,
  l: DecimalString,
  L: DecimalString,
  n: DecimalString,
  N: Schema.NullOr(Asset),
  T: WholeNumber,
  t: Schema.Int,
  m: Schema.Boolean,
  /** It works, rather than waiting for its trigger. */
  w: Schema.Boolean,
  /** Of an expiry. */
  eR: Schema.optionalKey(Schema.String)
})
export type ExecutionReport = typeof ExecutionReport.Type

/** A frame of the WebSocket API: a reply to a request, or an event. */
export const Frame = Schema.Struct({
  id: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.String, Schema.Finite]))),
  status: Schema.optionalKey(Schema.Finite),
  error: Schema.optionalKey(Schema.Struct({ code: Schema.Int, msg: Schema.String })),
  event: Schema.optionalKey(Schema.Struct({ e: Schema.String }))
})
