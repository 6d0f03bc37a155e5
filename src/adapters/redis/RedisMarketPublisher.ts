// What processes without a market read from Redis: badge, instruments, last prices, books, and candles. Runs beside the market and is its only writer.
import { Clock, Effect, Layer, Queue, Result, Schema } from "effect"
import * as Channels from "../../contract/Channels.ts"
import { type Candle, type Interval, intervals } from "../../domain/Candle.ts"
import type { MarketUpdate } from "../../domain/MarketUpdate.ts"
import { Events } from "../../ports/Events.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { type Connection, RedisClient, type RedisUnavailable } from "./RedisClient.ts"
import { steadily } from "./Steady.ts"

/** How often last prices, books and candles are written; readers hear the newest anyway. */
const FLUSH = "500 millis"
/** Sets filled from the market's history in one flush: it may have to ask an exchange that counts requests. */
const FILLS = 8
/** Until a history that could not be had is asked for again. */
const PATIENCE_MILLIS = 60_000
/** Instruments whose sets are filled at the start; of others when they first trade. */
const FILLED_AT_START = 20
/** Candles of one set that wait for a flush; the oldest are left out, since they will be read from the history. */
const WAITING = 64

/** Seconds after which a market that nobody writes any more is forgotten: a process that starts then must not take it for the present. */
const FORGOTTEN_SECONDS = 30
/** Levels a side of a written book: as many as are published. */
const LEVELS = 25

const encodeBadge = Schema.encodeSync(Channels.BadgeMessage)
const encodeInstruments = Schema.encodeSync(Channels.InstrumentsMessage)
const encodeCandle = Schema.encodeSync(Channels.CandleMessage)
const encodeLast = Schema.encodeSync(Channels.LastMessage)

export const layer: Layer.Layer<never, never, Events | MarketData | RedisClient> = Layer.effectDiscard(
  Effect.gen(function* () {
    const redis = yield* RedisClient
    const market = yield* MarketData
    const updates = yield* (yield* Events).subscribeMarket
    const sets = new CandleSets()
    /** Symbols whose last price or book is not written yet. */
    const moved = new Set<string>()
    let epoch = -1

    const writeLast = Effect.suspend(() => {
      const last = [...moved].flatMap((symbol) => lastOf(market, symbol))
      moved.clear()
      return last.length === 0
        ? Effect.void
        : redis.use((connection) => connection.hSet(Channels.MARKET_LAST, Object.fromEntries(last)))
    })

    /** Badge and instruments, and every set anew: this Redis may have been empty a moment ago, or hold another market's. */
    const introduce = Effect.gen(function* () {
      const badge = encodeBadge(yield* market.badge)
      const instruments = [...(yield* market.instruments).values()]
      for (const { symbol } of instruments) moved.add(symbol)
      // Before the instruments: who sees those finds what they cost.
      yield* redis.use((connection) => connection.del(Channels.MARKET_LAST))
      yield* writeLast
      yield* redis.use((connection) =>
        connection.mSet({
          [Channels.MARKET_BADGE]: badge,
          [Channels.MARKET_INSTRUMENTS]: encodeInstruments(instruments)
        })
      )
      sets.fillAnew(instruments.slice(0, FILLED_AT_START).map(({ symbol }) => symbol))
    })

    const flush = Effect.gen(function* () {
      if (!redis.connected()) return sets.dropWaiting()
      const current = redis.epoch()
      if (current !== epoch) yield* introduce
      epoch = current
      const now = yield* Clock.currentTimeMillis
      yield* writeLast
      if (!(yield* redis.use(keepKnown))) epoch = -1
      for (const set of sets.unfilled(now)) yield* fill(redis, market, set, now)
      for (const set of sets.takeChanged()) yield* redis.use((connection) => write(connection, set))
    }).pipe(
      // Whatever was lost on the way is made good from the history.
      Effect.catchTag("RedisUnavailable", () =>
        Effect.sync(() => {
          epoch = -1
        })
      )
    )

    const note = Effect.flatMap(Queue.takeAll(updates), (taken) =>
      Effect.sync(() => {
        for (const update of taken) {
          sets.note(update)
          if (update._tag === "Price") moved.add(update.quote.symbol)
          if (update._tag === "Book") moved.add(update.symbol)
        }
      })
    )
    yield* steadily("RedisMarketPublisher", Effect.forever(note))
    yield* steadily("RedisMarketPublisher", Effect.forever(Effect.andThen(flush, Effect.sleep(FLUSH))))
  })
)

/** False where the keys are gone: a writer that was held up for long has been forgotten too. */
const keepKnown = async (connection: Connection): Promise<boolean> => {
  const kept = await Promise.all([
    connection.expire(Channels.MARKET_BADGE, FORGOTTEN_SECONDS),
    connection.expire(Channels.MARKET_INSTRUMENTS, FORGOTTEN_SECONDS)
  ])
  await connection.expire(Channels.MARKET_LAST, FORGOTTEN_SECONDS)
  return kept.every((answer) => answer === 1)
}

/** Field and value of the hash; nothing for a symbol that has not been heard of. */
const lastOf = (market: MarketData["Service"], symbol: string): ReadonlyArray<readonly [string, string]> => {
  const quote = market.quote(symbol)
  if (quote === undefined || quote.at === 0) return []
  const book = market.depth(symbol, LEVELS)
  return [
    [
      symbol,
      encodeLast([{ _tag: "Price", quote }, ...(book === undefined ? [] : [{ _tag: "Book" as const, ...book }])])
    ]
  ]
}

const FILLED = Number.POSITIVE_INFINITY

interface CandleSet {
  readonly symbol: string
  readonly interval: Interval
  /** When to fill it from the history, in epoch milliseconds; `FILLED` once that is done. */
  fillAt: number
  /** By open time, oldest first. */
  waiting: Map<number, Candle>
}

interface CandleChanges {
  readonly symbol: string
  readonly interval: Interval
  readonly candles: ReadonlyArray<Candle>
}

/** Every symbol and interval that has a set in Redis, and what waits to be written to it. */
class CandleSets {
  private readonly sets = new Map<string, CandleSet>()

  note(update: MarketUpdate): void {
    if (update._tag !== "Kline") return
    const { waiting } = this.of(update.symbol, update.interval)
    waiting.set(update.candle.openTime, update.candle)
    if (waiting.size > WAITING) waiting.delete(waiting.keys().next().value!)
  }

  fillAnew(symbols: ReadonlyArray<string>): void {
    for (const symbol of symbols) for (const interval of intervals) this.of(symbol, interval)
    for (const set of this.sets.values()) set.fillAt = 0
  }

  dropWaiting(): void {
    for (const set of this.sets.values()) set.waiting.clear()
  }

  unfilled(now: number): ReadonlyArray<CandleSet> {
    return [...this.sets.values()].filter((set) => set.fillAt <= now).slice(0, FILLS)
  }

  takeChanged(): ReadonlyArray<CandleChanges> {
    const changed = [...this.sets.values()].filter((set) => set.fillAt === FILLED && set.waiting.size > 0)
    return changed.map((set) => {
      const { interval, symbol, waiting } = set
      set.waiting = new Map()
      return { symbol, interval, candles: [...waiting.values()] }
    })
  }

  private of(symbol: string, interval: Interval): CandleSet {
    const key = Channels.klines(symbol, interval)
    const known = this.sets.get(key)
    if (known !== undefined) return known
    const set: CandleSet = { symbol, interval, fillAt: 0, waiting: new Map() }
    this.sets.set(key, set)
    return set
  }
}

/** Replaces a set by the market's history. Where that cannot be had now, it is tried again later. */
const fill = Effect.fnUntraced(function* (
  redis: RedisClient["Service"],
  market: MarketData["Service"],
  set: CandleSet,
  now: number
): Effect.fn.Return<void, RedisUnavailable> {
  const { interval, symbol } = set
  // A replay's clock may run ahead of ours.
  const end = Math.max(now, ...set.waiting.keys())
  const history = yield* Effect.result(market.candles({ symbol, interval, end, limit: Channels.KLINES_KEPT }))
  if (Result.isFailure(history)) {
    set.fillAt = now + PATIENCE_MILLIS
    return yield* Effect.logWarning(
      `Other processes have no candles of ${symbol} ${interval} yet: ${history.failure.message}`
    )
  }
  const candles = history.success
  const key = Channels.klines(symbol, interval)
  yield* redis.use((connection) => {
    const replaced = connection.multi().del(key)
    if (candles.length > 0) replaced.zAdd(key, candles.map(member))
    return replaced.exec()
  })
  set.fillAt = FILLED
})

/** A candle in progress replaces its earlier state; what exceeds the set's length goes. */
const write = (connection: Connection, { candles, interval, symbol }: CandleChanges) => {
  const key = Channels.klines(symbol, interval)
  const change = connection.multi()
  for (const { openTime } of candles) change.zRemRangeByScore(key, openTime, openTime)
  return change
    .zAdd(key, candles.map(member))
    .zRemRangeByRank(key, 0, -Channels.KLINES_KEPT - 1)
    .exec()
}

const member = (candle: Candle) => ({ score: candle.openTime, value: encodeCandle(candle) })
