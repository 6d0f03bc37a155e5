// An instrument as the desk describes it, and as the house's own rules want it, so that the page says no in the same words.
import type { SymbolView } from "../../src/contract/Http.ts"
import type { Instrument } from "../../src/domain/Instrument.ts"
import * as Money from "../../src/domain/Money.ts"

export const instrumentOf = (view: SymbolView): Instrument => ({
  symbol: view.symbol,
  baseAsset: view.baseAsset,
  quoteAsset: view.quoteAsset,
  trading: view.trading,
  tickSize: Money.decimal(view.tickSize),
  minPrice: Money.decimal(view.minPrice),
  maxPrice: Money.decimal(view.maxPrice),
  stepSize: Money.decimal(view.stepSize),
  minQuantity: Money.decimal(view.minQuantity),
  maxQuantity: Money.decimal(view.maxQuantity),
  maxMarketQuantity: Money.zero,
  minNotional: Money.decimal(view.minNotional),
  maxNotional: Money.zero,
  bidMultiplierUp: Money.zero,
  bidMultiplierDown: Money.zero,
  askMultiplierUp: Money.zero,
  askMultiplierDown: Money.zero,
  maxOpenOrders: Number.MAX_SAFE_INTEGER,
  makerFeeRate: Money.decimal(view.makerFeeRate),
  takerFeeRate: Money.decimal(view.takerFeeRate),
  allows: view.allows
})
