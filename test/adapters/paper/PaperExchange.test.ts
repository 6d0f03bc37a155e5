import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Queue } from "effect"
import { AccountId, clientOrderIdOf } from "../../../src/domain/Ids.ts"
import * as Money from "../../../src/domain/Money.ts"
import { Exchange } from "../../../src/ports/Exchange.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import * as Paper from "../../kit/Paper.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { limit, market, orderId } from "../../kit/Trading.ts"
import { exchangeSuite } from "../../suites/exchange.ts"

const { format } = Money

exchangeSuite(
  "paper",
  Layer.suspend(() => Paper.life(new Store()))
)

describe("paper exchange", () => {
  it.effect("finds everything again after a crash: balances, open orders, and answers to old questions", () =>
    Effect.gen(function* () {
      const store = new Store()
      const ann = AccountId.make("ann")
      const approved = (n: number, intent: ReturnType<typeof limit>) =>
        ({ accountId: ann, orderId: orderId(n), clientOrderId: clientOrderIdOf(orderId(n)), intent }) as never
      const before = yield* Effect.gen(function* () {
        const exchange = yield* Exchange
        StillMarket.book(yield* MarketData, [[60_000, 50_000]], [[60_010, 50_000]])
        yield* exchange.open(ann)
        yield* exchange.submit(approved(1, market("BUY", "0.1")))
        yield* exchange.submit(approved(2, limit("SELL", "0.2", "60030")))
        return yield* exchange.balances(ann)
      }).pipe(Effect.provide(Paper.life(store), { local: true }))
      yield* Effect.gen(function* () {
        const exchange = yield* Exchange
        const data = yield* MarketData
        StillMarket.book(data, [[60_000, 50_000]], [[60_010, 50_000]])
        yield* exchange.open(ann)
        assert.deepStrictEqual(yield* exchange.balances(ann), before)
        assert.lengthOf(yield* exchange.openOrders(ann), 1)
        assert.strictEqual(
          Option.getOrThrow(yield* exchange.query(ann, "BTCUSDT", { clientOrderId: clientOrderIdOf(orderId(1)) }))
            .status,
          "FILLED"
        )
        const reports = yield* exchange.reports(ann)
        StillMarket.trade(data, "BUY", 60_031, 50_000)
        const report = yield* Queue.take(reports)
        assert.strictEqual(report._tag === "Filled" ? format(report.fill.quantity) : report._tag, "0.2")
      }).pipe(Effect.provide(Paper.life(store), { local: true }))
    })
  )
})
