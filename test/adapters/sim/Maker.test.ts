import { assert, describe, it } from "@effect/vitest"
import { Dice } from "../../../src/adapters/sim/Chance.ts"
import { characters, Maker } from "../../../src/adapters/sim/Maker.ts"
import { SimBook } from "../../../src/adapters/sim/SimBook.ts"
import type { Side } from "../../../src/domain/Order.ts"

const SCALE = { gapTicks: 10, roundTicks: 10, levelLots: 1_000, tradeLots: 50 }
const FAIR = 10_000

const alone = () => {
  const book = new SimBook()
  return { book, maker: new Maker(characters[1]!, SCALE, new Dice(3)) }
}
const best = (book: SimBook, side: Side) => book.levels(side)[0]!.ticks
const spread = (book: SimBook) => best(book, "SELL") - best(book, "BUY")

describe("Maker", () => {
  it("quotes several levels on both sides of the fair price", () => {
    const { book, maker } = alone()
    maker.quote(book, FAIR, 1)
    for (const side of ["BUY", "SELL"] as const) assert.isAtLeast(book.levels(side).length, 5)
    assert.isTrue(best(book, "BUY") < FAIR && best(book, "SELL") > FAIR)
  })

  it("keeps farther away when the market is wild", () => {
    const quiet = alone()
    quiet.maker.quote(quiet.book, FAIR, 0.5)
    const loud = alone()
    loud.maker.quote(loud.book, FAIR, 3)
    assert.isAbove(spread(loud.book), spread(quiet.book) + SCALE.gapTicks)
  })

  it("lowers its prices when it was sold to, raises them when it was bought from, and forgets in time", () => {
    const { book, maker } = alone()
    maker.quote(book, FAIR, 1)
    const before = best(book, "BUY")
    maker.filled("BUY", 6 * SCALE.levelLots)
    maker.quote(book, FAIR, 1)
    assert.isAtMost(best(book, "BUY"), before - SCALE.gapTicks)
    maker.filled("SELL", 12 * SCALE.levelLots)
    maker.quote(book, FAIR, 1)
    assert.isAtLeast(best(book, "BUY"), before + SCALE.gapTicks)
    for (let step = 0; step < 3_000; step++) maker.act(book, FAIR, 1)
    assert.isAtMost(Math.abs(best(book, "BUY") - before), 1)
  })

  it("follows the fair price, and leaves what is where it should be in its place in the queue", () => {
    const { book, maker } = alone()
    maker.quote(book, FAIR, 1)
    const standing = new Set(book.levels("BUY").flatMap(({ orders }) => orders))
    maker.quote(book, FAIR, 1)
    assert.isTrue(book.levels("BUY").every(({ orders }) => orders.every((order) => standing.has(order))))
    for (let step = 0; step < 20; step++) maker.act(book, FAIR + 500, 1)
    assert.isTrue(best(book, "BUY") > FAIR && best(book, "BUY") < FAIR + 500)
    assert.isTrue(best(book, "SELL") > FAIR + 500)
    assert.isAtMost(book.levels("BUY").length, characters[1]!.levels)
  })
})
