// The desk is killed in the middle of a stream of orders, again and again. What it answered PENDING must have an outcome, nothing
// may have happened twice, and its books must agree with the exchange's own.
import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import type { FillView, OrderView } from "../src/contract/Views.ts"
import * as Money from "../src/domain/Money.ts"
import * as Client from "./kit/Client.ts"
import * as Desk from "./kit/Desk.ts"
import * as Ledger from "./kit/Ledger.ts"

const ROUNDS = 5
const LANES = 16
const { add, decimal, format, multiply, subtract } = Money

const START: Record<string, Money.Decimal> = { USDT: decimal("100000"), BTC: decimal("1"), ETH: decimal("10") }

/** A small deterministic stream of choices. */
const choices = (seed: number) => (below: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
  return Math.floor((seed / 4_294_967_296) * below)
}

const pick = choices(7)

/** `price` is the market's: whole, so that it is on the tick. */
const randomOrder = (price: string) => {
  const side = pick(2) === 0 ? "BUY" : "SELL"
  const quantity = `0.00${1 + pick(9)}`
  return pick(3) > 0
    ? { symbol: "BTCUSDT", side, type: "MARKET", quantity }
    : { symbol: "BTCUSDT", side, type: "LIMIT", quantity, price, timeInForce: "IOC" }
}

/** Sends orders on several lanes until the desk is gone; answers the ids it was given. */
const stream = async (desk: Desk.Desk, token: string, round: number, killAfter: number) => {
  const price = await Client.lastPrice(desk.url, "BTCUSDT")
  const answered: Array<string> = []
  let sent = 0
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      while (answered.length < killAfter + 200) {
        const key = `round-${round}-${sent++}`
        const answer = await Client.call<{ orderId: string }>(desk.url, "POST", "/api/trading/orders", {
          token,
          key,
          body: randomOrder(price)
        }).catch(() => undefined)
        if (answer === undefined) return
        // Faster than one account decides: refused, and nothing of it may be found later.
        if (answer.status === 429) continue
        assert.strictEqual(answer.status, 201, JSON.stringify(answer.body))
        answered.push(answer.body.orderId)
        if (answered.length === killAfter) void desk.kill()
      }
    })
  )
  await desk.kill()
  return answered
}

/** A refused order under one key, in each life of the desk: the first answer stands, and another order under the key is a conflict. */
const refused = async (desk: Desk.Desk, token: string) => {
  const ask = (body: Record<string, string>) =>
    Client.call(desk.url, "POST", "/api/trading/orders", { token, key: "refused", body })
  // From its second life on before the order itself is sent again: only what was kept can be in the way.
  if (farAway !== undefined) assert.strictEqual((await ask({ ...farAway, quantity: "0.001" })).status, 409)
  const far = String(Number.parseInt(await Client.lastPrice(desk.url, "BTCUSDT"), 10) * 2)
  farAway ??= { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", quantity: "0.00000001", price: far }
  const answer = await ask(farAway)
  assert.deepStrictEqual([answer.status, (await ask({ ...farAway, quantity: "0.001" })).status], [400, 409])
  return answer.body
}
let farAway: Record<string, string> | undefined

const isOpen = ({ status }: OrderView) => ["PENDING", "SUBMITTING", "CANCELING", "UNKNOWN"].includes(status)

const sumOf = (fills: ReadonlyArray<FillView>, asset: string) =>
  fills.reduce((sum, fill) => {
    const sign = fill.side === "BUY" ? 1n : -1n
    const signed = (value: Money.Decimal) => (sign === 1n ? value : Money.negate(value))
    const [base, quote] = ["BTC", "USDT"]
    let next = sum
    if (asset === base) next = add(next, signed(decimal(fill.quantity)))
    if (asset === quote) next = subtract(next, signed(multiply(decimal(fill.price), decimal(fill.quantity))))
    return fill.feeAsset === asset ? subtract(next, decimal(fill.fee)) : next
  }, Money.zero)

describe("kill -9", () => {
  it(
    "leaves every order answered PENDING with one outcome, and balances and positions equal to the fold of the fills",
    { timeout: 240_000 },
    async () => {
      const dataDir = Desk.temporaryDirectory()
      const settings = { DATA_DIR: dataDir, MARKET: "sim:3", ORDER_LIMIT: "100000", AUTH_LIMIT: "1000" }
      const answered: Array<string> = []
      const refusals: Array<unknown> = []
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const desk = await Desk.start(settings)
          const token = await Client.signIn(desk.url, "ann@desk.test")
          refusals.push(await refused(desk, token))
          answered.push(...(await stream(desk, token, round, 60 + pick(400))))
        }
        const desk = await Desk.start(settings)
        const token = await Client.signIn(desk.url, "ann@desk.test")
        const orders = await Client.eventually(
          () => Client.allOrders(desk.url, token),
          (all) => !all.some(isOpen)
        )
        const fills = await Client.allTrades(desk.url, token)
        const known = new Map(orders.map((order) => [order.orderId, order]))
        assert.strictEqual(known.size, orders.length, "an order is listed twice")
        assert.deepStrictEqual(
          answered.filter((orderId) => !known.has(orderId)),
          [],
          "answered PENDING, and gone"
        )
        assert.strictEqual(new Set(refusals.map((each) => JSON.stringify(each))).size, 1, "a key was answered anew")
        assert.strictEqual(new Set(fills.map(({ tradeId }) => tradeId)).size, fills.length, "a fill was booked twice")
        for (const order of orders) {
          const executed = fills
            .filter(({ orderId }) => orderId === order.orderId)
            .reduce((sum, { quantity }) => add(sum, decimal(quantity)), Money.zero)
          assert.strictEqual(format(executed), order.executedQuantity, order.orderId)
          if (order.status === "FILLED") assert.strictEqual(format(executed), order.quantity)
        }
        for (const { asset, held, total } of await Client.balances(desk.url, token)) {
          assert.strictEqual(held, "0", `${asset} is still held`)
          assert.strictEqual(total, format(add(START[asset] ?? Money.zero, sumOf(fills, asset))), asset)
        }
        const [position] = await Client.positions(desk.url, token)
        assert.strictEqual(position?.quantity, format(sumOf(fills, "BTC")))
        await desk.stop()
        Ledger.agrees(await Ledger.read(dataDir), orders)
        const outcomes = new Map<string, number>()
        for (const { status } of orders) outcomes.set(status, (outcomes.get(status) ?? 0) + 1)
        console.info(
          `${ROUNDS} kills, ${answered.length} orders answered, ${orders.length} known: ` +
            [...outcomes].map(([status, count]) => `${count} ${status}`).join(", ")
        )
      } finally {
        fs.rmSync(dataDir, { recursive: true, force: true })
      }
    }
  )
})
