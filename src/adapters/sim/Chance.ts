// Seeded chance. Floats are fine here: they decide what the simulated market does, and become whole ticks and lots before anyone sees them.
// Beyond + - × ÷ and the square root, which IEEE 754 rounds the same everywhere, only Math.exp and Math.log are used in this folder: V8
// computes both in software, so that one version of Node gives the same market on every machine.

/** 32 bits that are a function of the arguments alone. `a` and `b` may be any safe integers. */
const bitsAt = (seed: number, a: number, b: number): number => {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  hash = mix(hash ^ Math.imul(a | 0, 0xc2b2ae35))
  return mix(hash ^ Math.imul(b | 0, 0x27d4eb2f) ^ Math.floor(b / 4_294_967_296))
}

const mix = (value: number): number => {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return hash ^ (hash >>> 16)
}

/** A number in [0, 1) that is a function of its arguments alone. `a` and `b` may be any safe integers. */
export const chanceAt = (seed: number, a: number, b: number): number => (bitsAt(seed, a, b) >>> 0) / 4_294_967_296

/** A nearly normal deviate (the sum of four uniform ones) of mean 0 and variance 1, a function of its arguments alone. */
export const gaussianAt = (seed: number, a: number, b: number): number => {
  const one = bitsAt(seed, a, b)
  const two = mix(one ^ 0x3c6ef372)
  const sum = (one & 0xffff) + (one >>> 16) + (two & 0xffff) + (two >>> 16)
  return (sum / 65_536 - 2) * 1.732
}

/** An exponential deviate of mean 1 from a uniform one, cut at about 7. */
export const exponentialOf = (uniform: number): number => -Math.log(Math.max(1 - uniform, 0.001))

/** Chance as a sequence. */
export class Dice {
  private state = 0
  private readonly seed: number

  constructor(seed: number) {
    this.seed = seed
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

  /** How many of many independent, rare things happen, `mean` on average (Poisson); never more than 50. */
  count(mean: number): number {
    let count = 0
    for (let time = this.exponential(); time < mean && count < 50; time += this.exponential()) count++
    return count
  }
}
