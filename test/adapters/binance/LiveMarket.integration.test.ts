import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Queue, Stream } from "effect"
import * as LiveMarket from "../../../src/adapters/binance/LiveMarket.ts"
import * as LiveStreams from "../../../src/adapters/binance/LiveStreams.ts"
import type { MarketMessage } from "../../../src/domain/Market.ts"
import * as Money from "../../../src/domain/Money.ts"
import { MarketSource } from "../../../src/ports/MarketSource.ts"
import * as PublicBinance from "../../kit/PublicBinance.ts"

const symbolRow = {
  symbol: "BTCUSDT",
  status: "TRADING",
  orderTypes: ["LIMIT", "MARKET"],
  baseAsset: "BTC",
  quoteAsset: "USDT",
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01000000", maxPrice: "1000000.00000000", tickSize: "0.01000000" },
    { filterType: "LOT_SIZE", minQty: "0.00001000", maxQty: "9000.00000000", stepSize: "0.00001000" },
    { filterType: "MARKET_LOT_SIZE", minQty: "0.00000000", maxQty: "107.12345678", stepSize: "0.00000000" },
    {
      filterType: "PERCENT_PRICE_BY_SIDE",
      bidMultiplierUp: "5",
      bidMultiplierDown: "0.2",
      askMultiplierUp: "5",
      askMultiplierDown: "0.2",
      avgPriceMins: 5
    },
    { filterType: "NOTIONAL", minNotional: "5.00000000", maxNotional: "9000000.00000000" },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: 200 },
    { filterType: "T_PLUS_SELL", endTime: 1 }
  ]
}

const depthUpdate = (first: number, last: number, bids: ReadonlyArray<readonly [string, string]> = []) => ({
  e: "depthUpdate",
  E: 1_723_161_255_208,
  s: "BTCUSDT",
  U: first,
  u: last,
  b: bids,
  a: []
})
const bookTicker = { u: 5, s: "BTCUSDT", b: "61837.63000000", B: "3.78826000", a: "61837.64000000", A: "1.54698000" }
const trade = {
  e: "trade",
  E: 1_723_161_255_343,
  s: "BTCUSDT",
  t: 7,
  p: "61837.63000000",
  q: "0.02000000",
  T: 1_723_161_255_342,
  m: true,
  M: true
}

const begin = Effect.gen(function* () {
  const binance = yield* PublicBinance.start
  binance.answers.set("/api/v3/exchangeInfo", () => ({ symbols: [symbolRow] }))
  const snapshots = { updateId: 20 }
  binance.answers.set("/api/v3/depth", () => ({
    lastUpdateId: snapshots.updateId++,
    bids: [["61837.00", "1"]],
    asks: [["61838.00", "1"]]
  }))
  const layer = LiveMarket.layer({ restUrl: binance.restUrl, streamUrl: binance.streamUrl, symbols: ["BTCUSDT"] })
  const source = yield* MarketSource.pipe(Effect.provide(layer))
  return { binance, snapshots, source }
})

const listen = (source: MarketSource["Service"]) =>
  Effect.gen(function* () {
    const heard = yield* Queue.bounded<MarketMessage>(1_000)
    const fiber = yield* Effect.forkScoped(Stream.runForEach(source.messages, (message) => Queue.offer(heard, message)))
    const next = (tag: MarketMessage["_tag"]) =>
      Effect.tap(Queue.take(heard), (message) => Effect.sync(() => assert.strictEqual(message._tag, tag)))
    return { next, fiber }
  })

describe("LiveMarket", () => {
  it.live("reads the instruments with Binance's filters, unknown ones ignored", () =>
    Effect.gen(function* () {
      const { source } = yield* begin
      const instrument = source.instruments.get("BTCUSDT")
      if (instrument === undefined) throw new Error("no BTCUSDT")
      assert.deepInclude(instrument, { baseAsset: "BTC", quoteAsset: "USDT", trading: true, maxOpenOrders: 200 })
      assert.strictEqual(Money.format(instrument.tickSize), "0.01")
      assert.strictEqual(Money.format(instrument.maxMarketQuantity), "107.12345678")
      assert.strictEqual(Money.format(instrument.minNotional), "5")
      assert.strictEqual(Money.format(instrument.askMultiplierDown), "0.2")
      assert.strictEqual(source.badge.kind, "live")
    })
  )

  it.live("subscribes to trades, best prices and depth, and asks for a snapshot once diffs flow", () =>
    Effect.gen(function* () {
      const { binance, source } = yield* begin
      const { next } = yield* listen(source)
      yield* next("Restarted")
      const topics = yield* Queue.take(binance.subscriptions)
      assert.deepStrictEqual(topics, ["btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms"])
      binance.say("btcusdt@trade", trade)
      yield* next("Trade")
      binance.say("btcusdt@bookTicker", bookTicker)
      yield* next("BestPrices")
      binance.say("btcusdt@depth@100ms", depthUpdate(15, 21))
      yield* next("DepthDiff")
      const snapshot = yield* next("DepthSnapshot")
      assert.deepInclude(snapshot._tag === "DepthSnapshot" && snapshot.snapshot, { updateId: 20 })
      assert.deepStrictEqual(yield* source.skipped, { control: 1 })
    })
  )

  it.live("asks again where the snapshot is older than the diffs it has", () =>
    Effect.gen(function* () {
      const { binance, source } = yield* begin
      const { next } = yield* listen(source)
      yield* next("Restarted")
      yield* Queue.take(binance.subscriptions)
      binance.say("btcusdt@depth@100ms", depthUpdate(23, 25))
      yield* next("DepthDiff")
      const snapshot = yield* next("DepthSnapshot")
      assert.deepInclude(snapshot._tag === "DepthSnapshot" && snapshot.snapshot, { updateId: 22 })
    })
  )

  it.live("voids the book at a gap and resyncs it", () =>
    Effect.gen(function* () {
      const { binance, snapshots, source } = yield* begin
      const { next } = yield* listen(source)
      yield* next("Restarted")
      yield* Queue.take(binance.subscriptions)
      binance.say("btcusdt@depth@100ms", depthUpdate(15, 21))
      yield* next("DepthDiff")
      yield* next("DepthSnapshot")
      snapshots.updateId = 31
      binance.say("btcusdt@depth@100ms", depthUpdate(30, 33))
      yield* next("Restarted")
      yield* next("DepthDiff")
      const snapshot = yield* next("DepthSnapshot")
      assert.deepInclude(snapshot._tag === "DepthSnapshot" && snapshot.snapshot, { updateId: 31 })
    })
  )

  it.live("fails when the connection is cut, and works again when started anew", () =>
    Effect.gen(function* () {
      const { binance, source } = yield* begin
      const first = yield* listen(source)
      yield* first.next("Restarted")
      yield* Queue.take(binance.subscriptions)
      binance.cut()
      const error = yield* Effect.flip(Fiber.join(first.fiber))
      assert.match(error.message, /connection to ws:.* was lost/)
      const second = yield* listen(source)
      yield* second.next("Restarted")
      yield* Queue.take(binance.subscriptions)
      binance.say("btcusdt@trade", trade)
      yield* second.next("Trade")
    })
  )

  const soon = { afterMillis: 3_600_000, togetherMillis: 50 }

  it.live(
    "has a new connection before the old one ends when Binance announces its shutdown, and nobody sees the seam",
    () =>
      Effect.gen(function* () {
        const { binance, source } = yield* begin
        const { next } = yield* listen(source)
        yield* next("Restarted")
        yield* Queue.take(binance.subscriptions)
        binance.say("btcusdt@depth@100ms", depthUpdate(15, 21))
        yield* next("DepthDiff")
        yield* next("DepthSnapshot")
        binance.say("!serverShutdown", { e: "serverShutdown", E: 1 })
        yield* Queue.take(binance.subscriptions)
        // Both connections say these.
        binance.say("btcusdt@trade", trade)
        binance.say("btcusdt@depth@100ms", depthUpdate(22, 25))
        yield* next("Trade")
        yield* next("DepthDiff")
        binance.cutOldest()
        yield* Queue.take(binance.ended)
        binance.say("btcusdt@trade", { ...trade, t: 8 })
        binance.say("btcusdt@depth@100ms", depthUpdate(26, 27))
        const heard = yield* next("Trade")
        assert.strictEqual(heard._tag === "Trade" && heard.trade.tradeId, "8")
        yield* next("DepthDiff")
        assert.strictEqual(binance.connections(), 1)
      }).pipe(Effect.provideService(LiveStreams.Rotation, soon))
  )

  it.live("changes connections before Binance ends the old one, again and again", () =>
    Effect.gen(function* () {
      const { binance, source } = yield* begin
      const { next } = yield* listen(source)
      yield* next("Restarted")
      for (let turn = 1; turn <= 3; turn++) {
        yield* Queue.take(binance.subscriptions)
        binance.say("btcusdt@trade", { ...trade, t: turn })
        const heard = yield* next("Trade")
        assert.strictEqual(heard._tag === "Trade" && heard.trade.tradeId, String(turn))
        if (turn > 1) yield* Queue.take(binance.ended)
      }
    }).pipe(Effect.provideService(LiveStreams.Rotation, { afterMillis: 50, togetherMillis: 10 }))
  )

  it.live("goes on with the old connection for as long as it lives where no new one can be had", () =>
    Effect.gen(function* () {
      const { binance, source } = yield* begin
      const { next, fiber } = yield* listen(source)
      yield* next("Restarted")
      yield* Queue.take(binance.subscriptions)
      binance.refuse()
      binance.say("!serverShutdown", { e: "serverShutdown", E: 1 })
      yield* Queue.take(binance.refused)
      binance.say("btcusdt@trade", trade)
      yield* next("Trade")
      binance.cut()
      assert.match((yield* Effect.flip(Fiber.join(fiber))).message, /was lost/)
    }).pipe(Effect.provideService(LiveStreams.Rotation, soon))
  )

  it.live("pages klines backwards beyond what one call gives, and remembers a range", () =>
    Effect.gen(function* () {
      const { binance, source } = yield* begin
      binance.answers.set("/api/v3/klines", (query) => {
        const last = Math.floor(Number(query.get("endTime")) / 60_000)
        const limit = Number(query.get("limit"))
        return Array.from({ length: limit }, (_, index) => {
          const open = (last - (limit - 1 - index)) * 60_000
          return [open, "1.00", "2.00", "0.50", "1.50", "10", open + 59_999, "15", 3, "5", "7.5", "0"]
        })
      })
      yield* Queue.clear(binance.calls)
      const range = { symbol: "BTCUSDT", interval: "1m", end: 1_723_161_254_000, limit: 1_500 } as const
      const candles = yield* source.history(range)
      assert.strictEqual(candles.length, 1_500)
      for (const [index, candle] of candles.entries()) {
        assert.strictEqual(candle.openTime, (candles[0]?.openTime ?? 0) + index * 60_000)
      }
      assert.strictEqual(candles.at(-1)?.openTime, 1_723_161_240_000)
      yield* source.history({ ...range, end: range.end + 1 })
      assert.strictEqual((yield* Queue.clear(binance.calls)).length, 2)
    })
  )

  it.live("says what Binance answered where it refuses", () =>
    Effect.gen(function* () {
      const { source } = yield* begin
      const error = yield* Effect.flip(
        source.history({ symbol: "BTCUSDT", interval: "1m", end: 1_723_161_254_000, limit: 5 })
      )
      assert.strictEqual(error.message, "Binance did not answer api/v3/klines: status 404, no such path.")
    })
  )

  it.live("tells within three seconds whether Binance can be reached", () =>
    Effect.gen(function* () {
      const { restUrl } = yield* PublicBinance.start
      assert.isTrue(yield* LiveMarket.probe({ restUrl }))
      assert.isFalse(yield* LiveMarket.probe({ restUrl: "http://127.0.0.1:1" }))
      const layer = LiveMarket.layer({ restUrl: "http://127.0.0.1:1" })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      assert.match(error.message, /Binance did not answer api\/v3\/exchangeInfo: it cannot be reached/)
    })
  )
})
