// The engine's state as text and back. Everything is sorted, so the same state is the same text on any machine.
import * as ListingText from "./ListingText.ts"
import { OpenList } from "./OpenList.ts"
import { OpenOrder, remainingOf } from "./OpenOrder.ts"
import type { NewOrder } from "./Order.ts"
import { register } from "./Resting.ts"
import { Account } from "./Seat.ts"
import { State } from "./State.ts"
import type { SymbolBook } from "./SymbolBook.ts"

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** By asset, without what is zero. */
export const holdings = (state: State, name: string) => {
  const account = state.accounts.get(name)
  if (account === undefined) return []
  return [...account.slots]
    .map(([asset, slot]) => ({ asset, free: state.ledger.free(slot), locked: state.ledger.locked(slot) }))
    .filter(({ free, locked }) => free !== 0n || locked !== 0n)
    .toSorted((a, b) => byText(a.asset, b.asset))
}

const orderToJson = (order: OpenOrder) => ({
  orderId: order.orderId,
  account: order.account,
  listId: order.listId,
  clientOrderId: order.clientOrderId,
  side: order.side,
  type: order.type,
  timeInForce: order.timeInForce,
  lots: order.lots,
  quote: String(order.quote),
  ticks: order.ticks,
  stopTicks: order.stopTicks,
  trailingBips: order.trailingBips,
  icebergLots: order.icebergLots,
  stp: order.stp,
  strategyId: order.strategyId,
  strategyType: order.strategyType,
  createdAt: order.createdAt,
  updatedAt: order.updatedAt,
  status: order.status,
  executedLots: order.executedLots,
  executedQuote: String(order.executedQuote),
  preventedLots: order.preventedLots,
  working: order.working,
  workingAt: order.workingAt,
  trailingAt: order.trailingAt,
  expiry: order.expiry,
  where: order.where,
  visible: order.visible,
  ahead: order.ahead,
  holdsLock: order.holdsLock,
  lockTicks: order.lockTicks,
  amends: order.amends,
  waitingSince: order.waitingSince,
  extreme: order.trail?.extreme
})
type OrderJson = ReturnType<typeof orderToJson>

const listToJson = (list: OpenList) => ({
  listId: list.listId,
  listClientOrderId: list.listClientOrderId,
  kind: list.kind,
  account: list.account,
  orderIds: list.orderIds,
  waiting: list.waiting,
  holdsLock: list.holdsLock,
  /** Legs that have ended already: events of the list still name them. */
  ended: list.orders.filter((order) => !order.registered).map(orderToJson)
})

/** Order ids by price, best first, oldest first. */
const queuesOf = (book: SymbolBook, side: "BUY" | "SELL") =>
  book
    .side(side)
    .levels.map((level) => {
      const ids = []
      for (let order = level.first; order !== undefined; order = order.next) ids.push(order.orderId)
      return ids
    })
    .toReversed()

const bookToJson = (book: SymbolBook) => ({
  listing: ListingText.toJson(book.rules.listing),
  lastTradeId: book.lastTradeId,
  orders: book.openOrders().map(orderToJson),
  bids: queuesOf(book, "BUY"),
  asks: queuesOf(book, "SELL"),
  lists: [...book.lists.values()].toSorted((a, b) => a.listId - b.listId).map(listToJson)
})

const toJson = (state: State) => {
  const { ledger } = state
  const assets = [...ledger.assets.entries()].filter(
    ([id]) => ledger.supply[id] !== 0n || ledger.commissions[id] !== 0n
  )
  return {
    version: 1,
    orderId: state.orderId,
    executionId: state.executionId,
    listId: state.listId,
    preventedMatchId: state.preventedMatchId,
    assets: assets
      .map(([id, asset]) => ({
        asset,
        supply: String(ledger.supply[id]),
        commissions: String(ledger.commissions[id])
      }))
      .toSorted((a, b) => byText(a.asset, b.asset)),
    accounts: [...state.accounts.values()]
      .toSorted((a, b) => byText(a.name, b.name))
      .map(({ name, makerRate, takerRate }) => ({
        name,
        makerRate,
        takerRate,
        holdings: holdings(state, name).map(({ asset, free, locked }) => [asset, String(free), String(locked)] as const)
      })),
    books: [...state.books.values()].toSorted((a, b) => byText(a.symbol, b.symbol)).map(bookToJson)
  }
}
type StateJson = ReturnType<typeof toJson>

export const encode = (state: State): string => JSON.stringify(toJson(state))

/** Throws where the text is not an encoded state. What it says is not proven here: `validate` does. */
export const decode = (text: string): State => {
  const json = JSON.parse(text) as StateJson
  if (json.version !== 1) throw new Error("not a state of this engine")
  const state = new State()
  const { ledger } = state
  state.orderId = json.orderId
  state.executionId = json.executionId
  state.listId = json.listId
  state.preventedMatchId = json.preventedMatchId
  for (const { asset, supply, commissions } of json.assets) {
    const id = ledger.assetId(asset)
    ledger.supply[id] = BigInt(supply)
    ledger.commissions[id] = BigInt(commissions)
  }
  for (const { name, makerRate, takerRate, holdings } of json.accounts) {
    const account = new Account(name)
    account.makerRate = makerRate
    account.takerRate = takerRate
    state.accounts.set(name, account)
    for (const [asset, free, locked] of holdings) {
      ledger.restore(account.slot(ledger, asset), BigInt(free), BigInt(locked))
    }
  }
  for (const book of json.books) restoreBook(state, book)
  return state
}

const restoreBook = (state: State, json: StateJson["books"][number]): void => {
  const book = state.openBook(ListingText.fromJson(json.listing))
  book.lastTradeId = json.lastTradeId
  const orders = new Map<number, OpenOrder>()
  for (const order of json.orders) {
    const restored = restoreOrder(state, book, order)
    orders.set(order.orderId, restored)
    register(book, restored)
  }
  for (const [side, queues] of [[book.bids, json.bids] as const, [book.asks, json.asks] as const]) {
    for (const ids of queues) {
      for (const id of ids) {
        const order = known(orders, id)
        const level = side.open(order.ticks)
        level.append(order)
        level.toldLots = level.lots
      }
    }
  }
  // Equal prices and deltas go by age.
  const waiting = json.orders.toSorted((a, b) => a.waitingSince - b.waitingSince)
  for (const { orderId, where, extreme } of waiting) {
    if (where === "stop") book.triggers.await(known(orders, orderId))
    else if (where === "trailing") book.triggers.track(known(orders, orderId), extreme ?? 0)
  }
  for (const list of json.lists) restoreList(state, book, list, orders)
}

const known = (orders: ReadonlyMap<number, OpenOrder>, id: number): OpenOrder => {
  const order = orders.get(id)
  if (order === undefined) throw new Error(`order ${id} is named and not there`)
  return order
}

const restoreOrder = (state: State, book: SymbolBook, json: OrderJson): OpenOrder => {
  const seat = state.seat(book, json.account)
  if (seat === undefined) throw new Error(`order ${json.orderId} belongs to no account`)
  const { account: _account, quote, executedQuote, strategyId, strategyType, extreme: _extreme, ...rest } = json
  const asked: NewOrder = {
    ...rest,
    quote: BigInt(quote),
    ...(strategyId === undefined ? {} : { strategyId }),
    ...(strategyType === undefined ? {} : { strategyType })
  }
  const order = new OpenOrder(asked, seat, json.createdAt)
  order.orderId = json.orderId
  order.listId = json.listId
  order.updatedAt = json.updatedAt
  order.status = json.status
  order.executedLots = json.executedLots
  order.executedQuote = BigInt(executedQuote)
  order.preventedLots = json.preventedLots
  order.working = json.working
  order.workingAt = json.workingAt
  order.trailingAt = json.trailingAt
  order.expiry = json.expiry
  order.where = json.where
  order.visible = json.visible
  order.ahead = json.ahead
  order.holdsLock = json.holdsLock
  order.lockTicks = json.lockTicks
  order.amends = json.amends
  order.waitingSince = json.waitingSince
  if (remainingOf(order) < 0) throw new Error(`order ${json.orderId} has executed more than it asked for`)
  return order
}

const restoreList = (
  state: State,
  book: SymbolBook,
  json: StateJson["books"][number]["lists"][number],
  orders: ReadonlyMap<number, OpenOrder>
): void => {
  const seat = state.seat(book, json.account)
  if (seat === undefined) throw new Error(`list ${json.listId} belongs to no account`)
  const legs = new Map(orders)
  for (const ended of json.ended) legs.set(ended.orderId, restoreOrder(state, book, ended))
  const all = json.orderIds.map((id) => known(legs, id))
  const list = new OpenList(json.kind, json.listId, json.listClientOrderId, all, seat)
  list.waiting = json.waiting
  list.holdsLock = json.holdsLock
  for (const order of all) order.list = list
  book.lists.set(list.listId, list)
  seat.lists.add(list)
}
