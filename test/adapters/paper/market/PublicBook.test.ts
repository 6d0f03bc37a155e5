import { assert, describe, it } from "@effect/vitest"
import { firstUpdateId, PublicBook } from "../../../../src/adapters/paper/market/PublicBook.ts"
import type { Level } from "../../../../src/domain/Market.ts"

const levels = (given: ReadonlyArray<readonly [number, number]>): ReadonlyArray<Level> =>
  given.map(([ticks, lots]) => ({ ticks, lots }))
type Levels = Parameters<typeof levels>[0]

const snapshot = (updateId: number, bids: Levels, asks: Levels) => ({
  symbol: "X",
  updateId,
  bids: levels(bids),
  asks: levels(asks)
})
const diff = (id: number, bids: Levels, asks: Levels) => ({
  symbol: "X",
  firstUpdateId: id,
  lastUpdateId: id,
  bids: levels(bids),
  asks: levels(asks),
  at: 0
})

const begun = (takenAt?: ConstructorParameters<typeof PublicBook>[2]) => {
  const book = new PublicBook("X", 1_000, takenAt)
  book.applySnapshot(
    snapshot(
      1,
      [
        [99, 10],
        [98, 20]
      ],
      [
        [101, 10],
        [102, 20]
      ]
    )
  )
  return book
}
const both = (book: PublicBook) => [
  book.top("BUY", 9).map(({ ticks, lots }) => [ticks, lots]),
  book.top("SELL", 9).map(({ ticks, lots }) => [ticks, lots])
]

describe("the public book", () => {
  it("adds users' lots to the outside market's, and takes them away again", () => {
    const book = begun()
    book.applyUsers("BUY", 99, 5)
    book.applyUsers("BUY", 100, 7)
    book.applyDiff(diff(2, [[99, 11]], []))
    assert.deepStrictEqual(both(book)[0], [
      [100, 7],
      [99, 16],
      [98, 20]
    ])
    book.applyUsers("BUY", 100, 0)
    book.applyUsers("BUY", 99, 0)
    book.applyDiff(diff(3, [[99, 0]], []))
    assert.deepStrictEqual(both(book)[0], [[98, 20]])
  })

  it("shows less of a level that users took from, until the outside market states it again", () => {
    const book = begun()
    book.applyTaken("SELL", 101, 4)
    book.applyTaken("SELL", 101, 3)
    assert.strictEqual(book.best("SELL")?.lots, 3)
    book.applyTaken("SELL", 101, 3)
    assert.strictEqual(book.best("SELL")?.ticks, 102)
    book.applyDiff(diff(2, [], [[101, 10]]))
    assert.deepStrictEqual(book.best("SELL"), { ticks: 101, lots: 10 })
  })

  it("asks the venue how much was taken, where it can", () => {
    const taken = new Map([[101, 6]])
    const book = begun((side, ticks) => (side === "SELL" ? (taken.get(ticks) ?? 0) : 0))
    assert.strictEqual(book.lotsAt("SELL", 101), 4)
    taken.set(102, 1)
    book.applyThrough("SELL", 102)
    assert.strictEqual(book.lotsAt("SELL", 102), 19)
  })

  it("follows best prices ahead of the diffs, and what the diffs say afterwards", () => {
    const book = begun()
    book.applyBest({ symbol: "X", updateId: 5, bid: { ticks: 98, lots: 3 }, ask: { ticks: 100, lots: 2 } })
    assert.deepStrictEqual(both(book), [
      [[98, 3]],
      [
        [100, 2],
        [101, 10],
        [102, 20]
      ]
    ])
    // Older than the best prices: what it says of their levels is already past.
    book.applyDiff({ ...diff(4, [[99, 1]], [[103, 5]]), firstUpdateId: 2 })
    assert.deepStrictEqual(both(book)[0], [[98, 3]])
    book.applyDiff({ ...diff(6, [[99, 1]], [[100, 0]]), firstUpdateId: 5 })
    assert.deepStrictEqual(both(book), [
      [
        [99, 1],
        [98, 3]
      ],
      [
        [101, 10],
        [102, 20],
        [103, 5]
      ]
    ])
  })

  it("counts each change of a level, and never goes back over a restart of the market or of itself", () => {
    const book = begun()
    assert.strictEqual(book.updateId, firstUpdateId(1_000) + 4)
    book.applyDiff(diff(2, [[98, 20]], []))
    assert.strictEqual(book.updateId, firstUpdateId(1_000) + 4)
    book.applyUsers("SELL", 105, 1)
    book.reset()
    assert.deepStrictEqual(both(book), [[], [[105, 1]]])
    assert.strictEqual(book.updateId, firstUpdateId(1_000) + 9)
    book.applySnapshot(snapshot(1, [[99, 10]], []))
    assert.strictEqual(book.updateId, firstUpdateId(1_000) + 10)
    assert.isAbove(firstUpdateId(2_000), firstUpdateId(1_000) + 900_000)
  })

  it("tells each pace its own contiguous changes, the best first, and nothing that came back to what it was", () => {
    const book = begun()
    const [fast, slow] = [book.collect(), book.collect()]
    const start = book.updateId
    book.applyUsers("BUY", 97, 1)
    book.applyUsers("BUY", 100, 1)
    assert.deepStrictEqual(fast.take(), {
      firstUpdateId: start + 1,
      lastUpdateId: start + 2,
      bids: levels([
        [100, 1],
        [97, 1]
      ]),
      asks: []
    })
    assert.isUndefined(fast.take())
    book.applyUsers("BUY", 96, 1)
    book.applyUsers("BUY", 96, 0)
    assert.isUndefined(fast.take())
    book.applyUsers("BUY", 97, 0)
    assert.deepStrictEqual(fast.take(), {
      firstUpdateId: start + 3,
      lastUpdateId: start + 5,
      bids: levels([[97, 0]]),
      asks: []
    })
    assert.deepStrictEqual(slow.take(), {
      firstUpdateId: start + 1,
      lastUpdateId: start + 5,
      bids: levels([[100, 1]]),
      asks: []
    })
    book.stopCollecting(fast)
    book.applyUsers("BUY", 95, 1)
    assert.isUndefined(fast.take())
  })

  it("loses what the outside market no longer shows after a gap, and finds it with the next snapshot", () => {
    const book = begun()
    book.applyUsers("BUY", 99, 5)
    book.applyDiff(diff(7, [[97, 1]], []))
    assert.deepStrictEqual(both(book), [[[99, 5]], []])
    book.applySnapshot(snapshot(6, [[99, 10]], [[101, 10]]))
    assert.deepStrictEqual(both(book), [
      [
        [99, 15],
        [97, 1]
      ],
      [[101, 10]]
    ])
  })
})
