// The `binance` package, as it is, against the paper exchange over loopback: REST, streams, the user data of the WebSocket API; HMAC, RSA
// and Ed25519 keys.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { MainClient, WebsocketAPIClient, WebsocketClient } from "binance"
import { generateKeyPairSync } from "node:crypto"
import { type ApiKey, type Paper, startPaper } from "../kit/PaperProcess.ts"

type Json = Record<string, any>

const quiet = { trace: () => undefined, info: () => undefined, error: () => undefined }

let paper: Paper
beforeAll(async () => {
  paper = await startPaper()
})
afterAll(() => paper?.stop())

const clientFor = (key: ApiKey | undefined) =>
  new MainClient(
    {
      ...(key === undefined ? {} : { api_key: key.apiKey, api_secret: key.secret }),
      baseUrl: paper.url,
      disableTimeSync: true,
      filterUndefinedParams: true,
      recvWindow: 5000
    },
    { timeout: 12_000, proxy: false }
  )

const funded = async (account: string): Promise<{ readonly key: ApiKey; readonly client: MainClient }> => {
  const key = await paper.createKey(account)
  await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "USDT", amount: "100000" })
  await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "BTC", amount: "2" })
  return { key, client: clientFor(key) }
}

/** A whole-dollar price this many percent from the best bid: a test needs a price that rests, or one that does not. */
const priceAt = async (client: MainClient, percent: number): Promise<string> => {
  const { bids } = (await client.getOrderBook({ symbol: "BTCUSDT", limit: 5 })) as Json
  const whole = BigInt(String(bids[0][0]).split(".")[0] ?? "0")
  return `${(whole * BigInt(Math.round((100 + percent) * 100))) / 10_000n}.00`
}

const refusal = async (call: Promise<unknown>): Promise<{ readonly code: number; readonly message: string }> => {
  try {
    await call
  } catch (error) {
    return { code: Number((error as Json)["code"]), message: String((error as Json)["message"]) }
  }
  throw new Error("the call was expected to be refused")
}

describe("binance: market data over REST", () => {
  it("reads time, rules, book, trades, candles and tickers", async () => {
    const client = clientFor(undefined)
    const { serverTime } = (await client.get("api/v3/time")) as Json
    assert.isAbove(serverTime, 1_600_000_000_000)
    const info = (await client.getExchangeInfo({ symbol: "BTCUSDT" })) as Json
    const [row] = info["symbols"] as ReadonlyArray<Json>
    assert.strictEqual(row!["symbol"], "BTCUSDT")
    assert.includeMembers(
      (row!["filters"] as ReadonlyArray<Json>).map((filter) => filter["filterType"]),
      ["PRICE_FILTER", "LOT_SIZE", "NOTIONAL", "PERCENT_PRICE_BY_SIDE", "MAX_NUM_ORDERS"]
    )
    const two = (await client.getExchangeInfo({ symbols: ["BTCUSDT", "ETHUSDT"] })) as Json
    assert.strictEqual(two["symbols"].length, 2)
    const book = (await client.getOrderBook({ symbol: "BTCUSDT", limit: 20 })) as Json
    assert.isAtMost(book["bids"].length, 20)
    assert.isAbove(book["asks"].length, 0)
    assert.match(book["bids"][0][0], /^\d+\.\d{8}$/)
    const klines = await client.getKlines({ symbol: "BTCUSDT", interval: "1h", limit: 10 })
    assert.strictEqual(klines.length, 10)
    assert.strictEqual(klines[0]!.length, 12)
    const day = (await client.get24hrChangeStatistics({ symbol: "BTCUSDT" })) as Json
    assert.strictEqual(day["symbol"], "BTCUSDT")
    const price = (await client.getSymbolPriceTicker({ symbol: "BTCUSDT" })) as Json
    assert.match(price["price"], /^\d+\.\d{8}$/)
    const best = (await client.getSymbolOrderBookTicker({ symbol: "BTCUSDT" })) as Json
    assert.hasAllKeys(best, ["symbol", "bidPrice", "bidQty", "askPrice", "askQty"])
    assert.isArray(await client.getRecentTrades({ symbol: "BTCUSDT", limit: 5 }))
    assert.isArray(await client.getAggregateTrades({ symbol: "BTCUSDT", limit: 5 }))
    const average = (await client.getAvgPrice({ symbol: "BTCUSDT" })) as Json
    assert.strictEqual(average["mins"], 5)
    assert.strictEqual((await refusal(client.getOrderBook({ symbol: "NOSUCH" }))).code, -1121)
  })
})

describe("binance: trading over REST", () => {
  it("places, reads, amends and cancels a resting limit order", async () => {
    const { client } = await funded("sdk-limit")
    const price = await priceAt(client, -10)
    const placed = (await client.submitNewOrder({
      symbol: "BTCUSDT",
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: "0.50000" as never,
      price: price as never,
      newClientOrderId: "mine-1",
      newOrderRespType: "FULL"
    })) as Json
    assert.strictEqual(placed["status"], "NEW")
    assert.strictEqual(placed["clientOrderId"], "mine-1")
    const account = (await client.getAccountInformation()) as Json
    const usdt = (account["balances"] as ReadonlyArray<Json>).find(({ asset }) => asset === "USDT")!
    assert.notStrictEqual(usdt["locked"], "0.00000000")
    const amended = (await client.putPrivate("api/v3/order/amend/keepPriority", {
      symbol: "BTCUSDT",
      orderId: placed["orderId"],
      newQty: "0.40000"
    })) as Json
    assert.strictEqual(amended["amendedOrder"].qty, "0.40000000")
    const read = (await client.getOrder({ symbol: "BTCUSDT", orderId: placed["orderId"] })) as unknown as Json
    assert.strictEqual(read["origQty"], "0.40000000")
    assert.strictEqual((await client.getOpenOrders({ symbol: "BTCUSDT" })).length, 1)
    const canceled = (await client.cancelOrder({ symbol: "BTCUSDT", orderId: placed["orderId"] })) as Json
    assert.strictEqual(canceled["status"], "CANCELED")
    assert.strictEqual((await client.getOpenOrders({ symbol: "BTCUSDT" })).length, 0)
    assert.strictEqual(
      (await refusal(client.cancelOrder({ symbol: "BTCUSDT", orderId: placed["orderId"] }))).code,
      -2011
    )
    assert.strictEqual((await refusal(client.getOrder({ symbol: "BTCUSDT", orderId: 999_999_999 }))).code, -2013)
  })

  it("fills a market order with its fills, and shows the same trades afterwards", async () => {
    const { client } = await funded("sdk-market")
    const order = (await client.submitNewOrder({
      symbol: "BTCUSDT",
      side: "BUY",
      type: "MARKET",
      quantity: "0.01000" as never,
      newOrderRespType: "FULL"
    })) as Json
    assert.strictEqual(order["status"], "FILLED")
    assert.isAbove(order["fills"].length, 0)
    assert.strictEqual(order["fills"][0].commissionAsset, "BTC")
    const trades = (await client.getAccountTradeList({ symbol: "BTCUSDT" })) as ReadonlyArray<Json>
    assert.deepStrictEqual(
      trades.map(({ price, qty, id }) => ({ price, qty, tradeId: id })),
      (order["fills"] as ReadonlyArray<Json>).map(({ price, qty, tradeId }) => ({ price, qty, tradeId }))
    )
    const all = (await client.getAllOrders({ symbol: "BTCUSDT" })) as unknown as ReadonlyArray<Json>
    assert.strictEqual(all.at(-1)!["status"], "FILLED")
    const byQuote = (await client.postPrivate("api/v3/order", {
      symbol: "BTCUSDT",
      side: "BUY",
      type: "MARKET",
      quoteOrderQty: "250"
    })) as Json
    assert.strictEqual(byQuote["origQuoteOrderQty"], "250.00000000")
  })

  it("refuses with Binance's codes", async () => {
    const { client } = await funded("sdk-refused")
    const place = (params: Json) => refusal(client.postPrivate("api/v3/order", { symbol: "BTCUSDT", ...params }))
    const limit = { side: "BUY", type: "LIMIT", timeInForce: "GTC" }
    const price = await priceAt(client, -5)
    assert.strictEqual((await place({ ...limit, quantity: "20", price })).code, -2010)
    assert.include((await place({ ...limit, quantity: "0.1", price: "60000.001" })).message, "PRICE_FILTER")
    assert.include((await place({ ...limit, quantity: "0.1234567", price })).message, "LOT_SIZE")
    assert.include((await place({ ...limit, quantity: "0.00001", price })).message, "NOTIONAL")
    assert.strictEqual((await place({ ...limit, price })).code, -1102)
    assert.strictEqual((await place({ ...limit, side: "HOLD", quantity: "0.1", price })).code, -1117)
    assert.strictEqual(
      (await place({ side: "BUY", type: "LIMIT_MAKER", quantity: "0.1", price: await priceAt(client, 5) })).code,
      -2010
    )
    assert.strictEqual((await refusal(clientFor({ apiKey: "a".repeat(64), secret: "x" }).getOpenOrders())).code, -2008)
    const { key } = await funded("sdk-forged")
    assert.strictEqual((await refusal(clientFor({ ...key, secret: "wrong" }).getOpenOrders())).code, -1022)
  })

  it("places and cancels OCO, OTO and OTOCO lists", async () => {
    const { client } = await funded("sdk-lists")
    const [above, below] = [await priceAt(client, 10), await priceAt(client, -10)]
    const oco = (await client.submitNewOrderList({
      symbol: "BTCUSDT",
      side: "SELL",
      quantity: "0.10000" as never,
      aboveType: "LIMIT_MAKER",
      abovePrice: above,
      belowType: "STOP_LOSS_LIMIT",
      belowPrice: below,
      belowStopPrice: below,
      belowTimeInForce: "GTC"
    } as never)) as unknown as Json
    assert.strictEqual(oco["contingencyType"], "OCO")
    assert.strictEqual(oco["orders"].length, 2)
    assert.strictEqual((await client.getAllOpenOCO()).length, 1)
    const canceled = (await client.cancelOCO({ symbol: "BTCUSDT", orderListId: oco["orderListId"] })) as unknown as Json
    assert.strictEqual(canceled["listOrderStatus"], "ALL_DONE")
    const otoco = (await client.submitNewOrderListOTOCO({
      symbol: "BTCUSDT",
      workingType: "LIMIT",
      workingSide: "BUY",
      workingPrice: below,
      workingQuantity: "0.10000",
      workingTimeInForce: "GTC",
      pendingSide: "SELL",
      pendingQuantity: "0.09000",
      pendingAboveType: "LIMIT_MAKER",
      pendingAbovePrice: above,
      pendingBelowType: "STOP_LOSS",
      pendingBelowStopPrice: await priceAt(client, -20),
      newOrderRespType: "RESULT"
    } as never)) as unknown as Json
    assert.strictEqual(otoco["orders"].length, 3)
    const statuses = (otoco["orderReports"] as ReadonlyArray<Json>).map(({ status }) => status)
    assert.sameMembers(statuses, ["NEW", "PENDING_NEW", "PENDING_NEW"])
    await client.cancelAllSymbolOrders({ symbol: "BTCUSDT" })
    assert.strictEqual((await client.getOpenOrders({ symbol: "BTCUSDT" })).length, 0)
  })

  it("cancels and replaces in one call", async () => {
    const { client } = await funded("sdk-replace")
    const price = await priceAt(client, -10)
    const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.1", price } as const
    const first = (await client.postPrivate("api/v3/order", order)) as Json
    const replaced = (await client.replaceOrder({
      ...order,
      quantity: "0.2" as never,
      price: price as never,
      cancelReplaceMode: "STOP_ON_FAILURE",
      cancelOrderId: first["orderId"]
    } as never)) as unknown as Json
    assert.strictEqual(replaced["cancelResult"], "SUCCESS")
    assert.strictEqual(replaced["newOrderResponse"].origQty, "0.20000000")
    const again = await refusal(
      client.postPrivate("api/v3/order/cancelReplace", {
        ...order,
        cancelReplaceMode: "STOP_ON_FAILURE",
        cancelOrderId: first["orderId"]
      })
    )
    assert.strictEqual(again.code, -2022)
  })

  it("tells limits, commission and key permissions", async () => {
    const { client } = await funded("sdk-account")
    assert.strictEqual((await client.getOrderRateLimit()).length, 2)
    const rates = (await client.getCommissionRates({ symbol: "BTCUSDT" })) as unknown as Json
    assert.strictEqual(rates["standardCommission"].taker, "0.00100000")
    const permissions = (await client.getApiKeyPermissions()) as unknown as Json
    assert.isTrue(permissions["enableSpotAndMarginTrading"])
    await client.get("api/v3/time")
    assert.isAbove((client.getRateLimitStates() as unknown as Json)["x-mbx-used-weight-1m"], 0)
  })

  it.each(["ed25519", "rsa"] as const)("accepts %s keys", async (kind) => {
    const pair =
      kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("rsa", { modulusLength: 2048 })
    const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString()
    const secret = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
    const { apiKey } = await paper.createKey(`sdk-${kind}`, publicKey)
    const client = clientFor({ apiKey, secret })
    const account = (await client.getAccountInformation()) as unknown as Json
    assert.isTrue(account["canTrade"])
  })
})

describe("binance: streams", () => {
  it("delivers trades, candles, best prices and depth of subscribed symbols", async () => {
    const client = new WebsocketClient({ wsUrl: paper.wsUrl, reconnectTimeout: 2000 }, quiet)
    const wanted = ["btcusdt@trade", "btcusdt@kline_1m", "btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@depth5"]
    const missing = new Set(wanted)
    const seen = new Promise<void>((resolve) => {
      client.on("message", (message) => {
        missing.delete(String((message as unknown as Json)["streamName"]))
        if (missing.size === 0) resolve()
      })
    })
    await client.subscribe(wanted, "main")
    await seen
    client.closeAll(true)
  })
})

describe("binance: user data of the WebSocket API", () => {
  const hears = async (key: ApiKey, client: MainClient) => {
    const socket = new WebsocketAPIClient(
      {
        wsUrl: paper.wsUrl,
        api_key: key.apiKey,
        api_secret: key.secret,
        attachEventListeners: false,
        muteLatencyWarning: true,
        resubscribeUserDataStreamDelaySeconds: 0
      },
      quiet
    )
    const events: Array<Json> = []
    const told = new Promise<void>((resolve) => {
      socket.getWSClient().on("message", (message) => {
        const event = message as unknown as Json
        events.push(event)
        if (event["e"] === "outboundAccountPosition") resolve()
      })
    })
    await socket.subscribeUserDataStream("mainWSAPI")
    const order = (await client.postPrivate("api/v3/order", {
      symbol: "BTCUSDT",
      side: "BUY",
      type: "MARKET",
      quantity: "0.01",
      newOrderRespType: "FULL"
    })) as Json
    await told
    socket.disconnectAll()
    const reports = events.filter(({ e }) => e === "executionReport")
    assert.deepStrictEqual(
      reports.map(({ x }) => x),
      ["NEW", ...(order["fills"] as ReadonlyArray<Json>).map(() => "TRADE")]
    )
    assert.isTrue(reports.every(({ i }) => i === order["orderId"]))
    assert.strictEqual(reports.at(-1)!["X"], "FILLED")
    assert.strictEqual(reports.at(-1)!["z"], "0.01000000")
  }

  it("tells an HMAC key what happens to its orders", async () => {
    const { client, key } = await funded("sdk-user-hmac")
    await hears(key, client)
  })

  it("tells an Ed25519 session what happens to its orders", async () => {
    const pair = generateKeyPairSync("ed25519")
    const { apiKey } = await paper.createKey(
      "sdk-user-ed",
      pair.publicKey.export({ type: "spki", format: "pem" }).toString()
    )
    await paper.admin("POST", "/accounts/sdk-user-ed/deposit", { asset: "USDT", amount: "100000" })
    const key = { apiKey, secret: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString() }
    await hears(key, clientFor(key))
  })
})
