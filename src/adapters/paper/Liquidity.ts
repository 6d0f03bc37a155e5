// The outside market as users of the paper exchange meet it: the book as it is known here, less what they took from it, and its trades.
import type { BestPrices, Level, MarketMessage, Trade } from "../../domain/Market.ts"
import type { Command } from "../../domain/matching/Command.ts"
import type { Engine } from "../../domain/matching/Engine.ts"
import type { EngineEvent, PublicTrade } from "../../domain/matching/Event.ts"
import type { Listing } from "../../domain/matching/Listing.ts"
import type { Amount } from "../../domain/matching/Order.ts"
import type { Side } from "../../domain/Order.ts"
import { type MarketData, symbolOf } from "../../ports/MarketData.ts"
import { AveragePrice } from "./AveragePrice.ts"
import { MAX_LEVELS, type Outside } from "./Seen.ts"
import { TradeIds } from "./TradeIds.ts"

/** What users took of a level, and what the market said it held then. */
interface Taken {
  lots: number
  readonly stated: number
  /** The market said so by its best prices: the difference that follows says the same again. */
  foretold: boolean
}

type BookSide = "bids" | "asks"
type Feed = Extract<Command, { readonly _tag: "Tape" | "Outside" }>

const sideOf = (side: BookSide): Side => (side === "bids" ? "BUY" : "SELL")

export class SymbolMarket implements Outside {
  lastTicks: number
  private readonly symbol: string
  private readonly market: MarketData["Service"]
  private readonly queueShare: number
  private readonly ids: TradeIds
  private readonly average: AveragePrice
  /** By price. No more than the levels users took from since the market last stated them. */
  private best: BestPrices | undefined
  private bookId = 0
  private readonly taken = { bids: new Map<number, Taken>(), asks: new Map<number, Taken>() }

  constructor(listing: Listing, market: MarketData["Service"], queueShare: number, ids: TradeIds) {
    this.symbol = listing.instrument.symbol
    this.market = market
    this.queueShare = queueShare
    this.ids = ids
    this.average = new AveragePrice(listing.instrument)
    this.lastTicks = market.quote(this.symbol)?.last ?? 0
  }

  get lastTradeId(): number {
    return this.ids.last(this.symbol)
  }

  /** VWAP of the last five minutes; 0n without a trade. */
  get averagePrice(): Amount {
    return this.average.value()
  }

  /** Before the first trade the middle of the book stands for the average price; an order that needs one is refused without either. */
  get reference(): Amount {
    const average = this.average.value()
    if (average !== 0n) return average
    const best = [this.market.levelAt(this.symbol, "bids", 0), this.market.levelAt(this.symbol, "asks", 0)]
    const known = best.flatMap((level) => (level === undefined ? [] : [level.ticks]))
    return known.length === 0 ? 0n : this.average.unitsOf(...known)
  }

  netLevel(side: BookSide, index: number) {
    const level = this.market.levelAt(this.symbol, side, index)
    if (level === undefined) return undefined
    const taken = this.taken[side].size === 0 ? undefined : this.taken[side].get(level.ticks)
    return taken === undefined ? level : { ticks: level.ticks, lots: level.lots - taken.lots }
  }

  /** What stands before a new order: the share of the level that the model counts, rounded up. */
  lotsAhead(side: BookSide, ticks: number): number {
    return Math.ceil(Math.max(0, this.netAt(side, ticks)) * this.queueShare)
  }

  /** A trade of the outside market, as it is told. */
  traded(trade: Trade): void {
    this.lastTicks = trade.ticks
    this.average.add(trade.at, trade.ticks, trade.lots)
    this.ids.ofOutside(trade)
  }

  /** What users did: trades among themselves move the price, trades with the outside market take from its levels. */
  told(events: ReadonlyArray<EngineEvent>, command: Command): void {
    for (const event of events) {
      if (event._tag !== "PublicTrade") continue
      this.lastTicks = event.ticks
      this.ids.reached(this.symbol, event.tradeId)
      if (event.cause === "walked" || event.cause === "crossed") this.average.add(event.at, event.ticks, event.lots)
      const met = levelMet(event, command)
      if (met !== undefined) this.take(met.side, met.ticks, event.lots)
    }
  }

  /** The market stated levels anew: what users had of them is there again. */
  restated(message: MarketMessage): void {
    const { asks, bids } = this.taken
    switch (message._tag) {
      case "BestPrices":
        this.best = message.best
        return
      case "DepthDiff":
        this.bookId = message.diff.lastUpdateId
        if (bids.size > 0) for (const level of message.diff.bids) release(bids, level)
        if (asks.size > 0) for (const level of message.diff.asks) release(asks, level)
        return
      case "DepthSnapshot":
        this.bookId = message.snapshot.updateId
        // It repeats what did not change; only another size says that somebody came.
        for (const side of ["bids", "asks"] as const) {
          for (const [ticks, { stated }] of this.taken[side]) {
            if (this.market.lotsAtPrice(this.symbol, side, ticks) !== stated) this.taken[side].delete(ticks)
          }
        }
        return
      case "Restarted":
        this.best = undefined
        this.bookId = 0
        bids.clear()
        asks.clear()
    }
  }

  /** What a message may mean to users' orders; the engine says whether it changed anything. */
  *feeds(message: MarketMessage, engine: Engine, at: number): Generator<Feed> {
    const { symbol } = this
    if (message._tag === "Trade") {
      const { lots, takerSide, ticks } = message.trade
      yield { _tag: "Tape", at, symbol, ticks, lots, takerSide }
      return
    }
    const bestBid = engine.best(symbol, "BUY")
    const bestAsk = engine.best(symbol, "SELL")
    if (bestBid === 0 && bestAsk === 0) return
    // A book that is lost says nothing about anybody's place in it.
    if (this.netLevel("bids", 0) === undefined && this.netLevel("asks", 0) === undefined) return
    for (const [side, ticks] of this.stated(message, engine)) yield this.outside(side, ticks, at)
    yield* this.past("asks", (ticks) => ticks <= engine.best(symbol, "BUY"), at)
    yield* this.past("bids", (ticks) => engine.best(symbol, "SELL") !== 0 && ticks >= engine.best(symbol, "SELL"), at)
  }

  /** Prices where users rest and whose level the message is about. */
  private *stated(message: MarketMessage, engine: Engine): Generator<readonly [BookSide, number]> {
    const { symbol } = this
    switch (message._tag) {
      case "DepthDiff":
        for (const side of ["bids", "asks"] as const) {
          if (engine.best(symbol, sideOf(side)) === 0) continue
          for (const { ticks } of message.diff[side])
            if (engine.restingAt(symbol, sideOf(side), ticks)) yield [side, ticks]
        }
        return
      case "DepthSnapshot":
        for (const side of ["bids", "asks"] as const) {
          for (const { ticks } of engine.levels(symbol, sideOf(side))) yield [side, ticks]
        }
        return
      case "BestPrices":
        if (engine.restingAt(symbol, "BUY", message.best.bid.ticks)) yield ["bids", message.best.bid.ticks]
        if (engine.restingAt(symbol, "SELL", message.best.ask.ticks)) yield ["asks", message.best.ask.ticks]
    }
  }

  /** Levels, best first, that have reached users' orders on the other side. Orders they fill make room for the next look. */
  private *past(side: BookSide, reached: (ticks: number) => boolean, at: number): Generator<Feed> {
    for (let index = 0; index < MAX_LEVELS; index++) {
      const level = this.netLevel(side, index)
      if (level === undefined || !reached(level.ticks)) return
      if (level.lots > 0) yield this.outside(side, level.ticks, at)
    }
  }

  private outside(side: BookSide, ticks: number, at: number): Feed {
    const lots = Math.max(0, this.netAt(side, ticks))
    return { _tag: "Outside", at, symbol: this.symbol, side: sideOf(side), ticks, lots }
  }

  private netAt(side: BookSide, ticks: number): number {
    return this.market.lotsAtPrice(this.symbol, side, ticks) - (this.taken[side].get(ticks)?.lots ?? 0)
  }

  /** Whether a level's size is known from newer best prices, and its difference still to come. */
  private isForetold(side: BookSide, ticks: number): boolean {
    const { best } = this
    if (best === undefined || best.updateId <= this.bookId) return false
    return ticks === (side === "bids" ? best.bid : best.ask).ticks
  }

  private take(side: BookSide, ticks: number, lots: number): void {
    const taken = this.taken[side].get(ticks)
    if (taken === undefined) {
      const stated = this.market.lotsAtPrice(this.symbol, side, ticks)
      this.taken[side].set(ticks, { lots, stated, foretold: this.isForetold(side, ticks) })
    } else taken.lots += lots
  }
}

/** A level was stated in the order of the updates. */
const release = (taken: Map<number, Taken>, { lots, ticks }: Level): void => {
  const known = taken.get(ticks)
  if (known === undefined) return
  if (known.foretold && known.stated === lots) known.foretold = false
  else taken.delete(ticks)
}

/** The outside level that a trade took from: the one walked, or the one that reached a resting order. The tape's trades took theirs themselves. */
const levelMet = (event: PublicTrade, command: Command): { side: BookSide; ticks: number } | undefined => {
  if (event.cause === "walked") return { side: event.takerSide === "BUY" ? "asks" : "bids", ticks: event.ticks }
  if (command._tag !== "Outside" || event.cause === "crossed") return undefined
  return { side: command.side === "BUY" ? "bids" : "asks", ticks: command.ticks }
}

/** Every symbol's outside market. */
export class Liquidity {
  private readonly markets = new Map<string, SymbolMarket>()

  constructor(
    listings: ReadonlyMap<string, Listing>,
    market: MarketData["Service"],
    queueShare: number,
    ids: TradeIds = new TradeIds()
  ) {
    for (const [symbol, listing] of listings) {
      this.markets.set(symbol, new SymbolMarket(listing, market, queueShare, ids))
    }
  }

  of(symbol: string): SymbolMarket | undefined {
    return this.markets.get(symbol)
  }

  /** Takes a message in, before anyone trades on it. */
  hear(message: MarketMessage): SymbolMarket | undefined {
    const market = this.markets.get(symbolOf(message))
    if (market === undefined) return undefined
    if (message._tag === "Trade") market.traded(message.trade)
    else market.restated(message)
    return market
  }
}

/** A symbol that no market is known of: its orders can be cancelled, and nothing trades. */
export const nowhere: Outside = {
  lastTicks: 0,
  reference: 0n,
  lastTradeId: 0,
  netLevel: () => undefined,
  lotsAhead: () => 0
}
