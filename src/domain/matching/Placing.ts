// From an order that is asked for to one that works, waits or is refused.
import { legClosed, fireLeg } from "./Contingency.ts"
import { crosses, work } from "./Matching.ts"
import { countsAgainstMaxOrders } from "./OpenPoints.ts"
import { firesOnRise, isContingent, isMarket, type OpenOrder, remainingOf } from "./OpenOrder.ts"
import type { Amount } from "./Order.ts"
import * as Rejection from "./Rejection.ts"
import { expire, lock, needOf, paidSlot, register, unlock } from "./Resting.ts"
import { scanLots, scanQuote } from "./Scan.ts"
import type { Seat } from "./Seat.ts"
import type { Step } from "./Step.ts"

type Refusal = Rejection.Rejection | undefined

/** The engine's own checks, after the filters of the order itself: ids, counts, the market, funds. Changes nothing but the order. */
export const admit = (step: Step, order: OpenOrder): Refusal =>
  checkId(order.seat, order.clientOrderId) ??
  checkCount(step, order, 0, 0, 0) ??
  (step.book.rules.limitsPosition ? checkPosition(step, order.seat, [order]) : undefined) ??
  admitWorking(step, order)

/** What an order meets when it starts to live, whether just placed or after its list waited for it. */
export const admitWorking = (step: Step, order: OpenOrder): Refusal =>
  checkMarket(step, order) ?? checkFunds(step, order)

export const checkId = (seat: Seat, clientOrderId: string): Refusal =>
  seat.byClientId.has(clientOrderId) ? Rejection.duplicateOrder : undefined

/** MAX_NUM_ORDERS, _ALGO_ORDERS, _ICEBERG_ORDERS and MAX_POSITION for orders that come together. */
export const checkCounts = (step: Step, seat: Seat, orders: ReadonlyArray<OpenOrder>): Refusal => {
  let counted = 0
  let algos = 0
  let icebergs = 0
  for (const order of orders) {
    const refused = checkCount(step, order, counted, algos, icebergs)
    if (refused !== undefined) return refused
    if (countsAgainstMaxOrders(order.type)) counted++
    if (isContingent(order.type)) algos++
    if (order.icebergLots !== 0) icebergs++
  }
  return checkPosition(step, seat, orders)
}

/** One order's counts, after so many others that came with it. */
const checkCount = (step: Step, order: OpenOrder, counted: number, algos: number, icebergs: number): Refusal => {
  const { listing } = step.book.rules
  const { seat, type } = order
  if (countsAgainstMaxOrders(type) && seat.byClientId.size + counted >= listing.instrument.maxOpenOrders) {
    return Rejection.countFailure("MAX_NUM_ORDERS")
  }
  if (isContingent(type) && seat.openAlgos + algos >= listing.maxAlgoOrders) {
    return Rejection.countFailure("MAX_NUM_ALGO_ORDERS")
  }
  if (order.icebergLots !== 0 && seat.openIcebergs + icebergs >= listing.maxIcebergOrders) {
    return Rejection.countFailure("MAX_NUM_ICEBERG_ORDERS")
  }
  return step.book.rules.limitsExchange ? checkExchange(step, order, counted, algos, icebergs) : undefined
}

/** The account's open orders over all symbols. */
const checkExchange = (step: Step, order: OpenOrder, counted: number, algos: number, icebergs: number): Refusal => {
  const { exchange } = step.book.rules.listing
  let [orders, openAlgos, openIcebergs] = [counted, algos, icebergs]
  for (const seat of order.seat.account.seats.values()) {
    orders += seat.byClientId.size
    openAlgos += seat.openAlgos
    openIcebergs += seat.openIcebergs
  }
  const full = (limit: number, open: number) => limit !== 0 && open >= limit
  if (countsAgainstMaxOrders(order.type) && full(exchange.maxOrders, orders)) {
    return Rejection.countFailure("EXCHANGE_MAX_NUM_ORDERS")
  }
  if (isContingent(order.type) && full(exchange.maxAlgoOrders, openAlgos)) {
    return Rejection.countFailure("EXCHANGE_MAX_NUM_ALGO_ORDERS")
  }
  return order.icebergLots !== 0 && full(exchange.maxIcebergOrders, openIcebergs)
    ? Rejection.countFailure("EXCHANGE_MAX_NUM_ICEBERG_ORDERS")
    : undefined
}

/** Free and locked base, what open BUY orders may still add, and these: at most MAX_POSITION. */
const checkPosition = (step: Step, seat: Seat, orders: ReadonlyArray<OpenOrder>): Refusal => {
  const { limitsPosition, maxPositionLots, scale } = step.book.rules
  if (!limitsPosition) return undefined
  let buys = 0
  for (const order of orders) if (order.side === "BUY") buys += order.lots
  if (buys === 0) return undefined
  for (const order of seat.byClientId.all()) if (order.side === "BUY") buys += remainingOf(order)
  const { ledger } = step.state
  const position = ledger.free(seat.baseSlot) + ledger.locked(seat.baseSlot) + scale.baseOf(buys)
  return position > scale.baseOf(maxPositionLots) ? Rejection.countFailure("MAX_POSITION") : undefined
}

/** LIMIT_MAKER must not take; a stop must not have been reached. */
const checkMarket = (step: Step, order: OpenOrder): Refusal => {
  if (order.type === "LIMIT_MAKER") return crosses(step, order) ? Rejection.wouldMatch : undefined
  return order.stopTicks !== 0 && isReached(step, order) ? Rejection.wouldTrigger : undefined
}

const isReached = (step: Step, { type, side, stopTicks }: OpenOrder): boolean => {
  const { lastTicks } = step
  if (lastTicks === 0) return false
  return firesOnRise(type, side) ? lastTicks >= stopTicks : lastTicks <= stopTicks
}

/** What it would pay must be free. A MARKET order by quote learns its lots here. */
export const checkFunds = (step: Step, order: OpenOrder): Refusal => {
  if (order.quote > 0n) return sizeByQuote(step, order)
  return step.state.ledger.covers(paidSlot(order), prepareNeed(step, order)) ? undefined : Rejection.insufficientBalance
}

/** Sets the price a BUY locks by, and says what the order needs. */
export const prepareNeed = (step: Step, order: OpenOrder): Amount => {
  if (order.side === "BUY") {
    if (order.type === "MARKET") return scanLots(step, order, order.lots, 0).quote
    order.lockTicks = lockTicksOf(step, order)
  }
  return needOf(step.book, order)
}

/** Without a limit price: the stop price, or for a trailing stop that has none, the last price. */
const lockTicksOf = (step: Step, order: OpenOrder): number => {
  if (!isMarket(order.type)) return order.ticks
  return order.stopTicks !== 0 ? order.stopTicks : Math.max(1, step.lastTicks)
}

const sizeByQuote = (step: Step, order: OpenOrder): Refusal => {
  const { ledger } = step.state
  const { rules } = step.book
  if (order.side === "BUY" && !ledger.covers(order.seat.quoteSlot, order.quote)) return Rejection.insufficientBalance
  const scan = scanQuote(step, order, order.quote)
  if (scan.empty) return Rejection.noLiquidity
  if (scan.lots < rules.minLots) return Rejection.liquidityBelowMinimum
  if (order.side === "SELL" && !ledger.covers(order.seat.baseSlot, rules.scale.baseOf(scan.lots))) {
    return Rejection.insufficientBalance
  }
  order.lots = scan.lots
  return checkPosition(step, order.seat, [order])
}

/** An admitted order gets its id and its first event, and works or waits. */
export const place = (step: Step, order: OpenOrder): void => {
  order.orderId = ++step.state.orderId
  step.touchPaid(order)
  if (isContingent(order.type)) {
    lock(step, order)
    register(step.book, order)
    wait(step, order)
  } else {
    begin(step, order)
    work(step, order)
  }
}

/** Waits for its price; told as NEW and not working. */
export const wait = (step: Step, order: OpenOrder): void => {
  const { triggers } = step.book
  order.status = "NEW"
  step.execution(order, "NEW", false)
  order.waitingSince = step.state.executionId
  if (order.trailingBips !== 0 && order.stopTicks === 0 && step.lastTicks !== 0) {
    order.trailingAt = step.at
    triggers.track(order, step.lastTicks)
  } else triggers.await(order)
}

/** Told as NEW and working. */
export const begin = (step: Step, order: OpenOrder): void => {
  order.status = "NEW"
  order.working = true
  order.workingAt = step.at
  step.execution(order, "NEW", true)
}

/** A stop price has come: the lock turns into a taker's free funds. */
export const trigger = (step: Step, order: OpenOrder): void => {
  fireLeg(step, order)
  step.touchPaid(order)
  unlock(step, order)
  const refused = isMarket(order.type) && order.side === "BUY" ? checkTriggered(step, order) : undefined
  if (refused === undefined) {
    begin(step, order)
    work(step, order)
  } else {
    expire(step, order, "REJECTED")
    if (order.list !== undefined) legClosed(step, order)
  }
  step.tellEnded()
}

/** A market order must be affordable as a whole at the book's prices. */
const checkTriggered = (step: Step, order: OpenOrder): Refusal =>
  step.state.ledger.covers(order.seat.quoteSlot, scanLots(step, order, order.lots, 0).quote)
    ? undefined
    : Rejection.insufficientBalance
