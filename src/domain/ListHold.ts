// What the orders of one list hold together: what the exchange locks for them.
import * as HashMap from "effect/HashMap"
import type { OrderId } from "./Ids.ts"
import { isOfPair, isWaiting } from "./ListLink.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import type { Order } from "./Order.ts"

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
