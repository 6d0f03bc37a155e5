import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, Ref } from "effect"
import { TestClock } from "effect/testing"
import { Supervisor } from "../../src/layers/Supervisor.ts"

const supervised = <A, E>(test: Effect.Effect<A, E, Supervisor | import("effect").Scope.Scope>) =>
  Effect.provide(test, Supervisor.layer)

const stateOf = (name: string) =>
  Supervisor.use(({ states }) => Effect.map(states, (all) => all.find((state) => state.name === name)))

describe("Supervisor", () => {
  it.effect("starts work again after a failure, a defect, and an end that was not meant, and counts it", () =>
    supervised(
      Effect.gen(function* () {
        const runs = yield* Queue.bounded<number>(10)
        const count = yield* Ref.make(0)
        const supervisor = yield* Supervisor
        yield* supervisor.keepAlive(
          "worker",
          Effect.gen(function* () {
            const run = yield* Ref.updateAndGet(count, (n) => n + 1)
            yield* Queue.offer(runs, run)
            if (run === 1) return yield* Effect.fail("failure")
            if (run === 2) return yield* Effect.die(new Error("defect"))
            if (run === 3) return
            yield* supervisor.ready("worker")
            return yield* Effect.never
          })
        )
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(yield* Queue.takeN(runs, 4), [1, 2, 3, 4])
        const state = yield* stateOf("worker")
        assert.strictEqual(state?.restarts, 3)
        assert.strictEqual(state?.state, "running")
        assert.match(state?.lastFailure ?? "", /ended although/)
      })
    )
  )

  it.effect("waits longer after every failure in a row, and shortly again after a healthy run", () =>
    supervised(
      Effect.gen(function* () {
        const count = yield* Ref.make(0)
        const supervisor = yield* Supervisor
        yield* supervisor.keepAlive(
          "worker",
          Effect.gen(function* () {
            const run = yield* Ref.updateAndGet(count, (n) => n + 1)
            if (run === 9) yield* Effect.sleep("1 minute")
            return yield* Effect.fail("failure")
          })
        )
        yield* TestClock.adjust("2 seconds")
        assert.isBelow(yield* Ref.get(count), 7)
        yield* TestClock.adjust("3 minutes")
        // The ninth run was healthy: the failures after it come quickly again.
        assert.isAbove(yield* Ref.get(count), 12)
      })
    )
  )

  it.effect("gives every run a scope of its own, and ends with the caller's", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      yield* Effect.scoped(
        supervised(
          Effect.gen(function* () {
            const supervisor = yield* Supervisor
            const held = Effect.acquireRelease(
              Effect.sync(() => log.push("open")),
              () => Effect.sync(() => log.push("close"))
            )
            yield* supervisor.keepAlive("worker", Effect.andThen(held, Effect.sleep("1 second")))
            yield* TestClock.adjust("1500 millis")
          })
        )
      )
      assert.deepStrictEqual(log, ["open", "close", "open", "close"])
    })
  )
})
