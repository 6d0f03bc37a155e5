import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { AccountId } from "../../src/domain/Ids.ts"
import { CommandQueue, LANE_CAPACITY, laneOf, LANES } from "../../src/ports/CommandQueue.ts"
import { envelope } from "../kit/Messages.ts"
import { accountIn, queueSuite } from "../suites/queue.ts"

layer(CommandQueue.layerMemory)("CommandQueue in memory", (it) => {
  queueSuite(it)

  it.effect("answers false when a lane without a reader is full, and keeps what it took", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const account = accountIn(0)
      for (let n = 1; n <= LANE_CAPACITY; n++) assert.isTrue(yield* queue.offer(envelope(account, n)))
      assert.isFalse(yield* queue.offer(envelope(account, LANE_CAPACITY + 1)))
      // Another lane is not touched by it.
      assert.isTrue(yield* queue.offer(envelope(accountIn(1))))
      const commands = yield* queue.take([0])
      const taken = yield* Queue.takeAll(commands)
      assert.strictEqual(taken.length, LANE_CAPACITY)
      assert.deepStrictEqual(taken[0], envelope(account, 1))
      assert.isTrue(yield* queue.offer(envelope(account, LANE_CAPACITY + 2)))
    })
  )

  it.effect("answers false when a reader does not keep up", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const account = accountIn(8)
      yield* queue.take([8])
      for (let n = 1; n <= LANE_CAPACITY; n++) assert.isTrue(yield* queue.offer(envelope(account, n)))
      assert.isFalse(yield* queue.offer(envelope(account, LANE_CAPACITY + 1)))
    })
  )

  it.effect("keeps what a reader left untaken for the next one", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const account = accountIn(9)
      yield* Effect.scoped(Effect.andThen(queue.take([9]), queue.offer(envelope(account))))
      assert.deepStrictEqual(yield* Queue.take(yield* queue.take([9])), envelope(account))
    })
  )
})

describe("laneOf", () => {
  it("puts an account in the same lane in every version", () => {
    const account = AccountId.make("0191b2c3-4d5e-7f60-8a9b-0c1d2e3f4a5b")
    assert.strictEqual(laneOf(account), laneOf(AccountId.make(account)))
    // FNV-1a's published value for "a" is 0xe40c292c.
    assert.strictEqual(laneOf(AccountId.make("a")), 0xe40c292c % LANES)
  })
})
