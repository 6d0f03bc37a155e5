import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Call } from "../../../../src/adapters/paper/faults/CallFaults.ts"
import { isVerb, type VerbName, verbNames, verbs, wantedFaults } from "../../../../src/adapters/paper/faults/Fault.ts"
import { KEPT_OCCURRENCES, MAX_RULES } from "../../../../src/adapters/paper/faults/FaultRegistry.ts"
import { Faults } from "../../../../src/adapters/paper/faults/Faults.ts"
import type { Outside } from "../../../../src/adapters/paper/Seen.ts"
import type { EngineEvent } from "../../../../src/domain/matching/Event.ts"
import type { Order } from "../../../../src/domain/matching/Order.ts"
import type { Connection } from "../../../../src/adapters/paper/faults/StreamFaults.ts"

type FaultService = Faults["Service"]

const placing = (apiKey = "ann", route = "POST /api/v3/order"): Call => ({ apiKey, route, at: 1_000 })

const withFaults = <A, E>(seed: number, body: (faults: FaultService) => Effect.Effect<A, E>) =>
  Effect.flatMap(Faults, body).pipe(Effect.provide(Faults.layerOf(seed), { local: true }))

const statusOf = (faults: FaultService, call: Call = placing()) => {
  const { fate } = faults.beforeCall(call)
  return typeof fate === "string" ? fate : `${fate.status} ${fate.code}`
}

/** A connection that writes down what is done to it. */
const connection = (target: ReturnType<Connection["target"]>, log: Array<string>): Connection => ({
  target: () => target,
  announceShutdown: () => void log.push("serverShutdown"),
  close: (code) => void log.push(`close ${code}`),
  reset: () => void log.push("reset")
})

describe("calls", () => {
  it.effect("nothing happens while no fault stands", () =>
    withFaults(1, (faults) =>
      Effect.sync(() => {
        assert.isTrue(faults.quiet)
        assert.strictEqual(faults.beforeCall(placing()).fate, "proceed")
        assert.strictEqual(faults.afterCall(placing(), true).fate, "proceed")
        assert.strictEqual(faults.clockSkewMillis({}, 0), 0)
      })
    )
  )

  it.effect("the next acknowledgement of one key is lost once, and says when", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.loseNextAck("ann", "504")
        const waiting = yield* Effect.forkChild(fault.happened, { startImmediately: true })
        assert.strictEqual(faults.afterCall(placing("bob"), true).fate, "proceed")
        assert.strictEqual(faults.afterCall(placing("ann", "GET /api/v3/account"), true).fate, "proceed")
        assert.strictEqual(faults.afterCall(placing(), false).fate, "proceed")
        assert.strictEqual(faults.beforeCall(placing()).fate, "proceed")
        const { fate } = faults.afterCall(placing(), true)
        assert.isObject(fate)
        assert.include(fate, { status: 504 })
        const occurrence = yield* Fiber.join(waiting)
        assert.deepStrictEqual(occurrence, { n: 1, at: 1_000, target: placing(), what: "executed: 504 instead" })
        assert.strictEqual(faults.afterCall(placing(), true).fate, "proceed")
        assert.isTrue(faults.quiet)
      })
    )
  )

  it.effect("a lost answer is cut, hung, or said by a proxy, as was asked", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        for (const how of ["cut", "hang", "502", "504", "-1007"] as const) {
          yield* faults.loseNextAck("ann", how)
          const { fate } = faults.afterCall(placing("ann", "order.place"), true)
          seen.push(typeof fate === "string" ? fate : [fate.status, fate.headers["content-type"], fate.code])
        }
        assert.deepStrictEqual(seen, [
          "cut",
          "hang",
          [502, "text/html", -1000],
          [504, "text/html", -1000],
          [504, "application/json;charset=UTF-8", -1007]
        ])
      })
    )
  )

  it.effect("a lost request is lost before it is executed", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.loseNextRequest("ann")
        assert.strictEqual(faults.beforeCall(placing("ann", "DELETE /api/v3/order")).fate, "cut")
        assert.strictEqual((yield* fault.happened).what, "not executed: the connection was cut")
      })
    )
  )

  it.effect("refusals say what Binance says, each once", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        yield* faults.refuseBalance("ann")
        yield* faults.tooManyOrders("ann")
        yield* faults.rateLimit("ann", 7)
        yield* faults.ban("ann", 120)
        yield* faults.html("ann", 503)
        yield* faults.geoBlock("ann")
        const { fate } = faults.beforeCall(placing("bob"))
        assert.strictEqual(fate, "proceed")
        const seen = Array.from({ length: 7 }, () => statusOf(faults))
        assert.deepStrictEqual(seen, [
          "451 0",
          "503 -1000",
          "418 -1003",
          "429 -1003",
          "429 -1015",
          "400 -2010",
          "proceed"
        ])
      })
    )
  )

  it.effect("a limit says when to come back, in seconds and as a time", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        yield* faults.ban({}, 120)
        const { fate } = faults.beforeCall(placing())
        assert.isObject(fate)
        assert.strictEqual((fate as { headers: Record<string, string> }).headers["retry-after"], "120")
        assert.include(fate, { retryAfter: 121_000 })
        assert.include((fate as { body: string }).body, "IP banned until 121000")
      })
    )
  )

  it.effect("order limits and balances are about orders, not about questions", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        yield* faults.refuseBalance("ann")
        yield* faults.tooManyOrders("ann")
        for (const route of ["GET /api/v3/order", "POST /api/v3/order/test", "account.status", "order.test"]) {
          assert.strictEqual(statusOf(faults, placing("ann", route)), "proceed", route)
        }
        assert.strictEqual(statusOf(faults, placing("ann", "POST /api/v3/orderList/oco")), "429 -1015")
        assert.strictEqual(statusOf(faults, placing("ann", "orderList.place.otoco")), "400 -2010")
      })
    )
  )

  it.effect("a route in the scope is the only one concerned", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        yield* faults.refuseBalance({ route: "GET /api/v3/account" })
        assert.strictEqual(statusOf(faults), "proceed")
        assert.strictEqual(statusOf(faults, placing("bob", "GET /api/v3/account")), "400 -2010")
      })
    )
  )

  it.effect("delays add up, fall the same way for one seed, and stay within their bounds", () => {
    const run = (seed: number) =>
      withFaults(seed, (faults) =>
        Effect.gen(function* () {
          yield* faults.delay("ann", { millis: 100 }, "execution", { times: 1_000 })
          yield* faults.delay("ann", { minMillis: 1, maxMillis: 9 }, "execution", { times: 1_000 })
          yield* faults.delay("ann", { meanMillis: 50, maxMillis: 200 }, "answer", { times: 1_000 })
          return Array.from({ length: 50 }, () => [
            faults.beforeCall(placing()).delayMillis,
            faults.afterCall(placing(), true).delayMillis
          ])
        })
      )
    return Effect.gen(function* () {
      const once = yield* run(7)
      assert.deepStrictEqual(yield* run(7), once)
      assert.notDeepEqual(yield* run(8), once)
      const before = once.map(([millis = 0]) => millis)
      const after = once.map(([, millis = 0]) => millis)
      assert.isTrue(before.every((millis) => millis >= 101 && millis <= 109))
      assert.isTrue(after.every((millis) => millis >= 0 && millis <= 200))
      assert.isAbove(new Set(after).size, 20)
    })
  })

  it.effect("a share hits its part of the calls, the same ones in every run", () => {
    const run = (seed: number, others: boolean) =>
      withFaults(seed, (faults) =>
        Effect.gen(function* () {
          yield* faults.loseNextRequest("ann", "cut", { share: 0.3 })
          return Array.from({ length: 1_000 }, () => {
            if (others) faults.beforeCall(placing("bob"))
            return faults.beforeCall(placing()).fate
          })
        })
      )
    return Effect.gen(function* () {
      const once = yield* run(7, false)
      assert.deepStrictEqual(yield* run(7, true), once)
      assert.notDeepEqual(yield* run(8, false), once)
      const cut = once.filter((fate) => fate === "cut").length
      assert.isTrue(cut > 250 && cut < 350, `${cut} of 1000`)
    })
  })

  it.effect("a frozen exchange lets nobody through until it is thawed", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.freeze
        assert.strictEqual(faults.beforeCall(placing()).fate, "frozen")
        assert.strictEqual((yield* fault.happened).n, 1)
        assert.isTrue(faults.frozen({}))
        let thawed = false
        faults.whenThawed({}, () => void (thawed = true))
        yield* TestClock.adjust("1 hour")
        assert.isFalse(thawed)
        yield* faults.thaw
        yield* TestClock.adjust(0)
        assert.isTrue(thawed)
        assert.isFalse(faults.frozen({}))
        assert.strictEqual(faults.beforeCall(placing()).fate, "proceed")
      })
    )
  )

  it.effect("a skewed clock is skewed until it is cleared", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.skewClock(6_000)
        yield* faults.skewClock(-500, "ann")
        assert.strictEqual(faults.clockSkewMillis({ apiKey: "bob" }, 0), 6_000)
        assert.strictEqual(faults.clockSkewMillis({ apiKey: "ann" }, 0), 5_500)
        yield* fault.clear
        assert.strictEqual(faults.clockSkewMillis({ apiKey: "ann" }, 0), -500)
      })
    )
  )

  it.effect("a young order is hidden from queries, an old one is not", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.hideOrders("ann", 500)
        const young = { orderId: 2, time: 600 }
        const old = { orderId: 1, time: 500 }
        const ask = (route: string, answer: unknown) => {
          const heard: Array<unknown> = []
          const ways = {
            answer: ({ code }: { code: number }) => void heard.push(code),
            cut: () => void heard.push("cut")
          }
          faults.after(placing("ann", route), { executed: true, answer }, ways, (shown) => void heard.push(shown))
          return heard
        }
        assert.deepStrictEqual(ask("GET /api/v3/order", old), [old])
        assert.deepStrictEqual(ask("order.status", young), [-2013])
        assert.deepStrictEqual(ask("order.status", { orderId: 2, time: 600_000_000_000_000 }), [-2013])
        assert.deepStrictEqual(ask("GET /api/v3/openOrders", [old, young]), [[old]])
        assert.deepStrictEqual(ask("GET /api/v3/myTrades", [young]), [[young]])
        assert.strictEqual((yield* faults.find(fault.id))?.happened, 3)
      })
    )
  )
})

describe("the way of a call", () => {
  /** A transport that writes down what it is told to do. */
  const transport = (faults: FaultService) => {
    const log: Array<string> = []
    const ways = {
      answer: ({ status }: { status: number }) => void log.push(`${status}`),
      cut: () => void log.push("cut")
    }
    const call = () =>
      faults.before(placing(), ways, () => {
        log.push("executed")
        faults.after(placing(), { executed: true, answer: 1 }, ways, () => void log.push("sent"))
      })
    return { call, log }
  }

  it.effect("goes straight through while no fault stands", () =>
    withFaults(1, (faults) =>
      Effect.sync(() => {
        const { call, log } = transport(faults)
        call()
        assert.deepStrictEqual(log, ["executed", "sent"])
      })
    )
  )

  it.effect("is as long as its delays, before and after", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const { call, log } = transport(faults)
        yield* faults.delay("ann", { millis: 100 }, "execution")
        yield* faults.delay("ann", { millis: 50 }, "answer")
        call()
        yield* TestClock.adjust("99 millis")
        assert.deepStrictEqual(log, [])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(log, ["executed"])
        yield* TestClock.adjust("50 millis")
        assert.deepStrictEqual(log, ["executed", "sent"])
      })
    )
  )

  it.effect("waits while the exchange is frozen, and meets what stands once it is thawed", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const { call, log } = transport(faults)
        yield* faults.freeze
        call()
        yield* faults.geoBlock("ann")
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(log, [])
        yield* faults.thaw
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(log, ["451"])
      })
    )
  )

  it.effect("ends in silence, which ends in a cut", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const { call, log } = transport(faults)
        yield* faults.loseNextAck("ann", "hang")
        call()
        yield* TestClock.adjust("59 seconds")
        assert.deepStrictEqual(log, ["executed"])
        yield* TestClock.adjust("1 seconds")
        assert.deepStrictEqual(log, ["executed", "cut"])
      })
    )
  )
})

describe("streams", () => {
  const user = { apiKey: "ann", streams: ["user"] }

  const delivered = (faults: FaultService, ...batch: ReadonlyArray<string>) =>
    faults.events(user, 0, batch).map(({ event, lateMillis, waitMillis }) => `${event} ${waitMillis} ${lateMillis}`)

  it.effect("events are repeated, dropped, reversed and late, each as often as asked", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        yield* faults.duplicateEvents("ann", 2)
        assert.deepStrictEqual(delivered(faults, "a", "b"), ["a 0 0", "a 0 0", "a 0 0", "b 0 0"])
        yield* faults.dropEvents("ann")
        assert.deepStrictEqual(delivered(faults, "a", "b"), ["b 0 0"])
        yield* faults.reorderEvents("ann", 40, { times: 2 })
        assert.deepStrictEqual(delivered(faults, "a", "b", "c"), ["c 0 0", "b 0 0", "a 0 0"])
        assert.deepStrictEqual(delivered(faults, "a"), ["a 0 40"])
        yield* faults.delayEvents("ann", { millis: 30 })
        assert.deepStrictEqual(delivered(faults, "a", "b"), ["a 30 0", "b 0 0"])
        assert.deepStrictEqual(delivered(faults, "a"), ["a 0 0"])
      })
    )
  )

  it.effect("events are sent when they are due: late ones behind, delayed ones in their place, none while frozen", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const log: Array<string> = []
        const deliver = (...batch: ReadonlyArray<string>) =>
          faults.deliver(user, batch, (event) => void log.push(event))
        yield* faults.reorderEvents("ann", 40)
        yield* deliver("late")
        yield* deliver("next")
        assert.deepStrictEqual(log, ["next"])
        yield* TestClock.adjust("40 millis")
        assert.deepStrictEqual(log.splice(0), ["next", "late"])
        yield* faults.delayEvents("ann", { millis: 30 })
        yield* faults.freeze
        const sending = yield* Effect.forkChild(deliver("a", "b"), { startImmediately: true })
        yield* TestClock.adjust("1 hour")
        yield* faults.thaw
        yield* TestClock.adjust("29 millis")
        assert.deepStrictEqual(log, [])
        yield* TestClock.adjust("1 millis")
        yield* Fiber.join(sending)
        assert.deepStrictEqual(log.splice(0), ["a", "b"])
        const silence = yield* faults.silence("ann")
        yield* deliver("c")
        yield* silence.clear
        yield* deliver("d")
        assert.deepStrictEqual(log, ["d"])
      })
    )
  )

  it.effect("faults of user data leave the market's streams alone", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        yield* faults.dropEvents({})
        const market = { streams: ["btcusdt@trade"] }
        assert.lengthOf(faults.events(market, 0, ["a"]), 1)
        yield* faults.silence({ stream: "btcusdt@trade" })
        assert.isTrue(faults.silenced(market, 0))
        assert.isFalse(faults.silenced({ streams: ["ethusdt@trade"] }, 0))
        assert.isFalse(faults.silenced(user, 0))
      })
    )
  )

  it.effect("a cut happens to every stream that is open and matches, once", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const log: Array<string> = []
        const others: Array<string> = []
        faults.attach(connection(user, log), 0)
        faults.attach(connection(user, log), 0)
        const gone = faults.attach(connection(user, log), 0)
        gone.detach()
        faults.attach(connection({ apiKey: "bob" }, others), 0)
        const fault = yield* faults.cutStream({ apiKey: "ann" })
        assert.deepStrictEqual(log, ["reset", "reset"])
        assert.strictEqual((yield* fault.happenedTimes(2)).n, 2)
        faults.attach(connection(user, log), 0)
        assert.lengthOf(log, 2)
        assert.lengthOf(others, 0)
      })
    )
  )

  it.effect("a cut that finds nobody waits for the next one, or for one that becomes concerned", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const log: Array<string> = []
        let target: ReturnType<Connection["target"]> = {}
        const attached = faults.attach({ ...connection({}, log), target: () => target }, 0)
        yield* faults.cutStream({ apiKey: "ann" }, "close")
        assert.lengthOf(log, 0)
        target = user
        attached.changed(5)
        attached.changed(6)
        assert.deepStrictEqual(log, ["close 1001"])
        yield* faults.rotate()
        faults.attach(connection(user, log), 0)
        assert.deepStrictEqual(log, ["close 1001", "close 1001"])
      })
    )
  )

  it.effect("a shutdown is announced, and the close comes after its grace", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const log: Array<string> = []
        faults.attach(connection(user, log), 0)
        const fault = yield* faults.shutdown(2_000)
        yield* fault.happened
        assert.deepStrictEqual(log, ["serverShutdown"])
        yield* TestClock.adjust("1999 millis")
        assert.deepStrictEqual(log, ["serverShutdown"])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(log, ["serverShutdown", "close 1001"])
      })
    )
  )
})

describe("liquidity", () => {
  const ann = { account: "ann", symbol: "BTCUSDT" }
  /** Asks at 100, 101 and 102 with 5 lots each. */
  const book: Outside = {
    lastTicks: 100,
    reference: 0n,
    lastTradeId: 0,
    netLevel: (_, index) => (index < 3 ? { ticks: 100 + index, lots: 5 } : undefined),
    lotsAhead: () => 0
  }
  const asks = (outside: Outside) => [0, 1, 2].flatMap((index) => outside.netLevel("asks", index)?.lots ?? [])
  const walked = (account: string, lots: number) =>
    ({ _tag: "Execution", order: { account, symbol: "BTCUSDT" }, trade: { lots, cause: "walked" } }) as EngineEvent

  it.effect("orders get so many lots more, then nothing", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.stopFillingAfter(12, { symbol: "BTCUSDT" })
        assert.deepStrictEqual(asks(faults.limited(book, ann, 0)), [5, 5, 2])
        faults.told([walked("ann", 6)])
        assert.deepStrictEqual(asks(faults.limited(book, ann, 0)), [5, 1])
        assert.deepStrictEqual(asks(faults.limited(book, { ...ann, symbol: "ETHUSDT" }, 0)), [5, 5, 5])
        faults.told([walked("bob", 6)])
        assert.deepStrictEqual(asks(faults.limited(book, ann, 0)), [])
        assert.strictEqual((yield* fault.happened).what, "12 of 15 lots")
        yield* fault.clear
        assert.deepStrictEqual(asks(faults.limited(book, ann, 0)), [5, 5, 5])
      })
    )
  )

  it.effect("the market's moves give no more either, where they reach an order", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const tape = { _tag: "Tape", at: 0, symbol: "BTCUSDT", ticks: 100, lots: 9, takerSide: "BUY" } as const
        const resting = { best: () => 100, openOrders: (account: string) => (account === "ann" ? [{} as Order] : []) }
        yield* faults.stopFillingAfter(4, { account: "ann", symbol: "BTCUSDT" })
        assert.strictEqual(faults.moved(tape, resting).lots, 4)
        assert.strictEqual(faults.moved({ ...tape, ticks: 99 }, resting).lots, 9)
        assert.strictEqual(faults.moved(tape, { ...resting, openOrders: () => [] }).lots, 9)
        faults.told([walked("bob", 4)])
        assert.strictEqual(faults.moved(tape, resting).lots, 4)
        faults.told([walked("ann", 4)])
        assert.strictEqual(faults.moved(tape, resting).lots, 0)
      })
    )
  )
})

describe("rules", () => {
  it.effect("are bounded in number, and those that are over make room", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        for (let i = 0; i < MAX_RULES; i++) yield* faults.geoBlock("ann")
        const refused = yield* Effect.flip(faults.geoBlock("ann"))
        assert.strictEqual(refused._tag, "TooManyFaults")
        yield* faults.clearAll
        assert.isTrue(faults.quiet)
        for (let i = 0; i < 2 * MAX_RULES; i++) yield* Effect.flatMap(faults.geoBlock("ann"), ({ clear }) => clear)
        yield* faults.geoBlock("ann")
        assert.isAtMost((yield* faults.list).length, 2 * MAX_RULES + 1)
      })
    )
  )

  it.effect("keep a bounded memory of what happened, and count on", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.refuseBalance("ann", { times: 500 })
        for (let i = 0; i < 300; i++) faults.beforeCall({ ...placing(), at: i })
        const view = yield* faults.find(fault.id)
        assert.strictEqual(view?.happened, 300)
        assert.lengthOf(view?.occurrences ?? [], KEPT_OCCURRENCES + 1)
        assert.strictEqual((yield* fault.happenedTimes(2)).at, 1)
        assert.strictEqual((yield* fault.happenedTimes(250)).n, 300)
      })
    )
  )

  it.effect("that are cleared before they happened tell whoever waits", () =>
    withFaults(1, (faults) =>
      Effect.gen(function* () {
        const fault = yield* faults.loseNextAck("ann")
        const waiting = yield* Effect.forkChild(Effect.flip(fault.happened), { startImmediately: true })
        yield* fault.clear
        assert.include((yield* Fiber.join(waiting)).message, "is cleared; it happened 0 of 1 times")
        assert.strictEqual((yield* faults.find(fault.id))?.state, "cleared")
        assert.isFalse(yield* faults.clear("f99"))
      })
    )
  )

  it.effect("can be said in JSON, with what is left out filled in", () =>
    Effect.gen(function* () {
      const decode = (wanted: { readonly verb: VerbName; readonly [field: string]: unknown }) =>
        Schema.decodeUnknownEffect(wantedFaults[wanted.verb])(wanted, { onExcessProperty: "error" })
      assert.isFalse(isVerb("loseEverything"))
      assert.deepStrictEqual(yield* decode({ verb: "loseAck", scope: { apiKey: "ann" }, times: 2 }), {
        verb: "loseAck",
        scope: { apiKey: "ann" },
        params: { how: "cut", hangMillis: 60_000 },
        times: 2
      })
      for (const wrong of [
        { verb: "delay" },
        { verb: "delay", params: { timing: { minMillis: 5, maxMillis: 4 } } },
        { verb: "loseAck", share: 1.5 },
        { verb: "loseAck", times: 0 },
        { verb: "loseAck", scope: { symbol: "BTCUSDT" } },
        { verb: "silence", scope: { route: "POST /api/v3/order" } }
      ] as const) {
        assert.strictEqual((yield* Effect.flip(decode(wrong)))._tag, "SchemaError", JSON.stringify(wrong))
      }
    })
  )

  it("every verb says in a sentence what it does", () => {
    for (const name of verbNames) assert.match(verbs[name].sentence, /^[A-Z0-9-].*\.$/, name)
    const names: ReadonlyArray<VerbName> = verbNames
    assert.strictEqual(new Set(names).size, names.length)
  })
})
