// The local book of one symbol: a snapshot kept up to date by diffs, by the procedure Binance documents for its Spot streams
// ("How to manage a local order book correctly"). Deterministic: no clock, no I/O.
import type { BestPrices, DepthDiff, DepthSnapshot, Level } from "./Market.ts"

/** Diffs kept while no snapshot is known; the oldest is dropped beyond it (a snapshot that needs it is then too old). */
export const MAX_WAITING_DIFFS = 300
/** Levels kept a side; the worst are dropped beyond it. They are known again once they change. */
export const MAX_LEVELS = 10_000

/**
 * `applied`: the book is at the message's update id. `ignored`: older than the book. `waiting`: kept until a snapshot comes.
 * `gap`: updates are missing, the book was voided and waits for a snapshot.
 */
export type DepthOutcome = "applied" | "ignored" | "waiting" | "gap"

/** Levels of one side sorted so that the best is last: changes happen near the best, and the end of an array moves cheaply. */
export class SideLevels {
  ticks: Array<number> = []
  lots: Array<number> = []
  /** 1 for bids, -1 for asks: `ticks × sign` ascends. */
  readonly sign: 1 | -1

  constructor(sign: 1 | -1) {
    this.sign = sign
  }

  clear(): void {
    this.ticks.length = 0
    this.lots.length = 0
  }

  /** First index whose level is at least as good as `ticks`. */
  indexOf(ticks: number): number {
    const { sign } = this
    const wanted = ticks * sign
    let low = 0
    let high = this.ticks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.ticks[middle]! * sign < wanted) low = middle + 1
      else high = middle
    }
    return low
  }

  set(ticks: number, lots: number): void {
    const index = this.indexOf(ticks)
    const present = this.ticks[index] === ticks
    if (lots === 0) {
      if (!present) return
      this.ticks.splice(index, 1)
      this.lots.splice(index, 1)
    } else if (present) {
      this.lots[index] = lots
    } else {
      this.ticks.splice(index, 0, ticks)
      this.lots.splice(index, 0, lots)
    }
  }

  replace(levels: ReadonlyArray<Level>): void {
    const sorted = levels.filter((level) => level.lots > 0).toSorted((a, b) => (a.ticks - b.ticks) * this.sign)
    this.ticks = sorted.map((level) => level.ticks)
    this.lots = sorted.map((level) => level.lots)
    this.trim()
  }

  trim(): void {
    const excess = this.ticks.length - MAX_LEVELS
    if (excess <= 0) return
    this.ticks.splice(0, excess)
    this.lots.splice(0, excess)
  }

  best(): Level | undefined {
    const last = this.ticks.length - 1
    return last < 0 ? undefined : { ticks: this.ticks[last]!, lots: this.lots[last]! }
  }

  /** One level of `top`. */
  at(index: number, limit?: Level): Level | undefined {
    let from = this.ticks.length - 1 - index
    if (limit !== undefined && limit.lots > 0) {
      if (index === 0) return limit
      from = this.indexOf(limit.ticks) - index
    }
    return from < 0 ? undefined : { ticks: this.ticks[from]!, lots: this.lots[from]! }
  }

  /** The lots that `top` shows at a price. */
  lotsAt(ticks: number, limit?: Level): number {
    if (limit !== undefined && limit.lots > 0) {
      if (ticks === limit.ticks) return limit.lots
      if ((ticks - limit.ticks) * this.sign > 0) return 0
    }
    const index = this.indexOf(ticks)
    return this.ticks[index] === ticks ? this.lots[index]! : 0
  }

  /** The best `count`, best first; with `limit`, its level is the best and what would be better is left out. */
  top(count: number, limit?: Level): Array<Level> {
    const levels: Array<Level> = []
    let index = this.ticks.length - 1
    if (limit !== undefined && limit.lots > 0 && count > 0) {
      levels.push(limit)
      index = this.indexOf(limit.ticks) - 1
    }
    for (; index >= 0 && levels.length < count; index--) {
      levels.push({ ticks: this.ticks[index]!, lots: this.lots[index]! })
    }
    return levels
  }
}

export class Depth {
  readonly symbol: string
  private readonly bidSide = new SideLevels(1)
  private readonly askSide = new SideLevels(-1)
  private waiting: Array<DepthDiff> = []
  private bookId = 0
  private known = false

  constructor(symbol: string) {
    this.symbol = symbol
  }

  /** False until a snapshot and the diffs around it fit together, and again after a gap. */
  get synced(): boolean {
    return this.known
  }

  /** The update id the book stands at; 0 while it is not known. */
  get updateId(): number {
    return this.known ? this.bookId : 0
  }

  /** Forgets everything: the stream was started anew. */
  reset(): void {
    this.forget()
    this.waiting = []
  }

  applySnapshot(snapshot: DepthSnapshot): DepthOutcome {
    if (this.known && snapshot.updateId < this.bookId) return "ignored"
    const first = this.waiting.find((diff) => diff.lastUpdateId > snapshot.updateId)
    // Older than the first kept diff can join: a newer snapshot is needed.
    if (first !== undefined && first.firstUpdateId > snapshot.updateId + 1) return "waiting"
    const later = this.waiting
    this.waiting = []
    this.bidSide.replace(snapshot.bids)
    this.askSide.replace(snapshot.asks)
    this.bookId = snapshot.updateId
    this.known = true
    if (this.crossed()) return this.lose()
    let outcome: DepthOutcome = "applied"
    for (const diff of later) {
      // After a gap the rest is kept, for the next snapshot.
      if (this.applyDiff(diff) === "gap") outcome = "gap"
    }
    return outcome
  }

  applyDiff(diff: DepthDiff): DepthOutcome {
    if (!this.known) {
      this.keep(diff)
      return "waiting"
    }
    if (diff.lastUpdateId <= this.bookId) return "ignored"
    if (diff.firstUpdateId > this.bookId + 1) {
      this.lose()
      this.keep(diff)
      return "gap"
    }
    for (const level of diff.bids) this.bidSide.set(level.ticks, level.lots)
    for (const level of diff.asks) this.askSide.set(level.ticks, level.lots)
    this.bidSide.trim()
    this.askSide.trim()
    this.bookId = diff.lastUpdateId
    return this.crossed() ? this.lose() : "applied"
  }

  bestBid(): Level | undefined {
    return this.bidSide.best()
  }

  bestAsk(): Level | undefined {
    return this.askSide.best()
  }

  /**
   * At most `count` levels a side, best first. Diffs come every 100 ms, best prices at once: where `best` is newer than the book, its
   * levels are the best ones and levels that it proves gone are left out. A book that is not known shows `best` alone.
   */
  view(count: number, best?: BestPrices): { bids: Array<Level>; asks: Array<Level>; updateId: number } {
    if (best === undefined || best.updateId <= this.updateId) {
      return { bids: this.bidSide.top(count), asks: this.askSide.top(count), updateId: this.updateId }
    }
    return {
      bids: this.bidSide.top(count, best.bid),
      asks: this.askSide.top(count, best.ask),
      updateId: best.updateId
    }
  }

  /** The `index`-th level of `view` without the others; `undefined` beyond the last. */
  levelAt(side: "bids" | "asks", index: number, best?: BestPrices): Level | undefined {
    const levels = side === "bids" ? this.bidSide : this.askSide
    if (best === undefined || best.updateId <= this.updateId) return levels.at(index)
    return levels.at(index, side === "bids" ? best.bid : best.ask)
  }

  /** What `view` shows at a price; zero where there is no level. */
  lotsAtPrice(side: "bids" | "asks", ticks: number, best?: BestPrices): number {
    const levels = side === "bids" ? this.bidSide : this.askSide
    if (best === undefined || best.updateId <= this.updateId) return levels.lotsAt(ticks)
    return levels.lotsAt(ticks, side === "bids" ? best.bid : best.ask)
  }

  private keep(diff: DepthDiff): void {
    if (this.waiting.length >= MAX_WAITING_DIFFS) this.waiting.shift()
    this.waiting.push(diff)
  }

  /** A crossed book never exists at the exchange: an update was lost without leaving a gap in the ids. */
  private crossed(): boolean {
    const bid = this.bidSide.ticks.at(-1)
    const ask = this.askSide.ticks.at(-1)
    return bid !== undefined && ask !== undefined && bid >= ask
  }

  private lose(): "gap" {
    this.forget()
    return "gap"
  }

  private forget(): void {
    this.known = false
    this.bookId = 0
    this.bidSide.clear()
    this.askSide.clear()
  }
}
