import { assert, describe, it } from "@effect/vitest"
import { Translator } from "../../../src/adapters/binance/Translate.ts"
import { Depth } from "../../../src/domain/Depth.ts"
import { skippedInAll } from "../../../src/ports/MarketSource.ts"
import { Draws } from "../../domain/matching/oracle/Draws.ts"
import { btcusdt } from "../../kit/Trading.ts"

const FRAMES = 400
/** Characters that never make one good number of another. */
const NOISE = ["x", "{", "}", "[", "]", ":", '"', "#", "é", "\u0000", "\\"]

const cents = (ticks: number) => `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, "0")}000000`

/** The exchange: its book by update id, and the frames it sends of it. */
class Truth {
  readonly books = new Map<number, ReadonlyArray<ReadonlyMap<number, number>>>()
  private readonly sides = [new Map<number, number>(), new Map<number, number>()] as const
  private readonly draws: Draws
  private id = 100

  constructor(draws: Draws) {
    this.draws = draws
  }

  diff(): string {
    const first = this.id + 1
    this.id += this.draws.between(1, 5)
    const changed: ReadonlyArray<Array<readonly [string, string]>> = [[], []]
    for (let count = this.draws.below(4); count >= 0; count--) {
      const side = this.draws.below(2)
      const ticks = side === 0 ? this.draws.between(9_900, 9_999) : this.draws.between(10_000, 10_100)
      const lots = this.draws.below(3)
      if (lots === 0) this.sides[side]!.delete(ticks)
      else this.sides[side]!.set(ticks, lots)
      changed[side]!.push([cents(ticks), `0.0000${lots}000`])
    }
    this.books.set(
      this.id,
      this.sides.map((side) => new Map(side))
    )
    const data = { e: "depthUpdate", E: 1, s: "BTCUSDT", U: first, u: this.id, b: changed[0], a: changed[1] }
    return JSON.stringify({ stream: "btcusdt@depth@100ms", data })
  }

  snapshot(): string {
    const rows = (side: ReadonlyMap<number, number>) =>
      [...side].map(([ticks, lots]) => [cents(ticks), `0.0000${lots}000`])
    return JSON.stringify({ lastUpdateId: this.id, bids: rows(this.sides[0]), asks: rows(this.sides[1]) })
  }
}

const garbled = (text: string, draws: Draws): string => {
  const at = draws.below(text.length)
  switch (draws.below(4)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + draws.pick(NOISE) + text.slice(at + 1)
    case 2:
      return text.replaceAll(/(\d)\.(\d\d)0/g, "$1.$21")
    default: {
      const data = JSON.parse(text) as { data?: Record<string, unknown> } & Record<string, unknown>
      const fields = data.data ?? data
      const name = draws.pick(Object.keys(fields))
      const wrong = draws.pick([undefined, null, -1, 1.5, {}, [], [null], [[]], "x", true])
      // A price list may be empty: that is another frame, not a broken one.
      fields[name] = Array.isArray(wrong) && wrong.length === 0 ? "" : wrong
      return JSON.stringify(data)
    }
  }
}

describe("truncated and garbled frames", () => {
  it("never throw, are counted one by one, and never make a book that the exchange did not have", () => {
    let checked = 0
    for (let seed = 1; seed <= 12; seed++) {
      const draws = new Draws(seed)
      const truth = new Truth(draws)
      const translator = new Translator(new Map([["BTCUSDT", btcusdt]]))
      const depth = new Depth("BTCUSDT")
      let heard = 0
      let frames = 0
      const hear = (text: string): void => {
        frames++
        const received = draws.percent(15) ? garbled(text, draws) : text
        let value: unknown
        try {
          value = JSON.parse(received)
        } catch {
          return translator.torn()
        }
        const message = translator.message(value, 0, ["BTCUSDT"])
        if (message === undefined) return
        heard++
        if (message._tag === "DepthDiff") depth.applyDiff(message.diff)
        if (message._tag === "DepthSnapshot") depth.applySnapshot(message.snapshot)
      }
      for (let frame = 0; frame < FRAMES; frame++) {
        hear(truth.diff())
        // What the adapter does about a book that is not synced.
        if (!depth.synced) hear(truth.snapshot())
        if (!depth.synced) continue
        checked++
        const [bids, asks] = truth.books.get(depth.updateId) ?? []
        const shown = depth.view(1_000)
        assert.deepStrictEqual(new Map(shown.bids.map(({ ticks, lots }) => [ticks, lots])), bids, `seed ${seed}`)
        assert.deepStrictEqual(new Map(shown.asks.map(({ ticks, lots }) => [ticks, lots])), asks, `seed ${seed}`)
      }
      assert.strictEqual(heard + skippedInAll(translator.skipped), frames)
      assert.isAbove(skippedInAll(translator.skipped), 20)
    }
    assert.isAbove(checked, 3_000)
  })
})
