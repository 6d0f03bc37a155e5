import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { AveragePrice } from "../../../src/adapters/paper/AveragePrice.ts"
import { Liquidity, type SymbolMarket } from "../../../src/adapters/paper/Liquidity.ts"
import type { BestPrices } from "../../../src/domain/Market.ts"
import type { Command } from "../../../src/domain/matching/Command.ts"
import { Engine } from "../../../src/domain/matching/Engine.ts"
import { listingOf } from "../../../src/domain/matching/Listing.ts"
import type { Side } from "../../../src/domain/Order.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { btcusdt } from "../../kit/Trading.ts"

const SYMBOL = "BTCUSDT"

/** A market that is heard, and a book of 100 / 101 dollars with 50 lots a side. */
const begin = Effect.gen(function* () {
  const market = Context.get(yield* Layer.build(Layer.fresh(StillMarket.layer)), MarketData)
  const liquidity = new Liquidity(new Map([[SYMBOL, listingOf(btcusdt)]]), market, 1)
  market.onMessage((message) => void liquidity.hear(message))
  StillMarket.book(market, [[100, 50]], [[101, 50]])
  const symbol = liquidity.of(SYMBOL)
  if (symbol === undefined) throw new Error("no market")
  return { market, symbol }
})

const PLACED: Command = { _tag: "CancelAll", at: 0, account: "ann", symbol: SYMBOL, cancelId: "c" }

/** Somebody walked a level. */
const walk = (symbol: SymbolMarket, takerSide: Side, price: number, lots: number) =>
  symbol.told(
    [
      {
        _tag: "PublicTrade",
        at: 0,
        symbol: SYMBOL,
        tradeId: 1,
        ticks: price * 100,
        lots,
        takerSide,
        cause: "walked"
      }
    ],
    PLACED
  )

const lotsAt = (symbol: SymbolMarket) => symbol.netLevel("asks", 0)?.lots

describe("liquidity", () => {
  it.effect("holds back what was taken until a difference states the level, and not for one of other levels", () =>
    Effect.gen(function* () {
      const { market, symbol } = yield* begin
      walk(symbol, "BUY", 101, 20)
      assert.strictEqual(lotsAt(symbol), 30)
      StillMarket.diff(market, [[100, 60]], [[102, 5]])
      assert.strictEqual(lotsAt(symbol), 30)
      StillMarket.diff(market, [], [[101, 50]])
      assert.strictEqual(lotsAt(symbol), 50)
    })
  )

  it.effect("takes a snapshot for news of a level only where its size is another", () =>
    Effect.gen(function* () {
      const { market, symbol } = yield* begin
      walk(symbol, "BUY", 101, 20)
      StillMarket.book(market, [[100, 70]], [[101, 50]])
      assert.strictEqual(lotsAt(symbol), 30)
      StillMarket.book(market, [[100, 70]], [[101, 49]])
      assert.strictEqual(lotsAt(symbol), 49)
    })
  )

  it.effect("does not give a level twice: once by the best prices, and again by the difference that repeats them", () =>
    Effect.gen(function* () {
      const { market, symbol } = yield* begin
      const updateId = 1_000_000_000
      const best: BestPrices = {
        symbol: SYMBOL,
        updateId,
        bid: { ticks: 10_000, lots: 50 },
        ask: { ticks: 10_050, lots: 8 }
      }
      market.apply({ _tag: "BestPrices", best, at: 0 })
      walk(symbol, "BUY", 100.5, 8)
      const repeat = () =>
        symbol.restated({
          _tag: "DepthDiff",
          diff: {
            symbol: SYMBOL,
            firstUpdateId: 1,
            lastUpdateId: 2,
            bids: [],
            asks: [{ ticks: 10_050, lots: 8 }],
            at: 0
          }
        })
      repeat()
      assert.strictEqual(lotsAt(symbol), 0)
      repeat()
      assert.strictEqual(lotsAt(symbol), 8)
    })
  )

  it.effect("counts what users took in what stands before a new order", () =>
    Effect.gen(function* () {
      const { symbol } = yield* begin
      walk(symbol, "SELL", 100, 20)
      assert.strictEqual(symbol.lotsAhead("bids", 10_000), 30)
      assert.strictEqual(symbol.lotsAhead("bids", 9_999), 0)
    })
  )

  it.effect("says nothing of the book to the engine where no user rests", () =>
    Effect.gen(function* () {
      const { symbol } = yield* begin
      const diff = {
        symbol: SYMBOL,
        firstUpdateId: 1,
        lastUpdateId: 2,
        bids: [{ ticks: 10_000, lots: 1 }],
        asks: [],
        at: 0
      }
      assert.deepStrictEqual([...symbol.feeds({ _tag: "DepthDiff", diff }, new Engine(), 0)], [])
    })
  )

  it.effect("gives public trades ids above the outside market's, which go on above them", () =>
    Effect.gen(function* () {
      const { symbol } = yield* begin
      symbol.traded({ symbol: SYMBOL, tradeId: "500", ticks: 10_000, lots: 1, takerSide: "BUY", at: 0 })
      assert.strictEqual(symbol.lastTradeId, 500)
      symbol.told(
        [
          {
            _tag: "PublicTrade",
            at: 0,
            symbol: SYMBOL,
            tradeId: 501,
            ticks: 10_100,
            lots: 1,
            takerSide: "BUY",
            cause: "crossed"
          }
        ],
        PLACED
      )
      assert.deepStrictEqual([symbol.lastTradeId, symbol.lastTicks], [501, 10_100])
      symbol.traded({ symbol: SYMBOL, tradeId: "501", ticks: 10_000, lots: 1, takerSide: "BUY", at: 0 })
      assert.deepStrictEqual([symbol.lastTradeId, symbol.lastTicks], [502, 10_000])
    })
  )

  it.effect("judges by the middle of the book before the first trade, and by the average price after it", () =>
    Effect.gen(function* () {
      const { symbol } = yield* begin
      assert.deepStrictEqual([symbol.averagePrice, symbol.reference], [0n, 10_050_000_000n])
      symbol.traded({ symbol: SYMBOL, tradeId: "1", ticks: 20_000, lots: 1, takerSide: "BUY", at: 0 })
      assert.deepStrictEqual([symbol.averagePrice, symbol.reference], [20_000_000_000n, 20_000_000_000n])
    })
  )
})

describe("AveragePrice", () => {
  it("weighs prices by volume, and forgets what is five minutes older than the newest trade", () => {
    const average = new AveragePrice(btcusdt)
    assert.strictEqual(average.value(), 0n)
    const start = 1_723_100_000_000
    average.add(start, 10_000, 1)
    average.add(start + 1, 20_000, 3)
    assert.strictEqual(average.value(), 17_500_000_000n)
    average.add(start + 4 * 60_000, 30_000, 4)
    assert.strictEqual(average.value(), 23_750_000_000n)
    average.add(start + 5 * 60_000, 30_000, 4)
    assert.strictEqual(average.value(), 30_000_000_000n)
    average.add(start, 1, 1_000_000)
    assert.strictEqual(average.value(), 30_000_000_000n)
  })

  it("stays exact where sums leave what a float can count", () => {
    const average = new AveragePrice(btcusdt)
    for (let n = 0; n < 100; n++) average.add(n, 100_000_001, 900_000_000)
    assert.strictEqual(average.value(), 100_000_001_000_000n)
  })
})
