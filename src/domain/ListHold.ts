// What orders hold together that go out together: what the exchange locks for them.
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { OrderId } from "./Ids.ts"
import { isOfPair, isWaiting } from "./ListLink.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import { flightOf, type Order } from "./Order.ts"

/** The two that end each other lock once, what the dearer one needs; whoever waits for the working order locks nothing. */
const locked = (legs: ReadonlyArray<Order>): Decimal => {
  let [single, pair] = [Money.zero, Money.zero]
  for (const { hold, list } of legs) {
    if (list === undefined || isWaiting(list)) continue
    if (isOfPair(list)) pair = Money.max(pair, hold.amount)
    else single = Money.add(single, hold.amount)
  }
  return Money.add(single, pair)
}

/** The one that is to take its place, or whose place it is to take, while both are open. */
export const partnerOf = (orders: HashMap.HashMap<OrderId, Order>, order: Order): Order | undefined => {
  const by = flightOf(order, "cancel")?.by
  const next = by === undefined ? undefined : Option.getOrUndefined(HashMap.get(orders, by))
  if (next !== undefined || order.replaces === undefined) return next
  return Option.getOrUndefined(HashMap.get(orders, order.replaces))
}

/** Of an order and the one that is to take its place only one can be there: the dearer of them is held, until the cancel has landed. */
export const releasedBeside = (partner: Order, order: Order | undefined, next: Order): Decimal =>
  Money.subtract(both(partner, order), both(partner, next))

const both = (one: Order, other: Order | undefined): Decimal => {
  if (other === undefined) return one.hold.amount
  const [old, by] = one.replaces === other.orderId ? [other, one] : [one, other]
  return flightOf(old, "cancel")?.by === by.orderId
    ? Money.max(one.hold.amount, other.hold.amount)
    : Money.add(one.hold.amount, other.hold.amount)
}

/** How much less its list holds, of the asset that `order` pays with, once it has become `next`. Negative where it holds more. */
export const released = (orders: HashMap.HashMap<OrderId, Order>, order: Order | undefined, next: Order): Decimal => {
  const { hold, list, orderId } = order ?? next
  const others: Array<Order> = []
  for (const other of HashMap.values(orders)) {
    if (other.list?.listId !== list?.listId || other.orderId === orderId) continue
    if (other.hold.asset === hold.asset) others.push(other)
  }
  const before = locked(order === undefined ? others : [...others, order])
  return Money.subtract(before, locked([...others, next]))
}
