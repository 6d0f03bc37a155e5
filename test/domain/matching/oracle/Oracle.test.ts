import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Engine } from "../../../../src/domain/matching/Engine.ts"
import type { OrderList } from "../../../../src/domain/matching/Event.ts"
import type { Order } from "../../../../src/domain/matching/Order.ts"
import { difference } from "./Compare.ts"
import { extent } from "./Extent.ts"
import type { Entry, History, Level } from "./History.ts"
import { marketOf, print, shrink } from "./History.ts"
import type { Path } from "./Paths.ts"
import { paths } from "./Paths.ts"
import { grow } from "./World.ts"

const seeds = Array.from({ length: extent.histories }, (_, index) => extent.firstSeed + index)
const grown = new Map<number, ReturnType<typeof grow>>()
const historyOf = (seed: number) => {
  const found = grown.get(seed) ?? grow(seed, extent.commands)
  grown.set(seed, found)
  return found
}

/** Fails with the shortest history that still shows the same kind of difference. */
const report = (seed: number, history: History): void => {
  const first = difference(new Engine(), history)
  if (first === undefined) return
  const fails = (candidate: History) => difference(new Engine(), candidate)?.what === first.what
  const shortest = shrink(history.slice(0, first.index + 1), fails)
  const { what, expected, found } = difference(new Engine(), shortest) ?? first
  assert.fail(`seed ${seed}: ${what}\nexpected ${expected}\nfound    ${found}\n${print(shortest)}`)
}

/** The part of a market that an engine asked about when it carried out a command. */
const trimmed = (engine: Engine, { command, market }: Entry): Entry => {
  const asked = { bids: new Set<Level>(), asks: new Set<Level>() }
  engine.apply(
    command,
    marketOf(market, (side, level) => asked[side].add(level))
  )
  const keep = (side: "bids" | "asks") => market[side].filter((level) => asked[side].has(level))
  return { command, market: { ...market, bids: keep("bids"), asks: keep("asks") } }
}

/** An answer as text; events carry the live order, of which the id is enough. */
const toldBy = (answer: ReturnType<Engine["apply"]>): string =>
  JSON.stringify(Result.isSuccess(answer) ? answer.success : answer.failure, (key, value: unknown) =>
    key === "order"
      ? (value as Order).orderId
      : key === "list"
        ? (value as OrderList).listId
        : typeof value === "bigint"
          ? `${value}n`
          : value
  )

describe("the matching engine", () => {
  it("does what the naive engine does, at every step of random histories", () => {
    for (const seed of seeds) report(seed, historyOf(seed).history)
  })

  it("is led by them through everything it can do", () => {
    const reached = new Map<Path, number>(paths.map((path) => [path, 0]))
    for (const seed of seeds) {
      for (const answer of historyOf(seed).answers) {
        for (const path of answer.paths) reached.set(path, (reached.get(path) ?? 0) + 1)
      }
    }
    assert.deepStrictEqual(
      [...reached].filter(([, times]) => times === 0),
      []
    )
  })

  // Fails while an amend of an order without a price is judged by the reference price of an earlier command.
  it("comes to the same bytes from the same commands, also when it is stored and read back on the way", () => {
    for (const seed of seeds.slice(0, 4)) {
      const first = new Engine()
      let second = new Engine()
      for (const [index, { command, market }] of historyOf(seed).history.entries()) {
        const [one, two] = [first, second].map((engine) => engine.apply(command, marketOf(market)))
        assert.strictEqual(toldBy(two!), toldBy(one!))
        assert.strictEqual(second.stateHash(), first.stateHash())
        assert.strictEqual(second.encode(), first.encode())
        if (index % 7 === 6) second = Engine.decode(second.encode())
      }
    }
  })

  it("replays from the commands it took and the parts of the market it asked about", () => {
    for (const seed of seeds.slice(0, 6)) {
      const engine = new Engine()
      const replayed = new Engine()
      for (const entry of historyOf(seed).history) {
        const before = engine.stateHash()
        const { command, market } = trimmed(engine, entry)
        if (engine.stateHash() === before) continue
        assert.isTrue(Result.isSuccess(replayed.apply(command, marketOf(market))), `seed ${seed}`)
        assert.strictEqual(replayed.stateHash(), engine.stateHash(), `seed ${seed}`)
      }
    }
  })
})
