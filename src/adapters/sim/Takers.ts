// Those who take what rests: the informed, who know the fair price; those who follow a move; those who trade for reasons of their own,
// mostly in many small orders of one side; and now and then one who wants a lot at once.
import type { Level } from "../../domain/Market.ts"
import type { Side } from "../../domain/Order.ts"
import type { Dice } from "./Chance.ts"
import type { Pace } from "./PricePath.ts"
import type { Scale } from "./Scale.ts"
import type { SimBook } from "./SimBook.ts"

export interface Taken {
  readonly side: Side
  readonly levels: ReadonlyArray<Level>
}

export const STEPS_A_MINUTE = 600

/** Levels one taker walks, and one in a hurry. */
const LEVELS = 3
const SWEPT_LEVELS = 12
/** Sweeps a step in a market of average liveliness: one in about five minutes. */
const SWEEPS = 0.000_35
/** What the few large orders add to the mean size. */
const LARGER = 1.16
/** How often those who split a large order turn to the other side. */
const TURNS = 0.1
/** Trades call for trades: what of the pace is always there, what each adds, and how fast that fades. */
const BASE_PACE = 0.4
const CONTAGION = 0.06
const FADING = 0.9
/** What is left of the trend after a step. */
const MEMORY = 0.93

export class Takers {
  private readonly scale: Scale
  private readonly dice: Dice
  private heat = 1 - BASE_PACE
  private side: Side
  private lastMid = Number.NaN
  private drift = 0
  private travel = 0

  constructor(scale: Scale, dice: Dice) {
    this.scale = scale
    this.dice = dice
    this.side = dice.roll() < 0.5 ? "BUY" : "SELL"
  }

  /** `fair` in ticks; `pace` says how many takers are expected in this minute, and how much they want. */
  act(book: SimBook, fair: number, { excitement, trades, volume }: Pace): ReadonlyArray<Taken> {
    const { dice } = this
    const expected = trades / STEPS_A_MINUTE
    const typical = volume / (trades * LARGER)
    const trend = this.follow(book)
    const comers = dice.count(expected * (BASE_PACE + this.heat))
    this.heat = Math.min(3, this.heat * FADING + (CONTAGION * comers) / expected)
    const taken: Array<Taken> = []
    for (let left = comers; left > 0; left--) taken.push(this.one(book, fair, trend, typical))
    if (dice.roll() < SWEEPS * excitement) taken.push(this.sweep(book, trend, typical))
    return taken.filter(({ levels }) => levels.length > 0)
  }

  private one(book: SimBook, fair: number, trend: number, typical: number): Taken {
    const { dice, scale } = this
    const size = typical * dice.exponential() * (dice.roll() < 0.04 ? 5 : 1)
    const lots = Math.max(1, Math.round(size))
    const mispriced = (fair - this.mid(book)) / scale.gapTicks
    if (Math.abs(mispriced) > 0.6 && dice.roll() < 0.6) {
      const side = mispriced > 0 ? "BUY" : "SELL"
      return { side, levels: book.take(side, lots, LEVELS, fair) }
    }
    const side = dice.roll() < 0.5 * Math.abs(trend) ? (trend > 0 ? "BUY" : "SELL") : this.split()
    return { side, levels: book.take(side, lots, LEVELS) }
  }

  private sweep(book: SimBook, trend: number, typical: number): Taken {
    const side = this.dice.roll() < 0.5 + 0.4 * trend ? "BUY" : "SELL"
    const lots = Math.round(typical * (30 + 120 * this.dice.roll()))
    return { side, levels: book.take(side, lots, SWEPT_LEVELS) }
  }

  private split(): Side {
    if (this.dice.roll() < TURNS) this.side = this.side === "BUY" ? "SELL" : "BUY"
    return this.side
  }

  /** How one-sided the last seconds were: from -1, only down, to 1, only up. */
  private follow(book: SimBook): number {
    const mid = this.mid(book)
    const moved = Number.isNaN(this.lastMid) ? 0 : mid - this.lastMid
    this.lastMid = mid
    this.drift = this.drift * MEMORY + moved
    this.travel = this.travel * MEMORY + Math.abs(moved)
    return this.travel === 0 ? 0 : this.drift / this.travel
  }

  private mid(book: SimBook): number {
    return (book.best("BUY")! + book.best("SELL")!) / 2
  }
}
