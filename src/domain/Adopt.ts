// Orders that were placed at the exchange by somebody else: followed from the moment the desk sees them, under an id of ours.
import type { Account } from "./Account.ts"
import type { Event } from "./Event.ts"
import { ListId, OrderId } from "./Ids.ts"
import type { ListLink } from "./ListLink.ts"
import * as Money from "./Money.ts"
import { type Hold, type Intent, isStop } from "./Order.ts"
import type { ExchangeOrder, ExchangeOrderState } from "./Report.ts"

/**
 * The id that an order of somebody else has here: a version 7 UUID made of when it was placed, its symbol and the exchange's id, so that it
 * is the same however often the order is met.
 */
export const adoptedIdOf = ({ createdAt, exchangeOrderId, symbol }: ExchangeOrderState): OrderId => {
  const time = Math.max(0, Math.trunc(createdAt)).toString(16).padStart(12, "0").slice(-12)
  const [high, low] = [hash(`${symbol} ${exchangeOrderId}`), hash(`${exchangeOrderId} ${symbol}`)]
  const tail = hash(`${low}${symbol}${exchangeOrderId}`)
  return OrderId.make(
    `${time.slice(0, 8)}-${time.slice(8)}-7${high.slice(0, 3)}-8${high.slice(3, 6)}-${low}${tail.slice(0, 4)}`
  )
}

/** FNV-1a, 32 bits in hex. */
const hash = (text: string): string => {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return (value >>> 0).toString(16).padStart(8, "0")
}

/**
 * The events that take an order on, with the fills that no survey has looked at yet: those up to `seen` are in the balances already, and
 * so are all of a symbol that was never looked at. `booked` are trades that stand in the journal, under whichever order. `undefined` for
 * an order that is closed and has none of them: there is nothing to follow.
 */
export const adopt = (
  account: Account,
  found: ExchangeOrder,
  assets: { readonly baseAsset: string; readonly quoteAsset: string },
  booked: ReadonlySet<string>
): { readonly orderId: OrderId; readonly events: ReadonlyArray<Event> } | undefined => {
  const seen = account.seen[found.symbol]
  const fills = found.fills.filter(
    ({ tradeId }) => seen !== undefined && isAfter(tradeId, seen) && !booked.has(tradeId)
  )
  const isWorking = found.status === "NEW" || found.status === "PARTIALLY_FILLED"
  if (fills.length === 0 && !isWorking) return undefined
  const [quantity, quote] = fills.reduce(
    ([lots, paid], fill) => [
      Money.add(lots, fill.quantity),
      Money.add(paid, Money.multiply(fill.price, fill.quantity))
    ],
    [Money.zero, Money.zero]
  )
  const executedQuantity = Money.subtract(found.executedQuantity, quantity)
  const orderId = adoptedIdOf(found)
  const triggered: Event = { _tag: "OrderTriggered", orderId, from: "survey" }
  const counted = found.fills.filter((fill) => !fills.includes(fill)).map(({ tradeId }) => tradeId)
  return {
    orderId,
    events: [
      {
        _tag: "OrderAdopted",
        orderId,
        clientOrderId: found.clientOrderId,
        exchangeOrderId: found.exchangeOrderId,
        type: found.type,
        intent: intentOf(found),
        hold: holdOf(found, Money.subtract(found.quantity, executedQuantity), assets),
        executedQuantity,
        executedQuote: Money.max(Money.zero, Money.subtract(found.executedQuote, quote)),
        ...(counted.length === 0 ? {} : { tradeIds: counted }),
        placedAt: found.createdAt,
        ...linkOf(found)
      },
      ...(isStop({ type: found.type as Intent["type"] }) && found.isWorking ? [triggered] : []),
      ...fills.map((fill): Event => ({ _tag: "OrderFilled", orderId, fill, from: "survey" }))
    ]
  }
}

/**
 * What an order tells of its list is which one it is, and whether it waits; that is enough for what its orders hold together. An order that
 * is there alone, as a working one is, holds what it needs.
 */
const linkOf = ({ isPending, listId, type }: ExchangeOrder): { readonly list?: ListLink } => {
  if (listId === undefined) return {}
  const role = isStop({ type: type as Intent["type"] }) ? "below" : "above"
  return { list: { listId: ListId.make(`exchange-${listId}`), kind: isPending === true ? "OTOCO" : "OCO", role } }
}

/** Trade ids of an exchange are whole numbers that grow. */
export const isAfter = (tradeId: string, seen: string): boolean =>
  tradeId.length === seen.length ? tradeId > seen : tradeId.length > seen.length

/** The exchange's own type, or the nearest that the desk has a word for; its name is kept beside it. */
const intentOf = (found: ExchangeOrder): Intent => {
  const { icebergQuantity, price, quantity, quoteQuantity, side, stopPrice, symbol, timeInForce, trailingDelta } = found
  const terms = { symbol, side, quantity }
  const iceberg = icebergQuantity === undefined ? {} : { icebergQuantity }
  const trigger = {
    ...(stopPrice === undefined ? {} : { stopPrice }),
    ...(trailingDelta === undefined ? {} : { trailingDelta })
  }
  switch (found.type) {
    case "STOP_LOSS":
    case "TAKE_PROFIT":
      return { type: found.type, ...terms, ...trigger }
    case "STOP_LOSS_LIMIT":
    case "TAKE_PROFIT_LIMIT":
      if (price !== undefined) return { type: found.type, ...terms, price, timeInForce, ...trigger, ...iceberg }
      break
    case "LIMIT_MAKER":
      if (price !== undefined) return { type: found.type, ...terms, price, ...iceberg }
  }
  if (price !== undefined) return { type: "LIMIT", ...terms, price, timeInForce, ...iceberg }
  if (quoteQuantity === undefined) return { type: "MARKET", ...terms }
  // What it is worth is only certain once it is over.
  const whole = found.status === "FILLED" ? found.executedQuantity : Money.zero
  return { type: "MARKET", symbol, side, quantity: whole, quoteQuantity }
}

/** What the exchange locks for the part that is still to be executed. */
const holdOf = (
  { price: limit, side, stopPrice }: ExchangeOrder,
  left: Money.Decimal,
  assets: { readonly baseAsset: string; readonly quoteAsset: string }
): Hold => {
  if (side === "SELL") return { asset: assets.baseAsset, amount: left }
  const price = limit ?? stopPrice
  return { asset: assets.quoteAsset, amount: price === undefined ? Money.zero : Money.multiply(price, left) }
}
