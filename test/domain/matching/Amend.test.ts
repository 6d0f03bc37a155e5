import { assert, describe, it } from "@effect/vitest"
import type { Command } from "../../../src/domain/matching/Command.ts"
import { listingOf } from "../../../src/domain/matching/Listing.ts"
import { buy, Exchange, executions, instrument, listing, sell, SYMBOL, told } from "./Exchange.ts"

const exchange = () => new Exchange().account("ann").account("ben").account("cas")
const amend = (venue: Exchange, clientOrderId: string, lots: number, newId = clientOrderId): Command => ({
  _tag: "Amend",
  at: ++venue.now,
  account: "ann",
  symbol: SYMBOL,
  order: { clientOrderId },
  lots,
  clientOrderId: newId
})

describe("Amend", () => {
  it("fewer lots keep the order's place and free the difference", () => {
    const venue = exchange()
    venue.place("ann", sell(5, 100, { clientOrderId: "mine" }))
    venue.place("ben", sell(5, 100))
    const events = venue.apply(amend(venue, "mine", 2, "renamed")).events
    assert.deepStrictEqual(told(events), ["REPLACED/NEW 0"])
    const [event] = executions(events)
    assert.strictEqual(event!.clientOrderId, "renamed")
    assert.strictEqual(event!.originalClientOrderId, "mine")
    assert.strictEqual(event!.lots, 2)
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [998, 2])
    assert.deepStrictEqual(venue.engine.levels(SYMBOL, "SELL"), [{ ticks: 100, lots: 7 }])
    const fill = executions(venue.place("cas", buy(3, 100))).filter((event) => event.trade?.maker === true)
    assert.deepStrictEqual(
      fill.map((event) => `${event.order.account} ${event.trade!.lots}`),
      ["ann 2", "ben 1"]
    )
  })

  it("more lots, the same lots, none, and fewer than have traded are refused", () => {
    const venue = exchange()
    venue.place("ann", sell(5, 100, { clientOrderId: "mine" }))
    venue.place("ben", buy(3, 100))
    const refused = (lots: number) => venue.refusal(amend(venue, "mine", lots))
    assert.strictEqual(refused(6), "-2038 Order amend (quantity increase) is not supported.")
    assert.strictEqual(refused(5), "-2038 The requested action would change no state; rejecting")
    assert.strictEqual(refused(0), "-1013 Invalid quantity.")
    assert.strictEqual(refused(2), "-1013 Invalid quantity.")
  })

  it("down to what has traded, nothing is left and the order expires", () => {
    const venue = exchange()
    venue.place("ann", sell(5, 100, { clientOrderId: "mine" }))
    venue.place("ben", buy(3, 100))
    const events = venue.apply(amend(venue, "mine", 3)).events
    assert.deepStrictEqual(told(events), ["REPLACED/PARTIALLY_FILLED 3", "EXPIRED/EXPIRED 3"])
    assert.deepStrictEqual(venue.engine.openOrders("ann"), [])
  })

  it("the new id must be free, and the old one is", () => {
    const venue = exchange()
    venue.place("ann", sell(5, 100, { clientOrderId: "mine" }))
    venue.place("ann", sell(5, 100, { clientOrderId: "taken" }))
    assert.strictEqual(venue.refusal(amend(venue, "mine", 3, "taken")), "-2038 Duplicate order sent.")
    venue.apply(amend(venue, "mine", 3, "new"))
    venue.place("ann", sell(1, 100, { clientOrderId: "mine" }))
    assert.lengthOf(venue.engine.openOrders("ann"), 3)
  })

  it("an order can be amended so many times only", () => {
    const venue = new Exchange({ ...listing, maxAmends: 2 }).account("ann")
    venue.place("ann", sell(5, 100, { clientOrderId: "mine" }))
    venue.apply(amend(venue, "mine", 4))
    venue.apply(amend(venue, "mine", 3))
    assert.strictEqual(venue.refusal(amend(venue, "mine", 2)), "-2038 Filter failure: MAX_NUM_ORDER_AMENDS")
  })

  it("the new quantity must pass the filters, in an amend's words", () => {
    const strict = {
      ...listingOf({ ...instrument, minQuantity: instrument.stepSize, minNotional: instrument.maxQuantity })
    }
    const venue = new Exchange(strict).account("ann", 1_000_000, 100_000)
    venue.place("ann", sell(20_000, 100, { clientOrderId: "mine" }))
    assert.strictEqual(venue.refusal(amend(venue, "mine", 9_999)), "-2038 Filter failure: NOTIONAL")
    assert.strictEqual(venue.refusal(amend(venue, "mine", 10_000)), "taken")
  })

  it("an iceberg loses hidden lots first", () => {
    const venue = exchange()
    venue.place("ann", sell(10, 100, { clientOrderId: "mine", icebergLots: 3 }))
    venue.apply(amend(venue, "mine", 5))
    assert.deepStrictEqual(venue.engine.levels(SYMBOL, "SELL"), [{ ticks: 100, lots: 3 }])
    venue.apply(amend(venue, "mine", 2))
    assert.deepStrictEqual(venue.engine.levels(SYMBOL, "SELL"), [{ ticks: 100, lots: 2 }])
  })

  it("one leg of an OCO takes the other along, and a new id is told of the list", () => {
    const venue = exchange()
    venue.lastTicks = 100
    const above = sell(5, 110, { type: "LIMIT_MAKER", clientOrderId: "above" })
    const below = sell(5, 0, { type: "STOP_LOSS", stopTicks: 90, clientOrderId: "below" })
    const list = { kind: "OCO", listClientOrderId: "list", above, below } as const
    venue.apply({ _tag: "PlaceList", at: venue.now, account: "ann", symbol: SYMBOL, list })
    const events = venue.apply(amend(venue, "above", 2, "renamed")).events
    assert.deepStrictEqual(told(events), ["REPLACED/NEW 0", "REPLACED/NEW 0"])
    const status = events.find((event) => event._tag === "ListStatus")
    assert.strictEqual(status?.type, "UPDATED")
    assert.deepStrictEqual(
      venue.engine.openOrders("ann").map((order) => order.lots),
      [2, 2]
    )
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [998, 2])
  })

  it("a symbol may not allow it", () => {
    const venue = new Exchange({ ...listing, amendAllowed: false }).account("ann")
    venue.place("ann", sell(5, 100, { clientOrderId: "mine" }))
    assert.strictEqual(venue.refusal(amend(venue, "mine", 2)), "-2038 Order amend is not supported for this symbol.")
  })
})
