// What makes orders a list (Binance Spot, "Order lists"): which types may stand where, how their prices lie, and how many lists there may be.
import * as HashMap from "effect/HashMap"
import * as Schema from "effect/Schema"
import type { Account } from "./Account.ts"
import type { DenialReason } from "./Denial.ts"
import { type ListId, OrderId } from "./Ids.ts"
import * as Instrument from "./Instrument.ts"
import { type ListKind, ListRole, ROLES } from "./ListLink.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import { Intent, isStop, priceOf, quoteQuantityOf, stopPriceOf } from "./Order.ts"

/** One order of a list that is asked for. */
export const Leg = Schema.Struct({ orderId: OrderId, role: ListRole, intent: Intent })
export type Leg = typeof Leg.Type

/** A list that is asked for: its legs in the order of `ROLES`. */
export interface AskedList {
  readonly listId: ListId
  readonly kind: ListKind
  readonly legs: ReadonlyArray<Leg>
}

type Refused = DenialReason | undefined

/** The rules that need nothing but the list itself; those of each of its orders are elsewhere. */
export const unfit = (instrument: Instrument.Instrument, { kind, legs }: AskedList): Refused => {
  const allows = Instrument.allowanceOf(instrument)
  const { symbol } = instrument
  if (kind !== "OTO" && !allows.oco) return { _tag: "ListNotAllowed", symbol, kind }
  if (kind !== "OCO" && !allows.oto) return { _tag: "ListNotAllowed", symbol, kind }
  const wrong = ROLES[kind].find((role, index) => legs[index]?.role !== role || misplaced(legs, legs[index]))
  if (wrong !== undefined || legs.length !== ROLES[kind].length) {
    return { _tag: "ListLegWrong", role: wrong ?? "pending" }
  }
  return crossed(legs)
}

const misplaced = (legs: ReadonlyArray<Leg>, { intent, role }: Leg): boolean => {
  if (intent.symbol !== legs[0]?.intent.symbol) return true
  switch (role) {
    case "working":
      return intent.type !== "LIMIT" && intent.type !== "LIMIT_MAKER"
    case "pending":
      return quoteQuantityOf(intent) !== undefined
    case "above":
    case "below": {
      const other = legs.find((leg) => leg.role === (role === "above" ? "below" : "above"))?.intent
      if (other === undefined || other.side !== intent.side) return true
      if (!Money.equals(other.quantity, intent.quantity)) return true
      return !(isProfitSide(intent, role) ? PROFITS : STOPS).includes(intent.type)
    }
  }
}

/** A sale wins above the market, a purchase below it. */
const isProfitSide = ({ side }: Intent, role: "above" | "below"): boolean => (side === "SELL") === (role === "above")
const PROFITS: ReadonlyArray<Intent["type"]> = ["LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]
const STOPS: ReadonlyArray<Intent["type"]> = ["STOP_LOSS", "STOP_LOSS_LIMIT"]

/** Where a leg begins to work; `undefined` for a trailing stop, whose trigger follows the market. */
const startOf = (intent: Intent): Decimal | undefined => (isStop(intent) ? stopPriceOf(intent) : priceOf(intent))

const pairOf = (legs: ReadonlyArray<Leg>) => ({
  above: legs.find(({ role }) => role === "above")?.intent,
  below: legs.find(({ role }) => role === "below")?.intent
})

/** Whenever they are placed: the lower one cannot lie above the upper one. */
const crossed = (legs: ReadonlyArray<Leg>): Refused => {
  const { above, below } = pairOf(legs)
  const upper = above && startOf(above)
  const lower = below && startOf(below)
  return upper !== undefined && lower !== undefined && !Money.lessThan(lower, upper)
    ? { _tag: "ListPricesCrossed", above: upper, below: lower }
    : undefined
}

/** The two of an OCO are placed at once, on both sides of the price. Those of an OTOCO meet the price of a later moment. */
export const besideMarket = ({ kind, legs }: AskedList, referencePrice: Decimal | undefined): Refused => {
  if (kind !== "OCO" || referencePrice === undefined) return undefined
  const { above, below } = pairOf(legs)
  const upper = above && startOf(above)
  const lower = below && startOf(below)
  const fits =
    (upper === undefined || Money.greaterThan(upper, referencePrice)) &&
    (lower === undefined || Money.lessThan(lower, referencePrice))
  return fits ? undefined : { _tag: "ListBesideMarket", price: referencePrice }
}

/** MAX_NUM_ORDER_LISTS. A list with one order left has ended: that order goes on alone. */
export const tooMany = (account: Account, instrument: Instrument.Instrument): Refused => {
  const { symbol } = instrument
  const maximum = Instrument.allowanceOf(instrument).maxOrderLists
  const sizes = new Map<ListId, number>()
  for (const { intent, list } of HashMap.values(account.orders)) {
    if (list !== undefined && intent.symbol === symbol) sizes.set(list.listId, (sizes.get(list.listId) ?? 0) + 1)
  }
  const open = [...sizes.values()].filter((size) => size > 1).length
  return open >= maximum ? { _tag: "TooManyOrderLists", symbol, maximum } : undefined
}
