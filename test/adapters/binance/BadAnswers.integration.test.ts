// What the desk makes of answers that are none: each ends as a typed failure, and what may have happened stays in doubt.
import { assert, describe, layer as suite } from "@effect/vitest"
import { Effect, Layer, Option, Queue, Redacted } from "effect"
import type { WebSocket } from "ws"
import * as BinanceExchange from "../../../src/adapters/binance/BinanceExchange.ts"
import { AccountId, clientOrderIdOf } from "../../../src/domain/Ids.ts"
import type { ApprovedOrder } from "../../../src/domain/Risk.ts"
import { Exchange } from "../../../src/ports/Exchange.ts"
import { ExchangeAccounts } from "../../../src/ports/ExchangeAccounts.ts"
import { Vault } from "../../../src/ports/Vault.ts"
import { ann, type Handler, isolated, json, noAnswers, opened, text } from "../../kit/FakeBinance.ts"
import { freePort } from "../../kit/FreePort.ts"
import * as Settings from "../../kit/Settings.ts"
import { limit, orderId } from "../../kit/Trading.ts"

const intent = limit("BUY", "0.1", "59000")
const order = {
  accountId: ann,
  orderId: orderId(1),
  clientOrderId: clientOrderIdOf(orderId(1)),
  intent
} as ApprovedOrder

const found = {
  symbol: "BTCUSDT",
  orderId: 42,
  clientOrderId: order.clientOrderId,
  price: "59000.00000000",
  origQty: "0.10000000",
  executedQty: "0.00000000",
  cummulativeQuoteQty: "0.00000000",
  status: "NEW",
  timeInForce: "GTC",
  type: "LIMIT",
  side: "BUY",
  isWorking: true,
  time: 1,
  updateTime: 1
}
const placed = { ...found, transactTime: 1, fills: [] }

const bad: ReadonlyArray<readonly [name: string, answer: Handler]> = [
  ...noAnswers(placed),
  ["a field too few", json(200, { ...placed, orderId: undefined })],
  ["an order id beyond all digits", text(200, JSON.stringify(placed).replace("42", "99999999999999999999"))],
  ["a quantity in the words of a float", json(200, { ...placed, origQty: "1e-7" })],
  ["a number where a decimal string is due", json(200, { ...placed, executedQty: 0.1 })],
  ["a status never heard of", json(200, { ...placed, status: "HALF_FILLED" })],
  ["another order", json(200, { ...placed, clientOrderId: "somebody-else" })]
]

const definite: ReadonlyArray<readonly [name: string, answer: Handler, tag: string, message: RegExp]> = [
  ["a filter", json(400, { code: -1013, msg: "Filter failure: LOT_SIZE" }), "Refused", /LOT_SIZE/],
  ["a firewall", text(403, "<html>Request blocked</html>"), "Refused", /403.*BINANCE_PROXY/],
  ["a country", text(451, ""), "Refused", /location.*BINANCE_PROXY/],
  [
    "a key without rights",
    json(401, { code: -2015, msg: "Invalid API-key." }),
    "Refused",
    /Invalid API-key.*BINANCE_ENV/
  ],
  [
    "too many orders",
    json(429, { code: -1015, msg: "Too many new orders." }, { "retry-after": "3" }),
    "RateLimited",
    /^3000$/
  ]
]

suite(Layer.empty, { excludeTestServices: true, timeout: "20 seconds" })("bad answers", (it) => {
  for (const [name, answer] of bad) {
    it.effect(`leave an order in doubt: ${name}`, () =>
      Effect.gen(function* () {
        const { served, submit } = yield* opened
        served.answers.set("POST /api/v3/order", answer)
        const { reason } = yield* Effect.flip(submit(order))
        assert.strictEqual(reason._tag, "OutcomeUnknown", reason.message)
        assert.lengthOf(
          served.asked.filter((route) => route === "POST /api/v3/order"),
          1,
          "sent again"
        )
      }).pipe(isolated)
    )
  }

  for (const [name, answer, tag, message] of definite) {
    it.effect(`refuse an order for good: ${name}`, () =>
      Effect.gen(function* () {
        const { served, submit } = yield* opened
        served.answers.set("POST /api/v3/order", answer)
        const { reason } = yield* Effect.flip(submit(order))
        assert.strictEqual(reason._tag, tag)
        assert.match(reason._tag === "RateLimited" ? String(reason.retryAfterMillis) : reason.message, message)
      }).pipe(isolated)
    )
  }

  it.effect("answer no question: what was asked for is neither found nor absent", () =>
    Effect.gen(function* () {
      const { openOrders, query, served } = yield* opened
      const ref = { clientOrderId: order.clientOrderId }
      for (const [name, answer] of bad) {
        if (name === "another order") continue
        served.answers.set("GET /api/v3/order", answer)
        served.answers.set("GET /api/v3/openOrders", answer)
        if (name !== "a number where a decimal string is due") {
          assert.strictEqual((yield* Effect.flip(query(ann, "BTCUSDT", ref))).reason._tag, "OutcomeUnknown", name)
        }
        if (name !== "an array") {
          assert.strictEqual((yield* Effect.flip(openOrders(ann))).reason._tag, "OutcomeUnknown", name)
        }
      }
      served.answers.set("GET /api/v3/order", json(400, { code: -2013, msg: "Order does not exist." }))
      assert.isTrue(Option.isNone(yield* query(ann, "BTCUSDT", ref)))
      served.answers.set("GET /api/v3/order", json(200, found))
      assert.strictEqual(Option.getOrThrow(yield* query(ann, "BTCUSDT", ref)).exchangeOrderId, "42")
    }).pipe(isolated)
  )

  it.effect("asking for patience stops every call until then", () =>
    Effect.gen(function* () {
      const { cancel, served, submit } = yield* opened
      served.answers.set("POST /api/v3/order", json(418, { code: -1003, msg: "banned" }, { "retry-after": "120" }))
      assert.strictEqual((yield* Effect.flip(submit(order))).reason._tag, "RateLimited")
      const before = served.asked.length
      assert.strictEqual((yield* Effect.flip(cancel(ann, "BTCUSDT", order))).reason._tag, "RateLimited")
      assert.strictEqual(served.asked.length, before)
    }).pipe(isolated)
  )

  it.effect("a wrong clock is healed once: an order is sent again only because it was refused for its time", () =>
    Effect.gen(function* () {
      const { clockOffsetMillis, served, submit } = yield* opened
      served.answers.set("GET /api/v3/time", (_, response) =>
        json(200, { serverTime: Date.now() - 30_000 })(_, response)
      )
      let refusals = 0
      served.answers.set("POST /api/v3/order", (_, response) =>
        (refusals++ === 0 ? json(400, { code: -1021, msg: "Timestamp" }) : json(200, placed))(_, response)
      )
      assert.deepStrictEqual(
        (yield* submit(order)).map(({ _tag }) => _tag),
        ["Accepted"]
      )
      assert.isBelow(clockOffsetMillis(), -20_000)
      // Further behind than anyone reckons with: the order is refused, and the next one has the right time.
      served.answers.set("GET /api/v3/time", (_, response) =>
        json(200, { serverTime: Date.now() + 60_000 })(_, response)
      )
      refusals = 0
      const { reason } = yield* Effect.flip(submit(order))
      assert.deepStrictEqual([reason._tag, refusals], ["Refused", 1])
      assert.isAbove(clockOffsetMillis(), 50_000)
    }).pipe(isolated)
  )

  it.effect("nobody at the other end: nothing was sent", () =>
    Effect.gen(function* () {
      const url = `http://127.0.0.1:${yield* Effect.promise(freePort)}`
      const nowhere = BinanceExchange.layer.pipe(
        Layer.provide(Settings.layer({ EXCHANGE: "binance", BINANCE_REST_URL: url })),
        Layer.provide(ExchangeAccounts.layerMemory)
      )
      const { time } = yield* Exchange.pipe(Effect.provide(nowhere, { local: true }))
      assert.strictEqual((yield* Effect.flip(time)).reason._tag, "NotSent")
    }).pipe(isolated)
  )

  it.effect("an account without a key, or with the key of another account here, does not trade", () =>
    Effect.gen(function* () {
      const { open, submit } = yield* opened
      const bob = AccountId.make("bob")
      const refusal = Effect.map(Effect.flip(open(bob)), ({ reason }) =>
        reason._tag === "NotSent" ? reason.message : ""
      )
      assert.match(yield* refusal, /No exchange key is stored/)
      yield* (yield* Vault).put(bob, { apiKey: Redacted.make("other"), secretKey: Redacted.make("secret") })
      assert.match(yield* refusal, /another one here trades that/)
      assert.strictEqual((yield* Effect.flip(submit({ ...order, accountId: bob }))).reason._tag, "NotSent")
    }).pipe(isolated)
  )
})

const event = {
  e: "executionReport",
  s: "BTCUSDT",
  c: order.clientOrderId,
  C: "",
  x: "NEW",
  X: "NEW",
  r: "NONE",
  i: 42,
  I: 1,
  q: "0.1",
  z: "0",
  l: "0",
  L: "0",
  n: "0",
  N: null,
  T: 1,
  t: -1,
  m: false,
  w: true
}
const saying =
  (...frames: ReadonlyArray<string>) =>
  (socket: WebSocket, id: unknown) => {
    socket.send(JSON.stringify({ id, status: 200, result: { subscriptionId: 0 } }))
    frames.forEach((frame) => socket.send(frame))
  }
const framed = (change: object) => JSON.stringify({ subscriptionId: 0, event: { ...event, ...change } })

const endings: ReadonlyArray<readonly [name: string, frame: string]> = [
  ["what is no JSON", "{"],
  ["a report without its status", framed({ X: undefined })],
  ["a status never heard of", framed({ X: "HALF_FILLED" })],
  ["an execution never heard of", framed({ x: "SPLIT" })],
  ["a fill of nothing", framed({ x: "TRADE", X: "PARTIALLY_FILLED", t: 1, N: "BTC" })],
  ["a quantity beyond all digits", framed({ q: "9".repeat(40) })],
  ["the end of the subscription", JSON.stringify({ subscriptionId: 0, event: { e: "eventStreamTerminated", E: 1 } })],
  ["a revoked key", JSON.stringify({ id: null, status: 401, error: { code: -2015, msg: "Invalid API-key." } })]
]

describe("a private stream", () => {
  suite(Layer.empty, { excludeTestServices: true, timeout: "20 seconds" })((it) => {
    for (const [name, frame] of endings) {
      it.effect(`is over, and everything is asked for, after ${name}`, () =>
        Effect.gen(function* () {
          const { reports, served } = yield* opened
          served.greet = saying(framed({}), JSON.stringify({ subscriptionId: 0, event: { e: "somethingNew" } }), frame)
          const heard = yield* reports(ann)
          assert.strictEqual((yield* Queue.take(heard))._tag, "Accepted")
          assert.strictEqual((yield* Effect.flip(Queue.take(heard)))._tag, "ReportsLost")
        }).pipe(isolated)
      )
    }

    it.effect("that is refused for our clock begins once the clock is right", () =>
      Effect.gen(function* () {
        const { clockOffsetMillis, reports, served } = yield* opened
        served.answers.set("GET /api/v3/time", (_, response) =>
          json(200, { serverTime: Date.now() + 60_000 })(_, response)
        )
        let asked = 0
        const good = saying(framed({}))
        served.greet = (socket, id) =>
          asked++ === 0
            ? socket.send(JSON.stringify({ id, status: 400, error: { code: -1021, msg: "Timestamp" } }))
            : good(socket, id)
        assert.strictEqual((yield* Queue.take(yield* reports(ann)))._tag, "Accepted")
        assert.isAbove(clockOffsetMillis(), 50_000)
      }).pipe(isolated)
    )

    it.effect("that is refused does not begin", () =>
      Effect.gen(function* () {
        const { reports, served } = yield* opened
        served.greet = (socket, id) =>
          socket.send(JSON.stringify({ id, status: 401, error: { code: -2015, msg: "Invalid API-key." } }))
        const { reason } = yield* Effect.flip(reports(ann))
        assert.strictEqual(reason._tag, "Refused")
        served.greet = (socket) => socket.terminate()
        assert.strictEqual((yield* Effect.flip(reports(ann))).reason._tag, "NotSent")
      }).pipe(isolated)
    )
  })
})
