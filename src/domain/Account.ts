// One trading account as its own events made it.
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Balance from "./Balance.ts"
import type { Event, Recorded } from "./Event.ts"
import { AccountId, clientOrderIdOf, type OrderId } from "./Ids.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import * as Order from "./Order.ts"
import * as Position from "./Position.ts"

export interface Account {
  readonly accountId: AccountId
  /** Number of the last event applied; 0 before the first. */
  readonly seq: number
  readonly balances: Readonly<Record<string, Balance.Balance>>
  readonly positions: Readonly<Record<string, Position.Position>>
  /** Orders that can still change. A closed order lives in the journal only. */
  readonly orders: HashMap.HashMap<OrderId, Order.Order>
}

/** How an account is stored in a snapshot. */
export const AccountSnapshot = Schema.Struct({
  accountId: AccountId,
  seq: Schema.Int,
  balances: Schema.Array(Balance.Balance),
  positions: Schema.Array(Position.Position),
  orders: Schema.Array(Order.Order)
})
export type AccountSnapshot = typeof AccountSnapshot.Type

export const toSnapshot = (account: Account): AccountSnapshot => ({
  accountId: account.accountId,
  seq: account.seq,
  balances: Object.values(account.balances),
  positions: Object.values(account.positions),
  orders: [...HashMap.values(account.orders)]
})

export const fromSnapshot = (snapshot: AccountSnapshot): Account => ({
  accountId: snapshot.accountId,
  seq: snapshot.seq,
  balances: Object.fromEntries(snapshot.balances.map((balance) => [balance.asset, balance])),
  positions: Object.fromEntries(snapshot.positions.map((position) => [position.symbol, position])),
  orders: HashMap.fromIterable(snapshot.orders.map((order) => [order.orderId, order]))
})

export const empty = (accountId: AccountId): Account => ({
  accountId,
  seq: 0,
  balances: {},
  positions: {},
  orders: HashMap.empty()
})

/** The base and quote asset of a symbol: the one thing about an instrument that booking a fill needs. */
export type AssetsOf = (symbol: string) => { readonly baseAsset: string; readonly quoteAsset: string }

/** What one event changed, ready to be stored as read models and shown to whoever watches the account. */
export interface AccountUpdate {
  readonly accountId: AccountId
  readonly seq: number
  readonly at: number
  readonly traceId: string
  readonly event: Event
  readonly order?: Order.Order
  readonly balances: ReadonlyArray<Balance.Balance>
  readonly position?: Position.Position
}

export interface Step {
  readonly account: Account
  readonly update: AccountUpdate
}

/** Applies one event. Memory equals the fold of the journal by this function alone (I8). */
export const step = (account: Account, recorded: Recorded, assetsOf: AssetsOf): Step => {
  const { event, seq, at, traceId } = recorded
  const change = changeOf(account, event, at, assetsOf)
  const balances = change.balances ?? []
  const next: Account = {
    accountId: account.accountId,
    seq,
    balances: balances.length === 0 ? account.balances : withBalances(account.balances, balances),
    positions:
      change.position === undefined
        ? account.positions
        : { ...account.positions, [change.position.symbol]: change.position },
    orders:
      change.order === undefined
        ? account.orders
        : Order.isClosed(change.order.status)
          ? HashMap.remove(account.orders, change.order.orderId)
          : HashMap.set(account.orders, change.order.orderId, change.order)
  }
  return {
    account: next,
    update: {
      accountId: account.accountId,
      seq,
      at,
      traceId,
      event,
      balances,
      ...(change.order === undefined ? {} : { order: change.order }),
      ...(change.position === undefined ? {} : { position: change.position })
    }
  }
}

const withBalances = (known: Account["balances"], changed: ReadonlyArray<Balance.Balance>): Account["balances"] => {
  const next: Record<string, Balance.Balance> = { ...known }
  for (const balance of changed) next[balance.asset] = balance
  return next
}

export const evolve = (account: Account, recorded: Recorded, assetsOf: AssetsOf): Account =>
  step(account, recorded, assetsOf).account

export const balanceOf = (account: Account, asset: string): Balance.Balance =>
  account.balances[asset] ?? Balance.empty(asset)

export const orderOf = (account: Account, orderId: OrderId): Order.Order | undefined =>
  Option.getOrUndefined(HashMap.get(account.orders, orderId))

interface Change {
  readonly order?: Order.Order
  readonly balances?: ReadonlyArray<Balance.Balance>
  readonly position?: Position.Position
}

const changeOf = (account: Account, event: Event, at: number, assetsOf: AssetsOf): Change => {
  switch (event._tag) {
    case "BalanceAdjusted":
      return { balances: [{ ...balanceOf(account, event.asset), free: event.free }] }
    case "OrderDenied":
      return { order: newOrder(event, "DENIED", at, undefined) }
    case "OrderSubmitted":
      return {
        order: newOrder(event, "SUBMITTING", at, event.hold),
        balances: [Balance.hold(balanceOf(account, event.hold.asset), event.hold.amount)]
      }
    case "CancelDenied":
      return {}
    default: {
      const order = orderOf(account, event.orderId)
      // The journal is written by the same rules that read it: an event of an order that is not open is a broken journal.
      if (order === undefined) throw new Error(`${event._tag} for order ${event.orderId}, which is not open`)
      return changeOfOpen(account, order, event, at, assetsOf)
    }
  }
}

type OpenOrderEvent = Exclude<
  Event,
  { readonly _tag: "BalanceAdjusted" | "OrderDenied" | "OrderSubmitted" | "CancelDenied" }
>

const changeOfOpen = (
  account: Account,
  order: Order.Order,
  event: OpenOrderEvent,
  at: number,
  assetsOf: AssetsOf
): Change => {
  switch (event._tag) {
    case "OrderAccepted":
      return {
        order: {
          ...order,
          exchangeOrderId: event.exchangeOrderId,
          // A cancel that overtook the acceptance is still in flight.
          status: order.status === "CANCELING" ? "CANCELING" : workingStatus(order),
          updatedAt: at
        }
      }
    case "OrderFilled":
      return fill(account, order, event, at, assetsOf)
    case "OrderRejected":
      return close(account, order, "REJECTED", at, event.reason)
    case "OrderExpired":
      return close(account, order, "EXPIRED", at, event.reason)
    case "OrderCanceled":
      return close(account, order, "CANCELED", at, undefined)
    case "CancelSubmitted":
      return { order: { ...order, status: "CANCELING", updatedAt: at } }
    case "CancelRejected":
      return { order: { ...order, status: workingStatus(order), updatedAt: at } }
    case "OrderUnknown":
      return { order: { ...order, status: "UNKNOWN", reason: event.reason, updatedAt: at } }
  }
}

const newOrder = (
  { intent, orderId, userId }: Extract<Event, { readonly _tag: "OrderSubmitted" | "OrderDenied" }>,
  status: Order.OrderStatus,
  at: number,
  held: Order.Hold | undefined
): Order.Order => ({
  orderId,
  clientOrderId: clientOrderIdOf(orderId),
  ...(userId === undefined ? {} : { userId }),
  intent,
  status,
  executedQuantity: Money.zero,
  executedQuote: Money.zero,
  hold: held ?? { asset: "", amount: Money.zero },
  tradeIds: [],
  createdAt: at,
  updatedAt: at
})

const workingStatus = (order: Order.Order): Order.OrderStatus =>
  Money.isZero(order.executedQuantity) ? "NEW" : "PARTIALLY_FILLED"

const close = (
  account: Account,
  order: Order.Order,
  status: Order.OrderStatus,
  at: number,
  reason: string | undefined
): Change => ({
  order: {
    ...order,
    status,
    hold: { asset: order.hold.asset, amount: Money.zero },
    updatedAt: at,
    ...(reason === undefined ? {} : { reason })
  },
  balances: Money.isZero(order.hold.amount)
    ? []
    : [Balance.release(balanceOf(account, order.hold.asset), order.hold.amount)]
})

const fill = (
  account: Account,
  order: Order.Order,
  event: Extract<Event, { readonly _tag: "OrderFilled" }>,
  at: number,
  assetsOf: AssetsOf
): Change => {
  const execution = event.fill
  const { side, symbol } = order.intent
  const assets = assetsOf(symbol)
  const quote = Money.multiply(execution.price, execution.quantity)
  const executedQuantity = Money.add(order.executedQuantity, execution.quantity)
  const filled = Money.compare(executedQuantity, order.intent.quantity) >= 0
  const paid = side === "BUY" ? quote : execution.quantity
  const fromHeld = Money.min(order.hold.amount, usedOf(order, execution.quantity, paid, filled))
  const holdLeft = filled ? Money.zero : Money.subtract(order.hold.amount, fromHeld)
  const touched = new Map<string, Balance.Balance>()
  const change = (asset: string, apply: (balance: Balance.Balance) => Balance.Balance) =>
    touched.set(asset, apply(touched.get(asset) ?? balanceOf(account, asset)))
  change(order.hold.asset, (balance) => Balance.release(balance, fromHeld))
  change(side === "BUY" ? assets.quoteAsset : assets.baseAsset, (balance) => Balance.pay(balance, paid))
  change(side === "BUY" ? assets.baseAsset : assets.quoteAsset, (balance) =>
    Balance.receive(balance, side === "BUY" ? execution.quantity : quote)
  )
  change(execution.feeAsset, (balance) => Balance.pay(balance, execution.fee))
  return {
    order: {
      ...order,
      status: filled ? "FILLED" : order.status === "CANCELING" ? "CANCELING" : "PARTIALLY_FILLED",
      executedQuantity,
      executedQuote: Money.add(order.executedQuote, quote),
      hold: { asset: order.hold.asset, amount: holdLeft },
      tradeIds: [...order.tradeIds, execution.tradeId],
      updatedAt: at
    },
    balances: [...touched.values()],
    position: Position.book(account.positions[symbol] ?? Position.flat(symbol), side, execution, assets)
  }
}

/** How much of the hold a fill uses up: all of it with the last fill, else what was set aside for that much quantity. */
const usedOf = (order: Order.Order, quantity: Decimal, paid: Decimal, last: boolean): Decimal => {
  if (last) return order.hold.amount
  if (order.intent.side === "SELL") return quantity
  // A limit order held price × quantity: a better fill frees the difference at once.
  return order.intent.type === "LIMIT" ? Money.multiply(order.intent.price, quantity) : paid
}
