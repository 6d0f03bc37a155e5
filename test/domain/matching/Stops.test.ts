import { assert, describe, it } from "@effect/vitest"
import { buy, Exchange, executions, order, sell, told, trades } from "./Exchange.ts"

const exchange = () => {
  const venue = new Exchange().account("ann").account("ben").account("cas")
  venue.lastTicks = 100
  return venue
}
const stop = (
  type: "STOP_LOSS" | "STOP_LOSS_LIMIT" | "TAKE_PROFIT" | "TAKE_PROFIT_LIMIT",
  side: "BUY" | "SELL",
  stopTicks: number
) => order({ type, side, stopTicks, ...(type.endsWith("LIMIT") ? { ticks: stopTicks } : {}) })

describe("Stops", () => {
  it("one waits as NEW, not working, with its funds locked", () => {
    const venue = exchange()
    const [event] = executions(
      venue.place("ann", order({ type: "STOP_LOSS_LIMIT", side: "SELL", lots: 2, stopTicks: 90, ticks: 89 }))
    )
    assert.strictEqual(event!.type, "NEW")
    assert.isFalse(event!.working)
    assert.strictEqual(event!.order.workingAt, -1)
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [998, 2])
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "SELL"), [])
  })

  it("STOP_LOSS BUY and TAKE_PROFIT SELL fire at or above their price, the others at or below", () => {
    for (const [type, side, stopTicks, misses, fires] of [
      ["STOP_LOSS_LIMIT", "BUY", 110, 109, 110],
      ["TAKE_PROFIT_LIMIT", "SELL", 110, 109, 111],
      ["STOP_LOSS_LIMIT", "SELL", 90, 91, 90],
      ["TAKE_PROFIT_LIMIT", "BUY", 90, 91, 89]
    ] as const) {
      const venue = exchange()
      venue.place("ann", stop(type, side, stopTicks))
      assert.deepStrictEqual(told(venue.tape(misses, 1, "BUY").events), [], `${type} ${side} at ${misses}`)
      const [event] = executions(venue.tape(fires, 1, "BUY").events)
      assert.strictEqual(event?.type, "NEW", `${type} ${side} at ${fires}`)
      assert.isTrue(event?.working)
    }
  })

  it("one whose price has been reached already is refused", () => {
    const venue = exchange()
    for (const asked of [
      stop("STOP_LOSS", "BUY", 100),
      stop("TAKE_PROFIT", "BUY", 101),
      stop("STOP_LOSS_LIMIT", "SELL", 100)
    ]) {
      assert.strictEqual(venue.refusal(venue.placing("ann", asked)), "-2010 Order would trigger immediately.")
    }
  })

  it("a triggered STOP_LOSS takes as a market order", () => {
    const venue = exchange()
    venue.place("ann", order({ type: "STOP_LOSS", side: "SELL", lots: 3, stopTicks: 95 }))
    venue.outside({
      bids: [
        [94, 2],
        [93, 5]
      ]
    })
    const events = venue.tape(95, 1, "SELL").events
    assert.deepStrictEqual(told(events), ["NEW/NEW 0", "TRADE/PARTIALLY_FILLED 2", "TRADE/FILLED 3"])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [997, 0])
  })

  it("a triggered limit order rests with what it could not take", () => {
    const venue = exchange()
    venue.place("ann", order({ type: "STOP_LOSS_LIMIT", side: "BUY", lots: 3, stopTicks: 105, ticks: 106 }))
    venue.outside({
      asks: [
        [106, 1],
        [107, 9]
      ]
    })
    assert.deepStrictEqual(told(venue.tape(105, 1, "BUY").events), ["NEW/NEW 0", "TRADE/PARTIALLY_FILLED 1"])
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "BUY"), [{ ticks: 106, lots: 2 }])
    assert.deepStrictEqual(venue.balance("ann", "USD"), [1_000_000 - 106 - 212, 212])
  })

  it("a market purchase that has become too dear expires as rejected, and its lock is freed", () => {
    const venue = new Exchange().account("ann", 1_000)
    venue.lastTicks = 100
    venue.place("ann", order({ type: "STOP_LOSS", side: "BUY", lots: 9, stopTicks: 110 }))
    assert.deepStrictEqual(venue.balance("ann", "USD"), [10, 990])
    venue.outside({ asks: [[120, 20]] })
    assert.deepStrictEqual(told(venue.tape(110, 1, "BUY").events), ["EXPIRED/EXPIRED 0 REJECTED"])
    assert.deepStrictEqual(venue.balance("ann", "USD"), [1_000, 0])
  })

  it("several fire in the order the price came by them, then by age", () => {
    const venue = exchange()
    venue.place(
      "ann",
      order({ type: "STOP_LOSS_LIMIT", side: "SELL", stopTicks: 90, ticks: 150, clientOrderId: "far" })
    )
    venue.place(
      "ben",
      order({ type: "STOP_LOSS_LIMIT", side: "SELL", stopTicks: 95, ticks: 150, clientOrderId: "near" })
    )
    venue.place(
      "cas",
      order({ type: "STOP_LOSS_LIMIT", side: "SELL", stopTicks: 95, ticks: 150, clientOrderId: "nearLater" })
    )
    const fired = executions(venue.tape(80, 1, "SELL").events).map((event) => event.clientOrderId)
    assert.deepStrictEqual(fired, ["near", "nearLater", "far"])
  })

  it("users' own trades trigger too, once the taker is done, and one trigger can set off the next", () => {
    const venue = exchange()
    venue.place("ben", buy(1, 99))
    venue.place("ben", buy(1, 95))
    venue.place("ben", buy(5, 80))
    venue.place("ann", order({ type: "STOP_LOSS", side: "SELL", stopTicks: 99, clientOrderId: "first" }))
    venue.place("ann", order({ type: "STOP_LOSS", side: "SELL", stopTicks: 95, clientOrderId: "second" }))
    const events = venue.place("cas", sell(1, 99))
    assert.deepStrictEqual(trades(events), ["1 @ 99 crossed", "1 @ 95 crossed", "1 @ 80 crossed"])
    const working = executions(events)
      .filter((event) => event.type === "NEW")
      .map((event) => event.clientOrderId)
    assert.deepStrictEqual(working.slice(1), ["first", "second"])
  })

  it("a tape that reaches nothing changes nothing", () => {
    const venue = exchange()
    venue.place("ann", stop("STOP_LOSS_LIMIT", "SELL", 90))
    const outcome = venue.tape(95, 10, "SELL")
    assert.isFalse(outcome.changed)
    assert.deepStrictEqual(outcome.events, [])
  })

  it("a cancelled stop no longer fires", () => {
    const venue = exchange()
    venue.place("ann", order({ type: "STOP_LOSS", side: "SELL", stopTicks: 90, clientOrderId: "mine" }))
    venue.cancel("ann", "mine")
    assert.isFalse(venue.tape(80, 1, "SELL").changed)
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [1_000, 0])
  })
})
