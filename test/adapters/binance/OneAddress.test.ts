// What Binance tells one process stops the others that call from its address, and those that start meanwhile.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Governor from "../../../src/adapters/binance/Governor.ts"
import { addressOf, hear, tell } from "../../../src/adapters/binance/OneAddress.ts"
import { Events } from "../../../src/ports/Events.ts"

const DAY = 24 * 3_600_000
const ADDRESS = "api.binance.com"

/** A process of the desk, as far as its calls to Binance go. */
const started = Effect.fnUntraced(function* (address: string = ADDRESS) {
  const events = yield* Events
  const governor = yield* Governor.make(() => 0, tell(events, address))
  yield* hear(events, address, governor)
  return governor
})

const banned = (seconds: number, status = 418) =>
  Effect.succeed({ status, headers: { "retry-after": String(seconds) }, body: "{}" })
const ok = Effect.succeed({ status: 200, headers: {}, body: "{}" })

const cancel = { cost: { lane: "cancel" as const, weight: 1, orders: 0 }, account: undefined, patient: false }
const market = { cost: { lane: "read" as const, weight: 1, orders: 0 }, account: undefined, patient: false }

/** Milliseconds to wait; 0 where it goes out. */
const waits = (governor: Governor.Governor) =>
  governor.through(cancel, ok).pipe(
    Effect.as(0),
    Effect.catch(({ reason }) =>
      reason._tag === "RateLimited" ? Effect.succeed(reason.retryAfterMillis) : Effect.die(reason)
    )
  )

const settle = TestClock.adjust(1)

const desk = <A, E>(test: Effect.Effect<A, E, Events>) => Effect.provide(test, Layer.fresh(Events.layerMemory))

describe("the processes at one address", () => {
  it.effect("all stop where one of them is banned, or asked to wait, and go on when it is over", () =>
    Effect.gen(function* () {
      const [market_, executor] = [yield* started(), yield* started()]
      assert.strictEqual(yield* waits(executor), 0)
      yield* market_.through(market, banned(120))
      yield* settle
      assert.strictEqual(yield* waits(executor), 119_999)
      assert.strictEqual(executor.budget.stopped().bannedUntil, 120_000)
      yield* TestClock.adjust("119999 millis")
      assert.strictEqual(yield* waits(executor), 0)
      yield* executor.toldToWait(30_000, false)
      yield* settle
      assert.strictEqual(yield* waits(market_), 29_999)
      assert.strictEqual(market_.budget.stopped().bannedUntil, 120_000)
    }).pipe(Effect.scoped, desk)
  )

  it.effect("stop before their first call where they start into a ban", () =>
    Effect.gen(function* () {
      yield* (yield* started()).toldToWait(600_000, true)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* waits(yield* started()), 540_000)
      yield* TestClock.adjust("9 minutes")
      assert.strictEqual(yield* waits(yield* started()), 0)
    }).pipe(Effect.scoped, desk)
  )

  it.effect("do not stop one that calls from elsewhere", () =>
    Effect.gen(function* () {
      const proxied = addressOf("https://api.binance.com", Redacted.make("http://ann:secret@proxy.test:3128"))
      assert.strictEqual(proxied, "api.binance.com by proxy.test:3128")
      assert.strictEqual(addressOf("https://api.binance.com/", undefined), ADDRESS)
      const [here, elsewhere] = [yield* started(), yield* started(proxied)]
      yield* here.toldToWait(60_000, true)
      yield* settle
      assert.strictEqual(yield* waits(elsewhere), 0)
    }).pipe(Effect.scoped, desk)
  )

  it.effect("believe a stop of three days, and none that is longer than any ban", () =>
    Effect.gen(function* () {
      const events = yield* Events
      const governor = yield* started()
      yield* events.publishStop({ address: ADDRESS, until: 4 * DAY, bannedUntil: 4 * DAY })
      yield* settle
      assert.strictEqual(yield* waits(governor), 0)
      // Told so long itself, a process says what the others will believe.
      const [one, other] = [yield* started("a"), yield* started("a")]
      yield* one.toldToWait(7 * DAY, true)
      yield* settle
      assert.strictEqual(yield* waits(other), 3 * DAY - 1)
    }).pipe(Effect.scoped, desk)
  )
})
