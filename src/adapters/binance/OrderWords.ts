// Between Binance's words about orders and the desk's.
import { ClientOrderId } from "../../domain/Ids.ts"
import type { Fill } from "../../domain/Fill.ts"
import * as Money from "../../domain/Money.ts"
import {
  icebergQuantityOf,
  type Intent,
  priceOf,
  quoteQuantityOf,
  stopPriceOf,
  timeInForceOf,
  trailingDeltaOf
} from "../../domain/Order.ts"
import type { ExchangeOrderState, OrderRef, Report } from "../../domain/Report.ts"
import type { Params } from "./Signing.ts"
import type * as Wire from "./TradingWire.ts"

/** Parameters of POST /api/v3/order; decimals are strings all the way. */
export const orderParams = (clientOrderId: ClientOrderId, intent: Intent): Params => ({
  symbol: intent.symbol,
  side: intent.side,
  type: intent.type,
  ...(quoteQuantityOf(intent) === undefined ? { quantity: Money.format(intent.quantity) } : {}),
  ...termParams(intent),
  newClientOrderId: clientOrderId,
  newOrderRespType: "FULL"
})

export const refParams = (ref: OrderRef): Params =>
  "exchangeOrderId" in ref ? { orderId: ref.exchangeOrderId } : { origClientOrderId: ref.clientOrderId }

/** What only some types have. */
export const termParams = (intent: Intent): Params => {
  const timeInForce = timeInForceOf(intent)
  const trailingDelta = trailingDeltaOf(intent)
  const decimals = {
    quoteOrderQty: quoteQuantityOf(intent),
    price: priceOf(intent),
    stopPrice: stopPriceOf(intent),
    icebergQty: icebergQuantityOf(intent)
  }
  const texts = Object.entries(decimals).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Money.format(value)] as const]
  )
  return {
    ...Object.fromEntries(texts),
    ...(timeInForce === undefined ? {} : { timeInForce }),
    ...(trailingDelta === undefined ? {} : { trailingDelta })
  }
}

/** What the answer to a placement says already. Fills that do not add up to it are left to the stream and to queries. */
export const reportsOf = (placed: Wire.Placed): ReadonlyArray<Report> => {
  const about = {
    clientOrderId: ClientOrderId.make(placed.clientOrderId),
    exchangeOrderId: String(placed.orderId),
    symbol: placed.symbol,
    at: placed.transactTime,
    from: "answer" as const
  }
  const pending = placed.status === "PENDING_NEW" ? { pending: true as const } : {}
  const accepted: Report = { _tag: "Accepted", ...about, ...pending }
  const executed = placed.fills.reduce((sum, { qty }) => Money.add(sum, qty), Money.zero)
  if (!Money.equals(executed, placed.executedQty)) return [accepted]
  const whole = placed.status === "FILLED" ? { whole: placed.executedQty } : {}
  const fills = placed.fills.map((fill): Report => ({
    _tag: "Filled",
    ...about,
    ...whole,
    fill: {
      tradeId: String(fill.tradeId),
      price: fill.price,
      quantity: fill.qty,
      fee: fill.commission,
      feeAsset: fill.commissionAsset,
      // What trades at once took.
      liquidity: "taker",
      at: placed.transactTime
    }
  }))
  const totals = { executedQuantity: placed.executedQty, quantity: placed.origQty }
  const isOver = placed.status === "EXPIRED" || placed.status === "EXPIRED_IN_MATCH"
  return isOver
    ? [accepted, ...fills, { _tag: "Expired", ...about, ...totals, reason: expiryOf(placed.expiryReason) }]
    : [accepted, ...fills]
}

export const stateOf = (order: Wire.Order): ExchangeOrderState => ({
  clientOrderId: ClientOrderId.make(order.clientOrderId),
  exchangeOrderId: String(order.orderId),
  symbol: order.symbol,
  side: order.side,
  type: order.type,
  timeInForce: order.timeInForce,
  quantity: order.origQty,
  ...given("price", order.price),
  ...given("stopPrice", order.stopPrice),
  ...given("icebergQuantity", order.icebergQty),
  ...given("quoteQuantity", order.origQuoteOrderQty),
  ...(order.trailingDelta === undefined ? {} : { trailingDelta: order.trailingDelta }),
  isWorking: order.isWorking,
  ...(order.status === "PENDING_NEW" ? { isPending: true } : {}),
  ...((order.orderListId ?? -1) < 0 ? {} : { listId: String(order.orderListId) }),
  status: statusOf(order.status),
  executedQuantity: order.executedQty,
  executedQuote: Money.max(Money.zero, order.cummulativeQuoteQty),
  createdAt: order.time,
  at: order.updateTime
})

/** Zero is none. */
const given = <Name extends string>(name: Name, value: Money.Decimal | undefined) =>
  (value === undefined || Money.isZero(value) ? {} : { [name]: value }) as { readonly [N in Name]?: Money.Decimal }

const statusOf = (status: Wire.Status): ExchangeOrderState["status"] => {
  switch (status) {
    case "PENDING_NEW":
      return "NEW"
    case "EXPIRED_IN_MATCH":
      return "EXPIRED"
    default:
      return status
  }
}

export const fillOf = (trade: Wire.Trade): Fill => ({
  tradeId: String(trade.id),
  price: trade.price,
  quantity: trade.qty,
  fee: trade.commission,
  feeAsset: trade.commissionAsset,
  liquidity: trade.isMaker ? "maker" : "taker",
  at: trade.time
})

/** The report an event of the private stream is; "unreadable" where it contradicts itself, `undefined` for what shows in a later one. */
export const reportOf = (event: Wire.ExecutionReport): Report | "unreadable" | undefined => {
  const about = {
    clientOrderId: ClientOrderId.make(event.C === "" ? event.c : event.C),
    exchangeOrderId: String(event.i),
    symbol: event.s,
    at: event.T
  }
  const totals = { executedQuantity: event.z, quantity: event.q }
  switch (event.x) {
    case "NEW":
      return {
        _tag: "Accepted",
        ...about,
        working: event.w,
        ...(event.X === "PENDING_NEW" ? { pending: true } : {})
      }
    case "TRADE":
      return filledOf(event, about)
    case "CANCELED":
      return { _tag: "Canceled", ...about, ...totals }
    case "REJECTED":
      return { _tag: "Rejected", ...about, reason: `The exchange rejected it (${event.r.slice(0, 80)}).` }
    case "EXPIRED":
      return { _tag: "Expired", ...about, ...totals, reason: expiryOf(event.eR) }
    case "TRADE_PREVENTION":
      return event.X === "EXPIRED_IN_MATCH" ? { _tag: "Expired", ...about, ...totals, reason: SELF_TRADE } : undefined
    case "REPLACED":
      return { _tag: "Amended", ...about, quantity: event.q }
  }
}

type About = Omit<Extract<Report, { readonly _tag: "Accepted" }>, "_tag">

const filledOf = (event: Wire.ExecutionReport, about: About): Report | "unreadable" => {
  const { L: price, N: feeAsset, l: quantity, n: fee, t: tradeId } = event
  if (tradeId < 0 || feeAsset === null || !Money.isPositive(quantity) || !Money.isPositive(price)) return "unreadable"
  const liquidity = event.m ? ("maker" as const) : ("taker" as const)
  const fill: Fill = {
    tradeId: String(tradeId),
    price,
    quantity,
    fee,
    feeAsset,
    liquidity,
    at: event.T
  }
  return { _tag: "Filled", ...about, fill, ...(event.X === "FILLED" ? { whole: event.z } : {}) }
}

const SELF_TRADE = "It would have traded with another order of the same account."

const expiryOf = (reason: string | undefined): string => {
  switch (reason) {
    case "INSUFFICIENT_LIQUIDITY":
      return "The book could not give the whole quantity."
    case "UNFILLED_FOK_ORDER_EXPIRED":
      return "Fill or kill: the book could not give the whole quantity at this price."
    case "UNFILLED_IOC_QUANTITY_EXPIRED":
      return "Immediate or cancel: the rest could not be filled at this price."
    case "OCO_TRIGGER":
      return "The other order of the two began to work."
    case "OTO_PHASE_ONE_EXPIRED":
      return "The working order of its list ended without being filled."
    default:
      return "The exchange expired it."
  }
}
