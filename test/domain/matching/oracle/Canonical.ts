// What both engines can be asked for, in one order and one spelling, so that two states can be compared as text.
import { createHash } from "node:crypto"
import type { OrderList } from "../../../../src/domain/matching/Event.ts"
import type { Amount, Order } from "../../../../src/domain/matching/Order.ts"
import type { Side } from "../../../../src/domain/Order.ts"
import * as Funds from "./Funds.ts"
import type { NaiveEngine } from "./NaiveEngine.ts"
import * as State from "./State.ts"

/** The public reads of a matching engine. */
export interface Readable {
  readonly knows: (account: string) => boolean
  readonly openOrders: (account: string, symbol?: string) => ReadonlyArray<Order>
  readonly openLists: (
    account: string
  ) => ReadonlyArray<Pick<OrderList, "listId" | "listClientOrderId" | "symbol" | "contingency" | "orderIds">>
  readonly balances: (
    account: string
  ) => ReadonlyArray<{ readonly asset: string; readonly free: Amount; readonly locked: Amount }>
  readonly commission: (account: string, symbol: string) => { readonly maker: number; readonly taker: number }
  readonly levels: (symbol: string, side: Side) => ReadonlyArray<{ readonly ticks: number; readonly lots: number }>
}

export const readNaive = ({ state }: NaiveEngine): Readable => ({
  knows: (account) => state.accounts.some(({ id }) => id === account),
  openOrders: (account, symbol) => State.openOrders(state, account, symbol),
  openLists: (account) =>
    state.lists
      .filter((list) => list.account === account)
      .map((list) => ({ ...list, contingency: list.kind === "OCO" ? "OCO" : "OTO" })),
  balances: (account) =>
    Funds.accountOf(state, account).totals.map(({ asset, amount }) => {
      const locked = Funds.locked(state, account, asset)
      return { asset, free: amount - locked, locked }
    }),
  commission: (account, symbol) => Funds.ratesOf(state, account, symbol),
  levels: (symbol, side) => State.levels(state, symbol, side)
})

const orderLine = (order: Order): string =>
  [
    order.orderId,
    order.account,
    order.symbol,
    `list ${order.listId}`,
    order.clientOrderId,
    order.side,
    order.type,
    order.timeInForce,
    order.status,
    `lots ${order.lots} executed ${order.executedLots} prevented ${order.preventedLots}`,
    `quote ${order.quote} executed ${order.executedQuote}`,
    `ticks ${order.ticks} stop ${order.stopTicks} trailing ${order.trailingBips} iceberg ${order.icebergLots}`,
    order.stp,
    order.working ? `working ${order.workingAt}` : "waiting",
    `trailing since ${order.trailingAt}`,
    `created ${order.createdAt}`
  ].join(" ")

export const canonical = (
  engine: Readable,
  accounts: ReadonlyArray<string>,
  symbols: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const account of accounts) {
    if (!engine.knows(account)) continue
    const balances = engine
      .balances(account)
      .filter(({ free, locked }) => free !== 0n || locked !== 0n)
      .toSorted((a, b) => (a.asset < b.asset ? -1 : 1))
    for (const { asset, free, locked } of balances) lines.push(`${account} ${asset} free ${free} locked ${locked}`)
    for (const symbol of symbols) {
      const { maker, taker } = engine.commission(account, symbol)
      lines.push(`${account} ${symbol} maker ${maker} taker ${taker}`)
    }
    const orders = [...engine.openOrders(account)].toSorted((a, b) => a.orderId - b.orderId)
    lines.push(...orders.map(orderLine))
    for (const list of [...engine.openLists(account)].toSorted((a, b) => a.listId - b.listId)) {
      const { listId, listClientOrderId, symbol, contingency, orderIds } = list
      lines.push(`list ${listId} ${listClientOrderId} of ${account} ${symbol} ${contingency} ${orderIds.join(",")}`)
    }
  }
  for (const symbol of symbols) {
    for (const side of ["BUY", "SELL"] as const) {
      const levels = engine.levels(symbol, side).map(({ ticks, lots }) => `${lots}@${ticks}`)
      lines.push(`${symbol} ${side} ${levels.join(" ")}`)
    }
  }
  return lines
}

export const hashOf = (lines: ReadonlyArray<string>): string =>
  createHash("sha256").update(lines.join("\n")).digest("hex")
