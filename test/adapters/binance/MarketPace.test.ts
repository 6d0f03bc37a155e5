import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { MarketPace, MAX_OPENED } from "../../../src/adapters/binance/MarketPace.ts"

describe("MarketPace", () => {
  it.effect("lets a desk that reconnects all the time open so many connections in any five minutes, and no more", () =>
    Effect.gen(function* () {
      const pace = new MarketPace()
      const opened: Array<number> = []
      const loop = yield* Effect.forkChild(
        Effect.forever(
          Effect.gen(function* () {
            yield* pace.turn
            opened.push(yield* Effect.clockWith((clock) => clock.currentTimeMillis))
            yield* Effect.sleep("100 millis")
          })
        )
      )
      yield* TestClock.adjust("16 minutes")
      yield* Fiber.interrupt(loop)
      for (const [index, at] of opened.entries()) {
        const within = opened.slice(index).filter((other) => other < at + 5 * 60_000)
        assert.isAtMost(within.length, MAX_OPENED)
      }
      assert.strictEqual(opened.length, 4 * MAX_OPENED, "and none of the allowance is lost")
    })
  )
})
