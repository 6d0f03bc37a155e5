// The real desk tells of a real order, from the request to its end.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import type { OrderHistory } from "../src/contract/History.ts"
import type { OrderView } from "../src/contract/Views.ts"
import * as Client from "./kit/Client.ts"
import * as Desk from "./kit/Desk.ts"

const PATIENT = { timeout: 120_000 }
const ORDERS = "/api/trading/orders"

describe("the history of a real order", () => {
  const dataDir = Desk.temporaryDirectory()
  let desk: Desk.Desk
  let token = ""

  beforeAll(async () => {
    desk = await Desk.start({ DATA_DIR: dataDir, MARKET: "sim:1" })
    token = await Client.signIn(desk.url, "ann@example.org")
  }, PATIENT.timeout)
  afterAll(async () => {
    await desk.stop()
    fs.rmSync(dataDir, { recursive: true, force: true })
  })

  const place = async (order: object) => {
    const body = { symbol: "BTCUSDT", side: "BUY", quantity: "0.01", ...order }
    return (await Client.call<{ orderId: string }>(desk.url, "POST", ORDERS, { token, body })).body.orderId
  }
  const becomes = (orderId: string, status: OrderView["status"]) =>
    Client.eventually(
      () => Client.call<OrderView>(desk.url, "GET", `${ORDERS}/${orderId}`, { token }),
      ({ body }) => body.status === status
    )
  const told = async (orderId: string) => {
    const path = `${ORDERS}/${orderId}/history`
    const { body, status } = await Client.call<OrderHistory>(desk.url, "GET", path, { token })
    assert.deepStrictEqual([status, body.orderId, body.complete], [200, orderId, true])
    const times = body.rows.map(({ at }) => at)
    assert.deepStrictEqual(
      times,
      times.toSorted((a, b) => a - b)
    )
    const seqs = body.rows.flatMap(({ seq }) => (seq === null ? [] : [seq]))
    assert.deepStrictEqual(
      seqs,
      [...new Set(seqs)].toSorted((a, b) => a - b)
    )
    assert.deepStrictEqual((await Client.call(desk.url, "GET", path, { token })).body, body)
    return body.rows
  }

  it("ends with the fills of one that was filled", PATIENT, async () => {
    await Client.lastPrice(desk.url, "BTCUSDT")
    const orderId = await place({ type: "MARKET" })
    await becomes(orderId, "FILLED")
    const rows = await told(orderId)
    assert.deepStrictEqual(
      rows.slice(0, 2).map(({ source, what }) => [source, what]),
      [
        ["user", "PlaceOrder"],
        ["desk", "OrderSubmitted"]
      ]
    )
    assert.strictEqual(rows.findLast(({ seq }) => seq !== null)?.what, "OrderFilled")
    assert.match(rows.find(({ what }) => what === "OrderFilled")?.sentence ?? "", /^Executed [\d.]+ at [\d.]+ as taker/)
  })

  it("tells who asked for the cancel, and that it is cancelled", PATIENT, async () => {
    const price = String(Math.floor(Number.parseInt(await Client.lastPrice(desk.url, "BTCUSDT"), 10) * 0.8))
    const orderId = await place({ type: "LIMIT", price })
    await becomes(orderId, "NEW")
    await Client.call(desk.url, "DELETE", `${ORDERS}/${orderId}`, { token })
    await becomes(orderId, "CANCELED")
    const rows = await told(orderId)
    const order = ["PlaceOrder", "OrderSubmitted", "OrderAccepted", "CancelOrder", "CancelSubmitted", "OrderCanceled"]
    assert.deepStrictEqual(
      rows.map(({ what }) => what).filter((what) => order.includes(what)),
      order
    )
    assert.isNotNull(rows.find(({ what }) => what === "CancelOrder")?.userId ?? null)
  })
})
