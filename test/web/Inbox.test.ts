import { assert, describe, it } from "@effect/vitest"
import type { PriceView, ServerMessage } from "../../src/contract/Feed.ts"
import { type Batch, makeInbox } from "../../web/store/Inbox.ts"

const price = (symbol: string, text: string): ServerMessage => ({
  type: "PRICE_UPDATE",
  data: {
    symbol,
    price: text,
    bid: null,
    bidQuantity: null,
    ask: null,
    askQuantity: null,
    synced: true,
    at: 1,
    stale: null
  }
})
const balance = (seq: number): ServerMessage => ({
  type: "BALANCE_UPDATE",
  seq,
  data: { asset: "BTC", free: String(seq), held: "0", total: String(seq) }
})
const snapshot: ServerMessage = {
  type: "SNAPSHOT",
  seq: 9,
  data: { accountId: "a", orders: [], positions: [], balances: [], blind: null }
}

const trade = (n: number): ServerMessage => ({
  type: "TRADE",
  data: { symbol: "BTCUSDT", tradeId: String(n), price: "1", quantity: "1", side: "BUY", at: n }
})

const opened = () => {
  const batches: Array<Batch> = []
  const frames: Array<() => void> = []
  const inbox = makeInbox(
    (flush) => frames.push(flush),
    (batch) => batches.push(batch)
  )
  return { inbox, batches, frames }
}

describe("the inbox", () => {
  it("applies once a frame, with the newest price of each symbol", () => {
    const { inbox, batches, frames } = opened()
    inbox.receive([price("BTCUSDT", "1"), price("ETHUSDT", "5")])
    inbox.receive([price("BTCUSDT", "2")])
    assert.deepStrictEqual([frames.length, batches.length], [1, 0])
    frames[0]!()
    const prices = [...batches[0]!.prices.values()].map((view: PriceView) => view.price)
    assert.deepStrictEqual(prices, ["2", "5"])
  })

  it("keeps every private update in its order, and drops those that a snapshot holds", () => {
    const { inbox, batches } = opened()
    inbox.receive([balance(1), balance(2), snapshot, balance(10)])
    inbox.flush()
    assert.deepStrictEqual(
      batches[0]!.account.map(({ type, seq }) => [type, seq]),
      [
        ["SNAPSHOT", 9],
        ["BALANCE_UPDATE", 10]
      ]
    )
  })

  it("does not wait for a frame that never comes when too much is waiting", () => {
    const { inbox, batches } = opened()
    for (let n = 0; n < 2_000; n++) inbox.receive([balance(n)])
    assert.strictEqual(batches.length, 1)
    assert.strictEqual(batches[0]!.account.length, 2_000)
  })

  it("keeps as many trades as a tape shows, the newest", () => {
    const { inbox, batches } = opened()
    inbox.receive(Array.from({ length: 300 }, (_, n) => trade(n)))
    inbox.flush()
    assert.strictEqual(batches[0]!.trades.length, 200)
    assert.strictEqual(batches[0]!.trades.at(-1)?.tradeId, "299")
  })
})
