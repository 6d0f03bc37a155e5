// What every Blotter must show of what its Journal was given. Needs an empty store; each test uses an account of its own.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option } from "effect"
import { fromSnapshot } from "../../src/domain/Account.ts"
import { OPEN_ACCOUNT } from "../../src/domain/Command.ts"
import { ListId } from "../../src/domain/Ids.ts"
import type { ListRole } from "../../src/domain/ListLink.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Order } from "../../src/domain/Order.ts"
import { orderView } from "../../src/contract/Views.ts"
import { Blotter, type AccountState } from "../../src/ports/Blotter.ts"
import { Journal } from "../../src/ports/Journal.ts"
import {
  accepted,
  accountId,
  amended,
  boughtInTwo,
  canceled,
  deposited,
  envelope,
  filled,
  limitBuy,
  NOW,
  ocoOf,
  orderId,
  placeOrder,
  receiptOf,
  SampleWriter,
  shown,
  submitted
} from "../kit/Samples.ts"

const shownState = (writer: SampleWriter, state: AccountState) =>
  shown(fromSnapshot({ accountId: writer.account.accountId, ...state }))

const numbers = (orders: ReadonlyArray<Order>) => orders.map((order) => Number(order.orderId.slice(-12)))

export const blotterSuite = (it: Vitest.MethodsNonLive<Journal | Blotter>): void => {
  it.effect("shows open orders, positions and balances equal to the fold of the events, at one seq", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("fold"))
      const { accountId: ann } = writer.account
      assert.deepStrictEqual(yield* blotter.state(ann), { seq: 0, orders: [], positions: [], balances: [] })
      const steps = [
        [deposited("USDT", "1000000.00000001")],
        boughtInTwo(1),
        [submitted(2), accepted(2), filled(2, "2-a", "0.1", "59999.5")],
        [submitted(3, limitBuy("3", "2500.5", "ETHUSDT"))],
        [canceled(2)]
      ]
      for (const events of steps) {
        yield* journal.append(writer.next(events))
        assert.deepStrictEqual(shownState(writer, yield* blotter.state(ann)), shown(writer.account))
      }
    })
  )

  it.effect("shows how often an order was made smaller, of a list too, and where that is all it did in one step", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("amends"))
      const { accountId: ann } = writer.account
      const list = { listId: ListId.make("one"), kind: "OCO" as const, role: "above" as const }
      const steps = [
        [deposited("USDT", "1000000"), submitted(1), accepted(1), amended(1, "0.4")],
        [{ ...submitted(2), list }, accepted(2), amended(2, "0.45"), { ...submitted(3), replaces: orderId(1) }],
        [amended(1, "0.3")],
        [amended(2, "0.35"), accepted(3)],
        [filled(1, "1-a", "0.1"), canceled(3)]
      ]
      for (const events of steps) {
        yield* journal.append(writer.next(events))
        assert.deepStrictEqual(shownState(writer, yield* blotter.state(ann)), shown(writer.account))
      }
      const { orders } = yield* blotter.state(ann)
      assert.deepStrictEqual(
        orders.map(({ amends }) => amends),
        [2, 2]
      )
    })
  )

  it.effect("keeps every read belonging to one seq while the account is written", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("one-seq"))
      const { accountId: ann } = writer.account
      const seen = new Map([[0, shown(writer.account)]])
      const steps = [deposited("USDT", "90000000"), ...[1, 2, 3, 4, 5].flatMap(boughtInTwo)].map((event) => {
        const step = writer.next([event])
        seen.set(writer.account.seq, shown(writer.account))
        return step
      })
      const [, states] = yield* Effect.all(
        [Effect.forEach(steps, journal.append, { discard: true }), Effect.forEach(steps, () => blotter.state(ann))],
        { concurrency: "unbounded" }
      )
      for (const state of states) assert.deepStrictEqual(shownState(writer, state), seen.get(state.seq))
    })
  )

  it.effect("says since when an account is blind, and no longer once it sees again", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("blind"))
      const { accountId: ann } = writer.account
      const blind = Effect.map(blotter.state(ann), (state) => state.blind)
      yield* journal.append(writer.next([deposited("USDT", "1")]))
      assert.strictEqual(yield* blind, undefined)
      yield* journal.append(writer.next([{ _tag: "SightLost", reason: "The stream was cut." }]))
      assert.deepStrictEqual(yield* blind, { since: NOW + 2, reason: "The stream was cut." })
      yield* journal.append(writer.next([deposited("USDT", "2")]))
      assert.deepStrictEqual(yield* blind, writer.account.blind)
      // Within one commit the last of them stands.
      yield* journal.append(
        writer.next([{ _tag: "SightRegained" }, { _tag: "SightLost", reason: "Again." }, { _tag: "SightRegained" }])
      )
      assert.strictEqual(yield* blind, undefined)
    })
  )

  it.effect("shows no order for a command that is about none", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const ann = accountId("opened")
      yield* journal.submit(envelope(ann, OPEN_ACCOUNT, { _tag: "OpenAccount" }))
      assert.deepStrictEqual(yield* blotter.orders({ accountId: ann, state: "all", limit: 10 }), [])
    })
  )

  it.effect("shows each order of a list that is not decided as PENDING, and with its list afterwards", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("list"))
      const { accountId: ann } = writer.account
      const asked = ocoOf(1)
      const { kind, legs, listId } = asked
      const command = envelope(ann, "l1", asked)
      yield* journal.submit(command)
      const list = (role: ListRole) => ({ listId, kind, role })
      const second = Option.getOrThrow(yield* blotter.order(ann, orderId(2)))
      assert.deepStrictEqual([second.status, second.list, second.intent], ["PENDING", list("below"), legs[1]?.intent])
      const state = { accountId: ann, state: "open", limit: 10 } as const
      assert.deepStrictEqual(numbers(yield* blotter.orders(state)), [2, 1])
      assert.deepStrictEqual(numbers(yield* blotter.orders({ ...state, symbol: "ETHUSDT" })), [])
      yield* journal.append(
        writer.next(
          [
            deposited("BTC", "1"),
            { ...submitted(1, legs[0]?.intent), list: list("above") },
            { ...submitted(2, legs[1]?.intent), list: { ...list("below"), kind: "OTOCO" } }
          ],
          { receipts: [receiptOf(command, 3)] }
        )
      )
      yield* journal.append(writer.next([{ _tag: "LegPlaced", orderId: orderId(2) }]))
      assert.deepStrictEqual(shownState(writer, yield* blotter.state(ann)), shown(writer.account))
      const [placed] = yield* blotter.orders(state)
      assert.deepStrictEqual(placed?.list, { ...list("below"), kind: "OTOCO", placedAt: NOW + 4 })
      yield* journal.append(writer.next([canceled(2), canceled(1)]))
      assert.deepStrictEqual(Option.getOrThrow(yield* blotter.order(ann, orderId(1))).list, list("above"))
    })
  )

  it.effect("shows whose place an order takes, before it is decided and afterwards", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("replaces"))
      const { accountId: ann } = writer.account
      const intent = limitBuy("0.1")
      const command = envelope(ann, "r1", {
        _tag: "ReplaceOrder",
        orderId: orderId(2),
        replaces: orderId(1),
        intent
      })
      yield* journal.append(writer.next([deposited("USDT", "1000000"), submitted(1), accepted(1)]))
      yield* journal.submit(command)
      const pending = Option.getOrThrow(yield* blotter.order(ann, orderId(2)))
      assert.deepStrictEqual([pending.status, pending.replaces], ["PENDING", orderId(1)])
      yield* journal.append(
        writer.next(
          [
            { _tag: "CancelSubmitted", orderId: orderId(1), commandId: command.commandId, by: orderId(2) },
            { ...submitted(2, intent), replaces: orderId(1) }
          ],
          { receipts: [receiptOf(command, 5)] }
        )
      )
      assert.deepStrictEqual(shownState(writer, yield* blotter.state(ann)), shown(writer.account))
      assert.strictEqual(Option.getOrThrow(yield* blotter.order(ann, orderId(2))).replaces, orderId(1))
      assert.deepStrictEqual(
        Option.getOrThrow(yield* blotter.order(ann, orderId(1))).flights?.map(({ by }) => by),
        [undefined, orderId(2)].slice(1)
      )
    })
  )

  it.effect("shows a command that is not decided as a PENDING order, and as itself afterwards", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("pending"))
      const { accountId: ann } = writer.account
      const command = placeOrder(ann, 1)
      yield* journal.append(writer.next([deposited("USDT", "1000000")]))
      yield* journal.submit(command)
      const pending = Option.getOrThrow(yield* blotter.order(ann, orderId(1)))
      assert.strictEqual(pending.userId, command.userId)
      assert.deepStrictEqual(orderView(pending), {
        orderId: orderId(1),
        clientOrderId: "oc01912f5c000070008000000000000001",
        exchangeOrderId: null,
        symbol: "BTCUSDT",
        side: "BUY",
        type: "LIMIT",
        timeInForce: "GTC",
        quantity: "0.5",
        price: "60000.01",
        status: "PENDING",
        executedQuantity: "0",
        averagePrice: null,
        reason: null,
        createdAt: command.at,
        updatedAt: command.at
      })
      const open = blotter.orders({ accountId: ann, state: "open", limit: 10 })
      assert.deepStrictEqual(numbers(yield* open), [1])
      assert.deepStrictEqual((yield* blotter.state(ann)).orders, [])
      yield* journal.append(writer.next([submitted(1)], { receipts: [receiptOf(command, 2)] }))
      assert.deepStrictEqual(
        (yield* open).map((order) => order.status),
        ["SUBMITTING"]
      )
    })
  )

  it.effect("lists orders newest first, in pages, by state and symbol", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("orders"))
      const { accountId: ann } = writer.account
      yield* journal.append(writer.next([deposited("USDT", "1000000")]))
      yield* journal.append(writer.next([...boughtInTwo(1), submitted(2), accepted(2)]))
      yield* journal.append(writer.next([submitted(3, limitBuy("3", "2500", "ETHUSDT")), submitted(4), canceled(4)]))
      yield* journal.submit(placeOrder(ann, 5))
      const list = (query: { state: "open" | "closed" | "all"; symbol?: string; before?: number; limit?: number }) =>
        Effect.map(
          blotter.orders({
            accountId: ann,
            state: query.state,
            limit: query.limit ?? 10,
            ...(query.symbol === undefined ? {} : { symbol: query.symbol }),
            ...(query.before === undefined ? {} : { before: orderId(query.before) })
          }),
          numbers
        )
      assert.deepStrictEqual(yield* list({ state: "all" }), [5, 4, 3, 2, 1])
      assert.deepStrictEqual(yield* list({ state: "all", limit: 2 }), [5, 4])
      assert.deepStrictEqual(yield* list({ state: "all", limit: 2, before: 4 }), [3, 2])
      assert.deepStrictEqual(yield* list({ state: "all", limit: 2, before: 2 }), [1])
      assert.deepStrictEqual(yield* list({ state: "open" }), [5, 3, 2])
      assert.deepStrictEqual(yield* list({ state: "closed" }), [4, 1])
      assert.deepStrictEqual(yield* list({ state: "all", symbol: "ETHUSDT" }), [3])
      assert.deepStrictEqual(yield* list({ state: "open", symbol: "BTCUSDT", before: 5 }), [2])
    })
  )

  it.effect("finds an order for its own account only, open or closed", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("owner"))
      yield* journal.append(writer.next([deposited("USDT", "1000000"), ...boughtInTwo(1)]))
      const found = Option.getOrThrow(yield* blotter.order(writer.account.accountId, orderId(1)))
      assert.strictEqual(found.status, "FILLED")
      assert.deepStrictEqual(found.tradeIds, ["1-a", "1-b"])
      assert.strictEqual(Money.format(found.executedQuote), "29999.999")
      assert.isTrue(Option.isNone(yield* blotter.order(accountId("stranger"), orderId(1))))
      assert.isTrue(Option.isNone(yield* blotter.order(writer.account.accountId, orderId(77))))
    })
  )

  it.effect("lists fills newest first with their order, in pages", () =>
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      const writer = new SampleWriter(accountId("fills"))
      const { accountId: ann } = writer.account
      yield* journal.append(writer.next([deposited("USDT", "1000000"), ...boughtInTwo(1), ...boughtInTwo(2)]))
      const all = yield* blotter.fills({ accountId: ann, limit: 10 })
      assert.deepStrictEqual(
        all.map((fill) => [fill.tradeId, fill.seq, fill.orderId, fill.symbol, fill.side, Money.format(fill.price)]),
        [
          ["2-b", 9, orderId(2), "BTCUSDT", "BUY", "59999.99"],
          ["2-a", 8, orderId(2), "BTCUSDT", "BUY", "60000.01"],
          ["1-b", 5, orderId(1), "BTCUSDT", "BUY", "59999.99"],
          ["1-a", 4, orderId(1), "BTCUSDT", "BUY", "60000.01"]
        ]
      )
      const trades = (query: { beforeSeq?: number; orderId?: ReturnType<typeof orderId>; symbol?: string }) =>
        Effect.map(blotter.fills({ accountId: ann, limit: 2, ...query }), (fills) => fills.map((fill) => fill.tradeId))
      assert.deepStrictEqual(yield* trades({ beforeSeq: 9 }), ["2-a", "1-b"])
      assert.deepStrictEqual(yield* trades({ orderId: orderId(1) }), ["1-b", "1-a"])
      assert.deepStrictEqual(yield* trades({ symbol: "ETHUSDT" }), [])
    })
  )
}
