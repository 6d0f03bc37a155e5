// Self-trade prevention: the taker's mode decides (Binance, "Self Trade Prevention"). Within one account TRANSFER is DECREMENT.
import { fireLeg, legClosed } from "./Contingency.ts"
import { type OpenOrder, remainingOf } from "./OpenOrder.ts"
import { close, resize, resizeShown } from "./Resting.ts"
import type { Step } from "./Step.ts"

/** The taker has met an order of its own account. Afterwards at least one of the two is closed or smaller. */
export const prevent = (step: Step, taker: OpenOrder, maker: OpenOrder): void => {
  const { ticks } = maker
  const takerLots = remainingOf(taker)
  const makerLots = remainingOf(maker)
  const preventedMatchId = ++step.state.preventedMatchId
  const common = Math.min(takerLots, maker.visible)
  switch (taker.stp) {
    case "EXPIRE_TAKER":
      reduce(step, taker, takerLots, preventedMatchId, ticks, maker.orderId, false)
      break
    case "EXPIRE_MAKER":
      reduce(step, maker, makerLots, preventedMatchId, ticks, taker.orderId, true)
      break
    case "EXPIRE_BOTH":
      reduce(step, taker, takerLots, preventedMatchId, ticks, maker.orderId, false)
      reduce(step, maker, makerLots, preventedMatchId, ticks, taker.orderId, true)
      break
    case "DECREMENT":
    case "TRANSFER":
      reduce(step, taker, common, preventedMatchId, ticks, maker.orderId, false)
      reduce(step, maker, common, preventedMatchId, ticks, taker.orderId, true)
      break
    case "NONE":
      throw new Error("self-trade prevention without a mode")
  }
  if (step.ended.length > 0) step.tellEnded()
}

/** `lots` of an order can no longer trade; nothing left ends it. */
const reduce = (
  step: Step,
  order: OpenOrder,
  lots: number,
  preventedMatchId: number,
  ticks: number,
  counterOrderId: number,
  maker: boolean
): void => {
  if (order.list !== undefined) fireLeg(step, order)
  const ends = lots === remainingOf(order)
  step.touchPaid(order)
  if (ends) {
    close(step, order, "EXPIRED_IN_MATCH")
    order.preventedLots += lots
  } else if (maker) resizeShown(step, order, lots, () => (order.preventedLots += lots))
  else resize(step, order, () => (order.preventedLots += lots))
  const working = !ends
  step.execution(order, "TRADE_PREVENTION", working, undefined, {
    preventedMatchId,
    lots,
    ticks,
    counterOrderId,
    maker
  })
  if (ends && order.list !== undefined) legClosed(step, order)
}
