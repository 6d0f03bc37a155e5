// What an exchange's word becomes. Reports come late, twice and in any order; a doubt ends by evidence only (I4). Pure: state in, events out.
import * as HashMap from "effect/HashMap"
import type * as Option from "effect/Option"
import { type Account, orderOf } from "./Account.ts"
import type { Event } from "./Event.ts"
import { type ClientOrderId, OrderId } from "./Ids.ts"
import { isOfPair, isWaiting } from "./ListLink.ts"
import * as Money from "./Money.ts"
import { type Call, type Flight, flightOf, isSized, isStop, type Order, SEND_WITHIN_MILLIS } from "./Order.ts"
import type { ExchangeOrder, OrderRef, Report } from "./Report.ts"

export interface Heard {
  readonly events: ReadonlyArray<Event>
  /** The order ended with more executed than was told here: its fills must be asked for before it may close. */
  readonly incomplete?: Order
  /** An order that this account does not follow, and that is not one of ours. */
  readonly stranger?: Stranger
}

export interface Stranger {
  readonly symbol: string
  readonly exchangeOrderId: string
}

const NOTHING: Heard = { events: [] }

/** No events for a duplicate, a late one, or one of an order of ours that is closed: nothing closes before all of it is known. */
export const hear = (account: Account, report: Report): Heard => {
  const order = orderIn(account, report)
  if (order !== undefined) {
    const heard = ofOpen(order, report)
    if (heard.events.length === 0) return heard
    const released = order.list === undefined ? [] : releasedBy(account, order, heard.events, report.from)
    return { ...heard, events: [...acceptedBy(order, report), ...released, ...heard.events] }
  }
  const { clientOrderId, exchangeOrderId, symbol } = report
  if (isOurs(clientOrderId) || exchangeOrderId === undefined) return NOTHING
  return { events: [], stranger: { symbol, exchangeOrderId } }
}

/** Whatever happens to an order there says that it was accepted, and under which id: its acceptance may come when it is over. */
const acceptedBy = (order: Order, report: Report): ReadonlyArray<Event> => {
  const { exchangeOrderId, from } = report
  if (order.exchangeOrderId !== undefined || exchangeOrderId === undefined) return []
  if (report._tag === "Accepted" || report._tag === "Rejected") return []
  return [{ _tag: "OrderAccepted", orderId: order.orderId, exchangeOrderId, ...(from === undefined ? {} : { from }) }]
}

const ofOpen = (order: Order, report: Report): Heard => {
  const { orderId } = order
  const from = report.from === undefined ? {} : { from: report.from }
  switch (report._tag) {
    case "Accepted":
      return {
        events: [
          ...taken(order, report),
          ...(report.pending === true ? [] : placed(order, report.from)),
          ...(report.working === true ? triggered(order, report.from) : [])
        ]
      }
    case "Filled":
      return { events: executed(order, report) }
    case "Canceled":
    case "Expired":
      if (Money.greaterThan(report.executedQuantity, order.executedQuantity)) return { events: [], incomplete: order }
      return { events: [...amendedTo(order, report), closing(order, report)] }
    case "Rejected":
      return one({
        _tag: "OrderRejected",
        orderId,
        reason: report.reason,
        ...from,
        ...(report.neverArrived === true ? { neverArrived: true } : {})
      })
    case "CancelRejected":
      return flightOf(order, "cancel") === undefined
        ? NOTHING
        : one({ _tag: "CancelRejected", orderId, reason: report.reason, ...from })
    case "Amended":
      return { events: amendedTo(order, report) }
    case "AmendRejected":
      return flightOf(order, "amend") === undefined
        ? NOTHING
        : one({ _tag: "AmendRejected", orderId, reason: report.reason, ...from })
  }
}

type Told<Tag extends Report["_tag"]> = Extract<Report, { readonly _tag: Tag }>

const taken = (order: Order, { exchangeOrderId, from }: Told<"Accepted">): ReadonlyArray<Event> =>
  order.exchangeOrderId === undefined || flightOf(order, "submit") !== undefined
    ? [{ _tag: "OrderAccepted", orderId: order.orderId, exchangeOrderId, ...(from === undefined ? {} : { from }) }]
    : []

/** That the exchange has placed it is news of a leg that waited for its list's working order. */
const placed = ({ list, orderId }: Order, from: Report["from"]): ReadonlyArray<Event> =>
  isWaiting(list) ? [{ _tag: "LegPlaced", orderId, ...(from === undefined ? {} : { from }) }] : []

/**
 * A leg that begins to work or to fill ends the other at the exchange, which holds nothing for that one any more. Its own end may be told
 * later than this.
 */
const releasedBy = (
  account: Account,
  { list, orderId }: Order,
  events: ReadonlyArray<Event>,
  from: Report["from"]
): ReadonlyArray<Event> => {
  if (list === undefined || !isOfPair(list)) return []
  if (!events.some(({ _tag }) => _tag === "OrderFilled" || _tag === "OrderTriggered")) return []
  const other = openOrders(account).find(
    (one) => one.list?.listId === list.listId && isOfPair(one.list) && !isWaiting(one.list) && one.orderId !== orderId
  )
  return other === undefined || Money.isZero(other.hold.amount)
    ? []
    : [{ _tag: "LegReleased", orderId: other.orderId, ...(from === undefined ? {} : { from }) }]
}

/** That an order works is news of one that waited. */
const triggered = ({ intent, orderId, triggeredAt }: Order, from: Report["from"]): ReadonlyArray<Event> =>
  isStop(intent) && triggeredAt === undefined
    ? [{ _tag: "OrderTriggered", orderId, ...(from === undefined ? {} : { from }) }]
    : []

/** What trades was triggered. The size comes before the fill, which may be the one that completes it. */
const executed = (order: Order, { fill, from, whole }: Told<"Filled">): ReadonlyArray<Event> => {
  const source = from === undefined ? {} : { from }
  const isKnown = order.tradeIds.includes(fill.tradeId)
  const sized: ReadonlyArray<Event> =
    whole === undefined || isSized(order.intent)
      ? []
      : [{ _tag: "OrderSized", orderId: order.orderId, quantity: whole, ...source }]
  return isKnown
    ? sized
    : [
        ...placed(order, from),
        ...triggered(order, from),
        ...sized,
        { _tag: "OrderFilled", orderId: order.orderId, fill, ...source }
      ]
}

const one = (event: Event): Heard => ({ events: [event] })

type Closing = Extract<Report, { readonly _tag: "Canceled" | "Expired" }>

const closing = ({ orderId }: Order, report: Closing): Event => {
  const from = report.from === undefined ? {} : { from: report.from }
  return report._tag === "Canceled"
    ? { _tag: "OrderCanceled", orderId, ...from }
    : { _tag: "OrderExpired", orderId, reason: report.reason, ...from }
}

/** An amend only makes smaller, so that a larger quantity is an older word. */
const amendedTo = (
  { intent, orderId }: Order,
  { from, quantity }: Pick<Closing, "from" | "quantity">
): ReadonlyArray<Event> =>
  Money.lessThan(quantity, intent.quantity)
    ? [{ _tag: "OrderAmended", orderId, quantity, ...(from === undefined ? {} : { from }) }]
    : []

/** A call ended without an answer that can be trusted: the order is in doubt from now on (I4). */
export const onNoAnswer = (account: Account, orderId: OrderId, call: Call, reason: string): ReadonlyArray<Event> => {
  const order = orderOf(account, orderId)
  const flight = order === undefined ? undefined : flightOf(order, call)
  // Evidence may have overtaken the missing answer: then there is no doubt to record.
  return flight === undefined || flight.doubt !== undefined ? [] : [{ _tag: "OrderUnknown", orderId, call, reason }]
}

/** How long "no such order" says nothing, in milliseconds on the exchange's clock (I4), counted from the decision. */
export const absenceProvenAt = ({ sentAt }: Flight, absenceProvenAfterMillis: number): number =>
  sentAt + SEND_WITHIN_MILLIS + absenceProvenAfterMillis

export interface Asked {
  readonly found: Option.Option<ExchangeOrder>
  /** Epoch milliseconds on the exchange's clock, before it was asked. What has no proof by then stays in doubt. */
  readonly at: number
  readonly absenceProvenAfterMillis: number
}

export interface Assessment {
  /** What the answer would have told as reports. */
  readonly reports: ReadonlyArray<Report>
  /** Nothing of the order is left to be asked for. */
  readonly settled: boolean
}

/** What a query about an order proves. */
export const assess = (order: Order, asked: Asked): Assessment => {
  const isProven = (flight: Flight) => asked.at >= absenceProvenAt(flight, asked.absenceProvenAfterMillis)
  return asked.found._tag === "None"
    ? assessAbsence(order, isProven, asked.at)
    : assessFound(order, asked.found.value, isProven)
}

const assessAbsence = (order: Order, isProven: (flight: Flight) => boolean, at: number): Assessment => {
  const submit = flightOf(order, "submit")
  // What the exchange has acknowledged cannot be absent: it is only not seen yet.
  if (order.exchangeOrderId !== undefined || submit === undefined || !isProven(submit)) {
    return { reports: [], settled: false }
  }
  const { clientOrderId, intent } = order
  const reason = "It never reached the exchange: the exchange was asked and does not know it."
  return {
    reports: [
      { _tag: "Rejected", clientOrderId, symbol: intent.symbol, reason, at, from: "query", neverArrived: true }
    ],
    settled: true
  }
}

const assessFound = (order: Order, found: ExchangeOrder, isProven: (flight: Flight) => boolean): Assessment => {
  const { at, clientOrderId, exchangeOrderId, executedQuantity, symbol } = found
  const about = { clientOrderId, exchangeOrderId, symbol, at, from: "query" as const }
  const pending = found.isPending === true ? { pending: true as const } : {}
  const reports: Array<Report> = [{ _tag: "Accepted", ...about, working: found.isWorking, ...pending }]
  if (Money.lessThan(found.quantity, order.intent.quantity)) {
    reports.push({ _tag: "Amended", ...about, quantity: found.quantity })
  }
  const whole = found.status === "FILLED" ? { whole: executedQuantity } : {}
  for (const fill of found.fills) reports.push({ _tag: "Filled", ...about, at: fill.at, fill, ...whole })
  if (!Money.equals(executedOf(order, found), executedQuantity)) return { reports, settled: false }
  const ending = endingOf(found, about)
  if (ending !== undefined || found.status === "FILLED") {
    return { reports: ending === undefined ? reports : [...reports, ending], settled: true }
  }
  // Still working there. A cancel or an amend that has had its time did not arrive, or did nothing.
  const { flights = [] } = order
  let settled = true
  for (const flight of flights) {
    if (flight.call === "submit") continue
    if (flight.call === "amend" && Money.lessThan(found.quantity, order.intent.quantity)) continue
    if (isProven(flight)) reports.push(unchanged(flight.call, about))
    else settled = false
  }
  return { reports, settled }
}

type ReportAbout = Omit<Extract<Report, { readonly _tag: "Accepted" }>, "_tag">

const unchanged = (call: "cancel" | "amend", about: ReportAbout): Report => ({
  _tag: call === "cancel" ? "CancelRejected" : "AmendRejected",
  ...about,
  reason: `The ${call} did not reach the exchange: the order works there as before.`
})

const endingOf = ({ executedQuantity, quantity, status }: ExchangeOrder, about: ReportAbout): Report | undefined => {
  switch (status) {
    case "CANCELED":
      return { _tag: "Canceled", ...about, executedQuantity, quantity }
    case "EXPIRED":
      return { _tag: "Expired", ...about, executedQuantity, quantity, reason: "The exchange expired it." }
    case "REJECTED":
      return { _tag: "Rejected", ...about, reason: "The exchange rejected it." }
    case "NEW":
    case "PARTIALLY_FILLED":
    case "FILLED":
      return undefined
  }
}

/** What the order will have executed once the answer's fills are booked. */
const executedOf = (order: Order, { fills }: ExchangeOrder) =>
  fills.reduce(
    (sum, { quantity, tradeId }) => (order.tradeIds.includes(tradeId) ? sum : Money.add(sum, quantity)),
    order.executedQuantity
  )

/** Orders whose state at the exchange must be asked for after a start or a cut: all that are open. */
export const openOrders = (account: Account): ReadonlyArray<Order> => [...HashMap.values(account.orders)]

/** The open order that a word of the exchange is about. */
export const orderIn = (
  account: Account,
  { clientOrderId, exchangeOrderId, symbol }: Pick<Report, "clientOrderId" | "exchangeOrderId" | "symbol">
): Order | undefined => {
  const ours = orderIdOf(clientOrderId)
  if (ours !== undefined || exchangeOrderId === undefined)
    return ours === undefined ? undefined : orderOf(account, ours)
  return openOrders(account).find(
    (order) => order.exchangeOrderId === exchangeOrderId && order.intent.symbol === symbol
  )
}

export const refOf = ({ clientOrderId, exchangeOrderId }: Order): OrderRef =>
  exchangeOrderId === undefined ? { clientOrderId } : { exchangeOrderId }

const OURS = /^oc[0-9a-f]{32}$/

export const isOurs = (id: ClientOrderId): boolean => OURS.test(id)

/** The inverse of `clientOrderIdOf`; `undefined` for an id that is not ours. */
export const orderIdOf = (id: ClientOrderId): OrderId | undefined =>
  isOurs(id)
    ? OrderId.make(`${id.slice(2, 10)}-${id.slice(10, 14)}-${id.slice(14, 18)}-${id.slice(18, 22)}-${id.slice(22)}`)
    : undefined
