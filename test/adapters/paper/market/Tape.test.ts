import { assert, describe, it } from "@effect/vitest"
import { MAX_TRADES, Tape } from "../../../../src/adapters/paper/market/Tape.ts"
import { TradeIds } from "../../../../src/adapters/paper/TradeIds.ts"

const trade = (id: number, at = id) => ({ id, ticks: 100 + id, lots: 1, takerSide: "BUY" as const, at })
const outside = (tradeId: string) => ({ symbol: "X", tradeId, ticks: 1, lots: 1, takerSide: "BUY" as const, at: 0 })

describe("the tape", () => {
  it("keeps the newest trades and aggregated trades, and no more than it says", () => {
    const tape = new Tape(0)
    for (let id = 1; id <= 3 * MAX_TRADES; id++) tape.add(trade(id))
    tape.endAggregate()
    const trades = tape.recent(1_000_000)
    assert.isTrue(trades.length >= MAX_TRADES && trades.length < MAX_TRADES + 1_000)
    assert.strictEqual(trades.at(-1)?.id, 3 * MAX_TRADES)
    assert.isTrue(tape.recentAggregates(1_000_000).length < MAX_TRADES + 1_000)
    assert.deepStrictEqual(
      tape.recent(2, 0).map(({ id }) => id),
      trades.slice(0, 2).map(({ id }) => id)
    )
  })

  it("puts a user's trade, told late because it had to be durable, in its place", () => {
    const tape = new Tape(0)
    for (const id of [1, 2, 4, 5, 3]) tape.add(trade(id))
    assert.deepStrictEqual(
      tape.recent(9).map(({ id }) => id),
      [1, 2, 3, 4, 5]
    )
    assert.strictEqual(tape.last?.id, 3)
    assert.strictEqual(tape.lastIdAt(3), 3)
  })
})

describe("trade ids", () => {
  it("are the outside market's own until users' trades come between", () => {
    const ids = new TradeIds()
    assert.strictEqual(ids.ofOutside(outside("10")), 10)
    ids.reached("X", 12)
    const eleven = outside("11")
    assert.strictEqual(ids.ofOutside(eleven), 13)
    assert.strictEqual(ids.ofOutside(eleven), 13)
    assert.strictEqual(ids.ofOutside(outside("12")), 14)
    assert.strictEqual(ids.ofOutside(outside("20")), 20)
    ids.reached("X", 3)
    assert.strictEqual(ids.last("X"), 20)
  })

  it("go on where the outside market's begin anew, or are no numbers", () => {
    const ids = new TradeIds()
    assert.deepStrictEqual(
      ["7", "1", "x-1", "9"].map((id) => ids.ofOutside(outside(id))),
      [7, 8, 9, 10]
    )
  })
})
