// What the requests about single orders have in common: reading what is asked, and finding the answer among what was done.
import type { OrderRef } from "../../../domain/matching/Command.ts"
import type { EngineEvent, Execution } from "../../../domain/matching/Event.ts"
import type { NewOrder } from "../../../domain/matching/Order.ts"
import type { Executed } from "../Venue.ts"
import type { Desk } from "./Desk.ts"
import type { Caller } from "./Endpoint.ts"
import { askedOf, orderSpec } from "./OrderForm.ts"
import { placedView, type ResponseType } from "./OrderViews.ts"
import { oneOf, type Values } from "./Params.ts"
import * as Wire from "./WireError.ts"
import { isWireError, type WireError } from "./WireError.ts"

type OrderValues = Values<typeof orderSpec>

/** The order that the parameters of a placement ask for, in the units of its symbol. */
export const newOrderOf = (desk: Desk, of: OrderValues): NewOrder | WireError => {
  const orders = desk.ordersOf(of.symbol)
  if (orders === undefined) return Wire.invalidSymbol
  const asked = askedOf(of, "", {
    side: of.side,
    type: of.type,
    quantity: of.quantity,
    quantityName: "quantity",
    quoteOrderQty: of.quoteOrderQty,
    stp: of.selfTradePreventionMode
  })
  return isWireError(asked) ? asked : orders.of(asked)
}

/** The answer about a new order out of everything that its command did. */
export const placed = (
  desk: Desk,
  { events }: Executed,
  order: NewOrder,
  as: ResponseType,
  caller: Caller
): Record<string, unknown> => {
  let orderId = -1
  const steps: Array<Execution> = []
  for (const event of events) {
    if (event._tag !== "Execution") continue
    if (orderId === -1 && event.type === "NEW" && event.clientOrderId === order.clientOrderId) {
      if (event.order.account === caller.account) orderId = event.order.orderId
    }
    if (event.order.orderId === orderId) steps.push(event)
  }
  const [first] = steps
  if (first === undefined) throw new Error("the venue took an order and told of none")
  return placedView(steps, as, desk.scale(first.order.symbol), caller)
}

export const cancelRestrictions = oneOf(["ONLY_NEW", "ONLY_PARTIALLY_FILLED"], Wire.invalidCancelRestrictions)

/** One or both; both must mean the same order. `undefined` for neither. */
export const refOf = (orderId: number | undefined, clientOrderId: string | undefined): OrderRef | undefined =>
  orderId === undefined && clientOrderId === undefined
    ? undefined
    : {
        ...(orderId === undefined ? {} : { orderId }),
        ...(clientOrderId === undefined ? {} : { clientOrderId })
      }

/** The cancellation of one order among what a command did: cancelling a leg also ends its list. */
export const cancellationOf = (events: ReadonlyArray<EngineEvent>, ref: OrderRef): Execution => {
  const canceled = events.filter((event) => event._tag === "Execution").filter((event) => event.type === "CANCELED")
  const meant = canceled.find((event) =>
    ref.orderId === undefined ? event.originalClientOrderId === ref.clientOrderId : event.order.orderId === ref.orderId
  )
  const found = meant ?? canceled[0]
  if (found === undefined) throw new Error("the venue took a cancel and told of none")
  return found
}
