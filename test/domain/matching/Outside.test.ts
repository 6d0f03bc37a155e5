import { assert, describe, it } from "@effect/vitest"
import { buy, Exchange, executions, order, sell, SYMBOL, trades } from "./Exchange.ts"

const exchange = () => new Exchange().account("ann").account("ben")

describe("The outside market", () => {
  it("a taker walks its levels from the best, within the limit", () => {
    const venue = exchange().outside({
      asks: [
        [100, 1],
        [101, 2],
        [103, 9]
      ]
    })
    assert.deepStrictEqual(trades(venue.place("ann", buy(9, 102))), ["1 @ 100 walked", "2 @ 101 walked"])
  })

  it("the tape at a price first goes through what stood there before", () => {
    const venue = exchange().outside({ asks: [[100, 5]] })
    venue.place("ann", sell(3, 100))
    assert.deepStrictEqual(trades(venue.tape(100, 4, "BUY").events), [])
    assert.deepStrictEqual(trades(venue.tape(100, 3, "BUY").events), ["2 @ 100 queue"])
    assert.deepStrictEqual(trades(venue.tape(100, 9, "BUY").events), ["1 @ 100 queue"])
  })

  it("outside lots before the first order stand before the second too", () => {
    const venue = exchange().outside({ asks: [[100, 5]] })
    venue.place("ann", sell(2, 100))
    venue.outside({ asks: [[100, 8]] })
    venue.place("ben", sell(2, 100))
    // Five go to what stood before Ann, two to Ann, and one to the three more that stood before Ben.
    assert.deepStrictEqual(trades(venue.tape(100, 8, "BUY").events), ["2 @ 100 queue"])
    assert.deepStrictEqual(trades(venue.tape(100, 3, "BUY").events), ["1 @ 100 queue"])
  })

  it("a trade of the other side does not move the queue", () => {
    const venue = exchange().outside({ asks: [[100, 5]] })
    venue.place("ann", sell(3, 100))
    assert.isFalse(venue.tape(100, 50, "SELL").changed)
  })

  it("the tape past a price fills what it went by, best price first, never more than its lots", () => {
    const venue = exchange()
    venue.place("ann", sell(2, 102))
    venue.place("ben", sell(2, 101))
    venue.place("ann", sell(2, 104))
    assert.deepStrictEqual(trades(venue.tape(103, 3, "BUY").events), ["2 @ 101 through", "1 @ 102 through"])
    assert.deepStrictEqual(trades(venue.tape(105, 9, "BUY").events), ["1 @ 102 through", "2 @ 104 through"])
  })

  it("a level that shrinks leaves at most that much ahead", () => {
    const venue = exchange().outside({ bids: [[100, 9]] })
    venue.place("ann", buy(1, 100))
    assert.isTrue(venue.level("BUY", 100, 2).changed)
    assert.isFalse(venue.level("BUY", 100, 5).changed)
    assert.deepStrictEqual(trades(venue.tape(100, 3, "SELL").events), ["1 @ 100 queue"])
  })

  it("a level of the other side at or past an order's price trades with it, at the order's price", () => {
    const venue = exchange()
    venue.place("ann", buy(2, 100))
    venue.place("ben", buy(2, 101))
    assert.isFalse(venue.level("SELL", 102, 5).changed)
    assert.deepStrictEqual(trades(venue.level("SELL", 100, 3).events), ["2 @ 101 through", "1 @ 100 through"])
  })

  it("makers pay the maker's rate and the public hears which side took", () => {
    const venue = exchange()
    venue.place("ann", buy(2, 100))
    const { events } = venue.tape(99, 2, "SELL")
    assert.isTrue(executions(events)[0]!.trade!.maker)
    assert.deepInclude(events, {
      _tag: "PublicTrade",
      at: venue.now,
      symbol: SYMBOL,
      tradeId: 1,
      ticks: 100,
      lots: 2,
      takerSide: "SELL",
      cause: "through"
    })
  })

  it("takers of one command do not take the same lots twice", () => {
    const venue = exchange().outside({
      asks: [
        [100, 2],
        [101, 9]
      ]
    })
    venue.lastTicks = 90
    venue.place("ben", order({ type: "STOP_LOSS", side: "BUY", lots: 1, stopTicks: 100 }))
    const events = venue.place("ann", buy(2, 100))
    assert.deepStrictEqual(trades(events), ["2 @ 100 walked", "1 @ 101 walked"])
  })

  it("what concerns nobody changes nothing and tells nothing", () => {
    const venue = exchange()
    venue.place("ann", buy(1, 90))
    venue.place("ann", sell(1, 110))
    for (const outcome of [
      venue.tape(100, 5, "BUY"),
      venue.tape(100, 5, "SELL"),
      venue.level("BUY", 95, 5),
      venue.level("SELL", 105, 5),
      venue.level("BUY", 90, 7)
    ]) {
      assert.isFalse(outcome.changed)
      assert.deepStrictEqual(outcome.events, [])
    }
  })
})
