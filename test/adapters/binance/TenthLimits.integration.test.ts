// The adapter against an exchange with a tenth of Binance's limits: more is asked of it than it allows, and it never has to say so.
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import * as BinanceExchange from "../../../src/adapters/binance/BinanceExchange.ts"
import { tenth } from "../../../src/adapters/paper/wire/Limits.ts"
import { WireServer } from "../../../src/adapters/paper/wire/WireServer.ts"
import { AccountId, clientOrderIdOf } from "../../../src/domain/Ids.ts"
import type { ApprovedOrder } from "../../../src/domain/Risk.ts"
import { Exchange, type ExchangeError } from "../../../src/ports/Exchange.ts"
import { ExchangeAccounts } from "../../../src/ports/ExchangeAccounts.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import { PaperKeys } from "../../../src/ports/PaperKeys.ts"
import * as Paper from "../../kit/Paper.ts"
import { generous } from "../../kit/PaperVault.ts"
import * as Settings from "../../kit/Settings.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { limit, orderId } from "../../kit/Trading.ts"

const wired = Layer.unwrap(
  Effect.map(WireServer, ({ url }) =>
    BinanceExchange.layer.pipe(
      Layer.provide(
        Settings.layer({ EXCHANGE: "binance", BINANCE_REST_URL: url, BINANCE_WS_API_URL: url.replace("http", "ws") })
      )
    )
  )
)

const small = Layer.suspend(() =>
  wired.pipe(
    Layer.provide(generous),
    Layer.provide(ExchangeAccounts.layerMemory),
    Layer.provide(WireServer.layer({ port: 0, host: "127.0.0.1", limits: true, sizes: tenth })),
    Layer.provide(PaperKeys.layerMemory),
    Layer.provideMerge(Paper.life(new Store()))
  )
)

const accounts = ["ann", "bob"].map((name) => AccountId.make(name))

const tally = <A>(results: ReadonlyArray<Result.Result<A, ExchangeError>>) => {
  const through = results.filter(Result.isSuccess).length
  const reasons = new Set(results.filter(Result.isFailure).map(({ failure }) => failure.reason._tag))
  return { through, reasons: [...reasons] }
}

layer(small, { excludeTestServices: true, timeout: "30 seconds" })("limits at a tenth", (it) => {
  it.effect("are kept to by a crowd of orders and questions: what is too much is refused at home, cancels go on", () =>
    Effect.gen(function* () {
      const exchange = yield* Exchange
      const data = yield* MarketData
      StillMarket.book(data, [[60_000, 50_000]], [[60_010, 50_000]])
      StillMarket.trade(data, "BUY", 60_000, 1)
      for (const account of accounts) yield* exchange.open(account)
      const orders = accounts.flatMap((accountId, which) =>
        Array.from({ length: 40 }, (_, n) => {
          const id = orderId(which * 100 + n)
          const order = {
            accountId,
            orderId: id,
            clientOrderId: clientOrderIdOf(id),
            intent: limit("BUY", "0.001", "50000")
          }
          return { accountId, clientOrderId: order.clientOrderId, order: order as ApprovedOrder }
        })
      )
      const placed = yield* Effect.all(
        orders.map(({ order }) => Effect.result(exchange.submit(order))),
        { concurrency: "unbounded" }
      )
      for (const account of accounts) {
        const { reasons, through } = tally(placed.filter((_, n) => orders[n]?.accountId === account))
        // Nine of ten in each window that the crowd falls into.
        assert.isAtLeast(through, 9)
        assert.isAtMost(through, 18)
        assert.deepStrictEqual(reasons, ["RateLimited"])
      }
      const asked = yield* Effect.all(
        Array.from({ length: 20 }, () => Effect.result(exchange.openOrders(accounts[0]!))),
        { concurrency: "unbounded" }
      )
      assert.isBelow(tally(asked).through, 20)
      assert.deepStrictEqual(tally(asked).reasons, ["RateLimited"])
      const standing = orders.filter((_, n) => Result.isSuccess(placed[n]!))
      const canceled = yield* Effect.all(
        standing.map(({ accountId, clientOrderId }) =>
          Effect.result(exchange.cancel(accountId, "BTCUSDT", { clientOrderId }))
        ),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(tally(canceled), { through: standing.length, reasons: [] })
      const state = yield* exchange.state!
      assert.strictEqual(state.weight.limit, 600)
      assert.deepStrictEqual(state.orderLimits, { tenSeconds: 10, day: 20_000 })
      assert.sameMembers(
        state.orders.map(({ accountId }) => accountId),
        accounts
      )
      const shed = (name: string) => state.lanes.find(({ lane }) => lane === name)?.shed
      assert.deepStrictEqual(
        [shed("cancel"), shed("entry"), shed("survey")],
        [0, 80 - standing.length, 20 - tally(asked).through]
      )
      // Binance never had to say that it was too much.
      assert.notProperty(state, "stoppedUntil")
      for (const one of state.orders) assert.notProperty(one, "stoppedUntil")
    })
  )
})
