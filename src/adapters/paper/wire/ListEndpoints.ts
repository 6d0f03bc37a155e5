// Order lists: OCO, OTO and OTOCO, and cancelling them (REST API, "Order lists").
import { Effect, Exit } from "effect"
import type { NewList } from "../../../domain/matching/Command.ts"
import type { NewOrder } from "../../../domain/matching/Order.ts"
import type { VenueCommand } from "../Venue.ts"
import type { Desk } from "./Desk.ts"
import { type Answer, type Endpoint, endpoint } from "./Endpoint.ts"
import { freshClientId } from "./FreshIds.ts"
import { canceledListView, placedListView } from "./ListViews.ts"
import { askedOf, type Given, orderType, selfTradePrevention, side, termsSpec, timeInForce } from "./OrderForm.ts"
import { wrongLegs } from "./OcoLegs.ts"
import type { ResponseType } from "./OrderViews.ts"
import { clientId, decimal, integer, long, oneOf, optional, type ParamSpec, required, symbol } from "./Params.ts"
import * as Wire from "./WireError.ts"
import { isWireError, type WireError } from "./WireError.ts"

type Bag = Readonly<Record<string, unknown>>

const shared = {
  symbol: required(symbol),
  listClientOrderId: optional(clientId),
  newOrderRespType: optional(oneOf(["ACK", "RESULT", "FULL"])),
  selfTradePreventionMode: optional(selfTradePrevention)
} as const

interface Shared {
  readonly symbol: string
  readonly listClientOrderId: string | undefined
  readonly newOrderRespType: ResponseType | undefined
  readonly selfTradePreventionMode: Given["stp"]
}

const workingTypes = oneOf(["LIMIT", "LIMIT_MAKER"], Wire.invalidOrderType)

export const listEndpoints = (desk: Desk): ReadonlyArray<Endpoint> => [
  oco(desk),
  oldOco(desk, "POST /api/v3/order/oco", undefined),
  oldOco(desk, undefined, "orderList.place"),
  oto(desk),
  otoco(desk),
  cancelList(desk)
]

const oco = (desk: Desk): Endpoint =>
  placement(desk, {
    rest: "POST /api/v3/orderList/oco",
    ws: "orderList.place.oco",
    orders: 2,
    params: {
      ...shared,
      side: required(side),
      quantity: required(decimal),
      aboveType: required(orderType),
      ...termsSpec("above"),
      belowType: required(orderType),
      ...termsSpec("below")
    },
    list: (values, leg) => {
      const of = { side: values["side"], quantity: values["quantity"], quantityName: "quantity" } as Given
      const above = leg("above", { ...of, type: values["aboveType"] as Given["type"] })
      const below = leg("below", { ...of, type: values["belowType"] as Given["type"] })
      if (isWireError(above)) return above
      if (isWireError(below)) return below
      return wrongLegs(above, below) ?? { kind: "OCO", above, below }
    }
  })

const oto = (desk: Desk): Endpoint =>
  placement(desk, {
    rest: "POST /api/v3/orderList/oto",
    ws: "orderList.place.oto",
    orders: 2,
    params: {
      ...shared,
      ...workingSpec,
      pendingType: required(orderType),
      pendingSide: required(side),
      ...termsSpec("pending"),
      pendingQuantity: required(decimal)
    },
    list: (values, leg) => {
      const working = workingLeg(values, leg)
      const pending = leg("pending", {
        ...pendingOf(values),
        type: values["pendingType"] as Given["type"]
      })
      if (isWireError(working)) return working
      return isWireError(pending) ? pending : { kind: "OTO", working, pending }
    }
  })

const otoco = (desk: Desk): Endpoint =>
  placement(desk, {
    rest: "POST /api/v3/orderList/otoco",
    ws: "orderList.place.otoco",
    orders: 3,
    params: {
      ...shared,
      ...workingSpec,
      pendingSide: required(side),
      pendingQuantity: required(decimal),
      pendingAboveType: required(orderType),
      ...termsSpec("pendingAbove"),
      pendingBelowType: required(orderType),
      ...termsSpec("pendingBelow")
    },
    list: (values, leg) => {
      const working = workingLeg(values, leg)
      const above = leg("pendingAbove", { ...pendingOf(values), type: values["pendingAboveType"] as Given["type"] })
      const below = leg("pendingBelow", { ...pendingOf(values), type: values["pendingBelowType"] as Given["type"] })
      if (isWireError(working)) return working
      if (isWireError(above)) return above
      if (isWireError(below)) return below
      return wrongLegs(above, below) ?? { kind: "OTOCO", working, above, below }
    }
  })

const workingSpec: ParamSpec = {
  workingType: required(workingTypes),
  workingSide: required(side),
  ...termsSpec("working"),
  workingQuantity: required(decimal)
}

/** `terms` stand in for the values where a leg's parameters go by other names. */
type Leg = (prefix: string, given: Omit<Given, "stp">, terms?: Bag) => NewOrder | WireError

const workingLeg = (values: Bag, leg: Leg) =>
  leg("working", {
    side: values["workingSide"] as Given["side"],
    type: values["workingType"] as Given["type"],
    quantity: values["workingQuantity"] as string,
    quantityName: "workingQuantity"
  })

const pendingOf = (values: Bag) => ({
  side: values["pendingSide"] as Given["side"],
  quantity: values["pendingQuantity"] as string,
  quantityName: "pendingQuantity"
})

type WithoutId<L> = L extends unknown ? Omit<L, "listClientOrderId"> : never

interface Placement {
  readonly rest?:
    | "POST /api/v3/orderList/oco"
    | "POST /api/v3/orderList/oto"
    | "POST /api/v3/orderList/otoco"
    | "POST /api/v3/order/oco"
  readonly ws?: string
  readonly orders: number
  readonly params: ParamSpec
  readonly list: (values: Bag, leg: Leg) => WithoutId<NewList> | WireError
}

const placement = (desk: Desk, of: Placement): Endpoint => {
  const { list: listOf, ...rest } = of
  return endpoint({
    ...rest,
    security: "TRADE",
    weight: 1,
    freeOnSuccess: true,
    run: (values: Bag, caller): Answer => {
      const own = values as unknown as Shared
      const orders = desk.ordersOf(own.symbol)
      if (orders === undefined) return Exit.fail(Wire.invalidSymbol)
      const leg: Leg = (prefix, given, terms = values) => {
        const asked = askedOf(terms, prefix, { ...given, stp: own.selfTradePreventionMode })
        return isWireError(asked) ? asked : orders.of(asked)
      }
      const asked = listOf(values, leg)
      if (isWireError(asked)) return Exit.fail(asked)
      const list = { ...asked, listClientOrderId: own.listClientOrderId ?? freshClientId() } as NewList
      const command: VenueCommand = { _tag: "PlaceList", account: caller.account, symbol: own.symbol, list }
      return Effect.map(desk.execute(command), ({ events }) =>
        placedListView(desk, events, list.listClientOrderId, own.newOrderRespType, caller)
      )
    }
  })
}

/**
 * The OCO of old: a limit order and a stop, whichever is above. A SELL's limit order is above the market and its stop below, a BUY's the
 * other way round; the stop is a limit order too where it has a `stopLimitPrice`.
 */
const oldOco = (desk: Desk, rest: Placement["rest"], ws: string | undefined): Endpoint =>
  placement(desk, {
    ...(rest === undefined ? {} : { rest }),
    ...(ws === undefined ? {} : { ws }),
    orders: 2,
    params: {
      ...shared,
      side: required(side),
      quantity: required(decimal),
      limitClientOrderId: optional(clientId),
      limitStrategyId: optional(long),
      limitStrategyType: optional(integer),
      price: required(decimal),
      limitIcebergQty: optional(decimal),
      trailingDelta: optional(integer),
      stopClientOrderId: optional(clientId),
      stopPrice: optional(decimal),
      stopStrategyId: optional(long),
      stopStrategyType: optional(integer),
      stopLimitPrice: optional(decimal),
      stopIcebergQty: optional(decimal),
      stopLimitTimeInForce: optional(timeInForce)
    },
    list: (values, leg) => {
      const limited = values["stopLimitPrice"] !== undefined
      if (limited && values["stopLimitTimeInForce"] === undefined) return Wire.missing("stopLimitTimeInForce")
      if (!limited && values["stopLimitTimeInForce"] !== undefined) return Wire.timeInForceNotRequired
      const terms = renamed(values)
      const of = { side: values["side"], quantity: values["quantity"], quantityName: "quantity" } as Given
      const maker = leg("limit", { ...of, type: "LIMIT_MAKER" }, terms)
      const stop = leg("stop", { ...of, type: limited ? "STOP_LOSS_LIMIT" : "STOP_LOSS" }, terms)
      if (isWireError(maker)) return maker
      if (isWireError(stop)) return stop
      return of.side === "SELL"
        ? { kind: "OCO", above: maker, below: stop }
        : { kind: "OCO", above: stop, below: maker }
    }
  })

/** The old names in the new order: both legs by prefix. */
const renamed = (values: Bag): Bag => ({
  limitClientOrderId: values["limitClientOrderId"],
  limitPrice: values["price"],
  limitIcebergQty: values["limitIcebergQty"],
  limitStrategyId: values["limitStrategyId"],
  limitStrategyType: values["limitStrategyType"],
  stopClientOrderId: values["stopClientOrderId"],
  stopPrice: values["stopLimitPrice"],
  stopTimeInForce: values["stopLimitTimeInForce"],
  stopStopPrice: values["stopPrice"],
  stopTrailingDelta: values["trailingDelta"],
  stopIcebergQty: values["stopIcebergQty"],
  stopStrategyId: values["stopStrategyId"],
  stopStrategyType: values["stopStrategyType"]
})

const cancelList = (desk: Desk): Endpoint =>
  endpoint({
    rest: "DELETE /api/v3/orderList",
    ws: "orderList.cancel",
    security: "TRADE",
    weight: 1,
    freeOnSuccess: true,
    params: {
      symbol: required(symbol),
      orderListId: optional(integer),
      listClientOrderId: optional(clientId),
      newClientOrderId: optional(clientId, Wire.emptyNewClientId)
    },
    run: (of, caller) => {
      if (of.orderListId === undefined && of.listClientOrderId === undefined) {
        return Exit.fail(Wire.missingEither("orderListId", "listClientOrderId"))
      }
      if (desk.listing(of.symbol) === undefined) return Exit.fail(Wire.invalidSymbol)
      const command: VenueCommand = {
        _tag: "CancelList",
        account: caller.account,
        symbol: of.symbol,
        list: {
          ...(of.orderListId === undefined ? {} : { listId: of.orderListId }),
          ...(of.listClientOrderId === undefined ? {} : { listClientOrderId: of.listClientOrderId })
        },
        cancelId: of.newClientOrderId ?? freshClientId()
      }
      return Effect.map(desk.execute(command), ({ events }) => {
        const status = events.find((event) => event._tag === "ListStatus")
        if (status === undefined) throw new Error("the venue cancelled a list and told of none")
        return canceledListView(desk, status, events, caller)
      })
    }
  })
