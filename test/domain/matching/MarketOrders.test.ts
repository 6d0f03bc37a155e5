import { assert, describe, it } from "@effect/vitest"
import { Exchange, executions, order, sell, told, trades, UNIT } from "./Exchange.ts"

const exchange = () => new Exchange().account("ann").account("ben")
const market = { type: "MARKET" } as const

describe("Market orders", () => {
  it("one walks the book and is never on it: NEW works, its trades do not", () => {
    const venue = exchange().outside({
      asks: [
        [100, 2],
        [101, 5]
      ]
    })
    const events = venue.place("ann", order({ ...market, lots: 3 }))
    assert.deepStrictEqual(trades(events), ["2 @ 100 walked", "1 @ 101 walked"])
    assert.deepStrictEqual(told(events), ["NEW/NEW 0", "TRADE/PARTIALLY_FILLED 2", "TRADE/FILLED 3"])
    assert.deepStrictEqual(
      executions(events).map((event) => event.working),
      [true, false, false]
    )
    assert.strictEqual(executions(events).at(-1)!.executedQuote, 301n * UNIT)
  })

  it("users come before the outside market at one price", () => {
    const venue = exchange().outside({ asks: [[100, 2]] })
    venue.place("ben", sell(1, 100))
    assert.deepStrictEqual(trades(venue.place("ann", order({ ...market, lots: 2 }))), [
      "1 @ 100 crossed",
      "1 @ 100 walked"
    ])
  })

  it("a book that is too thin fills part and expires the rest", () => {
    const venue = exchange().outside({ asks: [[100, 2]] })
    assert.deepStrictEqual(told(venue.place("ann", order({ ...market, lots: 3 }))), [
      "NEW/NEW 0",
      "TRADE/PARTIALLY_FILLED 2",
      "EXPIRED/EXPIRED 2 INSUFFICIENT_LIQUIDITY"
    ])
  })

  it("a purchase must be affordable as a whole at the book's prices", () => {
    const venue = new Exchange().account("ann", 300).outside({
      asks: [
        [100, 2],
        [101, 5]
      ]
    })
    const refused = "-2010 Account has insufficient balance for requested action."
    assert.strictEqual(venue.refusal(venue.placing("ann", order({ ...market, lots: 3 }))), refused)
    venue.place("ann", order({ ...market, lots: 2 }))
    assert.deepStrictEqual(venue.balance("ann", "USD"), [100, 0])
  })

  it("a sale needs its lots free", () => {
    const venue = new Exchange().account("ann", 0, 3).outside({ bids: [[99, 10]] })
    venue.place("ann", sell(2, 150))
    assert.strictEqual(
      venue.refusal(venue.placing("ann", order({ ...market, side: "SELL", lots: 2 }))),
      "-2010 Account has insufficient balance for requested action."
    )
  })

  it("by quote it buys whole lots level by level, shows them as its quantity and leaves the rest unspent", () => {
    const venue = exchange().outside({
      asks: [
        [100, 2],
        [150, 5]
      ]
    })
    const events = venue.place("ann", order({ ...market, lots: 0, quote: 449n * UNIT }))
    assert.deepStrictEqual(trades(events), ["2 @ 100 walked", "1 @ 150 walked"])
    const last = executions(events).at(-1)!
    assert.strictEqual(last.status, "FILLED")
    assert.strictEqual(last.lots, 3)
    assert.strictEqual(last.order.quote, 449n * UNIT)
    assert.deepStrictEqual(venue.balance("ann", "USD"), [1_000_000 - 350, 0])
  })

  it("by quote it sells until that much is earned", () => {
    const venue = exchange().outside({
      bids: [
        [100, 2],
        [90, 5]
      ]
    })
    const events = venue.place("ann", order({ ...market, side: "SELL", lots: 0, quote: 300n * UNIT }))
    assert.deepStrictEqual(trades(events), ["2 @ 100 walked", "1 @ 90 walked"])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [997, 0])
  })

  it("by quote it is refused by an empty book, and where not even one lot is bought", () => {
    const venue = exchange()
    const asked = () => venue.placing("ann", order({ ...market, lots: 0, quote: 99n * UNIT }))
    assert.strictEqual(venue.refusal(asked()), "-2010 Order book liquidity is less than symbol minimum quantity.")
    venue.outside({ asks: [[100, 2]] })
    assert.strictEqual(
      venue.refusal(asked()),
      "-2010 Order book liquidity is less than LOT_SIZE filter minimum quantity."
    )
  })
})
