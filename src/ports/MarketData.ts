// The market as the desk knows it now: instruments, books, last prices, candles. Written by the market layer alone.
import { Context, Effect, Layer, Schema } from "effect"
import type { Candle } from "../domain/Candle.ts"
import { intervals, type Interval } from "../domain/Candle.ts"
import { CandleSeries, type CandleChange } from "../domain/CandleSeries.ts"
import { Depth } from "../domain/Depth.ts"
import type { Instrument } from "../domain/Instrument.ts"
import type { BestPrices, DepthView, Level, MarketMessage, Quote } from "../domain/Market.ts"
import type { Staleness } from "../domain/Staleness.ts"
import { MarketSource, type CandleRange, type MarketBadge } from "./MarketSource.ts"

export class MarketDataError extends Schema.TaggedError<MarketDataError>()("MarketDataError", {
  message: Schema.String
}) {}

export class MarketData extends Context.Service<
  MarketData,
  {
    readonly badge: Effect.Effect<MarketBadge>
    readonly instruments: Effect.Effect<ReadonlyMap<string, Instrument>>
    /** Synchronous reads: they sit on the order path. `undefined` for a symbol that is not traded here. */
    readonly instrument: (symbol: string) => Instrument | undefined
    readonly quote: (symbol: string) => Quote | undefined
    /** At most `levels` a side. */
    readonly depth: (symbol: string, levels: number) => DepthView | undefined
    /** One level of `depth`, zero-based from the best, without making the others; none while the book is not synced. */
    readonly levelAt: (symbol: string, side: "bids" | "asks", index: number) => Level | undefined
    /** The lots of `depth` at a price; zero while the book is not synced. */
    readonly lotsAtPrice: (symbol: string, side: "bids" | "asks", ticks: number) => number
    /** Oldest first, at most `limit`; the candle in progress is the last. */
    readonly candles: (range: CandleRange) => Effect.Effect<ReadonlyArray<Candle>, MarketDataError>
    /**
     * Called for every message after it was applied, in order, on the market's own fiber: it must not block. Returns the
     * undo. The paper exchange fills resting orders by it.
     */
    readonly onMessage: (listener: (message: MarketMessage) => void) => () => void
    /**
     * Called by the market layer alone: brings everything here up to date with one message and tells the listeners. A listener that
     * throws stops neither the market nor the other listeners. `false` for a symbol that is not traded here.
     */
    readonly apply: (message: MarketMessage) => boolean
    /** Called by the market layer alone, before the messages: the source's candle in progress. */
    readonly seed: (symbol: string, interval: Interval, candle: Candle) => void
    /** Called by the market layer alone: a closed candle as the source has it. `false` where it is not kept here. */
    readonly mend: (symbol: string, interval: Interval, candle: Candle) => boolean
    /** Called by the market layer alone, which has the clock: whether the symbol's numbers are too old to act on. */
    readonly mark: (symbol: string, stale: Staleness | undefined) => void
    /** Called by the market layer alone: the candles of a symbol that changed since the last call. */
    readonly takeCandleChanges: (symbol: string) => ReadonlyArray<CandleChange>
    /** Called by the market layer alone: what listeners threw since the last call, the first few. */
    readonly takeListenerFailures: () => ReadonlyArray<unknown>
  }
>()("outcry/ports/MarketData") {
  /** Bounded by the number of instruments: a book, the last prices, and the newest candles of every interval for each. */
  static readonly layerMemory = Layer.effect(
    MarketData,
    Effect.map(MarketSource, (source) => MarketData.of(inMemory(source)))
  )
}

/** Failures kept until they are logged; more of them say nothing new. */
const MAX_LISTENER_FAILURES = 8

interface Book {
  readonly symbol: string
  readonly depth: Depth
  readonly candles: CandleSeries
  best: BestPrices | undefined
  last: number | undefined
  at: number
  stale: Staleness | undefined
}

/** For the layer, and for whoever measures it without one. */
export const inMemory = (source: MarketSource["Service"]): MarketData["Service"] => {
  const books = new Map<string, Book>()
  for (const symbol of source.instruments.keys()) {
    const depth = new Depth(symbol)
    books.set(symbol, {
      symbol,
      depth,
      candles: new CandleSeries(),
      best: undefined,
      last: undefined,
      at: 0,
      stale: undefined
    })
  }
  let listeners: ReadonlyArray<(message: MarketMessage) => void> = []
  let failures: Array<unknown> = []
  const apply = (message: MarketMessage): boolean => {
    const book = books.get(symbolOf(message))
    if (book === undefined) return false
    applyTo(book, message)
    for (const listener of listeners) {
      try {
        listener(message)
      } catch (failure) {
        if (failures.length < MAX_LISTENER_FAILURES) failures.push(failure)
      }
    }
    return true
  }
  return {
    badge: Effect.succeed(source.badge),
    instruments: Effect.succeed(source.instruments),
    instrument: (symbol) => source.instruments.get(symbol),
    quote: (symbol) => {
      const book = books.get(symbol)
      return book === undefined ? undefined : quoteOf(book)
    },
    depth: (symbol, levels) => {
      const book = books.get(symbol)
      if (book === undefined) return undefined
      return { symbol, ...book.depth.view(levels, book.best), synced: book.depth.synced, at: book.at }
    },
    levelAt: (symbol, side, index) => {
      const book = books.get(symbol)
      return book?.depth.synced === true ? book.depth.levelAt(side, index, book.best) : undefined
    },
    lotsAtPrice: (symbol, side, ticks) => {
      const book = books.get(symbol)
      return book?.depth.synced === true ? book.depth.lotsAtPrice(side, ticks, book.best) : 0
    },
    candles: (range) => candlesOf(source, books.get(range.symbol), range),
    onMessage: (listener) => {
      listeners = [...listeners, listener]
      return () => {
        listeners = listeners.filter((other) => other !== listener)
      }
    },
    apply,
    seed: (symbol, interval, candle) => books.get(symbol)?.candles.seed(interval, candle),
    mend: (symbol, interval, candle) => books.get(symbol)?.candles.mend(interval, candle) ?? false,
    mark: (symbol, stale) => {
      const book = books.get(symbol)
      if (book !== undefined) book.stale = stale
    },
    takeCandleChanges: (symbol) => books.get(symbol)?.candles.takeChanges() ?? [],
    takeListenerFailures: () => {
      const taken = failures
      failures = []
      return taken
    }
  }
}

export const symbolOf = (message: MarketMessage): string => {
  switch (message._tag) {
    case "Trade":
      return message.trade.symbol
    case "BestPrices":
      return message.best.symbol
    case "DepthSnapshot":
      return message.snapshot.symbol
    case "DepthDiff":
      return message.diff.symbol
    case "Restarted":
      return message.symbol
  }
}

const applyTo = (book: Book, message: MarketMessage): void => {
  let at: number
  switch (message._tag) {
    case "Trade":
      at = message.trade.at
      book.last = message.trade.ticks
      book.candles.apply(message.trade)
      break
    case "BestPrices":
      at = message.at
      // The streams of a symbol are not ordered against each other: an older state must not replace a newer one.
      if (book.best === undefined || message.best.updateId >= book.best.updateId) book.best = message.best
      break
    case "DepthSnapshot":
      at = message.at
      book.depth.applySnapshot(message.snapshot)
      break
    case "DepthDiff":
      at = message.diff.at
      book.depth.applyDiff(message.diff)
      break
    case "Restarted":
      at = message.at
      book.depth.reset()
      book.best = undefined
      break
  }
  if (at > book.at) book.at = at
  if (message._tag !== "Trade") book.candles.advance(at)
}

const quoteOf = (book: Book): Quote => {
  const { best, depth, symbol, last, at, stale } = book
  const newest = best !== undefined && best.updateId > depth.updateId ? best : undefined
  const bid = newest?.bid ?? depth.bestBid()
  const ask = newest?.ask ?? depth.bestAsk()
  return {
    symbol,
    ...(last === undefined ? {} : { last }),
    ...(bid === undefined ? {} : { bid }),
    ...(ask === undefined ? {} : { ask }),
    synced: depth.synced,
    at,
    ...(stale === undefined ? {} : { stale })
  }
}

const candlesOf = Effect.fnUntraced(function* (
  source: MarketSource["Service"],
  book: Book | undefined,
  range: CandleRange
): Effect.fn.Return<ReadonlyArray<Candle>, MarketDataError> {
  if (book === undefined) return yield* new MarketDataError({ message: `${range.symbol} is not traded here.` })
  if (!intervals.includes(range.interval)) {
    return yield* new MarketDataError({ message: `There are no candles of ${range.interval}.` })
  }
  const recent = book.candles.upTo(range.interval, range.end, range.limit)
  if (recent.length >= range.limit) return recent
  const end = recent[0] === undefined ? range.end : Math.min(range.end, recent[0].openTime - 1)
  const older = yield* source
    .history({ ...range, end, limit: range.limit - recent.length })
    .pipe(Effect.mapError((error) => new MarketDataError({ message: error.message })))
  return [...older, ...recent]
})
