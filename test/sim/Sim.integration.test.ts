// The whole desk under every fault the simulator knows, in as many worlds as fit into a minute or two. `npm run sim` runs more of them.
import { assert, describe, it } from "@effect/vitest"
import { bundle } from "./Bundle.ts"
import { runAll, runOne } from "./Pool.ts"

const HISTORIES = 60
const ORDERS = 300

/** Seeds that found something once, in worlds of plain market and limit orders. */
const PINNED = [68, 104, 106, 112, 113, 116, 844, 1259]

describe("the whole desk in simulated worlds", () => {
  it("loses no order, doubles none, closes none wrongly and makes no money", { timeout: 300_000 }, async () => {
    const { file, remove } = await bundle(undefined)
    const seeds = [...PINNED, ...Array.from({ length: HISTORIES }, (_, index) => index + 1)]
    const found: Array<string> = []
    let orders = 0
    try {
      await runAll(
        file,
        2,
        () => {
          const seed = seeds.shift()
          if (seed === undefined) return undefined
          return PINNED.includes(seed)
            ? { seed, orders: 500, without: ["otherTypes", "lists", "replaces"] }
            : { seed, orders: ORDERS }
        },
        (answer) => {
          orders += answer.orders
          found.push(...answer.violations.map((violation) => `seed ${answer.seed}: ${violation}`))
          return true
        }
      )
    } finally {
      await remove()
    }
    assert.deepStrictEqual(found, [])
    assert.isAbove(orders, HISTORIES * ORDERS)
  })

  it("has the same history for the same seed", { timeout: 60_000 }, async () => {
    const { file, remove } = await bundle(undefined)
    try {
      const [one, two] = [await runOne(file, { seed: 7, orders: 150 }), await runOne(file, { seed: 7, orders: 150 })]
      assert.deepStrictEqual(one, two)
    } finally {
      await remove()
    }
  })
})
