// What can be traded, and the exchange's rules for a price and a quantity (Binance Spot, "Filters").
import * as Schema from "effect/Schema"
import * as Result from "effect/Result"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import { Allowance, EVERYTHING } from "./Allowance.ts"
import {
  icebergQuantityOf,
  type Intent,
  isStop,
  priceOf,
  quoteQuantityOf,
  stopPriceOf,
  timeInForceOf,
  trailingDeltaOf,
  triggersOnRise
} from "./Order.ts"
import type { DenialReason } from "./Denial.ts"

export const Instrument = Schema.Struct({
  symbol: Schema.String,
  baseAsset: Schema.String,
  quoteAsset: Schema.String,
  trading: Schema.Boolean,
  /** PRICE_FILTER. A zero switches that part off. */
  tickSize: Money.DecimalString,
  minPrice: Money.DecimalString,
  maxPrice: Money.DecimalString,
  /** LOT_SIZE. */
  stepSize: Money.DecimalString,
  minQuantity: Money.DecimalString,
  maxQuantity: Money.DecimalString,
  /** MARKET_LOT_SIZE maximum; zero switches it off. MARKET orders must pass LOT_SIZE too. */
  maxMarketQuantity: Money.DecimalString,
  /** NOTIONAL, in the quote asset; a zero maximum switches that part off. */
  minNotional: Money.DecimalString,
  maxNotional: Money.DecimalString,
  /** PERCENT_PRICE_BY_SIDE, as multiples of the reference price; zero switches that part off. */
  bidMultiplierUp: Money.DecimalString,
  bidMultiplierDown: Money.DecimalString,
  askMultiplierUp: Money.DecimalString,
  askMultiplierDown: Money.DecimalString,
  /** MAX_NUM_ORDERS open orders per account and symbol. */
  maxOpenOrders: Schema.Int,
  /** Commission as a share of what is received: 0.001 is ten basis points. */
  makerFeeRate: Money.DecimalString,
  takerFeeRate: Money.DecimalString,
  /** Absent where the market states nothing: everything is allowed then. */
  allows: Schema.optionalKey(Allowance)
})
export type Instrument = typeof Instrument.Type

/** What may be asked for in it. */
export const allowanceOf = ({ allows }: Pick<Instrument, "allows">): Allowance => allows ?? EVERYTHING

type Refused = DenialReason | undefined

/**
 * The rules that need nothing but the order itself: trading status, what the symbol allows, PRICE_FILTER, LOT_SIZE, MARKET_LOT_SIZE,
 * ICEBERG_PARTS, TRAILING_DELTA, and NOTIONAL for priced orders. `referencePrice` prices the notional of an order without a limit price;
 * without one that part is left to the exchange.
 */
export const validate = (
  instrument: Instrument,
  intent: Intent,
  referencePrice?: Decimal
): Result.Result<void, DenialReason> => {
  const refused: Refused = instrument.trading
    ? (notAllowed(instrument, intent) ??
      wrongQuantity(instrument, intent) ??
      wrongPrice(instrument, priceOf(intent)) ??
      wrongTrigger(instrument, intent) ??
      wrongIceberg(instrument, intent) ??
      wrongNotional(instrument, intent, referencePrice))
    : { _tag: "NotTrading", symbol: instrument.symbol }
  return refused === undefined ? Result.succeed(undefined) : Result.fail(refused)
}

const notAllowed = (instrument: Instrument, intent: Intent): Refused => {
  const allows = allowanceOf(instrument)
  const { symbol } = instrument
  if (!allows.orderTypes.includes(intent.type)) return { _tag: "OrderTypeNotAllowed", symbol, type: intent.type }
  if (icebergQuantityOf(intent) !== undefined && !allows.iceberg) return { _tag: "IcebergNotAllowed", symbol }
  if (quoteQuantityOf(intent) !== undefined && !allows.quoteQuantity) return { _tag: "QuoteQuantityNotAllowed", symbol }
  return trailingDeltaOf(intent) !== undefined && !allows.trailingStop
    ? { _tag: "TrailingDeltaNotAllowed", symbol }
    : undefined
}

/** Without a limit price it takes what there is, now or once it is triggered. */
const takesAnyPrice = (intent: Intent): boolean => priceOf(intent) === undefined

/** Binance books amounts in units of this. */
const AMOUNT_STEP = Money.decimal("0.00000001")

const wrongQuantity = (instrument: Instrument, intent: Intent): Refused => {
  const quote = quoteQuantityOf(intent)
  if (quote !== undefined) {
    if (!Money.isPositive(quote)) return { _tag: "QuoteQuantityNotPositive" }
    return Money.isMultipleOf(quote, AMOUNT_STEP) ? undefined : { _tag: "QuoteQuantityOffStep", step: AMOUNT_STEP }
  }
  const { quantity } = intent
  if (!Money.isPositive(quantity)) return { _tag: "QuantityNotPositive" }
  if (Money.lessThan(quantity, instrument.minQuantity)) {
    return { _tag: "QuantityTooSmall", minimum: instrument.minQuantity }
  }
  const ceiling =
    takesAnyPrice(intent) && Money.isPositive(instrument.maxMarketQuantity)
      ? Money.min(instrument.maxQuantity, instrument.maxMarketQuantity)
      : instrument.maxQuantity
  if (Money.greaterThan(quantity, ceiling)) return { _tag: "QuantityTooLarge", maximum: ceiling }
  return Money.isMultipleOf(quantity, instrument.stepSize)
    ? undefined
    : { _tag: "QuantityOffStep", step: instrument.stepSize }
}

const wrongPrice = (instrument: Instrument, price: Decimal | undefined): Refused => {
  if (price === undefined) return undefined
  if (!Money.isPositive(price)) return { _tag: "PriceNotPositive" }
  if (Money.lessThan(price, instrument.minPrice)) return { _tag: "PriceTooLow", minimum: instrument.minPrice }
  if (Money.isPositive(instrument.maxPrice) && Money.greaterThan(price, instrument.maxPrice)) {
    return { _tag: "PriceTooHigh", maximum: instrument.maxPrice }
  }
  return Money.isMultipleOf(price, instrument.tickSize)
    ? undefined
    : { _tag: "PriceOffTick", tick: instrument.tickSize }
}

const wrongTrigger = (instrument: Instrument, intent: Intent): Refused => {
  if (!isStop(intent)) return undefined
  const delta = trailingDeltaOf(intent)
  const stop = stopPriceOf(intent)
  if (stop === undefined && delta === undefined) return { _tag: "StopPriceMissing" }
  if (delta !== undefined) {
    const { trailingAbove, trailingBelow } = allowanceOf(instrument)
    const { maximum, minimum } = triggersOnRise(intent) ? trailingAbove : trailingBelow
    if (delta < minimum || delta > maximum) return { _tag: "TrailingDeltaOutOfRange", minimum, maximum }
  }
  if (stop === undefined) return undefined
  if (!Money.isPositive(stop)) return { _tag: "StopPriceNotPositive" }
  const tooHigh = Money.isPositive(instrument.maxPrice) && Money.greaterThan(stop, instrument.maxPrice)
  if (tooHigh || Money.lessThan(stop, instrument.minPrice)) {
    return { _tag: "StopPriceOutOfRange", lowest: instrument.minPrice, highest: instrument.maxPrice }
  }
  return Money.isMultipleOf(stop, instrument.tickSize)
    ? undefined
    : { _tag: "StopPriceOffTick", tick: instrument.tickSize }
}

const wrongIceberg = (instrument: Instrument, intent: Intent): Refused => {
  const shown = icebergQuantityOf(intent)
  if (shown === undefined) return undefined
  if ((timeInForceOf(intent) ?? "GTC") !== "GTC") return { _tag: "IcebergNeedsGtc" }
  const minimum = instrument.minQuantity
  if (!Money.isPositive(shown) || Money.lessThan(shown, minimum)) return { _tag: "IcebergTooSmall", minimum }
  if (!Money.isMultipleOf(shown, instrument.stepSize)) return { _tag: "IcebergOffStep", step: instrument.stepSize }
  if (!Money.lessThan(shown, intent.quantity)) return { _tag: "IcebergTooLarge", below: intent.quantity }
  const { icebergParts } = allowanceOf(instrument)
  const most = Money.multiply(shown, Money.decimal(String(icebergParts)))
  return Money.greaterThan(intent.quantity, most) ? { _tag: "IcebergTooManyParts", maximum: icebergParts } : undefined
}

const wrongNotional = (instrument: Instrument, intent: Intent, referencePrice: Decimal | undefined): Refused => {
  const limit = priceOf(intent)
  const price = limit ?? referencePrice
  const worth = price === undefined ? undefined : Money.multiply(price, intent.quantity)
  const notional = quoteQuantityOf(intent) ?? worth
  if (notional === undefined) return undefined
  if (Money.lessThan(notional, instrument.minNotional)) {
    return { _tag: "NotionalTooSmall", minimum: instrument.minNotional }
  }
  // NOTIONAL.applyMaxToMarket is false on Binance: only priced orders have a maximum.
  return limit !== undefined &&
    Money.isPositive(instrument.maxNotional) &&
    Money.greaterThan(notional, instrument.maxNotional)
    ? { _tag: "NotionalTooLarge", maximum: instrument.maxNotional }
    : undefined
}

/** Price and size of one unit of the book, as decimals of the instrument. */
export const priceDecimals = (instrument: Instrument): number => Money.decimalsOf(instrument.tickSize)
export const quantityDecimals = (instrument: Instrument): number => Money.decimalsOf(instrument.stepSize)

/**
 * An instrument with the filters and fees Binance Spot gives a liquid USDT pair, for markets that state none themselves: recordings
 * and the simulation.
 */
export const liquidPair = (pair: {
  readonly symbol: string
  readonly baseAsset: string
  readonly quoteAsset: string
  readonly tickSize: Decimal
  readonly stepSize: Decimal
}): Instrument => ({
  ...pair,
  trading: true,
  minPrice: pair.tickSize,
  maxPrice: Money.decimal("1000000"),
  minQuantity: pair.stepSize,
  maxQuantity: Money.decimal("9000"),
  maxMarketQuantity: Money.decimal("100"),
  minNotional: Money.decimal("5"),
  maxNotional: Money.decimal("9000000"),
  bidMultiplierUp: Money.decimal("5"),
  bidMultiplierDown: Money.decimal("0.2"),
  askMultiplierUp: Money.decimal("5"),
  askMultiplierDown: Money.decimal("0.2"),
  maxOpenOrders: 200,
  makerFeeRate: Money.decimal("0.001"),
  takerFeeRate: Money.decimal("0.001")
})
