// What callers hear when things go wrong behind the wire, or they do not keep up themselves. Time is the test's.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch } from "effect"
import { TestClock } from "effect/testing"
import { PaperJournalError } from "../../../../src/ports/PaperJournal.ts"
import { call, connect, exchange, limit, openAccount, place, quietMarket, signed } from "./Wire.ts"

describe("trouble behind the wire", () => {
  it.effect("a journal that does not answer leaves the outcome unknown after ten seconds", () =>
    Effect.gen(function* () {
      const [reached, released] = [yield* Latch.make(), yield* Latch.make(true)]
      yield* Effect.gen(function* () {
        yield* quietMarket
        const ann = yield* openAccount()
        yield* released.close
        yield* reached.close
        const link = yield* connect()
        const placing = yield* Effect.forkChild(place(ann, limit("BUY", "0.001", "50000")))
        yield* reached.await
        // Nobody is told of an order that a crash could undo.
        const asking = yield* Effect.forkChild(link.ask("openOrders.status", yield* signed(ann)))
        yield* Effect.yieldNow
        assert.strictEqual((yield* link.ask("ping")).status, 200)
        assert.isUndefined(asking.pollUnsafe())
        yield* TestClock.adjust("12 seconds")
        const { body, status } = yield* Fiber.join(placing)
        assert.deepStrictEqual([status, body.code], [503, -1007])
        yield* released.open
        yield* Fiber.join(asking)
        const open = yield* call(ann, "GET /api/v3/openOrders", { symbol: "BTCUSDT" })
        assert.lengthOf(open.body, 1)
      }).pipe(
        Effect.ensuring(released.open),
        Effect.provide(
          exchange({}, (journal) => ({
            ...journal,
            commit: (commit) =>
              reached.open.pipe(Effect.andThen(released.await), Effect.andThen(journal.commit(commit)))
          }))
        )
      )
    })
  )

  it.effect("a journal that fails leaves the outcome unknown, and the exchange comes back", () => {
    const failing = { now: false }
    return Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      failing.now = true
      const { body, status } = yield* place(ann, limit("BUY", "0.001", "50000"))
      assert.deepStrictEqual([status, body.code], [503, -1006])
      failing.now = false
      const again = yield* place(ann, limit("BUY", "0.001", "50000"))
      assert.strictEqual(again.status, 200, JSON.stringify(again.body))
    }).pipe(
      Effect.provide(
        exchange({}, (journal) => ({
          ...journal,
          commit: (commit) =>
            failing.now ? Effect.fail(new PaperJournalError({ message: "the disk is gone" })) : journal.commit(commit)
        }))
      )
    )
  })
})

describe("connections that do not keep up", () => {
  it.effect("one that answers no ping for a minute is cut, one that does is kept", () =>
    Effect.gen(function* () {
      const dead = yield* connect("", { autoPong: false })
      const alive = yield* connect()
      for (let n = 0; n < 4; n++) {
        yield* TestClock.adjust("20 seconds")
        // By the answer the pong that was sent before it has arrived.
        assert.strictEqual((yield* alive.ask("ping")).status, 200)
      }
      assert.strictEqual((yield* dead.gone).code, 1006)
      assert.isUndefined(alive.closed)
    }).pipe(Effect.provide(exchange()))
  )
})
