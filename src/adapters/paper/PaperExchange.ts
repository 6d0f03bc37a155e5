// An exchange in the process, with books of its own: what it has acknowledged survives a crash like a real exchange's would.
import { Cause, Clock, Deferred, Effect, Layer, Option, Queue, Result, Schedule, type Scope } from "effect"
import { Config } from "../../Config.ts"
import * as Balance from "../../domain/Balance.ts"
import type { AccountId } from "../../domain/Ids.ts"
import type { ExchangeOrder, Report } from "../../domain/Report.ts"
import {
  Exchange,
  ExchangeError,
  NotSent,
  OutcomeUnknown,
  RateLimited,
  Refused,
  ReportsLost
} from "../../ports/Exchange.ts"
import { MarketData } from "../../ports/MarketData.ts"
import {
  type PaperAccount,
  type PaperCommit,
  PaperLedger,
  type PaperLedgerError,
  type PaperOrder
} from "../../ports/PaperLedger.ts"
import { type Change, PaperBooks } from "./PaperBooks.ts"

/** Changes waiting for the ledger; beyond it orders are refused and the tape is ignored until there is room. */
const OUTBOX = 8192
const COMMIT_BATCH = 512
/** Reports waiting for one reader; a slower one is cut off and must reconcile. */
const REPORTS = 4096

interface Entry {
  readonly change: Change
  /** Settled once the change is durable and its reports are out. */
  readonly done: Deferred.Deferred<void, ExchangeError> | undefined
}

const retrySlowly = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

const lost = (why: string) => Cause.fail(new ReportsLost({ message: `The report subscription was closed: ${why}.` }))

type Subscriber = Queue.Queue<Report, ReportsLost>

const make = Effect.gen(function* () {
  const ledger = yield* PaperLedger
  const market = yield* MarketData
  const config = yield* Config
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const outbox = yield* Queue.bounded<Entry>(OUTBOX)
  const subscribers = new Map<AccountId, Set<Subscriber>>()
  let books = yield* restore(ledger, market)

  const tell = (change: Change) => {
    for (const { accountId, report } of change.reports) {
      for (const subscriber of subscribers.get(accountId) ?? []) {
        if (Queue.offerUnsafe(subscriber, report)) continue
        Queue.failCauseUnsafe(subscriber, lost("it was slower than its reports"))
      }
    }
  }

  /** Memory is ahead of a ledger that refused: forget it, as a crash would, and tell everyone to ask again. */
  const reset = Effect.fnUntraced(function* (error: PaperLedgerError) {
    yield* Effect.logError("the paper ledger failed; the paper exchange starts again from it", error)
    const abandoned = yield* Queue.clear(outbox)
    const unknown = new ExchangeError({
      reason: new OutcomeUnknown({ message: "The paper exchange lost its ledger." })
    })
    for (const { done } of abandoned) if (done !== undefined) yield* Deferred.fail(done, unknown)
    books = yield* restore(ledger, market).pipe(Effect.retry({ schedule: retrySlowly }))
    for (const set of subscribers.values()) {
      for (const subscriber of set) Queue.failCauseUnsafe(subscriber, lost("the exchange started again"))
    }
    return unknown
  })

  const commit = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
    const result = yield* ledger.commit(lastOf(entries, books.lastId)).pipe(Effect.result)
    if (Result.isFailure(result)) {
      const unknown = yield* reset(result.failure)
      for (const { done } of entries) if (done !== undefined) yield* Deferred.fail(done, unknown)
      return
    }
    for (const { change, done } of entries) {
      tell(change)
      if (done !== undefined) Deferred.doneUnsafe(done, Effect.void)
    }
  })
  yield* Queue.takeBetween(outbox, 1, COMMIT_BATCH).pipe(Effect.flatMap(commit), Effect.forever, Effect.forkScoped)

  const settle = (act: () => Result.Result<Change, { readonly code: number; readonly message: string }>) =>
    Effect.suspend(() => {
      if (Queue.isFullUnsafe(outbox)) {
        return Effect.fail(new ExchangeError({ reason: new RateLimited({ retryAfterMillis: 1000 }) }))
      }
      const acted = act()
      if (Result.isFailure(acted)) return Effect.fail(new ExchangeError({ reason: new Refused(acted.failure) }))
      const done = Deferred.makeUnsafe<void, ExchangeError>()
      Queue.offerUnsafe(outbox, { change: acted.success, done })
      return Deferred.await(done)
    })

  const stop = market.onMessage((message) => {
    if (Queue.isFullUnsafe(outbox)) return
    for (const change of books.onMarket(message, now())) Queue.offerUnsafe(outbox, { change, done: undefined })
  })
  yield* Effect.addFinalizer(() => Effect.sync(stop))

  const open = Effect.fnUntraced(function* (accountId: AccountId) {
    if (books.knows(accountId)) return
    const stored = yield* Effect.mapError(ledger.account(accountId), notSent)
    if (books.knows(accountId)) return
    if (Option.isSome(stored)) return books.open(stored.value)
    const balances = config.paperBalances.map(({ amount, asset }) => Balance.receive(Balance.empty(asset), amount))
    const account = { accountId, balances }
    yield* Effect.mapError(ledger.commit({ orders: [], accounts: [account], lastId: books.lastId }), notSent)
    if (!books.knows(accountId)) books.open(account)
  })

  const reports = Effect.fnUntraced(function* (
    accountId: AccountId
  ): Effect.fn.Return<Queue.Dequeue<Report, ReportsLost>, never, Scope.Scope> {
    const subscriber = yield* Queue.bounded<Report, ReportsLost>(REPORTS)
    const set = subscribers.get(accountId) ?? new Set()
    subscribers.set(accountId, set.add(subscriber))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        set.delete(subscriber)
        if (set.size > 0) return
        subscribers.delete(accountId)
        // With changes still on their way the ledger would be behind memory.
        if (Queue.sizeUnsafe(outbox) === 0) books.close(accountId)
      })
    )
    return subscriber
  })

  return Exchange.of({
    environment: "paper",
    absenceProvenAfterMillis: 0,
    instruments: market.instruments,
    open,
    submit: (order) =>
      Effect.andThen(
        open(order.accountId),
        settle(() => books.place(order.accountId, order.clientOrderId, order.intent, now()))
      ),
    cancel: (accountId, _symbol, clientOrderId) =>
      Effect.andThen(
        open(accountId),
        settle(() => books.cancel(accountId, clientOrderId, now()))
      ),
    query: Effect.fnUntraced(function* (accountId, _symbol, clientOrderId) {
      // Behind whatever is still on its way to the ledger, so that an answer is never older than an acknowledgement.
      yield* open(accountId)
      yield* settle(() => Result.succeed({ orders: [], accounts: [], reports: [] }))
      const stored = yield* Effect.mapError(ledger.order(accountId, clientOrderId), notSent)
      return Option.map(stored, exchangeOrder)
    }),
    openOrders: (accountId) =>
      Effect.map(open(accountId), () => books.openOrders(accountId).map((order) => exchangeOrder(order))),
    balances: (accountId) => Effect.map(open(accountId), () => books.balances(accountId)),
    reports
  })
})

/** Of rows that replace each other only the last need be written. */
const lastOf = (entries: ReadonlyArray<Entry>, lastId: number): PaperCommit => {
  const orders = new Map<number, PaperOrder>()
  const accounts = new Map<AccountId, PaperAccount>()
  for (const { change } of entries) {
    for (const order of change.orders) orders.set(order.exchangeOrderId, order)
    for (const account of change.accounts) accounts.set(account.accountId, account)
  }
  return { orders: [...orders.values()], accounts: [...accounts.values()], lastId }
}

/** Open orders from the ledger, with their accounts. */
const restore = Effect.fnUntraced(function* (ledger: PaperLedger["Service"], market: MarketData["Service"]) {
  const { lastId, openOrders } = yield* ledger.load
  const books = new PaperBooks(market, lastId)
  for (const order of openOrders) {
    if (!books.knows(order.accountId)) {
      const account = yield* ledger.account(order.accountId)
      if (Option.isSome(account)) books.open(account.value)
    }
    // An instrument that this market does not carry: its orders wait in the ledger for a market that does.
    if (market.instrument(order.intent.symbol) !== undefined) books.restore(order)
  }
  return books
})

const exchangeOrder = (order: PaperOrder): ExchangeOrder => ({
  clientOrderId: order.clientOrderId,
  exchangeOrderId: String(order.exchangeOrderId),
  status: order.status,
  fills: order.fills,
  at: order.updatedAt
})

const notSent = (error: PaperLedgerError) => new ExchangeError({ reason: new NotSent({ message: error.message }) })

export const layer: Layer.Layer<Exchange, PaperLedgerError, PaperLedger | MarketData | Config> = Layer.effect(
  Exchange,
  make
)
