// How orders meet a book: a taker walks the levels, a resting order waits for the tape. Integer ticks and lots only.
import type { Level, Trade } from "./Market.ts"
import type { Side } from "./Order.ts"

/** A slice of an order that traded, at the price of the level it met. */
export interface Execution {
  readonly ticks: number
  readonly lots: number
}

export interface Walk {
  readonly executions: ReadonlyArray<Execution>
  /** Lots no level could give. */
  readonly leftLots: number
}

/** Takes `lots` from `levels`, best first, not beyond `limitTicks`. `available` says what a level still has. */
export const walk = (
  side: Side,
  lots: number,
  limitTicks: number | undefined,
  levels: ReadonlyArray<Level>,
  available: (level: Level) => number
): Walk => {
  const executions: Array<Execution> = []
  let leftLots = lots
  for (const level of levels) {
    if (leftLots === 0) break
    if (limitTicks !== undefined && (side === "BUY" ? level.ticks > limitTicks : level.ticks < limitTicks)) break
    const taken = Math.min(leftLots, available(level))
    if (taken <= 0) continue
    executions.push({ ticks: level.ticks, lots: taken })
    leftLots -= taken
  }
  return { executions, leftLots }
}

export interface Resting {
  readonly id: number
  readonly side: Side
  readonly ticks: number
  readonly lots: number
}

/** Resting orders of one symbol in price-time order. */
export class RestingOrders {
  /** Best first: highest bid, lowest ask; equal prices by age. */
  readonly #bids: Array<Resting> = []
  readonly #asks: Array<Resting> = []

  add(order: Resting): void {
    const side = this.#side(order.side)
    const better = (other: Resting) => (order.side === "BUY" ? other.ticks >= order.ticks : other.ticks <= order.ticks)
    let index = side.length
    while (index > 0 && !better(side[index - 1] as Resting)) index--
    side.splice(index, 0, order)
  }

  remove(side: Side, id: number): void {
    const orders = this.#side(side)
    const index = orders.findIndex((order) => order.id === id)
    if (index !== -1) orders.splice(index, 1)
  }

  get size(): number {
    return this.#bids.length + this.#asks.length
  }

  /**
   * What a trade on the tape gives to the orders resting here: those it traded through — a bid above its price, an ask below —
   * best price first, together never more than the trade's own lots, each at its own limit.
   */
  tradedThrough(trade: Trade): ReadonlyArray<{ readonly order: Resting; readonly lots: number }> {
    const fills: Array<{ order: Resting; lots: number }> = []
    let left = trade.lots
    for (const orders of [this.#bids, this.#asks]) {
      for (let best = orders[0]; best !== undefined && left > 0; best = orders[0]) {
        const through = best.side === "BUY" ? trade.ticks < best.ticks : trade.ticks > best.ticks
        if (!through) break
        const lots = Math.min(left, best.lots)
        left -= lots
        fills.push({ order: best, lots })
        if (lots === best.lots) orders.shift()
        else orders[0] = { ...best, lots: best.lots - lots }
      }
    }
    return fills
  }

  #side(side: Side): Array<Resting> {
    return side === "BUY" ? this.#bids : this.#asks
  }
}
