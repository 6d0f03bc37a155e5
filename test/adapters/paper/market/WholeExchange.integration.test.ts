// The real venue behind the real wire: what one user does, everybody sees.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { marketEndpoints } from "../../../../src/adapters/paper/market/MarketEndpoints.ts"
import { PublicMarket } from "../../../../src/adapters/paper/market/PublicMarket.ts"
import { BINANCE_LIMITS } from "../../../../src/adapters/paper/market/StreamLimits.ts"
import { StreamServer } from "../../../../src/adapters/paper/market/StreamServer.ts"
import { WireServer } from "../../../../src/adapters/paper/wire/WireServer.ts"
import { MarketData } from "../../../../src/ports/MarketData.ts"
import { Store } from "../../../../src/ports/MemoryPaperJournal.ts"
import { PaperKeys } from "../../../../src/ports/PaperKeys.ts"
import * as Paper from "../../../kit/Paper.ts"
import * as StillMarket from "../../../kit/StillMarket.ts"
import * as Wire from "../wire/Wire.ts"
import { START } from "./Stage.ts"
import { connect } from "./StreamClient.ts"

/** Everything on one port; the market stood as it stands before any of it was there. */
const exchange = Layer.unwrap(
  Effect.gen(function* () {
    const market = yield* PublicMarket
    const streams = yield* StreamServer
    return WireServer.layer({
      port: 0,
      host: "127.0.0.1",
      limits: true,
      endpoints: marketEndpoints(market),
      upgrades: [streams.upgrade]
    })
  })
).pipe(
  Layer.provideMerge(StreamServer.layer({ ...BINANCE_LIMITS, inboundPerSecond: 1_000 })),
  Layer.provideMerge(PublicMarket.layer),
  Layer.provideMerge(Layer.effectDiscard(Wire.quietMarket)),
  Layer.provideMerge(PaperKeys.layerMemory),
  Layer.provideMerge(Layer.suspend(() => Paper.life(new Store())))
)

describe("the whole exchange", () => {
  it.effect("shows a user's order and trades to everybody, over REST, the WebSocket API and the streams", () =>
    Effect.gen(function* () {
      const { port } = yield* WireServer
      const market = yield* MarketData
      const ann = yield* Wire.openAccount()
      const client = yield* connect(`ws://127.0.0.1:${port}/stream?streams=btcusdt@depth@100ms/btcusdt@trade`)
      const depth = Effect.map(Wire.send("GET /api/v3/depth", { symbol: "BTCUSDT" }), ({ body }) => body)
      assert.deepInclude(yield* depth, {
        bids: [["59990.00000000", "1.00000000"]],
        asks: [["60010.00000000", "1.00000000"]]
      })
      for (const [quantity, price] of [
        ["0.5", "60000"],
        ["0.25", "60010"]
      ] as const) {
        const { body, status } = yield* Wire.place(ann, Wire.limit("BUY", quantity, price))
        assert.strictEqual(status, 200, JSON.stringify(body))
      }
      const after = yield* depth
      assert.deepInclude(after, {
        bids: [
          ["60000.00000000", "0.50000000"],
          ["59990.00000000", "1.00000000"]
        ],
        asks: [["60010.00000000", "0.75000000"]]
      })
      // The outside market goes on: its level holds again what it says, and its trades are numbered after the user's.
      StillMarket.diff(market, [], [[60_010, 90_000]])
      StillMarket.trade(market, "BUY", 60_010, 3)
      yield* TestClock.adjust("100 millis")
      yield* client.until(() => client.heard.filter(({ stream }) => stream.endsWith("@trade")).length === 2)
      const [own, outside] = client.heard.filter(({ stream }) => stream.endsWith("@trade")).map(({ data }) => data)
      assert.deepInclude(own, { p: "60010.00000000", q: "0.25000000", m: false })
      assert.deepInclude(outside, { p: "60010.00000000", q: "0.00003000", m: false })
      assert.isAbove(outside.t, own.t)
      const trades = (yield* Wire.call(ann, "GET /api/v3/myTrades", { symbol: "BTCUSDT" })).body
      assert.deepStrictEqual(
        trades.map(({ id }: { id: number }) => id),
        [own.t]
      )
      const updates = client.heard.filter(({ stream }) => stream.includes("@depth")).map(({ data }) => data)
      assert.isAtLeast(updates.length, 1)
      assert.deepStrictEqual((yield* depth).asks, [["60010.00000000", "0.90000000"]])
      const link = yield* Wire.connect()
      const asked = yield* link.ask("depth", { symbol: "BTCUSDT", limit: 1 })
      assert.deepStrictEqual([asked.status, asked.result.bids], [200, [["60000.00000000", "0.50000000"]]])
      assert.strictEqual((yield* link.ask("ticker.price", { symbol: "BTCUSDT" })).result.price, "60010.00000000")
      const refused = yield* Wire.send("GET /api/v3/klines", { symbol: "BTCUSDT", interval: "1x" })
      assert.deepStrictEqual([refused.status, refused.body], [400, { code: -1120, msg: "Invalid interval." }])
      const { headers } = yield* Wire.send("GET /api/v3/ticker/24hr")
      assert.isAtLeast(Number(headers.get("x-mbx-used-weight-1m")), 80)
    }).pipe(Effect.provide(exchange), (test) => Effect.andThen(TestClock.setTime(START), test))
  )
})
