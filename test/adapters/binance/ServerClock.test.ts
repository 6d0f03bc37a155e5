import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as ServerClock from "../../../src/adapters/binance/ServerClock.ts"
import { ExchangeError, NotSent } from "../../../src/ports/Exchange.ts"

/** Binance's clock is a minute ahead; `asked` counts the questions. */
const ahead = () => {
  const asked = { times: 0 }
  const ask = Effect.map(Clock.currentTimeMillis, (now) => {
    asked.times++
    return { serverTime: now + 60_000 }
  })
  return { ask, asked }
}

describe("Binance's clock", () => {
  it.effect("is measured once for all who need it, and again from time to time", () =>
    Effect.gen(function* () {
      const { ask, asked } = ahead()
      const clock = yield* ServerClock.make(ask)
      assert.strictEqual(clock.offsetMillis(), 0)
      yield* Effect.all([clock.measured, clock.measured], { concurrency: 2 })
      assert.strictEqual(clock.offsetMillis(), 60_000)
      const before = asked.times
      yield* clock.measured
      assert.strictEqual(asked.times, before)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(asked.times, 2 * before)
    })
  )

  it.effect("is healed once for all who were refused together, and anew for who is refused later", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { ask, asked } = ahead()
      const clock = yield* ServerClock.make(Effect.andThen(Deferred.await(gate), ask))
      const together = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(clock.heal, { startImmediately: true })
      )
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll(together)
      assert.strictEqual(asked.times, 1)
      assert.strictEqual(clock.offsetMillis(), 60_000)
      yield* clock.heal
      assert.strictEqual(asked.times, 2)
    })
  )

  it.effect("keeps what it was where it cannot be measured anew", () =>
    Effect.gen(function* () {
      const { ask } = ahead()
      let isDown = false
      const away = Effect.fail(new ExchangeError({ reason: new NotSent({ message: "away" }) }))
      const clock = yield* ServerClock.make(Effect.suspend((): typeof ask | typeof away => (isDown ? away : ask)))
      yield* clock.measured
      isDown = true
      assert.strictEqual((yield* Effect.flip(clock.heal)).reason._tag, "NotSent")
      assert.strictEqual(clock.offsetMillis(), 60_000)
    })
  )
})
