// Facts, past tense, numbered per account. The journal stores exactly these; everything else is a copy of them.
import * as Schema from "effect/Schema"
import { DenialReason } from "./Denial.ts"
import { Fill } from "./Fill.ts"
import { ClientOrderId, CommandId, OrderId, UserId } from "./Ids.ts"
import { ListLink } from "./ListLink.ts"
import { DecimalString } from "./Money.ts"
import { Call, Hold, Intent, Source } from "./Order.ts"

/** Who asked for the order. */
const userId = Schema.optionalKey(UserId)
/** Of an order of a list: all of them stand in one step, and go out in one call. */
const list = Schema.optionalKey(ListLink)
/** When the call goes out, on the exchange's clock; absent where that clock is ours. */
const sentAt = Schema.optionalKey(Schema.Finite)
/** Where the desk has it from; absent: the private stream. */
const from = Schema.optionalKey(Source)

/** `start`: a new life. `reconnect`: after a stream was lost. `blind`: an order did not show on the stream. `period`: from time to time. */
export const SurveyCause = Schema.Literals(["start", "reconnect", "blind", "period"])
export type SurveyCause = typeof SurveyCause.Type

export const Event = Schema.TaggedUnion({
  /**
   * Our free balance was set to what the exchange says; `free` is the new value. Opens an account, and settles drift: then the totals that
   * differed are named.
   */
  BalanceAdjusted: {
    asset: Schema.String,
    free: DecimalString,
    drift: Schema.optionalKey(Schema.Struct({ ours: DecimalString, theirs: DecimalString }))
  },
  /** Durable before the exchange is called (I2): the intent, its ids, and what is held back for it. */
  OrderSubmitted: {
    orderId: OrderId,
    commandId: CommandId,
    userId,
    clientOrderId: ClientOrderId,
    intent: Intent,
    hold: Hold,
    sentAt,
    list,
    /** Goes out in one call with the cancel of this order, which stands beside it. */
    replaces: Schema.optionalKey(OrderId)
  },
  OrderDenied: { orderId: OrderId, commandId: CommandId, userId, intent: Intent, reason: DenialReason, list },
  OrderAccepted: { orderId: OrderId, exchangeOrderId: Schema.String, from },
  OrderFilled: { orderId: OrderId, fill: Fill, from },
  OrderRejected: {
    orderId: OrderId,
    reason: Schema.String,
    from,
    /** It was asked for, and is known never to have arrived. */
    neverArrived: Schema.optionalKey(Schema.Boolean)
  },
  OrderExpired: { orderId: OrderId, reason: Schema.String, from },
  /** The cancel is in flight. */
  CancelSubmitted: { orderId: OrderId, commandId: CommandId, sentAt, by: Schema.optionalKey(OrderId) },
  CancelDenied: { orderId: OrderId, commandId: CommandId, reason: DenialReason },
  /** The exchange refused the cancel, or never got it; the order stands as it was. */
  CancelRejected: { orderId: OrderId, reason: Schema.String, from },
  OrderCanceled: { orderId: OrderId, from },
  /** The amend is in flight: the order is to be worth `quantity` in all, and keeps its place. */
  AmendSubmitted: { orderId: OrderId, commandId: CommandId, quantity: DecimalString, sentAt },
  AmendDenied: { orderId: OrderId, commandId: CommandId, reason: DenialReason },
  /** The exchange refused the amend, or never got it; the order stands as it was. */
  AmendRejected: { orderId: OrderId, reason: Schema.String, from },
  /** The trigger of a stop order came: it works from now on. */
  OrderTriggered: { orderId: OrderId, from },
  /** The working order of its list has filled: the exchange has placed it, and holds what it needs from now on. */
  LegPlaced: { orderId: OrderId, from },
  /** The other of the two has begun to work or to fill: what they held is the other's alone, and this one is about to expire. */
  LegReleased: { orderId: OrderId, from },
  /** How much an order by quote quantity is worth in all, as the exchange has worked it out. */
  OrderSized: { orderId: OrderId, quantity: DecimalString, from },
  OrderAmended: { orderId: OrderId, quantity: DecimalString, from },
  /** No answer came: the order is in doubt until evidence closes it (I4). */
  OrderUnknown: { orderId: OrderId, call: Call, reason: Schema.String },
  /**
   * An order that was placed at the exchange by somebody else is followed from now on. What it had executed before is in the balances
   * already.
   */
  OrderAdopted: {
    orderId: OrderId,
    clientOrderId: ClientOrderId,
    exchangeOrderId: Schema.String,
    type: Schema.String,
    intent: Intent,
    hold: Hold,
    executedQuantity: DecimalString,
    executedQuote: DecimalString,
    /** The trades that `executedQuantity` is made of: they are never booked. Absent: none. */
    tradeIds: Schema.optionalKey(Schema.Array(Schema.String)),
    placedAt: Schema.Finite,
    list
  },
  /**
   * Everything the desk and the exchange have was compared, and what differed stands before this event. `seen` names, by symbol, the last
   * trade that was looked at. Recorded where there is something to say.
   */
  Surveyed: {
    cause: SurveyCause,
    seen: Schema.Array(Schema.Struct({ symbol: Schema.String, tradeId: Schema.String })),
    differences: Schema.Int
  },
  /** What the exchange does for this account cannot be seen from now on: orders that depend on a price are refused. */
  SightLost: { reason: Schema.String },
  SightRegained: {}
})
export type Event = typeof Event.Type

/** An event with its place in the account's history. `at` is epoch milliseconds. */
export const Recorded = Schema.Struct({
  seq: Schema.Int,
  at: Schema.Finite,
  traceId: Schema.String,
  event: Event,
  /** Of what it meant when it was written (StoredEvent.ts); absent: what it means today. */
  version: Schema.optionalKey(Schema.Int)
})
export type Recorded = typeof Recorded.Type
