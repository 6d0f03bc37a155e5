// The answers to placing and cancelling an order list: the list, and a report of each of its orders.
import type { EngineEvent, Execution, ListStatus } from "../../../domain/matching/Event.ts"
import type { Desk } from "./Desk.ts"
import type { Caller } from "./Endpoint.ts"
import { canceledView, defaultResponse, listStatusView, placedView, type ResponseType } from "./OrderViews.ts"

/**
 * The list with this client id as its placement left it. A pending leg is shown as it was placed (PENDING_NEW), even where the same
 * command went on to activate it.
 */
export const placedListView = (
  desk: Desk,
  events: ReadonlyArray<EngineEvent>,
  listClientOrderId: string,
  as: ResponseType | undefined,
  caller: Caller
): object => {
  const status = events.find(
    (event) => event._tag === "ListStatus" && event.list.listClientOrderId === listClientOrderId
  ) as ListStatus | undefined
  if (status === undefined) throw new Error("the venue placed a list and told of none")
  const scale = desk.scale(status.list.symbol)
  const orderReports = status.list.orderIds.flatMap((orderId) => {
    const steps = executionsOf(events, orderId)
    const [first] = steps
    if (first === undefined) return []
    const shown = first.status === "PENDING_NEW" ? [first] : steps
    return [placedView(shown, as ?? defaultResponse(first.order.type), scale, caller)]
  })
  return { ...listStatusView(status, caller), orderReports }
}

/** A list that a cancel ended, with the reports of those of its orders that it closed. */
export const canceledListView = (
  desk: Desk,
  status: ListStatus,
  events: ReadonlyArray<EngineEvent>,
  caller: Caller
): object => {
  const scale = desk.scale(status.list.symbol)
  const orderReports = status.list.orderIds.flatMap((orderId) => {
    const last = executionsOf(events, orderId).at(-1)
    return last === undefined ? [] : [canceledView(last, scale, caller)]
  })
  return { ...listStatusView(status, caller), orderReports }
}

const executionsOf = (events: ReadonlyArray<EngineEvent>, orderId: number): ReadonlyArray<Execution> =>
  events.filter((event) => event._tag === "Execution").filter((event) => event.order.orderId === orderId)
