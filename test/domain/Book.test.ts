import { assert, describe, it } from "@effect/vitest"
import { RestingOrders, walk } from "../../src/domain/Book.ts"
import type { Level, Trade } from "../../src/domain/Market.ts"
import type { Side } from "../../src/domain/Order.ts"

type Rows = ReadonlyArray<readonly [ticks: number, lots: number]>
const levels = (rows: Rows): ReadonlyArray<Level> => rows.map(([ticks, lots]) => ({ ticks, lots }))

const asks: Rows = [
  [100, 5],
  [101, 3],
  [105, 10]
]

/** Executions, and what is left; `taken` says what somebody had of a level before. */
const walked = (
  side: Side,
  lots: number,
  rows: Rows,
  limitTicks?: number,
  taken: Record<number, number> = {}
): readonly [Rows, number] => {
  const { executions, leftLots } = walk(
    side,
    lots,
    limitTicks,
    levels(rows),
    (level) => level.lots - (taken[level.ticks] ?? 0)
  )
  return [executions.map((each): Rows[number] => [each.ticks, each.lots]), leftLots]
}

describe("walk", () => {
  it("takes the best levels first, each at its own price", () => {
    assert.deepStrictEqual(walked("BUY", 7, asks), [
      [
        [100, 5],
        [101, 2]
      ],
      0
    ])
  })

  it("says what no level could give", () => {
    assert.deepStrictEqual(walked("BUY", 100, asks), [asks, 82])
    assert.deepStrictEqual(walked("BUY", 1, []), [[], 1])
  })

  it("stops at a limit, seen from the taker's side", () => {
    assert.deepStrictEqual(walked("BUY", 9, asks, 101), [
      [
        [100, 5],
        [101, 3]
      ],
      1
    ])
    const bids: Rows = [
      [100, 5],
      [99, 3]
    ]
    assert.deepStrictEqual(walked("SELL", 9, bids, 100), [[[100, 5]], 4])
  })

  it("passes over levels that were taken already, and takes what is left of one", () => {
    assert.deepStrictEqual(walked("BUY", 4, asks, undefined, { 100: 5, 101: 1 }), [
      [
        [101, 2],
        [105, 2]
      ],
      0
    ])
  })
})

describe("RestingOrders", () => {
  const resting = (id: number, side: Side, ticks: number, lots = 10) => ({ id, side, ticks, lots })
  const trade = (ticks: number, lots: number): Trade => ({
    symbol: "BTCUSDT",
    tradeId: "1",
    ticks,
    lots,
    takerSide: "SELL",
    at: 0
  })
  const filled = (orders: RestingOrders, ticks: number, lots: number) =>
    orders.tradedThrough(trade(ticks, lots)).map((fill) => [fill.order.id, fill.lots])

  it("fills what a trade went through, best price first and the oldest first at one price", () => {
    const orders = new RestingOrders()
    orders.add(resting(1, "BUY", 100))
    orders.add(resting(2, "BUY", 101))
    orders.add(resting(3, "BUY", 101))
    assert.deepStrictEqual(filled(orders, 99, 25), [
      [2, 10],
      [3, 10],
      [1, 5]
    ])
    assert.strictEqual(orders.size, 1)
    assert.deepStrictEqual(filled(orders, 99, 25), [[1, 5]])
  })

  it("leaves orders at the trade's own price waiting: others stood there before", () => {
    const orders = new RestingOrders()
    orders.add(resting(1, "BUY", 100))
    orders.add(resting(2, "SELL", 100))
    assert.deepStrictEqual(filled(orders, 100, 25), [])
    assert.deepStrictEqual(filled(orders, 101, 25), [[2, 10]])
  })

  it("forgets an order that was removed", () => {
    const orders = new RestingOrders()
    orders.add(resting(1, "SELL", 100))
    orders.remove("SELL", 1)
    orders.remove("SELL", 7)
    assert.deepStrictEqual(filled(orders, 101, 5), [])
  })
})
