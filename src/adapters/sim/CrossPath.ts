// The price of one coin in another: at every second what their dollar prices say, so that there is nothing to gain by going around.
import type { Candle } from "../../domain/Candle.ts"
import { chanceAt, exponentialOf } from "./Chance.ts"
import type { CoinPath } from "./CoinPath.ts"
import { HOUR, LEAST_AN_HOUR, PricePath } from "./PricePath.ts"
import type { Shape } from "./Subdivision.ts"

export interface CrossOptions {
  readonly seed: number
  readonly base: CoinPath
  readonly quote: CoinPath
  /** Ticks of the cross that a price ratio of one (in ticks of both) makes. */
  readonly ratioTicks: number
  readonly hourLots: number
  readonly tradeLots: number
}

export class CrossPath extends PricePath {
  private readonly options: CrossOptions

  constructor(options: CrossOptions) {
    super(options.seed)
    this.options = options
  }

  hour(hour: number): Candle {
    const { hourLots, seed, tradeLots } = this.options
    const points = this.pointsOfHour(hour)
    const [open, close] = [points[0]!, points.at(-1)!]
    const [high, low] = [Math.max(...points), Math.min(...points)]
    const mean = points.reduce((sum, point) => sum + point, 0) / points.length
    const busy = Math.sqrt(this.options.base.variance(hour)) * (0.5 + 0.5 * exponentialOf(chanceAt(seed, 203, hour)))
    const volume = Math.max(LEAST_AN_HOUR, Math.round(hourLots * busy))
    const buyShare = 0.5 + (close >= open ? 0.12 : -0.12) * chanceAt(seed, 204, hour)
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
    const points = this.pointsOfHour(hour)
    const moves = points.slice(1).map((point, part) => point - points[part]!)
    return {
      points,
      liveliness: this.options.base.liveliness(300, hour),
      deviation: Math.sqrt(moves.reduce((sum, move) => sum + move * move, 0))
    }
  }

  /** The minute's high and low may lie between its seconds: then the nearest seconds become them. */
  protected shapeOfMinute(minute: number, { open, high, low, close }: Candle, deviation: number): Shape {
    const { base, quote } = this.options
    const [over, under] = [base.secondPoints(minute), quote.secondPoints(minute)]
    const points = over.map((point, at) => Math.min(high, Math.max(low, this.ratio(point, under[at]!))))
    points[0] = open
    points[points.length - 1] = close
    const inner = points.slice(1, -1)
    const top = 1 + inner.indexOf(Math.max(...inner))
    let bottom = 1 + inner.indexOf(Math.min(...inner))
    if (bottom === top) bottom = top === 1 ? 2 : top - 1
    if (Math.max(...points) < high) points[top] = high
    if (Math.min(...points) > low) points[bottom] = low
    return { points, liveliness: base.liveliness(400, minute), deviation }
  }

  protected excitement(minute: number): number {
    return this.options.base.excitement(minute)
  }

  private pointsOfHour(hour: number): Array<number> {
    const under = this.options.quote.minutePoints(hour)
    return this.options.base.minutePoints(hour).map((point, at) => this.ratio(point, under[at]!))
  }

  private ratio(base: number, quote: number): number {
    return Math.max(1, Math.round((this.options.ratioTicks * base) / quote))
  }
}
