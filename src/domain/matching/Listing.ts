// What the matching engine must know of a symbol: the instrument, and the rest of Binance Spot's filters and permissions.
import type { Allowance } from "../Allowance.ts"
import { allowanceOf, type Instrument } from "../Instrument.ts"
import * as Money from "../Money.ts"
import type { Decimal } from "../Money.ts"
import type { OrderType } from "./Order.ts"

/** What happens when an account's order would trade with another of its own (Binance, "Self-trade prevention"). */
export const selfTradePreventions = [
  "NONE",
  "EXPIRE_TAKER",
  "EXPIRE_MAKER",
  "EXPIRE_BOTH",
  "DECREMENT",
  "TRANSFER"
] as const
export type SelfTradePrevention = (typeof selfTradePreventions)[number]

/**
 * EXCHANGE_MAX_NUM_ORDERS, _ALGO_ORDERS, _ICEBERG_ORDERS and _ORDER_LISTS: open ones of an account over all symbols. Zero switches one
 * off, as the live exchange has them.
 */
export interface ExchangeLimits {
  readonly maxOrders: number
  readonly maxAlgoOrders: number
  readonly maxIcebergOrders: number
  readonly maxOrderLists: number
}

export const NO_EXCHANGE_LIMITS: ExchangeLimits = {
  maxOrders: 0,
  maxAlgoOrders: 0,
  maxIcebergOrders: 0,
  maxOrderLists: 0
}

export interface Listing {
  readonly instrument: Instrument
  readonly status: "TRADING" | "HALT" | "BREAK" | "CANCEL_ONLY"
  readonly orderTypes: ReadonlySet<OrderType>
  readonly icebergAllowed: boolean
  readonly listsAllowed: boolean
  readonly quoteOrderQtyAllowed: boolean
  readonly trailingAllowed: boolean
  readonly cancelReplaceAllowed: boolean
  readonly amendAllowed: boolean
  readonly defaultStp: SelfTradePrevention
  readonly allowedStps: ReadonlySet<SelfTradePrevention>
  /** ICEBERG_PARTS, MAX_NUM_ICEBERG_ORDERS, MAX_NUM_ALGO_ORDERS, MAX_NUM_ORDER_LISTS, MAX_NUM_ORDER_AMENDS. */
  readonly icebergParts: number
  readonly maxIcebergOrders: number
  readonly maxAlgoOrders: number
  readonly maxOrderLists: number
  readonly maxAmends: number
  /** TRAILING_DELTA in basis points: above for what triggers by a rise, below for what triggers by a fall. */
  readonly trailingAbove: { readonly min: number; readonly max: number }
  readonly trailingBelow: { readonly min: number; readonly max: number }
  /** MARKET_LOT_SIZE minimum and step, in the base asset; zero switches that part off. */
  readonly minMarketQuantity: Decimal
  readonly marketStep: Decimal
  /** NOTIONAL.applyMinToMarket and applyMaxToMarket. */
  readonly minNotionalToMarket: boolean
  readonly maxNotionalToMarket: boolean
  /** MAX_POSITION in the base asset; zero switches it off. */
  readonly maxPosition: Decimal
  /** MAX_ASSET of the base asset (a quantity) and of the quote asset (a notional), for one order; zero switches one off. */
  readonly maxBase: Decimal
  readonly maxQuote: Decimal
  /** The same at every symbol. */
  readonly exchange: ExchangeLimits
}

/** The rules a liquid pair has at Binance Spot in 2026, around an instrument and what it allows. */
export const listingOf = (instrument: Instrument): Listing => {
  const allows = allowanceOf(instrument)
  const range = ({ maximum, minimum }: Allowance["trailingAbove"]) => ({ min: minimum, max: maximum })
  return {
    instrument,
    status: instrument.trading ? "TRADING" : "HALT",
    orderTypes: new Set(allows.orderTypes),
    icebergAllowed: allows.iceberg,
    listsAllowed: allows.oco || allows.oto,
    quoteOrderQtyAllowed: allows.quoteQuantity,
    trailingAllowed: allows.trailingStop,
    cancelReplaceAllowed: allows.cancelReplace,
    amendAllowed: allows.amend,
    defaultStp: "EXPIRE_MAKER",
    allowedStps: new Set(["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]),
    icebergParts: allows.icebergParts,
    maxIcebergOrders: allows.maxIcebergOrders,
    maxAlgoOrders: allows.maxStopOrders,
    maxOrderLists: allows.maxOrderLists,
    maxAmends: allows.maxAmends,
    trailingAbove: range(allows.trailingAbove),
    trailingBelow: range(allows.trailingBelow),
    minMarketQuantity: Money.zero,
    marketStep: Money.zero,
    minNotionalToMarket: true,
    maxNotionalToMarket: false,
    maxPosition: Money.zero,
    maxBase: Money.zero,
    maxQuote: Money.zero,
    exchange: NO_EXCHANGE_LIMITS
  }
}
