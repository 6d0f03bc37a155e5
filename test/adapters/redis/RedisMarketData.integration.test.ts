// A market in one process, seen from another that has none.
import { assert, it, layer } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Queue, Stream } from "effect"
import { RedisClient } from "../../../src/adapters/redis/RedisClient.ts"
import * as RedisEvents from "../../../src/adapters/redis/RedisEvents.ts"
import * as RedisMarketData from "../../../src/adapters/redis/RedisMarketData.ts"
import * as RedisMarketPublisher from "../../../src/adapters/redis/RedisMarketPublisher.ts"
import * as Channels from "../../../src/contract/Channels.ts"
import type { Candle } from "../../../src/domain/Candle.ts"
import type { MarketMessage } from "../../../src/domain/Market.ts"
import type { MarketUpdate } from "../../../src/domain/MarketUpdate.ts"
import { Events } from "../../../src/ports/Events.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { MarketSource } from "../../../src/ports/MarketSource.ts"
import { trade } from "../../kit/Messages.ts"
import { describeRedis, layerClient, RedisServer, whenConnected } from "../../kit/Redis.ts"
import { btcusdt } from "../../kit/Trading.ts"

const MINUTE = 60_000
const FIRST = 1_700_000_040_000

const candle = (n: number, close: number): Candle => ({
  openTime: FIRST + n * MINUTE,
  closeTime: FIRST + (n + 1) * MINUTE - 1,
  open: 100,
  high: 200,
  low: 50,
  close,
  volume: 7,
  quoteUnits: 90_071_992_547_409_930n,
  trades: 3,
  takerBuyVolume: 2
})
const kline = (n: number, close: number, closed = false): MarketUpdate => ({
  _tag: "Kline",
  symbol: "BTCUSDT",
  interval: "1m",
  candle: candle(n, close),
  closed
})

/** More history than a set keeps. */
const HISTORY = Array.from({ length: Channels.KLINES_KEPT + 5 }, (_, n) => candle(n - Channels.KLINES_KEPT - 5, 100))

const NEWEST = candle(-1, 100)

const source = Layer.succeed(MarketSource, {
  badge: { kind: "replay", label: "replay of a test" },
  instruments: new Map([
    ["BTCUSDT", btcusdt],
    ["ETHUSDT", { ...btcusdt, symbol: "ETHUSDT" }]
  ]),
  messages: Stream.never,
  history: ({ end, interval, limit }) =>
    Effect.succeed(interval === "1m" ? HISTORY.filter(({ openTime }) => openTime <= end).slice(-limit) : []),
  skipped: Effect.succeed({})
})

/** ETHUSDT has traded once, long before anybody listened. */
const quiet = Layer.effectDiscard(
  Effect.map(MarketData, (market) => {
    const traded = { symbol: "ETHUSDT", tradeId: "1", ticks: 250_000, lots: 3, takerSide: "BUY", at: FIRST } as const
    const bids = [{ ticks: 249_999, lots: 2 }]
    const asks = [{ ticks: 250_001, lots: 4 }]
    market.apply({ _tag: "Trade", trade: traded })
    market.apply({ _tag: "DepthSnapshot", snapshot: { symbol: "ETHUSDT", updateId: 9, bids, asks }, at: FIRST })
  })
)

/** What the test says for the market process. */
class MarketProcess extends Context.Service<MarketProcess, Events["Service"]>()("outcry/test/MarketProcess") {}

const marketProcess = Layer.effect(MarketProcess, Effect.service(Events)).pipe(
  Layer.provideMerge(Layer.fresh(RedisMarketPublisher.layer)),
  Layer.provide(quiet.pipe(Layer.provideMerge(Layer.fresh(MarketData.layerMemory)), Layer.provide(source))),
  Layer.provide(Layer.fresh(RedisEvents.layer)),
  Layer.provide(Layer.effectDiscard(whenConnected).pipe(Layer.provideMerge(layerClient)))
)
const otherProcess = Layer.fresh(RedisMarketData.layer).pipe(
  Layer.provideMerge(Layer.fresh(RedisEvents.layer)),
  Layer.provideMerge(Layer.effectDiscard(whenConnected).pipe(Layer.provideMerge(layerClient)))
)
const both = Layer.mergeAll(marketProcess, otherProcess).pipe(Layer.provideMerge(RedisServer.layer))

/** Asks Redis for a sign of life between looks, so that looking again lets others work. */
const until = <A, E>(look: Effect.Effect<A, E>, satisfied: (seen: A) => boolean): Effect.Effect<A, E, RedisClient> =>
  Effect.gen(function* () {
    const redis = yield* RedisClient
    for (;;) {
      const seen = yield* look
      if (satisfied(seen)) return seen
      yield* Effect.ignore(redis.use((connection) => connection.ping()))
    }
  })

const range = { symbol: "BTCUSDT", interval: "1m", end: Number.MAX_SAFE_INTEGER, limit: 1000 } as const

describeRedis("MarketData on Redis", () => {
  layer(both, { excludeTestServices: true, timeout: "20 seconds" })((it) => {
    it.effect("knows the badge and the instruments of the market process", () =>
      Effect.gen(function* () {
        const market = yield* MarketData
        yield* until(market.instruments, (instruments) => instruments.size > 0)
        assert.deepStrictEqual(market.instrument("BTCUSDT"), btcusdt)
        assert.isUndefined(market.instrument("NOSUCH"))
        assert.deepStrictEqual(yield* market.badge, { kind: "replay", label: "replay of a test" })
      })
    )

    it.effect("is written so that it is forgotten once nobody writes it any more", () =>
      Effect.gen(function* () {
        const redis = yield* RedisClient
        for (const key of [Channels.MARKET_BADGE, Channels.MARKET_INSTRUMENTS, Channels.MARKET_LAST]) {
          const seconds = yield* until(Effect.orDie(redis.use((connection) => connection.ttl(key))), (left) => left > 0)
          assert.isAtMost(seconds, 30)
        }
      })
    )

    it.effect("is written again where it was forgotten although somebody writes it", () =>
      Effect.gen(function* () {
        const redis = yield* RedisClient
        const known = redis.use((connection) => connection.exists(Channels.MARKET_INSTRUMENTS))
        yield* redis.use((connection) => connection.del(Channels.MARKET_INSTRUMENTS))
        yield* until(known, (count) => count === 1)
      })
    )

    it.effect("knows where a market stands that has not moved since", () =>
      Effect.gen(function* () {
        const market = yield* MarketData
        const quote = yield* until(
          Effect.sync(() => market.quote("ETHUSDT")),
          (known) => known !== undefined
        )
        assert.strictEqual(quote?.last, 250_000)
        assert.deepStrictEqual(market.depth("ETHUSDT", 10)?.asks, [{ ticks: 250_001, lots: 4 }])
        assert.isUndefined(market.quote("BTCUSDT"), "nothing has been heard of it")
      })
    )

    it.effect("follows the last price and the book", () =>
      Effect.gen(function* () {
        const market = yield* MarketData
        const process = yield* MarketProcess
        const quote = {
          symbol: "BTCUSDT",
          last: 7,
          bid: { ticks: 6, lots: 1 },
          ask: { ticks: 8, lots: 2 },
          synced: true,
          at: 5
        }
        const bids = [
          { ticks: 6, lots: 1 },
          { ticks: 5, lots: 9 }
        ]
        const asks = [{ ticks: 8, lots: 2 }]
        yield* process.publishMarket([
          { _tag: "Price", quote },
          { _tag: "Book", symbol: "BTCUSDT", updateId: 4, bids, asks, synced: true, at: 5 }
        ])
        yield* until(
          Effect.sync(() => market.depth("BTCUSDT", 1)),
          (depth) => depth !== undefined
        )
        assert.deepStrictEqual(market.quote("BTCUSDT"), quote)
        assert.deepStrictEqual(market.depth("BTCUSDT", 1), {
          symbol: "BTCUSDT",
          updateId: 4,
          bids: bids.slice(0, 1),
          asks,
          synced: true,
          at: 5
        })
      })
    )

    it.effect("says what the market process says is stale, and what it says nothing of any more", () =>
      Effect.gen(function* () {
        const clock = yield* Clock.Clock
        let later = 0
        const shifted: Clock.Clock = {
          ...clock,
          sleep: (duration) => clock.sleep(duration),
          currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + later
        }
        const services = yield* Layer.build(Layer.fresh(RedisMarketData.layer)).pipe(
          Effect.provideService(Clock.Clock, shifted)
        )
        const market = Context.get(services, MarketData)
        const process = yield* MarketProcess
        const quote = { symbol: "BTCUSDT", last: 7, synced: true, at: 5 }
        const hears = (why: string | undefined) =>
          until(
            Effect.sync(() => market.quote("BTCUSDT")),
            (known) => known?.last === 7 && known.stale?.why === why
          )
        yield* process.publishMarket([{ _tag: "Price", quote: { ...quote, stale: { why: "silent", heardAt: 3 } } }])
        assert.deepStrictEqual((yield* hears("silent"))?.stale, { why: "silent", heardAt: 3 })
        yield* process.publishMarket([{ _tag: "Price", quote }])
        yield* hears(undefined)
        const heardBy = clock.currentTimeMillisUnsafe()
        later = 20_000
        const { stale } = market.quote("BTCUSDT") ?? {}
        assert.strictEqual(stale?.why, "down")
        assert.isAtMost(stale?.heardAt ?? Number.POSITIVE_INFINITY, heardBy)
        yield* process.publishMarket([{ _tag: "Price", quote }])
        yield* hears(undefined)
      })
    )

    it.effect("passes every trade on to its listeners, and survives one that throws", () =>
      Effect.gen(function* () {
        const market = yield* MarketData
        const process = yield* MarketProcess
        const heard = yield* Queue.dropping<MarketMessage>(8)
        const undo = [
          market.onMessage(() => {
            throw new Error("a listener of the test")
          }),
          market.onMessage((message) => void Queue.offerUnsafe(heard, message))
        ]
        yield* process.publishMarket([trade("BTCUSDT", 1), trade("BTCUSDT", 2)])
        const taken: ReadonlyArray<unknown> = [yield* Queue.take(heard), yield* Queue.take(heard)]
        assert.deepStrictEqual(taken, [trade("BTCUSDT", 1), trade("BTCUSDT", 2)])
        for (const stop of undo) stop()
        yield* process.publishMarket([trade("BTCUSDT", 3)])
        assert.strictEqual(yield* Queue.size(heard), 0)
      })
    )

    it.effect("answers candles from the history and the stream, the one in progress last", () =>
      Effect.gen(function* () {
        const market = yield* MarketData
        const process = yield* MarketProcess
        const stored = yield* until(market.candles(range), (candles) => candles.length === range.limit)
        assert.deepStrictEqual(stored, HISTORY.slice(-range.limit))

        yield* process.publishMarket([kline(0, 110), kline(0, 120, true), kline(1, 130)])
        const followed = yield* until(market.candles(range), (candles) => candles.at(-1)?.close === 130)
        assert.deepStrictEqual(followed.slice(-3), [NEWEST, candle(0, 120), candle(1, 130)])
        assert.strictEqual(followed.length, range.limit)
        // Up to a moment, and no further.
        const older = yield* market.candles({ ...range, end: FIRST, limit: 2 })
        assert.deepStrictEqual(older, [NEWEST, candle(0, 120)])
      })
    )

    it.effect("writes what was streamed, and keeps a set at its length", () =>
      Effect.gen(function* () {
        const process = yield* MarketProcess
        const redis = yield* RedisClient
        const key = Channels.klines("BTCUSDT", "1m")
        const newest = redis.use((connection) => connection.zRange(key, -2, -1))
        yield* process.publishMarket([kline(2, 140), kline(3, 150), kline(3, 160)])
        const rows = yield* until(newest, (rows) => rows.at(-1)?.includes('"close":160') === true)
        assert.isTrue(rows[0]?.includes('"close":140'))
        assert.strictEqual(yield* redis.use((connection) => connection.zCard(key)), Channels.KLINES_KEPT)
      })
    )

    it.effect("refuses candles of a symbol that is not traded", () =>
      Effect.gen(function* () {
        const market = yield* MarketData
        yield* until(market.instruments, (instruments) => instruments.size > 0)
        const refusal = yield* Effect.flip(market.candles({ ...range, symbol: "NOSUCH" }))
        assert.strictEqual(refusal._tag, "MarketDataError")
      })
    )
  })

  it.live("fills a Redis that came back empty", () =>
    Effect.provide(
      Effect.gen(function* () {
        const market = yield* MarketData
        const server = yield* RedisServer
        yield* until(market.candles(range), (candles) => candles.length > 0)
        yield* server.stop
        assert.strictEqual((yield* Effect.flip(market.candles(range)))._tag, "MarketDataError")
        yield* server.start
        yield* whenConnected
        const again = yield* until(
          Effect.orElseSucceed(market.candles(range), () => []),
          (candles) => candles.length > 0
        )
        assert.deepStrictEqual(again, HISTORY.slice(-range.limit))
      }),
      Layer.fresh(both)
    )
  )
})
