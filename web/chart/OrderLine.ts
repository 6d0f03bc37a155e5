// Where an own order stands on the chart: at its trigger while it waits for that, at its limit once it works.
import type { OrderView } from "../../src/contract/Views.ts"
import { isStop } from "../../src/domain/Order.ts"

export interface OrderLine {
  readonly price: string
  readonly kind: "limit" | "stop"
}

export const lineOf = (order: OrderView): OrderLine | undefined => {
  const waits = isStop(order) && order.isWorking !== true
  if (waits) return typeof order.stopPrice === "string" ? { price: order.stopPrice, kind: "stop" } : undefined
  return order.price === null ? undefined : { price: order.price, kind: "limit" }
}
