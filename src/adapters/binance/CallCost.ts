// What a call costs of Binance's limits, and which lane it takes (REST API, "Weight" and "Unfilled Order Count" of each endpoint).
import type { Lane } from "./Lanes.ts"
import type { Params } from "./Signing.ts"

export interface CallCost {
  readonly lane: Lane
  /** The listed one: what succeeds can cost less, which Binance tells. */
  readonly weight: number
  /** Orders that count for the account. */
  readonly orders: number
}

type Of<A> = A | ((params: Params) => A)

const question = (lane: Lane, weight: Of<number>) => ({ lane, weight, orders: 0 })

/** On spot nothing is sold but what is held, so a sale makes a position smaller and is let through when no more is bought. */
const placing = (orders: number, side = "side", weight = 1) => ({
  lane: (params: Params): Lane => (params[side] === "SELL" ? "exit" : "entry"),
  weight,
  orders
})

const cancel = (weight = 1) => ({ lane: "cancel" as const, weight, orders: 0 })

const known: Readonly<
  Record<string, { readonly lane: Of<Lane>; readonly weight: Of<number>; readonly orders: number }>
> = {
  "POST /api/v3/order": placing(1),
  "POST /api/v3/order/cancelReplace": placing(1),
  "POST /api/v3/sor/order": placing(1),
  "POST /api/v3/order/oco": placing(2),
  "POST /api/v3/orderList/oco": placing(2),
  "POST /api/v3/orderList/oto": placing(2, "workingSide"),
  "POST /api/v3/orderList/otoco": placing(3, "workingSide"),
  "POST /api/v3/orderList/opo": placing(2, "workingSide"),
  "POST /api/v3/orderList/opoco": placing(3, "workingSide"),
  "DELETE /api/v3/order": cancel(),
  "DELETE /api/v3/openOrders": cancel(),
  "DELETE /api/v3/orderList": cancel(),
  "PUT /api/v3/order/amend/keepPriority": cancel(4),
  // Without the exchange's time, no absence is proof, and no refused clock can be healed.
  "GET /api/v3/time": question("evidence", 1),
  "GET /api/v3/order": question("evidence", 4),
  "GET /api/v3/orderList": question("evidence", 4),
  "GET /api/v3/order/amendments": question("evidence", 4),
  "GET /api/v3/myTrades": {
    lane: ({ orderId }) => (orderId === undefined ? "survey" : "evidence"),
    weight: ({ orderId }) => (orderId === undefined ? 20 : 5),
    orders: 0
  },
  "GET /api/v3/openOrders": question("survey", ({ symbol }) => (symbol === undefined ? 80 : 6)),
  "GET /api/v3/openOrderList": question("survey", 6),
  "GET /api/v3/allOrders": question("survey", 20),
  "GET /api/v3/allOrderList": question("survey", 20),
  "GET /api/v3/account": question("survey", 20),
  "GET /sapi/v1/account/apiRestrictions": question("read", 1),
  "GET /api/v3/ping": question("read", 1),
  "GET /api/v3/depth": question("read", ({ limit = 100 }) =>
    Number(limit) <= 100 ? 5 : Number(limit) <= 500 ? 25 : Number(limit) <= 1_000 ? 50 : 250
  ),
  "GET /api/v3/klines": question("read", 2),
  "GET /api/v3/myPreventedMatches": question("read", 20),
  "GET /api/v3/rateLimit/order": question("read", 40),
  "GET /api/v3/myFilters": question("read", 40)
}

/** Most that are not listed above cost less. */
const OTHER_WEIGHT = 20

export const costOf = (method: string, path: string, params: Params): CallCost => {
  const cost = known[`${method} ${path}`]
  if (cost === undefined) {
    const lane = method === "GET" ? "read" : method === "DELETE" ? "cancel" : "entry"
    return { lane, weight: OTHER_WEIGHT, orders: method === "POST" ? 1 : 0 }
  }
  const { lane, orders, weight } = cost
  return {
    lane: typeof lane === "function" ? lane(params) : lane,
    weight: typeof weight === "function" ? weight(params) : weight,
    orders
  }
}

/** A handshake of the WebSocket API, and the subscription over it. */
export const STREAM_COST: CallCost = { lane: "survey", weight: 4, orders: 0 }
