// The decisions of an account: what a command becomes, and what an exchange's word becomes. Pure: state in, events out.
import * as HashMap from "effect/HashMap"
import * as Result from "effect/Result"
import { type Account, orderOf } from "./Account.ts"
import type { Envelope } from "./Command.ts"
import * as Denial from "./Denial.ts"
import type { Event } from "./Event.ts"
import { type ClientOrderId, OrderId } from "./Ids.ts"
import type { Order } from "./Order.ts"
import type { ExchangeOrder, Report } from "./Report.ts"
import * as Risk from "./Risk.ts"

/** A new order that waited longer than this for a decision is denied: its author would no longer expect it. */
export const TOO_LATE_MILLIS = 60_000

export interface Decision {
  readonly events: ReadonlyArray<Event>
  /** One sentence where the answer is no. */
  readonly denied?: string
  /** Side effects, only to be run once the events are durable (I2). */
  readonly submit?: Risk.ApprovedOrder
  readonly cancel?: Order
}

/** `now` is epoch milliseconds. */
export const decide = (account: Account, envelope: Envelope, context: Risk.RiskContext, now: number): Decision => {
  const { command, commandId, userId } = envelope
  // The account's start has done it: it opens with the exchange's balances before it decides anything.
  if (command._tag === "OpenAccount") return { events: [] }
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
            hold: submit.hold
          }
        ],
        submit
      })
    })
  }
  const order = orderOf(account, orderId)
  // Asked twice: the first cancel is still on its way, and it answers both.
  if (order?.status === "CANCELING") return { events: [] }
  if (order !== undefined && order.status !== "UNKNOWN") {
    return { events: [{ _tag: "CancelSubmitted", orderId, commandId }], cancel: order }
  }
  const reason: Denial.DenialReason = { _tag: order === undefined ? "OrderAlreadyClosed" : "OrderInDoubt" }
  return { events: [{ _tag: "CancelDenied", orderId, commandId, reason }], denied: Denial.sentence(reason) }
}

/** The symbol a command's decision needs a market for; `undefined` where it needs none. */
export const symbolOf = (envelope: Envelope): string | undefined =>
  envelope.command._tag === "PlaceOrder" ? envelope.command.intent.symbol : undefined

/** What a report changes. Empty for a duplicate, a late one, or one of an order that is not open here. */
export const onReport = (account: Account, report: Report): ReadonlyArray<Event> => {
  const orderId = orderIdOf(report.clientOrderId)
  const order = orderId === undefined ? undefined : orderOf(account, orderId)
  if (order === undefined) return []
  switch (report._tag) {
    case "Accepted":
      return order.exchangeOrderId === undefined || order.status === "UNKNOWN"
        ? [{ _tag: "OrderAccepted", orderId: order.orderId, exchangeOrderId: report.exchangeOrderId }]
        : []
    case "Filled":
      return order.tradeIds.includes(report.fill.tradeId)
        ? []
        : [{ _tag: "OrderFilled", orderId: order.orderId, fill: report.fill }]
    case "Canceled":
      return [{ _tag: "OrderCanceled", orderId: order.orderId }]
    case "Expired":
      return [{ _tag: "OrderExpired", orderId: order.orderId, reason: report.reason }]
    case "Rejected":
      return [{ _tag: "OrderRejected", orderId: order.orderId, reason: report.reason }]
    case "CancelRejected":
      return order.status === "CANCELING" || order.status === "UNKNOWN"
        ? [{ _tag: "CancelRejected", orderId: order.orderId, reason: report.reason }]
        : []
  }
}

/** A call ended without an answer that can be trusted: the order is in doubt from now on (I4). */
export const onNoAnswer = (
  account: Account,
  orderId: OrderId,
  call: "submit" | "cancel",
  reason: string
): ReadonlyArray<Event> => {
  const order = orderOf(account, orderId)
  // Evidence may have overtaken the missing answer: then there is no doubt to record.
  const inFlight = call === "submit" ? order?.status === "SUBMITTING" : order?.status === "CANCELING"
  return inFlight ? [{ _tag: "OrderUnknown", orderId, call, reason }] : []
}

/** What a query found, as the reports that would have told it. `onReport` drops those that were heard before. */
export const reportsOf = (order: Order, found: ExchangeOrder): ReadonlyArray<Report> => {
  const { clientOrderId, exchangeOrderId, at } = found
  const reports: Array<Report> = [{ _tag: "Accepted", clientOrderId, exchangeOrderId, at }]
  for (const fill of found.fills) reports.push({ _tag: "Filled", clientOrderId, fill, at: fill.at })
  switch (found.status) {
    case "CANCELED":
      reports.push({ _tag: "Canceled", clientOrderId, at })
      break
    case "EXPIRED":
      reports.push({ _tag: "Expired", clientOrderId, reason: "The exchange expired it.", at })
      break
    case "REJECTED":
      reports.push({ _tag: "Rejected", clientOrderId, reason: "The exchange rejected it.", at })
      break
    case "NEW":
    case "PARTIALLY_FILLED":
      // Still working there, so a cancel of ours did not arrive.
      if (order.status === "CANCELING") {
        reports.push({ _tag: "CancelRejected", clientOrderId, reason: "The cancel did not reach the exchange.", at })
      }
      break
    case "FILLED":
      break
  }
  return reports
}

/** Orders whose state at the exchange must be asked for after a start or a cut: all that are open. */
export const openOrders = (account: Account): ReadonlyArray<Order> => [...HashMap.values(account.orders)]

const OURS = /^oc[0-9a-f]{32}$/

/** The inverse of `clientOrderIdOf`; `undefined` for an id that is not ours. */
const orderIdOf = (id: ClientOrderId): OrderId | undefined =>
  OURS.test(id)
    ? OrderId.make(`${id.slice(2, 10)}-${id.slice(10, 14)}-${id.slice(14, 18)}-${id.slice(18, 22)}-${id.slice(22)}`)
    : undefined
