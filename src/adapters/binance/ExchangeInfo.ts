// GET /api/v3/exchangeInfo to instruments.
import { Schema } from "effect"
import type { Allowance } from "../../domain/Allowance.ts"
import { Instrument } from "../../domain/Instrument.ts"
import { OrderType } from "../../domain/Order.ts"
import * as Wire from "./Wire.ts"

const decode = Schema.decodeUnknownOption(Instrument)

/** Fee rates of an account without discounts; the account's own come with the account. */
const STANDARD_FEE_RATE = "0.001"

const DEFAULT_MAX_OPEN_ORDERS = 200
const UNLIMITED = Number.MAX_SAFE_INTEGER

type Filters = ReadonlyMap<string, Wire.FilterRow>

/** What the row does not say is not allowed, and a count without its filter is not limited. Types that the desk has no word for are left out. */
const allowance = (row: Readonly<Record<string, unknown>>, filters: Filters): Allowance => {
  const says = (name: string) => row[name] === true
  const count = (filter: string, name: string) => {
    const found = filters.get(filter)?.[name]
    return typeof found === "number" && Number.isSafeInteger(found) ? found : UNLIMITED
  }
  const types: ReadonlyArray<unknown> = Array.isArray(row["orderTypes"]) ? row["orderTypes"] : []
  const trailing = (where: "Above" | "Below") => ({
    minimum: filters.has("TRAILING_DELTA") ? count("TRAILING_DELTA", `minTrailing${where}Delta`) : 1,
    maximum: count("TRAILING_DELTA", `maxTrailing${where}Delta`)
  })
  return {
    orderTypes: OrderType.literals.filter((type) => types.includes(type)),
    iceberg: says("icebergAllowed"),
    quoteQuantity: says("quoteOrderQtyMarketAllowed"),
    trailingStop: says("allowTrailingStop"),
    amend: says("amendAllowed"),
    oco: says("ocoAllowed"),
    oto: says("otoAllowed"),
    cancelReplace: says("cancelReplaceAllowed"),
    icebergParts: count("ICEBERG_PARTS", "limit"),
    maxIcebergOrders: count("MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders"),
    maxStopOrders: count("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders"),
    maxOrderLists: count("MAX_NUM_ORDER_LISTS", "maxNumOrderLists"),
    maxAmends: count("MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends"),
    trailingAbove: trailing("Above"),
    trailingBelow: trailing("Below")
  }
}

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
    takerFeeRate: STANDARD_FEE_RATE,
    allows: allowance({ ...row }, filters)
  })
  if (decoded._tag === "None") return undefined
  const { tickSize, stepSize } = decoded.value
  // A grid of zero cannot be counted in.
  return tickSize.value > 0n && stepSize.value > 0n ? decoded.value : undefined
}
