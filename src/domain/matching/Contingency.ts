// What the orders of a list mean to each other while they live (REST API, "Order lists"): an OCO's leg that starts to work or fill ends
// the other; an OTO's pending legs wait for the working one and end with it.
import type { Amount } from "./Order.ts"
import { isOpen } from "./Order.ts"
import type { OpenList } from "./OpenList.ts"
import type { OpenOrder } from "./OpenOrder.ts"
import { close, expire, lock, needOf, paidSlot } from "./Resting.ts"
import type { Step } from "./Step.ts"
import type { SymbolBook } from "./SymbolBook.ts"

/** The two legs of an OCO lock once: what the dearer one needs. */
export const needOfPair = (book: SymbolBook, [one, other]: readonly [OpenOrder, OpenOrder]): Amount => {
  const first = needOf(book, one)
  const second = needOf(book, other)
  return first > second ? first : second
}

export const lockPair = (step: Step, list: OpenList, pair: readonly [OpenOrder, OpenOrder]): void => {
  step.state.ledger.lock(paidSlot(pair[0]), needOfPair(step.book, pair))
  list.holdsLock = true
}

export const unlockPair = (step: Step, list: OpenList): void => {
  const { pair } = list
  if (!list.holdsLock || pair === undefined) return
  step.state.ledger.unlock(paidSlot(pair[0]), needOfPair(step.book, pair))
  step.touchPaid(pair[0])
  list.holdsLock = false
}

/** The contingency is over; survivors go on alone. Told once the leg that ended it has had its events. */
export const endList = (step: Step, list: OpenList): void => {
  list.seat.lists.delete(list)
  step.book.lists.delete(list.listId)
  for (const order of list.orders) order.list = undefined
  step.ended.push(list)
}

/** A leg of an OCO starts to work or to fill: the other leg ends, and the funds are the survivor's. */
export const fireLeg = (step: Step, leg: OpenOrder): void => {
  const { list } = leg
  const pair = list?.pair
  if (list === undefined || pair === undefined) return
  unlockPair(step, list)
  lock(step, leg)
  expire(step, pair[0] === leg ? pair[1] : pair[0], "OCO_TRIGGER")
  endList(step, list)
}

/** An order has closed other than by a cancel: what its list does about it. */
export const legClosed = (step: Step, order: OpenOrder): void => {
  const { list } = order
  if (list === undefined) return
  if (!list.waiting) return endList(step, list)
  if (order.status === "FILLED") {
    step.due.push(list)
    return
  }
  for (const pending of list.pending) expire(step, pending, "OTO_PHASE_ONE_EXPIRED")
  endList(step, list)
}

/** Ends every open leg by a cancel, whatever the list waits for. */
export const cancelLegs = (step: Step, list: OpenList, cancelId: string): void => {
  unlockPair(step, list)
  for (const order of list.orders) {
    if (!isOpen(order.status)) continue
    step.touchPaid(order)
    close(step, order, "CANCELED")
    step.execution(order, "CANCELED", false, undefined, undefined, cancelId, order.clientOrderId)
  }
  endList(step, list)
}
