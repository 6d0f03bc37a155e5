import { assert, describe, it } from "@effect/vitest"
import { Dice } from "../../../src/adapters/sim/Chance.ts"
import { SimBook, type SimOrder } from "../../../src/adapters/sim/SimBook.ts"
import type { Level } from "../../../src/domain/Market.ts"
import type { Side } from "../../../src/domain/Order.ts"

const shown = (book: SimBook, side: Side): ReadonlyArray<Level> =>
  book.levels(side).map(({ ticks, lots }) => ({ ticks, lots }))

/** Three levels a side around 100, which takers leave alone, and what is asked for in front of them. */
const bookOf = (...asks: ReadonlyArray<Level>) => {
  const book = new SimBook()
  for (const away of [50, 60, 70]) {
    book.rest({ side: "BUY", ticks: 100 - away }, 10)
    book.rest({ side: "SELL", ticks: 100 + away }, 10)
  }
  for (const { ticks, lots } of asks) book.rest({ side: "SELL", ticks }, lots)
  return book
}

describe("SimBook", () => {
  it("fills the oldest order of the best price first, and tells its owner", () => {
    const book = bookOf()
    const told: Array<string> = []
    const owner = (name: string) => ({
      filled: (side: Side, lots: number) => void told.push(`${name} ${side} ${lots}`)
    })
    book.rest({ owner: owner("second price"), side: "SELL", ticks: 103 }, 5)
    book.rest({ owner: owner("older"), side: "SELL", ticks: 102 }, 5)
    book.rest({ owner: owner("younger"), side: "SELL", ticks: 102 }, 5)
    assert.deepStrictEqual(book.take("BUY", 7, 5), [{ ticks: 102, lots: 7 }])
    assert.deepStrictEqual(told, ["older SELL 5", "younger SELL 2"])
    assert.deepStrictEqual(book.take("BUY", 5, 5, 103), [
      { ticks: 102, lots: 3 },
      { ticks: 103, lots: 2 }
    ])
  })

  it("takes neither beyond the limit, nor more levels than asked, nor the last three", () => {
    const book = bookOf({ ticks: 102, lots: 1 }, { ticks: 103, lots: 1 }, { ticks: 104, lots: 1 })
    assert.deepStrictEqual(book.take("BUY", 100, 5, 102), [{ ticks: 102, lots: 1 }])
    assert.deepStrictEqual(book.take("BUY", 100, 1), [{ ticks: 103, lots: 1 }])
    assert.deepStrictEqual(book.take("BUY", 100, 50), [{ ticks: 104, lots: 1 }])
    assert.deepStrictEqual(book.take("BUY", 100, 50), [])
    assert.strictEqual(book.levels("SELL").length, 3)
  })

  it("rests what would meet the other side one tick before it", () => {
    const book = bookOf()
    assert.strictEqual(book.rest({ side: "BUY", ticks: 200 }, 1).ticks, 149)
    assert.strictEqual(book.rest({ side: "SELL", ticks: 1 }, 1).ticks, 150)
  })

  it("ignores the cancelling of what is gone", () => {
    const book = bookOf({ ticks: 102, lots: 3 })
    const order = book.rest({ side: "SELL", ticks: 102 }, 4)
    book.cancel(order)
    book.cancel(order)
    assert.deepStrictEqual(shown(book, "SELL")[0], { ticks: 102, lots: 3 })
  })

  it("tells changes that make of the book before the book after, each price once", () => {
    const book = bookOf()
    const dice = new Dice(7)
    const known = { BUY: new Map<number, number>(), SELL: new Map<number, number>() }
    const orders: Array<SimOrder> = []
    for (let round = 0; round < 500; round++) {
      for (let action = dice.whole(0, 6); action > 0; action--) {
        const side = dice.roll() < 0.5 ? "BUY" : "SELL"
        const ticks = 100 + (side === "BUY" ? -1 : 1) * dice.whole(-3, 30)
        const choice = dice.whole(1, 4)
        if (choice <= 2) orders.push(book.rest({ side, ticks }, dice.whole(1, 9)))
        else if (choice === 3) book.take(side, dice.whole(1, 30), 5)
        else if (orders.length > 0) book.cancel(orders[dice.whole(0, orders.length - 1)]!)
      }
      const changes = book.takeChanges()
      for (const [side, levels] of [
        ["BUY", changes.bids],
        ["SELL", changes.asks]
      ] as const) {
        assert.strictEqual(new Set(levels.map(({ ticks }) => ticks)).size, levels.length)
        for (const { lots, ticks } of levels) {
          assert.notStrictEqual(known[side].get(ticks) ?? 0, lots)
          if (lots === 0) known[side].delete(ticks)
          else known[side].set(ticks, lots)
        }
        const sorted = [...known[side]].toSorted(([a], [b]) => (side === "BUY" ? b - a : a - b))
        assert.deepStrictEqual(
          shown(book, side).map(({ ticks, lots }) => [ticks, lots]),
          sorted
        )
        const inQueues = book.levels(side).map(({ orders }) => orders.reduce((sum, { lots }) => sum + lots, 0))
        assert.deepStrictEqual(
          inQueues,
          sorted.map(([, lots]) => lots)
        )
      }
      assert.isBelow(book.best("BUY")!, book.best("SELL")!)
    }
  })
})
