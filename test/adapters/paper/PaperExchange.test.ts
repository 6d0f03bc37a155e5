import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Queue } from "effect"
import * as PaperExchange from "../../../src/adapters/paper/PaperExchange.ts"
import { PaperBooks } from "../../../src/adapters/paper/PaperBooks.ts"
import * as Balance from "../../../src/domain/Balance.ts"
import { AccountId, clientOrderIdOf } from "../../../src/domain/Ids.ts"
import * as Money from "../../../src/domain/Money.ts"
import { Exchange } from "../../../src/ports/Exchange.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { PaperLedger, type PaperOrder } from "../../../src/ports/PaperLedger.ts"
import * as Settings from "../../kit/Settings.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { btcusdt, limit, market, orderId } from "../../kit/Trading.ts"
import { exchangeSuite } from "../../suites/exchange.ts"

const { decimal, format } = Money

exchangeSuite(
  "paper",
  PaperExchange.layer.pipe(
    Layer.provideMerge(StillMarket.layer),
    Layer.provide(PaperLedger.layerMemory),
    Layer.provide(Settings.layer())
  )
)

describe("paper exchange", () => {
  /** A small deterministic stream of choices: the same seed, the same test. */
  const choices = (seed: number) => (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((seed / 4_294_967_296) * below)
  }

  it("conserves money over ten thousand random orders, cancels and trades: what is paid is received, less commission", () => {
    const accounts = ["ann", "bob", "cid"].map((name) => AccountId.make(name))
    const pick = choices(42)
    const levels = (from: number, step: number) =>
      Array.from({ length: 20 }, (_, index) => ({ ticks: from + step * index * 7, lots: 1000 + pick(5000) }))
    const books = new PaperBooks(
      {
        instrument: () => btcusdt,
        depth: () => ({ bids: levels(6_000_000, -1), asks: levels(6_000_010, 1), synced: true })
      },
      0
    )
    for (const accountId of accounts) {
      books.open({
        accountId,
        balances: ["USDT", "BTC"].map((asset) =>
          Balance.receive(Balance.empty(asset), decimal(asset === "BTC" ? "10" : "500000"))
        )
      })
    }
    const latest = new Map<number, PaperOrder>()
    for (let n = 1; n <= 10_000; n++) {
      const accountId = accounts[pick(accounts.length)] ?? AccountId.make("ann")
      const side = pick(2) === 0 ? "BUY" : "SELL"
      const quantity = format(Money.fromUnits(BigInt(10 + pick(3000)), btcusdt.stepSize))
      const price = format(Money.fromUnits(BigInt(6_000_000 + pick(400) - 200), btcusdt.tickSize))
      const act = pick(10)
      const changes =
        act < 3
          ? [books.place(accountId, clientOrderIdOf(orderId(n)), market(side, quantity), n)]
          : act < 7
            ? [books.place(accountId, clientOrderIdOf(orderId(n)), limit(side, quantity, price), n)]
            : act < 8
              ? [books.cancel(accountId, clientOrderIdOf(orderId(1 + pick(n))), n)]
              : []
      const traded =
        changes.length > 0
          ? []
          : books.onMarket(
              {
                _tag: "Trade",
                trade: {
                  symbol: "BTCUSDT",
                  tradeId: String(n),
                  ticks: 6_000_000 + pick(400) - 200,
                  lots: 1 + pick(2000),
                  takerSide: side,
                  at: n
                }
              },
              n
            )
      for (const change of [...changes.flatMap((one) => (one._tag === "Success" ? [one.success] : [])), ...traded]) {
        for (const order of change.orders) latest.set(order.exchangeOrderId, order)
      }
    }
    const fills = [...latest.values()].flatMap((order) => order.fills.map((fill) => ({ fill, order })))
    assert.isAbove(fills.length, 3000)
    assert.strictEqual(new Set(fills.map(({ fill }) => fill.tradeId)).size, fills.length)
    for (const accountId of accounts) {
      const start = { BTC: decimal("10"), USDT: decimal("500000") }
      for (const { fill, order } of fills.filter((one) => one.order.accountId === accountId)) {
        const quote = Money.multiply(fill.price, fill.quantity)
        const sign = order.intent.side === "BUY" ? decimal("1") : decimal("-1")
        start.BTC = Money.add(start.BTC, Money.multiply(sign, fill.quantity))
        start.USDT = Money.subtract(start.USDT, Money.multiply(sign, quote))
        const asset = fill.feeAsset as "BTC" | "USDT"
        start[asset] = Money.subtract(start[asset], fill.fee)
      }
      for (const balance of books.balances(accountId)) {
        assert.isFalse(Money.isNegative(balance.free), `${accountId} ${balance.asset} free`)
        assert.isFalse(Money.isNegative(balance.held), `${accountId} ${balance.asset} held`)
        assert.strictEqual(format(Balance.total(balance)), format(start[balance.asset as "BTC" | "USDT"]))
      }
    }
  })

  it.effect("finds everything again after a crash: balances, open orders, and answers to old questions", () =>
    Effect.gen(function* () {
      const ledger = yield* Layer.build(PaperLedger.layerMemory)
      const desk = PaperExchange.layer.pipe(
        Layer.provideMerge(StillMarket.layer),
        Layer.provide(Settings.layer()),
        Layer.provide(Layer.succeedContext(ledger))
      )
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
      }).pipe(Effect.provide(desk, { local: true }))
      yield* Effect.gen(function* () {
        const exchange = yield* Exchange
        const data = yield* MarketData
        StillMarket.book(data, [[60_000, 50_000]], [[60_010, 50_000]])
        yield* exchange.open(ann)
        assert.deepStrictEqual(yield* exchange.balances(ann), before)
        assert.lengthOf(yield* exchange.openOrders(ann), 1)
        assert.strictEqual(
          Option.getOrThrow(yield* exchange.query(ann, "BTCUSDT", clientOrderIdOf(orderId(1)))).status,
          "FILLED"
        )
        const reports = yield* exchange.reports(ann)
        StillMarket.trade(data, "BUY", 60_031, 50_000)
        const report = yield* Queue.take(reports)
        assert.strictEqual(report._tag === "Filled" ? format(report.fill.quantity) : report._tag, "0.2")
      }).pipe(Effect.provide(desk, { local: true }))
    })
  )
})
