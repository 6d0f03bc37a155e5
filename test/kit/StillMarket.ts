// A market that moves only when a test moves it: the real MarketData over a source that says nothing by itself.
import { Effect, Layer, Stream } from "effect"
import type { Side } from "../../src/domain/Order.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import { MarketSource } from "../../src/ports/MarketSource.ts"
import { btcusdt } from "./Trading.ts"

export const layer = MarketData.layerMemory.pipe(
  Layer.provideMerge(
    Layer.succeed(MarketSource, {
      badge: { kind: "sim", label: "still" },
      instruments: new Map([["BTCUSDT", btcusdt]]),
      messages: Stream.never,
      history: () => Effect.succeed([]),
      skipped: Effect.succeed({})
    })
  )
)

type Levels = ReadonlyArray<readonly [price: number, lots: number]>

/** Whole-dollar prices as ticks of a cent. */
const levels = (given: Levels) => given.map(([price, lots]) => ({ ticks: price * 100, lots }))

let updateId = 0
let tradeId = 0

/** States the whole book. Prices in whole dollars, sizes in lots of 0.00001 BTC. */
export const book = (market: MarketData["Service"], bids: Levels, asks: Levels): void => {
  market.apply({
    _tag: "DepthSnapshot",
    at: 0,
    snapshot: { symbol: "BTCUSDT", updateId: ++updateId, bids: levels(bids), asks: levels(asks) }
  })
}

/** Restates single levels, as an exchange does when they change. */
export const diff = (market: MarketData["Service"], bids: Levels, asks: Levels): void => {
  updateId++
  market.apply({
    _tag: "DepthDiff",
    diff: {
      symbol: "BTCUSDT",
      firstUpdateId: updateId,
      lastUpdateId: updateId,
      bids: levels(bids),
      asks: levels(asks),
      at: 0
    }
  })
}

export const trade = (market: MarketData["Service"], takerSide: Side, price: number, lots: number): void => {
  market.apply({
    _tag: "Trade",
    trade: { symbol: "BTCUSDT", tradeId: String(++tradeId), ticks: price * 100, lots, takerSide, at: 0 }
  })
}
