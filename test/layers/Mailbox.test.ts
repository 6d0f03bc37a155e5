import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Queue } from "effect"
import { TestClock } from "effect/testing"
import * as Mailbox from "../../src/layers/Mailbox.ts"

/** Actors that add numbers up; a negative number kills them, and `open` keeps them resident. */
const adders = (options: {
  readonly totals: Queue.Queue<string>
  readonly gate?: Deferred.Deferred<void>
  readonly mayRetire?: () => boolean
}) =>
  Mailbox.make<string, number>({
    name: "adder",
    capacity: 4,
    batch: 1,
    maxResident: 2,
    idleMillis: 60_000,
    init: (key) =>
      Effect.gen(function* () {
        let total = 0
        yield* Queue.offer(options.totals, `${key} starts`)
        return {
          handle: ([number = 0]) =>
            Effect.gen(function* () {
              if (options.gate !== undefined) yield* Deferred.await(options.gate)
              if (number < 0) return yield* Effect.die(new Error("poison"))
              total += number
              yield* Queue.offer(options.totals, `${key} ${total}`)
            }),
          mayRetire: options.mayRetire ?? (() => true)
        }
      })
  })

const totalsQueue = Queue.bounded<string>(100)

describe("Mailbox", () => {
  it.effect("handles the messages of a key one at a time and in order", () =>
    Effect.gen(function* () {
      const totals = yield* totalsQueue
      const mailboxes = yield* adders({ totals })
      for (const number of [1, 2, 3]) assert.isTrue(mailboxes.offer("ann", number))
      assert.deepStrictEqual(yield* Queue.takeN(totals, 4), ["ann starts", "ann 1", "ann 3", "ann 6"])
    })
  )

  it.effect("refuses when full, and takes nothing then", () =>
    Effect.gen(function* () {
      const totals = yield* totalsQueue
      const gate = yield* Deferred.make<void>()
      const mailboxes = yield* adders({ totals, gate })
      mailboxes.offer("ann", 1)
      yield* Queue.take(totals)
      yield* Effect.yieldNow
      const taken = Array.from({ length: 10 }, () => mailboxes.offer("ann", 1)).filter(Boolean).length
      assert.isTrue(taken === 4 || taken === 3)
      yield* Deferred.succeed(gate, undefined)
      const last = yield* Queue.takeN(totals, taken + 1)
      assert.strictEqual(last.at(-1), `ann ${taken + 1}`)
    })
  )

  it.effect("refuses another key when too many are resident", () =>
    Effect.gen(function* () {
      const mailboxes = yield* adders({ totals: yield* totalsQueue })
      assert.deepStrictEqual(
        ["ann", "bob", "cid"].map((key) => mailboxes.offer(key, 1)),
        [true, true, false]
      )
    })
  )

  it.effect("builds an actor anew after a defect and keeps what still waited", () =>
    Effect.gen(function* () {
      const totals = yield* totalsQueue
      const mailboxes = yield* adders({ totals })
      for (const number of [5, -1, 7]) mailboxes.offer("ann", number)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Queue.takeN(totals, 4), ["ann starts", "ann 5", "ann starts", "ann 7"])
    })
  )

  it.effect("retires the idle, keeps those that may not retire, and starts again with the next message", () =>
    Effect.gen(function* () {
      const totals = yield* totalsQueue
      let open = true
      const mailboxes = yield* adders({ totals, mayRetire: () => !open })
      mailboxes.offer("ann", 1)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(mailboxes.resident(), 1)
      open = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(mailboxes.resident(), 0)
      mailboxes.offer("ann", 1)
      assert.deepStrictEqual(yield* Queue.takeN(totals, 4), ["ann starts", "ann 1", "ann starts", "ann 1"])
    })
  )
})
