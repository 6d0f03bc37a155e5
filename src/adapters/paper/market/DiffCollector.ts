// The levels of a public book that changed since the last `depthUpdate`, for one pace of that stream.
import type { Level } from "../../../domain/Market.ts"
import type { Side } from "../../../domain/Order.ts"

/** Update ids of both ends included; `firstUpdateId` follows the last one of the diff before. Zero lots: the level is gone. */
export interface PublicDiff {
  readonly firstUpdateId: number
  readonly lastUpdateId: number
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
}

interface Book {
  readonly updateId: number
  readonly lotsAt: (side: Side, ticks: number) => number
}

/** Bounded by the levels that a book can have: one entry a price. */
export class DiffCollector {
  private readonly book: Book
  private readonly before = { BUY: new Map<number, number>(), SELL: new Map<number, number>() }
  private told: number

  constructor(book: Book) {
    this.book = book
    this.told = book.updateId
  }

  note(side: Side, ticks: number, lotsBefore: number): void {
    const before = this.before[side]
    if (!before.has(ticks)) before.set(ticks, lotsBefore)
  }

  /** `undefined` where nothing differs from what was told before; ids that passed then belong to the next diff. */
  take(): PublicDiff | undefined {
    if (this.before.BUY.size === 0 && this.before.SELL.size === 0) return undefined
    const bids = this.changed("BUY")
    const asks = this.changed("SELL")
    if (bids.length === 0 && asks.length === 0) return undefined
    const firstUpdateId = this.told + 1
    this.told = this.book.updateId
    return { firstUpdateId, lastUpdateId: this.told, bids, asks }
  }

  private changed(side: Side): ReadonlyArray<Level> {
    const before = this.before[side]
    const levels: Array<Level> = []
    for (const [ticks, told] of before) {
      const lots = this.book.lotsAt(side, ticks)
      if (lots !== told) levels.push({ ticks, lots })
    }
    before.clear()
    // Best first, as Binance lists them.
    return levels.toSorted((a, b) => (side === "BUY" ? b.ticks - a.ticks : a.ticks - b.ticks))
  }
}
