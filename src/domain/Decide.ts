// The decisions of an account: what a command becomes. Pure: state in, events out. What an exchange's word becomes is in Hear.ts.
import * as Result from "effect/Result"
import { type Account, orderOf } from "./Account.ts"
import type { Envelope } from "./Command.ts"
import { decideReplace } from "./DecideReplace.ts"
import { decideList } from "./DecideList.ts"
import * as Denial from "./Denial.ts"
import type { Event } from "./Event.ts"
import type { CommandId, OrderId } from "./Ids.ts"
import * as Instrument from "./Instrument.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import { flightOf, type Order } from "./Order.ts"
import * as Risk from "./Risk.ts"

/** A new order that waited longer than this for a decision is denied: its author would no longer expect it. */
export const TOO_LATE_MILLIS = 60_000

export interface Decision {
  readonly events: ReadonlyArray<Event>
  /** One sentence where the answer is no. */
  readonly denied?: string
  /** Side effects, only to be run once the events are durable (I2). */
  readonly submit?: Risk.ApprovedOrder
  readonly submitList?: Risk.ApprovedList
  readonly replace?: { readonly order: Order; readonly by: Risk.ApprovedOrder }
  readonly cancel?: Order
  readonly amend?: { readonly order: Order; readonly quantity: Decimal }
}

/** `now` is epoch milliseconds; the exchange's clock is `offsetMillis` ahead of it. */
export const decide = (
  account: Account,
  envelope: Envelope,
  context: Risk.RiskContext,
  now: number,
  offsetMillis = 0
): Decision => {
  const { command, commandId, userId } = envelope
  // The account's start has done it: it opens with the exchange's balances before it decides anything.
  if (command._tag === "OpenAccount") return { events: [] }
  if (command._tag === "ReplaceOrder") return decideReplace(account, envelope, command, context, now, offsetMillis)
  if (command._tag === "PlaceList") return decideList(account, envelope, command, context, now, offsetMillis)
  const { orderId } = command
  if (command._tag === "PlaceOrder") {
    const { intent } = command
    const waitedMillis = now - envelope.at
    const approval =
      waitedMillis > TOO_LATE_MILLIS
        ? Result.fail<Denial.DenialReason>({ _tag: "TooLate", waitedMillis })
        : Risk.approve(account, { orderId, intent }, context)
    return Result.match(approval, {
      onFailure: (reason) => ({
        events: [{ _tag: "OrderDenied" as const, orderId, commandId, userId, intent, reason }],
        denied: Denial.sentence(reason)
      }),
      onSuccess: (submit) => ({
        events: [
          {
            _tag: "OrderSubmitted" as const,
            orderId,
            commandId,
            userId,
            clientOrderId: submit.clientOrderId,
            intent,
            hold: submit.hold,
            ...(offsetMillis === 0 ? {} : { sentAt: now + offsetMillis })
          }
        ],
        submit
      })
    })
  }
  return command._tag === "CancelOrder"
    ? decideCancel(
        orderOf(account, orderId),
        { orderId, commandId },
        offsetMillis === 0 ? undefined : now + offsetMillis
      )
    : decideAmend(
        orderOf(account, orderId),
        { ...command, commandId },
        context.instrument,
        offsetMillis === 0 ? undefined : now + offsetMillis
      )
}

type About = { readonly orderId: OrderId; readonly commandId: CommandId }
type SentAt = number | undefined

const decideCancel = (order: Order | undefined, about: About, sentAt: SentAt): Decision => {
  const denied = (reason: Denial.DenialReason): Decision => ({
    events: [{ _tag: "CancelDenied", ...about, reason }],
    denied: Denial.sentence(reason)
  })
  if (order === undefined) return denied({ _tag: "OrderAlreadyClosed" })
  const cancel = flightOf(order, "cancel")
  // Asked twice: the first cancel is still on its way, and it answers both.
  if (cancel !== undefined && cancel.doubt === undefined) return { events: [] }
  if (flightOf(order, "submit")?.doubt !== undefined) return denied({ _tag: "OrderInDoubt" })
  // A cancel in doubt may be asked for again: twice does the same as once.
  return { events: [{ _tag: "CancelSubmitted", ...about, ...(sentAt === undefined ? {} : { sentAt }) }], cancel: order }
}

const decideAmend = (
  order: Order | undefined,
  { commandId, orderId, quantity }: About & { readonly quantity: Decimal },
  instrument: Instrument.Instrument | undefined,
  sentAt: SentAt
): Decision => {
  const reason = amendDenial(order, quantity, instrument)
  if (reason !== undefined || order === undefined) {
    const denial = reason ?? { _tag: "OrderAlreadyClosed" as const }
    return { events: [{ _tag: "AmendDenied", orderId, commandId, reason: denial }], denied: Denial.sentence(denial) }
  }
  return {
    events: [{ _tag: "AmendSubmitted", orderId, commandId, quantity, ...(sentAt === undefined ? {} : { sentAt }) }],
    amend: { order, quantity }
  }
}

/** "Order Amend Keep Priority" of Binance Spot: an order that rests or waits, and only to less. */
const amendDenial = (
  order: Order | undefined,
  quantity: Decimal,
  instrument: Instrument.Instrument | undefined
): Denial.DenialReason | undefined => {
  if (order === undefined) return { _tag: "OrderAlreadyClosed" }
  const { executedQuantity, flights = [], intent } = order
  if (flights.some(({ doubt }) => doubt !== undefined)) return { _tag: "OrderInDoubt" }
  if (flightOf(order, "amend") !== undefined) return { _tag: "AmendInFlight" }
  if (intent.type === "MARKET" || flights.length > 0) return { _tag: "NotAmendable" }
  if (!Money.lessThan(executedQuantity, quantity) || !Money.lessThan(quantity, intent.quantity)) {
    return { _tag: "AmendOutOfRange", above: executedQuantity, below: intent.quantity }
  }
  if (instrument === undefined) return { _tag: "UnknownSymbol", symbol: intent.symbol }
  const { amend, maxAmends } = Instrument.allowanceOf(instrument)
  if (!amend || (order.amends ?? 0) >= maxAmends) return { _tag: "AmendNotAllowed", symbol: intent.symbol }
  const valid = Instrument.validate(instrument, { ...intent, quantity })
  return Result.isFailure(valid) ? valid.failure : undefined
}

/** The symbol a command's decision needs a market for; `undefined` where it needs none. */
export const symbolOf = (account: Account, { command }: Envelope): string | undefined =>
  command._tag === "PlaceOrder" || command._tag === "ReplaceOrder"
    ? command.intent.symbol
    : command._tag === "AmendOrder"
      ? orderOf(account, command.orderId)?.intent.symbol
      : command._tag === "PlaceList"
        ? command.legs[0]?.intent.symbol
        : undefined
