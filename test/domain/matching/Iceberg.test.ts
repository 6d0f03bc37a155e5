import { assert, describe, it } from "@effect/vitest"
import { buy, Exchange, executions, sell, told, trades } from "./Exchange.ts"

const exchange = () => new Exchange().account("ann").account("ben").account("cas")

describe("Icebergs", () => {
  it("one shows a slice and locks the whole", () => {
    const venue = exchange()
    venue.place("ann", sell(10, 100, { icebergLots: 3 }))
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "SELL"), [{ ticks: 100, lots: 3 }])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [990, 10])
  })

  it("each new slice goes to the back of its level", () => {
    const venue = exchange()
    venue.place("ann", sell(5, 100, { icebergLots: 3 }))
    venue.place("ben", sell(2, 100))
    const events = venue.place("cas", buy(6, 100))
    const makers = executions(events).flatMap(({ trade, order }) =>
      trade?.maker === true ? [`${order.account} ${trade.lots}`] : []
    )
    assert.deepStrictEqual(makers, ["ann 3", "ben 2", "ann 1"])
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "SELL"), [{ ticks: 100, lots: 1 }])
  })

  it("a taker larger than the slices walks through all of them", () => {
    const venue = exchange()
    venue.place("ann", sell(5, 100, { icebergLots: 2 }))
    const events = venue.place("cas", buy(5, 100))
    assert.deepStrictEqual(trades(events), ["2 @ 100 crossed", "2 @ 100 crossed", "1 @ 100 crossed"])
    assert.deepStrictEqual(told(events, "ann").at(-1), "TRADE/FILLED 5")
  })

  it("the hidden part counts for a FOK", () => {
    const venue = exchange()
    venue.place("ann", sell(5, 100, { icebergLots: 2 }))
    assert.deepStrictEqual(
      told(venue.place("cas", buy(5, 100, { timeInForce: "FOK" })), "cas").at(-1),
      "TRADE/FILLED 5"
    )
  })

  it("a new slice waits behind the outside market again", () => {
    const venue = exchange().outside({ asks: [[100, 4]] })
    venue.place("ann", sell(5, 100, { icebergLots: 2 }))
    assert.deepStrictEqual(trades(venue.tape(100, 9, "BUY").events), ["2 @ 100 queue"])
    assert.deepStrictEqual(trades(venue.tape(100, 5, "BUY").events), ["2 @ 100 queue"])
  })

  it("slices go on filling while a trade has lots left and nothing stands before them", () => {
    const venue = exchange()
    venue.place("ann", sell(7, 100, { icebergLots: 4 }))
    assert.deepStrictEqual(trades(venue.tape(100, 9, "BUY").events), ["4 @ 100 queue", "3 @ 100 queue"])
  })

  it("it must be GTC and its slice smaller than the whole", () => {
    const venue = exchange()
    assert.strictEqual(
      venue.refusal(venue.placing("ann", sell(5, 100, { icebergLots: 5 }))),
      "-2010 IcebergQty exceeds QTY."
    )
    assert.strictEqual(
      venue.refusal(venue.placing("ann", sell(5, 100, { icebergLots: 2, timeInForce: "IOC" }))),
      "-1014 Unsupported order combination."
    )
    assert.strictEqual(
      venue.refusal(venue.placing("ann", sell(500, 100, { icebergLots: 4 }))),
      "-1013 Filter failure: ICEBERG_PARTS"
    )
  })
})
