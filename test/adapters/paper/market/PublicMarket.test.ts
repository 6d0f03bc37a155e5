// The public market as it starts, follows and loses the outside market.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as PublicMarket from "../../../../src/adapters/paper/market/PublicMarket.ts"
import * as SimMarket from "../../../../src/adapters/sim/SimMarket.ts"
import type { MarketMessage } from "../../../../src/domain/Market.ts"
import { listingOf } from "../../../../src/domain/matching/Listing.ts"
import { MarketData } from "../../../../src/ports/MarketData.ts"
import { MarketSource } from "../../../../src/ports/MarketSource.ts"
import { btcusdt } from "../../../kit/Trading.ts"
import * as Stage from "./Stage.ts"

const venue: PublicMarket.PublicVenue = {
  now: () => Stage.START,
  listings: new Map([["BTCUSDT", listingOf(btcusdt)]]),
  averagePrice: () => 0n,
  onPublic: () => () => undefined
}

const dataOf = Effect.fnUntraced(function* (source: MarketSource["Service"]) {
  return yield* Layer.build(MarketData.layerMemory.pipe(Layer.provide(Layer.succeed(MarketSource, source))))
})

const sides = (book: { top: (side: "BUY" | "SELL", count: number) => unknown }) => [
  book.top("BUY", 100),
  book.top("SELL", 100)
]

describe("the public market", () => {
  it.effect("takes over a book that was there before it, and follows it from then on", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Stage.START)
      const source = SimMarket.make({ seed: 21 })
      const built = yield* dataOf(source)
      const data = Context.get(built, MarketData)
      const playing = yield* Effect.forkScoped(
        Stream.runForEach(source.messages, (message) => Effect.sync(() => void data.apply(message)))
      )
      yield* TestClock.adjust("3 seconds")
      const market = yield* Effect.provideContext(PublicMarket.make(venue), built)
      const { book } = market.symbols.get("BTCUSDT")!
      for (let tenth = 0; tenth <= 50; tenth++) {
        const view = data.depth("BTCUSDT", 100)!
        assert.deepStrictEqual(sides(book), [view.bids, view.asks])
        yield* TestClock.adjust("100 millis")
      }
      yield* Fiber.interrupt(playing)
    })
  )

  it.effect("takes over a book whose best prices are ahead of its diffs without losing what the diffs say", () =>
    Effect.gen(function* () {
      const built = yield* dataOf(Stage.silent())
      const data = Context.get(built, MarketData)
      const best = (updateId: number, bid: number): MarketMessage => ({
        _tag: "BestPrices",
        at: 0,
        best: { symbol: "BTCUSDT", updateId, bid: { ticks: bid, lots: 1 }, ask: { ticks: 110, lots: 1 } }
      })
      data.apply(Stage.snapshot(1, [[100, 1]], [[110, 1]]))
      data.apply(best(5, 101))
      const market = yield* Effect.provideContext(PublicMarket.make(venue), built)
      const { book } = market.symbols.get("BTCUSDT")!
      for (const message of [
        Stage.diff(2, [[98, 7]], []),
        Stage.diff(3, [[97, 7]], []),
        best(6, 102),
        Stage.diff(4, [[96, 7]], [[111, 2]]),
        Stage.diff(5, [[101, 1]], []),
        Stage.diff(6, [[102, 1]], [[112, 3]]),
        Stage.diff(7, [[95, 7]], [])
      ]) {
        data.apply(message)
        if (message._tag === "BestPrices") continue
        const view = data.depth("BTCUSDT", 100)!
        assert.deepStrictEqual(sides(book), [view.bids, view.asks])
      }
      assert.strictEqual(book.top("BUY", 100).length, 7)
    })
  )

  it.effect("shows nothing of a market that began anew, and everything once it is known again", () =>
    Effect.gen(function* () {
      const { btc, say, users } = yield* Stage.stage()
      say(Stage.snapshot(1, [[100, 1]], [[110, 1]]))
      users(Stage.level("BUY", 99, 5))
      say({ _tag: "Restarted", symbol: "BTCUSDT", at: Stage.START })
      assert.deepStrictEqual(sides(btc.book), [[{ ticks: 99, lots: 5 }], []])
      say(Stage.diff(12, [[101, 2]], []), Stage.snapshot(11, [[99, 1]], [[110, 1]]))
      assert.deepStrictEqual(btc.book.best("BUY"), { ticks: 101, lots: 2 })
      assert.strictEqual(btc.book.lotsAt("BUY", 99), 6)
    })
  )

  it.effect("leaves the venue and the market alone once its scope has closed", () =>
    Effect.gen(function* () {
      const built = yield* dataOf(Stage.silent())
      const data = Context.get(built, MarketData)
      const market = yield* Effect.scoped(Effect.provideContext(PublicMarket.make(venue), built))
      data.apply(Stage.snapshot(1, [[100, 1]], [[110, 1]]))
      assert.isUndefined(market.symbols.get("BTCUSDT")!.book.best("BUY"))
    })
  )
})
