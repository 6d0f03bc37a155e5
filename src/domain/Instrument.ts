// What can be traded, and the exchange's rules for a price and a quantity (Binance Spot, "Filters").
import * as Schema from "effect/Schema"
import * as Result from "effect/Result"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import type { Intent } from "./Order.ts"
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
  takerFeeRate: Money.DecimalString
})
export type Instrument = typeof Instrument.Type

/**
 * The rules that need nothing but the order itself: trading status, PRICE_FILTER, LOT_SIZE, MARKET_LOT_SIZE, and NOTIONAL for
 * priced orders. `referencePrice` prices a MARKET order's notional; without one that part is left to the exchange.
 */
export const validate = (
  instrument: Instrument,
  intent: Intent,
  referencePrice?: Decimal
): Result.Result<void, DenialReason> => {
  if (!instrument.trading) return Result.fail({ _tag: "NotTrading", symbol: instrument.symbol })
  const { quantity } = intent
  if (!Money.isPositive(quantity)) return Result.fail({ _tag: "QuantityNotPositive" })
  if (Money.lessThan(quantity, instrument.minQuantity)) {
    return Result.fail({ _tag: "QuantityTooSmall", minimum: instrument.minQuantity })
  }
  const ceiling =
    intent.type === "MARKET" && Money.isPositive(instrument.maxMarketQuantity)
      ? Money.min(instrument.maxQuantity, instrument.maxMarketQuantity)
      : instrument.maxQuantity
  if (Money.greaterThan(quantity, ceiling)) return Result.fail({ _tag: "QuantityTooLarge", maximum: ceiling })
  if (!Money.isMultipleOf(quantity, instrument.stepSize)) {
    return Result.fail({ _tag: "QuantityOffStep", step: instrument.stepSize })
  }
  if (intent.type === "LIMIT") {
    const { price } = intent
    if (!Money.isPositive(price)) return Result.fail({ _tag: "PriceNotPositive" })
    if (Money.lessThan(price, instrument.minPrice))
      return Result.fail({ _tag: "PriceTooLow", minimum: instrument.minPrice })
    if (Money.isPositive(instrument.maxPrice) && Money.greaterThan(price, instrument.maxPrice)) {
      return Result.fail({ _tag: "PriceTooHigh", maximum: instrument.maxPrice })
    }
    if (!Money.isMultipleOf(price, instrument.tickSize))
      return Result.fail({ _tag: "PriceOffTick", tick: instrument.tickSize })
  }
  const price = intent.type === "LIMIT" ? intent.price : referencePrice
  if (price === undefined) return Result.succeed(undefined)
  const notional = Money.multiply(price, quantity)
  if (Money.lessThan(notional, instrument.minNotional)) {
    return Result.fail({ _tag: "NotionalTooSmall", minimum: instrument.minNotional })
  }
  // NOTIONAL.applyMaxToMarket is false on Binance: only priced orders have a maximum.
  if (
    intent.type === "LIMIT" &&
    Money.isPositive(instrument.maxNotional) &&
    Money.greaterThan(notional, instrument.maxNotional)
  ) {
    return Result.fail({ _tag: "NotionalTooLarge", maximum: instrument.maxNotional })
  }
  return Result.succeed(undefined)
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
