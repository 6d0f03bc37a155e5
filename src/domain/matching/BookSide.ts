// One side of users' resting orders: price levels sorted with the best at the end of an array, where insertion and removal are cheap,
// and the orders of a level as a linked list, oldest first.
import type { Side } from "../Order.ts"
import type { OpenOrder } from "./OpenOrder.ts"

export class PriceLevel {
  readonly side: BookSide
  readonly ticks: number
  /** Visible lots of all its orders. */
  lots = 0
  first: OpenOrder | undefined = undefined
  last: OpenOrder | undefined = undefined
  /** The lots that were last told, and the step that touched it last: changes are told once a step. */
  toldLots = 0
  touchedIn = 0

  constructor(side: BookSide, ticks: number) {
    this.side = side
    this.ticks = ticks
  }

  append(order: OpenOrder): void {
    order.level = this
    order.next = undefined
    order.previous = this.last
    if (this.last === undefined) this.first = order
    else this.last.next = order
    this.last = order
    this.lots += order.visible
  }

  unlink(order: OpenOrder): void {
    if (order.previous === undefined) this.first = order.next
    else order.previous.next = order.next
    if (order.next === undefined) this.last = order.previous
    else order.next.previous = order.previous
    order.previous = undefined
    order.next = undefined
    order.level = undefined
    this.lots -= order.visible
  }
}

export class BookSide {
  readonly side: Side
  /** 1 for bids, -1 for asks: `ticks × sign` ascends towards the best. */
  readonly sign: 1 | -1
  readonly levels: Array<PriceLevel> = []

  constructor(side: Side) {
    this.side = side
    this.sign = side === "BUY" ? 1 : -1
  }

  best(): PriceLevel | undefined {
    return this.levels.length === 0 ? undefined : this.levels[this.levels.length - 1]
  }

  /** Best price, 0 where nothing rests. */
  bestTicks(): number {
    const { length } = this.levels
    return length === 0 ? 0 : this.levels[length - 1]!.ticks
  }

  at(ticks: number): PriceLevel | undefined {
    const level = this.levels[this.indexOf(ticks)]
    return level !== undefined && level.ticks === ticks ? level : undefined
  }

  /** The level of a price, made if there is none. */
  open(ticks: number): PriceLevel {
    const index = this.indexOf(ticks)
    const found = this.levels[index]
    if (found !== undefined && found.ticks === ticks) return found
    const level = new PriceLevel(this, ticks)
    if (index === this.levels.length) this.levels.push(level)
    else this.levels.splice(index, 0, level)
    return level
  }

  drop(level: PriceLevel): void {
    const index = this.indexOf(level.ticks)
    if (this.levels[index] !== level) throw new Error(`the level at ${level.ticks} is not in the book`)
    if (index === this.levels.length - 1) this.levels.pop()
    else this.levels.splice(index, 1)
  }

  /** First index whose level is at least as good as `ticks`. */
  private indexOf(ticks: number): number {
    const { levels, sign } = this
    const wanted = ticks * sign
    let low = 0
    let high = levels.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (levels[middle]!.ticks * sign < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
