// Stops and trailing stops compare with the last trade price, at every trade.
import { mark } from "./Paths.ts"
import type { Run } from "./Run.ts"
import type { NaiveOrder } from "./State.ts"
import { firesAbove, isStop } from "./State.ts"

/** Whether a last price satisfies the order's stop price. */
export const reached = (order: Pick<NaiveOrder, "type" | "side" | "stopTicks">, last: number): boolean =>
  firesAbove(order) ? last >= order.stopTicks : last <= order.stopTicks

const BIPS = 10_000n

/** Moves a tracking stop's extreme; true where the price has come back from it by the trailing delta. */
const trails = (order: NaiveOrder, last: number): boolean => {
  const delta = BigInt(order.trailingBips)
  if (order.side === "SELL") {
    order.extreme = Math.max(order.extreme, last)
    return BigInt(last) * BIPS <= BigInt(order.extreme) * (BIPS - delta)
  }
  order.extreme = Math.min(order.extreme, last)
  return BigInt(last) * BIPS >= BigInt(order.extreme) * (BIPS + delta)
}

const fires = (run: Run, order: NaiveOrder, last: number): boolean => {
  if (order.trailingBips === 0) return reached(order, last)
  if (order.trailingAt !== -1) return trails(order, last)
  if (order.stopTicks === 0 || reached(order, last)) {
    mark(run, "trailing stop began to track")
    order.trailingAt = run.at
    order.extreme = last
  }
  return false
}

export const lastTradeAt = (run: Run, last: number): void => {
  run.lastTicks = last
  const waiting = run.state.orders.filter(
    (order) =>
      order.symbol === run.symbol && isStop(order.type) && order.status === "NEW" && !order.working && !order.resting
  )
  const firing = waiting.filter((order) => !isDue(run, order) && fires(run, order, last))
  for (const order of firing.toSorted(inTurn)) trigger(run, order)
}

const isDue = (run: Run, { orderId }: NaiveOrder): boolean =>
  run.due.some((due) => due._tag === "Triggered" && due.orderId === orderId)

/** The first price at which an order fires. */
const firesAt = (order: NaiveOrder): number => {
  if (order.trailingBips === 0) return order.stopTicks
  return order.side === "SELL"
    ? Math.floor((order.extreme * (10_000 - order.trailingBips)) / 10_000)
    : Math.ceil((order.extreme * (10_000 + order.trailingBips)) / 10_000)
}

/** As a price passes them on its way: from the nearest on, then by how long they have waited. */
const inTurn = (a: NaiveOrder, b: NaiveOrder): number => {
  const rises = a.trailingBips === 0 ? firesAbove(a) : a.side === "BUY"
  return (rises ? firesAt(a) - firesAt(b) : firesAt(b) - firesAt(a)) || a.arrival - b.arrival
}

/** The order takes its turn after whatever is trading now; until then it waits as before. */
const trigger = (run: Run, order: NaiveOrder): void => {
  mark(run, `${order.type as "STOP_LOSS"} ${order.side} triggered`)
  if (order.trailingBips > 0) mark(run, `trailing ${order.side} triggered`)
  if (run.due.at(-1)?._tag === "Triggered") mark(run, "several stops triggered by one trade")
  run.due.push({ _tag: "Triggered", orderId: order.orderId })
}
