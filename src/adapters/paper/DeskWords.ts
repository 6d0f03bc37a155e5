// Between the desk's decimals and words and the engine's whole numbers and events.
import * as Result from "effect/Result"
import type { Decimal } from "../../domain/Money.ts"
import * as Money from "../../domain/Money.ts"
import type { Fill } from "../../domain/Fill.ts"
import { ClientOrderId } from "../../domain/Ids.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { EngineEvent, Execution, OwnTrade } from "../../domain/matching/Event.ts"
import type { Listing } from "../../domain/matching/Listing.ts"
import type { Amount, ExpiryReason, NewOrder, Order, OrderStatus } from "../../domain/matching/Order.ts"
import { filterFailure, type Rejection } from "../../domain/matching/Rejection.ts"
import {
  icebergQuantityOf,
  type Intent,
  priceOf,
  quoteQuantityOf,
  stopPriceOf,
  timeInForceOf,
  trailingDeltaOf
} from "../../domain/Order.ts"
import type { ExchangeOrderState, Report } from "../../domain/Report.ts"

const UNIT = Money.decimal("0.00000001")

/** What is finer than 10^-8 is dropped. */
export const amountOf = (value: Decimal): Amount => Money.wholeUnits(value, UNIT)
export const decimalOf = (amount: Amount): Decimal => Money.fromUnits(amount, UNIT)

/** What is no whole number of lots or ticks is refused as the exchange does; the other rules are the engine's. */
export const newOrderOf = (
  clientOrderId: ClientOrderId,
  intent: Intent,
  { defaultStp, instrument }: Listing
): Result.Result<NewOrder, Rejection> => {
  const { stepSize, tickSize } = instrument
  const quote = quoteQuantityOf(intent)
  const [lots, icebergLots] = [intent.quantity, icebergQuantityOf(intent)].map((value) => whole(value, stepSize))
  if (lots === undefined || icebergLots === undefined) return Result.fail(filterFailure("LOT_SIZE"))
  const [ticks, stopTicks] = [priceOf(intent), stopPriceOf(intent)].map((value) => whole(value, tickSize))
  if (ticks === undefined || stopTicks === undefined) return Result.fail(filterFailure("PRICE_FILTER"))
  return Result.succeed({
    clientOrderId,
    side: intent.side,
    type: intent.type,
    timeInForce: timeInForceOf(intent) ?? "GTC",
    lots: quote === undefined ? lots : 0,
    quote: quote === undefined ? 0n : amountOf(quote),
    ticks,
    stopTicks,
    trailingBips: trailingDeltaOf(intent) ?? 0,
    icebergLots,
    stp: defaultStp
  })
}

/** `undefined` for what is no whole number of lots. */
export const lotsOf = (quantity: Decimal, { stepSize }: Instrument): number | undefined => whole(quantity, stepSize)

/** Zero for what is not asked for. */
const whole = (value: Decimal | undefined, step: Decimal): number | undefined => {
  if (value === undefined) return 0
  if (!Money.isMultipleOf(value, step)) return undefined
  const units = Number(Money.toUnits(value, step))
  return Number.isSafeInteger(units) ? units : undefined
}

/** What of a trade makes a fill. */
type Traded = Pick<OwnTrade, "tradeId" | "ticks" | "lots" | "commission" | "commissionAsset" | "maker">

export const fillOf = (trade: Traded, at: number, instrument: Instrument): Fill => ({
  tradeId: String(trade.tradeId),
  price: Money.fromUnits(BigInt(trade.ticks), instrument.tickSize),
  quantity: Money.fromUnits(BigInt(trade.lots), instrument.stepSize),
  fee: decimalOf(trade.commission),
  feeAsset: trade.commissionAsset,
  liquidity: trade.maker ? "maker" : "taker",
  at
})

/** `undefined` for a step that the desk has no word for: what it changes shows in the next one. */
export const reportOf = (event: EngineEvent, instruments: ReadonlyMap<string, Instrument>): Report | undefined => {
  if (event._tag !== "Execution") return undefined
  const { at, order, rejectReason, trade, type } = event
  const instrument = instruments.get(order.symbol)
  if (instrument === undefined) return undefined
  const about = {
    clientOrderId: ClientOrderId.make(event.originalClientOrderId ?? event.clientOrderId),
    exchangeOrderId: String(order.orderId),
    symbol: order.symbol,
    at
  }
  const totals = {
    executedQuantity: quantityOf(event.executedLots, instrument),
    quantity: quantityOf(event.lots, instrument)
  }
  switch (type) {
    case "NEW":
      return {
        _tag: "Accepted",
        ...about,
        working: event.working,
        ...(event.status === "PENDING_NEW" ? { pending: true } : {})
      }
    case "TRADE": {
      const whole = event.status === "FILLED" ? { whole: totals.executedQuantity } : {}
      return trade === undefined
        ? undefined
        : { _tag: "Filled", ...about, fill: fillOf(trade, at, instrument), ...whole }
    }
    case "CANCELED":
      return { _tag: "Canceled", ...about, ...totals }
    case "REJECTED":
      return { _tag: "Rejected", ...about, reason: rejectReason ?? "The exchange rejected it." }
    case "EXPIRED":
      return { _tag: "Expired", ...about, ...totals, reason: expiryOf(order) }
    case "TRADE_PREVENTION":
      return event.status === "EXPIRED_IN_MATCH"
        ? { _tag: "Expired", ...about, ...totals, reason: SELF_TRADE }
        : undefined
    case "REPLACED":
      return { _tag: "Amended", ...about, quantity: quantityOf(event.lots, instrument) }
  }
}

const quantityOf = (lots: number, { stepSize }: Instrument): Decimal => Money.fromUnits(BigInt(lots), stepSize)

const SELF_TRADE = "It would have traded with another order of the same account."

const expiryOf = ({ expiry, timeInForce, type }: Execution["order"]): string => {
  const ofList = expiry === undefined ? undefined : LIST_EXPIRIES[expiry]
  if (ofList !== undefined) return ofList
  if (type === "MARKET") return "The book could not give the whole quantity."
  if (timeInForce === "FOK") return "Fill or kill: the book could not give the whole quantity at this price."
  if (timeInForce === "IOC") return "Immediate or cancel: the rest could not be filled at this price."
  return "The exchange expired it."
}

const LIST_EXPIRIES: { readonly [Reason in ExpiryReason]?: string } = {
  OCO_TRIGGER: "The other order of the two began to work.",
  OTO_PHASE_ONE_EXPIRED: "The working order of its list ended without being filled.",
  REJECTED: "When its time came, the exchange could not place it."
}

/** What of an engine's order the desk asks about: a copy, since the engine's own goes on changing. */
export type OrderParts = Pick<
  Order,
  | "account"
  | "symbol"
  | "orderId"
  | "clientOrderId"
  | "side"
  | "type"
  | "timeInForce"
  | "lots"
  | "quote"
  | "ticks"
  | "stopTicks"
  | "trailingBips"
  | "icebergLots"
  | "workingAt"
  | "status"
  | "executedLots"
  | "executedQuote"
  | "createdAt"
  | "updatedAt"
  | "listId"
>

export const partsOf = (order: OrderParts): OrderParts => ({
  account: order.account,
  symbol: order.symbol,
  orderId: order.orderId,
  clientOrderId: order.clientOrderId,
  side: order.side,
  type: order.type,
  timeInForce: order.timeInForce,
  lots: order.lots,
  quote: order.quote,
  ticks: order.ticks,
  stopTicks: order.stopTicks,
  trailingBips: order.trailingBips,
  icebergLots: order.icebergLots,
  workingAt: order.workingAt,
  status: order.status,
  executedLots: order.executedLots,
  executedQuote: order.executedQuote,
  createdAt: order.createdAt,
  updatedAt: order.updatedAt,
  listId: order.listId
})

const pricedAt = (ticks: number, { tickSize }: Instrument): Decimal => Money.fromUnits(BigInt(ticks), tickSize)

export const exchangeOrderOf = (order: OrderParts, instrument: Instrument): ExchangeOrderState => ({
  clientOrderId: ClientOrderId.make(order.clientOrderId),
  exchangeOrderId: String(order.orderId),
  symbol: order.symbol,
  side: order.side,
  type: order.type,
  timeInForce: order.timeInForce,
  quantity: quantityOf(order.lots, instrument),
  ...(order.ticks === 0 ? {} : { price: pricedAt(order.ticks, instrument) }),
  ...(order.stopTicks === 0 ? {} : { stopPrice: pricedAt(order.stopTicks, instrument) }),
  ...(order.trailingBips === 0 ? {} : { trailingDelta: order.trailingBips }),
  ...(order.icebergLots === 0 ? {} : { icebergQuantity: quantityOf(order.icebergLots, instrument) }),
  ...(order.quote === 0n ? {} : { quoteQuantity: decimalOf(order.quote) }),
  isWorking: order.workingAt >= 0,
  ...(order.status === "PENDING_NEW" ? { isPending: true } : {}),
  ...(order.listId < 0 ? {} : { listId: String(order.listId) }),
  status: statusOf(order.status),
  executedQuantity: quantityOf(order.executedLots, instrument),
  executedQuote: decimalOf(order.executedQuote),
  createdAt: order.createdAt,
  at: order.updatedAt
})

const statusOf = (status: OrderStatus): ExchangeOrderState["status"] => {
  switch (status) {
    case "PENDING_NEW":
      return "NEW"
    case "EXPIRED_IN_MATCH":
      return "EXPIRED"
    default:
      return status
  }
}
