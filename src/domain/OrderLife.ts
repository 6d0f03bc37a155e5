// How one event changes one order: its status follows from what is in flight, what was executed, and the exchange's last word.
import { sentence } from "./Denial.ts"
import type { Event, Recorded } from "./Event.ts"
import type { Fill } from "./Fill.ts"
import { clientOrderIdOf } from "./Ids.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import {
  type Call,
  flightOf,
  type Flight,
  isAll,
  type Order,
  type OrderStatus,
  priceOf,
  type Resolution,
  type Source,
  stopPriceOf,
  workingStatus
} from "./Order.ts"

type Of<Tag extends Event["_tag"]> = Extract<Event, { readonly _tag: Tag }>

/** Events that only an open order can have. */
export type OpenOrderEvent = Of<
  | "OrderAccepted"
  | "OrderFilled"
  | "OrderRejected"
  | "OrderExpired"
  | "OrderCanceled"
  | "OrderUnknown"
  | "OrderTriggered"
  | "LegPlaced"
  | "LegReleased"
  | "OrderSized"
  | "OrderAmended"
  | "CancelSubmitted"
  | "CancelRejected"
  | "AmendSubmitted"
  | "AmendRejected"
>

export interface NextOrder {
  readonly order: Order
  /** What goes back from held to free. */
  readonly freed: Decimal
  /** What a fill uses up of the hold; `freed` is zero then. */
  readonly paidFromHold: Decimal
}

const NOTHING_HELD = { asset: "", amount: Money.zero }

const begun = (
  { intent, orderId }: Pick<Of<"OrderSubmitted">, "intent" | "orderId">,
  at: number
): Omit<Order, "status" | "hold"> => ({
  orderId,
  clientOrderId: clientOrderIdOf(orderId),
  intent,
  executedQuantity: Money.zero,
  executedQuote: Money.zero,
  tradeIds: [],
  createdAt: at,
  updatedAt: at
})

export const denied = (event: Of<"OrderDenied">, { at, version }: Recorded): Order => ({
  ...begun(event, at),
  ...(version === FIRST ? {} : { reason: sentence(event.reason) }),
  ...(event.userId === undefined ? {} : { userId: event.userId }),
  ...(event.list === undefined ? {} : { list: event.list }),
  status: "DENIED",
  hold: NOTHING_HELD
})

export const submitted = (event: Of<"OrderSubmitted">, at: number): Order => ({
  ...begun(event, at),
  ...(event.userId === undefined ? {} : { userId: event.userId }),
  status: "SUBMITTING",
  ...(event.list === undefined ? {} : { list: event.list }),
  ...(event.replaces === undefined ? {} : { replaces: event.replaces }),
  hold: event.hold,
  flights: [{ call: "submit", sentAt: event.sentAt ?? at }]
})

/** An order of somebody else: what it had executed before is counted, but its fills were never booked here. */
export const adopted = (event: Of<"OrderAdopted">, at: number): Order => {
  const order = {
    ...begun(event, event.placedAt),
    clientOrderId: event.clientOrderId,
    exchangeOrderId: event.exchangeOrderId,
    executedQuantity: event.executedQuantity,
    executedQuote: event.executedQuote,
    tradeIds: event.tradeIds ?? [],
    external: event.type,
    ...(event.list === undefined ? {} : { list: event.list }),
    hold: event.hold,
    updatedAt: at
  }
  return { ...order, status: workingStatus(order) }
}

/** Events of the first version left the reason of a denial out of the order, and knew one call in flight at a time: news of the order ended whatever was in doubt. */
const FIRST = 1

export const next = (order: Order, event: OpenOrderEvent, { at, version }: Recorded): NextOrder => {
  const first = version === FIRST
  switch (event._tag) {
    case "OrderAccepted": {
      const over: ReadonlyArray<Call> = first && order.status !== "CANCELING" ? CALLS : ["submit"]
      const landed = land(order, over, { at, found: "working", how: event.from, keepReason: first })
      return unheld({ ...landed, exchangeOrderId: event.exchangeOrderId })
    }
    case "OrderFilled":
      return filled(order, event, at, first)
    case "OrderRejected":
      return closed(order, "REJECTED", event.neverArrived === true ? "never arrived" : "rejected", event, at)
    case "OrderExpired":
      return closed(order, "EXPIRED", "expired", event, at)
    case "OrderCanceled":
      return closed(order, "CANCELED", "canceled", event, at)
    case "CancelSubmitted":
      return unheld(launch(order, cancelling(event, at), at, first))
    case "AmendSubmitted":
      return unheld(launch(order, { call: "amend", sentAt: event.sentAt ?? at, quantity: event.quantity }, at, first))
    case "CancelRejected":
      return unheld(
        land(order, first ? CALLS : ["cancel"], { at, found: "unchanged", how: event.from, keepReason: first })
      )
    case "AmendRejected":
      return unheld(land(order, ["amend"], { at, found: "unchanged", how: event.from, keepReason: false }))
    case "OrderTriggered":
      return unheld({ ...order, triggeredAt: at, updatedAt: at })
    case "LegPlaced":
      return unheld(placed(order, at))
    case "LegReleased":
      // What it gives back is for its list to say (ListHold.ts).
      return unheld({ ...order, hold: { asset: order.hold.asset, amount: Money.zero }, updatedAt: at })
    case "OrderSized":
      return sized(order, event, at)
    case "OrderAmended":
      return amended(order, event, at)
    case "OrderUnknown":
      return unheld(doubted(order, event, at, first))
  }
}

const CALLS: ReadonlyArray<Call> = ["submit", "cancel", "amend"]

const unheld = (order: Order): NextOrder => ({ order, freed: Money.zero, paidFromHold: Money.zero })

/** Few copies: every report of an order comes through here. */
const withFlights = (order: Order, flights: ReadonlyArray<Flight>, at: number): Order => {
  const status = workingStatus({ executedQuantity: order.executedQuantity, flights, list: order.list })
  if (flights.length > 0) return { ...order, flights, updatedAt: at, status }
  if (order.flights === undefined) return { ...order, updatedAt: at, status }
  const { flights: _, ...rest } = order
  return { ...rest, updatedAt: at, status }
}

const cancelling = ({ by, sentAt = undefined }: Of<"CancelSubmitted">, at: number): Flight => ({
  call: "cancel",
  sentAt: sentAt ?? at,
  ...(by === undefined ? {} : { by })
})

const launch = (order: Order, flight: Flight, at: number, first: boolean): Order =>
  withFlights(order, [...(first ? [] : (order.flights ?? []).filter(({ call }) => call !== flight.call)), flight], at)

const placed = (order: Order, at: number): Order =>
  order.list === undefined
    ? order
    : withFlights({ ...order, list: { ...order.list, placedAt: at } }, order.flights ?? [], at)

const doubted = (order: Order, { call, reason }: Of<"OrderUnknown">, at: number, first: boolean): Order => {
  const known: Flight = flightOf(order, call) ?? { call, sentAt: at }
  const others = first ? [] : (order.flights ?? []).filter((flight) => flight.call !== call)
  return { ...withFlights(order, [...others, { ...known, doubt: { since: at, reason } }], at), reason }
}

interface Landing {
  readonly at: number
  readonly found: Resolution["found"]
  readonly how: Source | undefined
  readonly keepReason: boolean
}

/** These calls are no longer in flight. A doubt that ends with it is kept with what ended it. */
const land = (order: Order, calls: ReadonlyArray<Call>, { at, found, how, keepReason }: Landing): Order => {
  const { flights = [] } = order
  const left = flights.filter(({ call }) => !calls.includes(call))
  if (left.length === flights.length) return withFlights(order, left, at)
  const ended = flights.find(({ call, doubt }) => calls.includes(call) && doubt !== undefined)
  const changed = withFlights(order, left, at)
  if (ended?.doubt === undefined || keepReason) return changed
  const { reason: _, ...rest } = changed
  const stillDoubted = left.find(({ doubt }) => doubt !== undefined)?.doubt
  const resolution: Resolution = { call: ended.call, ...ended.doubt, at, how: how ?? "stream", found }
  return { ...rest, ...(stillDoubted === undefined ? {} : { reason: stillDoubted.reason }), resolution }
}

const closed = (
  order: Order,
  status: OrderStatus,
  found: Resolution["found"],
  event: { readonly from?: Source; readonly reason?: string },
  at: number
): NextOrder => {
  const landed = land(order, CALLS, { at, found, how: event.from, keepReason: false })
  return {
    order: {
      ...landed,
      status,
      hold: { asset: order.hold.asset, amount: Money.zero },
      ...(event.reason === undefined ? {} : { reason: event.reason })
    },
    freed: order.hold.amount,
    paidFromHold: Money.zero
  }
}

const amended = (order: Order, { from, quantity }: Of<"OrderAmended">, at: number): NextOrder => {
  const { intent } = order
  const freed = Money.min(order.hold.amount, heldFor(order, Money.subtract(intent.quantity, quantity)))
  const { amends = 0 } = order
  const landed = land({ ...order, intent: { ...intent, quantity }, amends: amends + 1 }, ["amend"], {
    at,
    found: "amended",
    how: from,
    keepReason: false
  })
  const smaller = { ...landed, hold: { asset: order.hold.asset, amount: Money.subtract(order.hold.amount, freed) } }
  // Its fills were heard of before the amend was: there is nothing left to wait for.
  if (Money.lessThan(order.executedQuantity, quantity)) return { order: smaller, freed, paidFromHold: Money.zero }
  const done = closed(smaller, "FILLED", "filled", from === undefined ? {} : { from }, at)
  return { ...done, freed: Money.add(freed, done.freed) }
}

/** What the hold of a resting or waiting order has in it for so much of its quantity. */
const heldFor = ({ executedQuantity, hold, intent }: Order, quantity: Decimal): Decimal => {
  if (intent.side === "SELL") return quantity
  if (intent.type === "MARKET") return Money.zero
  const price = priceOf(intent) ?? stopPriceOf(intent)
  if (price !== undefined) return Money.multiply(price, quantity)
  // A trailing stop without a stop price holds by the market's price of when it was placed: the same for every unit.
  const left = Money.subtract(intent.quantity, executedQuantity)
  return Money.isPositive(left) ? Money.divide(Money.multiply(hold.amount, quantity), left) : Money.zero
}

const sized = (order: Order, { from, quantity }: Of<"OrderSized">, at: number): NextOrder => {
  const known = { ...order, intent: { ...order.intent, quantity }, updatedAt: at }
  // Its fills were heard of before its size was.
  return isAll(known.intent, order.executedQuantity)
    ? closed(known, "FILLED", "filled", from === undefined ? {} : { from }, at)
    : unheld(known)
}

const filled = (order: Order, { fill, from }: Of<"OrderFilled">, at: number, first: boolean): NextOrder => {
  const executedQuantity = Money.add(order.executedQuantity, fill.quantity)
  const last = isAll(order.intent, executedQuantity)
  const quote = Money.multiply(fill.price, fill.quantity)
  const paid = order.intent.side === "BUY" ? quote : fill.quantity
  const paidFromHold = Money.min(order.hold.amount, usedOf(order, fill.quantity, paid, last))
  const grown: Order = {
    ...order,
    executedQuantity,
    executedQuote: Money.add(order.executedQuote, quote),
    hold: { asset: order.hold.asset, amount: last ? Money.zero : Money.subtract(order.hold.amount, paidFromHold) },
    tradeIds: [...order.tradeIds, fill.tradeId]
  }
  // What trades has arrived; whether a cancel or an amend has, it does not tell.
  const over: ReadonlyArray<Call> = last || (first && order.status !== "CANCELING") ? CALLS : ["submit"]
  const landed = land(grown, over, { at, found: last ? "filled" : "working", how: from, keepReason: first })
  return {
    order: last ? { ...landed, status: "FILLED" } : landed,
    freed: Money.zero,
    paidFromHold
  }
}

/** How much of the hold a fill uses up: all of it with the last fill, else what was set aside for that much quantity. */
const usedOf = (order: Order, quantity: Decimal, paid: Decimal, last: boolean): Decimal => {
  if (last) return order.hold.amount
  if (order.intent.side === "SELL") return quantity
  // A limit order held price × quantity: a better fill frees the difference at once.
  const limit = priceOf(order.intent)
  return limit === undefined ? paid : Money.multiply(limit, quantity)
}

interface Amount {
  readonly asset: string
  readonly amount: Decimal
}

/** What a fill gives and takes, before its fee. */
export const exchanged = (
  { intent }: Order,
  { price, quantity }: Fill,
  assets: { readonly baseAsset: string; readonly quoteAsset: string }
): { readonly pays: Amount; readonly gets: Amount } => {
  const base = { asset: assets.baseAsset, amount: quantity }
  const quote = { asset: assets.quoteAsset, amount: Money.multiply(price, quantity) }
  return intent.side === "BUY" ? { pays: quote, gets: base } : { pays: base, gets: quote }
}
