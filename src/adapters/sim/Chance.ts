// Seeded chance. Floats are fine here: they decide what the simulated market does, and become whole ticks and lots before anyone sees them.

/** A number in [0, 1) that is a function of its arguments alone. `a` and `b` may be any safe integers. */
export const chanceAt = (seed: number, a: number, b: number): number => {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  hash = mix(hash ^ Math.imul(a | 0, 0xc2b2ae35))
  hash = mix(hash ^ Math.imul(b | 0, 0x27d4eb2f) ^ Math.floor(b / 4_294_967_296))
  return (hash >>> 0) / 4_294_967_296
}

const mix = (value: number): number => {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return hash ^ (hash >>> 16)
}

/** Chance as a sequence. */
export class Dice {
  private state: number
  private readonly seed: number

  constructor(seed: number) {
    this.seed = seed
    this.state = 0
  }

  /** In [0, 1). */
  roll(): number {
    return chanceAt(this.seed, 0x51ed, this.state++)
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.roll() * (high - low + 1))
  }

  /** Mostly small, sometimes large; 1 on average. */
  exponential(): number {
    return exponentialOf(this.roll())
  }
}

/** An exponential deviate of mean 1 from a uniform one, cut at about 7. */
export const exponentialOf = (uniform: number): number => -Math.log(Math.max(1 - uniform, 0.001))
