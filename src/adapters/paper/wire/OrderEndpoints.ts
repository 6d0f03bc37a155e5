// Placing, cancelling, replacing and amending single orders (REST API, "Trading endpoints").
import { Effect, Exit } from "effect"
import type { EngineEvent, ListStatus } from "../../../domain/matching/Event.ts"
import type { VenueCommand } from "../Venue.ts"
import { discount } from "./AccountEndpoints.ts"
import { cancelReplace } from "./CancelReplace.ts"
import type { Desk } from "./Desk.ts"
import { type Caller, type Endpoint, endpoint } from "./Endpoint.ts"
import { freshClientId } from "./FreshIds.ts"
import { canceledListView } from "./ListViews.ts"
import { cancellationOf, cancelRestrictions, newOrderOf, placed, refOf } from "./OrderAnswers.ts"
import { orderSpec } from "./OrderForm.ts"
import { amendedView, canceledView, defaultResponse } from "./OrderViews.ts"
import { boolean, clientId, decimal, integer, optional, required, symbol, withDefault } from "./Params.ts"
import { amountText, ZERO } from "./Scale.ts"
import * as Wire from "./WireError.ts"
import { isWireError } from "./WireError.ts"

export const orderEndpoints = (desk: Desk): ReadonlyArray<Endpoint> => [
  endpoint({
    rest: "POST /api/v3/order",
    ws: "order.place",
    security: "TRADE",
    weight: 1,
    freeOnSuccess: true,
    orders: 1,
    params: orderSpec,
    run: (of, caller) => {
      const order = newOrderOf(desk, of)
      if (isWireError(order)) return Exit.fail(order)
      const command: VenueCommand = { _tag: "Place", account: caller.account, symbol: of.symbol, order }
      const as = of.newOrderRespType ?? defaultResponse(of.type)
      return Effect.map(desk.execute(command), (executed) => placed(desk, executed, order, as, caller))
    }
  }),
  testOrder(desk),
  cancel(desk),
  cancelAll(desk),
  cancelReplace(desk),
  amend(desk)
]

const testOrder = (desk: Desk): Endpoint =>
  endpoint({
    rest: "POST /api/v3/order/test",
    ws: "order.test",
    security: "TRADE",
    weight: ({ computeCommissionRates }) => (computeCommissionRates ? 20 : 1),
    params: { ...orderSpec, computeCommissionRates: withDefault(boolean, false) },
    run: (of, { account }) => {
      const order = newOrderOf(desk, of)
      if (isWireError(order)) return Exit.fail(order)
      return Effect.map(desk.test({ _tag: "Place", account, symbol: of.symbol, order }), () => {
        if (!of.computeCommissionRates) return {}
        const { maker, taker } = desk.venue.commission(account, of.symbol)
        const none = { maker: ZERO, taker: ZERO }
        return {
          standardCommissionForOrder: { maker: amountText(BigInt(maker)), taker: amountText(BigInt(taker)) },
          specialCommissionForOrder: none,
          taxCommissionForOrder: none,
          discount
        }
      })
    }
  })

const cancel = (desk: Desk): Endpoint =>
  endpoint({
    rest: "DELETE /api/v3/order",
    ws: "order.cancel",
    security: "TRADE",
    weight: 1,
    freeOnSuccess: true,
    params: {
      symbol: required(symbol),
      orderId: optional(integer),
      origClientOrderId: optional(clientId, Wire.emptyOriginalClientId),
      newClientOrderId: optional(clientId, Wire.emptyNewClientId),
      cancelRestrictions: optional(cancelRestrictions)
    },
    run: (of, caller) => {
      const ref = refOf(of.orderId, of.origClientOrderId)
      if (ref === undefined) return Exit.fail(Wire.missingEither("origClientOrderId", "orderId"))
      if (desk.listing(of.symbol) === undefined) return Exit.fail(Wire.invalidSymbol)
      const command: VenueCommand = {
        _tag: "Cancel",
        account: caller.account,
        symbol: of.symbol,
        order: ref,
        cancelId: of.newClientOrderId ?? freshClientId(),
        ...(of.cancelRestrictions === undefined ? {} : { restriction: of.cancelRestrictions })
      }
      return Effect.map(desk.execute(command), ({ events }) => {
        const canceled = cancellationOf(events, ref)
        // A leg takes its whole list along, and is answered as that.
        const list = events.find((event) => event._tag === "ListStatus")
        return canceled.order.listId === -1 || list === undefined
          ? canceledView(canceled, desk.scale(of.symbol), caller)
          : canceledListView(desk, list, events, caller)
      })
    }
  })

const cancelAll = (desk: Desk): Endpoint =>
  endpoint({
    rest: "DELETE /api/v3/openOrders",
    ws: "openOrders.cancelAll",
    security: "TRADE",
    weight: 1,
    freeOnSuccess: true,
    params: { symbol: required(symbol) },
    run: (of, caller) => {
      if (desk.listing(of.symbol) === undefined) return Exit.fail(Wire.invalidSymbol)
      const command: VenueCommand = {
        _tag: "CancelAll",
        account: caller.account,
        symbol: of.symbol,
        cancelId: freshClientId()
      }
      return Effect.map(desk.execute(command), ({ events }) => canceledAll(desk, events, of.symbol, caller))
    }
  })

/** Single orders as they are; each list as one, with its legs' reports. */
const canceledAll = (
  desk: Desk,
  events: ReadonlyArray<EngineEvent>,
  name: string,
  caller: Caller
): ReadonlyArray<object> => {
  const scale = desk.scale(name)
  const single = events.filter((event) => event._tag === "Execution").filter((event) => event.order.listId === -1)
  const lists = events.filter((event) => event._tag === "ListStatus").filter((event) => event.status === "ALL_DONE")
  return [
    ...single.map((event) => canceledView(event, scale, caller)),
    ...lists.map((status) => canceledListView(desk, status, events, caller))
  ]
}

const amend = (desk: Desk): Endpoint =>
  endpoint({
    rest: "PUT /api/v3/order/amend/keepPriority",
    ws: "order.amend.keepPriority",
    security: "TRADE",
    weight: 4,
    params: {
      symbol: required(symbol),
      orderId: optional(integer),
      origClientOrderId: optional(clientId, Wire.emptyOriginalClientId),
      newClientOrderId: optional(clientId, Wire.emptyNewClientId),
      newQty: required(decimal)
    },
    run: (of, caller) => {
      const ref = refOf(of.orderId, of.origClientOrderId)
      if (ref === undefined) return Exit.fail(Wire.missingEither("origClientOrderId", "orderId"))
      const orders = desk.ordersOf(of.symbol)
      if (orders === undefined) return Exit.fail(Wire.invalidSymbol)
      const lots = orders.lots(of.newQty)
      if (isWireError(lots)) return Exit.fail(lots)
      const command: VenueCommand = {
        _tag: "Amend",
        account: caller.account,
        symbol: of.symbol,
        order: ref,
        lots,
        clientOrderId: of.newClientOrderId ?? freshClientId()
      }
      return Effect.map(desk.execute(command), ({ events }) => amended(desk, events, of.symbol, caller))
    }
  })

const amended = (desk: Desk, events: ReadonlyArray<EngineEvent>, name: string, caller: Caller): object => {
  const steps = events.filter((event) => event._tag === "Execution")
  const step = steps.find((event) => event.type === "REPLACED") ?? steps[0]
  if (step === undefined) throw new Error("the venue took an amend and told of none")
  const list: ListStatus | undefined = events.find((event) => event._tag === "ListStatus")
  return amendedView(step, list, desk.scale(name), caller)
}
