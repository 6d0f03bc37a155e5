// Facts, past tense, numbered per account. The journal stores exactly these; everything else is a copy of them.
import * as Schema from "effect/Schema"
import { DenialReason } from "./Denial.ts"
import { Fill } from "./Fill.ts"
import { ClientOrderId, CommandId, OrderId, UserId } from "./Ids.ts"
import { DecimalString } from "./Money.ts"
import { Hold, Intent } from "./Order.ts"

/** Who asked for the order. */
const userId = Schema.optionalKey(UserId)

export const Event = Schema.TaggedUnion({
  /** Our free balance was set to what the exchange says; `free` is the new value. Opens an account, and settles drift. */
  BalanceAdjusted: { asset: Schema.String, free: DecimalString },
  /** Durable before the exchange is called (I2): the intent, its ids, and what is held back for it. */
  OrderSubmitted: {
    orderId: OrderId,
    commandId: CommandId,
    userId,
    clientOrderId: ClientOrderId,
    intent: Intent,
    hold: Hold
  },
  OrderDenied: { orderId: OrderId, commandId: CommandId, userId, intent: Intent, reason: DenialReason },
  OrderAccepted: { orderId: OrderId, exchangeOrderId: Schema.String },
  OrderFilled: { orderId: OrderId, fill: Fill },
  OrderRejected: { orderId: OrderId, reason: Schema.String },
  OrderExpired: { orderId: OrderId, reason: Schema.String },
  /** The cancel is in flight. */
  CancelSubmitted: { orderId: OrderId, commandId: CommandId },
  CancelDenied: { orderId: OrderId, commandId: CommandId, reason: DenialReason },
  /** The exchange refused the cancel; the order stands as it was. */
  CancelRejected: { orderId: OrderId, reason: Schema.String },
  OrderCanceled: { orderId: OrderId },
  /** No answer came: the order is in doubt until evidence closes it (I4). */
  OrderUnknown: { orderId: OrderId, call: Schema.Literals(["submit", "cancel"]), reason: Schema.String }
})
export type Event = typeof Event.Type

/** An event with its place in the account's history. `at` is epoch milliseconds. */
export const Recorded = Schema.Struct({ seq: Schema.Int, at: Schema.Finite, traceId: Schema.String, event: Event })
export type Recorded = typeof Recorded.Type
