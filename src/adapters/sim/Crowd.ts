// Everyone else who rests orders: they come and go at chance, more of both when the market is lively.
import type { Side } from "../../domain/Order.ts"
import type { Dice } from "./Chance.ts"
import type { Scale } from "./Scale.ts"
import { opposite, type SimBook } from "./SimBook.ts"

/** Levels a side the book keeps after each step. */
const FEWEST = 30
const MOST = 45
/** Orders a side that come in a step, and the share of those there that go: about forty stand at a time. */
const ARRIVALS = 0.5
const CANCELS = 0.012
/** Half the mean distance of a new order from the best, in gaps. */
const DISTANCE = 3.5
/** Orders farther from the best than this go, and nearer than this the book is filled where it is thin; in gaps. */
const FARTHEST = 40
const FILLED = 20
/** Five times what it takes to find the missing levels among as many that are taken. */
const MOST_TRIES = 10 * FEWEST

export class Crowd {
  private readonly scale: Scale
  private readonly dice: Dice

  constructor(scale: Scale, dice: Dice) {
    this.scale = scale
    this.dice = dice
  }

  act(book: SimBook, excitement: number): void {
    const pace = 0.5 + 0.5 * Math.min(4, excitement)
    for (const side of ["BUY", "SELL"] as const) {
      for (let left = this.dice.count(ARRIVALS * pace); left > 0; left--) this.arrive(book, side)
      this.leave(book, side, pace)
    }
  }

  /** As many orders as stand in a book that has been open for long. */
  settle(book: SimBook): void {
    for (const side of ["BUY", "SELL"] as const) {
      for (let left = Math.round(ARRIVALS / CANCELS); left > 0; left--) this.arrive(book, side)
    }
  }

  /** The book neither thins out nor grows without end. */
  bound(book: SimBook): void {
    for (const side of ["BUY", "SELL"] as const) {
      const levels = book.levels(side)
      const outwards = side === "BUY" ? -1 : 1
      const away = (at: number) => (levels.at(at)!.ticks - levels[0]!.ticks) * outwards
      while (levels.length > MOST || away(-1) > FARTHEST * this.scale.gapTicks) book.cancelWorst(side)
      // Thin places are filled at random; a price that is taken already is another try.
      for (let tries = 0; levels.length < FEWEST && tries < MOST_TRIES; tries++) {
        const ticks = levels[0]!.ticks + outwards * this.dice.whole(1, FILLED * this.scale.gapTicks)
        if (ticks >= 1) book.rest({ side, ticks }, this.size(0.25))
      }
    }
  }

  /** Few dare to be first, most stand some levels behind the best, fewer and smaller ones beyond. */
  private arrive(book: SimBook, side: Side): void {
    const { dice, scale } = this
    const outwards = side === "BUY" ? -1 : 1
    const best = book.best(side)
    const other = book.best(opposite(side))
    if (best === undefined || other === undefined) return
    const improves = Math.abs(other - best) > 2 && dice.roll() < 0.08
    const away = improves ? -1 : Math.round(DISTANCE * (dice.exponential() + dice.exponential()) * scale.gapTicks)
    const exact = best + outwards * away
    const round = outwards * Math.ceil((outwards * exact) / scale.roundTicks) * scale.roundTicks
    const ticks = away > 0 && dice.roll() < 0.3 ? round : exact
    if (ticks >= 1) book.rest({ side, ticks }, this.size(improves ? 0.3 : 0.9 / (1 + away / (8 * scale.gapTicks))))
  }

  private leave(book: SimBook, side: Side, pace: number): void {
    const { dice } = this
    const levels = book.levels(side)
    const orders = levels.reduce((sum, level) => sum + level.orders.length, 0)
    for (let left = dice.count(orders * CANCELS * pace); left > 0; left--) {
      const level = levels[dice.whole(0, levels.length - 1)]
      const order = level?.orders[dice.whole(0, level.orders.length - 1)]
      // Makers mind their own; and someone always stands at the best price.
      if (order !== undefined && order.owner === undefined && levels.length > 3) book.cancel(order)
    }
  }

  private size(levels: number): number {
    return Math.max(2, Math.round(this.scale.levelLots * levels * this.dice.exponential()))
  }
}
