// The governor without a network: who is let through, who waits, who is refused, and that each refusal is an error with a count.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { costOf } from "../../../src/adapters/binance/CallCost.ts"
import * as Governor from "../../../src/adapters/binance/Governor.ts"
import type { HttpAnswer } from "../../../src/adapters/binance/HttpCalls.ts"
import { type Lane, lanes } from "../../../src/adapters/binance/Lanes.ts"
import { type ExchangeError, NotSent, OutcomeUnknown } from "../../../src/ports/Exchange.ts"

const SIZES = { weight: 100, orders: 10 }
const exchangeInfo = (weight = SIZES.weight, orders = SIZES.orders) => ({
  rateLimits: [
    { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: weight },
    { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: orders },
    { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: 1_000 },
    { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: 10_000 },
    { rateLimitType: "SOMETHING_NEW", interval: "HOUR", intervalNum: 1, limit: 1 }
  ]
})

/** An exchange a sixtieth of Binance's weight, a minute past midnight's start. */
const small = Effect.gen(function* () {
  const governor = yield* Governor.make(() => 0)
  governor.budget.learn(exchangeInfo())
  yield* TestClock.adjust("2 seconds")
  return governor
})

const answer = (headers: Record<string, string> = {}, status = 200, body = "{}"): HttpAnswer => ({
  status,
  headers,
  body
})
const told = (weight: number) => Effect.succeed(answer({ "x-mbx-used-weight-1m": String(weight) }))
const ok = Effect.succeed(answer())

const asked = (lane: Lane, weight = 1, orders = 0, account?: string): Governor.Asked => ({
  cost: { lane, weight, orders },
  account,
  patient: false
})
const order = (account: string, lane: Lane = "entry") => asked(lane, 0, 1, account)

/** Milliseconds to wait, "let through", or how else it ended. */
const outcome = (call: Effect.Effect<unknown, ExchangeError>) =>
  call.pipe(
    Effect.as("let through" as string | number),
    Effect.catch(({ reason }) =>
      Effect.succeed(reason._tag === "RateLimited" ? reason.retryAfterMillis : (reason._tag as string))
    )
  )

const shedOf = (governor: Governor.Governor) =>
  Object.fromEntries(governor.counts().flatMap(({ lane, shed }) => (shed === 0 ? [] : [[lane, shed]])))

/** Every lane asks once, with what is left to it. */
const all = (governor: Governor.Governor) =>
  Effect.map(
    Effect.forEach(lanes, (lane) => outcome(governor.through(asked(lane, 0.5), ok))),
    (found) => lanes.filter((_, at) => found[at] === "let through")
  )

describe("lanes of the governor", () => {
  it.effect("are shed from the lowest on as the minute's weight is used, and all let in again by the next minute", () =>
    Effect.gen(function* () {
      const governor = yield* small
      for (const [used, through] of [
        [60, 6],
        [70, 5],
        [80, 4],
        [85, 3],
        [90, 2],
        [95, 1],
        [100, 0]
      ] as const) {
        yield* governor.through(asked("cancel", 0), told(used))
        assert.deepStrictEqual(yield* all(governor), lanes.slice(0, through), `${used} of 100`)
      }
      assert.deepStrictEqual(shedOf(governor), { cancel: 1, exit: 2, entry: 3, evidence: 4, survey: 5, read: 6 })
      yield* TestClock.adjust("58 seconds")
      assert.deepStrictEqual(yield* all(governor), lanes)
    })
  )

  it.effect("say when to come back: at the end of the window that is full", () =>
    Effect.gen(function* () {
      const governor = yield* small
      yield* governor.through(asked("cancel", 0), told(100))
      assert.strictEqual(yield* outcome(governor.through(asked("exit"), ok)), 58_000)
    })
  )

  it.effect("count a call before it is answered, so that many at once do not pass together", () =>
    Effect.gen(function* () {
      const governor = yield* small
      const gate = yield* Deferred.make<HttpAnswer>()
      const held = yield* Effect.forkChild(governor.through(asked("entry", 85), Deferred.await(gate)), {
        startImmediately: true
      })
      assert.strictEqual(yield* outcome(governor.through(asked("entry", 6), ok)), 58_000)
      // It cost less than it might have: Binance's word counts.
      yield* Deferred.succeed(gate, answer({ "x-mbx-used-weight-1m": "3" }))
      yield* Fiber.join(held)
      assert.strictEqual(governor.budget.weight(2_000).used, 3)
      assert.strictEqual(yield* outcome(governor.through(asked("entry", 6), ok)), "let through")
    })
  )

  it.effect("keep counted what may have arrived, and forget what never left", () =>
    Effect.gen(function* () {
      const governor = yield* small
      const lost = Effect.fail(new OutcomeUnknown({ message: "lost" }))
      const unsent = Effect.fail(new NotSent({ message: "no connection" }))
      assert.strictEqual(yield* outcome(governor.through(asked("entry", 40), lost)), "OutcomeUnknown")
      assert.strictEqual(yield* outcome(governor.through(asked("entry", 40), unsent)), "NotSent")
      assert.strictEqual(governor.budget.weight(2_000).used, 40)
      assert.deepStrictEqual(shedOf(governor), {})
    })
  )

  it.effect("see what other programs use at the same address", () =>
    Effect.gen(function* () {
      const governor = yield* small
      yield* governor.through(asked("read", 1), told(75))
      assert.strictEqual(yield* outcome(governor.through(asked("read"), ok)), 58_000)
      assert.strictEqual(yield* outcome(governor.through(asked("survey"), ok)), "let through")
    })
  )

  it.effect("do not take the last minute's count for this minute's", () =>
    Effect.gen(function* () {
      const governor = yield* small
      yield* TestClock.adjust("57990 millis")
      const late = told(100).pipe(Effect.delay("20 millis"))
      const across = yield* Effect.forkChild(governor.through(asked("read", 1), late), { startImmediately: true })
      yield* TestClock.adjust("20 millis")
      yield* Fiber.join(across)
      assert.strictEqual(governor.budget.weight(60_010).used, 1)
    })
  )

  it.effect("turn with Binance's clock, not with ours", () =>
    Effect.gen(function* () {
      const governor = yield* Governor.make(() => 30_000)
      governor.budget.learn(exchangeInfo())
      yield* TestClock.adjust("2 seconds")
      yield* governor.through(asked("cancel", 0), told(100))
      assert.strictEqual(yield* outcome(governor.through(asked("entry"), ok)), 28_000)
      assert.strictEqual(governor.budget.weight(2_000).resetsAt, 30_000)
    })
  )
})

describe("orders of an account", () => {
  it.effect("are counted apart from another account's, and leave room for exits", () =>
    Effect.gen(function* () {
      const governor = yield* small
      for (let n = 0; n < 9; n++) yield* governor.through(order("ann"), ok)
      assert.strictEqual(yield* outcome(governor.through(order("ann"), ok)), 8_000)
      assert.strictEqual(yield* outcome(governor.through(order("ann", "exit"), ok)), "let through")
      assert.strictEqual(yield* outcome(governor.through(order("ann", "exit"), ok)), 8_000)
      assert.strictEqual(yield* outcome(governor.through(asked("cancel", 0, 0, "ann"), ok)), "let through")
      assert.strictEqual(yield* outcome(governor.through(order("bob"), ok)), "let through")
      assert.deepStrictEqual(shedOf(governor), { entry: 1, exit: 1 })
      yield* TestClock.adjust("8 seconds")
      assert.strictEqual(yield* outcome(governor.through(order("ann"), ok)), "let through")
    })
  )

  it.effect("that Binance refused are not counted, and its own count stands", () =>
    Effect.gen(function* () {
      const governor = yield* small
      const refused = Effect.succeed(answer({}, 400, '{"code":-2010,"msg":"no"}'))
      for (let n = 0; n < 20; n++) yield* governor.through(order("ann"), refused)
      const counted = Effect.succeed(answer({ "x-mbx-order-count-10s": "9", "x-mbx-order-count-1d": "90" }))
      yield* governor.through(order("ann"), counted)
      assert.deepInclude([...governor.budget.orders(2_000)], {
        account: "ann",
        tenSeconds: 9,
        day: 90,
        stoppedUntil: 0
      })
      assert.strictEqual(yield* outcome(governor.through(order("ann"), ok)), 8_000)
    })
  )

  it.effect("stop for that account alone where Binance says that they are too many (-1015)", () =>
    Effect.gen(function* () {
      const governor = yield* small
      const tooMany = answer({ "retry-after": "7" }, 429, '{"code":-1015,"msg":"Too many new orders."}')
      yield* governor.through(order("ann"), Effect.succeed(tooMany))
      assert.strictEqual(yield* outcome(governor.through(order("ann", "exit"), ok)), 7_000)
      assert.strictEqual(yield* outcome(governor.through(order("bob"), ok)), "let through")
      assert.strictEqual(yield* outcome(governor.through(asked("cancel", 1, 0, "ann"), ok)), "let through")
      assert.strictEqual(yield* outcome(governor.through(asked("read"), ok)), "let through")
    })
  )
})

describe("being told to wait", () => {
  for (const status of [429, 418]) {
    it.effect(`stops everybody until then (${status})`, () =>
      Effect.gen(function* () {
        const governor = yield* small
        const wait = answer({ "retry-after": "120" }, status, '{"code":-1003,"msg":"Too much request weight used."}')
        yield* governor.through(asked("read"), Effect.succeed(wait))
        for (const lane of lanes) {
          assert.strictEqual(yield* outcome(governor.through(asked(lane, 0), Effect.die("sent"))), 120_000, lane)
        }
        assert.strictEqual(governor.budget.stopped().bannedUntil, status === 418 ? 122_000 : 0)
        yield* TestClock.adjust("120 seconds")
        assert.deepStrictEqual(yield* all(governor), lanes)
      })
    )
  }

  it.effect("means a minute where it is not said how long", () =>
    Effect.gen(function* () {
      const governor = yield* small
      yield* governor.through(asked("read"), Effect.succeed(answer({}, 429, "<html>slow down</html>")))
      assert.strictEqual(yield* outcome(governor.through(asked("cancel"), ok)), 60_000)
    })
  )
})

describe("waiting", () => {
  /** All the places that questions have are taken until the gate opens. */
  const crowded = Effect.gen(function* () {
    const governor = yield* small
    const gate = yield* Deferred.make<HttpAnswer>()
    const holders = yield* Effect.forEach(Array.from({ length: 32 }), () =>
      Effect.forkChild(governor.through(asked("survey", 0), Deferred.await(gate)), { startImmediately: true })
    )
    return { governor, open: Effect.andThen(Deferred.succeed(gate, answer()), Fiber.joinAll(holders)) }
  })

  it.effect("questions go in the order of what hangs on them, then of their coming", () =>
    Effect.gen(function* () {
      const { governor, open } = yield* crowded
      const order: Array<string> = []
      const ask = (lane: Lane, name: string) =>
        Effect.forkChild(
          governor.through(
            asked(lane, 0),
            Effect.sync(() => (order.push(name), answer()))
          ),
          {
            startImmediately: true
          }
        )
      const waiting = [
        yield* ask("read", "read"),
        yield* ask("survey", "survey 1"),
        yield* ask("evidence", "evidence 1"),
        yield* ask("survey", "survey 2"),
        yield* ask("evidence", "evidence 2")
      ]
      assert.deepStrictEqual(order, [])
      assert.deepStrictEqual(
        governor.counts().map(({ waiting }) => waiting),
        [0, 0, 0, 2, 2, 1]
      )
      yield* open
      yield* Fiber.joinAll(waiting)
      assert.deepStrictEqual(order, ["evidence 1", "evidence 2", "survey 1", "survey 2", "read"])
    })
  )

  it.effect("ends with an error and a count, never in silence", () =>
    Effect.gen(function* () {
      const { governor } = yield* crowded
      const late = yield* Effect.forkChild(outcome(governor.through(asked("evidence", 0), ok)), {
        startImmediately: true
      })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Fiber.join(late), 1_000)
      assert.deepStrictEqual(shedOf(governor), { evidence: 1 })
      assert.strictEqual(governor.counts().find(({ lane }) => lane === "evidence")?.waiting, 0)
    })
  )

  it.effect("is for so many: one more, and the last of the lowest lane is refused", () =>
    Effect.gen(function* () {
      const { governor, open } = yield* crowded
      const ask = (lane: Lane) =>
        Effect.forkChild(outcome(governor.through(asked(lane, 0), ok)), { startImmediately: true })
      const reads = yield* Effect.forEach(Array.from({ length: 1_024 }), () => ask("read"))
      const urgent = yield* ask("evidence")
      assert.strictEqual(yield* Fiber.join(reads.at(-1)!), 1_000)
      assert.strictEqual(yield* outcome(governor.through(asked("read", 0), ok)), 1_000)
      yield* open
      assert.strictEqual(yield* Fiber.join(urgent), "let through")
      for (const read of reads.slice(0, -1)) assert.strictEqual(yield* Fiber.join(read), "let through")
      assert.deepStrictEqual(shedOf(governor), { read: 2 })
    })
  )

  it.effect("lasts until the next window where that is near, and is not tried where it is far", () =>
    Effect.gen(function* () {
      const governor = yield* small
      yield* governor.through(asked("cancel", 0), told(100))
      assert.strictEqual(yield* outcome(governor.through(asked("read"), ok)), 58_000)
      yield* TestClock.adjust("54 seconds")
      const near = yield* Effect.forkChild(outcome(governor.through(asked("read"), ok)), { startImmediately: true })
      yield* TestClock.adjust("3999 millis")
      assert.isUndefined(near.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(near), "let through")
    })
  )

  it.effect("is given up with its place when whoever asked is gone", () =>
    Effect.gen(function* () {
      const { governor, open } = yield* crowded
      const gone = yield* Effect.forkChild(governor.through(asked("evidence", 50), Effect.die("sent")), {
        startImmediately: true
      })
      yield* Fiber.interrupt(gone)
      yield* open
      assert.strictEqual(governor.budget.weight(2_000).used, 0)
      assert.deepStrictEqual(yield* all(governor), lanes)
    })
  )

  it.effect("is nothing for orders; a cancel does for a second at most", () =>
    Effect.gen(function* () {
      const governor = yield* small
      yield* TestClock.adjust("57100 millis")
      yield* governor.through(asked("cancel", 0), told(100))
      assert.strictEqual(yield* outcome(governor.through(asked("entry"), ok)), 900)
      const cancel = { ...asked("cancel"), patient: true }
      const near = yield* Effect.forkChild(outcome(governor.through(cancel, ok)), { startImmediately: true })
      yield* TestClock.adjust("899 millis")
      assert.isUndefined(near.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(near), "let through")
      yield* governor.through(asked("cancel", 0), Effect.succeed(answer({ "retry-after": "2" }, 429, "")))
      assert.strictEqual(yield* outcome(governor.through(cancel, ok)), 2_000)
    })
  )

  it.effect("changes under way at once are so many, fewer for the lower lanes", () =>
    Effect.gen(function* () {
      const governor = yield* small
      const hold = (lane: Lane, times: number) =>
        Effect.forEach(Array.from({ length: times }), () =>
          Effect.forkChild(governor.through(asked(lane, 0), Effect.never), { startImmediately: true })
        )
      yield* hold("entry", 180)
      assert.strictEqual(yield* outcome(governor.through(asked("entry", 0), ok)), "NotSent")
      assert.strictEqual(yield* outcome(governor.through(asked("exit", 0), ok)), "let through")
      yield* hold("exit", 20)
      assert.strictEqual(yield* outcome(governor.through(asked("exit", 0), ok)), "NotSent")
      assert.strictEqual(yield* outcome(governor.through(asked("cancel", 0), ok)), "let through")
      assert.deepStrictEqual(shedOf(governor), { entry: 1, exit: 1 })
    })
  )
})

describe("what a call costs", () => {
  const cost = (route: string, params = {}) => {
    const [method = "", path = ""] = route.split(" ")
    const { lane, orders, weight } = costOf(method, `/api/v3/${path}`, params)
    return `${lane} ${weight} ${orders}`
  }

  it("is as listed, with its lane", () => {
    assert.strictEqual(cost("POST order", { side: "BUY" }), "entry 1 1")
    assert.strictEqual(cost("POST order", { side: "SELL" }), "exit 1 1")
    assert.strictEqual(cost("POST orderList/oco", { side: "SELL" }), "exit 1 2")
    assert.strictEqual(cost("POST orderList/otoco", { workingSide: "BUY", pendingSide: "SELL" }), "entry 1 3")
    assert.strictEqual(cost("DELETE order"), "cancel 1 0")
    assert.strictEqual(cost("PUT order/amend/keepPriority"), "cancel 4 0")
    assert.strictEqual(cost("GET order"), "evidence 4 0")
    assert.strictEqual(cost("GET myTrades", { orderId: 7 }), "evidence 5 0")
    assert.strictEqual(cost("GET myTrades"), "survey 20 0")
    assert.strictEqual(cost("GET openOrders"), "survey 80 0")
    assert.strictEqual(cost("GET openOrders", { symbol: "BTCUSDT" }), "survey 6 0")
    assert.strictEqual(cost("GET exchangeInfo"), "read 20 0")
    assert.strictEqual(cost("GET depth"), "read 5 0")
    assert.strictEqual(cost("GET depth", { limit: 1_000 }), "read 50 0")
    assert.strictEqual(cost("GET depth", { limit: 5_000 }), "read 250 0")
  })

  it("is never nothing for a path that is not listed", () => {
    assert.strictEqual(cost("GET brandNew"), "read 20 0")
    assert.strictEqual(cost("POST brandNew"), "entry 20 1")
    assert.strictEqual(cost("DELETE brandNew"), "cancel 20 0")
  })
})
