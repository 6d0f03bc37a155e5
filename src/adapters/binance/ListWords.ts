// A list of the desk's orders in Binance's words (REST API, "Order lists").
import { listClientOrderIdOf } from "../../domain/Ids.ts"
import type { ListRole } from "../../domain/ListLink.ts"
import * as Money from "../../domain/Money.ts"
import type { Intent } from "../../domain/Order.ts"
import type { Report } from "../../domain/Report.ts"
import type { ApprovedList } from "../../domain/Risk.ts"
import { reportsOf, termParams } from "./OrderWords.ts"
import type { Params } from "./Signing.ts"
import type * as Wire from "./TradingWire.ts"

/** What the parameters of a leg begin with. */
const PREFIXES: {
  readonly [K in ApprovedList["kind"]]: { readonly [R in ListRole]?: string }
} = {
  OCO: { above: "above", below: "below" },
  OTO: { working: "working", pending: "pending" },
  OTOCO: { working: "working", above: "pendingAbove", below: "pendingBelow" }
}

const named = (prefix: string, name: string): string =>
  prefix === "" ? name : `${prefix}${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`

/** The endpoint, and its parameters; decimals are strings all the way. */
export const listCall = ({
  kind,
  legs,
  listId,
  symbol
}: ApprovedList): { readonly path: string; readonly params: Params } => {
  const params: Record<string, string | number> = { symbol, listClientOrderId: listClientOrderIdOf(listId) }
  for (const { order, role } of legs) {
    const prefix = PREFIXES[kind][role] ?? role
    const terms = { type: order.intent.type, clientOrderId: order.clientOrderId, ...termParams(order.intent) }
    for (const [name, value] of Object.entries(terms)) params[named(prefix, name)] = value
    Object.assign(params, sharedBy(kind, role, order.intent))
  }
  return { path: `/api/v3/orderList/${kind.toLowerCase()}`, params: { ...params, newOrderRespType: "FULL" } }
}

/** The two that end each other have one side and one quantity, said once. */
const sharedBy = (kind: ApprovedList["kind"], role: ListRole, { quantity, side }: Intent): Params => {
  const prefix = kind === "OCO" ? "" : role === "working" ? "working" : "pending"
  return { [named(prefix, "side")]: side, [named(prefix, "quantity")]: Money.format(quantity) }
}

/** What the answer says of each order; `undefined` where it is not about this list and all of its orders. */
export const listReportsOf = (list: ApprovedList, placed: Wire.PlacedList): ReadonlyArray<Report> | undefined => {
  if (placed.listClientOrderId !== listClientOrderIdOf(list.listId)) return undefined
  const told = new Set<string>(placed.orderReports.map(({ clientOrderId }) => clientOrderId))
  if (list.legs.some(({ order }) => !told.has(order.clientOrderId))) return undefined
  return placed.orderReports.flatMap(({ fills = [], ...report }) => reportsOf({ ...report, fills }))
}
