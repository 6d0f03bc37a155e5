// `outcry paper` killed in a stream of orders: whatever it answered it still knows, and its money is what its trades say.
import { assert, describe, it } from "@effect/vitest"
import { createHmac } from "node:crypto"
import * as fs from "node:fs"
import * as Money from "../../src/domain/Money.ts"
import { temporaryDirectory } from "../kit/Desk.ts"
import { type ApiKey, type Paper, startPaper } from "../kit/PaperProcess.ts"

const KILLS = 3
const ORDERS_BEFORE_A_KILL = 150
const IN_FLIGHT = 8

type Json = Record<string, any>

const signedCall = async (paper: Paper, key: ApiKey, method: string, path: string, params: Record<string, string>) => {
  const query = new URLSearchParams({ ...params, timestamp: String(Date.now()), recvWindow: "30000" }).toString() // tidy-ok: a signed call carries the time
  const signature = createHmac("sha256", key.secret).update(query).digest("hex")
  const response = await fetch(`${paper.url}${path}?${query}&signature=${signature}`, {
    method,
    headers: { "X-MBX-APIKEY": key.apiKey }
  })
  return { status: response.status, body: (await response.json()) as any }
}

/** Market buys and sells, and limit orders near and far, in turn. */
const orderOf = (index: number, best: { readonly bid: string; readonly ask: string }): Record<string, string> => {
  const common = { symbol: "BTCUSDT", newClientOrderId: `crash-${index}` }
  const limit = { ...common, type: "LIMIT", timeInForce: "GTC", quantity: "0.002" }
  switch (index % 4) {
    case 0:
      return { ...common, side: "BUY", type: "MARKET", quantity: "0.001" }
    case 1:
      return { ...common, side: "SELL", type: "MARKET", quantity: "0.001" }
    case 2:
      return { ...limit, side: "BUY", price: best.bid }
    default:
      return { ...limit, side: "SELL", price: best.ask }
  }
}

const sum = (values: ReadonlyArray<string>): Money.Decimal =>
  values.reduce((total, value) => Money.add(total, Money.decimal(value)), Money.zero)

describe("the paper exchange killed in a stream of orders", () => {
  it("knows every order it answered, and its balances are the fold of its trades", { timeout: 180_000 }, async () => {
    const data = temporaryDirectory()
    const flags = { market: "sim:11", data, limits: "off" }
    let paper = await startPaper(flags)
    const key = await paper.createKey("ann")
    await paper.admin("POST", "/accounts/ann/deposit", { asset: "USDT", amount: "1000000" })
    await paper.admin("POST", "/accounts/ann/deposit", { asset: "BTC", amount: "20" })
    const answered = new Map<string, Json>()
    let index = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const book = (await (await fetch(`${paper.url}/api/v3/ticker/bookTicker?symbol=BTCUSDT`)).json()) as Json
      const best = { bid: book["bidPrice"] as string, ask: book["askPrice"] as string }
      const until = answered.size + ORDERS_BEFORE_A_KILL
      const trader = async () => {
        while (answered.size < until) {
          const order = orderOf(index++, best)
          const answer = await signedCall(paper, key, "POST", "/api/v3/order", order).catch(() => undefined)
          // Cut off: nobody knows what became of it.
          if (answer === undefined) return
          if (answer.status === 200) answered.set(String(order["newClientOrderId"]), answer.body)
          else assert.strictEqual(answer.body.code, -2010, JSON.stringify(answer.body))
        }
        await paper.kill()
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, trader))
      paper = await startPaper(flags)
    }
    const of = async (path: string, params: Record<string, string> = {}) => {
      const { body, status } = await signedCall(paper, key, "GET", path, params)
      assert.strictEqual(status, 200, JSON.stringify(body))
      return body
    }
    const orders: Array<Json> = await of("/api/v3/allOrders", { symbol: "BTCUSDT", limit: "1000" })
    const known = new Map(orders.map((order) => [order["clientOrderId"] as string, order]))
    assert.isAtLeast(answered.size, KILLS * ORDERS_BEFORE_A_KILL)
    assert.strictEqual(known.size, orders.length, "no client id twice")
    for (const [id, answer] of answered) {
      const order = known.get(id)
      assert.strictEqual(order?.["orderId"], answer["orderId"], id)
      assert.isFalse(Money.lessThan(Money.decimal(order!["executedQty"]), Money.decimal(answer["executedQty"])), id)
    }
    const trades: Array<Json> = await of("/api/v3/myTrades", { symbol: "BTCUSDT", limit: "1000" })
    const bought = trades.filter(({ isBuyer }) => isBuyer)
    const sold = trades.filter(({ isBuyer }) => !isBuyer)
    const all = (rows: ReadonlyArray<Json>, field: string) => sum(rows.map((row) => row[field] as string))
    const fees = (asset: string) =>
      all(
        trades.filter(({ commissionAsset }) => commissionAsset === asset),
        "commission"
      )
    const account = await of("/api/v3/account")
    const total = (asset: string) => {
      const { free, locked } = (account.balances as ReadonlyArray<Json>).find((row) => row["asset"] === asset)!
      return Money.format(sum([free, locked]))
    }
    const net = (start: string, come: Money.Decimal, gone: Money.Decimal, fee: Money.Decimal) =>
      Money.format(Money.subtract(Money.subtract(Money.add(Money.decimal(start), come), gone), fee))
    assert.isBelow(trades.length, 1000)
    assert.strictEqual(total("BTC"), net("20", all(bought, "qty"), all(sold, "qty"), fees("BTC")))
    assert.strictEqual(total("USDT"), net("1000000", all(sold, "quoteQty"), all(bought, "quoteQty"), fees("USDT")))
    await paper.stop()
    fs.rmSync(data, { recursive: true, force: true })
  })
})
