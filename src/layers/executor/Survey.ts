// Holds everything the exchange has of an account against everything the desk has: open orders, trades since the last look, and totals.
import { Effect, Option } from "effect"
import type { Account } from "../../domain/Account.ts"
import type { Balance } from "../../domain/Balance.ts"
import type { SurveyCause } from "../../domain/Event.ts"
import { type Asked, openOrders, orderIdOf, orderIn, refOf } from "../../domain/Hear.ts"
import type { AccountId, OrderId } from "../../domain/Ids.ts"
import { isWaiting } from "../../domain/ListLink.ts"
import * as Money from "../../domain/Money.ts"
import { isStop, type Order } from "../../domain/Order.ts"
import { type ExchangeOrder, type ExchangeOrderState, isWhole, type TradeOf } from "../../domain/Report.ts"
import type { Exchange, ExchangeError } from "../../ports/Exchange.ts"
import type { Journal, JournalError } from "../../ports/Journal.ts"

/** Questions asked at once. */
const CONCURRENCY = 8

/** What was found. It is judged against the account as it stands when it arrives there, so that nothing is settled twice. */
export interface Survey {
  readonly cause: SurveyCause
  /** Of the orders that may stand otherwise there than here. */
  readonly answers: ReadonlyArray<{ readonly orderId: OrderId; readonly asked: Asked }>
  readonly strangers: ReadonlyArray<ExchangeOrder>
  /** The last trade of each symbol that was looked at. */
  readonly seen: ReadonlyArray<{ readonly symbol: string; readonly tradeId: string }>
  /** False where the exchange did not show all of an order yet: it is to be looked at again soon. */
  readonly complete: boolean
}

export interface Surveyor {
  readonly accountId: AccountId
  readonly exchange: Exchange["Service"]
  readonly journal: Journal["Service"]
  /** As it stands at this moment. */
  readonly account: () => Account
}

type Failure = ExchangeError | JournalError

export const take = Effect.fnUntraced(function* (
  surveyor: Surveyor,
  cause: SurveyCause
): Effect.fn.Return<Survey, Failure> {
  const { accountId, exchange } = surveyor
  const at = yield* exchange.time
  const ask = (order: Order) =>
    Effect.map(exchange.query(accountId, order.intent.symbol, refOf(order)), (found) => ({
      orderId: order.orderId,
      asked: { found, at, absenceProvenAfterMillis: exchange.absenceProvenAfterMillis }
    }))
  const standing = yield* exchange.openOrders(accountId)
  const { before, unbooked, seen } = yield* newTrades(surveyor, standing)
  const ours = openOrders(before)
  const answers = yield* Effect.forEach(
    ours.filter((order) => mayDiffer(order, standing, unbooked)),
    ask,
    { concurrency: CONCURRENCY }
  )
  const strange = [
    ...standing.filter((state) => orderIn(before, state) === undefined),
    ...unbooked.filter(({ exchangeOrderId }) => !ours.some((order) => order.exchangeOrderId === exchangeOrderId))
  ]
  const refs = new Map(
    strange.map(({ exchangeOrderId, symbol }) => [`${symbol} ${exchangeOrderId}`, { exchangeOrderId, symbol }])
  )
  const strangers = yield* Effect.forEach([...refs.values()], (ref) => strangerOf(surveyor, ref), {
    concurrency: CONCURRENCY
  })
  // A trade whose order the exchange does not show yet, or not with all of its fills, is looked at again.
  for (const { known, symbol } of strangers) if (!known) seen.delete(symbol)
  return {
    cause,
    answers,
    strangers: strangers.flatMap(({ found }) => Option.toArray(found)),
    seen: [...seen].map(([symbol, tradeId]) => ({ symbol, tradeId })),
    complete: strangers.every(({ known }) => known)
  }
})

/** An order of the exchange that is not open here. One of ours that was closed in between, with all of its trades, is none. */
const strangerOf = Effect.fnUntraced(function* (
  surveyor: Surveyor,
  ref: { readonly exchangeOrderId: string; readonly symbol: string }
) {
  const { symbol } = ref
  const unseen = { symbol, known: false, found: Option.none<ExchangeOrder>() }
  const answer = yield* surveyor.exchange.query(surveyor.accountId, symbol, ref)
  if (Option.isNone(answer)) return unseen
  const found = yield* strangerOnly(surveyor, ref, answer.value)
  // What it has executed says which of its fills are still to be booked: with one missing, it would be booked twice or never (I7).
  return Option.exists(found, (order) => !isWhole(order)) ? unseen : { symbol, known: true, found }
})

const strangerOnly = Effect.fnUntraced(function* (
  { account, accountId, exchange, journal }: Surveyor,
  { exchangeOrderId, symbol }: { readonly exchangeOrderId: string; readonly symbol: string },
  found: ExchangeOrder
) {
  if (orderIn(account(), found) !== undefined) return Option.none<ExchangeOrder>()
  const ours = orderIdOf(found.clientOrderId)
  if (ours === undefined || !(yield* journal.knowsOrder(accountId, ours))) return Option.some(found)
  // Closed here by now: only what the exchange says after that can be held against it.
  const again = yield* exchange.query(accountId, symbol, { exchangeOrderId })
  if (Option.isNone(again) || orderIn(account(), again.value) !== undefined) return Option.none<ExchangeOrder>()
  const { fills, status } = again.value
  const booked = yield* journal.booked(
    accountId,
    symbol,
    fills.map(({ tradeId }) => tradeId)
  )
  const working = status === "NEW" || status === "PARTIALLY_FILLED"
  return working || fills.some(({ tradeId }) => !booked.has(tradeId)) ? again : Option.none<ExchangeOrder>()
})

const mayDiffer = (
  order: Order,
  standing: ReadonlyArray<ExchangeOrderState>,
  unbooked: ReadonlyArray<TradeOf & { readonly symbol: string }>
): boolean => {
  if (order.flights !== undefined || order.exchangeOrderId === undefined) return true
  const state = standing.find(
    ({ exchangeOrderId, symbol }) => exchangeOrderId === order.exchangeOrderId && symbol === order.intent.symbol
  )
  return (
    state === undefined ||
    !Money.equals(state.executedQuantity, order.executedQuantity) ||
    !Money.equals(state.quantity, order.intent.quantity) ||
    (isWaiting(order.list) && state.isPending !== true) ||
    (isStop(order.intent) && state.isWorking !== (order.triggeredAt !== undefined)) ||
    unbooked.some(({ exchangeOrderId }) => exchangeOrderId === order.exchangeOrderId)
  )
}

/** Trades since the last look that stand in no event of ours. `before` is the account from before they were asked for. */
const newTrades = Effect.fnUntraced(function* (
  { account, accountId, exchange, journal }: Surveyor,
  standing: ReadonlyArray<ExchangeOrderState>
) {
  const before = account()
  const seen = new Map<string, string>()
  const unbooked: Array<TradeOf & { readonly symbol: string }> = []
  for (const symbol of symbolsOf(before, standing)) {
    const last = before.seen[symbol]
    const trades = yield* exchange.trades(accountId, symbol, last)
    seen.set(symbol, trades.at(-1)?.tradeId ?? last ?? "0")
    // What was traded before the first look is in the balances that the account was opened with, or shows as a difference there.
    if (last === undefined || trades.length === 0) continue
    const booked = yield* journal.booked(
      accountId,
      symbol,
      trades.map(({ tradeId }) => tradeId)
    )
    for (const trade of trades) if (!booked.has(trade.tradeId)) unbooked.push({ ...trade, symbol })
  }
  return { before, unbooked, seen }
})

const symbolsOf = (account: Account, standing: ReadonlyArray<ExchangeOrderState>): ReadonlySet<string> =>
  new Set([
    ...Object.keys(account.positions),
    ...Object.keys(account.seen),
    ...openOrders(account).map(({ intent }) => intent.symbol),
    ...standing.map(({ symbol }) => symbol)
  ])

/** The exchange's balances, if it has made no trade since the account was level with it; none where it has. */
export const totals = Effect.fnUntraced(function* ({
  account,
  accountId,
  exchange
}: Surveyor): Effect.fn.Return<Option.Option<ReadonlyArray<Balance>>, ExchangeError> {
  const { seen } = account()
  const balances = yield* exchange.balances(accountId)
  for (const [symbol, last] of Object.entries(seen)) {
    if ((yield* exchange.trades(accountId, symbol, last)).length > 0) return Option.none()
  }
  return Option.some(balances)
})
