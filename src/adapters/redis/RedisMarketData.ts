// The market in a process that has none of its own: it follows the updates of the market process, and reads the rest from Redis.
import { Clock, Effect, Layer, Option, Queue, Schema } from "effect"
import * as Channels from "../../contract/Channels.ts"
import type { Candle, Interval } from "../../domain/Candle.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { DepthView, MarketMessage, Quote } from "../../domain/Market.ts"
import type { MarketUpdate } from "../../domain/MarketUpdate.ts"
import { SILENT_MILLIS } from "../../domain/Staleness.ts"
import { Events } from "../../ports/Events.ts"
import { MarketData, MarketDataError } from "../../ports/MarketData.ts"
import type { CandleRange, MarketBadge } from "../../ports/MarketSource.ts"
import { RedisClient } from "./RedisClient.ts"
import { steadily } from "./Steady.ts"

/** Between looks at badge, instruments and last prices: until there are some, and after. */
const REFRESH = ["1 second", "10 seconds"] as const
/** Newest candles kept a symbol and interval: they bridge the time until the market process has written them. */
const RECENT = 8

const decodeBadge = Schema.decodeUnknownOption(Channels.BadgeMessage)
const decodeInstruments = Schema.decodeUnknownOption(Channels.InstrumentsMessage)
const decodeCandle = Schema.decodeUnknownOption(Channels.CandleMessage)
const decodeLast = Schema.decodeUnknownOption(Channels.LastMessage)

const NOTHING_YET: MarketBadge = {
  kind: "sim",
  label: "no market",
  notice: "The market process has not been heard of yet."
}

export const layer: Layer.Layer<MarketData, never, Events | RedisClient> = Layer.effect(
  MarketData,
  Effect.gen(function* () {
    const redis = yield* RedisClient
    const clock = yield* Clock.Clock
    const view = new MarketView(() => clock.currentTimeMillisUnsafe())
    const updates = yield* (yield* Events).subscribeMarket
    yield* steadily(
      "RedisMarketData",
      Effect.forever(
        Effect.flatMap(Queue.takeAll(updates), (taken) => {
          for (const update of taken) view.apply(update)
          return Effect.forEach(
            view.takeListenerFailures(),
            (failure) => Effect.logError("A market listener failed", failure),
            { discard: true }
          )
        })
      )
    )
    let epoch = -1
    /** Where the market stood before we listened: a quiet symbol would stay unknown until its next change. */
    const recall = Effect.gen(function* () {
      const current = redis.epoch()
      if (view.instruments.size === 0 || (epoch === current && view.isComplete())) return
      const last = yield* redis.use((connection) => connection.hGetAll(Channels.MARKET_LAST))
      epoch = current
      for (const text of Object.values(last)) view.recall(Option.getOrElse(decodeLast(text), () => []))
    })
    const refresh = Effect.gen(function* () {
      const read = redis.use((connection) => connection.mGet([Channels.MARKET_BADGE, Channels.MARKET_INSTRUMENTS]))
      const [badge, instruments] = yield* Effect.orElseSucceed(read, () => [null, null])
      view.know(decodeBadge(badge), decodeInstruments(instruments))
      yield* Effect.ignore(recall)
      yield* Effect.sleep(REFRESH[view.instruments.size === 0 ? 0 : 1])
    })
    yield* steadily("RedisMarketData", Effect.forever(refresh))

    const stored = ({ end, interval, limit, symbol }: CandleRange) =>
      redis.use((connection) =>
        connection.zRange(Channels.klines(symbol, interval), end, "-inf", {
          BY: "SCORE",
          REV: true,
          LIMIT: { offset: 0, count: limit }
        })
      )
    return {
      badge: Effect.sync(() => view.badge),
      instruments: Effect.sync(() => view.instruments),
      instrument: (symbol) => view.instruments.get(symbol),
      quote: (symbol) => view.quote(symbol),
      depth: (symbol, levels) => {
        const book = view.books.get(symbol)
        return book && { ...book, bids: book.bids.slice(0, levels), asks: book.asks.slice(0, levels) }
      },
      levelAt: (symbol, side, index) => {
        const book = view.books.get(symbol)
        return book?.synced === true ? book[side][index] : undefined
      },
      lotsAtPrice: (symbol, side, ticks) => {
        const book = view.books.get(symbol)
        return book?.synced === true ? (book[side].find((level) => level.ticks === ticks)?.lots ?? 0) : 0
      },
      candles: Effect.fn("RedisMarketData.candles")(function* (range: CandleRange) {
        if (view.instruments.size > 0 && !view.instruments.has(range.symbol)) {
          return yield* new MarketDataError({ message: `${range.symbol} is not traded here.` })
        }
        const rows = yield* Effect.mapError(
          stored(range),
          () =>
            new MarketDataError({
              message: "The candles are out of reach: the link to the market process is down. Try again."
            })
        )
        const candles = rows.toReversed().flatMap((row) => Option.toArray(decodeCandle(row)))
        return merge(candles, view.recentOf(range.symbol, range.interval), range)
      }),
      onMessage: (listener) => view.listen(listener),
      // The market layer, which calls these, does not run in this process.
      apply: () => false,
      seed: () => undefined,
      mend: () => false,
      mark: () => undefined,
      takeCandleChanges: () => [],
      takeListenerFailures: () => []
    }
  })
)

/** What is heard replaces what was stored at the same open time. */
const merge = (stored: ReadonlyArray<Candle>, recent: ReadonlyArray<Candle>, { end, limit }: CandleRange) => {
  const byTime = new Map(stored.map((candle) => [candle.openTime, candle]))
  for (const candle of recent) if (candle.openTime <= end) byTime.set(candle.openTime, candle)
  return [...byTime.values()].toSorted((a, b) => a.openTime - b.openTime).slice(-limit)
}

/** Bounded by the symbols of the market: the newest of each. */
class MarketView {
  badge: MarketBadge = NOTHING_YET
  instruments: ReadonlyMap<string, Instrument> = new Map()
  private readonly quotes = new Map<string, Quote>()
  /** When a price was last heard, by our own clock. */
  private readonly heardAt = new Map<string, number>()
  readonly books = new Map<string, DepthView>()
  private readonly recent = new Map<string, Array<Candle>>()
  private readonly listeners = new Set<(message: MarketMessage) => void>()
  private failures: Array<unknown> = []
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  /** The market process says every price every few seconds: where it does not, it or the link to it is gone. */
  quote(symbol: string): Quote | undefined {
    const quote = this.quotes.get(symbol)
    const heardAt = this.heardAt.get(symbol) ?? 0
    return quote === undefined || this.now() - heardAt <= SILENT_MILLIS
      ? quote
      : { ...quote, stale: { why: "down", heardAt: quote.stale?.heardAt ?? heardAt } }
  }

  know(badge: Option.Option<MarketBadge>, instruments: Option.Option<ReadonlyArray<Instrument>>): void {
    if (Option.isSome(badge)) this.badge = badge.value
    if (Option.isNone(instruments)) return
    this.instruments = new Map(instruments.value.map((instrument) => [instrument.symbol, instrument]))
    // Another market may have come up: what it does not trade is forgotten.
    for (const symbol of this.quotes.keys()) if (!this.instruments.has(symbol)) this.forget(symbol)
  }

  apply(update: MarketUpdate): void {
    switch (update._tag) {
      case "Price":
        this.heardAt.set(update.quote.symbol, this.now())
        return void this.quotes.set(update.quote.symbol, update.quote)
      case "Trade":
        return this.tell({ _tag: "Trade", trade: update.trade })
      case "Kline":
        return this.noteCandle(Channels.klines(update.symbol, update.interval), update.candle)
      case "Book": {
        const { _tag, ...book } = update
        this.books.set(book.symbol, book)
        // The visible book, as far as it is published, in place of the differences that made it.
        if (book.synced) this.tell({ _tag: "DepthSnapshot", snapshot: book, at: book.at })
      }
    }
  }

  /** Every instrument has a last price. */
  isComplete(): boolean {
    return this.quotes.size >= this.instruments.size
  }

  /** Applies what is newer than what was heard. */
  recall(updates: ReadonlyArray<MarketUpdate>): void {
    for (const update of updates) {
      if (update._tag === "Price" && update.quote.at > (this.quotes.get(update.quote.symbol)?.at ?? 0))
        this.apply(update)
      if (update._tag === "Book" && update.at > (this.books.get(update.symbol)?.at ?? 0)) this.apply(update)
    }
  }

  recentOf(symbol: string, interval: Interval): ReadonlyArray<Candle> {
    return this.recent.get(Channels.klines(symbol, interval)) ?? []
  }

  listen(listener: (message: MarketMessage) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  takeListenerFailures(): ReadonlyArray<unknown> {
    const taken = this.failures
    this.failures = []
    return taken
  }

  private noteCandle(key: string, candle: Candle): void {
    const candles = this.recent.get(key) ?? []
    if (candles.at(-1)?.openTime === candle.openTime) candles.pop()
    candles.push(candle)
    if (candles.length > RECENT) candles.shift()
    this.recent.set(key, candles)
  }

  private tell(message: MarketMessage): void {
    for (const listener of this.listeners) {
      try {
        listener(message)
      } catch (failure) {
        if (this.failures.length < 8) this.failures.push(failure)
      }
    }
  }

  private forget(symbol: string): void {
    this.quotes.delete(symbol)
    this.heardAt.delete(symbol)
    this.books.delete(symbol)
    for (const key of this.recent.keys()) if (key.startsWith(`market:klines:${symbol}:`)) this.recent.delete(key)
  }
}
