// The `@binance/spot` package, as it is, against the paper exchange over loopback: REST, streams and the WebSocket API.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Spot } from "@binance/spot"
import { generateKeyPairSync } from "node:crypto"
import { type ApiKey, type Paper, startPaper } from "../kit/PaperProcess.ts"

type Json = Record<string, any>
type Rest = Record<string, (params?: Json) => Promise<{ data: () => Promise<any>; rateLimits?: ReadonlyArray<Json> }>>

let paper: Paper
beforeAll(async () => {
  paper = await startPaper({ market: "sim:5" })
})
afterAll(() => paper?.stop())

const spotFor = (key: ApiKey & { readonly privateKey?: string }) => {
  const identity =
    key.privateKey === undefined
      ? { apiKey: key.apiKey, apiSecret: key.secret }
      : { apiKey: key.apiKey, privateKey: key.privateKey }
  return new Spot({
    configurationRestAPI: { ...identity, basePath: paper.url, timeout: 5000, retries: 0 },
    configurationWebsocketAPI: { ...identity, wsURL: `${paper.wsUrl}/ws-api/v3`, reconnectDelay: 500 },
    configurationWebsocketStreams: { wsURL: paper.wsUrl }
  })
}

const funded = async (account: string) => {
  const key = await paper.createKey(account)
  await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "USDT", amount: "100000" })
  await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "BTC", amount: "2" })
  return spotFor(key)
}

const restOf = (spot: Spot) => {
  const rest = spot.restAPI as unknown as Rest
  return async (method: string, params?: Json): Promise<any> => (await rest[method]!.call(rest, params)).data()
}

/** A whole-dollar price this many percent from the best bid. */
const priceAt = async (spot: Spot, percent: number): Promise<string> => {
  const { bids } = await restOf(spot)("depth", { symbol: "BTCUSDT", limit: 5 })
  const whole = BigInt(String(bids[0][0]).split(".")[0] ?? "0")
  return `${(whole * BigInt(Math.round((100 + percent) * 100))) / 10_000n}.00`
}

const refused = async (call: Promise<unknown>): Promise<Json> => {
  try {
    await call
  } catch (error) {
    return error as Json
  }
  throw new Error("the call was expected to be refused")
}

describe("@binance/spot: REST", () => {
  it("reads the market", async () => {
    const call = restOf(spotFor({ apiKey: "", secret: "" }))
    assert.isAbove(Number((await call("time")).serverTime), 1_600_000_000_000)
    assert.strictEqual((await call("exchangeInfo", { symbols: ["BTCUSDT", "ETHUSDT"] })).symbols.length, 2)
    assert.strictEqual((await call("klines", { symbol: "BTCUSDT", interval: "1h", limit: 7 })).length, 7)
    assert.strictEqual((await call("ticker24hr", { symbols: ["BTCUSDT", "ETHUSDT"] })).length, 2)
    assert.isAbove((await call("tickerBookTicker")).length, 1)
    assert.isArray(await call("aggTrades", { symbol: "BTCUSDT" }))
  })

  it("trades, and finds its orders and trades again", async () => {
    const spot = await funded("spot-rest")
    const call = restOf(spot)
    const bought = await call("newOrder", { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: 0.01 })
    assert.strictEqual(bought.status, "FILLED")
    const resting = await call("newOrder", {
      symbol: "BTCUSDT",
      side: "SELL",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: 0.5,
      price: Number(await priceAt(spot, 10)) // tidy-ok: the client's own type is a number
    })
    assert.strictEqual(resting.status, "NEW")
    assert.strictEqual((await call("getOpenOrders", { symbol: "BTCUSDT" })).length, 1)
    assert.strictEqual((await call("getOrder", { symbol: "BTCUSDT", orderId: resting.orderId })).status, "NEW")
    const canceled = await call("deleteOrder", { symbol: "BTCUSDT", orderId: resting.orderId })
    assert.strictEqual(canceled.status, "CANCELED")
    assert.strictEqual((await call("allOrders", { symbol: "BTCUSDT" })).length, 2)
    assert.strictEqual((await call("myTrades", { symbol: "BTCUSDT" })).length, bought.fills.length)
    const account = await call("getAccount")
    assert.isAbove(account.balances.length, 1)
    assert.strictEqual((await call("rateLimitOrder")).length, 2)
    const listed = await call("orderListOco", {
      symbol: "BTCUSDT",
      side: "SELL",
      quantity: 0.1,
      aboveType: "LIMIT_MAKER",
      abovePrice: Number(await priceAt(spot, 10)), // tidy-ok: the client's own type is a number
      belowType: "STOP_LOSS",
      belowStopPrice: Number(await priceAt(spot, -10)) // tidy-ok: the client's own type is a number
    })
    assert.strictEqual(listed.listOrderStatus, "EXECUTING")
    assert.strictEqual(
      (await call("deleteOrderList", { symbol: "BTCUSDT", orderListId: listed.orderListId })).orders.length,
      2
    )
  })

  it("raises its own error classes", async () => {
    const spot = await funded("spot-errors")
    const call = restOf(spot)
    const poor = await refused(call("newOrder", { symbol: "BTCUSDT", side: "SELL", type: "MARKET", quantity: 50 }))
    assert.strictEqual(poor["name"], "BadRequestError")
    assert.strictEqual(poor["code"], -2010)
    const stranger = restOf(spotFor({ apiKey: "z".repeat(64), secret: "s" }))
    assert.strictEqual((await refused(stranger("getAccount")))["name"], "UnauthorizedError")
  })
})

describe("@binance/spot: streams", () => {
  it("delivers candles, depth and best prices", async () => {
    const connection = (await spotFor({ apiKey: "", secret: "" }).websocketStreams.connect()) as any
    const first = (stream: any) => new Promise<Json>((resolve) => stream.on("message", resolve))
    const [kline, depth, best] = await Promise.all([
      first(connection.kline({ symbol: "btcusdt", interval: "1m" })),
      first(connection.diffBookDepth({ symbol: "btcusdt", updateSpeed: "100ms" })),
      first(connection.bookTicker({ symbol: "btcusdt" }))
    ])
    assert.strictEqual(kline["e"], "kline")
    assert.strictEqual(depth["e"], "depthUpdate")
    assert.hasAllKeys(best, ["u", "s", "b", "B", "a", "A"])
    await connection.disconnect()
  })
})

describe("@binance/spot: WebSocket API", () => {
  it.each(["hmac", "ed25519"] as const)("places an order and hears of it with an %s key", async (kind) => {
    const pair = generateKeyPairSync("ed25519")
    const key =
      kind === "hmac"
        ? await paper.createKey(`spot-ws-${kind}`)
        : await paper.createKey(`spot-ws-${kind}`, pair.publicKey.export({ type: "spki", format: "pem" }).toString())
    await paper.admin("POST", `/accounts/spot-ws-${kind}/deposit`, { asset: "USDT", amount: "100000" })
    const spot = spotFor(
      kind === "hmac"
        ? key
        : { ...key, privateKey: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString() }
    )
    const connection = (await spot.websocketAPI.connect()) as any
    const { stream } = await connection.userDataStreamSubscribeSignature()
    const events: Array<Json> = []
    const settled = new Promise<void>((resolve) =>
      stream.on("message", (event: Json) => {
        events.push(event)
        if (event["e"] === "outboundAccountPosition") resolve()
      })
    )
    const answer = await connection.orderPlace({ symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: 0.01 })
    const placed = answer.data ?? answer.result
    assert.strictEqual(placed.status, "FILLED")
    await settled
    const reports = events.filter(({ e }) => e === "executionReport")
    assert.strictEqual(reports.at(-1)!["X"], "FILLED")
    const status = await connection.orderStatus({ symbol: "BTCUSDT", orderId: placed.orderId })
    assert.strictEqual((status.data ?? status.result).status, "FILLED")
    await connection.disconnect()
  })
})
