// What every Journal must do, whatever it is made of. Needs an empty store; each test uses accounts of its own.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Exit, Option } from "effect"
import { evolve, fromSnapshot, toSnapshot, empty, type Account } from "../../src/domain/Account.ts"
import { OPEN_ACCOUNT, orderIdOf, type Receipt } from "../../src/domain/Command.ts"
import type { Recorded } from "../../src/domain/Event.ts"
import { CommandId } from "../../src/domain/Ids.ts"
import { decimal } from "../../src/domain/Money.ts"
import { Journal } from "../../src/ports/Journal.ts"
import {
  accepted,
  accountId,
  assetsOf,
  boughtInTwo,
  callOf,
  canceled,
  deposited,
  envelope,
  ocoOf,
  filled,
  limitBuy,
  orderId,
  placeOrder,
  receiptOf,
  SampleWriter,
  shown,
  submitted
} from "../kit/Samples.ts"

const replay = (account: Account, events: ReadonlyArray<Recorded>): Account =>
  events.reduce((state, recorded) => evolve(state, recorded, assetsOf), account)

export const journalSuite = (it: Vitest.MethodsNonLive<Journal>): void => {
  it.effect("answers a repeated command id with the first envelope", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const ann = accountId("repeat")
      const first = placeOrder(ann, 1)
      assert.deepStrictEqual(yield* journal.submit(first), { _tag: "New" })
      const again = yield* journal.submit({
        ...first,
        at: first.at + 5,
        traceId: "another",
        command: { _tag: "PlaceOrder", orderId: orderId(2), intent: limitBuy("0.50") }
      })
      assert(again._tag === "Repeated")
      assert.strictEqual(orderIdOf(again.envelope.command), orderId(1))
      assert.strictEqual(again.envelope.traceId, first.traceId)
      assert.strictEqual(again.envelope.at, first.at)
    })
  )

  it.effect("refuses another body under the same id", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const ann = accountId("conflict")
      yield* journal.submit(placeOrder(ann, 1))
      const conflicting = [
        placeOrder(ann, 1, limitBuy("0.6")),
        placeOrder(ann, 1, limitBuy("0.5", "60000.02")),
        envelope(ann, "c1", { _tag: "CancelOrder", orderId: orderId(1) })
      ]
      for (const other of conflicting) assert.strictEqual((yield* journal.submit(other))._tag, "Conflicting")
      assert.strictEqual(yield* journal.countUndecided(ann), 1)
    })
  )

  it.effect("stores a refusal with its command, and gives it to every repeat", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const ann = accountId("refused")
      const command = placeOrder(ann, 1)
      const fields = { price: "Too far." }
      const refused: Receipt = {
        ...receiptOf(command, 0),
        outcome: "refused",
        reason: "Too far.",
        refusal: { code: "PRICE_TOO_FAR", message: "Too far.", fields }
      }
      const answers = yield* Effect.all([journal.submit(command, refused), journal.submit(command)], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers, [{ _tag: "New" }, { _tag: "Repeated", envelope: command, receipt: refused }])
      // Later it would be taken, or refused for something else: the first answer stands.
      const other = { ...refused, reason: "Something else." }
      for (const again of [yield* journal.submit(command), yield* journal.submit(command, other)]) {
        assert.deepStrictEqual(again, { _tag: "Repeated", envelope: command, receipt: refused })
      }
      assert.strictEqual((yield* journal.submit(placeOrder(ann, 1, limitBuy("0.6"))))._tag, "Conflicting")
      assert.strictEqual(yield* journal.countUndecided(ann), 0)
      assert.deepStrictEqual(
        yield* journal.command(ann, command.commandId),
        Option.some({ envelope: command, receipt: refused })
      )
      assert.isTrue(Option.isNone(yield* journal.command(ann, CommandId.make("never"))))
    })
  )

  it.effect("does not refuse later what it has taken", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const command = placeOrder(accountId("taken"), 1)
      yield* journal.submit(command)
      const late: Receipt = { ...receiptOf(command, 0), outcome: "refused", reason: "Closed." }
      assert.deepStrictEqual(yield* journal.submit(command, late), { _tag: "Repeated", envelope: command })
      assert.strictEqual(yield* journal.countUndecided(command.accountId), 1)
    })
  )

  it.effect("tells of an order what was asked, what happened and which calls were made, each in its order", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("trail"))
      const { accountId: ann } = writer.account
      const [place, cancel] = [
        placeOrder(ann, 1),
        { ...envelope(ann, "x1", { _tag: "CancelOrder", orderId: orderId(1) }), at: placeOrder(ann, 1).at + 5 }
      ]
      for (const command of [place, placeOrder(ann, 2), cancel]) yield* journal.submit(command)
      const calls = [callOf(1, "submit", 10), callOf(1, "query", 30), callOf(2, "submit", 20)]
      yield* journal.append({
        ...writer.next([deposited("USDT", "100000"), submitted(1), submitted(2)], { receipts: [receiptOf(place, 2)] }),
        calls: calls.slice(0, 1)
      })
      yield* journal.append({ ...writer.next([accepted(2), accepted(1)]), calls: calls.slice(1) })
      yield* journal.append(writer.next([canceled(1)]))
      const trail = yield* journal.trail(ann, orderId(1), 100)
      assert.deepStrictEqual(trail.commands, [{ envelope: place, receipt: receiptOf(place, 2) }, { envelope: cancel }])
      assert.deepStrictEqual(
        trail.events.map(({ event, seq }) => [seq, event._tag]),
        [
          [2, "OrderSubmitted"],
          [5, "OrderAccepted"],
          [6, "OrderCanceled"]
        ]
      )
      assert.deepStrictEqual(trail.calls, calls.slice(0, 2))
      const short = yield* journal.trail(ann, orderId(1), 1)
      assert.deepStrictEqual([short.commands.length, short.events.length, short.calls.length], [1, 1, 1])
      assert.deepStrictEqual((yield* journal.trail(accountId("nobody"), orderId(1), 100)).events, [])
    })
  )

  it.effect("tells of an order of a list that the list was asked for", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("trail-of-leg"))
      const { accountId: ann } = writer.account
      const list = { ...envelope(ann, "l1", ocoOf(1)), at: 5 }
      yield* journal.submit(list)
      yield* journal.submit(envelope(accountId("trail-of-another"), "l1", ocoOf(1)))
      for (const leg of [1, 2]) {
        const { commands } = yield* journal.trail(ann, orderId(leg), 10)
        assert.deepStrictEqual(commands, [{ envelope: list }])
      }
      assert.deepStrictEqual((yield* journal.trail(ann, orderId(3), 10)).commands, [])
      const again = yield* journal.submit(list)
      assert.deepStrictEqual(again, { _tag: "Repeated", envelope: list })
      assert.strictEqual((yield* journal.submit({ ...list, command: ocoOf(3) }))._tag, "Repeated", "ids are stamped")
      const other = { ...ocoOf(1), kind: "OTOCO" as const }
      assert.strictEqual((yield* journal.submit({ ...list, command: other }))._tag, "Conflicting")
    })
  )

  it.effect("tells of an order that it was to be replaced, and of the one that was to take its place", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const { accountId: ann } = new SampleWriter(accountId("trail-of-replaced")).account
      const replacing = { orderId: orderId(2), replaces: orderId(1), intent: limitBuy() }
      const command = { _tag: "ReplaceOrder", ...replacing, executedQuantity: decimal("0.01") } as const
      const asked = envelope(ann, "r1", command)
      yield* journal.submit(asked)
      for (const one of [1, 2]) {
        assert.deepStrictEqual((yield* journal.trail(ann, orderId(one), 10)).commands, [{ envelope: asked }])
      }
      assert.deepStrictEqual((yield* journal.trail(ann, orderId(3), 10)).commands, [])
      const other = { ...command, replaces: orderId(3) }
      assert.strictEqual((yield* journal.submit({ ...asked, command: other }))._tag, "Conflicting")
      const again = yield* journal.submit({ ...asked, command: { ...command, orderId: orderId(4) } })
      assert.strictEqual(again._tag, "Repeated", "its id is stamped")
    })
  )

  it.effect("knows its orders and its trades, and nobody else's", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("known"))
      const { accountId: ann } = writer.account
      yield* journal.append(writer.next([deposited("USDT", "100000"), ...boughtInTwo(1), submitted(2)]))
      const known = (account: typeof ann, number: number) => journal.knowsOrder(account, orderId(number))
      assert.deepStrictEqual(
        [yield* known(ann, 1), yield* known(ann, 2), yield* known(ann, 3), yield* known(accountId("nobody"), 1)],
        [true, true, false, false]
      )
      assert.deepStrictEqual(yield* journal.booked(ann, "BTCUSDT", ["1-a", "1-b", "1-c"]), new Set(["1-a", "1-b"]))
      assert.deepStrictEqual(yield* journal.booked(ann, "ETHUSDT", ["1-a"]), new Set())
      assert.deepStrictEqual(yield* journal.booked(ann, "BTCUSDT", []), new Set())
    })
  )

  it.effect("keeps the same command id of two accounts apart", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const answers = yield* Effect.forEach([accountId("apart-a"), accountId("apart-b")], (account) =>
        journal.submit(placeOrder(account, 1))
      )
      assert.deepStrictEqual(answers, [{ _tag: "New" }, { _tag: "New" }])
    })
  )

  it.effect("takes a command once when it is submitted many times at once", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const ann = accountId("at-once")
      const orders = Array.from({ length: 40 }, (_, index) => placeOrder(ann, 1 + (index % 4)))
      const answers = yield* Effect.forEach(orders, (order) => journal.submit(order), { concurrency: "unbounded" })
      assert.strictEqual(answers.filter((answer) => answer._tag === "New").length, 4)
      assert.strictEqual(answers.filter((answer) => answer._tag === "Repeated").length, 36)
      assert.strictEqual(yield* journal.countUndecided(ann), 4)
    })
  )

  it.effect("numbers events without a gap, and gives them back as they were", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("numbers"))
      yield* journal.append(writer.next([deposited("USDT", "100000.000001")]))
      yield* journal.append(writer.next(boughtInTwo(1)))
      yield* journal.append(writer.next([submitted(2), accepted(2), canceled(2)]))
      const { events, snapshot } = yield* journal.load(writer.account.accountId)
      assert.isTrue(Option.isNone(snapshot))
      assert.deepStrictEqual(
        events.map((event) => event.seq),
        [1, 2, 3, 4, 5, 6, 7, 8]
      )
      assert.deepStrictEqual(shown(replay(empty(writer.account.accountId), events)), shown(writer.account))
    })
  )

  it.effect("pages through the events after a seq", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("pages"))
      yield* journal.append(writer.next([deposited("USDT", "100000"), ...boughtInTwo(1)]))
      const page = (after: number) =>
        Effect.map(journal.eventsAfter(writer.account.accountId, after, 2), (events) => events.map(({ seq }) => seq))
      assert.deepStrictEqual(yield* page(0), [1, 2])
      assert.deepStrictEqual(yield* page(2), [3, 4])
      assert.deepStrictEqual(yield* page(4), [5])
      assert.deepStrictEqual(yield* page(5), [])
    })
  )

  it.effect("refuses a second writer and keeps the other accounts of the batch", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const contested = accountId("contested")
      const [first, second] = [new SampleWriter(contested), new SampleWriter(contested)]
      yield* journal.append(first.next([deposited("USDT", "1")]))
      const others = Array.from({ length: 20 }, (_, index) => new SampleWriter(accountId(`bystander-${index}`)))
      const [exits, refused, submit] = yield* Effect.all(
        [
          Effect.forEach(others, (other) => Effect.exit(journal.append(other.next([deposited("USDT", "5")]))), {
            concurrency: "unbounded"
          }),
          Effect.flip(journal.append(second.next([deposited("USDT", "2"), deposited("BTC", "2")]))),
          journal.submit(placeOrder(contested, 1))
        ],
        { concurrency: "unbounded" }
      )
      assert(refused._tag === "NotTheWriter")
      assert.strictEqual(refused.accountId, contested)
      assert.strictEqual(refused.expectedSeq, 0)
      assert.isTrue(exits.every(Exit.isSuccess))
      assert.strictEqual(submit._tag, "New")
      assert.strictEqual((yield* journal.load(contested)).events.length, 1)
      for (const other of others) {
        assert.strictEqual((yield* journal.load(other.account.accountId)).events.length, 1)
      }
    })
  )

  it.effect("lets one of many writers through when they race for the same number", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const contested = accountId("race")
      const exits = yield* Effect.forEach(
        Array.from({ length: 10 }, (_, index) => `${index + 1}`),
        (free) => Effect.exit(journal.append(new SampleWriter(contested).next([deposited("USDT", free)]))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
      assert.strictEqual((yield* journal.load(contested)).events.length, 1)
    })
  )

  it.effect("refuses a writer that is ahead of the journal", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("ahead"))
      writer.next([deposited("USDT", "1")])
      const refused = yield* Effect.flip(journal.append(writer.next([deposited("USDT", "2")])))
      assert.strictEqual(refused._tag, "NotTheWriter")
      assert.deepStrictEqual((yield* journal.load(writer.account.accountId)).events, [])
    })
  )

  it.effect("takes steps that follow on each other without waiting for the one before", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("chain"))
      const steps = Array.from({ length: 30 }, (_, index) => writer.next([deposited("USDT", `${index}`)]))
      yield* Effect.forEach(steps, journal.append, { concurrency: "unbounded", discard: true })
      assert.strictEqual((yield* journal.load(writer.account.accountId)).events.length, 30)
    })
  )

  it.effect("keeps a command that is about no order", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("opened"))
      const { accountId: ann } = writer.account
      const open = envelope(ann, OPEN_ACCOUNT, { _tag: "OpenAccount" })
      assert.deepStrictEqual(yield* journal.submit(open), { _tag: "New" })
      assert.deepStrictEqual(yield* journal.submit({ ...open, at: open.at + 1 }), { _tag: "Repeated", envelope: open })
      assert.deepStrictEqual(yield* journal.undecided({ accountId: ann, minAgeMillis: 0, limit: 10 }), [open])
      yield* journal.append(writer.next([deposited("USDT", "1")], { receipts: [receiptOf(open, 1)] }))
      assert.strictEqual(yield* journal.countUndecided(ann), 0)
      const receipt = Option.getOrThrow(yield* journal.receipt(ann, OPEN_ACCOUNT))
      assert.notProperty(receipt, "orderId")
    })
  )

  it.effect("keeps commands undecided until their receipt, oldest first", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("undecided"))
      const { accountId: ann } = writer.account
      for (const number of [1, 2, 3]) yield* journal.submit(placeOrder(ann, number))
      const undecided = (minAgeMillis: number, limit: number) =>
        Effect.map(journal.undecided({ accountId: ann, minAgeMillis, limit }), (found) =>
          found.map((command) => command.commandId)
        )
      assert.deepStrictEqual(yield* undecided(0, 10), ["c1", "c2", "c3"])
      assert.deepStrictEqual(yield* undecided(0, 2), ["c1", "c2"])
      assert.deepStrictEqual(yield* undecided(600_000, 10), [])
      const receipt = { ...receiptOf(placeOrder(ann, 2), 1), outcome: "denied", reason: "Not enough." } as const
      yield* journal.append(writer.next([deposited("USDT", "1")], { receipts: [receipt] }))
      assert.deepStrictEqual(yield* undecided(0, 10), ["c1", "c3"])
      assert.strictEqual(yield* journal.countUndecided(ann), 2)
      assert.deepStrictEqual(yield* journal.receipt(ann, CommandId.make("c2")), Option.some(receipt))
      assert.isTrue(Option.isNone(yield* journal.receipt(ann, CommandId.make("c1"))))
      assert.isTrue(Option.isNone(yield* journal.receipt(ann, CommandId.make("never"))))
      assert.isTrue((yield* journal.undecided({ minAgeMillis: 0, limit: 1_000 })).length >= 2)
    })
  )

  it.effect("keeps the first receipt of a command", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("receipts"))
      const command = placeOrder(writer.account.accountId, 1)
      yield* journal.submit(command)
      yield* journal.append(writer.next([deposited("USDT", "1")], { receipts: [receiptOf(command, 1)] }))
      yield* journal.append(writer.next([], { receipts: [receiptOf(command, 99)] }))
      const receipt = Option.getOrThrow(yield* journal.receipt(writer.account.accountId, command.commandId))
      assert.strictEqual(receipt.seq, 1)
    })
  )

  it.effect("loads from the newest snapshot at or before a seq", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("snapshots"))
      const { accountId: ann } = writer.account
      yield* journal.append(writer.next([deposited("USDT", "100000"), submitted(1)]))
      const early = toSnapshot(writer.account)
      yield* journal.append(writer.next([accepted(1)], { snapshot: early }))
      const late = writer.next([filled(1, "t1", "0.2")])
      yield* journal.append({ ...late, snapshot: toSnapshot(writer.account) })
      yield* journal.append(writer.next([filled(1, "t2", "0.3")]))
      const expected = [
        [undefined, 4, [5]],
        [4, 4, [5]],
        [3, 2, [3, 4, 5]],
        [1, 0, [1, 2, 3, 4, 5]]
      ] as ReadonlyArray<readonly [number | undefined, number, Array<number>]>
      for (const [atSeq, from, seqs] of expected) {
        const { events, snapshot } = yield* journal.load(ann, atSeq)
        assert.strictEqual(Option.match(snapshot, { onNone: () => 0, onSome: ({ seq }) => seq }), from)
        assert.deepStrictEqual(
          events.map((event) => event.seq),
          seqs
        )
        const start = Option.match(snapshot, { onNone: () => empty(ann), onSome: fromSnapshot })
        assert.deepStrictEqual(shown(replay(start, events)), shown(writer.account))
      }
    })
  )

  it.effect("keeps the last eight snapshots of an account", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("eight"))
      for (let index = 0; index < 12; index++) {
        const step = writer.next([deposited("USDT", `${index}`)])
        yield* journal.append({ ...step, snapshot: toSnapshot(writer.account) })
      }
      const from = (atSeq: number) =>
        Effect.map(journal.load(writer.account.accountId, atSeq), ({ snapshot }) =>
          Option.match(snapshot, { onNone: () => 0, onSome: ({ seq }) => seq })
        )
      assert.deepStrictEqual([yield* from(12), yield* from(5), yield* from(4)], [12, 5, 0])
    })
  )

  it.effect("names the accounts with an order that is not closed", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const [open, closed] = [new SampleWriter(accountId("open")), new SampleWriter(accountId("closed"))]
      yield* journal.append(open.next([deposited("USDT", "100000"), submitted(1), accepted(1)]))
      yield* journal.append(closed.next([deposited("USDT", "100000"), ...boughtInTwo(1)]))
      const named = yield* journal.accountsWithOpenOrders
      assert.include(named, open.account.accountId)
      assert.notInclude(named, closed.account.accountId)
      yield* journal.append(open.next([canceled(1)]))
      assert.notInclude(yield* journal.accountsWithOpenOrders, open.account.accountId)
    })
  )

  it.effect("never writes a step with a gap in its numbers", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("gap"))
      const step = writer.next([deposited("USDT", "1"), deposited("USDT", "2"), deposited("USDT", "3")])
      const broken = { ...step, updates: step.updates.filter((update) => update.seq !== 2) }
      assert.isTrue(Exit.isFailure(yield* Effect.exit(journal.append(broken))))
      assert.deepStrictEqual((yield* journal.load(writer.account.accountId)).events, [])
    })
  )
}
