// Orders that belong together, through the desk: one command, one call, and each order's fate by its own evidence.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Queue, Ref } from "effect"
import { TestClock } from "effect/testing"
import * as Money from "../../../src/domain/Money.ts"
import type { Report } from "../../../src/domain/Report.ts"
import type { ApprovedList } from "../../../src/domain/Risk.ts"
import { ExchangeError, Refused } from "../../../src/ports/Exchange.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { balance, desk, exchange, inWorld, send, statuses, unknown, until } from "../../kit/PaperDesk.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { accountId, cancel, limit, maker, placeList, stop } from "../../kit/Trading.ts"

const exit = placeList(1, "OCO", [
  ["above", 1, maker("SELL", "0.5", "60100")],
  ["below", 2, stop("STOP_LOSS", "SELL", "0.5", { stopPrice: "59900" })]
])

const bracket = placeList(1, "OTOCO", [
  ["working", 1, limit("BUY", "0.5", "60000")],
  ["above", 2, maker("SELL", "0.4", "60100")],
  ["below", 3, stop("STOP_LOSS", "SELL", "0.4", { stopPrice: "59900" })]
])

describe("an order list", () => {
  it.effect("is decided in one step, held for once, and one order's fill ends the other", () =>
    inWorld((updates, data) =>
      Effect.gen(function* () {
        yield* desk()
        yield* send(exit)
        const placed = yield* until(updates, { 1: "NEW", 2: "NEW" })
        const submitted = placed.filter(({ event }) => event._tag === "OrderSubmitted")
        assert.deepStrictEqual(
          submitted.map(({ order }) => order?.list?.role),
          ["above", "below"]
        )
        assert.strictEqual((submitted[1]?.seq ?? 0) - (submitted[0]?.seq ?? 0), 1)
        assert.strictEqual(yield* balance("BTC"), "0.5 + 0.5")
        StillMarket.trade(data, "BUY", 60_101, 20_000)
        yield* until(updates, { 1: "PARTIALLY_FILLED", 2: "EXPIRED" })
        assert.strictEqual(yield* balance("BTC"), "0.5 + 0.3")
        StillMarket.trade(data, "BUY", 60_101, 90_000)
        yield* until(updates, { 1: "FILLED" })
        assert.strictEqual(yield* balance("BTC"), "0.5 + 0")
      })
    )
  )

  it.effect("holds what is left for the one that fills, though the other's end is not heard yet", () =>
    inWorld((updates, data) =>
      Effect.gen(function* () {
        yield* desk((real) => ({
          // The stream tells the ends of orders late: only with the next report.
          reports: (account) =>
            Effect.gen(function* () {
              const told = yield* real.reports(account)
              const late = yield* Queue.unbounded<Report>()
              yield* Effect.gen(function* () {
                const kept: Array<Report> = []
                while (true) {
                  const report = yield* Queue.take(told)
                  if (report._tag === "Expired") kept.push(report)
                  else yield* Queue.offerAll(late, [report, ...kept.splice(0)])
                }
              }).pipe(Effect.ignoreCause, Effect.forkScoped)
              return late as never
            })
        }))
        yield* send(exit)
        yield* until(updates, { 1: "NEW", 2: "NEW" })
        StillMarket.trade(data, "BUY", 60_101, 90_000)
        const seen = yield* until(updates, { 1: "FILLED", 2: "EXPIRED" })
        assert.deepStrictEqual(
          seen.map(({ event }) => event._tag),
          ["LegReleased", "OrderFilled", "OrderExpired"]
        )
        for (const { balances } of seen) for (const { free } of balances) assert.isFalse(Money.isNegative(free))
        assert.strictEqual(yield* balance("BTC"), "0.5 + 0")
      })
    )
  )

  it.effect("with a working order holds for that one alone, then for what is placed with its fill", () =>
    inWorld((updates, data) =>
      Effect.gen(function* () {
        yield* desk()
        yield* send(bracket)
        yield* until(updates, { 1: "NEW", 2: "PENDING_NEW", 3: "PENDING_NEW" })
        assert.strictEqual(yield* balance("USDT"), "70000 + 30000")
        assert.strictEqual(yield* balance("BTC"), "1 + 0")
        StillMarket.trade(data, "SELL", 59_999, 150_000)
        const seen = yield* until(updates, { 1: "FILLED", 2: "NEW", 3: "NEW" })
        assert.include(
          seen.map(({ event }) => event._tag),
          "LegPlaced"
        )
        assert.strictEqual(yield* balance("BTC"), "1.0995 + 0.4")
        assert.strictEqual(yield* balance("USDT"), "70000 + 0")
        StillMarket.trade(data, "SELL", 59_900, 1)
        yield* until(updates, { 2: "EXPIRED", 3: "FILLED" })
        assert.strictEqual(yield* balance("BTC"), "1.0995 + 0")
      })
    )
  )

  it.effect("ends whole when one of its orders is cancelled", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        yield* desk()
        yield* send(bracket)
        yield* until(updates, { 1: "NEW", 2: "PENDING_NEW", 3: "PENDING_NEW" })
        yield* send(cancel(3))
        yield* until(updates, { 1: "CANCELED", 2: "CANCELED", 3: "CANCELED" })
        assert.strictEqual(yield* balance("USDT"), "100000 + 0")
      })
    )
  )

  it.effect("without an answer leaves each order UNKNOWN, and absence closes each; it is sent once", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        const calls = yield* Ref.make(0)
        yield* desk(() => ({
          absenceProvenAfterMillis: 15_000,
          submitList: () =>
            Effect.andThen(
              Ref.update(calls, (n) => n + 1),
              unknown
            )
        }))
        yield* send(exit)
        yield* until(updates, { 1: "UNKNOWN", 2: "UNKNOWN" })
        assert.strictEqual(yield* balance("BTC"), "0.5 + 0.5")
        yield* TestClock.adjust("14 seconds")
        assert.deepStrictEqual(yield* statuses(1, 2), ["UNKNOWN", "UNKNOWN"])
        yield* TestClock.adjust("10 seconds")
        yield* until(updates, { 1: "REJECTED", 2: "REJECTED" })
        assert.strictEqual(yield* balance("BTC"), "1 + 0")
        assert.strictEqual(yield* Ref.get(calls), 1)
      })
    )
  )

  it.effect("that the exchange has taken without an answer getting through is found, order by order", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        yield* desk((real) => ({
          absenceProvenAfterMillis: 15_000,
          submitList: (list: ApprovedList) => Effect.andThen(real.submitList(list), unknown),
          reports: () => Queue.bounded<never>(1)
        }))
        yield* send(bracket)
        yield* until(updates, { 1: "UNKNOWN", 2: "UNKNOWN", 3: "UNKNOWN" })
        yield* TestClock.adjust("1 second")
        yield* until(updates, { 1: "NEW", 2: "PENDING_NEW", 3: "PENDING_NEW" })
        assert.strictEqual(yield* balance("USDT"), "70000 + 30000")
      })
    )
  )

  it.effect("that the exchange refuses is rejected whole, in its words", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        const message = "Market is closed."
        yield* desk(() => ({
          submitList: () => Effect.fail(new ExchangeError({ reason: new Refused({ code: -2010, message }) }))
        }))
        yield* send(exit)
        const seen = yield* until(updates, { 1: "REJECTED", 2: "REJECTED" })
        assert.strictEqual(seen.at(-1)?.order?.reason, message)
        assert.strictEqual(yield* balance("BTC"), "1 + 0")
      })
    )
  )

  it.effect("that our rules refuse is denied whole, and nothing leaves the house", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        yield* desk(() => ({ submitList: () => Effect.die("sent") }))
        yield* send(
          placeList(1, "OCO", [
            ["above", 1, maker("SELL", "1.5", "60100")],
            ["below", 2, stop("STOP_LOSS", "SELL", "1.5", { stopPrice: "59900" })]
          ])
        )
        const seen = yield* until(updates, { 1: "DENIED", 2: "DENIED" })
        assert.match(seen.at(-1)?.order?.reason ?? "", /Not enough BTC: 1.5 needed, 1 free/)
        const receipt = yield* Journal.use((journal) => journal.receipt(accountId, exit.commandId))
        assert.strictEqual(Option.getOrThrow(receipt).outcome, "denied")
      })
    )
  )

  it.effect("whose working order filled while nobody heard is level again after the next start", () =>
    inWorld((updates, data) =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* desk()
            yield* send(bracket)
            yield* until(updates, { 1: "NEW", 2: "PENDING_NEW", 3: "PENDING_NEW" })
          })
        )
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* Layer.build(Layer.fresh(exchange))
            StillMarket.trade(data, "SELL", 59_999, 150_000)
          })
        )
        yield* desk()
        yield* until(updates, { 1: "FILLED", 2: "NEW", 3: "NEW" })
        assert.strictEqual(yield* balance("BTC"), "1.0995 + 0.4")
      })
    )
  )
})
