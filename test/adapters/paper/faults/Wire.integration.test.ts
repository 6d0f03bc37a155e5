// Every fault as a client on a socket meets it, and what the exchange then holds.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Faults } from "../../../../src/adapters/paper/faults/Faults.ts"
import { replay } from "../../../../src/adapters/paper/VenueEngine.ts"
import * as StillMarket from "../../../kit/StillMarket.ts"
import { Client, type PaperStage, type Reply, stage, START } from "./PaperStage.ts"

const onStage = <A, E>(body: (on: PaperStage) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.flatMap(stage, body).pipe(Effect.provide(Layer.fresh(Faults.layerOf(7))))

const codeOf = ({ body, status }: Reply) => `${status} ${typeof body === "string" ? "page" : body.code}`

/** Whether the exchange has the order, in spite of everything. */
const holds = (on: PaperStage, id: string) => on.venue.openOrder("ann", "BTCUSDT", { clientOrderId: id }) !== undefined

const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

describe("an answer lost after execution", () => {
  for (const [how, heard] of [
    ["502", "502 page"],
    ["504", "504 page"],
    ["-1007", "504 -1007"]
  ] as const) {
    it.effect(`is ${how} instead, and the order stands`, () =>
      onStage((on) =>
        Effect.gen(function* () {
          const fault = yield* on.faults.loseNextAck(on.ann.apiKey, how)
          const other = yield* on.bob.order("b1")
          assert.strictEqual(other.status, 200)
          assert.strictEqual(codeOf(yield* on.ann.order("a1")), heard)
          assert.strictEqual((yield* fault.happened).at, START)
          assert.isTrue(holds(on, "a1"))
          assert.strictEqual((yield* on.ann.query("a1")).body.status, "NEW")
          assert.strictEqual((yield* on.ann.order("a2")).status, 200)
        })
      )
    )
  }

  it.effect("is a cut connection, over REST and over the WebSocket API", () =>
    onStage((on) =>
      Effect.gen(function* () {
        yield* on.faults.loseNextAck(on.ann.apiKey)
        assert.strictEqual(yield* Effect.flip(on.ann.order("a1")), "cut")
        assert.isTrue(holds(on, "a1"))
        const socket = yield* on.ann.webSocket
        yield* on.faults.loseNextAck(on.ann.apiKey)
        const params = { symbol: "BTCUSDT", side: "SELL", type: "LIMIT", timeInForce: "GTC", quantity: "1" }
        const answer = yield* on.ann.ask(socket, "order.place", { ...params, price: "200", newClientOrderId: "a2" })
        assert.isUndefined(answer)
        assert.strictEqual(socket.code, 1006)
        assert.isTrue(holds(on, "a2"))
      })
    )
  )

  it.effect("is silence for longer than its client waits, then a cut", () =>
    onStage((on) =>
      Effect.gen(function* () {
        const fault = yield* on.faults.loseNextAck(on.ann.apiKey, "hang")
        const asking = yield* fork(Effect.flip(on.ann.order("a1")))
        yield* fault.happened
        assert.isTrue(holds(on, "a1"))
        yield* TestClock.adjust("60 seconds")
        assert.strictEqual(yield* Fiber.join(asking), "cut")
      })
    )
  )
})

describe("an answer lost before execution", () => {
  it.effect("sounds the same, and no order stands", () =>
    onStage((on) =>
      Effect.gen(function* () {
        yield* on.faults.loseNextRequest(on.ann.apiKey)
        assert.strictEqual(yield* Effect.flip(on.ann.order("a1")), "cut")
        yield* on.faults.loseNextRequest(on.ann.apiKey, "-1007")
        assert.strictEqual(codeOf(yield* on.ann.order("a2")), "504 -1007")
        const socket = yield* on.ann.webSocket
        yield* on.faults.loseNextRequest(on.ann.apiKey, "504")
        const answer = yield* on.ann.ask(socket, "openOrders.cancelAll", { symbol: "BTCUSDT" })
        assert.deepInclude(answer, { status: 504 })
        assert.deepStrictEqual(on.venue.openOrders("ann"), [])
      })
    )
  )
})

describe("refusals", () => {
  it.effect("over REST come with Binance's statuses, codes and headers, and nothing is executed", () =>
    onStage((on) =>
      Effect.gen(function* () {
        const { ann, faults } = on
        yield* faults.rateLimit(ann.apiKey, 7)
        const limited = yield* ann.order("a1")
        assert.strictEqual(codeOf(limited), "429 -1003")
        assert.strictEqual(limited.headers.get("retry-after"), "7")
        assert.isNotNull(limited.headers.get("x-mbx-used-weight-1m"))
        yield* faults.ban(ann.apiKey)
        const banned = yield* ann.order("a1")
        assert.strictEqual(codeOf(banned), "418 -1003")
        assert.include(banned.body.msg, `IP banned until ${START + 120_000}`)
        yield* faults.tooManyOrders(ann.apiKey)
        assert.strictEqual((yield* ann.query("a1")).body.code, -2013)
        assert.strictEqual(codeOf(yield* ann.order("a1")), "429 -1015")
        yield* faults.refuseBalance(ann.apiKey)
        assert.strictEqual(codeOf(yield* ann.order("a1")), "400 -2010")
        yield* faults.html(ann.apiKey, 403)
        assert.strictEqual(codeOf(yield* ann.order("a1")), "403 page")
        yield* faults.html({}, 503)
        assert.strictEqual(codeOf(yield* ann.rest("GET", "/api/v3/time")), "503 page")
        yield* faults.geoBlock(ann.apiKey)
        assert.strictEqual(codeOf(yield* ann.order("a1")), "451 0")
        assert.deepStrictEqual(on.venue.openOrders("ann"), [])
        assert.strictEqual((yield* ann.order("a1")).status, 200)
      })
    )
  )

  it.effect("over the WebSocket API say when to try again", () =>
    onStage(({ ann, faults }) =>
      Effect.gen(function* () {
        const socket = yield* ann.webSocket
        yield* faults.rateLimit({ apiKey: ann.apiKey, route: "account.status" }, 7)
        const answer = yield* ann.ask(socket, "account.status")
        assert.deepInclude(answer, { status: 429 })
        assert.deepInclude(answer.error, { code: -1003, data: { serverTime: START, retryAfter: START + 7_000 } })
        assert.deepInclude(yield* ann.ask(socket, "account.status"), { status: 200 })
      })
    )
  )
})

describe("time", () => {
  it.effect("a delayed call is executed late, a delayed answer was executed at once", () =>
    onStage((on) =>
      Effect.gen(function* () {
        const late = yield* on.faults.delay(on.ann.apiKey, { millis: 1_000 })
        const first = yield* fork(on.ann.order("a1"))
        yield* late.happened
        assert.isFalse(holds(on, "a1"))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(first)).body.transactTime, START + 1_000)
        const slow = yield* on.faults.delay(on.ann.apiKey, { millis: 1_000 }, "answer")
        const second = yield* fork(on.ann.order("a2"))
        yield* slow.happened
        assert.isTrue(holds(on, "a2"))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(second)).body.transactTime, START + 1_000)
      })
    )
  )

  it.effect("a call that waits longer than its window is refused when its turn comes", () =>
    onStage((on) =>
      Effect.gen(function* () {
        const late = yield* on.faults.delay(on.ann.apiKey, { millis: 6_000 })
        const asking = yield* fork(on.ann.order("a1"))
        yield* late.happened
        yield* TestClock.adjust("6 seconds")
        assert.strictEqual(codeOf(yield* Fiber.join(asking)), "400 -1021")
      })
    )
  )

  it.effect("a skewed clock refuses those who keep the right time, and shows itself to those who ask", () =>
    onStage(({ ann, faults }) =>
      Effect.gen(function* () {
        const ahead = yield* faults.skewClock(6_000)
        assert.strictEqual(codeOf(yield* ann.order("a1")), "400 -1021")
        assert.strictEqual((yield* ann.rest("GET", "/api/v3/time")).body.serverTime, START + 6_000)
        yield* ahead.clear
        const behind = yield* faults.skewClock(-1_000)
        const refused = yield* ann.order("a1")
        assert.include(refused.body.msg, "1000ms ahead of the server's time")
        yield* behind.clear
        assert.strictEqual((yield* ann.order("a1")).status, 200)
      })
    )
  )

  it.effect("an order is not seen by queries until it is old enough", () =>
    onStage((on) =>
      Effect.gen(function* () {
        yield* on.faults.hideOrders(on.ann.apiKey, 500)
        assert.strictEqual((yield* on.ann.order("a1")).status, 200)
        assert.strictEqual(codeOf(yield* on.ann.query("a1")), "400 -2013")
        const open = () => on.ann.rest("GET", "/api/v3/openOrders", { symbol: "BTCUSDT" })
        assert.deepStrictEqual((yield* open()).body, [])
        yield* TestClock.adjust("500 millis")
        assert.strictEqual((yield* on.ann.query("a1")).body.status, "NEW")
        assert.lengthOf((yield* open()).body, 1)
      })
    )
  )

  it.effect("a frozen exchange answers nobody, and goes on where it stood when it is thawed", () =>
    onStage((on) =>
      Effect.gen(function* () {
        const socket = yield* on.bob.webSocket
        yield* on.bob.ask(socket, "userDataStream.subscribe.signature")
        let pongs = 0
        socket.socket.prependListener("pong", () => void pongs++)
        yield* on.ann.order("a0")
        const frozen = yield* on.faults.freeze
        StillMarket.trade(on.market, "SELL", 80, 1_000_000)
        const asking = yield* fork(on.ann.order("a1"))
        yield* frozen.happened
        socket.socket.ping()
        const checking = yield* fork(on.bob.ask(socket, "account.status"))
        yield* frozen.happenedTimes(2)
        yield* on.venue.execute({ _tag: "Deposit", account: "bob", asset: "USDT", amount: 1n })
        yield* TestClock.adjust("2 seconds")
        assert.isFalse(holds(on, "a1"))
        assert.isTrue(holds(on, "a0"))
        assert.lengthOf(socket.heard, 1)
        yield* on.faults.thaw
        assert.strictEqual((yield* Fiber.join(asking)).status, 200)
        assert.deepInclude(yield* Fiber.join(checking), { status: 200 })
        yield* socket.until(() => socket.heard.some(({ event }) => event?.e === "balanceUpdate"))
        assert.strictEqual(pongs, 0)
      })
    )
  )
})

/** A subscribed client, and the kinds of events it has heard so far. */
const listening = Effect.fnUntraced(function* (client: Client) {
  const socket = yield* client.webSocket
  yield* client.ask(socket, "userDataStream.subscribe.signature")
  const kinds = () => socket.heard.flatMap(({ event }) => (event === undefined ? [] : [`${event.e} ${event.c ?? ""}`]))
  return { socket, kinds }
})

const NEW = (id: string) => [`executionReport ${id}`, "outboundAccountPosition "]

describe("user data", () => {
  it.effect("comes twice, in reverse, or not at all", () =>
    onStage(({ ann, faults }) =>
      Effect.gen(function* () {
        const { kinds, socket } = yield* listening(ann)
        yield* faults.duplicateEvents(ann.apiKey)
        yield* ann.order("a1")
        yield* socket.until(() => kinds().length === 3)
        yield* faults.reorderEvents(ann.apiKey)
        yield* ann.order("a2")
        yield* socket.until(() => kinds().length === 5)
        const dropped = yield* faults.dropEvents(ann.apiKey, { times: 2 })
        yield* ann.order("a3")
        yield* dropped.happenedTimes(2)
        yield* ann.order("a4")
        yield* socket.until(() => kinds().length === 7)
        assert.deepStrictEqual(kinds(), ["executionReport a1", ...NEW("a1"), ...NEW("a2").toReversed(), ...NEW("a4")])
      })
    )
  )

  it.effect("comes late, in order", () =>
    onStage(({ ann, faults }) =>
      Effect.gen(function* () {
        const { kinds, socket } = yield* listening(ann)
        const delay = yield* faults.delayEvents(ann.apiKey, { millis: 700 })
        yield* ann.order("a1")
        yield* delay.happened
        yield* ann.order("a2")
        assert.deepStrictEqual(kinds(), [])
        yield* TestClock.adjust("700 millis")
        yield* socket.until(() => kinds().length === 4)
        assert.deepStrictEqual(kinds(), [...NEW("a1"), ...NEW("a2")])
      })
    )
  )

  it.effect("falls silent while pings are answered", () =>
    onStage(({ ann, faults }) =>
      Effect.gen(function* () {
        const { kinds, socket } = yield* listening(ann)
        const silence = yield* faults.silence(ann.apiKey)
        yield* ann.order("a1")
        yield* silence.happenedTimes(2)
        let pongs = 0
        socket.socket.prependListener("pong", () => void pongs++)
        socket.socket.ping()
        yield* socket.until(() => pongs === 1)
        yield* silence.clear
        yield* ann.order("a2")
        yield* socket.until(() => kinds().length === 2)
        assert.deepStrictEqual(kinds(), NEW("a2"))
      })
    )
  )

  it.effect("is cut off for one key and not for another", () =>
    onStage(({ ann, bob, faults }) =>
      Effect.gen(function* () {
        const { socket } = yield* listening(ann)
        const other = yield* listening(bob)
        const cut = yield* faults.cutStream(ann.apiKey)
        assert.strictEqual(yield* socket.closed, 1006)
        yield* cut.happened
        yield* bob.order("b1")
        yield* other.socket.until(() => other.kinds().length === 2)
      })
    )
  )

  it.effect("ends as after a day, or with serverShutdown and its grace", () =>
    onStage(({ ann, bob, faults }) =>
      Effect.gen(function* () {
        const { socket } = yield* listening(ann)
        yield* faults.rotate(ann.apiKey)
        assert.strictEqual(yield* socket.closed, 1001)
        const other = yield* listening(bob)
        const shutdown = yield* faults.shutdown(1_500, { stream: "user" })
        yield* shutdown.happened
        yield* bob.order("b1")
        yield* other.socket.until(() => other.kinds().length === 3)
        assert.deepStrictEqual(other.kinds(), ["serverShutdown ", ...NEW("b1")])
        yield* TestClock.adjust("1500 millis")
        assert.strictEqual(yield* other.socket.closed, 1001)
      })
    )
  )
})

describe("liquidity", () => {
  it.effect("a market order fills in part and expires, and a resting one fills in part and stays", () =>
    onStage((on) =>
      Effect.gen(function* () {
        const stop = yield* on.faults.stopFillingAfter(30_000, { symbol: "BTCUSDT" })
        // What a market order's price is judged by.
        StillMarket.trade(on.market, "BUY", 101, 1)
        const sent = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.5", newOrderRespType: "FULL" }
        const taken = yield* on.ann.rest("POST", "/api/v3/order", sent)
        assert.deepInclude(taken.body, { status: "EXPIRED", executedQty: "0.30000000" })
        yield* stop.happened
        yield* stop.clear
        yield* on.faults.stopFillingAfter(20_000, { account: "ann", symbol: "BTCUSDT" })
        yield* on.ann.order("a2", { price: "95", quantity: "1" })
        StillMarket.trade(on.market, "SELL", 94, 50_000)
        StillMarket.trade(on.market, "SELL", 94, 50_000)
        assert.deepInclude((yield* on.ann.query("a2")).body, { status: "PARTIALLY_FILLED", executedQty: "0.20000000" })
        yield* on.faults.clearAll
        StillMarket.trade(on.market, "SELL", 94, 500_000)
        assert.deepInclude((yield* on.ann.query("a2")).body, { status: "FILLED", executedQty: "1.00000000" })
        const { stateHash } = yield* on.administer("GET", "/state")
        assert.strictEqual(replay(undefined, on.entries).engine.stateHash(), stateHash)
      })
    )
  )
})

describe("the administrator", () => {
  it.effect("makes a key, sets a fault for it, hears when it has happened, and starts the account afresh", () =>
    onStage(({ administer, port, venue }) =>
      Effect.gen(function* () {
        const key = yield* administer("POST", "/keys", { account: "cid", balances: { USDT: "1000" } })
        const cid = new Client(key.apiKey, key.secret, port)
        const scope = { apiKey: key.apiKey, route: "POST /api/v3/order" }
        const { id } = yield* administer("POST", "/faults", { verb: "loseAck", scope, params: { how: "502" } })
        const waiting = yield* fork(administer("GET", `/faults/${id}?wait=60000`))
        assert.strictEqual(codeOf(yield* cid.order("c1")), "502 page")
        const happened = yield* Fiber.join(waiting)
        assert.deepInclude(happened, { state: "spent", happened: 1 })
        assert.deepInclude(happened.occurrences[0], { at: START, what: "executed: 502 instead" })
        assert.lengthOf(venue.openOrders("cid"), 1)
        const fresh = yield* administer("POST", "/accounts/cid/reset", { balances: { USDT: "7" } })
        assert.deepStrictEqual(fresh.openOrders, [])
        assert.deepStrictEqual(fresh.balances, [{ asset: "USDT", free: "7", locked: "0" }])
        yield* administer("DELETE", `/keys/${key.apiKey}`)
        assert.strictEqual((yield* cid.order("c2")).status, 401)
      })
    )
  )
})
