// Queries that do not see an order yet: what an exchange whose reads lag behind its engine answers.
import type { Call } from "./CallFaults.ts"
import { orderHidden } from "./FaultAnswer.ts"
import type { FaultAnswer } from "./FaultAnswer.ts"
import type { FaultRegistry } from "./FaultRegistry.ts"

/** From here on a time on the wire is in microseconds. */
const MICROSECONDS_FROM = 100_000_000_000_000

/** Milliseconds of when an answered order was placed; undefined for what is no order. */
const placedAt = (answer: unknown): number | undefined => {
  if (typeof answer !== "object" || answer === null || !("orderId" in answer) || !("time" in answer)) return undefined
  const { time } = answer
  if (typeof time !== "number") return undefined
  return time >= MICROSECONDS_FROM ? time / 1000 : time
}

/** A query's answer without the orders that cannot be seen yet; of a single one, that there is none. */
export const seen = (
  registry: FaultRegistry,
  call: Call,
  answer: unknown
): { readonly answer: unknown } | FaultAnswer => {
  if (!registry.stands("hideOrders")) return { answer }
  const hidden = (order: unknown): boolean => {
    const placed = placedAt(order)
    if (placed === undefined) return false
    const hits = registry.hits("hideOrders", call, call.at, ({ millis }) => call.at - placed < millis)
    for (const hit of hits) hit.record(`an order placed at ${placed} was not seen`)
    return hits.length > 0
  }
  if (Array.isArray(answer)) return { answer: answer.filter((order) => !hidden(order)) }
  return hidden(answer) ? orderHidden : { answer }
}
