// What the exchange says of its symbols: exchangeInfo, its filters, myFilters.
import type { Decimal } from "../../../domain/Money.ts"
import * as Money from "../../../domain/Money.ts"
import type { Listing } from "../../../domain/matching/Listing.ts"
import { rateLimitsOf, type Sizes } from "./Limits.ts"

type View = Record<string, unknown>

/** Minutes of the average that PERCENT_PRICE_BY_SIDE and NOTIONAL judge MARKET orders by. */
const AVERAGE_MINUTES = 5
/** Every symbol may be traded by every account. */
const PERMISSION = "SPOT"

const eight = (value: Decimal): string => Money.toFixed(value, 8)

/** A symbol's filters, in the order the live exchange lists them. Parts that are switched off are zeros, or left out where they may be. */
export const filtersOf = (listing: Listing): ReadonlyArray<View> => {
  const { instrument: of } = listing
  const filters: Array<View> = [
    {
      filterType: "PRICE_FILTER",
      minPrice: eight(of.minPrice),
      maxPrice: eight(of.maxPrice),
      tickSize: eight(of.tickSize)
    },
    {
      filterType: "LOT_SIZE",
      minQty: eight(of.minQuantity),
      maxQty: eight(of.maxQuantity),
      stepSize: eight(of.stepSize)
    },
    { filterType: "ICEBERG_PARTS", limit: listing.icebergParts },
    {
      filterType: "MARKET_LOT_SIZE",
      minQty: eight(listing.minMarketQuantity),
      maxQty: eight(of.maxMarketQuantity),
      stepSize: eight(listing.marketStep)
    },
    {
      filterType: "TRAILING_DELTA",
      minTrailingAboveDelta: listing.trailingAbove.min,
      maxTrailingAboveDelta: listing.trailingAbove.max,
      minTrailingBelowDelta: listing.trailingBelow.min,
      maxTrailingBelowDelta: listing.trailingBelow.max
    },
    {
      filterType: "PERCENT_PRICE_BY_SIDE",
      bidMultiplierUp: Money.format(of.bidMultiplierUp),
      bidMultiplierDown: Money.format(of.bidMultiplierDown),
      askMultiplierUp: Money.format(of.askMultiplierUp),
      askMultiplierDown: Money.format(of.askMultiplierDown),
      avgPriceMins: AVERAGE_MINUTES
    },
    {
      filterType: "NOTIONAL",
      minNotional: eight(of.minNotional),
      applyMinToMarket: listing.minNotionalToMarket,
      maxNotional: eight(of.maxNotional),
      applyMaxToMarket: listing.maxNotionalToMarket,
      avgPriceMins: AVERAGE_MINUTES
    }
  ]
  if (Money.isPositive(listing.maxPosition)) {
    filters.push({ filterType: "MAX_POSITION", maxPosition: eight(listing.maxPosition) })
  }
  filters.push(
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: of.maxOpenOrders },
    { filterType: "MAX_NUM_ORDER_LISTS", maxNumOrderLists: listing.maxOrderLists },
    { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: listing.maxAlgoOrders },
    { filterType: "MAX_NUM_ICEBERG_ORDERS", maxNumIcebergOrders: listing.maxIcebergOrders },
    { filterType: "MAX_NUM_ORDER_AMENDS", maxNumOrderAmends: listing.maxAmends }
  )
  return filters
}

const rowOf = (listing: Listing, permissionSets: boolean): View => {
  const { instrument: of } = listing
  return {
    symbol: of.symbol,
    status: listing.status,
    baseAsset: of.baseAsset,
    baseAssetPrecision: 8,
    quoteAsset: of.quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: [...listing.orderTypes],
    icebergAllowed: listing.icebergAllowed,
    ocoAllowed: listing.listsAllowed,
    otoAllowed: listing.listsAllowed,
    opoAllowed: false,
    quoteOrderQtyMarketAllowed: listing.quoteOrderQtyAllowed,
    allowTrailingStop: listing.trailingAllowed,
    cancelReplaceAllowed: listing.cancelReplaceAllowed,
    amendAllowed: listing.amendAllowed,
    pegInstructionsAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filtersOf(listing),
    permissions: [],
    permissionSets: permissionSets ? [[PERMISSION]] : [],
    defaultSelfTradePreventionMode: listing.defaultStp,
    allowedSelfTradePreventionModes: [...listing.allowedStps]
  }
}

/** What binds an account over all symbols; the same in every listing. */
const exchangeFiltersOf = ({ exchange }: Listing): ReadonlyArray<View> =>
  (
    [
      ["EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders", exchange.maxOrders],
      ["EXCHANGE_MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", exchange.maxAlgoOrders],
      ["EXCHANGE_MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders", exchange.maxIcebergOrders],
      ["EXCHANGE_MAX_NUM_ORDER_LISTS", "maxNumOrderLists", exchange.maxOrderLists]
    ] as const
  ).flatMap(([filterType, name, limit]) => (limit === 0 ? [] : [{ filterType, [name]: limit }]))

/** MAX_ASSET, which only `myFilters` shows. */
const assetFiltersOf = ({ instrument, maxBase, maxQuote }: Listing): ReadonlyArray<View> =>
  (
    [
      [instrument.baseAsset, maxBase],
      [instrument.quoteAsset, maxQuote]
    ] as const
  ).flatMap(([asset, limit]) =>
    Money.isPositive(limit) ? [{ filterType: "MAX_ASSET", asset, limit: eight(limit) }] : []
  )

export interface Wanted {
  /** Absent: every symbol. */
  readonly symbols: ReadonlyArray<string> | undefined
  readonly permissions: ReadonlyArray<string> | undefined
  readonly status: string | undefined
  readonly permissionSets: boolean
}

/**
 * The text of exchangeInfo. Rows are printed once for all callers: they are most of it, and fixed while the process runs. `undefined` where
 * a wanted symbol is not listed.
 */
export const makeExchangeInfo = (listings: ReadonlyMap<string, Listing>, sizes: Sizes) => {
  const print = (permissionSets: boolean) =>
    new Map([...listings].map(([symbol, listing]) => [symbol, JSON.stringify(rowOf(listing, permissionSets))]))
  const full = print(true)
  const bare = print(false)
  const limits = JSON.stringify(rateLimitsOf(sizes))
  const [any] = listings.values()
  const exchangeFilters = JSON.stringify(any === undefined ? [] : exchangeFiltersOf(any))
  return (wanted: Wanted, serverTime: number): string | undefined => {
    const rows: Array<string> = []
    const texts = wanted.permissionSets ? full : bare
    const permitted = wanted.permissions === undefined || wanted.permissions.includes(PERMISSION)
    for (const symbol of wanted.symbols ?? texts.keys()) {
      const row = texts.get(symbol)
      if (row === undefined) return undefined
      const status = listings.get(symbol)?.status
      if (permitted && (wanted.status === undefined || wanted.status === status)) rows.push(row)
    }
    return `{"timezone":"UTC","serverTime":${serverTime},"rateLimits":${limits},"exchangeFilters":${exchangeFilters},"symbols":[${rows.join(",")}],"sors":[]}`
  }
}

/** MAX_POSITION and the like bind an account as everybody else: `myFilters` shows what exchangeInfo does. */
export const myFilters = (listing: Listing): View => ({
  exchangeFilters: exchangeFiltersOf(listing),
  symbolFilters: filtersOf(listing),
  assetFilters: assetFiltersOf(listing)
})
