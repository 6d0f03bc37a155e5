import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Depth, MAX_LEVELS, MAX_WAITING_DIFFS } from "../../src/domain/Depth.ts"
import type { DepthDiff, DepthSnapshot, Level } from "../../src/domain/Market.ts"

type Rows = ReadonlyArray<readonly [ticks: number, lots: number]>
const levels = (rows: Rows): ReadonlyArray<Level> => rows.map(([ticks, lots]) => ({ ticks, lots }))

const snapshot = (updateId: number, bids: Rows, asks: Rows): DepthSnapshot => ({
  symbol: "BTCUSDT",
  updateId,
  bids: levels(bids),
  asks: levels(asks)
})

const diff = (firstUpdateId: number, lastUpdateId: number, bids: Rows, asks: Rows): DepthDiff => ({
  symbol: "BTCUSDT",
  firstUpdateId,
  lastUpdateId,
  bids: levels(bids),
  asks: levels(asks),
  at: 0
})

const rows = (side: ReadonlyArray<Level>): Rows => side.map((level) => [level.ticks, level.lots])

describe("Depth", () => {
  it("is not synced before a snapshot and shows nothing of the diffs it keeps", () => {
    const depth = new Depth("BTCUSDT")
    assert.strictEqual(depth.applyDiff(diff(1, 2, [[100, 1]], [])), "waiting")
    assert.isFalse(depth.synced)
    assert.isUndefined(depth.bestBid())
  })

  it("joins diffs that came before the snapshot, dropping those it already holds", () => {
    const depth = new Depth("BTCUSDT")
    depth.applyDiff(diff(5, 9, [[100, 7]], []))
    depth.applyDiff(diff(10, 14, [[101, 2]], []))
    depth.applyDiff(diff(15, 15, [], [[103, 4]]))
    assert.strictEqual(depth.applySnapshot(snapshot(12, [[100, 1]], [[105, 1]])), "applied")
    assert.isTrue(depth.synced)
    assert.strictEqual(depth.updateId, 15)
    assert.deepStrictEqual(depth.bestBid(), { ticks: 101, lots: 2 })
    assert.deepStrictEqual(depth.bestAsk(), { ticks: 103, lots: 4 })
    // The first diff was older than the snapshot.
    assert.deepStrictEqual(rows(depth.view(5).bids), [
      [101, 2],
      [100, 1]
    ])
  })

  it("waits for a newer snapshot where one is older than the diffs it has", () => {
    const depth = new Depth("BTCUSDT")
    depth.applyDiff(diff(20, 22, [[101, 1]], []))
    assert.strictEqual(depth.applySnapshot(snapshot(18, [[100, 1]], [[105, 1]])), "waiting")
    assert.isFalse(depth.synced)
    assert.strictEqual(depth.applySnapshot(snapshot(19, [[100, 1]], [[105, 1]])), "applied")
    assert.strictEqual(depth.updateId, 22)
  })

  it("voids the book at a gap and is synced again by the next snapshot", () => {
    const depth = new Depth("BTCUSDT")
    depth.applySnapshot(snapshot(10, [[100, 1]], [[105, 1]]))
    assert.strictEqual(depth.applyDiff(diff(11, 12, [[101, 1]], [])), "applied")
    assert.strictEqual(depth.applyDiff(diff(14, 15, [[102, 1]], [])), "gap")
    assert.isFalse(depth.synced)
    assert.isUndefined(depth.bestBid())
    assert.strictEqual(depth.applySnapshot(snapshot(14, [[100, 3]], [[105, 1]])), "applied")
    assert.deepStrictEqual(depth.bestBid(), { ticks: 102, lots: 1 })
  })

  it("ignores what is older than the book", () => {
    const depth = new Depth("BTCUSDT")
    depth.applySnapshot(snapshot(10, [[100, 1]], [[105, 1]]))
    assert.strictEqual(depth.applyDiff(diff(8, 10, [[104, 9]], [])), "ignored")
    assert.strictEqual(depth.applySnapshot(snapshot(9, [[90, 1]], [[95, 1]])), "ignored")
    assert.deepStrictEqual(depth.bestBid(), { ticks: 100, lots: 1 })
  })

  it("takes a crossed book for the proof of a lost update", () => {
    const depth = new Depth("BTCUSDT")
    depth.applySnapshot(snapshot(10, [[100, 1]], [[105, 1]]))
    assert.strictEqual(depth.applyDiff(diff(11, 11, [[105, 1]], [])), "gap")
    assert.isFalse(depth.synced)
  })

  it("drops the oldest diffs while it waits too long for a snapshot", () => {
    const depth = new Depth("BTCUSDT")
    for (let id = 1; id <= MAX_WAITING_DIFFS + 5; id++) depth.applyDiff(diff(id, id, [[id, 1]], []))
    assert.strictEqual(depth.applySnapshot(snapshot(3, [[1, 1]], [[9_000, 1]])), "waiting")
    assert.strictEqual(depth.applySnapshot(snapshot(5, [[1, 1]], [[9_000, 1]])), "applied")
  })

  it("drops the worst levels beyond its bound", () => {
    const depth = new Depth("BTCUSDT")
    const bids = Array.from({ length: MAX_LEVELS + 3 }, (_, index): readonly [number, number] => [index + 1, 1])
    depth.applySnapshot(snapshot(1, bids, [[1_000_000, 1]]))
    const kept = depth.view(2 * MAX_LEVELS).bids
    assert.strictEqual(kept.length, MAX_LEVELS)
    assert.deepStrictEqual(kept.at(-1), { ticks: 4, lots: 1 })
  })

  it("shows newer best prices over an older book, without the levels they prove gone", () => {
    const depth = new Depth("BTCUSDT")
    depth.applySnapshot(
      snapshot(
        10,
        [
          [100, 1],
          [99, 2]
        ],
        [
          [101, 1],
          [103, 2]
        ]
      )
    )
    const best = { symbol: "BTCUSDT", updateId: 12, bid: { ticks: 99, lots: 5 }, ask: { ticks: 102, lots: 4 } }
    const view = depth.view(5, best)
    assert.deepStrictEqual(rows(view.bids), [[99, 5]])
    assert.deepStrictEqual(rows(view.asks), [
      [102, 4],
      [103, 2]
    ])
    assert.strictEqual(view.updateId, 12)
    assert.strictEqual(depth.view(5, { ...best, updateId: 10 }).bids[0]?.ticks, 100)
  })

  const Change = Schema.Struct({
    side: Schema.Literals(["bid", "ask"]),
    ticks: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
    lots: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
  })
  it.prop("holds the same levels as a plain map of them, best first", [Schema.Array(Change)], ([changes]) => {
    const depth = new Depth("BTCUSDT")
    const bids = new Map<number, number>()
    const asks = new Map<number, number>()
    depth.applySnapshot(snapshot(0, [], []))
    for (const [index, change] of changes.entries()) {
      // Asks above bids: what crosses is another test's matter.
      const ticks = change.side === "bid" ? change.ticks : change.ticks + 100
      const side = change.side === "bid" ? bids : asks
      if (change.lots === 0) side.delete(ticks)
      else side.set(ticks, change.lots)
      const changed: Rows = [[ticks, change.lots]]
      depth.applyDiff(diff(index + 1, index + 1, side === bids ? changed : [], side === asks ? changed : []))
    }
    assert.deepStrictEqual(
      rows(depth.view(100).bids),
      [...bids].toSorted(([a], [b]) => b - a)
    )
    assert.deepStrictEqual(
      rows(depth.view(100).asks),
      [...asks].toSorted(([a], [b]) => a - b)
    )
  })

  it.prop(
    "gives single levels as its view shows them, with newer best prices and without",
    [Schema.Array(Change)],
    ([changes]) => {
      const depth = new Depth("BTCUSDT")
      depth.applySnapshot(snapshot(0, [], []))
      for (const [index, { lots, side, ticks }] of changes.entries()) {
        const changed: Rows = [[side === "bid" ? ticks : ticks + 100, lots]]
        depth.applyDiff(diff(index + 1, index + 1, side === "bid" ? changed : [], side === "ask" ? changed : []))
      }
      const newer = {
        symbol: "BTCUSDT",
        updateId: 1_000_000,
        bid: { ticks: 20, lots: 5 },
        ask: { ticks: 120, lots: 0 }
      }
      for (const best of [undefined, newer]) {
        const view = depth.view(100, best)
        for (const side of ["bids", "asks"] as const) {
          const shown = view[side]
          assert.deepStrictEqual(
            Array.from({ length: shown.length + 2 }, (_, index) => depth.levelAt(side, index, best)),
            [...shown, undefined, undefined]
          )
          const from = side === "bids" ? 0 : 100
          for (let ticks = from; ticks <= from + 40; ticks++) {
            const lots = shown.find((level) => level.ticks === ticks)?.lots ?? 0
            assert.strictEqual(depth.lotsAtPrice(side, ticks, best), lots)
          }
        }
      }
    }
  )
})
