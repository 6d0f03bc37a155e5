// Orders and their lists as REST and the WebSocket API show them (REST API, "Trading endpoints", "Account endpoints").
import type { Execution, ListStatus } from "../../../domain/matching/Event.ts"
import type { Order } from "../../../domain/matching/Order.ts"
import type { AmendmentRecord, ListRecord, PreventedRecord, TradeRecord } from "../../../ports/PaperJournal.ts"
import { type Caller, stamp } from "./Endpoint.ts"
import { amountText, type Scale, ZERO } from "./Scale.ts"

type View = Record<string, unknown>
type Times = Pick<Caller, "micros">

/** What an order is, whatever has become of it. */
type Terms = Readonly<Order>

export const responseTypes = ["ACK", "RESULT", "FULL"] as const
export type ResponseType = (typeof responseTypes)[number]

/** FULL for LIMIT and MARKET, ACK for the rest. */
export const defaultResponse = (type: Order["type"]): ResponseType =>
  type === "LIMIT" || type === "MARKET" ? "FULL" : "ACK"

/** Present only where the order has them. */
const conditional = (view: View, order: Terms, caller: Times): View => {
  if (order.strategyId !== undefined) view["strategyId"] = order.strategyId
  if (order.strategyType !== undefined) view["strategyType"] = order.strategyType
  if (order.trailingBips > 0) {
    view["trailingDelta"] = order.trailingBips
    view["trailingTime"] = stamp(caller, order.trailingAt)
  }
  return view
}

/** An order as a query answers it: how it stands now. */
export const orderView = (order: Terms, scale: Scale, caller: Times): View => {
  const view: View = {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.listId,
    clientOrderId: order.clientOrderId,
    price: scale.price(order.ticks),
    origQty: scale.quantity(order.lots),
    executedQty: scale.quantity(order.executedLots),
    cummulativeQuoteQty: amountText(order.executedQuote),
    status: order.status,
    timeInForce: order.timeInForce,
    type: order.type,
    side: order.side,
    stopPrice: scale.price(order.stopTicks),
    icebergQty: scale.quantity(order.icebergLots),
    time: stamp(caller, order.createdAt),
    updateTime: stamp(caller, order.updatedAt),
    isWorking: order.workingAt >= 0,
    workingTime: stamp(caller, order.workingAt),
    origQuoteOrderQty: amountText(order.quote),
    selfTradePreventionMode: order.stp
  }
  if (order.preventedLots > 0) view["preventedQuantity"] = scale.quantity(order.preventedLots)
  if (order.expiry !== undefined) view["expiryReason"] = order.expiry
  return conditional(view, order, caller)
}

/** What the answer to a command says of an order: as it stood after that command, whatever has happened since. */
interface Stand {
  readonly order: Terms
  readonly last: Execution
}

const tail = ({ order, last }: Stand, scale: Scale): View => ({
  price: scale.price(order.ticks),
  origQty: scale.quantity(last.lots),
  executedQty: scale.quantity(last.executedLots),
  origQuoteOrderQty: amountText(order.quote),
  cummulativeQuoteQty: amountText(last.executedQuote),
  status: last.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: order.side
})

const optionalTerms = (view: View, { order, last }: Stand, scale: Scale, caller: Times): View => {
  if (order.stopTicks > 0) view["stopPrice"] = scale.price(order.stopTicks)
  if (order.icebergLots > 0) view["icebergQty"] = scale.quantity(order.icebergLots)
  if (last.preventedLots > 0) view["preventedQuantity"] = scale.quantity(last.preventedLots)
  if (last.expiry !== undefined) view["expiryReason"] = last.expiry
  return conditional(view, order, caller)
}

/** When it began to work, as of the command's end: a stop may have been triggered since. */
const workingTime = ({ order, last }: Stand): number => (order.workingAt > last.at ? -1 : order.workingAt)

/**
 * A new order's answer. `steps` are the order's executions in one command, at least one.
 */
export const placedView = (steps: ReadonlyArray<Execution>, as: ResponseType, scale: Scale, caller: Times): View => {
  const last = steps.at(-1) as Execution
  const { order } = last
  const head: View = {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.listId,
    clientOrderId: last.clientOrderId,
    transactTime: stamp(caller, last.at)
  }
  if (as === "ACK") return head
  const stand = { order, last }
  const view = Object.assign(head, tail(stand, scale))
  view["workingTime"] = stamp(caller, workingTime(stand))
  if (as === "FULL") view["fills"] = fillsOf(steps, scale)
  view["selfTradePreventionMode"] = order.stp
  const prevented = preventedOf(steps, scale)
  if (prevented.length > 0) {
    view["preventedMatchId"] = prevented.at(-1)?.["preventedMatchId"]
    if (as === "FULL") view["preventedMatches"] = prevented
  }
  return optionalTerms(view, stand, scale, caller)
}

const fillsOf = (steps: ReadonlyArray<Execution>, scale: Scale): ReadonlyArray<View> => {
  const fills: Array<View> = []
  for (const { trade } of steps) {
    if (trade === undefined) continue
    fills.push({
      price: scale.price(trade.ticks),
      qty: scale.quantity(trade.lots),
      commission: amountText(trade.commission),
      commissionAsset: trade.commissionAsset,
      tradeId: trade.tradeId
    })
  }
  return fills
}

const preventedOf = (steps: ReadonlyArray<Execution>, scale: Scale): ReadonlyArray<View> => {
  const matches: Array<View> = []
  for (const { order, prevented } of steps) {
    if (prevented === undefined) continue
    const quantity = scale.quantity(prevented.lots)
    matches.push({
      preventedMatchId: prevented.preventedMatchId,
      makerOrderId: prevented.maker ? order.orderId : prevented.counterOrderId,
      price: scale.price(prevented.ticks),
      takerPreventedQuantity: quantity,
      makerPreventedQuantity: quantity
    })
  }
  return matches
}

/** The answer to a cancel; `clientOrderId` is the cancel's own id. */
export const canceledView = (last: Execution, scale: Scale, caller: Times): View => {
  const { order } = last
  const view: View = {
    symbol: order.symbol,
    origClientOrderId: last.originalClientOrderId ?? last.clientOrderId,
    orderId: order.orderId,
    orderListId: order.listId,
    clientOrderId: last.clientOrderId,
    transactTime: stamp(caller, last.at),
    ...tail({ order, last }, scale),
    selfTradePreventionMode: order.stp
  }
  return optionalTerms(view, { order, last }, scale, caller)
}

/** The answer to an amend, whose field names differ from every other. */
export const amendedView = (last: Execution, list: ListStatus | undefined, scale: Scale, caller: Times): View => {
  const { order } = last
  const amended: View = {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: order.listId,
    origClientOrderId: last.originalClientOrderId ?? last.clientOrderId,
    clientOrderId: last.clientOrderId,
    price: scale.price(order.ticks),
    qty: scale.quantity(last.lots),
    executedQty: scale.quantity(last.executedLots),
    preventedQty: scale.quantity(last.preventedLots),
    quoteOrderQty: amountText(order.quote),
    cumulativeQuoteQty: amountText(last.executedQuote),
    status: last.status,
    timeInForce: order.timeInForce,
    type: order.type,
    side: order.side,
    workingTime: stamp(caller, workingTime({ order, last })),
    selfTradePreventionMode: order.stp
  }
  optionalTerms(amended, { order, last }, scale, caller)
  return {
    transactTime: stamp(caller, last.at),
    executionId: last.executionId,
    amendedOrder: amended,
    ...(list === undefined
      ? {}
      : {
          listStatus: {
            orderListId: list.list.listId,
            contingencyType: list.list.contingency,
            listOrderStatus: list.status,
            listClientOrderId: list.list.listClientOrderId,
            symbol: list.list.symbol,
            orders: legsOf(list.list.symbol, list.orders)
          }
        })
  }
}

const legsOf = (
  symbol: string,
  legs: ReadonlyArray<{ readonly orderId: number; readonly clientOrderId: string }>
): ReadonlyArray<View> => legs.map(({ orderId, clientOrderId }) => ({ symbol, orderId, clientOrderId }))

/** A list as a query answers it. */
export const listView = (list: ListRecord, caller: Times): View => ({
  orderListId: list.listId,
  contingencyType: list.contingency,
  listStatusType: list.statusType,
  listOrderStatus: list.status,
  listClientOrderId: list.listClientOrderId,
  transactionTime: stamp(caller, list.at),
  symbol: list.symbol,
  orders: legsOf(list.symbol, list.orders)
})

/** A list in the answer to the command that placed or cancelled it. */
export const listStatusView = ({ list, ...status }: ListStatus, caller: Times): View => ({
  orderListId: list.listId,
  contingencyType: list.contingency,
  listStatusType: status.type,
  listOrderStatus: status.status,
  listClientOrderId: list.listClientOrderId,
  transactionTime: stamp(caller, status.at),
  symbol: list.symbol,
  orders: legsOf(list.symbol, status.orders)
})

export const tradeView = (trade: TradeRecord, scale: Scale, caller: Times): View => ({
  symbol: trade.symbol,
  id: trade.tradeId,
  orderId: trade.orderId,
  orderListId: trade.listId,
  price: scale.price(trade.ticks),
  qty: scale.quantity(trade.lots),
  quoteQty: amountText(trade.quote),
  commission: amountText(trade.commission),
  commissionAsset: trade.commissionAsset,
  time: stamp(caller, trade.at),
  isBuyer: trade.buyer,
  isMaker: trade.maker,
  isBestMatch: true
})

export const amendmentView = (amendment: AmendmentRecord, scale: Scale, caller: Times): View => ({
  symbol: amendment.symbol,
  orderId: amendment.orderId,
  executionId: amendment.executionId,
  origClientOrderId: amendment.originalClientOrderId,
  newClientOrderId: amendment.newClientOrderId,
  origQty: scale.quantity(amendment.originalLots),
  newQty: scale.quantity(amendment.newLots),
  time: stamp(caller, amendment.at)
})

/** Both orders are of one account here: `tradeGroupId`, which groups accounts, is -1. */
export const preventedView = (match: PreventedRecord, scale: Scale, caller: Times): View => ({
  symbol: match.symbol,
  preventedMatchId: match.preventedMatchId,
  takerOrderId: match.takerOrderId,
  makerSymbol: match.symbol,
  makerOrderId: match.makerOrderId,
  tradeGroupId: -1,
  selfTradePreventionMode: match.stp,
  price: scale.price(match.ticks),
  takerPreventedQuantity: match.lots === 0 ? ZERO : scale.quantity(match.lots),
  makerPreventedQuantity: match.lots === 0 ? ZERO : scale.quantity(match.lots),
  transactTime: stamp(caller, match.at)
})
