// The simulated price as a function of time: the same seed and moment give the same price, whoever asks and in whatever order.
// So history needs no storage, a restart continues where the market would be, and the past joins the present.
import type { Candle } from "../../domain/Candle.ts"
import { chanceAt, exponentialOf } from "./Chance.ts"

/** Octaves of noise: from one minute to half a year, each four times as long and twice as strong, which is how a random walk spreads. */
const OCTAVES = 10
/** The octave, from this one down, that quickens and calms with the clusters of volatility. */
const CLUSTERED_OCTAVES = 4

const STRENGTHS = Array.from({ length: OCTAVES }, (_, octave) => 1.4 * 2 ** octave)

const MINUTE = 60_000
const SECOND = 1_000

/** Sum of value noise over octaves, linear between lattice points. Remembers the points around the last time asked for. */
class Noise {
  private readonly seed: number
  private readonly cells = Array.from<number>({ length: OCTAVES }).fill(Number.NaN)
  private readonly from = Array.from<number>({ length: OCTAVES }).fill(0)
  private readonly to = Array.from<number>({ length: OCTAVES }).fill(0)

  constructor(seed: number) {
    this.seed = seed
  }

  /** In units of the one-minute octave's strength; octaves below `CLUSTERED_OCTAVES` are multiplied by `excitement`. */
  at(minute: number, excitement: number): number {
    let sum = 0
    let period = 1
    for (let octave = 0; octave < OCTAVES; octave++) {
      const cell = Math.floor(minute / period)
      if (this.cells[octave] !== cell) {
        this.cells[octave] = cell
        this.from[octave] = chanceAt(this.seed, octave, cell) * 2 - 1
        this.to[octave] = chanceAt(this.seed, octave, cell + 1) * 2 - 1
      }
      const share = minute / period - cell
      const value = this.from[octave]! + (this.to[octave]! - this.from[octave]!) * share
      sum += value * STRENGTHS[octave]! * (octave < CLUSTERED_OCTAVES ? excitement : 1)
      period *= 4
    }
    return sum
  }
}

export interface PathOptions {
  readonly seed: number
  /** Price around which the market moves, in ticks. */
  readonly baseTicks: number
  /** Typical relative move in a minute: 0.0004 is four basis points. */
  readonly volatility: number
  /** How much of the move is shared with the other symbols, and how much is the symbol's own. */
  readonly shared: number
  readonly own: number
  readonly ownSeed: number
  /** Typical volume of a minute, and of one trade, in lots. */
  readonly minuteLots: number
  readonly tradeLots: number
}

export class PricePath {
  private readonly options: PathOptions
  private readonly sharedNoise: Noise
  private readonly ownNoise: Noise
  private lastMinute: { readonly minute: number; readonly points: ReadonlyArray<number> } | undefined

  private lastTicks = { minute: Number.NaN, ticks: 0 }

  constructor(options: PathOptions) {
    this.options = options
    this.sharedNoise = new Noise(options.seed)
    this.ownNoise = new Noise(options.ownSeed)
  }

  /** How lively the market is in a minute: about 1, from 0.3 in calm hours to 3 in wild ones; the same for all symbols. */
  excitement(minute: number): number {
    const { seed } = this.options
    const slow = between(seed, 101, minute / 360)
    const fast = between(seed, 102, minute / 45)
    return Math.exp(0.8 * (slow * 2 - 1) + 0.5 * (fast * 2 - 1))
  }

  /** Price in ticks at the start of a minute (minutes since the epoch). The close of one candle is the open of the next. */
  private ticks(minute: number): number {
    if (this.lastTicks.minute !== minute) this.lastTicks = { minute, ticks: this.computeTicks(minute) }
    return this.lastTicks.ticks
  }

  private computeTicks(minute: number): number {
    const { baseTicks, volatility, shared, own } = this.options
    const excitement = this.excitement(minute)
    const move = shared * this.sharedNoise.at(minute, excitement) + own * this.ownNoise.at(minute, excitement)
    return Math.max(1, Math.round(baseTicks * Math.exp(volatility * move)))
  }

  /** The candle of one minute. It opens where the one before closed. */
  minute(minute: number): Candle {
    const { ownSeed, volatility, minuteLots, tradeLots } = this.options
    const open = this.ticks(minute)
    const close = this.ticks(minute + 1)
    const excitement = this.excitement(minute)
    const wick = (salt: number) =>
      Math.round(open * volatility * 0.4 * excitement * exponentialOf(chanceAt(ownSeed, salt, minute)))
    const high = Math.max(open, close) + wick(201)
    const low = Math.max(1, Math.min(open, close) - wick(202))
    const volume = Math.max(
      1,
      Math.round(minuteLots * excitement * (0.3 + 0.7 * exponentialOf(chanceAt(ownSeed, 203, minute))))
    )
    const buyShare = 0.5 + (close >= open ? 0.3 : -0.3) * chanceAt(ownSeed, 204, minute)
    return {
      openTime: minute * MINUTE,
      closeTime: (minute + 1) * MINUTE - 1,
      open,
      high,
      low,
      close,
      volume,
      quoteUnits: BigInt(volume) * BigInt(Math.round((open + high + low + close) / 4)),
      trades: Math.max(1, Math.round(volume / tradeLots)),
      takerBuyVolume: Math.floor(volume * buyShare)
    }
  }

  /**
   * The seconds of one minute. They add up to the minute's candle in everything but quote volume, which is each second's own.
   */
  seconds(minute: number): ReadonlyArray<Candle> {
    const whole = this.minute(minute)
    const points = this.points(minute, whole)
    const weights = Array.from({ length: 60 }, (_, second) => 0.1 + this.chance(301 + second, minute))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const buyShare = whole.takerBuyVolume / whole.volume
    const candles: Array<Candle> = []
    let weight = 0
    let sofar = { volume: 0, buy: 0, trades: 0 }
    for (let second = 0; second < 60; second++) {
      weight += weights[second]!
      const share = second === 59 ? 1 : weight / total
      const volume = Math.floor(whole.volume * share)
      const next = {
        volume,
        buy: second === 59 ? whole.takerBuyVolume : Math.floor(volume * buyShare),
        trades: Math.floor(whole.trades * share)
      }
      const open = points[second]!
      const close = points[second + 1]!
      candles.push({
        openTime: whole.openTime + second * SECOND,
        closeTime: whole.openTime + (second + 1) * SECOND - 1,
        open,
        high: Math.max(open, close),
        low: Math.min(open, close),
        close,
        volume: next.volume - sofar.volume,
        quoteUnits: BigInt(next.volume - sofar.volume) * BigInt(close),
        trades: next.trades - sofar.trades,
        takerBuyVolume: next.buy - sofar.buy
      })
      sofar = next
    }
    return candles
  }

  /** Price in ticks at a moment (epoch milliseconds). */
  at(millis: number): number {
    const minute = Math.floor(millis / MINUTE)
    if (this.lastMinute?.minute !== minute)
      this.lastMinute = { minute, points: this.points(minute, this.minute(minute)) }
    const seconds = (millis - minute * MINUTE) / SECOND
    const second = Math.floor(seconds)
    const from = this.lastMinute.points[second]!
    const to = this.lastMinute.points[second + 1]!
    return Math.round(from + (to - from) * (seconds - second))
  }

  /** The price at each of a minute's 61 full seconds: from open over high and low (in either order) to close, never beyond them. */
  private points(minute: number, { open, high, low, close }: Candle): ReadonlyArray<number> {
    const highFirst = this.chance(401, minute) < 0.5
    const anchors: ReadonlyArray<readonly [second: number, ticks: number]> = [
      [0, open],
      [5 + Math.floor(this.chance(402, minute) * 24), highFirst ? high : low],
      [31 + Math.floor(this.chance(403, minute) * 24), highFirst ? low : high],
      [60, close]
    ]
    const points: Array<number> = []
    for (let leg = 1; leg < anchors.length; leg++) {
      const [start, from] = anchors[leg - 1]!
      const [end, to] = anchors[leg]!
      for (let second = start; second < end; second++) {
        const straight = from + ((to - from) * (second - start)) / (end - start)
        const wobble = second === start ? 0 : (this.chance(410 + second, minute) - 0.5) * 0.4 * (high - low)
        points.push(Math.round(Math.min(high, Math.max(low, straight + wobble))))
      }
    }
    points.push(close)
    return points
  }

  private chance(salt: number, minute: number): number {
    return chanceAt(this.options.ownSeed, salt, minute)
  }
}

/** Value noise in [0, 1], linear between whole numbers. */
const between = (seed: number, salt: number, position: number): number => {
  const cell = Math.floor(position)
  const from = chanceAt(seed, salt, cell)
  return from + (chanceAt(seed, salt, cell + 1) - from) * (position - cell)
}
