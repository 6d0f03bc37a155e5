// Between the desk's decimals and words and the engine's whole numbers and events.
import * as Result from "effect/Result"
import type { Decimal } from "../../domain/Money.ts"
import * as Money from "../../domain/Money.ts"
import type { Fill } from "../../domain/Fill.ts"
import { ClientOrderId } from "../../domain/Ids.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { EngineEvent, Execution, OwnTrade } from "../../domain/matching/Event.ts"
import type { Listing } from "../../domain/matching/Listing.ts"
import type { Amount, NewOrder, Order, OrderStatus } from "../../domain/matching/Order.ts"
import { filterFailure, type Rejection } from "../../domain/matching/Rejection.ts"
import type { Intent } from "../../domain/Order.ts"
import type { ExchangeOrder, Report } from "../../domain/Report.ts"

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
  const lots = whole(intent.quantity, instrument.stepSize)
  if (lots === undefined) return Result.fail(filterFailure("LOT_SIZE"))
  const ticks = intent.type === "LIMIT" ? whole(intent.price, instrument.tickSize) : 0
  if (ticks === undefined) return Result.fail(filterFailure("PRICE_FILTER"))
  return Result.succeed({
    clientOrderId,
    side: intent.side,
    type: intent.type,
    timeInForce: intent.type === "LIMIT" ? intent.timeInForce : "GTC",
    lots,
    quote: 0n,
    ticks,
    stopTicks: 0,
    trailingBips: 0,
    icebergLots: 0,
    stp: defaultStp
  })
}

const whole = (value: Decimal, step: Decimal): number | undefined => {
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
  const clientOrderId = ClientOrderId.make(event.originalClientOrderId ?? event.clientOrderId)
  switch (type) {
    case "NEW":
      return { _tag: "Accepted", clientOrderId, exchangeOrderId: String(order.orderId), at }
    case "TRADE": {
      const instrument = instruments.get(order.symbol)
      if (trade === undefined || instrument === undefined) return undefined
      return { _tag: "Filled", clientOrderId, fill: fillOf(trade, at, instrument), at }
    }
    case "CANCELED":
      return { _tag: "Canceled", clientOrderId, at }
    case "REJECTED":
      return { _tag: "Rejected", clientOrderId, reason: rejectReason ?? "The exchange rejected it.", at }
    case "EXPIRED":
      return { _tag: "Expired", clientOrderId, reason: expiryOf(order), at }
    case "TRADE_PREVENTION":
      return event.status === "EXPIRED_IN_MATCH"
        ? { _tag: "Expired", clientOrderId, reason: SELF_TRADE, at }
        : undefined
    case "REPLACED":
      return undefined
  }
}

const SELF_TRADE = "It would have traded with another order of the same account."

const expiryOf = ({ timeInForce, type }: Pick<Execution["order"], "timeInForce" | "type">): string => {
  if (type === "MARKET") return "The book could not give the whole quantity."
  if (timeInForce === "FOK") return "Fill or kill: the book could not give the whole quantity at this price."
  if (timeInForce === "IOC") return "Immediate or cancel: the rest could not be filled at this price."
  return "The exchange expired it."
}

export const exchangeOrderOf = (
  order: Pick<Order, "clientOrderId" | "orderId" | "status" | "updatedAt">,
  fills: ReadonlyArray<Fill>
): ExchangeOrder => ({
  clientOrderId: ClientOrderId.make(order.clientOrderId),
  exchangeOrderId: String(order.orderId),
  status: statusOf(order.status),
  fills,
  at: order.updatedAt
})

const statusOf = (status: OrderStatus): ExchangeOrder["status"] => {
  switch (status) {
    case "PENDING_NEW":
      return "NEW"
    case "EXPIRED_IN_MATCH":
      return "EXPIRED"
    default:
      return status
  }
}
