// One trading account as its own events made it.
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Balance from "./Balance.ts"
import type { Event, Recorded } from "./Event.ts"
import { AccountId, type OrderId } from "./Ids.ts"
import * as ListHold from "./ListHold.ts"
import * as Money from "./Money.ts"
import * as Life from "./OrderLife.ts"
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
  /** By symbol, the exchange's id of the last trade that a survey looked at. */
  readonly seen: Readonly<Record<string, string>>
  /** Set while the exchange cannot be seen; `since` is epoch milliseconds. */
  readonly blind?: Blindness
}

export const Blindness = Schema.Struct({ since: Schema.Finite, reason: Schema.String })
export type Blindness = typeof Blindness.Type

/** How an account is stored in a snapshot. */
export const AccountSnapshot = Schema.Struct({
  accountId: AccountId,
  seq: Schema.Int,
  balances: Schema.Array(Balance.Balance),
  positions: Schema.Array(Position.Position),
  orders: Schema.Array(Order.Order),
  seen: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  blind: Schema.optionalKey(Blindness)
})
export type AccountSnapshot = typeof AccountSnapshot.Type

export const toSnapshot = (account: Account): AccountSnapshot => ({
  accountId: account.accountId,
  seq: account.seq,
  balances: Object.values(account.balances),
  positions: Object.values(account.positions),
  orders: [...HashMap.values(account.orders)],
  seen: account.seen,
  ...(account.blind === undefined ? {} : { blind: account.blind })
})

export const fromSnapshot = (snapshot: AccountSnapshot): Account => ({
  accountId: snapshot.accountId,
  seq: snapshot.seq,
  balances: Object.fromEntries(snapshot.balances.map((balance) => [balance.asset, balance])),
  positions: Object.fromEntries(snapshot.positions.map((position) => [position.symbol, position])),
  orders: HashMap.fromIterable(snapshot.orders.map((order) => [order.orderId, withFlights(order)])),
  seen: snapshot.seen ?? {},
  ...(snapshot.blind === undefined ? {} : { blind: snapshot.blind })
})

/** A snapshot from before flights were kept says by its status what is on its way. */
const withFlights = (order: Order.Order): Order.Order => {
  if (order.flights !== undefined || Order.isClosed(order.status)) return order
  const call = order.status === "CANCELING" || order.exchangeOrderId !== undefined ? "cancel" : "submit"
  const sentAt = call === "submit" ? order.createdAt : order.updatedAt
  switch (order.status) {
    case "SUBMITTING":
    case "CANCELING":
      return { ...order, flights: [{ call, sentAt }] }
    case "UNKNOWN":
      return { ...order, flights: [{ call, sentAt, doubt: { since: order.updatedAt, reason: order.reason ?? "" } }] }
    default:
      return order
  }
}

/** What it has at its exchange was never known: the first word of that opens it. */
export const isUnopened = ({ balances, positions }: Account): boolean =>
  Object.keys(balances).length === 0 && Object.keys(positions).length === 0

export const empty = (accountId: AccountId): Account => ({
  accountId,
  seq: 0,
  balances: {},
  positions: {},
  orders: HashMap.empty(),
  seen: {}
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
  /** Where it changed: what keeps the exchange from being seen, or null where nothing does any more. */
  readonly blind?: Blindness | null
}

export interface Step {
  readonly account: Account
  readonly update: AccountUpdate
}

/** Applies one event. Memory equals the fold of the journal by this function alone (I8). */
export const step = (account: Account, recorded: Recorded, assetsOf: AssetsOf): Step => {
  const { event, seq, at, traceId } = recorded
  const change = changeOf(account, recorded, assetsOf)
  const balances = change.balances ?? []
  const blind = change.blind === undefined ? account.blind : (change.blind ?? undefined)
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
          : HashMap.set(account.orders, change.order.orderId, change.order),
    seen: change.seen ?? account.seen,
    ...(blind === undefined ? {} : { blind })
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
      ...(change.position === undefined ? {} : { position: change.position }),
      ...(change.blind === undefined ? {} : { blind: change.blind })
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
  readonly seen?: Account["seen"]
  readonly blind?: Blindness | null
}

const changeOf = (account: Account, recorded: Recorded, assetsOf: AssetsOf): Change => {
  const { at, event } = recorded
  switch (event._tag) {
    case "BalanceAdjusted":
      return { balances: [{ ...balanceOf(account, event.asset), free: event.free }] }
    case "OrderDenied":
      return { order: Life.denied(event, recorded) }
    case "OrderSubmitted":
    case "OrderAdopted": {
      const { asset } = event.hold
      const order = event._tag === "OrderSubmitted" ? Life.submitted(event, at) : Life.adopted(event, at)
      const shared = sharedBy(account, undefined, order)
      const amount = shared === undefined ? event.hold.amount : Money.negate(shared)
      return {
        order,
        balances: amount.value === 0n ? [] : [Balance.hold(balanceOf(account, asset), amount)]
      }
    }
    case "CancelDenied":
    case "AmendDenied":
      return {}
    case "Surveyed":
      return { seen: { ...account.seen, ...Object.fromEntries(event.seen.map((last) => [last.symbol, last.tradeId])) } }
    case "SightLost":
      // Blind still, for a reason that is better known by now.
      return { blind: { since: account.blind?.since ?? at, reason: event.reason } }
    case "SightRegained":
      return { blind: null }
    default:
      return changeOfOpen(account, event, recorded, assetsOf)
  }
}

/** What is given back by an order that holds together with others; `undefined` for one that holds alone, as most do. */
const sharedBy = (account: Account, order: Order.Order | undefined, next: Order.Order): Money.Decimal | undefined => {
  const { flights, list, replaces } = order ?? next
  if (list !== undefined) return ListHold.released(account.orders, order, next)
  if (flights === undefined && replaces === undefined) return undefined
  const partner = ListHold.partnerOf(account.orders, order ?? next)
  return partner === undefined ? undefined : ListHold.releasedBeside(partner, order, next)
}

const changeOfOpen = (account: Account, event: Life.OpenOrderEvent, recorded: Recorded, assetsOf: AssetsOf): Change => {
  const order = orderOf(account, event.orderId)
  // The journal is written by the same rules that read it: an event of an order that is not open is a broken journal.
  if (order === undefined) throw new Error(`${event._tag} for order ${event.orderId}, which is not open`)
  const { freed: ownFreed, order: next, paidFromHold: ownPaid } = Life.next(order, event, recorded)
  const shared = sharedBy(account, order, next)
  if (event._tag !== "OrderFilled") {
    const freed = shared ?? ownFreed
    const { asset } = order.hold
    return { order: next, balances: freed.value === 0n ? [] : [Balance.release(balanceOf(account, asset), freed)] }
  }
  const paidFromHold = shared ?? ownPaid
  const { side, symbol } = order.intent
  const { fill } = event
  const assets = assetsOf(symbol)
  const { gets, pays } = Life.exchanged(order, fill, assets)
  const touched = new Map<string, Balance.Balance>()
  const change = (asset: string, apply: (balance: Balance.Balance) => Balance.Balance) =>
    touched.set(asset, apply(touched.get(asset) ?? balanceOf(account, asset)))
  if (order.hold.asset !== "") change(order.hold.asset, (balance) => Balance.release(balance, paidFromHold))
  change(pays.asset, (balance) => Balance.pay(balance, pays.amount))
  change(gets.asset, (balance) => Balance.receive(balance, gets.amount))
  change(fill.feeAsset, (balance) => Balance.pay(balance, fill.fee))
  return {
    order: next,
    balances: [...touched.values()],
    position: Position.book(account.positions[symbol] ?? Position.flat(symbol), side, fill, assets)
  }
}
