// An account made again from its journal alone, and what there is to compare with the copies of it.
import * as HashMap from "effect/HashMap"
import * as Schema from "effect/Schema"
import * as Account from "./Account.ts"
import { Balance } from "./Balance.ts"
import { canonicalJson } from "./CanonicalJson.ts"
import type { Recorded } from "./Event.ts"
import type { Fill } from "./Fill.ts"
import type { AccountId, OrderId } from "./Ids.ts"
import { isClosed, Order, type Side } from "./Order.ts"
import { Position } from "./Position.ts"
import { encodeFill } from "./StoredEvent.ts"

type Assets = ReturnType<Account.AssetsOf>

export interface Replay {
  readonly account: Account.Account
  /** What each symbol trades, as its orders tell. */
  readonly assets: Readonly<Record<string, Assets>>
  readonly closedOrders: number
  readonly fills: number
}

export interface Booked extends Fill {
  readonly orderId: OrderId
  readonly symbol: string
  readonly side: Side
  readonly seq: number
}

/** One event's share of the read models that never changes again. */
export interface Final {
  readonly order?: Order
  readonly fill?: Booked
}

export const begin = (accountId: AccountId): Replay => ({
  account: Account.empty(accountId),
  assets: {},
  closedOrders: 0,
  fills: 0
})

/** Applies the next event. Throws, with a sentence, on a journal that contradicts itself. */
export const apply = (replay: Replay, recorded: Recorded): { readonly replay: Replay; readonly final: Final } => {
  const { event, seq } = recorded
  if (seq !== replay.account.seq + 1) throw new Error(`event ${replay.account.seq + 1} is missing`)
  const assets = learn(replay.assets, recorded)
  const { account, update } = Account.step(replay.account, recorded, (symbol) => {
    const known = assets[symbol]
    if (known === undefined) throw new Error(`event ${seq} fills an order in ${symbol}, which no order names`)
    return known
  })
  const { order } = update
  const closed = order !== undefined && isClosed(order.status)
  const fill =
    event._tag === "OrderFilled" && order !== undefined
      ? { ...event.fill, orderId: order.orderId, symbol: order.intent.symbol, side: order.intent.side, seq }
      : undefined
  return {
    replay: {
      account,
      assets,
      closedOrders: replay.closedOrders + (closed ? 1 : 0),
      fills: replay.fills + (fill === undefined ? 0 : 1)
    },
    final: { ...(closed ? { order } : {}), ...(fill === undefined ? {} : { fill }) }
  }
}

/** A purchase holds the quote asset and a sale the base asset; a symbol is the one behind the other. */
const learn = (known: Replay["assets"], { event, seq }: Recorded): Replay["assets"] => {
  const isFirst = event._tag === "OrderSubmitted" || event._tag === "OrderAdopted"
  if (!isFirst || known[event.intent.symbol] !== undefined) return known
  const { side, symbol } = event.intent
  const { asset } = event.hold
  const other = side === "BUY" ? symbol.slice(0, -asset.length) : symbol.slice(asset.length)
  const assets = side === "BUY" ? { baseAsset: other, quoteAsset: asset } : { baseAsset: asset, quoteAsset: other }
  if (asset === "" || assets.baseAsset + assets.quoteAsset !== symbol) {
    throw new Error(`event ${seq} holds ${asset} for an order in ${symbol}, which does not trade it`)
  }
  return { ...known, [symbol]: assets }
}

const encodeOrder = Schema.encodeSync(Order)
const encodePosition = Schema.encodeSync(Position)
const encodeBalance = Schema.encodeSync(Balance)

export const orderShown = (order: Order): unknown => encodeOrder(order)

export const fillShown = ({ orderId, seq, side, symbol, ...fill }: Booked): unknown => ({
  ...encodeFill(fill),
  orderId,
  seq,
  side,
  symbol
})

/** What changes with every event, by its keys; the same for the journal's account and for the tables. */
export const stateShown = (state: {
  readonly seq: number
  readonly orders: Iterable<Order>
  readonly positions: Iterable<Position>
  readonly balances: Iterable<Balance>
}) => ({
  seq: state.seq,
  openOrders: Object.fromEntries(Array.from(state.orders, (order) => [order.orderId, encodeOrder(order)])),
  positions: Object.fromEntries(Array.from(state.positions, (one) => [one.symbol, encodePosition(one)])),
  balances: Object.fromEntries(Array.from(state.balances, (one) => [one.asset, encodeBalance(one)]))
})

/** Everything but the counts. */
export const shown = ({ account }: Replay) =>
  stateShown({
    seq: account.seq,
    orders: HashMap.values(account.orders),
    positions: Object.values(account.positions),
    balances: Object.values(account.balances)
  })

/** The account as canonical JSON (RFC 8785): equal accounts give equal bytes. */
export const text = (replay: Replay): string =>
  canonicalJson({
    accountId: replay.account.accountId,
    ...shown(replay),
    orders: { open: HashMap.size(replay.account.orders), closed: replay.closedOrders },
    fills: replay.fills
  })

/** The first place where two values are not the same canonical JSON, in one sentence; `undefined` where they are. */
export const difference = (name: string, journal: unknown, table: unknown): string | undefined => {
  if (canonicalJson(journal) === canonicalJson(table)) return undefined
  if (isFields(journal) && isFields(table)) {
    const keys = [...new Set([...Object.keys(journal), ...Object.keys(table)])].toSorted()
    for (const key of keys) {
      const found = difference(`${name} ${key}`, journal[key], table[key])
      if (found !== undefined) return found
    }
  }
  return `${name}: ${sideShown(journal)} by the journal, ${sideShown(table)} in the table`
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Characters of a value in a sentence. */
const SHOWN = 200

const sideShown = (value: unknown): string => (value === undefined ? "nothing" : canonicalJson(value).slice(0, SHOWN))
