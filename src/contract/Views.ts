// What a browser or a program sees of the desk: decimals are strings, times epoch milliseconds, absent is null.
import * as Schema from "effect/Schema"
import type { AccountUpdate } from "../domain/Account.ts"
import type * as DomainBalance from "../domain/Balance.ts"
import * as Balance from "../domain/Balance.ts"
import { intervals } from "../domain/Candle.ts"
import type { Fill } from "../domain/Fill.ts"
import { ListKind, ListRole } from "../domain/ListLink.ts"
import * as Money from "../domain/Money.ts"
import * as Order from "../domain/Order.ts"
import * as Position from "../domain/Position.ts"

export const OrderView = Schema.Struct({
  orderId: Schema.String,
  clientOrderId: Schema.String,
  exchangeOrderId: Schema.NullOr(Schema.String),
  symbol: Schema.String,
  side: Order.Side,
  type: Order.OrderType,
  timeInForce: Schema.NullOr(Order.TimeInForce),
  /** Of an order by quote quantity: zero until the exchange has worked it out. */
  quantity: Schema.String,
  /** Limit price; null for an order without one. */
  price: Schema.NullOr(Schema.String),
  status: Order.OrderStatus,
  executedQuantity: Schema.String,
  /** Volume-weighted average of the fills; null before the first. */
  averagePrice: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String),
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite,
  /** Of a stop order: its trigger, in price, in basis points that trail the market, or both. */
  stopPrice: Schema.optionalKey(Schema.String),
  trailingDelta: Schema.optionalKey(Schema.Int),
  /** Of a stop order: false while it waits for its trigger. Every other order works once the exchange has it. */
  isWorking: Schema.optionalKey(Schema.Boolean),
  /** How much of it shows in the book at a time. */
  icebergQuantity: Schema.optionalKey(Schema.String),
  /** Of a market order that was asked for by its amount in the quote asset. */
  quoteQuantity: Schema.optionalKey(Schema.String),
  /** Calls to the exchange that have not been answered, and since when, on the exchange's clock. Absent: none. */
  inFlight: Schema.optionalKey(Schema.Array(Schema.Struct({ call: Order.Call, since: Schema.Finite }))),
  /** Of an UNKNOWN order: which call got no answer, since when, and why. */
  doubt: Schema.optionalKey(Schema.Struct({ call: Order.Call, since: Schema.Finite, reason: Schema.String })),
  /** How the last doubt ended. Absent: there was none. */
  resolution: Schema.optionalKey(Order.Resolution),
  /** Of an order that somebody else placed at the exchange: the exchange's name of its type. */
  external: Schema.optionalKey(Schema.String),
  /** The order whose place it takes. */
  replaces: Schema.optionalKey(Schema.String),
  /** Of an order of a list: which list, and what it is in it. */
  list: Schema.optionalKey(Schema.Struct({ listId: Schema.String, kind: ListKind, role: ListRole }))
})
export type OrderView = typeof OrderView.Type

export const BalanceView = Schema.Struct({
  asset: Schema.String,
  free: Schema.String,
  held: Schema.String,
  total: Schema.String
})
export type BalanceView = typeof BalanceView.Type

export const PositionView = Schema.Struct({
  symbol: Schema.String,
  /** Signed; net of commission taken in the base asset. */
  quantity: Schema.String,
  averageEntry: Schema.NullOr(Schema.String),
  /** What the open quantity cost, in the quote asset, exactly: unrealised profit at a mark is quantity × mark − cost. */
  cost: Schema.String,
  /** Closed profit net of commissions, in the quote asset. */
  realised: Schema.String,
  fees: Schema.Record(Schema.String, Schema.String)
})
export type PositionView = typeof PositionView.Type

export const FillView = Schema.Struct({
  tradeId: Schema.String,
  orderId: Schema.String,
  symbol: Schema.String,
  side: Order.Side,
  price: Schema.String,
  quantity: Schema.String,
  fee: Schema.String,
  feeAsset: Schema.String,
  liquidity: Schema.Literals(["maker", "taker"]),
  seq: Schema.Int,
  at: Schema.Finite
})
export type FillView = typeof FillView.Type

export const IntervalName = Schema.Literals(intervals)

/** The desk does not hear the exchange about the account: since when, and why. */
export interface BlindView {
  readonly since: number
  readonly reason: string
}

export interface AccountView {
  readonly blind: BlindView | null
}

/** A total that differed between the desk and the exchange. `difference` is what the exchange had more. */
export interface DriftView {
  readonly asset: string
  readonly ours: string
  readonly exchange: string
  readonly difference: string
}

export const CandleView = Schema.Struct({
  openTime: Schema.Finite,
  closeTime: Schema.Finite,
  open: Schema.String,
  high: Schema.String,
  low: Schema.String,
  close: Schema.String,
  volume: Schema.String,
  quoteVolume: Schema.String,
  trades: Schema.Int
})
export type CandleView = typeof CandleView.Type

/** Which market is showing and where orders go: always on the screen. */
export const BadgeView = Schema.Struct({
  environment: Schema.Literals(["paper", "testnet", "demo", "live"]),
  market: Schema.Literals(["live", "sim", "replay"]),
  label: Schema.String,
  notice: Schema.NullOr(Schema.String)
})
export type BadgeView = typeof BadgeView.Type

/** Decimals shown for an average: more would be noise, and a client that needs exactness has quantity and cost. */
const AVERAGE_SCALE = 8

const average = (value: Money.Decimal | undefined): string | null =>
  value === undefined ? null : Money.format(Money.round(value, AVERAGE_SCALE))

/** What only few orders have. */
const rest = ({ external, flights, list, replaces, resolution }: Order.Order): Partial<OrderView> => {
  const flight = flights?.find(({ doubt }) => doubt !== undefined)
  return {
    ...(flights === undefined ? {} : { inFlight: flights.map(({ call, sentAt }) => ({ call, since: sentAt })) }),
    ...(flight?.doubt === undefined ? {} : { doubt: { call: flight.call, ...flight.doubt } }),
    ...(resolution === undefined ? {} : { resolution }),
    ...(external === undefined ? {} : { external }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(list === undefined ? {} : { list: { listId: list.listId, kind: list.kind, role: list.role } })
  }
}

const isPlain = ({ external, flights, list, replaces, resolution }: Order.Order): boolean =>
  flights === undefined &&
  resolution === undefined &&
  external === undefined &&
  list === undefined &&
  replaces === undefined

/** What only some types have. */
const termsOf = ({ intent, triggeredAt }: Order.Order): Partial<OrderView> => {
  const stopPrice = Order.stopPriceOf(intent)
  const trailingDelta = Order.trailingDeltaOf(intent)
  const icebergQuantity = Order.icebergQuantityOf(intent)
  const quoteQuantity = Order.quoteQuantityOf(intent)
  return {
    ...(stopPrice === undefined ? {} : { stopPrice: Money.format(stopPrice) }),
    ...(trailingDelta === undefined ? {} : { trailingDelta }),
    ...(Order.isStop(intent) ? { isWorking: triggeredAt !== undefined } : {}),
    ...(icebergQuantity === undefined ? {} : { icebergQuantity: Money.format(icebergQuantity) }),
    ...(quoteQuantity === undefined ? {} : { quoteQuantity: Money.format(quoteQuantity) })
  }
}

const limitOf = (intent: Order.Intent): string | null => {
  const price = Order.priceOf(intent)
  return price === undefined ? null : Money.format(price)
}

export const orderView = (order: Order.Order): OrderView => ({
  orderId: order.orderId,
  clientOrderId: order.clientOrderId,
  exchangeOrderId: order.exchangeOrderId ?? null,
  symbol: order.intent.symbol,
  side: order.intent.side,
  type: order.intent.type,
  timeInForce: Order.timeInForceOf(order.intent) ?? null,
  quantity: Money.format(order.intent.quantity),
  price: limitOf(order.intent),
  status: order.status,
  executedQuantity: Money.format(order.executedQuantity),
  averagePrice: average(Order.averagePrice(order)),
  reason: order.reason ?? null,
  createdAt: order.createdAt,
  updatedAt: order.updatedAt,
  ...termsOf(order),
  ...(isPlain(order) ? {} : rest(order))
})

export const balanceView = (balance: DomainBalance.Balance): BalanceView => ({
  asset: balance.asset,
  free: Money.format(balance.free),
  held: Money.format(balance.held),
  total: Money.format(Balance.total(balance))
})

export const positionView = (position: Position.Position): PositionView => ({
  symbol: position.symbol,
  quantity: Money.format(position.quantity),
  averageEntry: average(Position.averageEntry(position)),
  cost: Money.format(position.cost),
  realised: Money.format(position.realised),
  fees: Object.fromEntries(Object.entries(position.fees).map(([asset, fee]) => [asset, Money.format(fee)]))
})

/** One execution, with the order it belongs to and the event that booked it. */
export const fillView = (
  fill: Fill & { readonly orderId: string; readonly symbol: string; readonly side: Order.Side; readonly seq: number }
): FillView => ({
  tradeId: fill.tradeId,
  orderId: fill.orderId,
  symbol: fill.symbol,
  side: fill.side,
  price: Money.format(fill.price),
  quantity: Money.format(fill.quantity),
  fee: Money.format(fill.fee),
  feeAsset: fill.feeAsset,
  liquidity: fill.liquidity,
  seq: fill.seq,
  at: fill.at
})

const driftView = (event: AccountUpdate["event"]): DriftView | undefined => {
  if (event._tag !== "BalanceAdjusted" || event.drift === undefined) return undefined
  const { ours, theirs } = event.drift
  const difference = Money.format(Money.subtract(theirs, ours))
  return { asset: event.asset, ours: Money.format(ours), exchange: Money.format(theirs), difference }
}

/** The private messages one account update becomes, all with the update's seq. */
export const privateMessages = (update: AccountUpdate): ReadonlyArray<PrivateMessage> => {
  const messages: Array<PrivateMessage> = []
  if (update.order !== undefined) {
    messages.push({ type: "ORDER_UPDATE", seq: update.seq, data: orderView(update.order) })
  }
  for (const balance of update.balances) {
    messages.push({ type: "BALANCE_UPDATE", seq: update.seq, data: balanceView(balance) })
  }
  if (update.position !== undefined) {
    messages.push({ type: "POSITION_UPDATE", seq: update.seq, data: positionView(update.position) })
  }
  if (update.blind !== undefined) {
    messages.push({ type: "ACCOUNT_UPDATE", seq: update.seq, data: { blind: update.blind } })
  }
  const drift = driftView(update.event)
  if (drift !== undefined) messages.push({ type: "DRIFT", seq: update.seq, data: drift })
  return messages
}

export type PrivateMessage =
  | { readonly type: "ORDER_UPDATE"; readonly seq: number; readonly data: OrderView }
  | { readonly type: "BALANCE_UPDATE"; readonly seq: number; readonly data: BalanceView }
  | { readonly type: "POSITION_UPDATE"; readonly seq: number; readonly data: PositionView }
  | { readonly type: "ACCOUNT_UPDATE"; readonly seq: number; readonly data: AccountView }
  /** Once, when it is found; the balance itself follows the exchange's. */
  | { readonly type: "DRIFT"; readonly seq: number; readonly data: DriftView }
