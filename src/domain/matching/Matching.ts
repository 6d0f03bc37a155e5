// A taker on its way through the book: price first, then time; at one price users before the outside market.
import { legClosed } from "./Contingency.ts"
import { isMarket, type OpenOrder, remainingOf } from "./OpenOrder.ts"
import { isOpen } from "./Order.ts"
import { close, expire, lock, register, rest } from "./Resting.ts"
import { isBetter, scanLots } from "./Scan.ts"
import { prevent } from "./SelfTrade.ts"
import type { Step } from "./Step.ts"
import { cross, walk } from "./Trading.ts"

/** Matches what can be, then rests or expires what is left. The order holds no lock; its owner has what it needs free. */
export const work = (step: Step, order: OpenOrder): void => {
  const limitTicks = isMarket(order.type) ? 0 : order.ticks
  if (order.timeInForce === "FOK" && scanLots(step, order, order.lots, limitTicks).lots < order.lots) {
    expire(step, order, "UNFILLED_FOK_ORDER_EXPIRED")
  } else {
    match(step, order, limitTicks)
    if (isOpen(order.status)) settle(step, order)
    else if (order.registered) close(step, order, order.status)
  }
  if (order.list !== undefined && !isOpen(order.status)) {
    legClosed(step, order)
    step.tellEnded()
  }
}

/** What became of an order that has met all it could. */
const settle = (step: Step, order: OpenOrder): void => {
  if (isMarket(order.type)) return expire(step, order, "INSUFFICIENT_LIQUIDITY")
  if (order.timeInForce === "IOC") return expire(step, order, "UNFILLED_IOC_QUANTITY_EXPIRED")
  if (order.timeInForce === "FOK") return expire(step, order, "UNFILLED_FOK_ORDER_EXPIRED")
  lock(step, order)
  register(step.book, order)
  rest(step, order)
}

const match = (step: Step, taker: OpenOrder, limitTicks: number): void => {
  const { side } = taker
  const makers = step.book.against(side)
  let left = remainingOf(taker)
  while (left > 0) {
    const level = makers.best()
    const outsideTicks = step.outsideTicks(side)
    const users = level !== undefined && (outsideTicks === 0 || !isBetter(side, outsideTicks, level.ticks))
    const ticks = users ? level.ticks : outsideTicks
    if (ticks === 0 || (limitTicks !== 0 && isBetter(side, limitTicks, ticks))) return
    if (users) {
      const maker = level.first!
      if (maker.seat === taker.seat && taker.stp !== "NONE") prevent(step, taker, maker)
      else cross(step, taker, maker, left < maker.visible ? left : maker.visible)
    } else {
      const offered = step.outsideLots(side)
      // The exchange cannot hold what this level would bring in. Resting past it could cross the book.
      if (!walk(step, taker, ticks, left < offered ? left : offered)) {
        return expire(step, taker, "INSUFFICIENT_LIQUIDITY")
      }
    }
    if (!isOpen(taker.status)) return
    left = remainingOf(taker)
  }
}

/** Whether an order of this side at this price would meet anything. */
export const crosses = (step: Step, order: OpenOrder): boolean => {
  const { side, ticks } = order
  const userTicks = step.book.against(side).bestTicks()
  if (userTicks !== 0 && !isBetter(side, ticks, userTicks)) return true
  const outsideTicks = step.outsideTicks(side)
  return outsideTicks !== 0 && !isBetter(side, ticks, outsideTicks)
}
