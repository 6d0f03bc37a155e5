import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fs from "node:fs"
import { empty, evolve } from "../../src/domain/Account.ts"
import { canonicalJson, withSortedKeys } from "../../src/domain/CanonicalJson.ts"
import { Event } from "../../src/domain/Event.ts"
import { begin, end, follow, type Head, isFault, type Link } from "../../src/domain/EventChain.ts"
import { AccountId } from "../../src/domain/Ids.ts"
import { read, VERSION } from "../../src/domain/StoredEvent.ts"
import { sha256 } from "../../src/ports/EventHash.ts"
import { assetsOf, shown } from "../kit/Samples.ts"

interface Kept {
  readonly accountId: string
  readonly head: Head
  readonly events: ReadonlyArray<Link>
  readonly account: ReturnType<typeof shown>
}

/** Journals as each version wrote them. `test/kit/JournalFixture.ts` made the newest; none is ever changed. */
const kept = (version: number): Kept =>
  JSON.parse(fs.readFileSync(new URL(`../fixtures/journal-v${version}.json`, import.meta.url), "utf8")) as Kept

/** What an account did not show yet when that journal was kept. */
const LATER: ReadonlyMap<number, ReadonlyArray<string>> = new Map([
  [1, ["flights", "resolution", "triggeredAt", "amends"]],
  [2, ["triggeredAt", "amends"]],
  [3, ["amends"]],
  [4, ["amends"]]
])

const known = <A extends object>(version: number, order: A): A =>
  Object.fromEntries(Object.entries(order).filter(([key]) => LATER.get(version)?.includes(key) !== true)) as A

const versions = Array.from({ length: VERSION }, (_, index) => index + 1)

describe("a stored event", () => {
  it.each(versions)("of version %i makes the account that it made when it was written", (version) => {
    const { account, accountId, events } = kept(version)
    const folded = events.reduce(
      (state, stored) => evolve(state, Result.getOrThrow(read(stored)), assetsOf),
      empty(AccountId.make(accountId))
    )
    const { orders, ...rest } = shown(folded)
    assert.deepStrictEqual({ ...rest, orders: orders.map((order) => known(version, order)) }, account)
  })

  it.each(versions)("of version %i has the hash that it had when it was written", (version) => {
    const { accountId, events, head } = kept(version)
    let good = begin(AccountId.make(accountId), head)
    for (const link of events) {
      const next = follow(good, link, sha256)
      if (isFault(next)) assert.fail(`event ${next.seq} ${next.what}`)
      good = next
    }
    assert.isUndefined(end(good))
  })

  it("of today is in the journal that is kept, whatever its kind", () => {
    const kinds = new Set(kept(VERSION).events.map(({ event }) => (event as typeof Event.Encoded)._tag))
    assert.deepStrictEqual([...kinds].toSorted(), Object.keys(Event.cases).toSorted())
  })

  it("of a newer desk is refused, with the versions that this one knows", () => {
    const [first] = kept(1).events
    assert(first !== undefined)
    const newer = read({ ...first, version: VERSION + 1 })
    assert(Result.isFailure(newer))
    assert.include(newer.failure.message, `event 1 has version ${VERSION + 1} and this desk reads up to ${VERSION}`)
    assert.isTrue(Result.isFailure(read({ ...first, event: { _tag: "OrderTeleported" } })))
  })
})

describe("canonical JSON", () => {
  it("is the text of RFC 8785", () => {
    const value = { "\u20ac": 1, "1": [1e21, 0.1, -0, true, null], "\r": '\u0007"\\', a: { c: undefined, b: 1 } }
    assert.strictEqual(
      canonicalJson(value),
      '{"\\r":"\\u0007\\"\\\\","1":[1e+21,0.1,0,true,null],"a":{"b":1},"\u20ac":1}'
    )
    const { "1": _, ...named } = value
    assert.strictEqual(JSON.stringify(withSortedKeys(named)), canonicalJson(named))
  })
})
