// The price of a coin in dollars: partly the walk all coins share, partly its own.
import type { Candle } from "../../domain/Candle.ts"
import { chanceAt, exponentialOf, gaussianAt } from "./Chance.ts"
import { HourWalk } from "./HourWalk.ts"
import { HOUR, LEAST_AN_HOUR, livelinessOf, PricePath } from "./PricePath.ts"
import { PARTS, reach, type Shape } from "./Subdivision.ts"

export interface CoinOptions {
  /** What all coins share, and what is this coin's own. */
  readonly seed: number
  readonly ownSeed: number
  /** Price around which the market moves, in ticks. */
  readonly baseTicks: number
  /** Typical relative move in an hour: 0.005 is half a percent. */
  readonly volatility: number
  /** Correlation with the shared walk, 0 to 1. */
  readonly shared: number
  /** Typical volume of an hour, and of one trade, in lots. */
  readonly hourLots: number
  readonly tradeLots: number
}

/** A price at one of the 61 bounds of a candle's parts. */
type Anchor = readonly [part: number, ticks: number]

interface Course {
  /** How far the price typically moves, in ticks. */
  readonly deviation: number
  readonly rising: boolean
}

export class CoinPath extends PricePath {
  private readonly options: CoinOptions
  private readonly own: number
  private readonly sharedWalk: HourWalk
  private readonly ownWalk: HourWalk

  constructor(options: CoinOptions) {
    super(options.ownSeed)
    this.options = options
    this.own = Math.sqrt(1 - options.shared * options.shared)
    this.sharedWalk = new HourWalk(options.seed, options.seed)
    this.ownWalk = new HourWalk(options.seed, options.ownSeed)
  }

  /** The candle of one hour. It opens where the one before closed. */
  hour(hour: number): Candle {
    const { hourLots, tradeLots } = this.options
    const { open, close, deviation, rising, variance } = this.move(hour)
    const high = Math.round(open + reach(close - open, deviation, this.chance(201, hour)))
    const low = Math.max(1, Math.round(open - reach(open - close, deviation, this.chance(202, hour))))
    const busy = Math.sqrt(variance) * (0.5 + 0.5 * exponentialOf(this.chance(203, hour)))
    const volume = Math.max(LEAST_AN_HOUR, Math.round(hourLots * busy))
    const mean = meanOf(this.anchors(300, hour, { open, high, low, close }, rising))
    const buyShare = 0.5 + (close >= open ? 0.12 : -0.12) * this.chance(204, hour)
    return {
      openTime: hour * HOUR,
      closeTime: (hour + 1) * HOUR - 1,
      open,
      high,
      low,
      close,
      volume,
      quoteUnits: BigInt(volume) * BigInt(low) + BigInt(Math.round(volume * (mean - low))),
      trades: Math.max(LEAST_AN_HOUR, Math.round(volume / tradeLots)),
      takerBuyVolume: Math.floor(volume * buyShare)
    }
  }

  protected shapeOfHour(hour: number): Shape {
    return this.shape(300, hour, this.hour(hour), this.move(hour))
  }

  protected shapeOfMinute(minute: number, candle: Candle, deviation: number): Shape {
    return this.shape(400, minute, candle, { deviation, rising: candle.close > candle.open })
  }

  excitement(minute: number): number {
    const hour = Math.floor(minute / 60)
    return Math.sqrt(this.sharedWalk.at(hour).variance * livelinessOf(this.options.seed, 300, hour)[minute % 60]!)
  }

  /** Variance of an hour's move, 1 on average; the same for all coins. */
  variance(hour: number): number {
    return this.sharedWalk.at(hour).variance
  }

  liveliness(salt: number, index: number): ReadonlyArray<number> {
    return livelinessOf(this.options.seed, salt, index)
  }

  /** Prices in ticks at both ends of an hour, and what all coins then do. */
  private move(hour: number) {
    const { baseTicks, volatility, shared } = this.options
    const common = this.sharedWalk.at(hour)
    const own = this.ownWalk.at(hour)
    const ticks = (a: number, b: number) =>
      Math.max(1, Math.round(baseTicks * Math.exp(volatility * (shared * a + this.own * b))))
    const open = ticks(common.from, own.from)
    const { variance } = common
    const deviation = volatility * Math.sqrt(variance) * open
    return { open, close: ticks(common.to, own.to), variance, deviation, rising: common.to > common.from }
  }

  /** From open over high and low (in either order) to close, never beyond them: bridges in the candle's own uneven time. */
  private shape(salt: number, index: number, candle: Candle, { deviation, rising }: Course): Shape {
    const { options, own } = this
    const liveliness = this.liveliness(salt, index)
    const times = new Float64Array(PARTS + 1)
    const noise = new Float64Array(PARTS + 1)
    const scale = deviation / Math.sqrt(PARTS)
    for (let part = 0; part < PARTS; part++) {
      const at = index * 64 + part
      const step = options.shared * gaussianAt(options.seed, salt, at) + own * gaussianAt(options.ownSeed, salt, at)
      times[part + 1] = times[part]! + liveliness[part]!
      noise[part + 1] = noise[part]! + step * scale * Math.sqrt(liveliness[part]!)
    }
    const anchors = this.anchors(salt, index, candle, rising)
    const points = [candle.open]
    for (let leg = 1; leg < anchors.length; leg++) {
      const [start, from] = anchors[leg - 1]!
      const [end, to] = anchors[leg]!
      for (let part = start + 1; part < end; part++) {
        const share = (times[part]! - times[start]!) / (times[end]! - times[start]!)
        const strayed = noise[part]! - noise[start]! - (noise[end]! - noise[start]!) * share
        points.push(Math.round(folded(from + (to - from) * share + strayed, candle)))
      }
      points.push(to)
    }
    return { points, liveliness, deviation }
  }

  /** Coins peak at about the same time. Where they rise, the low mostly comes first. */
  private anchors(
    salt: number,
    index: number,
    { open, high, low, close }: Pick<Candle, "open" | "high" | "low" | "close">,
    rising: boolean
  ): readonly [Anchor, Anchor, Anchor, Anchor] {
    const { seed, ownSeed } = this.options
    const highFirst = chanceAt(seed, salt + 101, index) < (rising ? 0.2 : 0.8)
    const part = (purpose: number, first: number) =>
      first + Math.floor(26 * chanceAt(seed, salt + purpose, index) + 3 * chanceAt(ownSeed, salt + purpose, index))
    return [
      [0, open],
      [part(102, 2), highFirst ? high : low],
      [part(103, 31), highFirst ? low : high],
      [PARTS, close]
    ]
  }

  /** Drawn for all coins together as often as they move together. */
  private chance(salt: number, index: number): number {
    const { seed, ownSeed, shared } = this.options
    return chanceAt(chanceAt(ownSeed, salt + 1_000, index) < shared ? seed : ownSeed, salt, index)
  }
}

const meanOf = (anchors: ReadonlyArray<Anchor>): number => {
  let area = 0
  for (let leg = 1; leg < anchors.length; leg++) {
    const [start, from] = anchors[leg - 1]!
    const [end, to] = anchors[leg]!
    area += ((from + to) / 2) * (end - start)
  }
  return area / PARTS
}

/** What lies beyond the high or the low is thrown back inside. */
const folded = (price: number, { high, low }: Candle): number => {
  const inside = price > high ? 2 * high - price : price < low ? 2 * low - price : price
  return Math.min(high, Math.max(low, inside))
}
