// What every `CommandQueue` does, in one process or between many.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Queue } from "effect"
import type { AccountId } from "../../src/domain/Ids.ts"
import { CommandQueue, laneOf, LANES } from "../../src/ports/CommandQueue.ts"
import { envelope, freshAccount } from "../kit/Messages.ts"

/** A new account whose commands go to this lane. */
export const accountIn = (lane: number): AccountId => {
  for (;;) {
    const account = freshAccount()
    if (laneOf(account) === lane) return account
  }
}

/** Each test has lanes of its own: a test's queue may outlive it in a shared Redis. */
export const queueSuite = (it: Vitest.MethodsNonLive<CommandQueue>): void => {
  it.effect("hands a command over exactly as it was offered", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const commands = yield* queue.take([0])
      const account = accountIn(0)
      const cancel = { ...envelope(account, 2), command: { _tag: "CancelOrder", orderId: "order-1" as never } } as const
      assert.isTrue(yield* queue.offer(envelope(account, 1)))
      assert.isTrue(yield* queue.offer(cancel))
      assert.deepStrictEqual(yield* Queue.take(commands), envelope(account, 1))
      assert.deepStrictEqual(yield* Queue.take(commands), cancel)
    })
  )

  it.effect("keeps the order of an account's commands", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const commands = yield* queue.take([1])
      const account = accountIn(1)
      const numbers = Array.from({ length: 300 }, (_, index) => index + 1)
      yield* Effect.forEach(numbers, (n) => queue.offer(envelope(account, n)), { discard: true })
      const taken = yield* Effect.forEach(numbers, () => Queue.take(commands))
      assert.deepStrictEqual(
        taken.map(({ commandId }) => commandId),
        numbers.map((n) => envelope(account, n).commandId)
      )
    })
  )

  it.effect("gives a reader the commands of its lanes and of no other", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const left = yield* queue.take([2, 3])
      const right = yield* queue.take([4])
      const accounts = [accountIn(2), accountIn(3), accountIn(4)] as const
      yield* Effect.forEach(accounts, (account) => queue.offer(envelope(account)), { discard: true })
      const lefts = [(yield* Queue.take(left)).accountId, (yield* Queue.take(left)).accountId]
      assert.sameMembers(lefts, [accounts[0], accounts[1]])
      assert.strictEqual((yield* Queue.take(right)).accountId, accounts[2])
      assert.strictEqual(yield* Queue.size(right), 0)
    })
  )

  it.effect("keeps commands for a reader that comes later", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const account = accountIn(5)
      assert.isTrue(yield* queue.offer(envelope(account)))
      const commands = yield* queue.take([5])
      assert.deepStrictEqual(yield* Queue.take(commands), envelope(account))
    })
  )

  it.effect("gives the lane's next reader what comes after the first one left", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const account = accountIn(6)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const commands = yield* queue.take([6])
          yield* queue.offer(envelope(account, 1))
          yield* Queue.take(commands)
        })
      )
      yield* queue.offer(envelope(account, 2))
      const commands = yield* queue.take([6])
      // At least once: the first may come again, the second must come.
      let last = yield* Queue.take(commands)
      if (last.commandId === envelope(account, 1).commandId) last = yield* Queue.take(commands)
      assert.deepStrictEqual(last, envelope(account, 2))
    })
  )

  it.effect("reads every lane there is", () =>
    Effect.gen(function* () {
      const queue = yield* CommandQueue
      const lanes = Array.from({ length: LANES - 7 }, (_, index) => index + 7)
      const commands = yield* queue.take(lanes)
      const accounts = lanes.map(accountIn)
      yield* Effect.forEach(accounts, (account) => queue.offer(envelope(account)), { discard: true })
      const taken = yield* Effect.forEach(accounts, () => Queue.take(commands))
      assert.sameMembers(
        taken.map(({ accountId }) => accountId),
        accounts
      )
    })
  )
}
