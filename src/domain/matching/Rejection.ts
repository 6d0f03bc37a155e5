// Why the engine refuses: Binance's code and text, word for word, because clients match on them (REST API, "Errors").

import type { OrderType } from "./Order.ts"

/** A refusal changes nothing. `code` is Binance's; the wire adds the HTTP status. */
export interface Rejection {
  readonly code: number
  readonly message: string
}

const rejection = (code: number, message: string): Rejection => ({ code, message })

export type FilterName =
  | "PRICE_FILTER"
  | "PERCENT_PRICE_BY_SIDE"
  | "LOT_SIZE"
  | "MARKET_LOT_SIZE"
  | "NOTIONAL"
  | "ICEBERG_PARTS"
  | "TRAILING_DELTA"
  | "MAX_POSITION"
  | "MAX_ASSET"
  | "EXCHANGE_MAX_NUM_ORDERS"
  | "EXCHANGE_MAX_NUM_ALGO_ORDERS"
  | "EXCHANGE_MAX_NUM_ICEBERG_ORDERS"
  | "EXCHANGE_MAX_NUM_ORDER_LISTS"
  | "MAX_NUM_ORDERS"
  | "MAX_NUM_ALGO_ORDERS"
  | "MAX_NUM_ICEBERG_ORDERS"
  | "MAX_NUM_ORDER_LISTS"
  | "MAX_NUM_ORDER_AMENDS"

/** Filters of the order itself come back as -1013, counts that only the engine knows as -2010. */
export const filterFailure = (name: FilterName): Rejection => rejection(-1013, `Filter failure: ${name}`)
export const countFailure = (name: FilterName): Rejection => rejection(-2010, `Filter failure: ${name}`)

const newOrder = (message: string): Rejection => rejection(-2010, message)

const typeNames: Readonly<Record<OrderType, string>> = {
  LIMIT: "Limit",
  LIMIT_MAKER: "Limit maker",
  MARKET: "Market",
  STOP_LOSS: "Stop loss",
  STOP_LOSS_LIMIT: "Stop loss limit",
  TAKE_PROFIT: "Take profit",
  TAKE_PROFIT_LIMIT: "Take profit limit"
}
export const typeUnsupported = (type: OrderType): Rejection =>
  rejection(-1013, `${typeNames[type]} orders are not supported for this symbol.`)

export const invalidSymbol = rejection(-1121, "Invalid symbol.")
export const invalidQuantity = rejection(-1013, "Invalid quantity.")
export const invalidPrice = rejection(-1013, "Invalid price.")
export const invalidStp = rejection(-1013, "This symbol does not allow the specified self-trade prevention mode.")
export const unknownAccount = rejection(-2015, "Invalid API-key, IP, or permissions for action.")
export const insufficientBalance = newOrder("Account has insufficient balance for requested action.")
export const duplicateOrder = newOrder("Duplicate order sent.")
export const wouldMatch = newOrder("Order would immediately match and take.")
export const wouldTrigger = newOrder("Order would trigger immediately.")
export const badPriceRelation = newOrder("The relationship of the prices for the orders is not correct.")
export const marketClosed = newOrder("Market is closed.")
export const liquidityBelowMinimum = newOrder("Order book liquidity is less than LOT_SIZE filter minimum quantity.")
export const noLiquidity = newOrder("Order book liquidity is less than symbol minimum quantity.")
export const zeroNotional = newOrder("Price * QTY is zero or less.")
export const icebergTooLarge = newOrder("IcebergQty exceeds QTY.")
export const unsupportedCombination = rejection(-1014, "Unsupported order combination.")
export const unknownOrder = rejection(-2011, "Unknown order sent.")
export const cancelRestricted = rejection(-2011, "Order was not canceled due to cancel restrictions.")
export const idMismatch = rejection(-2011, "Cancel order is invalid. Check origClOrdId and orderId.")
export const amendIncrease = rejection(-2038, "Order amend (quantity increase) is not supported.")
export const amendNothing = rejection(-2038, "The requested action would change no state; rejecting")
export const amendUnsupported = rejection(-2038, "Order amend is not supported for this symbol.")
export const amendLimit = rejection(-2038, "Filter failure: MAX_NUM_ORDER_AMENDS")
export const replaceUnsupported = newOrder("Order cancel-replace is not supported for this symbol.")
export const listsUnsupported = newOrder("OCO orders are not supported for this symbol")
export const icebergUnsupported = newOrder("Iceberg orders are not supported for this symbol.")
export const trailingUnsupported = newOrder("Trailing stop orders are not supported for this symbol.")
export const quoteUnsupported = newOrder("Quote order qty market orders are not support for this symbol.")
/** An amount, or the sum it leads to, is more than the exchange can hold of an asset. */
export const amountOverflow = rejection(-1108, "Parameter 'amount' overflowed.")
/** A symbol's tick, step or assets cannot change while orders rest on them. */
export const listingInUse = rejection(-1010, "The symbol has open orders; its tick, step and assets cannot change.")
export const amendDuplicate = rejection(-2038, "Duplicate order sent.")
export const cancelClosed = rejection(-2011, "Market is closed.")
export const amendClosed = rejection(-2038, "Market is closed.")
/** What a filter says to an amend. */
export const amendFailure = (cause: Rejection): Rejection => rejection(-2038, cause.message)
export const quotePrecision = rejection(-1111, "Parameter 'quoteOrderQty' has too much precision.")
export const quoteOverflow = rejection(-1108, "Parameter 'quoteOrderQty' overflowed.")
