// Cancels: of an order, of all orders of a symbol, of a list.
import type { CancelRestriction, OrderRef } from "./Command.ts"
import { cancelLegs } from "./Contingency.ts"
import type { OpenList } from "./OpenList.ts"
import type { OpenOrder } from "./OpenOrder.ts"
import * as Rejection from "./Rejection.ts"
import { close } from "./Resting.ts"
import type { Seat } from "./Seat.ts"
import type { Step } from "./Step.ts"
import type { SymbolBook } from "./SymbolBook.ts"

type Refusal = Rejection.Rejection | undefined

/** The open order of this seat that is meant, or why none is. By both ids: the number finds it, the client's id must match. */
export const find = (seat: Seat, { orderId, clientOrderId }: OrderRef): OpenOrder | Rejection.Rejection => {
  if (orderId === undefined) {
    return (clientOrderId === undefined ? undefined : seat.byClientId.get(clientOrderId)) ?? Rejection.unknownOrder
  }
  const order = seat.byClientId.numbered(orderId)
  if (order === undefined) return Rejection.unknownOrder
  return clientOrderId === undefined || order.clientOrderId === clientOrderId ? order : Rejection.idMismatch
}

export const isRejection = (found: object): found is Rejection.Rejection => "code" in found

const mayCancel = (order: OpenOrder, restriction: CancelRestriction | undefined): Refusal => {
  if (restriction === undefined) return undefined
  const wanted = restriction === "ONLY_NEW" ? "NEW" : "PARTIALLY_FILLED"
  return order.status === wanted ? undefined : Rejection.cancelRestricted
}

/** Which order a cancel would end, or why it is refused. */
export const cancellable = (
  book: SymbolBook,
  seat: Seat,
  ref: OrderRef,
  restriction: CancelRestriction | undefined
): OpenOrder | Rejection.Rejection => {
  if (!book.rules.cancelling) return Rejection.cancelClosed
  const order = find(seat, ref)
  return isRejection(order) ? order : (mayCancel(order, restriction) ?? order)
}

/** Ends an open order; one leg's cancel ends its list. */
export const cancel = (step: Step, order: OpenOrder, cancelId: string): void => {
  if (order.list !== undefined) {
    cancelLegs(step, order.list, cancelId)
    step.tellEnded()
    return
  }
  step.touchPaid(order)
  close(step, order, "CANCELED")
  step.execution(order, "CANCELED", false, undefined, undefined, cancelId, order.clientOrderId)
}

/** By order id, as they were placed. */
export const cancelAll = (step: Step, seat: Seat, cancelId: string): Refusal => {
  if (!step.book.rules.cancelling) return Rejection.cancelClosed
  if (seat.byClientId.size === 0) return Rejection.unknownOrder
  const orders = seat.byClientId.all().toSorted((a, b) => a.orderId - b.orderId)
  for (const order of orders) if (order.registered) cancel(step, order, cancelId)
  return undefined
}

export const cancelList = (
  step: Step,
  seat: Seat,
  ref: { readonly listId?: number; readonly listClientOrderId?: string },
  cancelId: string
): Refusal => {
  if (!step.book.rules.cancelling) return Rejection.cancelClosed
  const list = findList(step.book, seat, ref)
  if (list === undefined) return Rejection.unknownOrder
  cancelLegs(step, list, cancelId)
  step.tellEnded()
  return undefined
}

const findList = (
  book: SymbolBook,
  seat: Seat,
  { listId, listClientOrderId }: { readonly listId?: number; readonly listClientOrderId?: string }
): OpenList | undefined => {
  for (const list of listId === undefined ? seat.lists : [book.lists.get(listId)]) {
    if (list === undefined || list.seat !== seat) continue
    if (listClientOrderId === undefined ? listId !== undefined : list.listClientOrderId === listClientOrderId)
      return list
  }
  return undefined
}
