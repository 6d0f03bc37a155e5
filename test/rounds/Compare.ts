// Holds the desk's view of an account against the exchange's own ledger. Every line it returns is something that must not be.
import type { BalanceView, FillView, OrderView } from "../../src/contract/Views.ts"
import * as Money from "../../src/domain/Money.ts"
import type { ExchangeBalance, ExchangeOrder, ExchangeTrade, Ledger } from "./Ledger.ts"

export interface DeskView {
  readonly orders: ReadonlyArray<OrderView>
  readonly trades: ReadonlyArray<FillView>
  readonly balances: ReadonlyArray<BalanceView>
}

const UNDECIDED: ReadonlySet<string> = new Set(["PENDING", "SUBMITTING", "CANCELING", "AMENDING", "UNKNOWN"])
/** Never at the exchange. */
const STAYED: ReadonlySet<string> = new Set(["DENIED", "REJECTED"])

export const undecided = (orders: ReadonlyArray<OrderView>): ReadonlyArray<OrderView> =>
  orders.filter(({ status }) => UNDECIDED.has(status))

const same = (a: string, b: string): boolean => Money.equals(Money.decimal(a), Money.decimal(b))

/** `answered` are the order ids that the desk answered PENDING for. */
export const compare = (desk: DeskView, ledger: Ledger, answered: ReadonlySet<string>): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  const known = new Map(desk.orders.map((order) => [order.clientOrderId, order]))
  if (known.size !== desk.orders.length) wrong.push("the desk lists an order twice")
  const ids = new Set(desk.orders.map(({ orderId }) => orderId))
  for (const orderId of answered) if (!ids.has(orderId)) wrong.push(`${orderId} was answered PENDING and is gone`)
  for (const { orderId, reason, status } of undecided(desk.orders)) wrong.push(`${orderId} is ${status}: ${reason}`)
  const there = new Map<string, ExchangeOrder>()
  for (const order of ledger.orders.values()) {
    if (there.has(order.clientOrderId)) wrong.push(`${order.clientOrderId} is at the exchange twice`)
    there.set(order.clientOrderId, order)
    if (!known.has(order.clientOrderId)) wrong.push(`the desk does not know ${order.clientOrderId} (${order.status})`)
  }
  for (const order of desk.orders) wrong.push(...ofOrder(order, there.get(order.clientOrderId)))
  return [...wrong, ...ofTrades(desk, [...ledger.trades.values()]), ...ofBalances(desk.balances, ledger.balances)]
}

const ofOrder = (order: OrderView, there: ExchangeOrder | undefined): ReadonlyArray<string> => {
  const { executedQuantity, orderId, quantity, status } = order
  if (there === undefined) return STAYED.has(status) ? [] : [`${orderId} is ${status} here and unknown there`]
  if (there.status !== status) return [`${orderId} is ${status} here and ${there.status} there`]
  if (!same(executedQuantity, there.executedQty) || !same(quantity, there.origQty)) {
    return [`${orderId}: ${executedQuantity} of ${quantity} here, ${there.executedQty} of ${there.origQty} there`]
  }
  return []
}

const ofTrades = ({ orders, trades }: DeskView, there: ReadonlyArray<ExchangeTrade>): ReadonlyArray<string> => {
  const exchangeIds = new Map(orders.map(({ exchangeOrderId, orderId }) => [orderId, exchangeOrderId]))
  const line = (parts: ReadonlyArray<unknown>, amounts: ReadonlyArray<string>) =>
    [...parts, ...amounts.map((amount) => Money.format(Money.decimal(amount)))].join(" ")
  const ours = trades.map((trade) =>
    line(
      [trade.symbol, trade.tradeId, exchangeIds.get(trade.orderId), trade.feeAsset],
      [trade.price, trade.quantity, trade.fee]
    )
  )
  const theirs = there.map((trade) =>
    line([trade.symbol, trade.id, trade.orderId, trade.commissionAsset], [trade.price, trade.qty, trade.commission])
  )
  const [here, yonder] = [new Set(ours), new Set(theirs)]
  return [
    ...(here.size === ours.length ? [] : ["the desk has booked a trade twice"]),
    ...ours.filter((trade) => !yonder.has(trade)).map((trade) => `only the desk has the trade ${trade}`),
    ...theirs.filter((trade) => !here.has(trade)).map((trade) => `only the exchange has the trade ${trade}`)
  ]
}

const ofBalances = (
  ours: ReadonlyArray<BalanceView>,
  theirs: ReadonlyArray<ExchangeBalance>
): ReadonlyArray<string> => {
  const here = new Map(ours.map((balance) => [balance.asset, balance]))
  return theirs.flatMap(({ asset, free, locked }) => {
    const { free: ourFree, held } = here.get(asset) ?? { free: "0", held: "0" }
    return same(free, ourFree) && same(locked, held)
      ? []
      : [`${asset}: ${ourFree} + ${held} here, ${free} + ${locked} there`]
  })
}
