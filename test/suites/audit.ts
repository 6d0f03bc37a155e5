// What an audit of a journal must find, and what a replay must show, whatever the journal is made of. Each test uses accounts of its own.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option } from "effect"
import { GENESIS, type Link, linkText } from "../../src/domain/EventChain.ts"
import { canonicalJson } from "../../src/domain/CanonicalJson.ts"
import type { AccountId } from "../../src/domain/Ids.ts"
import * as Money from "../../src/domain/Money.ts"
import { text } from "../../src/domain/Replay.ts"
import { verify } from "../../src/ports/Audit.ts"
import { Blotter } from "../../src/ports/Blotter.ts"
import { sha256 } from "../../src/ports/EventHash.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { compare, rebuild } from "../../src/ports/Rebuild.ts"
import { history } from "../kit/History.ts"
import { accountId, boughtInTwo, deposited, NOW, SampleWriter, shown } from "../kit/Samples.ts"
import { Tamper } from "../kit/Tamper.ts"

const idOf = (name: string) => accountId(`audited-${name}`)

/** Nine events: a deposit and two purchases. */
const written = Effect.fnUntraced(function* (name: string) {
  const journal = yield* Journal
  const writer = new SampleWriter(idOf(name))
  yield* journal.append(writer.next([deposited("USDT", "1000000"), ...boughtInTwo(1)]))
  yield* journal.append(writer.next(boughtInTwo(2)))
  return writer
})

const faultOf = (account: AccountId) =>
  Effect.gen(function* () {
    const { fault } = yield* verify(yield* Journal, account)
    return fault === undefined ? undefined : `${fault.seq} ${fault.what}`
  })

/** What an audit says of nine events after they were changed like this. */
const afterChange = Effect.fnUntraced(function* (name: string, change: (links: Array<Link>) => ReadonlyArray<Link>) {
  const [journal, tamper] = [yield* Journal, yield* Tamper]
  const { account } = yield* written(name)
  assert.isUndefined(yield* faultOf(account.accountId))
  yield* tamper.write(account.accountId, change([...(yield* journal.links(account.accountId, 0, 100))]))
  return yield* faultOf(account.accountId)
})

const renumbered = (links: ReadonlyArray<Link>) => links.map((link, index) => ({ ...link, seq: index + 1 }))

const EDITED = "is not what was written there: it was edited, inserted or moved"

export const auditSuite = (it: Vitest.MethodsNonLive<Journal | Blotter | Tamper>): void => {
  it.effect("names an event of which anything was edited", () =>
    Effect.gen(function* () {
      const edits: Record<string, (link: Link) => Link> = {
        event: (link) => ({ ...link, event: { ...(link.event as object), orderId: "another" } }),
        time: (link) => ({ ...link, at: link.at + 1 }),
        trace: (link) => ({ ...link, traceId: "another" }),
        version: (link) => ({ ...link, version: 1 }),
        hash: (link) => ({ ...link, hash: sha256("another") })
      }
      for (const [name, edit] of Object.entries(edits)) {
        const found = yield* afterChange(`edit-${name}`, (links) =>
          links.map((link) => (link.seq === 5 ? edit(link) : link))
        )
        assert.strictEqual(found, `5 ${EDITED}`, name)
      }
    })
  )

  it.effect("names an event that was removed, with and without closing the gap", () =>
    Effect.gen(function* () {
      const without = (links: ReadonlyArray<Link>) => links.filter(({ seq }) => seq !== 4)
      assert.strictEqual(yield* afterChange("gap", without), "4 was removed")
      assert.strictEqual(yield* afterChange("closed", (links) => renumbered(without(links))), `4 ${EDITED}`)
      const headless = yield* afterChange("first", (links) => links.slice(1))
      assert.strictEqual(headless, "1 was removed")
    })
  )

  it.effect("names an event that was inserted, in the middle and behind the end", () =>
    Effect.gen(function* () {
      const twice = yield* afterChange("inserted", (links) =>
        renumbered(links.flatMap((link) => (link.seq === 6 ? [link, link] : [link])))
      )
      assert.strictEqual(twice, `7 ${EDITED}`)
      // Whoever knows the rule can chain an event of his own: the head gives him away.
      const [account, at, traceId] = [idOf("behind"), NOW, "t"]
      const event = { _tag: "BalanceAdjusted", asset: "USDT", free: "1000000000" }
      const behind = yield* afterChange("behind", (links) => {
        const forged = { seq: 10, at, traceId, version: 1 }
        const hash = sha256(linkText(links.at(-1)?.hash ?? "", account, { ...forged, event: canonicalJson(event) }))
        return [...links, { ...forged, event, hash }]
      })
      assert.strictEqual(behind, "10 was added behind the end: the account ends at 9")
      const bare = yield* afterChange("bare", (links) =>
        links.map((link) => (link.seq === 3 ? { ...link, hash: undefined } : link))
      )
      assert.strictEqual(bare, "3 has no hash: it was not written by the desk")
    })
  )

  it.effect("names the first of two events that changed places", () =>
    Effect.gen(function* () {
      const swapped = (links: ReadonlyArray<Link>) =>
        links
          .map((link) => (link.seq === 4 ? { ...link, seq: 5 } : link.seq === 5 ? { ...link, seq: 4 } : link))
          .toSorted((a, b) => a.seq - b.seq)
      assert.strictEqual(yield* afterChange("swapped", swapped), `4 ${EDITED}`)
    })
  )

  it.effect("misses events that were cut off at the end, and a head that was removed", () =>
    Effect.gen(function* () {
      const [journal, tamper] = [yield* Journal, yield* Tamper]
      assert.strictEqual(
        yield* afterChange("cut", (links) => links.slice(0, 7)),
        "8 was removed: the account ends at 9"
      )
      assert.strictEqual(yield* afterChange("all", () => []), "1 was removed: the account ends at 9")
      const { account } = yield* written("headless")
      const { accountId: ann } = account
      const head = Option.getOrThrow(yield* journal.head(ann))
      yield* tamper.setHead(ann, { ...head, hash: sha256("another") })
      assert.strictEqual(yield* faultOf(ann), "9 is not the one that the head names")
      yield* tamper.setHead(ann, undefined)
      assert.strictEqual(yield* faultOf(ann), "9 cannot be told to be the last: the account's head was removed")
    })
  )

  it.effect("finds an event that was moved to another account", () =>
    Effect.gen(function* () {
      const [journal, tamper] = [yield* Journal, yield* Tamper]
      const { account } = yield* written("giver")
      const taker = (yield* written("taker")).account.accountId
      yield* tamper.write(taker, yield* journal.links(account.accountId, 0, 100))
      assert.strictEqual(yield* faultOf(taker), `1 ${EDITED}`)
    })
  )

  it.effect("says which events are from before the chain, and chains on behind them", () =>
    Effect.gen(function* () {
      const [journal, tamper] = [yield* Journal, yield* Tamper]
      const writer = yield* written("before")
      const { accountId: ann } = writer.account
      const bare = (yield* journal.links(ann, 0, 100)).map((link) => ({ ...link, hash: undefined }))
      yield* tamper.write(ann, bare)
      yield* tamper.setHead(ann, { seq: 9, hash: undefined, chainedFrom: 10 })
      assert.deepInclude(yield* verify(journal, ann), { fault: undefined })
      assert.strictEqual((yield* verify(journal, ann)).good.unchained, 9)
    })
  )

  it.effect("keeps the chain of every account that is written at once, from the first event on", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writers = Array.from({ length: 24 }, (_, index) => new SampleWriter(idOf(`chains-${index}`)))
      yield* Effect.forEach(
        writers,
        (writer, index) => Effect.forEach(history(writer, index, 20), journal.append, { discard: true }),
        { concurrency: "unbounded", discard: true }
      )
      const heads = new Set<string>()
      for (const { account } of writers) {
        const { fault, good } = yield* verify(journal, account.accountId)
        assert.isUndefined(fault)
        assert.strictEqual(good.seq, account.seq)
        heads.add(good.hash)
      }
      assert.strictEqual(heads.size, writers.length)
      assert.isFalse(heads.has(GENESIS))
    })
  )

  it.effect("walks every account that has events or a head, once", () =>
    Effect.gen(function* () {
      const [journal, tamper] = [yield* Journal, yield* Tamper]
      const names = ["walk-a", "walk-b", "walk-c"]
      for (const name of names) yield* written(name)
      yield* tamper.setHead(idOf("walk-a"), undefined)
      yield* tamper.write(idOf("walk-b"), [])
      const walked: Array<string> = []
      let found = yield* journal.accountAfter()
      for (; Option.isSome(found); found = yield* journal.accountAfter(found.value)) walked.push(found.value)
      assert.deepStrictEqual(walked, [...new Set(walked)].toSorted())
      assert.includeMembers(walked, names.map(idOf))
    })
  )

  it.effect("replays a journal into the account and the read models it was written with", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      for (const seed of [1, 2, 3]) {
        const writer = new SampleWriter(idOf(`replay-${seed}`))
        yield* Effect.forEach(history(writer, seed, 600), journal.append, { discard: true })
        const { difference, replay } = yield* compare(journal, blotter, writer.account.accountId)
        assert.isUndefined(difference)
        assert.isAbove(writer.account.seq, 1_000)
        assert.deepStrictEqual(shown(replay.account), shown(writer.account))
      }
    })
  )

  it.effect("replays up to an event number or a time", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(idOf("until"))
      yield* Effect.forEach(history(writer, 9, 40), journal.append, { discard: true })
      const { accountId: ann } = writer.account
      for (const seq of [0, 1, 17, writer.account.seq, 1_000_000]) {
        const bySeq = yield* rebuild(journal, ann, { seq })
        assert.strictEqual(bySeq.account.seq, Math.min(seq, writer.account.seq))
        // The samples' clock ticks once an event.
        assert.strictEqual(text(yield* rebuild(journal, ann, { at: NOW + seq })), text(bySeq))
      }
    })
  )

  it.effect("names the first place where the journal and the read models differ", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const { account } = yield* written("differs")
      const other = { ...blotter, orderCounts: () => Effect.succeed({ open: 0, closed: 3 }) }
      const counted = yield* compare(journal, other, account.accountId)
      assert.strictEqual(counted.difference, "closed orders: 2 by the journal, 3 in the table")
      const richer = {
        ...blotter,
        state: (id: AccountId) =>
          Effect.map(blotter.state(id), (state) => ({
            ...state,
            balances: state.balances.map((one) => (one.asset === "BTC" ? { ...one, free: Money.decimal("7") } : one))
          }))
      }
      assert.strictEqual(
        (yield* compare(journal, richer, account.accountId)).difference,
        'account balances BTC free: "0.999" by the journal, "7" in the table'
      )
    })
  )
}
