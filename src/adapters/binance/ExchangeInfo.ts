// GET /api/v3/exchangeInfo to instruments.
import { Schema } from "effect"
import { Instrument } from "../../domain/Instrument.ts"
import * as Wire from "./Wire.ts"

const decode = Schema.decodeUnknownOption(Instrument)

/** Fee rates of an account without discounts; the account's own come with the account. */
const STANDARD_FEE_RATE = "0.001"

const DEFAULT_MAX_OPEN_ORDERS = 200

/** `undefined` where the row cannot be read or lacks a filter without which no order can be checked. Unknown filters are ignored. */
export const instrument = (row: unknown): Instrument | undefined => {
  if (!Wire.isSymbolRow(row)) return undefined
  const filters = new Map(row.filters.map((filter) => [filter.filterType, filter]))
  const field = (filter: string, name: string, fallback?: string) => filters.get(filter)?.[name] ?? fallback
  const decoded = decode({
    symbol: row.symbol,
    baseAsset: row.baseAsset,
    quoteAsset: row.quoteAsset,
    trading: row.status === "TRADING",
    tickSize: field("PRICE_FILTER", "tickSize"),
    minPrice: field("PRICE_FILTER", "minPrice"),
    maxPrice: field("PRICE_FILTER", "maxPrice"),
    stepSize: field("LOT_SIZE", "stepSize"),
    minQuantity: field("LOT_SIZE", "minQty"),
    maxQuantity: field("LOT_SIZE", "maxQty"),
    maxMarketQuantity: field("MARKET_LOT_SIZE", "maxQty", "0"),
    minNotional: field("NOTIONAL", "minNotional", "0"),
    maxNotional: field("NOTIONAL", "maxNotional", "0"),
    bidMultiplierUp: field("PERCENT_PRICE_BY_SIDE", "bidMultiplierUp", "0"),
    bidMultiplierDown: field("PERCENT_PRICE_BY_SIDE", "bidMultiplierDown", "0"),
    askMultiplierUp: field("PERCENT_PRICE_BY_SIDE", "askMultiplierUp", "0"),
    askMultiplierDown: field("PERCENT_PRICE_BY_SIDE", "askMultiplierDown", "0"),
    maxOpenOrders: filters.get("MAX_NUM_ORDERS")?.["maxNumOrders"] ?? DEFAULT_MAX_OPEN_ORDERS,
    makerFeeRate: STANDARD_FEE_RATE,
    takerFeeRate: STANDARD_FEE_RATE
  })
  if (decoded._tag === "None") return undefined
  const { tickSize, stepSize } = decoded.value
  // A grid of zero cannot be counted in.
  return tickSize.value > 0n && stepSize.value > 0n ? decoded.value : undefined
}
