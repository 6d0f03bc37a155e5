// The public market and the stream server on a real port, moved by what a test says and by the test's clock.
import { Clock, Context, Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { ClientOptions } from "ws"
import * as PublicMarket from "../../../../src/adapters/paper/market/PublicMarket.ts"
import { BINANCE_LIMITS, type StreamLimits } from "../../../../src/adapters/paper/market/StreamLimits.ts"
import { StreamServer } from "../../../../src/adapters/paper/market/StreamServer.ts"
import type { Level, MarketMessage } from "../../../../src/domain/Market.ts"
import type { LevelChanged, PublicTrade } from "../../../../src/domain/matching/Event.ts"
import { listingOf } from "../../../../src/domain/matching/Listing.ts"
import type { Side } from "../../../../src/domain/Order.ts"
import { MarketData } from "../../../../src/ports/MarketData.ts"
import { MarketSource } from "../../../../src/ports/MarketSource.ts"
import { btcusdt } from "../../../kit/Trading.ts"
import { connect } from "./StreamClient.ts"

/** 2026-09-21 in the middle of a minute. */
export const START = 1_790_000_012_345

export type UserEvent = PublicTrade | LevelChanged

/** A source that says nothing by itself. */
export const silent = (
  history: MarketSource["Service"]["history"] = () => Effect.succeed([])
): MarketSource["Service"] => ({
  badge: { kind: "sim", label: "silent" },
  instruments: new Map([["BTCUSDT", btcusdt]]),
  messages: Stream.never,
  history,
  skipped: Effect.succeed({})
})

/** Everything behind the port. `play` feeds what the source says. */
export const stage = Effect.fnUntraced(function* (source: MarketSource["Service"] = silent(), startAt = START) {
  yield* TestClock.setTime(startAt)
  const clock = yield* Clock.Clock
  const built = yield* Layer.build(MarketData.layerMemory.pipe(Layer.provide(Layer.succeed(MarketSource, source))))
  const data = Context.get(built, MarketData)
  const listeners = new Set<(event: UserEvent) => void>()
  const venue: PublicMarket.PublicVenue = {
    now: () => clock.currentTimeMillisUnsafe(),
    listings: new Map([...source.instruments].map(([symbol, instrument]) => [symbol, listingOf(instrument)])),
    averagePrice: () => 6_000_012_345_678n,
    onPublic: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
  const market = yield* Effect.provideContext(PublicMarket.make(venue), built)
  const play = Stream.runForEach(source.messages, (message) => Effect.sync(() => void data.apply(message)))
  const btc = market.symbols.get("BTCUSDT")!
  return {
    data,
    market,
    btc,
    play,
    say: (...messages: ReadonlyArray<MarketMessage>) => {
      for (const message of messages) data.apply(message)
    },
    users: (...events: ReadonlyArray<UserEvent>) => {
      for (const event of events) for (const listener of listeners) listener(event)
    }
  }
})

/** The stage with its streams on a port of loopback. */
export const served = Effect.fnUntraced(function* (
  limits: Partial<StreamLimits> = {},
  source?: MarketSource["Service"],
  startAt?: number
) {
  const on = yield* stage(source, startAt)
  const layer = StreamServer.layer({ ...BINANCE_LIMITS, inboundPerSecond: 1_000, ...limits })
  const built = yield* Layer.build(Layer.provide(layer, Layer.succeed(PublicMarket.PublicMarket, on.market)))
  const streams = Context.get(built, StreamServer)
  const server = createServer((_, response) => void response.writeHead(404).end())
  server.on("upgrade", (request, wire, head) => {
    if (!streams.upgrade(request, wire, head)) wire.destroy()
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.promise(() => {
        server.closeAllConnections()
        return new Promise((resolve) => server.close(resolve))
      })
  )
  const base = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { ...on, streams, base, connect: (path: string, options?: ClientOptions) => connect(base + path, options) }
})

const levels = (given: ReadonlyArray<readonly [ticks: number, lots: number]>): ReadonlyArray<Level> =>
  given.map(([ticks, lots]) => ({ ticks, lots }))
type Levels = Parameters<typeof levels>[0]

/** Messages about BTCUSDT: ticks of a cent, lots of 0.00001. */
export const snapshot = (updateId: number, bids: Levels, asks: Levels, at = START): MarketMessage => ({
  _tag: "DepthSnapshot",
  at,
  snapshot: { symbol: "BTCUSDT", updateId, bids: levels(bids), asks: levels(asks) }
})
export const diff = (id: number, bids: Levels, asks: Levels, at = START): MarketMessage => ({
  _tag: "DepthDiff",
  diff: { symbol: "BTCUSDT", firstUpdateId: id, lastUpdateId: id, bids: levels(bids), asks: levels(asks), at }
})
export const trade = (id: number, ticks: number, lots: number, takerSide: Side = "BUY", at = START): MarketMessage => ({
  _tag: "Trade",
  trade: { symbol: "BTCUSDT", tradeId: String(id), ticks, lots, takerSide, at }
})
export const level = (side: Side, ticks: number, lots: number): UserEvent => ({
  _tag: "LevelChanged",
  symbol: "BTCUSDT",
  side,
  ticks,
  lots
})
export const userTrade = (tradeId: number, ticks: number, lots: number, of: Partial<PublicTrade> = {}): UserEvent => ({
  _tag: "PublicTrade",
  symbol: "BTCUSDT",
  tradeId,
  ticks,
  lots,
  takerSide: "BUY",
  at: START,
  cause: "walked",
  ...of
})
