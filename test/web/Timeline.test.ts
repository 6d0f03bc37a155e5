import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import type { OrderView } from "../../src/contract/Views.ts"
import * as Account from "../../web/store/Account.ts"
import * as Ledger from "../../web/store/Ledger.ts"
import * as Timeline from "../../web/store/Timeline.ts"

const order: OrderView = {
  orderId: "o-1",
  clientOrderId: "oc1",
  exchangeOrderId: "7",
  symbol: "BTCUSDT",
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  quantity: "0.05",
  price: "60000",
  status: "NEW",
  executedQuantity: "0",
  averagePrice: null,
  reason: null,
  createdAt: 1,
  updatedAt: 1
}

const hear = (...messages: ReadonlyArray<Ledger.AccountMessage>) => {
  Account.ledger.value = Ledger.apply(Account.ledger.peek(), messages).ledger
}

describe("the story that is open", () => {
  const asked = vi.fn(() => Promise.reject(new Error("not of interest here")))
  let stop = () => {}

  beforeEach(() => {
    asked.mockClear()
    vi.stubGlobal("fetch", asked)
    Account.ledger.value = Ledger.empty
    hear({ type: "ORDER_UPDATE", seq: 1, data: order })
    stop = Timeline.follow()
    Timeline.opened.value = order.orderId
  })
  afterEach(() => {
    stop()
    vi.unstubAllGlobals()
  })

  it("is read again when its order moves, and not for anything else of the account", () => {
    assert.strictEqual(asked.mock.calls.length, 1)
    hear({ type: "BALANCE_UPDATE", seq: 2, data: { asset: "USDT", free: "1", held: "0", total: "1" } })
    hear({ type: "ORDER_UPDATE", seq: 3, data: { ...order, orderId: "o-2" } })
    assert.strictEqual(asked.mock.calls.length, 1)
    hear({ type: "ORDER_UPDATE", seq: 4, data: { ...order, executedQuantity: "0.01", status: "PARTIALLY_FILLED" } })
    assert.strictEqual(asked.mock.calls.length, 2)
    hear({ type: "ORDER_UPDATE", seq: 5, data: { ...order, status: "CANCELED" } })
    assert.strictEqual(asked.mock.calls.length, 3)
  })
})
