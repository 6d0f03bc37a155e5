// What a person or a program asks for, and what is stamped on it once, at the edge.
import * as Schema from "effect/Schema"
import { AccountId, CommandId, ListId, OrderId, UserId } from "./Ids.ts"
import { ListKind } from "./ListLink.ts"
import { Leg } from "./ListRules.ts"
import { DecimalString, equals, zero } from "./Money.ts"
import { Intent } from "./Order.ts"

export const Command = Schema.TaggedUnion({
  /** Wakes a new account, which then adopts the balances the exchange has for it. */
  OpenAccount: {},
  PlaceOrder: { orderId: OrderId, intent: Intent },
  /** Its orders go out in one call, all or none. */
  PlaceList: { listId: ListId, kind: ListKind, legs: Schema.Array(Leg) },
  /** In the place of `replaces`, in one call: that one is cancelled and this one placed, or neither where the cancel is refused. */
  ReplaceOrder: {
    orderId: OrderId,
    replaces: OrderId,
    intent: Intent,
    /** What of `replaces` had traded as the caller knew it; absent: nothing. Once more has, the new quantity would come on top of that. */
    executedQuantity: Schema.optionalKey(DecimalString)
  },
  CancelOrder: { orderId: OrderId },
  /** `quantity` is what the order is to be worth in all, executed part included: less than now. It keeps its place in the book. */
  AmendOrder: { orderId: OrderId, quantity: DecimalString }
})
export type Command = typeof Command.Type

/** The one `OpenAccount` of an account. Outside the letters of an `Idempotency-Key`, so that no caller can take it. */
export const OPEN_ACCOUNT = CommandId.make("account:open")

/** The order a command is about; a list is about several. */
export const orderIdOf = (command: Command): OrderId | undefined =>
  command._tag === "OpenAccount" || command._tag === "PlaceList" ? undefined : command.orderId

/** Whether the command is about this order. */
export const isAbout = (command: Command, orderId: OrderId): boolean =>
  command._tag === "PlaceList"
    ? command.legs.some((leg) => leg.orderId === orderId)
    : orderIdOf(command) === orderId || (command._tag === "ReplaceOrder" && command.replaces === orderId)

/** Time and ids enter with the message: nothing behind the edge reads a clock or invents an id to decide. */
export const Envelope = Schema.Struct({
  commandId: CommandId,
  accountId: AccountId,
  userId: UserId,
  /** Epoch milliseconds. */
  at: Schema.Finite,
  traceId: Schema.String,
  command: Command
})
export type Envelope = typeof Envelope.Type

/** A no in the words of the contract: a code, a sentence, and what it says of which field. */
export const Refusal = Schema.Struct({
  code: Schema.String,
  message: Schema.String,
  fields: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
export type Refusal = typeof Refusal.Type

/** The stored answer to a command id; the same id gets the same answer, refusals included (I3). */
export const Receipt = Schema.Struct({
  commandId: CommandId,
  /** Absent where the command was about no order. */
  orderId: Schema.optionalKey(OrderId),
  /** `refused`: the edge said no, and the account was never asked. */
  outcome: Schema.Literals(["accepted", "denied", "refused"]),
  /** The denial in one sentence. */
  reason: Schema.optionalKey(Schema.String),
  /** What the edge said, to be said again. */
  refusal: Schema.optionalKey(Refusal),
  /** The account's seq after the decision; 0 where the account was not asked. */
  seq: Schema.Int,
  at: Schema.Finite
})
export type Receipt = typeof Receipt.Type

const encodeIntent = Schema.encodeSync(Intent)

type PlaceList = Extract<Command, { readonly _tag: "PlaceList" }>
const askedIn = ({ kind, legs }: PlaceList): string =>
  JSON.stringify([kind, legs.map(({ intent, role }) => [role, encodeIntent(intent)])])

/** Whether two commands ask for the same thing. The ids of what is placed are stamped, not asked for; that of a cancel is asked for. */
export const sameRequest = (a: Command, b: Command): boolean =>
  a._tag === "PlaceOrder" && b._tag === "PlaceOrder"
    ? JSON.stringify(encodeIntent(a.intent)) === JSON.stringify(encodeIntent(b.intent))
    : a._tag === "AmendOrder" && b._tag === "AmendOrder"
      ? a.orderId === b.orderId && equals(a.quantity, b.quantity)
      : a._tag === "PlaceList" && b._tag === "PlaceList"
        ? askedIn(a) === askedIn(b)
        : a._tag === "ReplaceOrder" && b._tag === "ReplaceOrder"
          ? a.replaces === b.replaces &&
            equals(a.executedQuantity ?? zero, b.executedQuantity ?? zero) &&
            JSON.stringify(encodeIntent(a.intent)) === JSON.stringify(encodeIntent(b.intent))
          : a._tag === b._tag && orderIdOf(a) === orderIdOf(b)
