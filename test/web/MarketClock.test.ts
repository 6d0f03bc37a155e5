import { assert, describe, it } from "@effect/vitest"
import { type MarketClock, marketTime, seen } from "../../web/store/MarketClock.ts"

const WALL = 1_800_000_000_000
const RECORDED = 1_723_161_255_000

/** Watches a recording for `seconds` that runs `rate` times as fast as the wall. */
const watch = (rate: number, seconds: number): MarketClock | undefined => {
  let clock: MarketClock | undefined
  for (let second = 0; second <= seconds; second++) {
    clock = seen(clock, WALL + second * 1_000, RECORDED + second * 1_000 * rate)
  }
  return clock
}

describe("the market's clock", () => {
  it("is the wall's for a market of now", () => {
    assert.strictEqual(seen(undefined, WALL, WALL - 40), undefined)
    assert.strictEqual(marketTime(undefined, WALL), WALL)
  })

  it("places a moment of ours in a recording, at its own pace and at ten times that", () => {
    for (const rate of [1, 10]) {
      assert.strictEqual(marketTime(watch(rate, 20), WALL + 7_000), RECORDED + 7_000 * rate)
    }
  })

  it("stays the same object while nothing is new, so that nothing is drawn again", () => {
    const clock = watch(10, 20)
    assert.strictEqual(seen(clock, WALL + 21_000, RECORDED + 210_100), clock)
  })
})
