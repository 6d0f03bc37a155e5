// The naive engine's state: plain arrays, found by linear scans, copied whole before every command.
import type { Listing } from "../../../../src/domain/matching/Listing.ts"
import type { Amount, Order, OrderStatus } from "../../../../src/domain/matching/Order.ts"
import { isOpen } from "../../../../src/domain/matching/Order.ts"
import type { Side } from "../../../../src/domain/Order.ts"

export interface NaiveOrder extends Order {
  /** On the book, where a taker can meet it. */
  resting: boolean
  /** Visible lots left of the present slice; all that remains of an order without icebergLots. */
  shown: number
  /** Outside lots that trade before this order at its price. */
  ahead: number
  /** Time priority at a price, or of waiting for a stop price: lower comes first. */
  arrival: number
  /** What a trailing stop measures from; 0 before it tracks. */
  extreme: number
  /** Price a BUY without one is held at. */
  holdTicks: number
  amends: number
}

export interface NaiveAccount {
  readonly id: string
  /** Free and locked together; what is locked follows from the open orders. */
  totals: Array<{ asset: string; amount: Amount }>
  rates: { readonly maker: number; readonly taker: number } | undefined
}

export interface NaiveList {
  readonly listId: number
  readonly listClientOrderId: string
  readonly account: string
  readonly symbol: string
  readonly kind: "OCO" | "OTO" | "OTOCO"
  readonly orderIds: ReadonlyArray<number>
}

export interface State {
  listings: Array<Listing>
  accounts: Array<NaiveAccount>
  /** Open ones only, by order id. */
  orders: Array<NaiveOrder>
  lists: Array<NaiveList>
  nextOrderId: number
  nextListId: number
  nextPreventedId: number
  /** Of every symbol that has traded. */
  lastTradeIds: Array<{ readonly symbol: string; id: number }>
  nextArrival: number
}

export const empty = (): State => ({
  listings: [],
  accounts: [],
  orders: [],
  lists: [],
  nextOrderId: 1,
  nextListId: 1,
  nextPreventedId: 1,
  lastTradeIds: [],
  nextArrival: 1
})

export const copy = (state: State): State => ({
  ...state,
  listings: [...state.listings],
  accounts: state.accounts.map((account) => ({ ...account, totals: account.totals.map((total) => ({ ...total })) })),
  orders: state.orders.map((order) => ({ ...order })),
  lists: [...state.lists],
  lastTradeIds: state.lastTradeIds.map((last) => ({ ...last }))
})

export const opposite = (side: Side): Side => (side === "BUY" ? "SELL" : "BUY")

/** Whether a trade at `a` is at least as good for an order of this side as one at `b`. */
export const asGood = (side: Side, a: number, b: number): boolean => (side === "BUY" ? a <= b : a >= b)

export const remaining = (order: NaiveOrder): number => order.lots - order.executedLots - order.preventedLots

export const isStop = (type: Order["type"]): boolean => type.startsWith("STOP_LOSS") || type.startsWith("TAKE_PROFIT")
export const hasPrice = (type: Order["type"]): boolean => type.startsWith("LIMIT") || type.endsWith("_LIMIT")

/** Fires at a last price at or above its stop, as opposed to at or below (STOP_LOSS BUY, TAKE_PROFIT SELL). */
export const firesAbove = (order: Pick<Order, "type" | "side">): boolean =>
  order.type.startsWith("STOP_LOSS") === (order.side === "BUY")

export const openOrders = (state: State, account: string, symbol?: string): ReadonlyArray<NaiveOrder> =>
  state.orders.filter((order) => order.account === account && (symbol === undefined || order.symbol === symbol))

export const legsOf = (state: State, list: NaiveList): ReadonlyArray<NaiveOrder> =>
  state.orders.filter((order) => list.orderIds.includes(order.orderId))

export const listOf = (state: State, order: NaiveOrder): NaiveList | undefined =>
  state.lists.find((list) => list.listId === order.listId)

/** Users' orders on one side, in the order in which they trade. */
export const queue = (state: State, symbol: string, side: Side): ReadonlyArray<NaiveOrder> =>
  state.orders
    .filter((order) => order.symbol === symbol && order.side === side && order.resting)
    .toSorted((a, b) => (side === "BUY" ? b.ticks - a.ticks : a.ticks - b.ticks) || a.arrival - b.arrival)

/** Users' visible lots by price, best first. */
export const levels = (state: State, symbol: string, side: Side): ReadonlyArray<{ ticks: number; lots: number }> => {
  const found: Array<{ ticks: number; lots: number }> = []
  for (const { ticks, shown } of queue(state, symbol, side)) {
    const level = found.find((level) => level.ticks === ticks)
    if (level === undefined) found.push({ ticks, lots: shown })
    else level.lots += shown
  }
  return found
}

export const close = (state: State, order: NaiveOrder, status: OrderStatus, at: number): void => {
  if (isOpen(status)) throw new Error(`${status} is no end`)
  order.status = status
  order.resting = false
  order.working = false
  order.updatedAt = at
  state.orders = state.orders.filter((open) => open !== order)
}

export const isOpenOrder = (order: NaiveOrder): boolean => isOpen(order.status)
