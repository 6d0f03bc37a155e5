import { assert, describe, it } from "@effect/vitest"
import { Exchange, executions, order } from "./Exchange.ts"
import { firesAt } from "../../../src/domain/matching/Trailing.ts"

const exchange = (lastTicks = 1_000) => {
  const venue = new Exchange().account("ann").account("ben")
  venue.lastTicks = lastTicks
  return venue
}
const trailing = (side: "BUY" | "SELL", trailingBips: number, more: object = {}) =>
  order({ type: "STOP_LOSS_LIMIT", side, ticks: 1_000, trailingBips, ...more })
const types = (venue: Exchange, ticks: number) => executions(venue.tape(ticks, 1, "BUY").events).map(({ type }) => type)

describe("Trailing stops", () => {
  it("a SELL fires a delta below the highest price since it began", () => {
    const venue = exchange()
    venue.place("ann", trailing("SELL", 100, { ticks: 900 }))
    assert.deepStrictEqual(types(venue, 991), [])
    assert.deepStrictEqual(types(venue, 1_100), [])
    assert.deepStrictEqual(types(venue, 1_090), [])
    const [event] = executions(venue.tape(1_089, 1, "SELL").events)
    assert.isTrue(event!.working)
  })

  it("a BUY fires a delta above the lowest", () => {
    const venue = exchange()
    venue.place("ann", trailing("BUY", 100, { ticks: 1_100 }))
    assert.deepStrictEqual(types(venue, 900), [])
    assert.deepStrictEqual(types(venue, 908), [])
    assert.deepStrictEqual(types(venue, 909), ["NEW"])
  })

  it("it begins to track at once, or with the next trade where there was none", () => {
    const venue = exchange()
    const [tracking] = executions(venue.place("ann", trailing("SELL", 100)))
    assert.strictEqual(tracking!.order.trailingAt, venue.now)
    const quiet = exchange(0)
    const [waiting] = executions(quiet.place("ann", trailing("SELL", 100)))
    assert.strictEqual(waiting!.order.trailingAt, -1)
    quiet.tape(1_000, 1, "BUY")
    assert.strictEqual(waiting!.order.trailingAt, quiet.now)
    assert.deepStrictEqual(types(quiet, 990), ["NEW"])
  })

  it("with a stop price it tracks from the first trade that reaches it, which seeds the extreme", () => {
    const venue = exchange()
    const [placed] = executions(
      venue.place(
        "ann",
        order({ type: "TAKE_PROFIT_LIMIT", side: "SELL", ticks: 900, trailingBips: 100, stopTicks: 1_200 })
      )
    )
    assert.deepStrictEqual(types(venue, 1_100), [])
    assert.deepStrictEqual(types(venue, 1_000), [])
    assert.strictEqual(placed!.order.trailingAt, -1)
    assert.deepStrictEqual(types(venue, 1_210), [])
    assert.strictEqual(placed!.order.trailingAt, venue.now)
    assert.deepStrictEqual(types(venue, 1_198), [])
    assert.deepStrictEqual(types(venue, 1_197), ["NEW"])
  })

  it("those that share an extreme move together and fire by their deltas", () => {
    const venue = exchange()
    venue.place("ann", trailing("SELL", 500, { clientOrderId: "wide" }))
    venue.tape(1_100, 1, "BUY")
    venue.tape(1_060, 1, "BUY")
    venue.place("ben", trailing("SELL", 100, { clientOrderId: "narrow" }))
    assert.isTrue(venue.tape(1_200, 1, "BUY").changed)
    const first = executions(venue.tape(1_188, 1, "SELL").events).map(({ clientOrderId }) => clientOrderId)
    assert.deepStrictEqual(first, ["narrow"])
    const second = executions(venue.tape(1_140, 1, "SELL").events).map(({ clientOrderId }) => clientOrderId)
    assert.deepStrictEqual(second, ["wide"])
  })

  it("a price between extreme and trigger changes nothing", () => {
    const venue = exchange()
    venue.place("ann", trailing("SELL", 500))
    assert.isFalse(venue.tape(980, 1, "BUY").changed)
    assert.isTrue(venue.tape(1_001, 1, "BUY").changed)
  })

  it("thresholds are exact where ticks outgrow what a float multiplies exactly", () => {
    assert.strictEqual(firesAt("SELL", 1_001, 100), 990)
    assert.strictEqual(firesAt("BUY", 1_001, 100), 1_012)
    assert.strictEqual(firesAt("SELL", 9_007_199_254_740_991, 1), 9_006_298_534_815_516)
    assert.strictEqual(firesAt("BUY", 900_000_000_000_001, 1), 900_090_000_000_002)
  })
})
