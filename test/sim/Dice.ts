// Chance that falls the same way for the same seed.

export class Dice {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = Math.imul(seed, 0x9e3779b9) >>> 0
    this.#c = Math.imul(seed ^ 0x85ebca6b, 0xc2b2ae35) >>> 0
    this.#d = 1
    for (let index = 0; index < 16; index++) this.next()
  }

  /** In [0, 1): sfc32 of PractRand. */
  readonly next = (): number => {
    const sum = (((this.#a + this.#b) >>> 0) + this.#d) >>> 0
    this.#d = (this.#d + 1) >>> 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) >>> 0
    this.#c = (this.#c + sum) >>> 0
    return sum / 2 ** 32
  }

  /** A whole number below `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(share: number): boolean {
    return share > 0 && this.next() < share
  }

  /** Exponential, whole milliseconds. */
  exponential(mean: number): number {
    return Math.round(-Math.log(1 - this.next()) * mean)
  }

  pick<A>(items: ReadonlyArray<A>): A {
    return items[this.below(items.length)]!
  }
}
