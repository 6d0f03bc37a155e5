// The WebSocket API over real sockets: requests, sessions, the user data stream, and how connections end.
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Scope } from "effect"
import { generateKeyPairSync, sign } from "node:crypto"
import { WireServer } from "../../../../src/adapters/paper/wire/WireServer.ts"
import { Venue } from "../../../../src/adapters/paper/Venue.ts"
import { freshKeyText, PaperKeys, PLAIN_RIGHTS } from "../../../../src/ports/PaperKeys.ts"
import * as StillMarket from "../../../kit/StillMarket.ts"
import {
  call,
  connect,
  exchange,
  type Keys,
  type Link,
  limit,
  openAccount,
  place,
  quietMarket,
  send,
  signed
} from "./Wire.ts"

const options = { timeout: "20 seconds", excludeTestServices: true } as const

/** An Ed25519 key of the account, and what signs with it. */
const ed25519Of = Effect.fnUntraced(function* (account: string) {
  const keys = yield* PaperKeys
  const { privateKey, publicKey } = generateKeyPairSync("ed25519")
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString()
  const apiKey = yield* freshKeyText
  yield* keys.add({
    keyId: apiKey,
    account,
    label: "",
    mayRead: true,
    mayTrade: true,
    createdAt: 0,
    ...PLAIN_RIGHTS,
    material: { kind: "ED25519", publicKey: pem }
  })
  return {
    apiKey,
    logon: (timestamp: number) => ({
      apiKey,
      timestamp,
      signature: sign(null, Buffer.from(`apiKey=${apiKey}&timestamp=${timestamp}`), privateKey).toString("base64")
    })
  }
})

const subscribe = Effect.fnUntraced(function* (link: Link, keys: Keys) {
  const reply = yield* link.ask("userDataStream.subscribe.signature", yield* signed(keys))
  assert.strictEqual(reply.status, 200, JSON.stringify(reply))
  return reply.result.subscriptionId as number
})

const reports = (frames: ReadonlyArray<any>) =>
  frames.map(({ event }) => (event.e === "executionReport" ? `${event.x} ${event.X}` : event.e))

const take = (link: Link, count: number) => Effect.forEach(Array.from({ length: count }), () => link.next)

layer(exchange(), options)("WebSocket API: requests", (it) => {
  it.effect("echoes ids as they came, and takes methods with or without v3/", () =>
    Effect.gen(function* () {
      const link = yield* connect()
      for (const id of ["1", '"e51f"', "null", "9007199254740991"]) {
        link.raw(`{"id":${id},"method":"v3/ping"}`)
        const frame = yield* link.next
        assert.deepStrictEqual(Object.keys(frame), ["id", "status", "result", "rateLimits"])
        assert.deepStrictEqual([JSON.stringify(frame.id), frame.status, frame.result], [id, 200, {}])
      }
      const hidden = yield* link.ask("time", { returnRateLimits: false })
      assert.notProperty(hidden, "rateLimits")
      const quiet = yield* connect("?returnRateLimits=false&timeUnit=MICROSECOND")
      const time = yield* quiet.ask("time")
      assert.notProperty(time, "rateLimits")
      assert.strictEqual(String(time.result.serverTime).length, 16)
    })
  )

  it.effect("answers what is no request, and stays", () =>
    Effect.gen(function* () {
      const link = yield* connect()
      for (const text of [
        "nonsense",
        "[]",
        "1",
        '{"id":1}',
        '{"id":{},"method":"ping"}',
        '{"id":1,"method":"ping","params":[]}'
      ]) {
        link.raw(text)
        const { error, id, status } = yield* link.next
        assert.deepStrictEqual([id, status, error], [null, 400, { code: -1135, msg: "Invalid JSON Request" }], text)
      }
      assert.strictEqual((yield* link.ask("no.such")).error.code, -1020)
      assert.strictEqual((yield* link.ask("exchangeInfo", { symbol: "NOSUCH" })).error.code, -1121)
      assert.strictEqual((yield* link.ask("exchangeInfo", { symbols: ["BTCUSDT"] })).result.symbols.length, 1)
      assert.strictEqual((yield* link.ask("account.status", { timestamp: 1 })).error.code, -2014)
    })
  )

  it.effect("shares orders, weights and counts with REST", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const link = yield* connect()
      const placed = yield* link.ask("order.place", yield* signed(ann, limit("BUY", "0.001", "50000")))
      assert.deepInclude(placed.result, { status: "NEW", price: "50000.00000000" })
      assert.deepStrictEqual(
        placed.rateLimits.map((one: any) => [one.rateLimitType, one.interval, one.count]).slice(0, 2),
        [
          ["ORDERS", "SECOND", 1],
          ["ORDERS", "DAY", 1]
        ]
      )
      const { orderId } = placed.result
      assert.strictEqual((yield* call(ann, "GET /api/v3/order", { symbol: "BTCUSDT", orderId })).body.orderId, orderId)
      const forged = yield* link.ask("order.place", {
        ...(yield* signed(ann, limit("BUY", "0.001", "50000"))),
        price: "1"
      })
      assert.deepStrictEqual(
        [forged.status, forged.error],
        [400, { code: -1022, msg: "Signature for this request is not valid." }]
      )
      const replaced = yield* link.ask(
        "order.cancelReplace",
        yield* signed(ann, {
          ...limit("BUY", "100", "50000"),
          cancelReplaceMode: "STOP_ON_FAILURE",
          cancelOrderId: orderId
        })
      )
      assert.deepStrictEqual(
        [replaced.status, replaced.error.code, replaced.error.data.cancelResult],
        [409, -2021, "SUCCESS"]
      )
    })
  )
})

layer(exchange(), options)("WebSocket API: sessions and the user data stream", (it) => {
  it.effect("tells an account's story: order, fill, balances, in that order, with every field", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const link = yield* connect()
      assert.strictEqual(yield* subscribe(link, ann), 0)
      const { body } = yield* place(ann, { ...limit("BUY", "0.002", "60010"), newClientOrderId: "c1", strategyId: 7 })
      const frames = yield* take(link, 3)
      assert.deepStrictEqual(reports(frames), ["NEW NEW", "TRADE FILLED", "outboundAccountPosition"])
      assert.isTrue(frames.every((frame) => frame.subscriptionId === 0))
      const [created, filled, position] = frames.map((frame) => frame.event)
      const common = {
        e: "executionReport",
        s: "BTCUSDT",
        c: "c1",
        S: "BUY",
        o: "LIMIT",
        f: "GTC",
        q: "0.00200000",
        p: "60010.00000000",
        P: "0.00000000",
        F: "0.00000000",
        g: -1,
        C: "",
        r: "NONE",
        i: body.orderId,
        T: body.transactTime,
        M: false,
        O: body.transactTime,
        Q: "0.00000000",
        W: body.transactTime,
        V: "EXPIRE_MAKER",
        j: 7
      }
      assert.deepStrictEqual(created, {
        ...common,
        E: created.E,
        I: created.I,
        x: "NEW",
        X: "NEW",
        l: "0.00000000",
        z: "0.00000000",
        L: "0.00000000",
        n: "0",
        N: null,
        t: -1,
        w: true,
        m: false,
        Z: "0.00000000",
        Y: "0.00000000"
      })
      assert.deepStrictEqual(filled, {
        ...common,
        E: filled.E,
        I: filled.I,
        x: "TRADE",
        X: "FILLED",
        l: "0.00200000",
        z: "0.00200000",
        L: "60010.00000000",
        n: "0.00000200",
        N: "BTC",
        t: body.fills[0].tradeId,
        w: false,
        m: false,
        Z: "120.02000000",
        Y: "120.02000000"
      })
      assert.isAbove(filled.I, created.I)
      assert.deepInclude(position, { e: "outboundAccountPosition", u: body.transactTime })
      assert.deepInclude(position.B, { a: "USDT", f: "99879.98000000", l: "0.00000000" })
    })
  )

  it.effect("tells of cancels, deposits, lists, and what the market does to a resting order", () =>
    Effect.gen(function* () {
      const market = yield* quietMarket
      const venue = yield* Venue
      const ann = yield* openAccount()
      const link = yield* connect()
      yield* subscribe(link, ann)
      const { orderId } = (yield* place(ann, limit("BUY", "0.002", "59000"))).body
      assert.deepStrictEqual(reports(yield* take(link, 2)), ["NEW NEW", "outboundAccountPosition"])
      StillMarket.trade(market, "SELL", 58_999, 1_000)
      const [fill] = yield* take(link, 2)
      assert.deepInclude(fill.event, { x: "TRADE", X: "FILLED", m: true, L: "59000.00000000", i: orderId })
      const second = (yield* place(ann, { ...limit("BUY", "0.002", "50000"), newClientOrderId: "orig" })).body
      yield* take(link, 2)
      yield* call(ann, "DELETE /api/v3/order", { symbol: "BTCUSDT", orderId: second.orderId, newClientOrderId: "cxl" })
      const [canceled] = yield* take(link, 2)
      assert.deepInclude(canceled.event, { x: "CANCELED", X: "CANCELED", c: "cxl", C: "orig", w: false })
      yield* venue.execute({ _tag: "Deposit", account: ann.account, asset: "BNB", amount: 150_000_000n })
      const deposit = yield* take(link, 2)
      const update = deposit.find((frame) => frame.event.e === "balanceUpdate")
      assert.deepInclude(update.event, { a: "BNB", d: "1.50000000" })
      const list = { symbol: "BTCUSDT", side: "SELL", quantity: "0.01", price: "65000", stopPrice: "50000" }
      yield* call(ann, "POST /api/v3/order/oco", list)
      const frames = yield* take(link, 4)
      const status = frames.find((frame) => frame.event.e === "listStatus").event
      assert.deepInclude(status, { c: "OCO", l: "EXEC_STARTED", L: "EXECUTING", r: "NONE" })
      assert.deepStrictEqual(Object.keys(status.O[0]), ["s", "i", "c"])
    })
  )

  it.effect("logs on with Ed25519: requests then need no signature until it logs out", () =>
    Effect.gen(function* () {
      const venue = yield* Venue
      const ann = yield* openAccount()
      const key = yield* ed25519Of(ann.account)
      const link = yield* connect()
      assert.deepInclude((yield* link.ask("session.status")).result, {
        apiKey: null,
        authorizedSince: null,
        userDataStream: false
      })
      const byHmac = yield* link.ask("session.logon", yield* signed(ann))
      assert.strictEqual(byHmac.status, 400)
      const on = yield* link.ask("session.logon", key.logon(venue.now()))
      assert.strictEqual(on.result.apiKey, key.apiKey)
      assert.isNumber(on.result.authorizedSince)
      const account = yield* link.ask("account.status", { timestamp: venue.now() })
      assert.strictEqual(account.status, 200)
      assert.strictEqual((yield* link.ask("account.status")).error.code, -1102)
      assert.deepStrictEqual((yield* link.ask("userDataStream.subscribe")).result, { subscriptionId: 0 })
      assert.deepStrictEqual((yield* link.ask("session.subscriptions")).result, [{ subscriptionId: 0 }])
      assert.strictEqual((yield* link.ask("userDataStream.subscribe")).error.code, -2035)
      const out = yield* link.ask("session.logout")
      assert.deepInclude(out.result, { apiKey: null, userDataStream: false })
      assert.strictEqual((yield* link.next).event.e, "eventStreamTerminated")
      assert.strictEqual((yield* link.ask("account.status", { timestamp: venue.now() })).error.code, -2014)
      assert.strictEqual((yield* link.ask("userDataStream.unsubscribe")).error.code, -2036)
    })
  )

  it.effect("ends a subscription when asked, and a session when its key is revoked", () =>
    Effect.gen(function* () {
      const venue = yield* Venue
      const keys = yield* PaperKeys
      const ann = yield* openAccount()
      const link = yield* connect()
      const id = yield* subscribe(link, ann)
      assert.deepStrictEqual((yield* link.ask("userDataStream.unsubscribe", { subscriptionId: id })).result, {})
      assert.deepInclude(yield* link.next, { subscriptionId: id })
      const key = yield* ed25519Of(ann.account)
      yield* link.ask("session.logon", key.logon(venue.now()))
      yield* link.ask("userDataStream.subscribe")
      yield* keys.revoke(ann.account, key.apiKey)
      assert.deepInclude(yield* link.next, { id: null, status: 401 })
      assert.strictEqual((yield* link.next).event.e, "eventStreamTerminated")
      assert.strictEqual((yield* link.ask("session.logon", key.logon(venue.now()))).error.code, -2008)
    })
  )

  it.effect("ends what a key has subscribed by its signature once it is revoked, and nothing of other keys", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const keys = yield* PaperKeys
      const ann = yield* openAccount()
      const bob = yield* openAccount()
      const link = yield* connect()
      const [anns, bobs] = [yield* subscribe(link, ann), yield* subscribe(link, bob)]
      yield* keys.revoke(ann.account, ann.apiKey)
      const last = yield* link.next
      assert.deepStrictEqual([last.subscriptionId, last.event.e], [anns, "eventStreamTerminated"])
      yield* place(bob, limit("BUY", "0.001", "50000"))
      assert.deepInclude(yield* link.next, { subscriptionId: bobs })
      const again = yield* link.ask("userDataStream.subscribe.signature", yield* signed(ann))
      assert.strictEqual(again.error.code, -2008)
    })
  )

  it.effect("refuses a key that is tied to other addresses", () =>
    Effect.gen(function* () {
      const elsewhere = yield* openAccount({ addresses: ["192.0.2.1"] })
      const link = yield* connect()
      const refused = yield* link.ask("userDataStream.subscribe.signature", yield* signed(elsewhere))
      assert.deepStrictEqual([refused.status, refused.error.code], [401, -2015])
      yield* subscribe(link, yield* openAccount({ addresses: ["192.0.2.1", "127.0.0.1"] }))
    })
  )

  it.effect("keeps accounts apart, and serves one on several connections", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const [ann, bob] = [yield* openAccount(), yield* openAccount()]
      const [first, second, other] = [yield* connect(), yield* connect(), yield* connect()]
      yield* subscribe(first, ann)
      yield* subscribe(second, ann)
      yield* subscribe(other, bob)
      yield* place(ann, limit("BUY", "0.001", "50000"))
      yield* place(bob, limit("BUY", "0.001", "51000"))
      for (const link of [first, second]) assert.strictEqual((yield* link.next).event.p, "50000.00000000")
      assert.strictEqual((yield* other.next).event.p, "51000.00000000")
    })
  )
})

layer(Layer.empty, options)("WebSocket API: connections", (it) => {
  it.effect("says goodbye when the server stops", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(exchange(), scope)
      const link = yield* Effect.provideContext(connect(), context)
      yield* link.ask("ping")
      yield* Scope.close(scope, { _tag: "Success" } as never)
      assert.strictEqual((yield* link.next).event.e, "serverShutdown")
      assert.strictEqual((yield* link.gone).code, 1001)
    })
  )

  it.effect("refuses a handshake on any other path, and mounts others beside it", () =>
    Effect.gen(function* () {
      const { port } = yield* WireServer
      const { WebSocket } = yield* Effect.promise(() => import("ws"))
      const answered = yield* Effect.callback<string>((resume) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/elsewhere`)
        socket.on("unexpected-response", (_, response) => resume(Effect.succeed(String(response.statusCode))))
        socket.on("error", () => {})
      })
      assert.strictEqual(answered, "404")
      const mounted = yield* Effect.callback<string>((resume) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/mine`)
        socket.on("unexpected-response", (_, response) => resume(Effect.succeed(String(response.statusCode))))
        socket.on("error", () => {})
      })
      assert.strictEqual(mounted, "418")
      assert.strictEqual((yield* send("GET /api/v3/ping")).status, 200)
    }).pipe(
      Effect.provide(
        exchange({
          upgrades: [
            (request, socket) => {
              if (request.url !== "/mine") return false
              socket.end("HTTP/1.1 418 Mine\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
              return true
            }
          ]
        })
      )
    )
  )

  it.effect("one that does not read what it asked for is cut", () =>
    Effect.gen(function* () {
      const slow = yield* connect()
      slow.socket.pause()
      for (let n = 0; n < 20; n++) {
        for (let m = 0; m < 500; m++) slow.raw(`{"id":${n},"method":"exchangeInfo"}`)
        yield* send("GET /api/v3/ping")
      }
      slow.socket.resume()
      assert.strictEqual((yield* slow.gone).code, 1006)
    }).pipe(Effect.provide(exchange({ limits: false })))
  )
})
