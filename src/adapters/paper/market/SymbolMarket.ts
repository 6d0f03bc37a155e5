// One symbol as the paper exchange shows it: book, tape, candles and statistics, kept up by outside messages and users' events.
import { MAX_LEVELS } from "../../../domain/Depth.ts"
import type { Level, MarketMessage, Trade } from "../../../domain/Market.ts"
import type { LevelChanged, PublicTrade } from "../../../domain/matching/Event.ts"
import type { Listing } from "../../../domain/matching/Listing.ts"
import type { MarketData } from "../../../ports/MarketData.ts"
import { Figures } from "./Figures.ts"
import { Klines } from "./Klines.ts"
import { PublicBook, type TakenAt } from "./PublicBook.ts"
import { Tape, type AggregateTrade, type TapeTrade } from "./Tape.ts"
import type { TradeIds } from "../TradeIds.ts"
import { Windows } from "./Windows.ts"

/** A market that said nothing for this long lives in a time of its own: a recording's candles end when it was recorded. */
const OWN_TIME_MILLIS = 60_000

/** Who tells what happens at once. Called synchronously; must not throw. */
export interface MarketWatcher {
  readonly traded: (market: SymbolMarket, trade: TapeTrade) => void
  readonly aggregated: (market: SymbolMarket, trade: AggregateTrade) => void
  readonly bestChanged: (market: SymbolMarket) => void
}

export interface SymbolOptions {
  readonly listing: Listing
  readonly data: MarketData["Service"]
  /** The exchange's clock, epoch milliseconds. */
  readonly now: () => number
  readonly startMillis: number
  readonly ids: TradeIds
  readonly takenAt?: TakenAt
}

export class SymbolMarket {
  readonly symbol: string
  /** As stream names have it. */
  readonly streamSymbol: string
  readonly listing: Listing
  readonly figures: Figures
  readonly book: PublicBook
  readonly tape: Tape
  readonly klines: Klines
  readonly windows: Windows
  readonly watchers = new Set<MarketWatcher>()
  private readonly data: MarketData["Service"]
  private readonly now: () => number
  private readonly ids: TradeIds
  /** The book was begun from the market data's view, which may be ahead of the diffs to come. */
  private begunAhead = false
  private toldBest: { readonly bid: Level | undefined; readonly ask: Level | undefined } = {
    bid: undefined,
    ask: undefined
  }
  private latestAt = 0
  /** Counts what can change a ticker: trades, candles that moved on, best prices. */
  private changeCount = 0

  constructor({ listing, data, now, startMillis, ids, takenAt }: SymbolOptions) {
    this.symbol = listing.instrument.symbol
    this.streamSymbol = this.symbol.toLowerCase()
    this.listing = listing
    this.figures = new Figures(listing)
    this.book = new PublicBook(this.symbol, startMillis, takenAt)
    this.tape = new Tape(startMillis)
    this.klines = new Klines(this.symbol, data)
    this.windows = new Windows(this.klines)
    this.data = data
    this.now = now
    this.ids = ids
    this.begunAhead = this.takeView() !== undefined
  }

  /** The time candles and windows go by: the exchange's clock, or the market's own where that is another day. */
  get marketTime(): number {
    const now = this.now()
    return this.latestAt === 0 || Math.abs(now - this.latestAt) <= OWN_TIME_MILLIS ? now : this.latestAt
  }

  get changes(): number {
    return this.changeCount
  }

  /** A message of the outside market, after the market data took it. */
  outside(message: MarketMessage): void {
    switch (message._tag) {
      case "Trade":
        return this.outsideTrade(message.trade)
      case "BestPrices":
        this.book.applyBest(message.best)
        this.passed(message.at)
        break
      case "DepthSnapshot":
        this.begunAhead = false
        this.book.applySnapshot(message.snapshot)
        this.passed(message.at)
        break
      case "DepthDiff":
        if (this.begunAhead) this.begunAhead = this.takeView() !== message.diff.lastUpdateId
        else this.book.applyDiff(message.diff)
        this.passed(message.diff.at)
        break
      case "Restarted":
        this.begunAhead = false
        this.book.reset()
        return
    }
    this.tellBest()
  }

  users(event: PublicTrade | LevelChanged): void {
    if (event._tag === "LevelChanged") {
      this.book.applyUsers(event.side, event.ticks, event.lots)
      return this.tellBest()
    }
    const { at, cause, lots, symbol, takerSide, ticks, tradeId } = event
    this.ids.reached(symbol, tradeId)
    // What the outside market's trades did to a resting order is in their own volume already.
    if (cause === "walked" || cause === "crossed") {
      const { marketTime } = this
      this.klines.trade({ symbol, tradeId: String(tradeId), ticks, lots, takerSide, at: marketTime }, true)
    }
    this.takeUp({ id: tradeId, ticks, lots, takerSide, at })
    if (cause === "walked") this.book.applyTaken(takerSide === "BUY" ? "SELL" : "BUY", ticks, lots)
    if (cause === "through") this.book.applyThrough(takerSide, ticks)
    this.tellBest()
  }

  /** What came together is over: completes the aggregated trade in progress. */
  settle(): void {
    const ended = this.tape.endAggregate()
    if (ended !== undefined) for (const watcher of this.watchers) watcher.aggregated(this, ended)
  }

  /** The market data's whole view in place of messages that were missed; its update id, or `undefined` where it has none. */
  private takeView(): number | undefined {
    const view = this.data.depth(this.symbol, MAX_LEVELS)
    if (view?.synced !== true) return undefined
    this.book.applySnapshot(view)
    return view.updateId
  }

  private outsideTrade(trade: Trade): void {
    this.latestAt = Math.max(this.latestAt, trade.at)
    const id = this.ids.ofOutside(trade)
    this.klines.trade(trade, false)
    this.takeUp({ id, ticks: trade.ticks, lots: trade.lots, takerSide: trade.takerSide, at: trade.at })
  }

  private takeUp(trade: TapeTrade): void {
    this.changeCount++
    const ended = this.tape.add(trade)
    for (const watcher of this.watchers) {
      if (ended !== undefined) watcher.aggregated(this, ended)
      watcher.traded(this, trade)
    }
  }

  private passed(at: number): void {
    if (at > this.latestAt) this.latestAt = at
    this.klines.advance(at)
  }

  private tellBest(): void {
    if (this.watchers.size === 0) return
    const bid = this.book.best("BUY")
    const ask = this.book.best("SELL")
    const told = this.toldBest
    if ((same(bid, told.bid) && same(ask, told.ask)) || (bid === undefined && ask === undefined)) return
    this.toldBest = { bid, ask }
    this.changeCount++
    for (const watcher of this.watchers) watcher.bestChanged(this)
  }
}

const same = (a: Level | undefined, b: Level | undefined): boolean => a?.ticks === b?.ticks && a?.lots === b?.lots
