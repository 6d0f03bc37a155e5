import { assert, describe, it } from "@effect/vitest"
import type { PrivateMessage } from "../../src/contract/Views.ts"
import * as Sequence from "../../web/Sequence.ts"

const balance = (seq: number): PrivateMessage => ({
  type: "BALANCE_UPDATE",
  seq,
  data: { asset: "BTC", free: "1", held: "0", total: "1" }
})
const live = (seq: number) => Sequence.onLive(Sequence.onSnapshot(Sequence.unknown, seq), seq)

describe("the sequence of an account's updates", () => {
  it("takes nothing before the first snapshot, since there is nothing to apply it to", () => {
    assert.strictEqual(Sequence.onUpdate(Sequence.unknown, balance(1))[0], "skip")
    assert.strictEqual(Sequence.resumeFrom(Sequence.unknown), undefined)
  })

  it("takes every message of one number, and none of an older one", () => {
    const [first, one] = Sequence.onUpdate(live(7), balance(8))
    const [second, two] = Sequence.onUpdate(one, balance(8))
    assert.deepStrictEqual([first, second], ["take", "take"])
    assert.strictEqual(Sequence.onUpdate(two, balance(7))[0], "skip")
  })

  it("skips what a snapshot of that number already holds", () => {
    assert.strictEqual(Sequence.onUpdate(live(7), balance(7))[0], "skip")
  })

  it("sees a gap while live, and stays where it was certain", () => {
    const [verdict, after] = Sequence.onUpdate(live(7), balance(9))
    assert.strictEqual(verdict, "gap")
    assert.strictEqual(Sequence.resumeFrom(after), 7)
  })

  it("asks again for a number whose messages may not all have come", () => {
    const [, after] = Sequence.onUpdate(live(7), balance(8))
    assert.strictEqual(Sequence.resumeFrom(after), 7)
    assert.strictEqual(Sequence.resumeFrom(Sequence.onLive(after, 8)), 8)
  })

  it("accepts a missing number in a resume, where it is an event that changed nothing to show", () => {
    const resumed = Sequence.replaying(live(7))
    const [verdict, after] = Sequence.onUpdate(resumed, balance(9))
    assert.strictEqual(verdict, "take")
    assert.strictEqual(Sequence.onUpdate(Sequence.onLive(after, 9), balance(11))[0], "gap")
  })

  it("moves on to the number that LIVE names, even where no message came with it", () => {
    assert.strictEqual(Sequence.onUpdate(Sequence.onLive(live(7), 9), balance(10))[0], "take")
  })

  it("lets a snapshot with a smaller number replace what is held", () => {
    assert.strictEqual(Sequence.resumeFrom(Sequence.onSnapshot(live(7), 3)), 3)
  })
})
