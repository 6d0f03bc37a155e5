// A random walk over decades of hours whose every hour can be had without the ones before it, and whose volatility comes in clusters of
// all lengths: the multifractal model of asset returns (Mandelbrot, Fisher, Calvet 1997). Clock time is split in halves that get unequal
// shares of the walk's variance, again and again down to the hour; the walk is a Brownian bridge in that uneven time.
import { chanceAt, gaussianAt } from "./Chance.ts"

/** Halvings from the longest span to an hour. */
const LEVELS = 12
/** 171 days. At the bounds of these spans the walk returns to slow cycles around zero, so that prices stay in a range people know. */
const SPAN = 2 ** LEVELS
/** Variance of the walk at those bounds: half of what a free walk would gather in a span. */
const SPAN_DEVIATION = Math.sqrt(SPAN / 2)
/** Slower cycles, a bound each four years, that the spans ride on. */
const CYCLE_SPANS = 8
const CYCLE_DEVIATION = 55

export interface HourOfWalk {
  /** Where the walk stands when the hour begins and when it ends. Typical hours move by 1. */
  readonly from: number
  readonly to: number
  /** The variance of this hour's move; 1 on average. */
  readonly variance: number
}

export class HourWalk {
  private readonly timeSeed: number
  private readonly seed: number
  /** The cells, from the span to the hour, that hold the hour last asked for: neighbours share most of them. */
  private readonly index = Array.from<number>({ length: LEVELS + 1 }).fill(Number.NaN)
  private readonly cells: Array<HourOfWalk> = []

  /** Walks with the same `timeSeed` are calm and wild at the same hours. */
  constructor(timeSeed: number, seed: number) {
    this.timeSeed = timeSeed
    this.seed = seed
  }

  /** `hour` counts from the epoch. */
  at(hour: number): HourOfWalk {
    const span = Math.floor(hour / SPAN)
    let known = this.index[0] === span
    if (!known) {
      this.index[0] = span
      this.cells[0] = { from: this.bound(span), to: this.bound(span + 1), variance: SPAN }
    }
    for (let level = 1, length = SPAN / 2; level <= LEVELS; level++, length /= 2) {
      const index = Math.floor(hour / length)
      known = known && this.index[level] === index
      if (known) continue
      this.index[level] = index
      this.cells[level] = this.half(level, index)
    }
    return this.cells[LEVELS]!
  }

  private half(level: number, index: number): HourOfWalk {
    const { from, to, variance } = this.cells[level - 1]!
    const parent = this.index[level - 1]!
    const share = 0.25 + 0.5 * chanceAt(this.timeSeed, level, parent)
    const noise = gaussianAt(this.seed, level, parent) * Math.sqrt(variance * share * (1 - share))
    const middle = from + (to - from) * share + noise
    return index % 2 === 0
      ? { from, to: middle, variance: variance * share }
      : { from: middle, to, variance: variance * (1 - share) }
  }

  private bound(span: number): number {
    const cycle = Math.floor(span / CYCLE_SPANS)
    const [from, to] = [gaussianAt(this.seed, 51, cycle), gaussianAt(this.seed, 51, cycle + 1)]
    const slow = from + (to - from) * (span / CYCLE_SPANS - cycle)
    return slow * CYCLE_DEVIATION + gaussianAt(this.seed, 50, span) * SPAN_DEVIATION
  }
}
