// Trailing stops of one side that track the market. Those with the same extreme share it, so a price that makes a new one moves them all
// at once, and a price that does neither that nor trigger costs two comparisons.
import type { Side } from "../Order.ts"
import type { OpenOrder } from "./OpenOrder.ts"

const WHOLE_BIPS = 10_000
const LARGEST_EXACT = Math.floor(Number.MAX_SAFE_INTEGER / (2 * WHOLE_BIPS))

export interface Trail {
  extreme: number
  /** The one that fires first is last: the smallest delta, then the oldest. */
  orders: Array<OpenOrder>
}

const byDelta = (a: OpenOrder, b: OpenOrder) => b.trailingBips - a.trailingBips || b.waitingSince - a.waitingSince

/** SELL: the highest price at which it fires, max × (1 − delta); BUY: the lowest, min × (1 + delta). */
export const firesAt = (side: Side, extreme: number, bips: number): number => {
  const factor = side === "SELL" ? WHOLE_BIPS - bips : WHOLE_BIPS + bips
  if (extreme > LARGEST_EXACT) {
    const product = BigInt(extreme) * BigInt(factor)
    return Number((product + (side === "SELL" ? 0n : BigInt(WHOLE_BIPS - 1))) / BigInt(WHOLE_BIPS))
  }
  const product = extreme * factor
  return side === "SELL" ? Math.floor(product / WHOLE_BIPS) : Math.ceil(product / WHOLE_BIPS)
}

export class Trailing {
  readonly side: Side
  /** `price × sign` grows in the favourable direction. */
  private readonly sign: 1 | -1
  /** Furthest extreme first; the last is overtaken first. */
  readonly trails: Array<Trail> = []
  /** `price × sign` at or below which the first of all fires. */
  private firing = -Infinity

  constructor(side: Side) {
    this.side = side
    this.sign = side === "SELL" ? 1 : -1
  }

  moves(ticks: number): boolean {
    const { trails, sign } = this
    const { length } = trails
    return length > 0 && (ticks * sign > trails[length - 1]!.extreme * sign || ticks * sign <= this.firing)
  }

  add(order: OpenOrder, extreme: number): void {
    const { trails, sign } = this
    let index = trails.length
    while (index > 0 && trails[index - 1]!.extreme * sign < extreme * sign) index--
    let trail = trails[index - 1]
    if (trail === undefined || trail.extreme !== extreme) {
      trail = { extreme, orders: [] }
      trails.splice(index, 0, trail)
    }
    let at = trail.orders.length
    while (at > 0 && byDelta(trail.orders[at - 1]!, order) > 0) at--
    trail.orders.splice(at, 0, order)
    order.trail = trail
    this.settle()
  }

  remove(order: OpenOrder): void {
    const { trail } = order
    const at = trail === undefined ? -1 : trail.orders.indexOf(order)
    if (trail === undefined || at < 0) throw new Error(`order ${order.orderId} does not trail the market`)
    trail.orders.splice(at, 1)
    if (trail.orders.length === 0) this.trails.splice(this.trails.indexOf(trail), 1)
    order.trail = undefined
    this.settle()
  }

  /** Moves extremes that the price overtook, then takes out what it triggers. */
  follow(ticks: number, fired: Array<OpenOrder>): void {
    this.overtake(ticks)
    for (;;) {
      const next = this.firstToFire()
      if (next === undefined || this.keyOf(next) < ticks * this.sign) break
      next.firedAt = this.keyOf(next) * this.sign
      fired.push(next)
      this.remove(next)
    }
    this.settle()
  }

  private overtake(ticks: number): void {
    const { trails, sign } = this
    let moved: Trail | undefined
    while (trails.length > 0 && ticks * sign > trails[trails.length - 1]!.extreme * sign) {
      const trail = trails.pop()!
      moved = moved === undefined ? trail : merge(moved, trail)
    }
    if (moved === undefined) return
    moved.extreme = ticks
    const last = trails.at(-1)
    if (last === undefined || last.extreme !== ticks) trails.push(moved)
    else merge(last, moved)
  }

  private firstToFire(): OpenOrder | undefined {
    let first: OpenOrder | undefined
    for (const { orders } of this.trails) {
      const order = orders[orders.length - 1]!
      if (first === undefined || this.keyOf(order) > this.keyOf(first)) first = order
      else if (this.keyOf(order) === this.keyOf(first) && order.waitingSince < first.waitingSince) first = order
    }
    return first
  }

  private keyOf(order: OpenOrder): number {
    return firesAt(this.side, order.trail!.extreme, order.trailingBips) * this.sign
  }

  private settle(): void {
    const first = this.firstToFire()
    this.firing = first === undefined ? -Infinity : this.keyOf(first)
  }
}

const merge = (into: Trail, from: Trail): Trail => {
  for (const order of from.orders) order.trail = into
  into.orders = [...into.orders, ...from.orders].toSorted(byDelta)
  return into
}
