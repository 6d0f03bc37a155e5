// The simulated order book of one symbol: orders queue at each price by age, takers meet them there. It keeps count of what changed.
import type { Level } from "../../domain/Market.ts"
import type { Side } from "../../domain/Order.ts"

/** Who wants to know what became of its orders. */
export interface Owner {
  readonly filled: (side: Side, lots: number) => void
}

export interface SimOrder {
  readonly owner?: Owner
  readonly side: Side
  readonly ticks: number
  /** What is left of it; zero once it is filled or cancelled. */
  lots: number
}

/** The orders at one price, oldest first. */
interface Queue {
  readonly ticks: number
  lots: number
  orders: Array<SimOrder>
}

class BookSide {
  /** Best first. */
  readonly queues: Array<Queue> = []
  /** Lots at prices touched since the last `takeChanges`, as they were. */
  private readonly touched = new Map<number, number>()
  /** 1 for asks, -1 for bids: `ticks × sign` ascends. */
  private readonly sign: 1 | -1

  constructor(sign: 1 | -1) {
    this.sign = sign
  }

  add(order: SimOrder): void {
    const index = this.indexOf(order.ticks)
    let queue = this.queues[index]
    if (queue?.ticks !== order.ticks) {
      queue = { ticks: order.ticks, lots: 0, orders: [] }
      this.queues.splice(index, 0, queue)
    }
    this.touch(queue)
    queue.orders.push(order)
    queue.lots += order.lots
  }

  remove(order: SimOrder): void {
    const index = this.indexOf(order.ticks)
    const queue = this.queues[index]
    if (queue?.ticks !== order.ticks || order.lots === 0) return
    this.touch(queue)
    queue.lots -= order.lots
    queue.orders = queue.orders.filter((other) => other !== order)
    order.lots = 0
    if (queue.lots === 0) this.queues.splice(index, 1)
  }

  removeWorst(): void {
    const worst = this.queues.at(-1)
    if (worst === undefined) return
    this.touch(worst)
    for (const order of worst.orders) order.lots = 0
    this.queues.pop()
  }

  /** Takes from the best queue, oldest order first. */
  takeBest(lots: number): number {
    const queue = this.queues[0]!
    this.touch(queue)
    let left = Math.min(lots, queue.lots)
    const taken = left
    queue.lots -= taken
    while (left > 0) {
      const order = queue.orders[0]!
      const filled = Math.min(left, order.lots)
      order.lots -= filled
      left -= filled
      order.owner?.filled(order.side, filled)
      if (order.lots === 0) queue.orders.shift()
    }
    if (queue.lots === 0) this.queues.shift()
    return taken
  }

  takeChanges(): Array<Level> {
    const changes: Array<Level> = []
    for (const [ticks, before] of this.touched) {
      const queue = this.queues[this.indexOf(ticks)]
      const lots = queue?.ticks === ticks ? queue.lots : 0
      if (lots !== before) changes.push({ ticks, lots })
    }
    this.touched.clear()
    return changes
  }

  private touch(queue: Queue): void {
    if (!this.touched.has(queue.ticks)) this.touched.set(queue.ticks, queue.lots)
  }

  /** The first queue that is not better than `ticks`. */
  private indexOf(ticks: number): number {
    const { queues, sign } = this
    let low = 0
    let high = queues.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (queues[middle]!.ticks * sign < ticks * sign) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** A taker leaves this many levels, so that a side is never without a price. */
const LEVELS_LEFT = 3

export class SimBook {
  private readonly bids = new BookSide(-1)
  private readonly asks = new BookSide(1)

  levels(side: Side): ReadonlyArray<Level & { readonly orders: ReadonlyArray<SimOrder> }> {
    return this.side(side).queues
  }

  /** Price of the best bid (BUY) or ask (SELL), in ticks. */
  best(side: Side): number | undefined {
    return this.side(side).queues[0]?.ticks
  }

  /** An order that would meet one of the other side goes to the best price at which it rests. */
  rest(order: Omit<SimOrder, "lots">, lots: number): SimOrder {
    const other = this.best(opposite(order.side))
    const bound = other === undefined ? order.ticks : order.side === "BUY" ? other - 1 : other + 1
    const ticks = order.side === "BUY" ? Math.min(order.ticks, bound) : Math.max(order.ticks, bound)
    const resting = { ...order, ticks, lots }
    this.side(order.side).add(resting)
    return resting
  }

  cancel(order: SimOrder): void {
    this.side(order.side).remove(order)
  }

  cancelWorst(side: Side): void {
    this.side(side).removeWorst()
  }

  /** Takes up to `lots` from the other side, at most `levels` of them and not beyond `limit` ticks. Best first. */
  take(taker: Side, lots: number, levels: number, limit?: number): ReadonlyArray<Level> {
    const side = this.side(opposite(taker))
    const taken: Array<Level> = []
    let left = lots
    while (left > 0 && taken.length < levels && side.queues.length > LEVELS_LEFT) {
      const { ticks } = side.queues[0]!
      if (limit !== undefined && (taker === "BUY" ? ticks > limit : ticks < limit)) break
      const some = side.takeBest(left)
      taken.push({ ticks, lots: some })
      left -= some
    }
    return taken
  }

  /** Levels whose size is not what it was, since this was last asked; zero lots for those that are gone. */
  takeChanges(): { readonly bids: ReadonlyArray<Level>; readonly asks: ReadonlyArray<Level> } {
    return { bids: this.bids.takeChanges(), asks: this.asks.takeChanges() }
  }

  private side(side: Side): BookSide {
    return side === "BUY" ? this.bids : this.asks
  }
}

export const opposite = (side: Side): Side => (side === "BUY" ? "SELL" : "BUY")
