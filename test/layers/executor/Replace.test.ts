// An order in another's place, through the desk: one call, two orders, and evidence for both.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Queue, Ref } from "effect"
import { TestClock } from "effect/testing"
import * as Money from "../../../src/domain/Money.ts"
import type { Exchange } from "../../../src/ports/Exchange.ts"
import { ExchangeError, Refused } from "../../../src/ports/Exchange.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { balance, desk, inWorld, send, statuses, unknown, until } from "../../kit/PaperDesk.ts"
import * as StillMarket from "../../kit/StillMarket.ts"
import { accountId, amend, cancel, limit, maker, orderId, place, placeList, replace, stop } from "../../kit/Trading.ts"

const resting = place(1, limit("SELL", "0.8", "61000"))
const nearer = replace(1, 2, limit("SELL", "0.9", "60500"))

type Real = Exchange["Service"]

describe("a replacement", () => {
  it.effect("cancels the one and places the other, with money that the one held", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        yield* desk()
        yield* send(resting)
        yield* until(updates, { 1: "NEW" })
        yield* send(nearer)
        const seen = yield* until(updates, { 1: "CANCELED", 2: "NEW" })
        assert.deepStrictEqual(
          seen.slice(0, 2).map(({ event }) => event._tag),
          ["CancelSubmitted", "OrderSubmitted"]
        )
        assert.strictEqual(seen[1]?.order?.replaces, orderId(1))
        for (const { balances } of seen) for (const { free } of balances) assert.isFalse(Money.isNegative(free))
        assert.strictEqual(yield* balance("BTC"), "0.1 + 0.9")
        const receipt = yield* Journal.use((journal) => journal.receipt(accountId, nearer.commandId))
        assert.strictEqual(Option.getOrThrow(receipt).orderId, orderId(2))
        yield* send(cancel(2))
        yield* until(updates, { 2: "CANCELED" })
        assert.strictEqual(yield* balance("BTC"), "1 + 0")
      })
    )
  )

  it.effect("whose old order has filled meanwhile places nothing, and both ends are known", () =>
    inWorld((updates, data) =>
      Effect.gen(function* () {
        yield* desk((real: Real) => ({
          replace: (...given) =>
            Effect.suspend(() => {
              StillMarket.trade(data, "BUY", 61_001, 200_000)
              return real.replace(...given)
            })
        }))
        yield* send(resting)
        yield* until(updates, { 1: "NEW" })
        yield* send(nearer)
        const seen = yield* until(updates, { 1: "FILLED", 2: "REJECTED" })
        const last = seen.findLast(({ order }) => order?.orderId === orderId(2))
        assert.match(last?.order?.reason ?? "", /could not be cancelled/)
        assert.strictEqual(yield* balance("BTC"), "0.2 + 0")
      })
    )
  )

  it.effect("whose new order is refused after the cancel leaves neither, and says why", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        yield* desk()
        yield* send(resting)
        yield* until(updates, { 1: "NEW" })
        // It would take, which a maker may not: the exchange finds that out once the old order is gone.
        yield* send(replace(1, 2, maker("SELL", "0.8", "60000")))
        yield* until(updates, { 1: "CANCELED", 2: "REJECTED" })
        assert.strictEqual(yield* balance("BTC"), "1 + 0")
      })
    )
  )

  it.effect("that the exchange refuses whole leaves the old order as it was", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        const reason = new Refused({ code: -1013, message: "Filter failure: PERCENT_PRICE" })
        yield* desk(() => ({ replace: () => Effect.fail(new ExchangeError({ reason })) }))
        yield* send(resting)
        yield* until(updates, { 1: "NEW" })
        yield* send(nearer)
        yield* until(updates, { 1: "NEW", 2: "REJECTED" })
        assert.strictEqual(yield* balance("BTC"), "0.2 + 0.8")
      })
    )
  )

  it.effect("without an answer leaves both in doubt; what was done is found, and it is sent once", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        const calls = yield* Ref.make(0)
        yield* desk((real: Real) => ({
          absenceProvenAfterMillis: 15_000,
          replace: (...given) =>
            Ref.update(calls, (n) => n + 1).pipe(Effect.andThen(real.replace(...given)), Effect.andThen(unknown)),
          reports: () => Queue.bounded<never>(1)
        }))
        yield* send(resting)
        yield* TestClock.adjust("10 seconds")
        yield* until(updates, { 1: "NEW" })
        yield* send(nearer)
        yield* until(updates, { 1: "UNKNOWN", 2: "UNKNOWN" })
        assert.strictEqual(yield* balance("BTC"), "0.1 + 0.9")
        yield* TestClock.adjust("2 seconds")
        yield* until(updates, { 1: "CANCELED", 2: "NEW" })
        assert.strictEqual(yield* balance("BTC"), "0.1 + 0.9")
        assert.strictEqual(yield* Ref.get(calls), 1)
      })
    )
  )

  it.effect("that never arrived is known not to have, for both, only once absence is proof", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        yield* desk(() => ({ absenceProvenAfterMillis: 15_000, replace: () => unknown }))
        yield* send(resting)
        yield* until(updates, { 1: "NEW" })
        yield* send(nearer)
        yield* until(updates, { 1: "UNKNOWN", 2: "UNKNOWN" })
        yield* TestClock.adjust("14 seconds")
        assert.deepStrictEqual(yield* statuses(1, 2), ["UNKNOWN", "UNKNOWN"])
        yield* TestClock.adjust("10 seconds")
        yield* until(updates, { 1: "NEW", 2: "REJECTED" })
        assert.strictEqual(yield* balance("BTC"), "0.2 + 0.8")
      })
    )
  )

  it.effect("never comes on top of what has traded meanwhile: known or not, the old order goes on as it is", () =>
    inWorld((updates, data) =>
      Effect.gen(function* () {
        const trades = () => StillMarket.trade(data, "BUY", 60_101, 30_000)
        yield* desk((real: Real) => ({
          replace: (...given) => Effect.andThen(Effect.sync(trades), real.replace(...given))
        }))
        yield* send(place(1, limit("SELL", "0.8", "60100")))
        yield* until(updates, { 1: "NEW" })
        // It trades while the call is on its way.
        yield* send(replace(1, 2, limit("SELL", "0.8", "60500")))
        const first = yield* until(updates, { 1: "PARTIALLY_FILLED", 2: "REJECTED" })
        assert.match(first.findLast(({ order }) => order?.orderId === orderId(2))?.order?.reason ?? "", /not placed/)
        // It is known to have traded, and whoever asks does not say so.
        yield* send(replace(1, 3, limit("SELL", "0.8", "60500")))
        const second = yield* until(updates, { 3: "DENIED" })
        assert.nestedPropertyVal(second.at(-1), "event.reason._tag", "ReplacedTraded")
        assert.match(
          second.at(-1)?.order?.reason ?? "",
          /^Of the order 0\.3 has traded by now, not 0: nothing was changed/
        )
        yield* send(replace(1, 4, limit("SELL", "0.2", "60500"), "0.3"))
        yield* until(updates, { 1: "CANCELED", 4: "NEW" })
      })
    )
  )

  it.effect("is denied for an order of a list, one that is busy, one that is gone, and another side", () =>
    inWorld((updates) =>
      Effect.gen(function* () {
        yield* desk((real: Real) => ({
          replace: () => Effect.die("sent"),
          amend: () => Effect.never,
          query: real.query
        }))
        yield* send(
          placeList(1, "OCO", [
            ["above", 1, maker("SELL", "0.1", "60100")],
            ["below", 2, stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59900" })]
          ])
        )
        yield* send(place(3, limit("SELL", "0.1", "61000")))
        yield* send(place(4, limit("SELL", "0.1", "61000")))
        yield* until(updates, { 1: "NEW", 2: "NEW", 3: "NEW", 4: "NEW" })
        yield* send(amend(3, "0.05"))
        yield* send(replace(1, 11, limit("SELL", "0.1", "60500")))
        yield* send(replace(3, 12, limit("SELL", "0.1", "60500")))
        yield* send(replace(9, 13, limit("SELL", "0.1", "60500")))
        yield* send(replace(4, 14, limit("BUY", "0.1", "59000")))
        yield* send(replace(4, 15, limit("SELL", "5", "60500")))
        const seen = yield* until(updates, { 11: "DENIED", 12: "DENIED", 13: "DENIED", 14: "DENIED", 15: "DENIED" })
        const reasons = seen.flatMap(({ event }) => (event._tag === "OrderDenied" ? [event.reason._tag] : []))
        assert.deepStrictEqual(reasons, [
          "NotReplaceable",
          "NotReplaceable",
          "OrderAlreadyClosed",
          "NotReplaceable",
          "InsufficientBalance"
        ])
      })
    )
  )
})
