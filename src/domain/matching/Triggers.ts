// Orders that wait for a price. Both directions are sorted with the next to fire at the end, so a price that triggers nothing costs a
// comparison for each.
import { firesOnRise, type OpenOrder } from "./OpenOrder.ts"
import { Trailing } from "./Trailing.ts"

/** `order` fires once the last price has reached its stop price from below (`rising`) or above. */
class Stops {
  readonly rising: boolean
  readonly orders: Array<OpenOrder> = []

  constructor(rising: boolean) {
    this.rising = rising
  }

  reached(ticks: number): boolean {
    const { length } = this.orders
    if (length === 0) return false
    const { stopTicks } = this.orders[length - 1]!
    return this.rising ? stopTicks <= ticks : stopTicks >= ticks
  }

  add(order: OpenOrder): void {
    this.orders.splice(this.indexOf(order), 0, order)
  }

  remove(order: OpenOrder): void {
    const index = this.indexOf(order)
    if (this.orders[index] !== order) throw new Error(`order ${order.orderId} does not wait for a stop price`)
    this.orders.splice(index, 1)
  }

  /** First index whose order does not fire after this one. */
  private indexOf(order: OpenOrder): number {
    let low = 0
    let high = this.orders.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.firesLater(this.orders[middle]!, order)) low = middle + 1
      else high = middle
    }
    return low
  }

  private firesLater(a: OpenOrder, b: OpenOrder): boolean {
    if (a.stopTicks !== b.stopTicks) return a.stopTicks > b.stopTicks === this.rising
    return a.waitingSince > b.waitingSince
  }
}

export class Triggers {
  private readonly rising = new Stops(true)
  private readonly falling = new Stops(false)
  private readonly sells = new Trailing("SELL")
  private readonly buys = new Trailing("BUY")
  private waiting = 0

  get size(): number {
    return this.waiting
  }

  /** Whether a trade at this price fires anything, or moves a trailing stop. */
  moves(ticks: number): boolean {
    return (
      this.waiting > 0 &&
      (this.rising.reached(ticks) || this.falling.reached(ticks) || this.sells.moves(ticks) || this.buys.moves(ticks))
    )
  }

  /** Waits for its stop price; a trailing one without any begins with the next trade. */
  await(order: OpenOrder): void {
    order.where = "stop"
    this.waiting++
    this.stopsOf(order).add(order)
  }

  track(order: OpenOrder, extreme: number): void {
    order.where = "trailing"
    this.waiting++
    this.trailingOf(order).add(order, extreme)
  }

  remove(order: OpenOrder): void {
    if (order.where === "stop") this.stopsOf(order).remove(order)
    else this.trailingOf(order).remove(order)
    order.where = "nowhere"
    this.waiting--
  }

  /**
   * What a trade at this price triggers, in the order the price came by it, then by age. Trailing stops whose stop price it reached
   * begin to track from it; `began` is told of them.
   */
  fire(ticks: number, began: (order: OpenOrder) => void): ReadonlyArray<OpenOrder> {
    const fired: Array<OpenOrder> = []
    const starting: Array<OpenOrder> = []
    for (const stops of [this.rising, this.falling]) {
      while (stops.reached(ticks)) {
        const order = stops.orders.pop()!
        order.where = "nowhere"
        this.waiting--
        order.firedAt = order.stopTicks
        if (order.trailingBips === 0) fired.push(order)
        else starting.push(order)
      }
    }
    for (const trailing of [this.sells, this.buys]) {
      const before = fired.length
      trailing.follow(ticks, fired)
      for (let index = before; index < fired.length; index++) {
        fired[index]!.where = "nowhere"
        this.waiting--
      }
    }
    for (const order of starting) {
      this.track(order, ticks)
      began(order)
    }
    return fired.toSorted(
      (a, b) => Math.abs(b.firedAt - ticks) - Math.abs(a.firedAt - ticks) || a.waitingSince - b.waitingSince
    )
  }

  private stopsOf(order: OpenOrder): Stops {
    return order.stopTicks === 0 || firesOnRise(order.type, order.side) ? this.rising : this.falling
  }

  private trailingOf(order: OpenOrder): Trailing {
    return order.side === "SELL" ? this.sells : this.buys
  }
}
