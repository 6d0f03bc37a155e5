// When a private stream is renewed, and what its reader hears then: on a virtual clock, over connections that a test speaks for.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Queue, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Handover } from "../../../src/adapters/binance/Handover.ts"
import type { Listener } from "../../../src/adapters/binance/StreamConnection.ts"
import * as UserStream from "../../../src/adapters/binance/UserStream.ts"
import { ClientOrderId } from "../../../src/domain/Ids.ts"
import type { Report } from "../../../src/domain/Report.ts"
import { ExchangeError, NotSent } from "../../../src/ports/Exchange.ts"

const HOUR = 3_600_000
const renewal = { afterMillis: 20 * HOUR, spreadMillis: 0, togetherMillis: 5_000 }

const reportOf = (n: number): Report => ({
  _tag: "Accepted",
  clientOrderId: ClientOrderId.make(`order-${n}`),
  exchangeOrderId: String(n),
  symbol: "BTCUSDT",
  at: n
})

/** A connection as the exchange has it. */
class Line {
  readonly listener: Listener
  /** Closed by us. */
  isClosed = false
  /** Whether it answers to a question. */
  answers = true

  constructor(listener: Listener) {
    this.listener = listener
  }

  say(...numbers: ReadonlyArray<number>): void {
    for (const n of numbers) this.listener.report(`BTCUSDT ${n}`, reportOf(n))
  }
}

/** An open stream, its connections so far, and what its reader hears: numbers, and "lost" at the end. */
const opened = Effect.gen(function* () {
  const lines: Array<Line> = []
  const refusing = { is: false }
  const connect = (listener: Listener) =>
    Effect.gen(function* () {
      if (refusing.is) return yield* new ExchangeError({ reason: new NotSent({ message: "refused" }) })
      const line = new Line(listener)
      lines.push(line)
      yield* Effect.addFinalizer(() => Effect.sync(() => void (line.isClosed = true)))
      return { answered: Effect.suspend(() => (line.answers ? Effect.void : Effect.never)) }
    })
  const reports = yield* UserStream.open(connect, renewal)
  const known: Array<number | "lost"> = []
  const heard = () => {
    for (let next = Queue.takeUnsafe(reports); next !== undefined; next = Queue.takeUnsafe(reports)) {
      known.push(Exit.isSuccess(next) ? next.value.at : "lost")
      if (Exit.isFailure(next)) break
    }
    return known
  }
  const at = (index: number): Line => {
    const line = lines[index]
    if (line === undefined) throw new Error(`there is no connection ${index}, only ${lines.length}`)
    return line
  }
  return { lines, at, refusing, heard }
})

describe("a private stream", () => {
  it.effect("goes on over a new connection before its own is a day old, and closes the old one only then", () =>
    Effect.gen(function* () {
      const { at, heard, lines } = yield* opened
      at(0).say(1)
      yield* TestClock.adjust(20 * HOUR - 1)
      assert.lengthOf(lines, 1)
      yield* TestClock.adjust(1)
      assert.lengthOf(lines, 2)
      at(0).say(2, 3)
      at(1).say(3)
      at(1).say(4)
      at(0).say(4)
      assert.isFalse(at(0).isClosed)
      yield* TestClock.adjust(5_000)
      assert.isTrue(at(0).isClosed)
      at(1).say(5)
      yield* TestClock.adjust(20 * HOUR + 5_000)
      assert.isTrue(at(1).isClosed)
      at(2).say(6)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(heard(), [1, 2, 3, 4, 5, 6])
    })
  )

  it.effect("is renewed as soon as Binance says that it is closing the connection", () =>
    Effect.gen(function* () {
      const { at, heard, lines } = yield* opened
      at(0).listener.closing()
      yield* TestClock.adjust(0)
      assert.lengthOf(lines, 2)
      at(0).say(1)
      at(1).say(1, 2)
      at(0).listener.over("going away", true)
      at(1).say(3)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(heard(), [1, 2, 3])
      assert.isTrue(at(0).isClosed)
      assert.isFalse(at(1).isClosed)
    })
  )

  it.effect("says what happened in its order, though the new connection was the first to say it", () =>
    Effect.gen(function* () {
      const { at, heard } = yield* opened
      at(0).listener.closing()
      yield* TestClock.adjust(4_500)
      at(1).say(2, 3)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(heard(), [])
      at(0).say(1, 2)
      yield* TestClock.adjust(500)
      // The old one was closed before it said 3; the new one repeats itself.
      at(1).say(3, 4)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(heard(), [1, 2, 3, 4])
    })
  )

  it.effect("tries again while the old connection lives, less and less often, and is lost only with it", () =>
    Effect.gen(function* () {
      const { at, heard, lines, refusing } = yield* opened
      refusing.is = true
      at(0).listener.closing()
      yield* TestClock.adjust("5 minutes")
      at(0).say(1)
      refusing.is = false
      yield* TestClock.adjust("30 seconds")
      assert.lengthOf(lines, 2)
      yield* TestClock.adjust(5_000)
      at(1).say(2)
      refusing.is = true
      at(1).listener.closing()
      yield* TestClock.adjust("1 minute")
      at(1).listener.over("going away", true)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(heard(), [1, 2, "lost"])
    })
  )

  it.effect("is not lost with a new connection that ends before it leads", () =>
    Effect.gen(function* () {
      const { at, heard, lines } = yield* opened
      at(0).listener.closing()
      yield* TestClock.adjust(0)
      at(1).say(1)
      at(1).listener.over("torn", false)
      yield* TestClock.adjust(0)
      assert.isTrue(at(1).isClosed)
      at(0).say(1, 2)
      yield* TestClock.adjust(1_000)
      assert.lengthOf(lines, 3)
      yield* TestClock.adjust(5_000)
      at(2).say(3)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(heard(), [1, 2, 3])
    })
  )

  const doubtful: ReadonlyArray<readonly [name: string, what: (old: Line, fresh: Line) => void]> = [
    ["is torn while both tell", (old) => old.listener.over("torn", false)],
    ["does not say what the new one has said", (_, fresh) => fresh.say(1)]
  ]
  for (const [name, happens] of doubtful) {
    it.effect(`is lost where the old connection ${name}: it may have kept more to itself`, () =>
      Effect.gen(function* () {
        const { at, heard } = yield* opened
        at(0).listener.closing()
        yield* TestClock.adjust(0)
        happens(at(0), at(1))
        yield* TestClock.adjust(5_000)
        assert.deepStrictEqual(heard(), ["lost"])
      })
    )
  }

  it.effect("does not let go of an old connection that does not answer", () =>
    Effect.gen(function* () {
      const { at, heard } = yield* opened
      at(0).listener.closing()
      at(0).answers = false
      yield* TestClock.adjust("20 seconds")
      assert.isFalse(at(0).isClosed)
      at(0).listener.over("silent", false)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(heard(), ["lost"])
    })
  )

  it.effect("ends with its reader: nothing is opened any more", () =>
    Effect.gen(function* () {
      const { lines } = yield* Effect.scoped(opened)
      yield* TestClock.adjust(50 * HOUR)
      assert.deepStrictEqual(
        lines.map(({ isClosed }) => isClosed),
        [true]
      )
    })
  )
})

describe("a handover", () => {
  /** How far each connection reads on, in turns, until they have said all. */
  const Turns = Schema.Array(
    Schema.Struct({
      old: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 })),
      fresh: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 }))
    })
  )
  const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))

  it.prop("hands on everything once and in order, whichever connection is ahead", [Turns, Count, Count], (args) => {
    const [turns, before, together] = args
    const all = Array.from({ length: before + together + 5 }, (_, index) => index)
    const handover = new Handover()
    const heard: Array<number> = []
    // The new connection begins after `before`; the old one is closed somewhere after that.
    let [old, fresh] = [0, before]
    const lead = () => {
      const report = handover.led(`I ${old}`, reportOf(old))
      old++
      if (report !== undefined) heard.push(report.at)
    }
    for (let n = 0; n < before; n++) lead()
    for (const turn of turns) {
      for (let n = 0; n < turn.old && old < all.length; n++) lead()
      for (let n = 0; n < turn.fresh && fresh < all.length; n++, fresh++) {
        assert.isTrue(handover.followed(`I ${fresh}`, reportOf(fresh), fresh))
      }
    }
    heard.push(...handover.turn().map(({ at }) => at))
    for (; fresh < all.length; fresh++) {
      const report = handover.led(`I ${fresh}`, reportOf(fresh))
      if (report !== undefined) heard.push(report.at)
    }
    assert.deepStrictEqual(heard, all)
  })

  it("says how long the old connection has not said what the new one did, and has an end to what it keeps", () => {
    const handover = new Handover()
    assert.isTrue(handover.followed("a", reportOf(1), 10))
    assert.isTrue(handover.followed("b", reportOf(2), 20))
    assert.deepStrictEqual([handover.lags(10), handover.lags(11)], [false, true])
    handover.led("a", reportOf(1))
    assert.deepStrictEqual([handover.lags(20), handover.lags(21)], [false, true])
    let kept = 1
    while (handover.followed(`more ${kept}`, reportOf(3), 30)) kept++
    assert.strictEqual(kept, 4_096)
    handover.forget()
    assert.deepStrictEqual(handover.turn(), [])
  })
})
