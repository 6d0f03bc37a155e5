// Order lists: how they are placed, and what is placed once a working leg has filled (REST API, "Order lists").
import type { NewList } from "./Command.ts"
import type { Listing } from "./Listing.ts"
import { endList, lockPair, needOfPair } from "./Contingency.ts"
import { work } from "./Matching.ts"
import { OCO_FIRST_LEG } from "./OpenPoints.ts"
import { OpenList } from "./OpenList.ts"
import { firesOnRise, isContingent, OpenOrder } from "./OpenOrder.ts"
import type { Amount, NewOrder } from "./Order.ts"
import { admitWorking, begin, checkCounts, checkId, prepareNeed, wait } from "./Placing.ts"
import * as Rejection from "./Rejection.ts"
import { expire, lock, paidSlot, register, rest } from "./Resting.ts"
import type { Seat } from "./Seat.ts"
import type { Step } from "./Step.ts"

type Refusal = Rejection.Rejection | undefined
type Pair = readonly [OpenOrder, OpenOrder]

/** The legs of a list that is asked for; an OCO's in the order their events come. */
export interface Legs {
  readonly working: OpenOrder | undefined
  readonly pending: OpenOrder | undefined
  readonly pair: Pair | undefined
}

const isStopLoss = ({ type }: NewOrder): boolean => type === "STOP_LOSS" || type === "STOP_LOSS_LIMIT"

export const legsOf = (list: NewList, seat: Seat, at: number): Legs => {
  const order = (asked: NewOrder) => new OpenOrder(asked, seat, at)
  if (list.kind === "OTO") return { working: order(list.working), pending: order(list.pending), pair: undefined }
  const { above, below } = list
  const aboveFirst = OCO_FIRST_LEG === "above" || (OCO_FIRST_LEG === "stopLoss" && isStopLoss(above))
  const pair: Pair = aboveFirst ? [order(above), order(below)] : [order(below), order(above)]
  return { working: list.kind === "OTOCO" ? order(list.working) : undefined, pending: undefined, pair }
}

export const ordersOf = ({ working, pending, pair }: Legs): ReadonlyArray<OpenOrder> => [
  ...(working === undefined ? [] : [working]),
  ...(pending === undefined ? [] : [pending]),
  ...(pair ?? [])
]

/** Everything but the filters of each leg. Changes nothing but the legs. */
export const admitList = (step: Step, list: NewList, legs: Legs, seat: Seat, reference: Amount): Refusal => {
  const { rules } = step.book
  const orders = ordersOf(legs)
  if (!rules.trading) return Rejection.marketClosed
  if (!rules.listing.listsAllowed) return Rejection.listsUnsupported
  for (const order of orders) {
    const refused = rules.check(order, reference)
    if (refused !== undefined) return refused
  }
  return (
    checkShape(list, legs) ??
    checkIds(list, orders, seat) ??
    checkLists(seat, rules.listing) ??
    checkCounts(step, seat, orders) ??
    (legs.working === undefined ? admitPair(step, legs.pair!) : admitWorking(step, legs.working))
  )
}

const checkLists = (seat: Seat, { exchange, maxOrderLists }: Listing): Refusal => {
  if (seat.lists.size >= maxOrderLists) return Rejection.countFailure("MAX_NUM_ORDER_LISTS")
  if (exchange.maxOrderLists === 0) return undefined
  let open = 0
  for (const { lists } of seat.account.seats.values()) open += lists.size
  return open >= exchange.maxOrderLists ? Rejection.countFailure("EXCHANGE_MAX_NUM_ORDER_LISTS") : undefined
}

const checkIds = (list: NewList, orders: ReadonlyArray<OpenOrder>, seat: Seat): Refusal => {
  const ids = new Set(orders.map((order) => order.clientOrderId))
  if (ids.size < orders.length) return Rejection.duplicateOrder
  for (const open of seat.lists) if (open.listClientOrderId === list.listClientOrderId) return Rejection.duplicateOrder
  for (const id of ids) {
    const refused = checkId(seat, id)
    if (refused !== undefined) return refused
  }
  return undefined
}

const checkShape = (list: NewList, { working, pending, pair }: Legs): Refusal => {
  if (working !== undefined && working.type !== "LIMIT" && working.type !== "LIMIT_MAKER") {
    return Rejection.unsupportedCombination
  }
  if (pending !== undefined && pending.quote > 0n) return Rejection.unsupportedCombination
  if (pair === undefined || list.kind === "OTO") return undefined
  const { above, below } = list
  if (above.side !== below.side || above.lots !== below.lots) return Rejection.unsupportedCombination
  const stopLeg = above.side === "SELL" ? below : above
  const profitLeg = above.side === "SELL" ? above : below
  const profits =
    profitLeg.type === "LIMIT_MAKER" || profitLeg.type === "TAKE_PROFIT" || profitLeg.type === "TAKE_PROFIT_LIMIT"
  return isStopLoss(stopLeg) && profits ? undefined : Rejection.unsupportedCombination
}

/** An OCO's legs must lie on the two sides of the last price, and its dearer leg must be affordable. */
const admitPair = (step: Step, pair: Pair): Refusal => {
  for (const order of pair) if (!isBeyondMarket(step, order)) return Rejection.badPriceRelation
  for (const order of pair) {
    const refused = order.type === "LIMIT_MAKER" ? admitMaker(step, order) : undefined
    if (refused !== undefined) return refused
    prepareNeed(step, order)
  }
  const need = needOfPair(step.book, pair)
  return step.state.ledger.covers(paidSlot(pair[0]), need) ? undefined : Rejection.insufficientBalance
}

const admitMaker = (step: Step, order: OpenOrder): Refusal => {
  const refused = admitWorking(step, order)
  return refused === Rejection.insufficientBalance ? undefined : refused
}

const isBeyondMarket = (step: Step, { type, side, stopTicks, ticks }: OpenOrder): boolean => {
  const { lastTicks } = step
  if (lastTicks === 0) return true
  if (!isContingent(type)) return side === "SELL" ? ticks > lastTicks : ticks < lastTicks
  if (stopTicks === 0) return true
  return firesOnRise(type, side) ? stopTicks > lastTicks : stopTicks < lastTicks
}

/** An admitted list: ids in the order of its legs, then their events. */
export const placeList = (step: Step, list: NewList, legs: Legs, seat: Seat): void => {
  const { state, book } = step
  const orders = ordersOf(legs)
  const listId = ++state.listId
  for (const order of orders) {
    order.orderId = ++state.orderId
    order.listId = listId
    register(book, order)
  }
  const open = new OpenList(list.kind, listId, list.listClientOrderId, orders, seat)
  for (const order of orders) order.list = open
  book.lists.set(listId, open)
  seat.lists.add(open)
  step.listStatus(open, "EXEC_STARTED", "EXECUTING")
  step.touchPaid(orders[0]!)
  const { working } = legs
  if (working === undefined) return startPair(step, open)
  begin(step, working)
  for (const order of open.pending) {
    order.status = "PENDING_NEW"
    order.where = "list"
    step.execution(order, "NEW", false)
  }
  work(step, working)
}

const startPair = (step: Step, list: OpenList): void => {
  const pair = list.pair!
  lockPair(step, list, pair)
  step.touchPaid(pair[0])
  for (const order of pair) {
    order.where = "nowhere"
    if (isContingent(order.type)) wait(step, order)
    else {
      begin(step, order)
      rest(step, order)
    }
  }
}

/** The working leg has filled: what waited for it is placed now, as the market stands now. */
export const activate = (step: Step, list: OpenList): void => {
  if (!list.waiting || list.working?.status !== "FILLED") return
  list.waiting = false
  const { pair, pending } = list
  const refused = pair === undefined ? admitWorking(step, pending[0]!) : admitPair(step, pair)
  if (refused !== undefined) {
    for (const order of pending) expire(step, order, "REJECTED")
    endList(step, list)
  } else if (pair === undefined) startPending(step, pending[0]!)
  else startPair(step, list)
  step.tellEnded()
}

const startPending = (step: Step, order: OpenOrder): void => {
  step.touchPaid(order)
  order.where = "nowhere"
  if (isContingent(order.type)) {
    lock(step, order)
    wait(step, order)
  } else {
    begin(step, order)
    work(step, order)
  }
}
