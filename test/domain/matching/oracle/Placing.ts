// Orders and lists enter the book, alone or when their turn in a list comes.
import type { NewList } from "../../../../src/domain/matching/Command.ts"
import type { NewOrder } from "../../../../src/domain/matching/Order.ts"
import * as Reject from "../../../../src/domain/matching/Rejection.ts"
import type { Rejection } from "../../../../src/domain/matching/Rejection.ts"
import * as Checks from "./Checks.ts"
import { endSibling, expire, expireAlone, forgetEnded } from "./Endings.ts"
import * as Funds from "./Funds.ts"
import { costOf, match, work } from "./Matching.ts"
import { mark } from "./Paths.ts"
import type { Run } from "./Run.ts"
import { note, refuse, rehearsal } from "./Run.ts"
import type { NaiveList, NaiveOrder } from "./State.ts"
import { close, firesAbove, hasPrice, isOpenOrder, isStop, legsOf } from "./State.ts"

const create = (run: Run, account: string, order: NewOrder, listId: number, waits: boolean): NaiveOrder => {
  const created: NaiveOrder = {
    ...order,
    orderId: run.state.nextOrderId++,
    account,
    symbol: run.symbol,
    listId,
    createdAt: run.at,
    status: waits ? "PENDING_NEW" : "NEW",
    executedLots: 0,
    executedQuote: 0n,
    preventedLots: 0,
    working: false,
    workingAt: -1,
    trailingAt: -1,
    updatedAt: run.at,
    expiry: undefined,
    resting: false,
    shown: 0,
    ahead: 0,
    arrival: 0,
    extreme: 0,
    holdTicks: 0,
    amends: 0
  }
  if (!waits) open(run, created)
  run.state.orders.push(created)
  return created
}

/** What becomes of an order once it is neither waiting for its list nor refused. */
const open = (run: Run, order: NaiveOrder): void => {
  order.status = "NEW"
  order.working = !isStop(order.type)
  order.workingAt = order.working ? run.at : -1
  order.updatedAt = run.at
  const { lastTicks } = run
  if (isStop(order.type)) order.arrival = run.state.nextArrival++
  if (isStop(order.type)) order.holdTicks = order.stopTicks > 0 ? order.stopTicks : Math.max(1, lastTicks)
  if (order.trailingBips > 0 && order.stopTicks === 0 && lastTicks > 0) {
    order.trailingAt = run.at
    order.extreme = lastTicks
  }
}

/** A MARKET order by quote becomes one for the lots that the quote buys or sells now. */
const sizeByQuote = (run: Run, order: NaiveOrder): void => {
  const trial = rehearsal(run)
  const taker = trial.state.orders.find(({ orderId }) => orderId === order.orderId)!
  taker.lots = Number.MAX_SAFE_INTEGER
  match(trial, taker, order.quote)
  order.lots = taker.executedLots + taker.preventedLots
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  const minimum = Funds.units(listing.instrument.minQuantity)
  if (order.lots === 0 || Funds.baseAmount(listing, order.lots) < minimum) {
    mark(run, "quote order on a thin book")
    const short =
      order.side === "BUY" && order.quote > Funds.free(run.state, order.account, listing.instrument.quoteAsset)
    refuse(Reject.noLiquidity, Reject.liquidityBelowMinimum, ...(short ? [Reject.insufficientBalance] : []))
  }
  mark(run, "quote order sized")
}

const shortOf = (run: Run, order: NaiveOrder): boolean => {
  const { quoteAsset } = Funds.listingOfSymbol(run.state, run.symbol).instrument
  const { asset } = Funds.needOf(run.state, order)
  if (Funds.free(run.state, order.account, asset) < 0n) return true
  if (order.type !== "MARKET" || order.side === "SELL") return false
  const spends = order.quote > 0n ? order.quote : costOf(run, order.orderId)
  return spends > Funds.free(run.state, order.account, quoteAsset)
}

export const placeOne = (run: Run, account: string, order: NewOrder): void => {
  Checks.freshIds(run, account, [order.clientOrderId])
  Checks.counts(run, account, [order], false)
  const wrong = Checks.placeable(run, order)
  if (wrong === Reject.wouldMatch) mark(run, "LIMIT_MAKER refused")
  if (wrong !== undefined) refuse(wrong)
  const created = create(run, account, order, -1, false)
  if (order.quote > 0n) sizeByQuote(run, created)
  if (shortOf(run, created)) refuse(Reject.insufficientBalance)
  note(run, created, "NEW")
  if (created.working) work(run, created)
}

/** A replacement that is refused after its cancel was done is told as an order of its own. */
export const rejectOne = (run: Run, account: string, order: NewOrder, rejectReason: string): void => {
  const rejected = create(run, account, order, -1, false)
  close(run.state, rejected, "REJECTED", run.at)
  note(run, rejected, "REJECTED", { rejectReason })
}

/** The price at which a leg of an OCO acts; none of a trailing stop that tracks from the start. */
const actsAt = (order: NewOrder): number | undefined =>
  isStop(order.type) ? (order.stopTicks === 0 ? undefined : order.stopTicks) : order.ticks

/** Above the last price and below it, where one is known, and in any case apart. */
export const relationHolds = (above: NewOrder, below: NewOrder, last: number): boolean => {
  const high = actsAt(above)
  const low = actsAt(below)
  if (high !== undefined && low !== undefined && high <= low) return false
  return last === 0 || ((high === undefined || high > last) && (low === undefined || low < last))
}

/** The stop-loss leg comes first, as in Binance's samples. */
const legsInOrder = (above: NewOrder, below: NewOrder): ReadonlyArray<NewOrder> =>
  above.type.startsWith("STOP_LOSS") ? [above, below] : [below, above]

export const ordersOf = (list: NewList): ReadonlyArray<NewOrder> => {
  switch (list.kind) {
    case "OCO":
      return legsInOrder(list.above, list.below)
    case "OTO":
      return [list.working, list.pending]
    case "OTOCO":
      return [list.working, ...legsInOrder(list.above, list.below)]
  }
}

export const placeList = (run: Run, account: string, list: NewList): void => {
  const orders = ordersOf(list)
  const { state } = run
  Checks.freshIds(
    run,
    account,
    orders.map(({ clientOrderId }) => clientOrderId)
  )
  const sameId = (open: NaiveList) =>
    open.account === account && open.symbol === run.symbol && open.listClientOrderId === list.listClientOrderId
  if (state.lists.some(sameId)) refuse(Reject.duplicateOrder)
  Checks.counts(run, account, orders, true)
  // What waits is judged when its turn comes, as an order of that moment.
  if (list.kind === "OCO" && !relationHolds(list.above, list.below, run.lastTicks)) refuse(Reject.badPriceRelation)
  const starting = list.kind === "OCO" ? orders : orders.slice(0, 1)
  for (const order of starting) {
    const wrong = Checks.placeable(run, order)
    if (wrong !== undefined) refuse(wrong)
  }
  const listId = state.nextListId++
  const created = orders.map((order) => create(run, account, order, listId, !starting.includes(order)))
  const { kind, listClientOrderId } = list
  state.lists.push({
    listId,
    listClientOrderId,
    account,
    symbol: run.symbol,
    kind,
    orderIds: created.map(({ orderId }) => orderId)
  })
  const first = created[0]!
  if (Funds.free(state, account, Funds.needOf(state, first).asset) < 0n) refuse(Reject.insufficientBalance)
  for (const order of created) note(run, order, "NEW")
  for (const order of created) if (isOpenOrder(order) && order.working) work(run, order)
}

/** The pending legs' turn has come. What would refuse a new order ends them. */
const activate = (run: Run, list: NaiveList): void => {
  const legs = legsOf(run.state, list)
  for (const leg of legs) open(run, leg)
  const wrong = legs.map((leg) => activationFailure(run, leg, legs)).find((found) => found !== undefined)
  if (wrong !== undefined) {
    mark(run, "activation failed")
    for (const leg of legs) {
      expireAlone(run, leg, "REJECTED")
    }
    forgetEnded(run)
    return
  }
  mark(run, list.kind === "OTOCO" ? "OTOCO activated" : "OTO activated")
  for (const leg of legs) note(run, leg, "NEW")
  for (const leg of legs) if (isOpenOrder(leg) && leg.working) work(run, leg)
}

const activationFailure = (run: Run, leg: NaiveOrder, legs: ReadonlyArray<NaiveOrder>): Rejection | undefined => {
  const above = legs.find((leg) => (isStop(leg.type) ? firesAbove(leg) : leg.side === "SELL"))
  const below = legs.find((order) => order !== above)
  if (above !== undefined && below !== undefined && !relationHolds(above, below, run.lastTicks)) {
    return Reject.badPriceRelation
  }
  const wrong = Checks.placeable(run, leg)
  return wrong ?? (shortOf(run, leg) ? Reject.insufficientBalance : undefined)
}

/** Carries out what trades have set off, in that order. */
export const settle = (run: Run): void => {
  for (let due = run.due.shift(); due !== undefined; due = run.due.shift()) {
    if (due._tag === "Activated") {
      const { listId } = due
      const list = run.state.lists.find((list) => list.listId === listId)
      if (list !== undefined) activate(run, list)
      continue
    }
    const { orderId } = due
    const order = run.state.orders.find((order) => order.orderId === orderId)
    if (order === undefined) continue
    const queued = run.due.length
    endSibling(run, order)
    if (cannotPay(run, order)) {
      mark(run, "triggered BUY could not pay")
      expire(run, order, "REJECTED")
    } else {
      order.working = true
      order.workingAt = run.at
      order.updatedAt = run.at
      note(run, order, "NEW")
      work(run, order)
    }
    if (run.due.slice(queued).some(({ _tag }) => _tag === "Triggered")) mark(run, "stop triggered by a triggered stop")
  }
}

/** A triggered BUY at the market may find prices beyond what it holds. */
const cannotPay = (run: Run, order: NaiveOrder): boolean => {
  if (hasPrice(order.type) || order.side === "SELL") return false
  const { asset, amount } = Funds.needOf(run.state, order)
  return costOf(run, order.orderId) > Funds.free(run.state, order.account, asset) + amount
}
