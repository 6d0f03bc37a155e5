// Orders, lists and trades, open and closed (REST API, "Account endpoints"): what is open from the venue, the rest from its journal.
import { Effect, Exit, Option } from "effect"
import type { Page } from "../../../ports/PaperJournal.ts"
import type { Desk } from "./Desk.ts"
import { type Answer, type Caller, type Endpoint, endpoint } from "./Endpoint.ts"
import { amendmentView, listView, orderView, preventedView, tradeView } from "./OrderViews.ts"
import { clientId, integer, limit, optional, required, symbol, time, withDefault } from "./Params.ts"
import * as Wire from "./WireError.ts"
import type { WireError } from "./WireError.ts"

const DAY_HOURS = 24
const DAY_MILLIS = DAY_HOURS * 60 * 60_000
const rows = withDefault(limit(1000), 500)

interface Bounds {
  readonly startTime: number | undefined
  readonly endTime: number | undefined
  readonly limit: number
}

/** Both bounds at most a day apart. Without a first id, `fromId` stays out. */
const pageOf = (of: Bounds, fromId: number | undefined): Page => ({
  limit: of.limit,
  ...(fromId === undefined ? {} : { fromId }),
  ...(of.startTime === undefined ? {} : { startTime: of.startTime }),
  ...(of.endTime === undefined ? {} : { endTime: of.endTime })
})

const wrongSpan = ({ endTime, startTime }: Bounds): WireError | undefined => {
  if (startTime === undefined || endTime === undefined) return undefined
  if (endTime < startTime) return Wire.badTimes
  return endTime - startTime > DAY_MILLIS ? Wire.tooLongBetween(DAY_HOURS) : undefined
}

export const historyEndpoints = (desk: Desk): ReadonlyArray<Endpoint> => [
  orderStatus(desk),
  openOrders(desk),
  allOrders(desk),
  ...lists(desk),
  myTrades(desk),
  preventedMatches(desk),
  endpoint({
    rest: "GET /api/v3/order/amendments",
    ws: "order.amendments",
    security: "USER_DATA",
    weight: 4,
    params: {
      symbol: required(symbol),
      orderId: required(integer),
      fromExecutionId: optional(integer),
      limit: rows
    },
    run: (of, caller) =>
      ofSymbol(desk, of.symbol, () => {
        const page: Page =
          of.fromExecutionId === undefined ? { limit: of.limit } : { limit: of.limit, fromId: of.fromExecutionId }
        return Effect.map(desk.ask(desk.journal.amendments(caller.account, of.symbol, of.orderId, page)), (found) =>
          found.map((one) => amendmentView(one, desk.scale(one.symbol), caller))
        )
      })
  })
]

const ofSymbol = (desk: Desk, name: string, answer: () => Answer): Answer =>
  desk.listing(name) === undefined ? Exit.fail(Wire.invalidSymbol) : answer()

const orderStatus = (desk: Desk): Endpoint =>
  endpoint({
    rest: "GET /api/v3/order",
    ws: "order.status",
    security: "USER_DATA",
    weight: 4,
    params: {
      symbol: required(symbol),
      orderId: optional(integer),
      origClientOrderId: optional(clientId, Wire.emptyOriginalClientId)
    },
    run: (of, caller) => {
      const { orderId, origClientOrderId } = of
      if (orderId === undefined && origClientOrderId === undefined) {
        return Exit.fail(Wire.missingEither("origClientOrderId", "orderId"))
      }
      return ofSymbol(desk, of.symbol, () => findOrder(desk, caller, of.symbol, orderId, origClientOrderId))
    }
  })

/** The number decides; a client id beside it must be that order's. */
const findOrder = (
  desk: Desk,
  caller: Caller,
  name: string,
  orderId: number | undefined,
  clientOrderId: string | undefined
): Answer => {
  const ref = orderId === undefined ? { clientOrderId: clientOrderId as string } : { orderId }
  const scale = desk.scale(name)
  const open = desk.venue.openOrder(caller.account, name, ref)
  const mismatch = (own: string) => orderId !== undefined && clientOrderId !== undefined && own !== clientOrderId
  if (open !== undefined) {
    return mismatch(open.clientOrderId) ? Exit.fail(Wire.idMismatch) : Effect.succeed(orderView(open, scale, caller))
  }
  return Effect.flatMap(desk.ask(desk.journal.order(caller.account, name, ref)), (found) => {
    if (Option.isNone(found)) return Exit.fail(Wire.noSuchOrder)
    if (mismatch(found.value.clientOrderId)) return Exit.fail(Wire.idMismatch)
    return Effect.succeed(orderView(found.value, scale, caller))
  })
}

const openOrders = (desk: Desk): Endpoint =>
  endpoint({
    rest: "GET /api/v3/openOrders",
    ws: "openOrders.status",
    security: "USER_DATA",
    weight: ({ symbol }) => (symbol === undefined ? 80 : 6),
    params: { symbol: optional(symbol) },
    run: ({ symbol }, caller) => {
      if (symbol !== undefined && desk.listing(symbol) === undefined) return Exit.fail(Wire.invalidSymbol)
      const open = desk.venue.openOrders(caller.account, symbol)
      return desk.told(open.map((order) => orderView(order, desk.scale(order.symbol), caller)))
    }
  })

const allOrders = (desk: Desk): Endpoint =>
  endpoint({
    rest: "GET /api/v3/allOrders",
    ws: "allOrders",
    security: "USER_DATA",
    weight: 20,
    params: {
      symbol: required(symbol),
      orderId: optional(integer),
      startTime: optional(time),
      endTime: optional(time),
      limit: rows
    },
    run: (of, caller) =>
      ofSymbol(desk, of.symbol, () => {
        const wrong = wrongSpan(of)
        if (wrong !== undefined) return Exit.fail(wrong)
        const page = pageOf(of, of.orderId)
        return Effect.map(desk.ask(desk.journal.orders(caller.account, of.symbol, page)), (found) =>
          found.map((order) => orderView(order, desk.scale(order.symbol), caller))
        )
      })
  })

/** Lists of one account that are told of at once; each symbol allows 20. */
const OPEN_LISTS = 1000

const lists = (desk: Desk): ReadonlyArray<Endpoint> => [
  endpoint({
    rest: "GET /api/v3/orderList",
    ws: "orderList.status",
    security: "USER_DATA",
    weight: 4,
    params: { orderListId: optional(integer), origClientOrderId: optional(clientId, Wire.emptyOriginalClientId) },
    run: ({ orderListId, origClientOrderId }, caller) => {
      if (orderListId === undefined && origClientOrderId === undefined) {
        return Exit.fail(Wire.missingEither("origClientOrderId", "orderListId"))
      }
      const ref =
        orderListId === undefined ? { listClientOrderId: origClientOrderId as string } : { listId: orderListId }
      return Effect.flatMap(desk.ask(desk.journal.list(caller.account, ref)), (found) =>
        Option.isNone(found) ? Exit.fail(Wire.noSuchList) : Effect.succeed(listView(found.value, caller))
      )
    }
  }),
  endpoint({
    rest: "GET /api/v3/allOrderList",
    ws: "allOrderLists",
    security: "USER_DATA",
    weight: 20,
    params: { fromId: optional(integer), startTime: optional(time), endTime: optional(time), limit: rows },
    run: (of, caller) => {
      if (of.fromId !== undefined && (of.startTime ?? of.endTime) !== undefined) return Exit.fail(Wire.badCombination)
      const wrong = wrongSpan(of)
      if (wrong !== undefined) return Exit.fail(wrong)
      return Effect.map(desk.ask(desk.journal.lists(caller.account, pageOf(of, of.fromId))), (found) =>
        found.map((list) => listView(list, caller))
      )
    }
  }),
  endpoint({
    rest: "GET /api/v3/openOrderList",
    ws: "openOrderLists.status",
    security: "USER_DATA",
    weight: 6,
    params: {},
    run: (_, caller) => {
      const open = new Set(desk.venue.openOrders(caller.account).map((order) => order.listId))
      open.delete(-1)
      if (open.size === 0) return Effect.succeed([])
      const found = Effect.andThen(
        desk.told(undefined),
        Effect.forEach([...open].slice(0, OPEN_LISTS), (listId) =>
          desk.ask(desk.journal.list(caller.account, { listId }))
        )
      )
      return Effect.map(found, (all) =>
        all.flatMap((list) => (Option.isSome(list) ? [listView(list.value, caller)] : []))
      )
    }
  })
]

const myTrades = (desk: Desk): Endpoint =>
  endpoint({
    rest: "GET /api/v3/myTrades",
    ws: "myTrades",
    security: "USER_DATA",
    weight: ({ orderId }) => (orderId === undefined ? 20 : 5),
    params: {
      symbol: required(symbol),
      orderId: optional(integer),
      startTime: optional(time),
      endTime: optional(time),
      fromId: optional(integer),
      limit: rows
    },
    run: (of, caller) =>
      ofSymbol(desk, of.symbol, () => {
        // Ids and times do not go together, whichever they are (REST API, "Account trade list").
        const timed = (of.startTime ?? of.endTime) !== undefined
        if (timed && (of.fromId ?? of.orderId) !== undefined) return Exit.fail(Wire.badCombination)
        const wrong = wrongSpan(of)
        if (wrong !== undefined) return Exit.fail(wrong)
        const page = pageOf(of, of.fromId)
        const asked = of.orderId === undefined ? page : { ...page, orderId: of.orderId }
        return Effect.map(desk.ask(desk.journal.trades(caller.account, of.symbol, asked)), (found) =>
          found.map((trade) => tradeView(trade, desk.scale(trade.symbol), caller))
        )
      })
  })

const preventedMatches = (desk: Desk): Endpoint =>
  endpoint({
    rest: "GET /api/v3/myPreventedMatches",
    ws: "myPreventedMatches",
    security: "USER_DATA",
    weight: ({ preventedMatchId }) => (preventedMatchId === undefined ? 20 : 2),
    params: {
      symbol: required(symbol),
      preventedMatchId: optional(integer),
      orderId: optional(integer),
      fromPreventedMatchId: optional(integer),
      limit: rows
    },
    run: (of, caller) =>
      ofSymbol(desk, of.symbol, () => {
        const { fromPreventedMatchId: fromId, orderId, preventedMatchId } = of
        if (preventedMatchId === undefined && orderId === undefined) {
          return Exit.fail(Wire.missingEither("preventedMatchId", "orderId"))
        }
        if (preventedMatchId !== undefined && (orderId ?? fromId) !== undefined) return Exit.fail(Wire.badCombination)
        const by =
          preventedMatchId === undefined
            ? { orderId: orderId as number, ...(fromId === undefined ? {} : { fromId }) }
            : { preventedMatchId }
        return Effect.map(desk.ask(desk.journal.prevented(caller.account, of.symbol, by, of.limit)), (found) =>
          found.map((match) => preventedView(match, desk.scale(match.symbol), caller))
        )
      })
  })
