import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { StreamPace } from "../../../src/adapters/binance/StreamPace.ts"
import { AccountId } from "../../../src/domain/Ids.ts"

const ann = AccountId.make("ann")

describe("StreamPace", () => {
  it.effect("opens a lost stream again at once, and waits longer for each that ends soon", () =>
    Effect.gen(function* () {
      const pace = new StreamPace()
      yield* pace.turn(ann)
      yield* pace.turn(ann)
      for (const wait of [250, 500, 1000]) {
        const turn = yield* Effect.forkChild(pace.turn(ann), { startImmediately: true })
        yield* TestClock.adjust(wait - 1)
        assert.isUndefined(turn.pollUnsafe())
        yield* TestClock.adjust(1)
        yield* Fiber.join(turn)
      }
      yield* TestClock.adjust("30 seconds")
      yield* pace.turn(ann)
    })
  )

  it.effect("opens no more than Binance allows an address, whoever asks", () =>
    Effect.gen(function* () {
      const pace = new StreamPace()
      for (let n = 0; n < 200; n++) yield* pace.turn(AccountId.make(`account-${n}`))
      const { reason } = yield* Effect.flip(pace.turn(ann))
      assert.deepStrictEqual(reason._tag === "RateLimited" ? reason.retryAfterMillis : reason._tag, 300_000)
      yield* TestClock.adjust("5 minutes")
      yield* pace.turn(ann)
    })
  )
})
