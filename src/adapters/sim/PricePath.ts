// The simulated price as a function of time: the same seed and moment give the same price, whoever asks and in whatever order.
// So history needs no storage, a restart continues where the market would be, and the past joins the present.
import type { Candle } from "../../domain/Candle.ts"
import { chanceAt } from "./Chance.ts"
import { type Shape, subdivide } from "./Subdivision.ts"

export const SECOND = 1_000
export const MINUTE = 60_000
export const HOUR = 3_600_000

/** How the market is in a minute. */
export interface Pace {
  /** Volatility, 1 on average: about 0.3 in calm hours, 3 in wild ones; the same for all symbols. */
  readonly excitement: number
  readonly volume: number
  readonly trades: number
}

/** When in a second the price turns, in milliseconds. */
const FIRST_TURN = 300
const SECOND_TURN = 700

const between = (from: number, to: number, share: number): number => Math.round(from + (to - from) * share)

interface Parts {
  readonly index: number
  readonly shape: Shape
  readonly candles: ReadonlyArray<Candle>
}

/** Hours are told by the kind of path, minutes and seconds are how the price went through them. Hours and minutes count from the epoch. */
export abstract class PricePath {
  protected readonly seed: number
  private lastHour: Parts | undefined
  private lastMinute: Parts | undefined
  /** Of its own, so that those who ask for the past do not make the present be computed again. */
  private present: (Parts & { readonly pace: Pace }) | undefined

  constructor(seed: number) {
    this.seed = seed
  }

  abstract hour(hour: number): Candle
  protected abstract shapeOfHour(hour: number): Shape
  protected abstract shapeOfMinute(minute: number, candle: Candle, deviation: number): Shape
  protected abstract excitement(minute: number): number

  /** The candles of an hour's minutes. */
  minutes(hour: number): ReadonlyArray<Candle> {
    return this.partsOfHour(hour).candles
  }

  /** The candles of a minute's seconds. */
  seconds(minute: number): ReadonlyArray<Candle> {
    return this.partsOfMinute(minute).candles
  }

  /** Price in ticks at a moment (epoch milliseconds): through a second it goes from open over low and high (in either order) to close. */
  at(millis: number): number {
    const { candles } = this.minuteAt(millis)
    const within = millis % SECOND
    const { close, high, low, open } = candles[Math.floor((millis % MINUTE) / SECOND)]!
    const [first, then] = close > open ? [low, high] : [high, low]
    if (within < FIRST_TURN) return between(open, first, within / FIRST_TURN)
    if (within < SECOND_TURN) return between(first, then, (within - FIRST_TURN) / (SECOND_TURN - FIRST_TURN))
    return between(then, close, (within - SECOND_TURN) / (SECOND - SECOND_TURN))
  }

  /** How lively the market is at a moment (epoch milliseconds). */
  paceAt(millis: number): Pace {
    return this.minuteAt(millis).pace
  }

  /** Price in ticks at the 61 bounds of an hour's minutes. */
  minutePoints(hour: number): ReadonlyArray<number> {
    return this.lastHour?.index === hour ? this.lastHour.shape.points : this.shapeOfHour(hour).points
  }

  /** Price in ticks at the 61 bounds of a minute's seconds. */
  secondPoints(minute: number): ReadonlyArray<number> {
    return this.partsOfMinute(minute).shape.points
  }

  private minuteAt(millis: number) {
    const minute = Math.floor(millis / MINUTE)
    if (this.present?.index !== minute) {
      const { volume, trades } = this.minutes(Math.floor(minute / 60))[minute % 60]!
      const pace = { excitement: this.excitement(minute), volume, trades }
      this.present = { ...this.partsOfMinute(minute), pace }
    }
    return this.present
  }

  private partsOfHour(hour: number): Parts {
    if (this.lastHour?.index !== hour) {
      const shape = this.shapeOfHour(hour)
      const chance = (purpose: number, part: number) => chanceAt(this.seed, 210 + purpose, hour * 64 + part)
      this.lastHour = { index: hour, shape, candles: subdivide(this.hour(hour), shape, chance, 60) }
    }
    return this.lastHour
  }

  private partsOfMinute(minute: number): Parts {
    if (this.lastMinute?.index !== minute) {
      const { candles, shape: around } = this.partsOfHour(Math.floor(minute / 60))
      const candle = candles[minute % 60]!
      const deviation = around.deviation * Math.sqrt(around.liveliness[minute % 60]! / 60)
      const shape = this.shapeOfMinute(minute, candle, deviation)
      const chance = (purpose: number, part: number) => chanceAt(this.seed, 220 + purpose, minute * 64 + part)
      this.lastMinute = { index: minute, shape, candles: subdivide(candle, shape, chance, 1) }
    }
    return this.lastMinute
  }
}

/** How lively each sixtieth of a span is, 1 on average: halves, quarters, twelfths and sixtieths have luck of their own. */
export const livelinessOf = (seed: number, salt: number, index: number): ReadonlyArray<number> => {
  const luck = (cells: number, cell: number) => 0.4 + 1.2 * chanceAt(seed, salt + cells, index * 64 + cell)
  const lively: Array<number> = []
  let total = 0
  let [half, quarter, twelfth] = [1, 1, 1]
  for (let part = 0; part < 60; part++) {
    if (part % 30 === 0) half = luck(2, part / 30)
    if (part % 15 === 0) quarter = luck(4, part / 15)
    if (part % 5 === 0) twelfth = luck(12, part / 5)
    const own = half * quarter * twelfth * luck(60, part)
    lively.push(own)
    total += own
  }
  for (let part = 0; part < 60; part++) lively[part]! *= 60 / total
  return lively
}

/** Volume and trades that leave a lot and a trade for every second of an hour. */
export const LEAST_AN_HOUR = 3_600
