// The simulated book of one symbol: follows a price, is eaten where the price passes through it, and refills behind it.
import type { Level, MarketMessage, Trade } from "../../domain/Market.ts"
import type { Side } from "../../domain/Order.ts"
import type { Dice } from "./Chance.ts"

/** Levels a side after each step. */
const FEWEST = 30
const MOST = 45
/** Levels eaten in one step that are each told as a trade; the rest of a sweep is one trade at its last price. */
const TOLD_SWEEPS = 4

export interface SimBookOptions {
  readonly symbol: string
  readonly dice: Dice
  /** Typical size of a level and of a trade, in lots. */
  readonly levelLots: number
  readonly tradeLots: number
  /** Typical distance between levels away from the best, in ticks. */
  readonly gapTicks: number
  /** Ids continue from these. */
  readonly updateId: number
  readonly tradeId: number
}

export class SimBook {
  private readonly options: SimBookOptions
  private bids: Array<Level> = []
  private asks: Array<Level> = []
  private updateId: number
  private tradeId: number

  /** Begins around `ticks`. */
  constructor(options: SimBookOptions, ticks: number) {
    this.options = options
    this.updateId = options.updateId
    this.tradeId = options.tradeId
    const { bid, ask } = this.spread(ticks)
    this.bids = this.rebuilt([], bid, -1)
    this.asks = this.rebuilt([], ask, 1)
  }

  snapshot(at: number): MarketMessage {
    const { symbol } = this.options
    return {
      _tag: "DepthSnapshot",
      snapshot: { symbol, updateId: this.updateId, bids: [...this.bids], asks: [...this.asks] },
      at
    }
  }

  /** Moves the market to `ticks`: trades first, then the best prices, then what changed in the book. `excitement` is about 1. */
  step(ticks: number, at: number, excitement: number): ReadonlyArray<MarketMessage> {
    const { symbol, dice } = this.options
    const before = { bids: this.bids, asks: this.asks }
    const { bid, ask } = this.spread(ticks)
    const trades = [
      ...this.sweep(
        before.asks.filter((level) => level.ticks < ask),
        "BUY",
        at
      ),
      ...this.sweep(
        before.bids.filter((level) => level.ticks > bid),
        "SELL",
        at
      )
    ]
    this.bids = this.rebuilt(
      before.bids.filter((level) => level.ticks <= bid),
      bid,
      -1
    )
    this.asks = this.rebuilt(
      before.asks.filter((level) => level.ticks >= ask),
      ask,
      1
    )
    while (dice.roll() < Math.min(0.7, 0.35 * excitement)) trades.push(this.touch(at))
    const changes = { bids: changed(before.bids, this.bids), asks: changed(before.asks, this.asks) }
    const count = changes.bids.length + changes.asks.length
    const messages = trades.map((trade): MarketMessage => ({ _tag: "Trade", trade }))
    if (count === 0) return messages
    const firstUpdateId = this.updateId + 1
    this.updateId += count
    const [bestBid, bestAsk] = [this.bids[0]!, this.asks[0]!]
    if (!same(bestBid, before.bids[0]) || !same(bestAsk, before.asks[0])) {
      messages.push({
        _tag: "BestPrices",
        best: { symbol, updateId: this.updateId, bid: bestBid, ask: bestAsk },
        at
      })
    }
    messages.push({ _tag: "DepthDiff", diff: { symbol, firstUpdateId, lastUpdateId: this.updateId, ...changes, at } })
    return messages
  }

  private spread(ticks: number): { bid: number; ask: number } {
    const bid = Math.max(MOST * this.options.gapTicks * 4, ticks)
    return { bid, ask: bid + (this.options.dice.roll() < 0.8 ? 1 : this.options.dice.whole(2, 5)) }
  }

  /** What the price passed was traded away. */
  private sweep(levels: ReadonlyArray<Level>, takerSide: Side, at: number): Array<Trade> {
    if (levels.length <= TOLD_SWEEPS) return levels.map((level) => this.trade(level, takerSide, at))
    const told = levels.slice(0, TOLD_SWEEPS - 1).map((level) => this.trade(level, takerSide, at))
    const rest = levels.slice(TOLD_SWEEPS - 1)
    const lots = rest.reduce((sum, level) => sum + level.lots, 0)
    return [...told, this.trade({ ticks: rest.at(-1)!.ticks, lots }, takerSide, at)]
  }

  /** A small trade at the best price; what it takes is gone from the level. */
  private touch(at: number): Trade {
    const { dice, tradeLots } = this.options
    const takerSide: Side = dice.roll() < 0.5 ? "BUY" : "SELL"
    const levels = takerSide === "BUY" ? this.asks : this.bids
    const best = levels[0]!
    const lots = Math.max(1, Math.min(Math.round(tradeLots * dice.exponential()), best.lots - 1))
    levels[0] = { ticks: best.ticks, lots: Math.max(1, best.lots - lots) }
    return this.trade({ ticks: best.ticks, lots }, takerSide, at)
  }

  private trade(level: Level, takerSide: Side, at: number): Trade {
    return { symbol: this.options.symbol, tradeId: String(++this.tradeId), ...level, takerSide, at }
  }

  /** One side with `best` as its best level: some sizes changed, refilled outwards, cut at `MOST`. */
  private rebuilt(kept: ReadonlyArray<Level>, best: number, outwards: 1 | -1): Array<Level> {
    const { dice, gapTicks } = this.options
    const levels = [...kept]
    if (levels[0]?.ticks !== best) {
      const room = levels[0] === undefined ? 0 : Math.abs(levels[0].ticks - best)
      // The market left ground behind: it does not stay empty.
      if (room > 2 * gapTicks) levels.unshift({ ticks: best + outwards * dice.whole(1, gapTicks), lots: this.size() })
      levels.unshift({ ticks: best, lots: this.size() })
    }
    for (let change = 0; change < 2 && levels.length > 0; change++) {
      const index = dice.whole(0, Math.min(levels.length - 1, FEWEST))
      levels[index] = { ticks: levels[index]!.ticks, lots: this.size() }
    }
    while (levels.length < FEWEST) {
      levels.push({ ticks: levels.at(-1)!.ticks + outwards * dice.whole(1, 2 * gapTicks), lots: this.size() })
    }
    return levels.slice(0, MOST)
  }

  private size(): number {
    return Math.max(2, Math.round(this.options.levelLots * this.options.dice.exponential()))
  }
}

const same = (a: Level, b: Level | undefined): boolean => b !== undefined && a.ticks === b.ticks && a.lots === b.lots

/** Levels of `after` that differ from `before`, and those that are gone, with zero lots. */
const changed = (before: ReadonlyArray<Level>, after: ReadonlyArray<Level>): Array<Level> => {
  const old = new Map(before.map((level) => [level.ticks, level.lots]))
  const changes: Array<Level> = []
  for (const level of after) {
    if (old.get(level.ticks) !== level.lots) changes.push(level)
    old.delete(level.ticks)
  }
  for (const ticks of old.keys()) changes.push({ ticks, lots: 0 })
  return changes
}
