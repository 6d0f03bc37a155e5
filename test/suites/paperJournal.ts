// What every `PaperJournal` does, wherever it is kept. The tests share one journal, empty at first: accounts are each test's own,
// entries go on from the last.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option } from "effect"
import {
  type AmendmentRecord,
  type ListRecord,
  type OrderRecord,
  type PaperCommit,
  PaperJournal,
  type PreventedRecord,
  type TradeRecord
} from "../../src/ports/PaperJournal.ts"
import { freshAccount } from "../kit/Messages.ts"

const AT = 1_700_000_000_000
const SYMBOL = "BTCUSDT"

let lastId = 0
const nextId = () => ++lastId
let lastSeq = 0

export const entries = (count: number) =>
  Array.from({ length: count }, () => ({ seq: ++lastSeq, at: AT + lastSeq, body: `{"n":${lastSeq},"é":"\\"'\\n"}` }))

export const commitOf = (given: Partial<PaperCommit>): PaperCommit => ({
  entries: [],
  orders: [],
  lists: [],
  trades: [],
  amendments: [],
  prevented: [],
  ...given
})

export const orderOf = (account: string, change: Partial<OrderRecord> = {}): OrderRecord => {
  const orderId = change.orderId ?? nextId()
  return {
    orderId,
    account,
    symbol: SYMBOL,
    clientOrderId: `client-${orderId}`,
    side: "BUY",
    type: "LIMIT",
    timeInForce: "GTC",
    lots: 1000,
    quote: 0n,
    ticks: 6_123_450,
    stopTicks: 0,
    trailingBips: 0,
    icebergLots: 0,
    stp: "EXPIRE_MAKER",
    listId: -1,
    createdAt: AT + orderId,
    status: "NEW",
    executedLots: 0,
    executedQuote: 0n,
    preventedLots: 0,
    working: true,
    workingAt: AT + orderId,
    trailingAt: -1,
    updatedAt: AT + orderId,
    expiry: undefined,
    ...change
  }
}

const tradeOf = (account: string, change: Partial<TradeRecord> = {}): TradeRecord => {
  const tradeId = change.tradeId ?? nextId()
  return {
    account,
    symbol: SYMBOL,
    tradeId,
    orderId: 1,
    listId: -1,
    ticks: 6_123_450,
    lots: 400,
    quote: 24_493_800_000n,
    commission: 400n,
    commissionAsset: "BTC",
    at: AT + tradeId,
    buyer: true,
    maker: false,
    cause: "walked",
    ...change
  }
}

const listOf = (account: string, change: Partial<ListRecord> = {}): ListRecord => {
  const listId = change.listId ?? nextId()
  return {
    account,
    symbol: SYMBOL,
    listId,
    listClientOrderId: `list-${listId}`,
    contingency: "OCO",
    statusType: "EXEC_STARTED",
    status: "EXECUTING",
    at: AT + listId,
    orders: [
      { orderId: 7, clientOrderId: "above" },
      { orderId: 8, clientOrderId: "below" }
    ],
    ...change
  }
}

/** Every field away from what most orders have. */
const strange = (account: string): OrderRecord =>
  orderOf(account, {
    side: "SELL",
    type: "STOP_LOSS_LIMIT",
    timeInForce: "FOK",
    quote: 123_456_789_012_345_678_901n,
    stopTicks: 6_000_000,
    trailingBips: 50,
    icebergLots: 10,
    stp: "DECREMENT",
    strategyId: 3,
    strategyType: 1_000_001,
    listId: 12,
    status: "EXPIRED_IN_MATCH",
    executedLots: 4,
    executedQuote: 99_999_999_999_999_999_999n,
    preventedLots: 2,
    working: false,
    workingAt: -1,
    trailingAt: AT + 5,
    updatedAt: AT + 900_000,
    expiry: "OCO_TRIGGER"
  })

const refusalOf = (journal: PaperJournal["Service"], commit: PaperCommit) =>
  Effect.map(Effect.flip(journal.commit(commit)), (error) => error.message)

const entriesSuite = (it: Vitest.MethodsNonLive<PaperJournal>): void => {
  it.effect("gives back entries in order, from any of them on", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      lastSeq = 0
      const given = entries(5)
      yield* journal.commit(commitOf({ entries: given.slice(0, 2) }))
      yield* journal.commit(commitOf({ entries: given.slice(2) }))
      const from = given[0]?.seq ?? 0
      assert.deepStrictEqual(yield* journal.entries(from, 100), given)
      assert.deepStrictEqual(yield* journal.entries(from + 1, 2), given.slice(1, 3))
      assert.deepStrictEqual(yield* journal.entries(from + 5, 2), [])
    })
  )

  it.effect("loads the newest snapshot and only what came after it, and keeps what came before", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const given = entries(6)
      const seq = (index: number) => given[index]?.seq ?? 0
      yield* journal.commit(
        commitOf({ entries: given.slice(0, 2), snapshot: { seq: seq(1), hash: "early", state: "{}" } })
      )
      const snapshot = { seq: seq(3), hash: "late", state: '{"state":"é"}' }
      yield* journal.commit(commitOf({ entries: given.slice(2, 5), snapshot }))
      yield* journal.commit(commitOf({ entries: given.slice(5) }))
      const loaded = yield* journal.load
      assert.deepStrictEqual(loaded.snapshot, Option.some(snapshot))
      assert.deepStrictEqual(loaded.entries, given.slice(4))
      assert.deepStrictEqual(yield* journal.entries(seq(0), 6), given)
    })
  )

  it.effect("refuses entries that leave a gap or repeat one, and with them all that came along", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const order = orderOf(account)
      const [first, second] = entries(2)
      if (first === undefined || second === undefined) return assert.fail("no entries")
      assert.match(yield* refusalOf(journal, commitOf({ entries: [second], orders: [order] })), /do not follow/)
      assert.isTrue(Option.isNone(yield* journal.order(account, SYMBOL, { orderId: order.orderId })))
      yield* journal.commit(commitOf({ entries: [first, second] }))
      assert.match(yield* refusalOf(journal, commitOf({ entries: [second], orders: [order] })), /do not follow/)
      assert.isTrue(Option.isNone(yield* journal.order(account, SYMBOL, { orderId: order.orderId })))
    })
  )
}

const ordersSuite = (it: Vitest.MethodsNonLive<PaperJournal>): void => {
  it.effect("gives back an order exactly as it was committed, plain or with all an order can have", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      for (const order of [orderOf(account), strange(account)]) {
        yield* journal.commit(commitOf({ orders: [order] }))
        assert.deepStrictEqual(yield* journal.order(account, SYMBOL, { orderId: order.orderId }), Option.some(order))
      }
    })
  )

  it.effect("keeps the newest state of an order, within a commit and across commits", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const order = orderOf(account)
      const filled = { ...order, status: "FILLED" as const, executedLots: 1000, clientOrderId: "renamed" }
      yield* journal.commit(commitOf({ orders: [order, { ...order, status: "PARTIALLY_FILLED" }] }))
      yield* journal.commit(commitOf({ orders: [filled] }))
      assert.deepStrictEqual(yield* journal.order(account, SYMBOL, { clientOrderId: "renamed" }), Option.some(filled))
      assert.isTrue(Option.isNone(yield* journal.order(account, SYMBOL, { clientOrderId: order.clientOrderId })))
    })
  )

  it.effect("answers a client id with the newest of its orders, and two ids only where both mean the same one", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const first = orderOf(account, { clientOrderId: "again", status: "FILLED" })
      const second = orderOf(account, { clientOrderId: "again" })
      yield* journal.commit(commitOf({ orders: [first, second] }))
      const find = (ref: { orderId?: number; clientOrderId?: string }, whose: string = account, symbol = SYMBOL) =>
        Effect.map(journal.order(whose, symbol, ref), (found) => Option.getOrUndefined(found)?.orderId)
      assert.strictEqual(yield* find({ clientOrderId: "again" }), second.orderId)
      assert.strictEqual(yield* find({ clientOrderId: "again", orderId: first.orderId }), first.orderId)
      assert.isUndefined(yield* find({ clientOrderId: "other", orderId: first.orderId }))
      assert.isUndefined(yield* find({ clientOrderId: "again" }, freshAccount()))
      assert.isUndefined(yield* find({ orderId: first.orderId }, account, "ETHUSDT"))
      assert.isUndefined(yield* find({}))
    })
  )

  it.effect("pages through orders: the newest without a bound, the oldest from an id or a time on", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const orders = Array.from({ length: 5 }, () => orderOf(account))
      yield* journal.commit(commitOf({ orders: [...orders.toReversed(), orderOf(account, { symbol: "ETHUSDT" })] }))
      const at = (index: number) => orders[index]?.createdAt ?? 0
      const page = (given: { fromId?: number; startTime?: number; endTime?: number }) =>
        Effect.map(journal.orders(account, SYMBOL, { limit: 2, ...given }), (found) =>
          found.map((order) => order.orderId)
        )
      const ids = orders.map((order) => order.orderId)
      assert.deepStrictEqual(yield* page({}), ids.slice(3))
      assert.deepStrictEqual(yield* page({ fromId: ids[1] ?? 0 }), ids.slice(1, 3))
      assert.deepStrictEqual(yield* page({ startTime: at(2) }), ids.slice(2, 4))
      assert.deepStrictEqual(yield* page({ endTime: at(2) }), ids.slice(1, 3))
      assert.deepStrictEqual(yield* page({ startTime: at(1), endTime: at(1) }), ids.slice(1, 2))
      assert.deepStrictEqual(yield* page({ fromId: ids[4] ?? 0, startTime: at(0) }), ids.slice(4))
    })
  )
}

const tradesSuite = (it: Vitest.MethodsNonLive<PaperJournal>): void => {
  it.effect(
    "gives back trades with every digit and cause, and both sides of one that an account made with itself",
    () =>
      Effect.gen(function* () {
        const journal = yield* PaperJournal
        const account = freshAccount()
        const causes = ["walked", "queue", "through", "crossed"] as const
        const trades = causes.map((cause) =>
          tradeOf(account, { cause, quote: 123_456_789_012_345_678_901n, commission: 1n, listId: 4, maker: true })
        )
        const other = tradeOf(account, { tradeId: trades[3]?.tradeId ?? 0, orderId: 2, buyer: false })
        yield* journal.commit(commitOf({ trades: [...trades, other] }))
        assert.sameDeepMembers([...(yield* journal.trades(account, SYMBOL, { limit: 10 }))], [...trades, other])
      })
  )

  it.effect("pages through trades, all of them or one order's", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const orderId = nextId()
      const trades = Array.from({ length: 6 }, (_, index) => tradeOf(account, { orderId: orderId + (index % 2) }))
      yield* journal.commit(commitOf({ trades }))
      const ids = trades.map((trade) => trade.tradeId)
      const page = (given: {
        fromId?: number
        startTime?: number
        endTime?: number
        orderId?: number
        limit?: number
      }) =>
        Effect.map(journal.trades(account, SYMBOL, { limit: 2, ...given }), (found) =>
          found.map((trade) => trade.tradeId)
        )
      assert.deepStrictEqual(yield* page({}), ids.slice(4))
      assert.deepStrictEqual(yield* page({ fromId: ids[1] ?? 0 }), ids.slice(1, 3))
      assert.deepStrictEqual(yield* page({ startTime: trades[3]?.at ?? 0 }), ids.slice(3, 5))
      assert.deepStrictEqual(yield* page({ orderId, limit: 10 }), [ids[0], ids[2], ids[4]])
      assert.deepStrictEqual(yield* page({ orderId, fromId: ids[1] ?? 0 }), [ids[2], ids[4]])
      assert.deepStrictEqual(yield* journal.trades(freshAccount(), SYMBOL, { limit: 2, orderId }), [])
    })
  )
}

const othersSuite = (it: Vitest.MethodsNonLive<PaperJournal>): void => {
  it.effect("finds a list by its id, its client id, or on a page, as it stood last", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const [first, second] = [listOf(account, { listClientOrderId: "again" }), listOf(account)]
      const third = listOf(account, { listClientOrderId: "again", contingency: "OTO" })
      const done = { ...first, statusType: "ALL_DONE", status: "ALL_DONE", at: first.at + 60_000 } as const
      yield* journal.commit(commitOf({ lists: [first, second, third] }))
      yield* journal.commit(commitOf({ lists: [done] }))
      assert.deepStrictEqual(yield* journal.list(account, { listId: first.listId }), Option.some(done))
      assert.deepStrictEqual(yield* journal.list(account, { listClientOrderId: "again" }), Option.some(third))
      assert.isTrue(Option.isNone(yield* journal.list(freshAccount(), { listId: first.listId })))
      assert.isTrue(Option.isNone(yield* journal.list(account, {})))
      assert.deepStrictEqual(yield* journal.lists(account, { limit: 2 }), [second, third])
      assert.deepStrictEqual(yield* journal.lists(account, { limit: 2, fromId: first.listId }), [done, second])
      assert.deepStrictEqual(yield* journal.lists(account, { limit: 9, startTime: third.at }), [done, third])
    })
  )

  it.effect("gives back the amendments of one order, oldest first", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const orderId = nextId()
      const amended = (change: Partial<AmendmentRecord> = {}): AmendmentRecord => {
        const executionId = nextId()
        return {
          account,
          symbol: SYMBOL,
          orderId,
          executionId,
          originalClientOrderId: "before",
          newClientOrderId: "after",
          originalLots: 10,
          newLots: 9,
          at: AT + executionId,
          ...change
        }
      }
      const rows = [amended(), amended(), amended()]
      yield* journal.commit(commitOf({ amendments: [...rows, amended({ orderId: orderId + 1 })] }))
      assert.deepStrictEqual(yield* journal.amendments(account, SYMBOL, orderId, { limit: 9 }), rows)
      const fromId = rows[1]?.executionId ?? 0
      assert.deepStrictEqual(
        yield* journal.amendments(account, SYMBOL, orderId, { limit: 1, fromId }),
        rows.slice(1, 2)
      )
    })
  )

  it.effect("finds prevented matches by their own id or by the taker", () =>
    Effect.gen(function* () {
      const journal = yield* PaperJournal
      const account = freshAccount()
      const takerOrderId = nextId()
      const rows = [0, 1, 2].map((): PreventedRecord => {
        const preventedMatchId = nextId()
        return {
          account,
          symbol: SYMBOL,
          preventedMatchId,
          takerOrderId,
          makerOrderId: 3,
          stp: "EXPIRE_MAKER",
          ticks: 6_000_000,
          lots: 5,
          at: AT + preventedMatchId
        }
      })
      yield* journal.commit(commitOf({ prevented: rows }))
      const [first, second] = rows.map((row) => row.preventedMatchId)
      assert.deepStrictEqual(
        yield* journal.prevented(account, SYMBOL, { preventedMatchId: second ?? 0 }, 9),
        rows.slice(1, 2)
      )
      assert.deepStrictEqual(yield* journal.prevented(account, SYMBOL, { orderId: takerOrderId }, 2), rows.slice(0, 2))
      assert.deepStrictEqual(
        yield* journal.prevented(account, SYMBOL, { orderId: takerOrderId, fromId: (first ?? 0) + 1 }, 9),
        rows.slice(1)
      )
    })
  )
}

export const paperJournalSuite = (it: Vitest.MethodsNonLive<PaperJournal>): void => {
  entriesSuite(it)
  ordersSuite(it)
  tradesSuite(it)
  othersSuite(it)
}

/** Two lives over one store. To run last, in a journal of its own or where nobody needs the first one's hold any more. */
export const takeOver = Effect.fnUntraced(function* (earlier: PaperJournal["Service"], later: PaperJournal["Service"]) {
  const account = freshAccount()
  const order = orderOf(account)
  yield* earlier.load
  const { entries: known, snapshot } = yield* later.load
  lastSeq = known.at(-1)?.seq ?? Option.getOrUndefined(snapshot)?.seq ?? 0
  const commit = commitOf({ entries: entries(1), orders: [order] })
  assert.match(yield* refusalOf(earlier, commit), /taken/)
  assert.isTrue(Option.isNone(yield* later.order(account, SYMBOL, { orderId: order.orderId })))
  yield* later.commit(commit)
  assert.isTrue(Option.isSome(yield* later.order(account, SYMBOL, { orderId: order.orderId })))
  yield* earlier.load
  yield* earlier.commit(commitOf({ entries: entries(1) }))
})
