// The REST API over real sockets: answers field by field, refusals with their statuses, limits and headers.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Venue } from "../../../../src/adapters/paper/Venue.ts"
import { WireServer } from "../../../../src/adapters/paper/wire/WireServer.ts"
import * as StillMarket from "../../../kit/StillMarket.ts"
import { call, connect, exchange, limit, openAccount, place, quietMarket, send, signed } from "./Wire.ts"

const options = { timeout: "20 seconds", excludeTestServices: true } as const

const keysOf = (value: object) => Object.keys(value)

layer(exchange(), options)("REST: general and refusals", (it) => {
  it.effect("answers ping, time and exchangeInfo without a key", () =>
    Effect.gen(function* () {
      const venue = yield* Venue
      const ping = yield* send("GET /api/v3/ping")
      assert.deepStrictEqual([ping.status, ping.body], [200, {}])
      assert.strictEqual(ping.headers.get("content-type"), "application/json;charset=UTF-8")
      assert.match(ping.headers.get("x-mbx-used-weight-1m") ?? "", /^\d+$/)
      const unit = yield* send("GET /api/v3/time", {}, { headers: { "X-MBX-TIME-UNIT": "FORTNIGHT" } })
      assert.strictEqual(unit.body.code, -1194)
      const millis = (yield* send("GET /api/v3/time")).body.serverTime
      assert.isAtMost(Math.abs(millis - venue.now()), 1000)
      const micros = (yield* send("GET /api/v3/time", {}, { headers: { "X-MBX-TIME-UNIT": "MICROSECOND" } })).body
      assert.strictEqual(String(micros.serverTime).length, 16)
      const info = (yield* send("GET /api/v3/exchangeInfo", { symbol: "BTCUSDT" })).body
      assert.deepStrictEqual(keysOf(info), [
        "timezone",
        "serverTime",
        "rateLimits",
        "exchangeFilters",
        "symbols",
        "sors"
      ])
      assert.deepInclude(info.symbols[0].filters[0], {
        filterType: "PRICE_FILTER",
        minPrice: "0.01000000",
        maxPrice: "1000000.00000000",
        tickSize: "0.01000000"
      })
      assert.deepStrictEqual(info.symbols[0].permissionSets, [["SPOT"]])
      assert.deepStrictEqual(
        (yield* send("GET /api/v3/exchangeInfo", { symbols: '["BTCUSDT"]' })).body.symbols,
        info.symbols
      )
    })
  )

  it.effect("refuses with Binance's statuses, codes and texts", () =>
    Effect.gen(function* () {
      const ann = yield* openAccount()
      const refused = (answer: { status: number; body: any }) =>
        `${answer.status} ${answer.body.code} ${answer.body.msg}`
      assert.strictEqual(
        refused(yield* send("GET /api/v3/ping", { a: 1 })),
        "400 -1101 Too many parameters; expected '0' and received '1'."
      )
      assert.strictEqual(
        refused(yield* send("GET /api/v3/exchangeInfo", { symbol: "NOSUCH" })),
        "400 -1121 Invalid symbol."
      )
      assert.strictEqual(
        refused(yield* send("GET /api/v3/exchangeInfo", { symbol: "BTCUSDT", symbols: '["BTCUSDT"]' })),
        "400 -1128 Combination of optional parameters invalid."
      )
      assert.strictEqual(refused(yield* send("GET /api/v3/account")), "401 -2014 API-key format invalid.")
      assert.strictEqual(
        refused(yield* call({ ...ann, apiKey: "A".repeat(64) }, "GET /api/v3/account")),
        "401 -2008 Invalid Api-Key ID."
      )
      assert.strictEqual(
        refused(yield* call({ ...ann, secret: "wrong" }, "GET /api/v3/account")),
        "400 -1022 Signature for this request is not valid."
      )
      const headers = { "X-MBX-APIKEY": ann.apiKey }
      assert.match(
        refused(yield* send("GET /api/v3/account", { timestamp: 1 }, { headers })),
        /^400 -1102 .*'signature'/
      )
      assert.match(
        refused(yield* call(ann, "GET /api/v3/account", { timestamp: 1_500_000_000_000 })),
        /^400 -1021 .*recvWindow/
      )
      assert.match(
        refused(yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT" })),
        /^400 -1102 Param 'origClientOrderId' or 'orderId'/
      )
      assert.strictEqual(
        refused(yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", orderId: 999_999 })),
        "400 -2013 Order does not exist."
      )
      assert.strictEqual(
        refused(yield* place(ann, { ...limit("BUY", "1e-7", "1") })),
        "400 -1100 Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'."
      )
      assert.strictEqual(
        refused(yield* call(ann, "DELETE /api/v3/openOrders", { symbol: "BTCUSDT" })),
        "400 -2011 Unknown order sent."
      )
    })
  )

  it.effect("keeps a key to what it may do", () =>
    Effect.gen(function* () {
      const reader = yield* openAccount({ mayTrade: false })
      assert.strictEqual((yield* call(reader, "GET /api/v3/account")).status, 200)
      const refused = yield* place(reader, limit("BUY", "0.001", "50000"))
      assert.deepStrictEqual(
        [refused.status, refused.body],
        [401, { code: -2015, msg: "Invalid API-key, IP, or permissions for action." }]
      )
    })
  )

  it.effect("tells the rights of a key as they are, and takes no key from an address that it is not tied to", () =>
    Effect.gen(function* () {
      const rightsOf = Effect.fnUntraced(function* (rights: Parameters<typeof openAccount>[0]) {
        const { body } = yield* call(yield* openAccount(rights), "GET /sapi/v1/account/apiRestrictions")
        return [body.enableSpotAndMarginTrading, body.enableWithdrawals, body.ipRestrict, body.createTime]
      })
      assert.deepStrictEqual(yield* rightsOf({ createdAt: 7 }), [true, false, false, 7])
      assert.deepStrictEqual(yield* rightsOf({ mayTrade: false, createdAt: 7 }), [false, false, false, 7])
      const most = { mayWithdraw: true, addresses: ["127.0.0.1"], createdAt: 7 }
      assert.deepStrictEqual(yield* rightsOf(most), [true, true, true, 7])
      const elsewhere = yield* openAccount({ addresses: ["192.0.2.1"] })
      const refused = yield* call(elsewhere, "GET /api/v3/account")
      assert.deepStrictEqual([refused.status, refused.body.code], [401, -2015])
    })
  )

  it.effect("answers broken requests with a 4xx, and goes on", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* send("GET /api/v3/nosuch")).status, 404)
      assert.strictEqual((yield* send("PUT /api/v3/ping")).status, 405)
      assert.strictEqual((yield* send("POST /api/v3/userDataStream")).status, 410)
      const ann = yield* openAccount()
      const headers = { "X-MBX-APIKEY": ann.apiKey, "content-type": "application/octet-stream" }
      assert.strictEqual(
        (yield* send("POST /api/v3/order", { x: "y".repeat(70_000) }, { as: "body", headers })).status,
        413
      )
      const { url } = yield* WireServer
      const raw = yield* Effect.promise(() => fetch(`${url}/api/v3/exchangeInfo?symbol=%E0%A4%A`))
      assert.strictEqual(raw.status, 400)
      const words = yield* Effect.promise(() => raw.json())
      assert.deepStrictEqual(words, { code: -1100, msg: "Illegal characters found in a parameter." })
      assert.strictEqual((yield* send("GET /api/v3/ping")).status, 200)
    })
  )
})

layer(exchange(), options)("REST: orders", (it) => {
  it.effect("places, shows, and cancels a resting order, every field in place", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const placed = yield* place(ann, { ...limit("BUY", "0.00200000", "50000.00"), newClientOrderId: "first" })
      assert.strictEqual(placed.status, 200, JSON.stringify(placed.body))
      const { body } = placed
      const { orderId, transactTime } = body
      assert.deepStrictEqual(body, {
        symbol: "BTCUSDT",
        orderId,
        orderListId: -1,
        clientOrderId: "first",
        transactTime,
        price: "50000.00000000",
        origQty: "0.00200000",
        executedQty: "0.00000000",
        origQuoteOrderQty: "0.00000000",
        cummulativeQuoteQty: "0.00000000",
        status: "NEW",
        timeInForce: "GTC",
        type: "LIMIT",
        side: "BUY",
        workingTime: transactTime,
        fills: [],
        selfTradePreventionMode: "EXPIRE_MAKER"
      })
      assert.strictEqual(placed.headers.get("x-mbx-order-count-10s"), "1")
      assert.strictEqual(placed.headers.get("x-mbx-order-count-1d"), "1")
      const shown = (yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "first" })).body
      assert.deepStrictEqual(shown, {
        symbol: "BTCUSDT",
        orderId,
        orderListId: -1,
        clientOrderId: "first",
        price: "50000.00000000",
        origQty: "0.00200000",
        executedQty: "0.00000000",
        cummulativeQuoteQty: "0.00000000",
        status: "NEW",
        timeInForce: "GTC",
        type: "LIMIT",
        side: "BUY",
        stopPrice: "0.00000000",
        icebergQty: "0.00000000",
        time: transactTime,
        updateTime: transactTime,
        isWorking: true,
        workingTime: transactTime,
        origQuoteOrderQty: "0.00000000",
        selfTradePreventionMode: "EXPIRE_MAKER"
      })
      assert.deepStrictEqual((yield* call(ann, "GET /api/v3/openOrders")).body, [shown])
      const account = (yield* call(ann, "GET /api/v3/account", { omitZeroBalances: true })).body
      assert.deepInclude(account.balances, { asset: "USDT", free: "99900.00000000", locked: "100.00000000" })
      assert.deepStrictEqual(account.commissionRates, {
        maker: "0.00100000",
        taker: "0.00100000",
        buyer: "0.00000000",
        seller: "0.00000000"
      })
      const wrong = yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", orderId, origClientOrderId: "other" })
      assert.strictEqual(wrong.body.code, -2039)
      const canceled = (yield* call(ann, "DELETE /api/v3/order", {
        symbol: "BTCUSDT",
        orderId,
        newClientOrderId: "bye"
      })).body
      assert.deepStrictEqual(canceled, {
        symbol: "BTCUSDT",
        origClientOrderId: "first",
        orderId,
        orderListId: -1,
        clientOrderId: "bye",
        transactTime: canceled.transactTime,
        price: "50000.00000000",
        origQty: "0.00200000",
        executedQty: "0.00000000",
        origQuoteOrderQty: "0.00000000",
        cummulativeQuoteQty: "0.00000000",
        status: "CANCELED",
        timeInForce: "GTC",
        type: "LIMIT",
        side: "BUY",
        selfTradePreventionMode: "EXPIRE_MAKER"
      })
      const after = (yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", orderId })).body
      assert.deepInclude(after, { status: "CANCELED", orderId, isWorking: true })
      const closed = yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", orderId, origClientOrderId: "other" })
      assert.strictEqual(closed.body.code, -2039)
      assert.deepStrictEqual((yield* call(ann, "GET /api/v3/allOrders", { symbol: "BTCUSDT" })).body, [after])
    })
  )

  it.effect("fills a market order: fills, trades and balances agree, and the order count falls again", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const { body } = yield* place(ann, { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quoteOrderQty: "600.10" })
      assert.deepInclude(body, {
        status: "FILLED",
        price: "0.00000000",
        origQty: "0.01000000",
        executedQty: "0.01000000",
        cummulativeQuoteQty: "600.10000000",
        origQuoteOrderQty: "600.10000000"
      })
      assert.lengthOf(body.fills, 1)
      const { tradeId } = body.fills[0]
      assert.deepStrictEqual(body.fills, [
        { price: "60010.00000000", qty: "0.01000000", commission: "0.00001000", commissionAsset: "BTC", tradeId }
      ])
      const trades = (yield* call(ann, "GET /api/v3/myTrades", { symbol: "BTCUSDT", orderId: body.orderId })).body
      assert.deepStrictEqual(trades, [
        {
          symbol: "BTCUSDT",
          id: tradeId,
          orderId: body.orderId,
          orderListId: -1,
          price: "60010.00000000",
          qty: "0.01000000",
          quoteQty: "600.10000000",
          commission: "0.00001000",
          commissionAsset: "BTC",
          time: body.transactTime,
          isBuyer: true,
          isMaker: false,
          isBestMatch: true
        }
      ])
      const { balances } = (yield* call(ann, "GET /api/v3/account")).body
      assert.deepInclude(balances, { asset: "BTC", free: "10.00999000", locked: "0.00000000" })
      assert.deepInclude(balances, { asset: "USDT", free: "99399.90000000", locked: "0.00000000" })
      const counts = (yield* call(ann, "GET /api/v3/rateLimit/order")).body
      assert.deepStrictEqual(
        counts.map((one: any) => [one.interval, one.intervalNum, one.limit, one.count]),
        [
          ["SECOND", 10, 100, 0],
          ["DAY", 1, 200_000, 0]
        ]
      )
      const combination = yield* call(ann, "GET /api/v3/myTrades", { symbol: "BTCUSDT", orderId: 1, startTime: 1 })
      assert.strictEqual(combination.body.code, -1128)
      const long = yield* call(ann, "GET /api/v3/myTrades", { symbol: "BTCUSDT", startTime: 1, endTime: 86_400_002 })
      assert.deepStrictEqual(long.body, { code: -1127, msg: "More than 24 hours between startTime and endTime." })
    })
  )

  it.effect("answers ACK for what waits, RESULT where asked, and says no like the engine", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const stop = { symbol: "BTCUSDT", side: "SELL", type: "STOP_LOSS", quantity: "0.01", stopPrice: "55000" }
      const ack = (yield* place(ann, stop)).body
      assert.deepStrictEqual(keysOf(ack), ["symbol", "orderId", "orderListId", "clientOrderId", "transactTime"])
      assert.match(ack.clientOrderId, /^[A-Za-z0-9]{22}$/)
      const result = (yield* place(ann, { ...stop, newOrderRespType: "RESULT" })).body
      assert.deepInclude(result, { status: "NEW", workingTime: -1, stopPrice: "55000.00000000" })
      assert.notProperty(result, "fills")
      const refusal = (answer: { status: number; body: any }) =>
        `${answer.status} ${answer.body.code} ${answer.body.msg}`
      assert.strictEqual(
        refusal(yield* place(ann, { ...stop, stopPrice: "60001" })),
        "400 -2010 Order would trigger immediately."
      )
      assert.strictEqual(
        refusal(yield* place(ann, limit("BUY", "10", "50000"))),
        "400 -2010 Account has insufficient balance for requested action."
      )
      assert.strictEqual(
        refusal(yield* place(ann, limit("BUY", "0.00001", "50000"))),
        "400 -1013 Filter failure: NOTIONAL"
      )
      assert.strictEqual(
        refusal(yield* place(ann, { ...limit("BUY", "0.01", "50000"), symbol: "ETHUSDT" })),
        "400 -1121 Invalid symbol."
      )
      yield* place(ann, { ...limit("BUY", "0.001", "50000"), newClientOrderId: "twice" })
      const twice = yield* place(ann, { ...limit("BUY", "0.001", "50000"), newClientOrderId: "twice" })
      assert.strictEqual(refusal(twice), "400 -2010 Duplicate order sent.")
      const expired = (yield* place(ann, { ...limit("BUY", "0.001", "50000"), timeInForce: "IOC" })).body
      assert.deepInclude(expired, { status: "EXPIRED", expiryReason: "UNFILLED_IOC_QUANTITY_EXPIRED" })
      const canceled = (yield* call(ann, "DELETE /api/v3/openOrders", { symbol: "BTCUSDT" })).body
      assert.lengthOf(canceled, 3)
      assert.isTrue(canceled.every((one: any) => one.status === "CANCELED"))
    })
  )

  it.effect("takes parameters from the body, from both, and of any content type", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const order = limit("BUY", "0.001", "50000")
      for (const type of ["application/x-www-form-urlencoded", "application/json", "text/plain;charset=UTF-8"]) {
        const sent = yield* call(ann, "POST /api/v3/order", order, { as: "body", headers: { "content-type": type } })
        assert.strictEqual(sent.status, 200, JSON.stringify(sent.body))
      }
      const both = yield* call(ann, "POST /api/v3/order/test", { ...order, computeCommissionRates: true })
      assert.deepStrictEqual(both.body.standardCommissionForOrder, { maker: "0.00100000", taker: "0.00100000" })
      assert.deepStrictEqual((yield* call(ann, "POST /api/v3/order/test", order)).body, {})
      assert.strictEqual((yield* call(ann, "POST /api/v3/order/test", limit("BUY", "100", "50000"))).body.code, -2010)
    })
  )

  it.effect("amends in Binance's own field names, and remembers it", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const { orderId } = (yield* place(ann, { ...limit("BUY", "0.002", "50000"), newClientOrderId: "old" })).body
      const amend = { symbol: "BTCUSDT", orderId, newQty: "0.001", newClientOrderId: "new" }
      const { body } = yield* call(ann, "PUT /api/v3/order/amend/keepPriority", amend)
      assert.deepInclude(body.amendedOrder, {
        origClientOrderId: "old",
        clientOrderId: "new",
        qty: "0.00100000",
        executedQty: "0.00000000",
        preventedQty: "0.00000000",
        cumulativeQuoteQty: "0.00000000",
        status: "NEW"
      })
      const more = yield* call(ann, "PUT /api/v3/order/amend/keepPriority", { ...amend, newQty: "0.003" })
      assert.deepStrictEqual([more.status, more.body.code], [400, -2038])
      const [amendment] = (yield* call(ann, "GET /api/v3/order/amendments", { symbol: "BTCUSDT", orderId })).body
      assert.deepInclude(amendment, {
        executionId: body.executionId,
        origClientOrderId: "old",
        newClientOrderId: "new",
        origQty: "0.00200000",
        newQty: "0.00100000"
      })
    })
  )

  it.effect("tells both halves of a cancel-replace apart", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const replace = (params: object) =>
        call(ann, "POST /api/v3/order/cancelReplace", { ...limit("BUY", "0.001", "51000"), ...params } as never)
      const { orderId } = (yield* place(ann, limit("BUY", "0.001", "50000"))).body
      const done = yield* replace({ cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: orderId })
      assert.strictEqual(done.status, 200, JSON.stringify(done.body))
      assert.deepInclude(done.body, { cancelResult: "SUCCESS", newOrderResult: "SUCCESS" })
      assert.deepInclude(done.body.cancelResponse, { orderId, status: "CANCELED" })
      assert.deepInclude(done.body.newOrderResponse, { price: "51000.00000000", status: "NEW" })
      const stopped = yield* replace({ cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: orderId })
      assert.deepStrictEqual(
        [stopped.status, stopped.body.code, stopped.body.msg],
        [400, -2022, "Order cancel-replace failed."]
      )
      assert.deepStrictEqual(stopped.body.data, {
        cancelResult: "FAILURE",
        newOrderResult: "NOT_ATTEMPTED",
        cancelResponse: { code: -2011, msg: "Unknown order sent." },
        newOrderResponse: null
      })
      const half = yield* replace({ cancelReplaceMode: "ALLOW_FAILURE", cancelOrderId: orderId })
      assert.deepStrictEqual([half.status, half.body.code], [409, -2021])
      assert.deepInclude(half.body.data, { cancelResult: "FAILURE", newOrderResult: "SUCCESS" })
      const poor = { cancelReplaceMode: "STOP_ON_FAILURE", cancelOrderId: half.body.data.newOrderResponse.orderId }
      const unplaced = yield* replace({ ...poor, quantity: "100" })
      assert.deepStrictEqual([unplaced.status, unplaced.body.code], [409, -2021])
      assert.deepInclude(unplaced.body.data, { cancelResult: "SUCCESS", newOrderResult: "FAILURE" })
      assert.strictEqual(unplaced.body.data.newOrderResponse.code, -2010)
    })
  )
})

layer(exchange(), options)("REST: what not every order has", (it) => {
  it.effect("shows stop, iceberg, strategy and trailing terms only where an order has them", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const full = { newOrderRespType: "FULL" }
      const iceberg = { ...limit("BUY", "0.01", "50000"), icebergQty: "0.001", strategyId: 9, strategyType: 1_000_001 }
      const shown = (yield* place(ann, iceberg)).body
      assert.include(shown, { icebergQty: "0.00100000", strategyId: 9, strategyType: 1_000_001 })
      const trailing = { symbol: "BTCUSDT", side: "SELL", type: "TAKE_PROFIT", quantity: "0.01", ...full }
      const placed = (yield* place(ann, { ...trailing, stopPrice: "65000", trailingDelta: 100 })).body
      assert.include(placed, { stopPrice: "65000.00000000", trailingDelta: 100, trailingTime: -1, workingTime: -1 })
      assert.notProperty(placed, "icebergQty")
      const { orderId } = placed
      const asked = (yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", orderId })).body
      assert.include(asked, { trailingDelta: 100, trailingTime: -1, isWorking: false, icebergQty: "0.00000000" })
      const wild = yield* place(ann, { ...trailing, trailingDelta: 5 })
      assert.deepStrictEqual([wild.status, wild.body.msg], [400, "Filter failure: TRAILING_DELTA"])
    })
  )

  it.effect("tells of a match that self-trade prevention stopped", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const resting = (yield* place(ann, limit("SELL", "0.001", "60000"))).body
      const none = yield* place(ann, { ...limit("BUY", "0.001", "60000"), selfTradePreventionMode: "NONE" })
      assert.strictEqual(none.body.msg, "This symbol does not allow the specified self-trade prevention mode.")
      const taking = { ...limit("BUY", "0.001", "60000"), selfTradePreventionMode: "EXPIRE_TAKER" }
      const { body } = yield* place(ann, taking)
      assert.strictEqual(body.status, "EXPIRED_IN_MATCH", JSON.stringify(body))
      const [match] = body.preventedMatches
      assert.deepStrictEqual(match, {
        preventedMatchId: body.preventedMatchId,
        makerOrderId: resting.orderId,
        price: "60000.00000000",
        takerPreventedQuantity: "0.00100000",
        makerPreventedQuantity: "0.00100000"
      })
      const { orderId, preventedMatchId } = body
      const byOrder = (yield* call(ann, "GET /api/v3/myPreventedMatches", { symbol: "BTCUSDT", orderId })).body
      assert.deepInclude(byOrder[0], {
        preventedMatchId,
        takerOrderId: orderId,
        makerOrderId: resting.orderId,
        selfTradePreventionMode: "EXPIRE_TAKER",
        price: "60000.00000000"
      })
      const byId = yield* call(ann, "GET /api/v3/myPreventedMatches", { symbol: "BTCUSDT", preventedMatchId })
      assert.deepStrictEqual(byId.body, byOrder)
    })
  )

  it.effect("prints times in microseconds where that is asked for", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const headers = { "X-MBX-TIME-UNIT": "MICROSECOND" }
      const { body } = yield* call(ann, "POST /api/v3/order", limit("BUY", "0.001", "50000"), { headers })
      assert.match(String(body.transactTime), /^\d{13}000$/)
      const timestamp = `${(yield* Venue).now()}000`
      const shown = yield* call(ann, "GET /api/v3/openOrders", { timestamp }, { headers })
      assert.strictEqual(shown.body[0].time, body.transactTime)
    })
  )
})

layer(exchange(), options)("REST: order lists", (it) => {
  const oco = {
    symbol: "BTCUSDT",
    side: "SELL",
    quantity: "0.01",
    aboveType: "LIMIT_MAKER",
    abovePrice: "65000",
    belowType: "STOP_LOSS_LIMIT",
    belowStopPrice: "55000",
    belowPrice: "54900",
    belowTimeInForce: "GTC"
  }

  it.effect("places an OCO, shows it, and cancels it by one of its orders", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const { body, status, headers } = yield* call(ann, "POST /api/v3/orderList/oco", {
        ...oco,
        newOrderRespType: "RESULT"
      })
      assert.strictEqual(status, 200, JSON.stringify(body))
      assert.strictEqual(headers.get("x-mbx-order-count-10s"), "2")
      assert.deepInclude(body, {
        contingencyType: "OCO",
        listStatusType: "EXEC_STARTED",
        listOrderStatus: "EXECUTING",
        symbol: "BTCUSDT"
      })
      assert.lengthOf(body.orders, 2)
      assert.deepStrictEqual(body.orderReports.map((one: any) => one.type).toSorted(), [
        "LIMIT_MAKER",
        "STOP_LOSS_LIMIT"
      ])
      assert.isTrue(body.orderReports.every((one: any) => one.orderListId === body.orderListId && one.status === "NEW"))
      const [open] = (yield* call(ann, "GET /api/v3/openOrderList")).body
      assert.deepInclude(open, { orderListId: body.orderListId, listOrderStatus: "EXECUTING" })
      assert.notProperty(open, "orderReports")
      const byId = (yield* call(ann, "GET /api/v3/orderList", { orderListId: body.orderListId })).body
      assert.deepStrictEqual(byId, open)
      const canceled = yield* call(ann, "DELETE /api/v3/orderList", {
        symbol: "BTCUSDT",
        orderListId: body.orderListId
      })
      assert.deepInclude(canceled.body, { listStatusType: "ALL_DONE", listOrderStatus: "ALL_DONE" })
      assert.deepStrictEqual(
        canceled.body.orderReports.map((one: any) => one.status),
        ["CANCELED", "CANCELED"]
      )
      assert.deepStrictEqual((yield* call(ann, "GET /api/v3/openOrderList")).body, [])
      const [all] = (yield* call(ann, "GET /api/v3/allOrderList")).body
      assert.deepInclude(all, { orderListId: body.orderListId, listOrderStatus: "ALL_DONE" })
    })
  )

  it.effect("answers the cancel of a leg with its whole list", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const { orders, orderListId } = (yield* call(ann, "POST /api/v3/orderList/oco", oco)).body
      const { orderId } = orders[1]
      const canceled = (yield* call(ann, "DELETE /api/v3/order", { symbol: "BTCUSDT", orderId })).body
      assert.deepInclude(canceled, { orderListId, listOrderStatus: "ALL_DONE" })
      assert.lengthOf(canceled.orderReports, 2)
    })
  )

  it.effect("names what is wrong with the legs of an OCO", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const code = (params: object) =>
        Effect.map(call(ann, "POST /api/v3/orderList/oco", params as never), ({ body }) => body.code)
      const { aboveType, abovePrice, belowType, belowStopPrice, belowPrice, belowTimeInForce, ...of } = oco
      const maker = (leg: string) => ({
        [`${leg}Type`]: "LIMIT_MAKER",
        [`${leg}Price`]: leg === "above" ? "65000" : "55000"
      })
      const stop = (leg: string, type: string) => ({ [`${leg}Type`]: type, [`${leg}StopPrice`]: "60500" })
      assert.strictEqual(yield* code({ ...of, ...maker("above"), ...maker("below") }), -1168)
      assert.strictEqual(yield* code({ ...of, ...stop("above", "TAKE_PROFIT"), ...maker("below") }), -1166)
      assert.strictEqual(yield* code({ ...of, ...maker("above"), ...stop("below", "TAKE_PROFIT") }), -1199)
      assert.strictEqual(yield* code({ ...of, ...stop("above", "STOP_LOSS"), ...stop("below", "STOP_LOSS") }), -1197)
      const buys = { ...of, side: "BUY" }
      assert.strictEqual(yield* code({ ...buys, ...maker("above"), ...stop("below", "STOP_LOSS") }), -1165)
      assert.strictEqual(yield* code({ ...buys, ...stop("above", "TAKE_PROFIT"), ...maker("below") }), -1198)
      assert.strictEqual(yield* code({ ...buys, ...stop("above", "STOP_LOSS"), ...stop("below", "STOP_LOSS") }), -1196)
      assert.strictEqual(yield* code({ ...of, aboveType: "MARKET", ...stop("below", "STOP_LOSS") }), -1158)
      const iceberg = { belowType, belowStopPrice, belowPrice, belowTimeInForce: "IOC", belowIcebergQty: "0.001" }
      assert.strictEqual(yield* code({ ...of, aboveType, abovePrice, ...iceberg }), -1160)
      assert.strictEqual(belowTimeInForce, "GTC")
    })
  )

  it.effect("understands the OCO of old, on either side", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const sell = {
        symbol: "BTCUSDT",
        side: "SELL",
        quantity: "0.01",
        price: "65000",
        stopPrice: "55000",
        stopLimitPrice: "54900",
        stopLimitTimeInForce: "GTC"
      }
      const sold = (yield* call(ann, "POST /api/v3/order/oco", { ...sell, newOrderRespType: "RESULT" })).body
      assert.deepStrictEqual(
        sold.orderReports?.map((one: any) => one.type).toSorted(),
        ["LIMIT_MAKER", "STOP_LOSS_LIMIT"],
        JSON.stringify(sold)
      )
      const buy = {
        symbol: "BTCUSDT",
        side: "BUY",
        quantity: "0.01",
        price: "55000",
        stopPrice: "65000",
        newOrderRespType: "RESULT"
      }
      const bought = (yield* call(ann, "POST /api/v3/order/oco", buy)).body
      assert.deepStrictEqual(
        bought.orderReports?.map((one: any) => one.type).toSorted(),
        ["LIMIT_MAKER", "STOP_LOSS"],
        JSON.stringify(bought)
      )
      const all = (yield* call(ann, "DELETE /api/v3/openOrders", { symbol: "BTCUSDT" })).body
      assert.lengthOf(all, 2)
      assert.isTrue(all.every((one: any) => one.contingencyType === "OCO" && one.orderReports.length === 2))
      const crossed = yield* call(ann, "POST /api/v3/order/oco", { ...sell, price: "50000" })
      assert.strictEqual(crossed.status, 400)
    })
  )

  it.effect("shows the pending orders of OTO and OTOCO as waiting", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const working = {
        symbol: "BTCUSDT",
        workingType: "LIMIT",
        workingSide: "BUY",
        workingPrice: "50000",
        workingQuantity: "0.01",
        workingTimeInForce: "GTC",
        newOrderRespType: "RESULT"
      }
      const oto = {
        ...working,
        pendingType: "LIMIT_MAKER",
        pendingSide: "SELL",
        pendingPrice: "65000",
        pendingQuantity: "0.009"
      }
      const placed = (yield* call(ann, "POST /api/v3/orderList/oto", oto)).body
      assert.deepStrictEqual(
        placed.orderReports?.map((one: any) => one.status),
        ["NEW", "PENDING_NEW"],
        JSON.stringify(placed)
      )
      assert.strictEqual(placed.contingencyType, "OTO")
      const otoco = {
        ...working,
        pendingSide: "SELL",
        pendingQuantity: "0.009",
        pendingAboveType: "LIMIT_MAKER",
        pendingAbovePrice: "65000",
        pendingBelowType: "STOP_LOSS",
        pendingBelowStopPrice: "45000"
      }
      const three = (yield* call(ann, "POST /api/v3/orderList/otoco", otoco)).body
      assert.deepStrictEqual(
        three.orderReports?.map((one: any) => one.status),
        ["NEW", "PENDING_NEW", "PENDING_NEW"],
        JSON.stringify(three)
      )
      const filled = (yield* call(ann, "POST /api/v3/orderList/oto", { ...oto, workingPrice: "60010" })).body
      assert.deepStrictEqual(
        filled.orderReports.map((one: any) => one.status),
        ["FILLED", "PENDING_NEW"]
      )
      const { orderId } = filled.orders[1]
      assert.strictEqual((yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", orderId })).body.status, "NEW")
      const missing = yield* call(ann, "POST /api/v3/orderList/oto", { ...oto, pendingPrice: "" })
      assert.strictEqual(missing.body.msg, "Parameter 'pendingPrice' was empty.")
    })
  )
})

// The test's clock stands still, and with it the windows.
layer(exchange(), { timeout: "20 seconds" })("REST: limits", (it) => {
  it.effect("gives room back when resting orders fill", () =>
    Effect.gen(function* () {
      const market = yield* quietMarket
      const ann = yield* openAccount()
      const watcher = yield* connect()
      yield* watcher.ask("userDataStream.subscribe.signature", yield* signed(ann))
      for (let n = 0; n < 6; n++) yield* place(ann, limit("BUY", "0.001", n === 0 ? "59000" : "50000"))
      const count = Effect.map(call(ann, "GET /api/v3/rateLimit/order"), ({ body }) => body[1].count as number)
      assert.strictEqual(yield* count, 6)
      for (let n = 0; n < 12; n++) yield* watcher.next
      StillMarket.trade(market, "SELL", 58_999, 1_000)
      assert.deepInclude((yield* watcher.next).event, { X: "FILLED", m: true })
      assert.strictEqual(yield* count, 1)
    })
  )

  it.effect("does only the cancel of a cancel-replace over the order limit, where that was asked for", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const { orderId } = (yield* place(ann, limit("BUY", "0.001", "50000"))).body
      const order = { ...limit("BUY", "0.001", "51000"), cancelReplaceMode: "ALLOW_FAILURE", cancelOrderId: orderId }
      const full = Effect.gen(function* () {
        const orders = Array.from({ length: 100 }, () => place(ann, limit("BUY", "0.001", "50000")))
        return (yield* Effect.all(orders, { concurrency: 20 })).some(({ status }) => status === 429)
      })
      assert.isTrue(yield* full)
      const replace = "POST /api/v3/order/cancelReplace"
      const nothing = yield* call(ann, replace, order)
      assert.deepStrictEqual([nothing.status, nothing.body.code], [429, -1015])
      const only = yield* call(ann, replace, { ...order, orderRateLimitExceededMode: "CANCEL_ONLY" })
      assert.deepStrictEqual([only.status, only.body.code], [429, -2021])
      assert.deepInclude(only.body.data, { cancelResult: "SUCCESS", newOrderResult: "FAILURE" })
      assert.strictEqual(only.body.data.newOrderResponse.code, -1015)
      const open = (yield* call(ann, "GET /api/v3/openOrders", { symbol: "BTCUSDT" })).body
      assert.isTrue(open.every((one: any) => one.price === "50000.00000000" && one.orderId !== orderId))
    })
  )

  it.effect("weighs what fails and not what succeeds, and stops at 100 orders in ten seconds", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const used = Effect.map(send("GET /api/v3/ping"), ({ headers }) => Number(headers.get("x-mbx-used-weight")))
      const before = yield* used
      yield* place(ann, limit("BUY", "0.001", "50000"))
      assert.strictEqual(yield* used, before + 1)
      const poor = yield* place(ann, limit("BUY", "100", "50000"))
      assert.strictEqual(poor.body.code, -2010)
      assert.strictEqual(yield* used, before + 3)
      const orders = yield* call(ann, "POST /api/v3/order", {
        ...limit("BUY", "0.001", "50000"),
        newClientOrderId: "n"
      })
      assert.strictEqual(orders.headers.get("x-mbx-order-count-1d"), "2")
      yield* call(ann, "GET /api/v3/myTrades", { symbol: "BTCUSDT" })
      assert.strictEqual(yield* used, before + 24)
      const answers = yield* Effect.forEach(
        Array.from({ length: 110 }),
        () => place(ann, limit("BUY", "0.001", "50000")),
        { concurrency: 20 }
      )
      const refused = answers.find(({ status }) => status === 429)
      assert.deepStrictEqual(refused?.body, {
        code: -1015,
        msg: "Too many new orders; current limit is 100 orders per 10 SECOND."
      })
      assert.match(refused?.headers.get("retry-after") ?? "", /^([1-9]|10)$/)
    })
  )
})
