import { assert, describe, it } from "@effect/vitest"
import type { Command } from "../../../src/domain/matching/Command.ts"
import type { NewOrder } from "../../../src/domain/matching/Order.ts"
import { unknownOrder, wouldMatch } from "../../../src/domain/matching/Rejection.ts"
import { buy, Exchange, executions, listing, order, sell, SYMBOL, told } from "./Exchange.ts"

const replace = (
  venue: Exchange,
  clientOrderId: string,
  asked: NewOrder,
  more: Partial<Extract<Command, { _tag: "CancelReplace" }>> = {}
): Command => ({
  _tag: "CancelReplace",
  at: ++venue.now,
  account: "ann",
  symbol: SYMBOL,
  cancel: { clientOrderId },
  cancelId: "cancel-1",
  mode: "STOP_ON_FAILURE",
  mayPlace: true,
  order: asked,
  ...more
})

const exchange = () => {
  const venue = new Exchange().account("ann", 500).account("ben")
  venue.place("ann", buy(5, 100, { clientOrderId: "old" }))
  return venue
}

describe("Cancel-replace", () => {
  it("frees the old order's funds for the new one", () => {
    const venue = exchange()
    const outcome = venue.apply(replace(venue, "old", buy(4, 110)))
    assert.deepStrictEqual(told(outcome.events), ["CANCELED/CANCELED 0", "NEW/NEW 0"])
    assert.deepStrictEqual(outcome.replace, { cancel: "done", placed: "done" })
    assert.deepStrictEqual(venue.balance("ann", "USD"), [60, 440])
  })

  it("loses the old order's place", () => {
    const venue = exchange()
    venue.place("ben", buy(1, 100))
    venue.apply(replace(venue, "old", buy(5, 100)))
    const fills = executions(venue.place("ben", sell(1, 100, { stp: "NONE" })))
    const maker = fills.find((event) => event.trade?.maker === true)
    assert.strictEqual(maker!.order.account, "ben")
  })

  it("a new order that fails a filter leaves the old one alone", () => {
    const venue = exchange()
    assert.strictEqual(venue.refusal(replace(venue, "old", buy(0, 100))), "-1013 Invalid quantity.")
    assert.lengthOf(venue.engine.openOrders("ann"), 1)
  })

  it("STOP_ON_FAILURE attempts nothing where the cancel fails", () => {
    const venue = exchange()
    const outcome = venue.apply(replace(venue, "none", buy(1, 100)))
    assert.deepStrictEqual(outcome.replace, { cancel: unknownOrder, placed: "notAttempted" })
    assert.isFalse(outcome.changed)
  })

  it("ALLOW_FAILURE places though the cancel fails", () => {
    const venue = new Exchange().account("ann")
    const outcome = venue.apply(replace(venue, "none", buy(1, 100), { mode: "ALLOW_FAILURE" }))
    assert.deepStrictEqual(outcome.replace, { cancel: unknownOrder, placed: "done" })
    assert.deepStrictEqual(told(outcome.events), ["NEW/NEW 0"])
  })

  it("a new order that the engine refuses after the cancel is told as rejected", () => {
    const venue = exchange()
    const outcome = venue.apply(replace(venue, "old", buy(6, 100)))
    assert.deepStrictEqual(told(outcome.events), ["CANCELED/CANCELED 0", "REJECTED/REJECTED 0"])
    assert.strictEqual(executions(outcome.events).at(-1)!.rejectReason, "INSUFFICIENT_BALANCES")
    assert.deepStrictEqual(venue.engine.openOrders("ann"), [])
  })

  it("where both halves fail nothing changes and both verdicts are told", () => {
    const venue = exchange().outside({ asks: [[101, 1]] })
    const asked = order({ type: "LIMIT_MAKER", ticks: 101 })
    const outcome = venue.apply(replace(venue, "none", asked, { mode: "ALLOW_FAILURE" }))
    assert.deepStrictEqual(outcome.replace, { cancel: unknownOrder, placed: wouldMatch })
    assert.isFalse(outcome.changed)
  })

  it("beyond the order limit only the cancel is done", () => {
    const venue = exchange()
    const outcome = venue.apply(replace(venue, "old", buy(1, 100), { mayPlace: false }))
    assert.deepStrictEqual(outcome.replace, { cancel: "done", placed: "notAttempted" })
    assert.deepStrictEqual(told(outcome.events), ["CANCELED/CANCELED 0"])
  })

  it("a symbol may not allow it", () => {
    const venue = new Exchange({ ...listing, cancelReplaceAllowed: false }).account("ann")
    assert.strictEqual(
      venue.refusal(replace(venue, "old", buy(1, 100))),
      "-2010 Order cancel-replace is not supported for this symbol."
    )
  })
})
