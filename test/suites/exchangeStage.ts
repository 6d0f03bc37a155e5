// What the cards about exchanges are played with: a trader with short verbs, a still book, and reports in one line.
import { Effect, Queue, Result, type Scope } from "effect"
import * as Account from "../../src/domain/Account.ts"
import type { DenialReason } from "../../src/domain/Denial.ts"
import { AccountId, clientOrderIdOf } from "../../src/domain/Ids.ts"
import type { AskedList } from "../../src/domain/ListRules.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent } from "../../src/domain/Order.ts"
import type { Report } from "../../src/domain/Report.ts"
import * as Risk from "../../src/domain/Risk.ts"
import { Exchange } from "../../src/ports/Exchange.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import * as StillMarket from "../kit/StillMarket.ts"
import { btcusdt, limits, orderId, limit } from "../kit/Trading.ts"

const { decimal, format } = Money

/** A numbered test of the suite. */
export type Card = (title: string, test: Effect.Effect<void, unknown, Exchange | MarketData | Scope.Scope>) => void

/** Approved by the real rules, for an account that can afford everything: the exchange is to judge for itself. */
const approve = (accountId: AccountId, n: number, intent: Intent): Risk.ApprovedOrder =>
  approved(accountId, (rich, context) => Risk.approve(rich, { orderId: orderId(n), intent }, context))

/** Of its rules only those of another order were asked. */
const unjudged = (accountId: AccountId, n: number, intent: Intent): Risk.ApprovedOrder => ({
  ...approve(accountId, n, limit(intent.side, "0.1", "60000")),
  intent
})

const approved = <A>(
  accountId: AccountId,
  rules: (rich: Account.Account, context: Risk.RiskContext) => Result.Result<A, DenialReason>
): A => {
  const rich: Account.Account = {
    ...Account.empty(accountId),
    balances: Object.fromEntries(
      ["BTC", "USDT"].map((asset) => [asset, { asset, free: decimal("1000000000"), held: Money.zero }])
    )
  }
  const context: Risk.RiskContext = {
    instrument: btcusdt,
    referencePrice: decimal("60000"),
    worstPrice: decimal("60000"),
    limits: { ...limits, maxOrderNotional: decimal("100000000"), collar: decimal("4") }
  }
  return Result.getOrThrowWith(rules(rich, context), (reason) => new Error(reason._tag))
}

/** An account with 100,000 USDT and 1 BTC, its reports, and short verbs. */
export const trader = Effect.fnUntraced(function* (name: string) {
  const exchange = yield* Exchange
  const accountId = AccountId.make(name)
  yield* exchange.open(accountId)
  const reports = yield* exchange.reports(accountId)
  return {
    accountId,
    submit: (n: number, intent: Intent) => exchange.submit(approve(accountId, n, intent)),
    submitList: (list: AskedList) =>
      exchange.submitList(approved(accountId, (rich, context) => Risk.approveList(rich, list, context))),
    replace: (old: number, n: number, intent: Intent, isUntraded = true) =>
      exchange.replace(
        accountId,
        { ref: { clientOrderId: clientOrderIdOf(orderId(old)) }, isUntraded },
        approve(accountId, n, intent)
      ),
    replaceUnjudged: (old: number, n: number, intent: Intent) =>
      exchange.replace(
        accountId,
        { ref: { clientOrderId: clientOrderIdOf(orderId(old)) }, isUntraded: true },
        unjudged(accountId, n, intent)
      ),
    cancel: (n: number) => exchange.cancel(accountId, "BTCUSDT", { clientOrderId: clientOrderIdOf(orderId(n)) }),
    amend: (n: number, quantity: string) =>
      exchange.amend(accountId, "BTCUSDT", { clientOrderId: clientOrderIdOf(orderId(n)) }, decimal(quantity)),
    query: (n: number) => exchange.query(accountId, "BTCUSDT", { clientOrderId: clientOrderIdOf(orderId(n)) }),
    trades: (after?: string) => exchange.trades(accountId, "BTCUSDT", after),
    heard: (count: number) => Queue.takeN(reports, count),
    balance: (asset: string) =>
      Effect.map(exchange.balances(accountId), (balances) => {
        const balance = balances.find((one) => one.asset === asset)
        return balance === undefined ? "none" : `${format(balance.free)} + ${format(balance.held)}`
      })
  }
})

export const say = (report: Report): string => {
  switch (report._tag) {
    case "Filled": {
      const { fee, feeAsset, liquidity, price, quantity } = report.fill
      return `Filled ${format(quantity)} @ ${format(price)} ${liquidity} fee ${format(fee)} ${feeAsset}`
    }
    default:
      return report._tag
  }
}

export const openBook = Effect.map(MarketData, (data) => {
  StillMarket.book(
    data,
    [
      [60_000, 50_000],
      [59_990, 100_000]
    ],
    [
      [60_010, 50_000],
      [60_020, 100_000]
    ]
  )
  return data
})
