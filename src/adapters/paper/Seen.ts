// The market at the moment of one command, as the engine looks at it, and a memory of what it looked at: that, and nothing else of the
// market, goes into the journal. A command that is replayed meets what was remembered.
import type { MarketNow, OutsideBook } from "../../domain/matching/Command.ts"
import type { Amount } from "../../domain/matching/Order.ts"
import type { Side } from "../../domain/Order.ts"

/** Levels a side a taker can walk; what lies behind is not there for it. */
export const MAX_LEVELS = 1000

/** Prices and lots in turns: of levels best first, of what stands before an order by price. Absent where it was not looked at. */
export interface Looked {
  readonly lastTicks?: number
  readonly reference?: Amount
  readonly lastTradeId?: number
  readonly bids?: ReadonlyArray<number>
  readonly asks?: ReadonlyArray<number>
  readonly aheadOfBids?: ReadonlyArray<number>
  readonly aheadOfAsks?: ReadonlyArray<number>
}

/** Where the looks lead to: one symbol's outside market. */
export interface Outside {
  readonly lastTicks: number
  readonly reference: Amount
  readonly lastTradeId: number
  /** Lots still to be had at the `index`-th level, zero where users took all; `undefined` behind the last. */
  readonly netLevel: (
    side: "bids" | "asks",
    index: number
  ) => { readonly ticks: number; readonly lots: number } | undefined
  readonly lotsAhead: (side: "bids" | "asks", ticks: number) => number
}

/** Levels that have something left, in turns, read from `outside` as far as somebody asked. */
class Levels {
  readonly found: Array<number> = []
  private next = 0
  private readonly outside: Outside
  private readonly side: "bids" | "asks"

  constructor(outside: Outside, side: "bids" | "asks") {
    this.outside = outside
    this.side = side
  }

  read(index: number): boolean {
    while (this.found.length <= 2 * index) {
      if (this.next >= MAX_LEVELS) return false
      const level = this.outside.netLevel(this.side, this.next)
      if (level === undefined) return false
      this.next++
      if (level.lots > 0) this.found.push(level.ticks, level.lots)
    }
    return true
  }
}

export class SeenMarket implements MarketNow, OutsideBook {
  private readonly now: Outside
  private seenLast: number | undefined
  private seenReference: Amount | undefined
  private seenTradeId: number | undefined
  private bids: Levels | undefined
  private asks: Levels | undefined
  private aheadOfBids: Array<number> | undefined
  private aheadOfAsks: Array<number> | undefined

  constructor(now: Outside) {
    this.now = now
  }

  get outside(): OutsideBook {
    return this
  }

  get lastTicks(): number {
    return (this.seenLast ??= this.now.lastTicks)
  }

  get reference(): Amount {
    return (this.seenReference ??= this.now.reference)
  }

  get lastTradeId(): number {
    return (this.seenTradeId ??= this.now.lastTradeId)
  }

  ticksAt(taker: Side, index: number): number {
    const levels = this.levelsFor(taker)
    return levels.read(index) ? levels.found[2 * index]! : 0
  }

  lotsAt(taker: Side, index: number): number {
    const levels = this.levelsFor(taker)
    return levels.read(index) ? levels.found[2 * index + 1]! : 0
  }

  lotsAtPrice(resting: Side, ticks: number): number {
    const ahead = resting === "BUY" ? (this.aheadOfBids ??= []) : (this.aheadOfAsks ??= [])
    const known = find(ahead, ticks)
    if (known !== undefined) return known
    const lots = this.now.lotsAhead(resting === "BUY" ? "bids" : "asks", ticks)
    ahead.push(ticks, lots)
    return lots
  }

  /** What was looked at so far, as it was then. */
  looked(): Looked {
    const { aheadOfAsks, aheadOfBids, asks, bids, seenLast, seenReference, seenTradeId } = this
    const looked: { -readonly [K in keyof Looked]: Looked[K] } = {}
    if (seenLast !== undefined) looked.lastTicks = seenLast
    if (seenReference !== undefined) looked.reference = seenReference
    if (seenTradeId !== undefined) looked.lastTradeId = seenTradeId
    if (bids !== undefined) looked.bids = bids.found
    if (asks !== undefined) looked.asks = asks.found
    if (aheadOfBids !== undefined) looked.aheadOfBids = aheadOfBids
    if (aheadOfAsks !== undefined) looked.aheadOfAsks = aheadOfAsks
    return looked
  }

  private levelsFor(taker: Side): Levels {
    return taker === "BUY" ? (this.asks ??= new Levels(this.now, "asks")) : (this.bids ??= new Levels(this.now, "bids"))
  }
}

const find = (turns: ReadonlyArray<number>, ticks: number): number | undefined => {
  for (let index = 0; index < turns.length; index += 2) if (turns[index] === ticks) return turns[index + 1]
  return undefined
}

/** What was looked at, as the market of a replay. Nothing else is there. */
export const replayed = (looked: Looked): MarketNow => ({
  lastTicks: looked.lastTicks ?? 0,
  reference: looked.reference ?? 0n,
  lastTradeId: looked.lastTradeId ?? 0,
  outside: {
    ticksAt: (taker, index) => (taker === "BUY" ? looked.asks : looked.bids)?.[2 * index] ?? 0,
    lotsAt: (taker, index) => (taker === "BUY" ? looked.asks : looked.bids)?.[2 * index + 1] ?? 0,
    lotsAtPrice: (resting, ticks) =>
      find((resting === "BUY" ? looked.aheadOfBids : looked.aheadOfAsks) ?? [], ticks) ?? 0
  }
})
