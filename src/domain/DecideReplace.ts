// What the asking for an order in another's place becomes: a cancel and an order that go out in one call, or a denial.
import * as HashMap from "effect/HashMap"
import * as Result from "effect/Result"
import { type Account, balanceOf, orderOf } from "./Account.ts"
import * as Balance from "./Balance.ts"
import type { Command, Envelope } from "./Command.ts"
import { type Decision, TOO_LATE_MILLIS } from "./Decide.ts"
import * as Denial from "./Denial.ts"
import * as Instrument from "./Instrument.ts"
import { partnerOf } from "./ListHold.ts"
import * as Money from "./Money.ts"
import type { Order } from "./Order.ts"
import * as Risk from "./Risk.ts"

type ReplaceOrder = Extract<Command, { readonly _tag: "ReplaceOrder" }>

export const decideReplace = (
  account: Account,
  { at, commandId, userId }: Pick<Envelope, "at" | "commandId" | "userId">,
  { executedQuantity: known = Money.zero, intent, orderId, replaces }: ReplaceOrder,
  context: Risk.RiskContext,
  now: number,
  offsetMillis: number
): Decision => {
  const denied = (reason: Denial.DenialReason): Decision => ({
    events: [{ _tag: "OrderDenied", orderId, commandId, userId, intent, reason }],
    denied: Denial.sentence(reason)
  })
  const waitedMillis = now - at
  if (waitedMillis > TOO_LATE_MILLIS) return denied({ _tag: "TooLate", waitedMillis })
  const order = orderOf(account, replaces)
  if (order === undefined) return denied({ _tag: "OrderAlreadyClosed" })
  const reason = irreplaceable(account, order, intent, context)
  if (reason !== undefined) return denied(reason)
  const executed = order.executedQuantity
  if (!Money.equals(executed, known)) return denied({ _tag: "ReplacedTraded", executed, known })
  const approval = Risk.approve(without(account, order), { orderId, intent }, context)
  if (Result.isFailure(approval)) return denied(approval.failure)
  const by = approval.success
  const sentAt = offsetMillis === 0 ? {} : { sentAt: now + offsetMillis }
  return {
    events: [
      { _tag: "CancelSubmitted", orderId: replaces, commandId, ...sentAt, by: orderId },
      {
        _tag: "OrderSubmitted",
        orderId,
        commandId,
        userId,
        clientOrderId: by.clientOrderId,
        intent,
        hold: by.hold,
        ...sentAt,
        replaces
      }
    ],
    replace: { order, by }
  }
}

/** Only what rests or waits alone: an order of a list would take its list with it. */
const irreplaceable = (
  account: Account,
  order: Order,
  intent: ReplaceOrder["intent"],
  { instrument }: Risk.RiskContext
): Denial.DenialReason | undefined => {
  const { flights = [] } = order
  if (flights.some(({ doubt }) => doubt !== undefined)) return { _tag: "OrderInDoubt" }
  const isFree = flights.length === 0 && order.list === undefined && partnerOf(account.orders, order) === undefined
  const isSame = intent.symbol === order.intent.symbol && intent.side === order.intent.side
  if (!isFree || !isSame || order.intent.type === "MARKET") return { _tag: "NotReplaceable" }
  return instrument !== undefined && !Instrument.allowanceOf(instrument).cancelReplace
    ? { _tag: "ReplaceNotAllowed", symbol: intent.symbol }
    : undefined
}

/** The new order is only placed once the old one is gone, with what that one held. */
const without = (account: Account, { hold, orderId }: Order): Account => ({
  ...account,
  orders: HashMap.remove(account.orders, orderId),
  balances: { ...account.balances, [hold.asset]: Balance.release(balanceOf(account, hold.asset), hold.amount) }
})
