// A dry walk of the book: what a taker would get and pay, without touching anything. FOK, MARKET by quote and the funds of a MARKET BUY
// are decided by it.
import type { Side } from "../Order.ts"
import type { PriceLevel } from "./BookSide.ts"
import type { OpenOrder } from "./OpenOrder.ts"
import { remainingOf } from "./OpenOrder.ts"
import type { Amount } from "./Order.ts"
import type { Step } from "./Step.ts"

export interface Scan {
  /** Lots that would trade. */
  readonly lots: number
  /** What they cost or bring, in the quote asset. */
  readonly quote: Amount
  /** Whether anything rests on the other side at all. */
  readonly empty: boolean
}

/** Either bound ends the walk: lots, or an amount of the quote asset spent or earned. */
interface Wanted {
  readonly lots: number
  readonly quote: Amount | undefined
  readonly limitTicks: number
}

/** Walks both books from their best prices; at one price users come first. Own orders are met as self-trade prevention would. */
class DryWalk {
  private readonly step: Step
  private readonly taker: OpenOrder
  private readonly wanted: Wanted
  private left: number
  private budget: Amount
  lots = 0
  quote: Amount = 0n
  empty = true
  private done = false

  constructor(step: Step, taker: OpenOrder, wanted: Wanted) {
    this.step = step
    this.taker = taker
    this.wanted = wanted
    this.left = wanted.lots
    this.budget = wanted.quote ?? 0n
  }

  run(): Scan {
    const { side } = this.taker
    const { levels } = this.step.book.against(side)
    const { outside } = this.step.market
    let level = levels.length - 1
    let outsideTicks = this.step.outsideTicks(side)
    let index = this.step.outsideIndex(side)
    let outsideLots = outsideTicks === 0 ? 0 : this.step.outsideLots(side)
    while (!this.done) {
      const userTicks = level < 0 ? 0 : levels[level]!.ticks
      const users = userTicks !== 0 && (outsideTicks === 0 || !isBetter(side, outsideTicks, userTicks))
      const ticks = users ? userTicks : outsideTicks
      if (ticks === 0 || (this.wanted.limitTicks !== 0 && isBetter(side, this.wanted.limitTicks, ticks))) break
      this.empty = false
      if (users) {
        this.walkLevel(levels[level]!)
        level--
      } else {
        this.take(ticks, outsideLots)
        index++
        outsideTicks = outside.ticksAt(side, index)
        outsideLots = outsideTicks === 0 ? 0 : outside.lotsAt(side, index)
      }
    }
    return this
  }

  /** Oldest first. An iceberg shows slice after slice, each behind all who stand at the price by then. */
  private walkLevel({ first }: PriceLevel): void {
    const hidden: Array<{ readonly maker: OpenOrder; readonly left: number }> = []
    for (let maker = first; maker !== undefined && !this.done; maker = maker.next) {
      const stays = this.meet(maker, maker.visible)
      const left = remainingOf(maker) - maker.visible
      if (stays && left > 0) hidden.push({ maker, left })
    }
    for (let next = hidden.shift(); next !== undefined && !this.done; next = hidden.shift()) {
      const { left, maker } = next
      const shown = Math.min(left, maker.icebergLots)
      this.meet(maker, shown)
      if (left > shown) hidden.push({ maker, left: left - shown })
    }
  }

  /** False where self-trade prevention takes the maker off the book. */
  private meet(maker: OpenOrder, shown: number): boolean {
    const { taker } = this
    if (maker.seat !== taker.seat || taker.stp === "NONE") {
      this.take(maker.ticks, shown)
      return true
    }
    if (taker.stp === "EXPIRE_MAKER") return false
    const { scale } = this.step.book.rules
    const spent = this.wanted.quote !== undefined && scale.lotsFor(maker.ticks, this.budget) === 0
    if (taker.stp === "EXPIRE_TAKER" || taker.stp === "EXPIRE_BOTH" || spent) {
      this.done = true
      return false
    }
    const common = Math.min(this.left, shown)
    this.left -= common
    // Prevented lots are part of the quantity that an amount of the quote asset stands for; they cost nothing.
    if (this.wanted.quote !== undefined) this.lots += common
    if (this.left === 0) this.done = true
    return true
  }

  private take(ticks: number, offered: number): void {
    const { scale } = this.step.book.rules
    let lots = Math.min(this.left, offered)
    if (this.wanted.quote !== undefined) {
      const affordable = scale.lotsFor(ticks, this.budget)
      if (affordable < lots) {
        lots = affordable
        this.done = true
      }
    }
    const quote = scale.quoteOf(ticks, lots)
    this.lots += lots
    this.left -= lots
    this.quote += quote
    this.budget -= quote
    if (this.left === 0) this.done = true
  }
}

/** Whether a taker of this side prefers price `a` to `b`. */
export const isBetter = (taker: Side, a: number, b: number): boolean => (taker === "BUY" ? a < b : a > b)

/** Up to the order's lots, within its limit. */
export const scanLots = (step: Step, taker: OpenOrder, lots: number, limitTicks: number): Scan =>
  new DryWalk(step, taker, { lots, quote: undefined, limitTicks }).run()

/** As many lots as an amount of the quote asset buys or a sale needs to bring it, rounded down level by level. */
export const scanQuote = (step: Step, taker: OpenOrder, quote: Amount): Scan =>
  new DryWalk(step, taker, { lots: Number.MAX_SAFE_INTEGER, quote, limitTicks: 0 }).run()
