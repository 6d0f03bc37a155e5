// The people of one symbol's market, and what is heard of them: trades first, then the best prices, then what changed in the book.
import type { Level, MarketMessage } from "../../domain/Market.ts"
import type { Dice } from "./Chance.ts"
import { Crowd } from "./Crowd.ts"
import { characters, Maker } from "./Maker.ts"
import type { Pace } from "./PricePath.ts"
import type { Scale } from "./Scale.ts"
import { SimBook } from "./SimBook.ts"
import { Takers } from "./Takers.ts"

/** How far, in gaps, a typical level's worth of taking moves what people think is fair, at most, and what is left of that after a step. */
const IMPACT = 0.3
const MOST_IMPACT = 8
const IMPACT_LEFT = 0.97
/** A fair price beyond this many levels of the book is a jump: nobody's orders make sense any more. */
const JUMP_LEVELS = 28

export interface PopulationOptions {
  readonly symbol: string
  readonly dice: Dice
  readonly scale: Scale
  /** Ids continue from these. */
  readonly updateId: number
  readonly tradeId: number
}

export class Population {
  private readonly options: PopulationOptions
  private readonly book = new SimBook()
  private readonly takers: Takers
  private readonly makers: ReadonlyArray<Maker>
  private readonly crowd: Crowd
  private updateId: number
  private tradeId: number
  private told: { readonly bid: Level; readonly ask: Level }
  /** Ticks that taking has moved what people think is fair away from the price path. */
  private impact = 0

  /** Begins around `ticks`. */
  constructor(options: PopulationOptions, ticks: number, excitement: number) {
    const { dice, scale } = options
    this.options = options
    this.updateId = options.updateId
    this.tradeId = options.tradeId
    this.makers = characters.map((character) => new Maker(character, scale, dice))
    this.crowd = new Crowd(scale, dice)
    this.open(ticks, excitement)
    this.book.takeChanges()
    this.takers = new Takers(scale, dice)
    this.told = this.best()
  }

  snapshot(at: number): MarketMessage {
    const { symbol } = this.options
    const side = (levels: ReadonlyArray<Level>) => levels.map(({ ticks, lots }) => ({ ticks, lots }))
    const bids = side(this.book.levels("BUY"))
    const asks = side(this.book.levels("SELL"))
    return { _tag: "DepthSnapshot", snapshot: { symbol, updateId: this.updateId, bids, asks }, at }
  }

  /** The next tenth of a second, with the price path at `ticks`. Takers meet the book that was told last; the others then see what they did. */
  step(ticks: number, at: number, pace: Pace): ReadonlyArray<MarketMessage> {
    const { excitement } = pace
    const messages: Array<MarketMessage> = []
    this.impact *= IMPACT_LEFT
    messages.push(...this.take(ticks, at, pace))
    const fair = ticks + this.impact
    if (this.jumped(fair)) this.open(ticks, excitement)
    else {
      this.withdraw(fair)
      for (const maker of this.makers) maker.act(this.book, fair, excitement)
      this.crowd.act(this.book, excitement)
      this.crowd.bound(this.book)
    }
    messages.push(...this.tell(at))
    return messages
  }

  private take(ticks: number, at: number, pace: Pace): ReadonlyArray<MarketMessage> {
    const { symbol, scale } = this.options
    const most = MOST_IMPACT * scale.gapTicks
    const taken = this.takers.act(this.book, ticks + this.impact, pace)
    return taken.flatMap(({ side, levels }) =>
      levels.map((level): MarketMessage => {
        const push = (side === "BUY" ? IMPACT : -IMPACT) * scale.gapTicks * (level.lots / scale.levelLots)
        this.impact = Math.max(-most, Math.min(most, this.impact + push))
        return {
          _tag: "Trade",
          trade: { symbol, tradeId: String(++this.tradeId), ...level, takerSide: side, at }
        }
      })
    )
  }

  /** Nobody leaves an order where it only waits to be picked off; some are too slow. */
  private withdraw(fair: number): void {
    const { dice, scale } = this.options
    const grace = 0.25 * scale.gapTicks
    for (const [side, sign] of [
      ["BUY", 1],
      ["SELL", -1]
    ] as const) {
      const hopeless = this.book.levels(side).filter(({ ticks }) => (ticks - fair) * sign > grace)
      for (const order of hopeless.flatMap(({ orders }) => orders)) if (dice.roll() < 0.85) this.book.cancel(order)
    }
  }

  private jumped(fair: number): boolean {
    const [bids, asks] = [this.book.levels("BUY"), this.book.levels("SELL")]
    const bound = (levels: ReadonlyArray<Level>) => (levels[JUMP_LEVELS] ?? levels.at(-1)!).ticks
    return fair < bound(bids) || fair > bound(asks)
  }

  /** Everyone takes up position around `ticks`. */
  private open(ticks: number, excitement: number): void {
    this.impact = 0
    for (const side of ["BUY", "SELL"] as const) while (this.book.best(side) !== undefined) this.book.cancelWorst(side)
    for (const maker of this.makers) maker.quote(this.book, ticks, excitement)
    this.crowd.settle(this.book)
    this.crowd.bound(this.book)
  }

  private tell(at: number): ReadonlyArray<MarketMessage> {
    const { symbol } = this.options
    const { bids, asks } = this.book.takeChanges()
    const count = bids.length + asks.length
    if (count === 0) return []
    const firstUpdateId = this.updateId + 1
    this.updateId += count
    const diff: MarketMessage = {
      _tag: "DepthDiff",
      diff: { symbol, firstUpdateId, lastUpdateId: this.updateId, bids, asks, at }
    }
    const before = this.told
    this.told = this.best()
    if (same(before.bid, this.told.bid) && same(before.ask, this.told.ask)) return [diff]
    return [{ _tag: "BestPrices", best: { symbol, updateId: this.updateId, ...this.told }, at }, diff]
  }

  private best(): { readonly bid: Level; readonly ask: Level } {
    const of = ({ ticks, lots }: Level): Level => ({ ticks, lots })
    return { bid: of(this.book.levels("BUY")[0]!), ask: of(this.book.levels("SELL")[0]!) }
  }
}

const same = (a: Level, b: Level): boolean => a.ticks === b.ticks && a.lots === b.lots
