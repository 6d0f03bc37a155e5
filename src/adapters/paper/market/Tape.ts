// The newest trades of one symbol, the outside market's and users' together, each by itself and aggregated.
import type { Side } from "../../../domain/Order.ts"

/** Trades kept a symbol, and aggregated trades kept; the oldest go first. */
export const MAX_TRADES = 10_000
/** Cut back in blocks: a shift a trade would move the whole array each time. */
const BLOCK = 1_000

export interface TapeTrade {
  readonly id: number
  readonly ticks: number
  readonly lots: number
  readonly takerSide: Side
  /** Epoch milliseconds. */
  readonly at: number
}

/** Trades that follow each other at one price and moment, with the taker on the same side: one order's, as far as can be seen. */
export interface AggregateTrade extends TapeTrade {
  readonly firstId: number
  readonly lastId: number
}

const indexFrom = (rows: ReadonlyArray<{ readonly id: number }>, id: number): number => {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.id < id) low = middle + 1
    else high = middle
  }
  return low
}

export class Tape {
  private readonly trades: Array<TapeTrade> = []
  private readonly aggregates: Array<AggregateTrade> = []
  private open: AggregateTrade | undefined
  private lastAggregateId: number
  private newest: TapeTrade | undefined

  /** Aggregated ids count on from the start's epoch milliseconds, so that they do not go back over a restart. */
  constructor(startMillis: number) {
    this.lastAggregateId = startMillis
  }

  /** The one that traded last: not always the highest id, because users' trades are told once they are durable. */
  get last(): TapeTrade | undefined {
    return this.newest
  }

  /** Takes a trade up; the aggregated trade that it ends, where it ends one. */
  add(trade: TapeTrade): AggregateTrade | undefined {
    this.newest = trade
    const { trades } = this
    // A user's trade was numbered before outside trades that were told ahead of it.
    let index = trades.length
    while (index > 0 && trades[index - 1]!.id > trade.id) index--
    if (index === trades.length) trades.push(trade)
    else trades.splice(index, 0, trade)
    if (trades.length >= MAX_TRADES + BLOCK) trades.splice(0, trades.length - MAX_TRADES)
    const { open } = this
    if (
      open !== undefined &&
      open.at === trade.at &&
      open.ticks === trade.ticks &&
      open.takerSide === trade.takerSide &&
      open.lastId + 1 === trade.id
    ) {
      this.open = { ...open, lots: open.lots + trade.lots, lastId: trade.id }
      return undefined
    }
    const ended = this.endAggregate()
    this.open = { ...trade, id: ++this.lastAggregateId, firstId: trade.id, lastId: trade.id }
    return ended
  }

  /** What came together is over: the aggregated trade in progress is complete. */
  endAggregate(): AggregateTrade | undefined {
    const { open, aggregates } = this
    if (open === undefined) return undefined
    this.open = undefined
    aggregates.push(open)
    if (aggregates.length >= MAX_TRADES + BLOCK) aggregates.splice(0, aggregates.length - MAX_TRADES)
    return open
  }

  /** Oldest first: the newest `limit`, or `limit` from an id on. */
  recent(limit: number, fromId?: number): ReadonlyArray<TapeTrade> {
    if (fromId === undefined) return this.trades.slice(-limit)
    const index = indexFrom(this.trades, fromId)
    return this.trades.slice(index, index + limit)
  }

  recentAggregates(limit: number, fromId?: number): ReadonlyArray<AggregateTrade> {
    if (fromId === undefined) return this.aggregates.slice(-limit)
    const index = indexFrom(this.aggregates, fromId)
    return this.aggregates.slice(index, index + limit)
  }

  /** By time, both ends included: with a start the oldest `limit` from there, else the newest up to the end. */
  aggregatesBetween(start: number | undefined, end: number | undefined, limit: number): ReadonlyArray<AggregateTrade> {
    const found = this.aggregates.filter(
      ({ at }) => (start === undefined || at >= start) && (end === undefined || at <= end)
    )
    return start === undefined ? found.slice(-limit) : found.slice(0, limit)
  }

  /** The id of the last trade made no later than `at`; -1 where none is known. */
  lastIdAt(at: number): number {
    for (let index = this.trades.length - 1; index >= 0; index--) {
      const trade = this.trades[index]!
      if (trade.at <= at) return trade.id
    }
    return -1
  }
}
