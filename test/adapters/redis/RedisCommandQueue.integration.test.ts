import { assert, it, layer } from "@effect/vitest"
import { Effect, Layer, Queue, Redacted, type Scope } from "effect"
import { RedisClient } from "../../../src/adapters/redis/RedisClient.ts"
import * as RedisCommandQueue from "../../../src/adapters/redis/RedisCommandQueue.ts"
import * as Channels from "../../../src/contract/Channels.ts"
import { CommandQueue } from "../../../src/ports/CommandQueue.ts"
import { describeRedis, layerClient, RedisServer, whenConnected } from "../../kit/Redis.ts"
import { envelope } from "../../kit/Messages.ts"
import { accountIn, queueSuite } from "../../suites/queue.ts"

/** A queue with a connection, and the server it is on. */
const desk = Layer.effectDiscard(whenConnected).pipe(
  Layer.provideMerge(RedisCommandQueue.layer),
  Layer.provideMerge(layerClient),
  Layer.provideMerge(RedisServer.layer)
)
const fresh = <A, E>(effect: Effect.Effect<A, E, CommandQueue | RedisClient | RedisServer | Scope.Scope>) =>
  Effect.provide(effect, Layer.fresh(desk))

describeRedis("CommandQueue on Redis", () => {
  layer(desk, { excludeTestServices: true, timeout: "20 seconds" })((it) => {
    queueSuite(it)

    it.effect("hands over again what an earlier reader took and did not acknowledge", () =>
      Effect.gen(function* () {
        const queue = yield* CommandQueue
        const redis = yield* RedisClient
        const key = Channels.orderSubmit(0)
        const account = accountIn(0)
        // A reader that dies between taking and acknowledging, as Redis sees it.
        yield* Effect.scoped(queue.take([0]))
        yield* queue.offer(envelope(account, 1))
        yield* redis.use((connection) =>
          connection.xReadGroup(Channels.EXECUTORS, "owner", { key, id: ">" }, { COUNT: 1000 })
        )
        yield* queue.offer(envelope(account, 2))
        const commands = yield* queue.take([0])
        const ids: Array<string> = []
        while (ids.at(-1) !== "command-2") {
          const taken = yield* Queue.take(commands)
          if (taken.accountId === account) ids.push(taken.commandId)
        }
        assert.deepStrictEqual(ids, ["command-1", "command-2"])
      })
    )

    it.effect("acknowledges what it handed over", () =>
      Effect.gen(function* () {
        const queue = yield* CommandQueue
        const redis = yield* RedisClient
        const account = accountIn(1)
        const commands = yield* queue.take([1])
        yield* queue.offer(envelope(account))
        while ((yield* Queue.take(commands)).accountId !== account) continue
        // Handed over first, acknowledged right after: the next read's answer comes after the acknowledgement.
        yield* queue.offer(envelope(account, 2))
        while ((yield* Queue.take(commands)).commandId !== "command-2") continue
        const pending = yield* redis.use((connection) =>
          connection.xPending(Channels.orderSubmit(1), Channels.EXECUTORS)
        )
        assert.isAtMost(pending.pending, 1)
      })
    )

    it.effect("passes over an entry that is not ours", () =>
      Effect.gen(function* () {
        const queue = yield* CommandQueue
        const redis = yield* RedisClient
        const account = accountIn(2)
        const key = Channels.orderSubmit(2)
        yield* redis.use((connection) => connection.xAdd(key, "*", { envelope: "{}" }))
        yield* redis.use((connection) => connection.xAdd(key, "*", { other: "thing" }))
        yield* queue.offer(envelope(account))
        const commands = yield* queue.take([2])
        let taken = yield* Queue.take(commands)
        while (taken.accountId !== account) taken = yield* Queue.take(commands)
        assert.deepStrictEqual(taken, envelope(account))
      })
    )
  })

  it.live("answers false when Redis is gone, and works again when it is back", () =>
    fresh(
      Effect.gen(function* () {
        const queue = yield* CommandQueue
        const server = yield* RedisServer
        const account = accountIn(3)
        const commands = yield* queue.take([3])
        assert.isTrue(yield* queue.offer(envelope(account, 1)))
        assert.strictEqual((yield* Queue.take(commands)).commandId, "command-1")

        yield* server.stop
        assert.isFalse(yield* queue.offer(envelope(account, 2)))
        assert.isFalse(yield* queue.offer(envelope(account, 3)))

        yield* server.start
        yield* whenConnected
        assert.isTrue(yield* queue.offer(envelope(account, 4)))
        // The reader came back by itself, to a Redis that had forgotten the lane.
        assert.strictEqual((yield* Queue.take(commands)).commandId, "command-4")
      })
    )
  )

  it.live("answers false when Redis does not answer", () =>
    fresh(
      Effect.gen(function* () {
        const queue = yield* CommandQueue
        const server = yield* RedisServer
        yield* server.freeze
        assert.isFalse(yield* queue.offer(envelope(accountIn(4))))
        yield* server.thaw
      })
    )
  )

  it.live("starts without Redis, and works once it is there", () =>
    Effect.provide(
      Effect.gen(function* () {
        const server = yield* RedisServer
        yield* server.stop
        yield* Effect.provide(
          Effect.gen(function* () {
            const queue = yield* CommandQueue
            const account = accountIn(5)
            const commands = yield* queue.take([5])
            assert.isFalse(yield* queue.offer(envelope(account, 1)))
            yield* server.start
            yield* whenConnected
            assert.isTrue(yield* queue.offer(envelope(account, 2)))
            assert.strictEqual((yield* Queue.take(commands)).commandId, "command-2")
          }),
          Layer.provideMerge(RedisCommandQueue.layer, layerClient)
        )
      }),
      Layer.fresh(RedisServer.layer)
    )
  )
})

it.effect("refuses a REDIS_URL that is none, without repeating it", () =>
  Effect.gen(function* () {
    const refusal = yield* Effect.flip(Layer.build(RedisClient.layer(Redacted.make("http://user:hunter2@example.org"))))
    assert.strictEqual(refusal._tag, "ConfigInvalid")
    assert.notInclude(refusal.message, "hunter2")
  })
)
