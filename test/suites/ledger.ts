// What every `PaperLedger` does, wherever it keeps the books.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option } from "effect"
import { type AccountId, ClientOrderId } from "../../src/domain/Ids.ts"
import { decimal } from "../../src/domain/Money.ts"
import { type PaperAccount, PaperLedger, type PaperOrder } from "../../src/ports/PaperLedger.ts"
import { freshAccount } from "../kit/Messages.ts"

let lastId = 0
const nextId = () => ++lastId

const newOrder = (accountId: AccountId, exchangeOrderId: number, change: Partial<PaperOrder> = {}): PaperOrder => ({
  accountId,
  clientOrderId: ClientOrderId.make(`client-${exchangeOrderId}`),
  exchangeOrderId,
  intent: {
    type: "LIMIT",
    symbol: "BTCUSDT",
    side: "BUY",
    quantity: decimal("0.01"),
    price: decimal("61234.5"),
    timeInForce: "GTC"
  },
  status: "NEW",
  fills: [],
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000,
  ...change
})

const fill = {
  tradeId: "7",
  price: decimal("61234.5"),
  quantity: decimal("0.004"),
  fee: decimal("0.000004"),
  feeAsset: "BTC",
  liquidity: "maker",
  at: 1_700_000_000_001
} as const

const booksOf = (accountId: AccountId, free: string): PaperAccount => ({
  accountId,
  balances: [
    { asset: "BTC", free: decimal("1.00000001"), held: decimal("0") },
    { asset: "USDT", free: decimal(free), held: decimal("612.345") }
  ]
})

/** What the ledger says is open, of one account: the suite shares its ledger. */
const openOf = (ledger: PaperLedger["Service"], accountId: AccountId) =>
  Effect.map(ledger.load, ({ openOrders }) => openOrders.filter((order) => order.accountId === accountId))

export const ledgerSuite = (it: Vitest.MethodsNonLive<PaperLedger>): void => {
  it.effect("gives back an order and an account exactly as they were committed", () =>
    Effect.gen(function* () {
      const ledger = yield* PaperLedger
      const accountId = freshAccount()
      const order = newOrder(accountId, nextId(), { status: "PARTIALLY_FILLED", fills: [fill] })
      const books = booksOf(accountId, "99387.655")
      yield* ledger.commit({ orders: [order], accounts: [books], lastId })
      assert.deepStrictEqual(yield* ledger.order(accountId, order.clientOrderId), Option.some(order))
      assert.deepStrictEqual(yield* ledger.account(accountId), Option.some(books))
      assert.deepStrictEqual(yield* openOf(ledger, accountId), [order])
    })
  )

  it.effect("knows neither orders nor balances of an account that never came", () =>
    Effect.gen(function* () {
      const ledger = yield* PaperLedger
      const stranger = freshAccount()
      assert.isTrue(Option.isNone(yield* ledger.account(stranger)))
      assert.isTrue(Option.isNone(yield* ledger.order(stranger, ClientOrderId.make("client-1"))))
    })
  )

  it.effect("finds a closed order by its client id, and does not load it as open", () =>
    Effect.gen(function* () {
      const ledger = yield* PaperLedger
      const accountId = freshAccount()
      const order = newOrder(accountId, nextId())
      const closed = { ...order, status: "CANCELED" as const }
      yield* ledger.commit({ orders: [order], accounts: [], lastId })
      yield* ledger.commit({ orders: [closed], accounts: [], lastId })
      assert.deepStrictEqual(yield* ledger.order(accountId, order.clientOrderId), Option.some(closed))
      assert.deepStrictEqual(yield* openOf(ledger, accountId), [])
    })
  )

  it.effect("answers with the newest order where a client id was used again, and only for its account", () =>
    Effect.gen(function* () {
      const ledger = yield* PaperLedger
      const accountId = freshAccount()
      const clientOrderId = ClientOrderId.make("client-again")
      const first = newOrder(accountId, nextId(), { clientOrderId, status: "FILLED" })
      const second = newOrder(accountId, nextId(), { clientOrderId })
      yield* ledger.commit({ orders: [first, second], accounts: [], lastId })
      assert.deepStrictEqual(yield* ledger.order(accountId, clientOrderId), Option.some(second))
      assert.isTrue(Option.isNone(yield* ledger.order(freshAccount(), clientOrderId)))
    })
  )

  it.effect("loads open orders in the order of their ids, and never lowers the last id", () =>
    Effect.gen(function* () {
      const ledger = yield* PaperLedger
      const accountId = freshAccount()
      const orders = [newOrder(accountId, nextId()), newOrder(accountId, nextId()), newOrder(accountId, nextId())]
      const highest = lastId + 1000
      lastId = highest
      yield* ledger.commit({ orders: orders.toReversed(), accounts: [], lastId: highest })
      yield* ledger.commit({ orders: [], accounts: [], lastId: highest - 500 })
      assert.deepStrictEqual(yield* openOf(ledger, accountId), orders)
      assert.strictEqual((yield* ledger.load).lastId, highest)
    })
  )

  it.effect("keeps the newest state of a row that many commits change at once", () =>
    Effect.gen(function* () {
      const ledger = yield* PaperLedger
      const accounts = Array.from({ length: 20 }, freshAccount)
      const first = accounts.map((accountId) => newOrder(accountId, nextId()))
      const commits = first.flatMap((order) =>
        (["NEW", "PARTIALLY_FILLED", "FILLED"] as const).map((status, step) => ({
          orders: [{ ...order, status }],
          accounts: [booksOf(order.accountId, String(1000 - step))],
          lastId
        }))
      )
      yield* Effect.forEach(commits, ledger.commit, { concurrency: "unbounded", discard: true })
      for (const order of first) {
        const stored = yield* ledger.order(order.accountId, order.clientOrderId)
        assert.deepStrictEqual(stored, Option.some({ ...order, status: "FILLED" }))
        assert.deepStrictEqual(yield* ledger.account(order.accountId), Option.some(booksOf(order.accountId, "998")))
      }
    })
  )
}
