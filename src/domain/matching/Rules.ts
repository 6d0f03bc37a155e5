// A listing compiled for the hot path: every filter as bounds in whole ticks and lots. What depends on the reference price is computed
// again only when that changes. Source of the rules: Binance Spot, "Filters".
import type { Side } from "../Order.ts"
import { Scale } from "./Amounts.ts"
import * as Bounds from "./Bounds.ts"
import type { Listing } from "./Listing.ts"
import { isContingent, isMarket, firesOnRise, type OpenOrder } from "./OpenOrder.ts"
import type { Amount } from "./Order.ts"
import * as Rejection from "./Rejection.ts"

const UNLIMITED = Number.MAX_SAFE_INTEGER
const MAX_SAFE_PRODUCT = Number.MAX_SAFE_INTEGER

export class Rules {
  readonly listing: Listing
  readonly scale: Scale
  readonly makerRate: number
  readonly takerRate: number
  readonly trading: boolean
  readonly cancelling: boolean
  private readonly minTicks: number
  private readonly maxTicks: number
  readonly minLots: number
  private readonly maxLots: number
  private readonly minMarketLots: number
  private readonly maxMarketLots: number
  private readonly marketLotsStep: number
  /** NOTIONAL as bounds of ticks × lots. */
  private readonly minProduct: bigint
  private readonly maxProduct: bigint
  private readonly minProductSafe: number
  private readonly maxProductSafe: number
  private readonly minNotional: Amount
  private readonly maxNotional: Amount
  readonly maxPositionLots: number
  readonly limitsExchange: boolean
  private readonly maxBaseLots: number
  /** 0n for none. */
  private readonly maxQuote: Amount
  readonly limitsPosition: boolean
  private reference: Amount = 0n
  private readonly bands: { readonly BUY: Bounds.Range; readonly SELL: Bounds.Range } = {
    BUY: { low: 0, high: UNLIMITED },
    SELL: { low: 0, high: UNLIMITED }
  }
  private readonly marketNotional: Bounds.Range = { low: 0, high: UNLIMITED }

  constructor(listing: Listing, cancelWhileHalted: boolean) {
    const { instrument } = listing
    this.listing = listing
    this.scale = new Scale(instrument)
    this.makerRate = Bounds.rate(instrument.makerFeeRate)
    this.takerRate = Bounds.rate(instrument.takerFeeRate)
    this.trading = listing.status === "TRADING"
    this.cancelling = this.trading || listing.status === "CANCEL_ONLY" || cancelWhileHalted
    const { tickSize, stepSize } = instrument
    this.minTicks = Math.max(1, Bounds.atLeast(instrument.minPrice, tickSize))
    this.maxTicks = Bounds.atMost(instrument.maxPrice, tickSize)
    this.minLots = Math.max(1, Bounds.atLeast(instrument.minQuantity, stepSize))
    this.maxLots = Bounds.atMost(instrument.maxQuantity, stepSize)
    this.minMarketLots = Math.max(1, Bounds.atLeast(listing.minMarketQuantity, stepSize))
    this.maxMarketLots = Bounds.atMost(instrument.maxMarketQuantity, stepSize)
    this.marketLotsStep = Bounds.stepsOf(listing.marketStep, stepSize)
    this.maxPositionLots = Bounds.atMost(listing.maxPosition, stepSize)
    this.limitsExchange = Object.values(listing.exchange).some((limit) => limit !== 0)
    this.maxBaseLots = Bounds.atMost(listing.maxBase, stepSize)
    this.maxQuote = Bounds.amountDown(listing.maxQuote)
    this.limitsPosition = this.maxPositionLots !== UNLIMITED
    this.minNotional = Bounds.amountUp(instrument.minNotional)
    this.maxNotional = Bounds.amountDown(instrument.maxNotional)
    this.minProduct = Bounds.productAtLeast(instrument.minNotional, tickSize, stepSize)
    this.maxProduct = Bounds.productAtMost(instrument.maxNotional, tickSize, stepSize)
    this.minProductSafe = Bounds.safe(this.minProduct)
    this.maxProductSafe = Bounds.safe(this.maxProduct)
    this.refer(this.reference)
  }

  /** What needs nothing but the order, the symbol and the reference price, in the order of BINANCE's own checks. */
  check(order: OpenOrder, reference: Amount): Rejection.Rejection | undefined {
    return this.checkSupport(order) ?? this.checkShape(order) ?? this.checkFilters(order, reference)
  }

  private checkSupport(order: OpenOrder): Rejection.Rejection | undefined {
    const { listing } = this
    if (!this.trading) return Rejection.marketClosed
    if (!listing.orderTypes.has(order.type)) return Rejection.typeUnsupported(order.type)
    if (order.icebergLots > 0 && !listing.icebergAllowed) return Rejection.icebergUnsupported
    if (order.trailingBips > 0 && !listing.trailingAllowed) return Rejection.trailingUnsupported
    if (order.quote > 0n && !listing.quoteOrderQtyAllowed) return Rejection.quoteUnsupported
    if (!listing.allowedStps.has(order.stp)) return Rejection.invalidStp
    return undefined
  }

  /** Whether the type and its parameters fit together (REST API, "New order", mandatory parameters). */
  private checkShape(order: OpenOrder): Rejection.Rejection | undefined {
    const { type } = order
    const contingent = isContingent(type)
    const market = isMarket(type)
    if (order.quote < 0n || (order.quote > 0n && (type !== "MARKET" || order.lots !== 0))) {
      return Rejection.unsupportedCombination
    }
    if (order.quote === 0n && !(Number.isSafeInteger(order.lots) && order.lots > 0)) return Rejection.invalidQuantity
    if (market ? order.ticks !== 0 : !(Number.isSafeInteger(order.ticks) && order.ticks > 0)) {
      return market ? Rejection.unsupportedCombination : Rejection.invalidPrice
    }
    if (
      contingent ? order.stopTicks === 0 && order.trailingBips === 0 : order.stopTicks !== 0 || order.trailingBips !== 0
    ) {
      return Rejection.unsupportedCombination
    }
    if (order.timeInForce !== "GTC" && (market || type === "LIMIT_MAKER")) return Rejection.unsupportedCombination
    if (order.icebergLots > 0) {
      if (market || order.timeInForce !== "GTC") return Rejection.unsupportedCombination
      if (order.icebergLots >= order.lots) return Rejection.icebergTooLarge
    }
    return undefined
  }

  private checkFilters(order: OpenOrder, reference: Amount): Rejection.Rejection | undefined {
    this.judgeBy(reference)
    const { ticks, stopTicks } = order
    if (ticks !== 0) {
      if (ticks < this.minTicks || ticks > this.maxTicks) return Rejection.filterFailure("PRICE_FILTER")
      const band = order.side === "BUY" ? this.bands.BUY : this.bands.SELL
      if (ticks < band.low || ticks > band.high) return Rejection.filterFailure("PERCENT_PRICE_BY_SIDE")
    }
    if (
      stopTicks !== 0 &&
      (stopTicks < this.minTicks || stopTicks > this.maxTicks || !Number.isSafeInteger(stopTicks))
    ) {
      return Rejection.filterFailure("PRICE_FILTER")
    }
    return this.checkQuantity(order, order.lots) ?? this.checkAsset(order) ?? this.checkTrailing(order)
  }

  /** MAX_ASSET. What a MARKET order by quantity costs is not known before it trades: only its base is judged. */
  private checkAsset({ lots, quote, ticks }: OpenOrder): Rejection.Rejection | undefined {
    const tooMuchBase = lots > this.maxBaseLots
    const worth = ticks === 0 || this.maxQuote === 0n ? quote : this.scale.quoteOf(ticks, lots)
    const tooMuchQuote = this.maxQuote !== 0n && worth > this.maxQuote
    return tooMuchBase || tooMuchQuote ? Rejection.filterFailure("MAX_ASSET") : undefined
  }

  /** LOT_SIZE, MARKET_LOT_SIZE, NOTIONAL and ICEBERG_PARTS: what an amend must pass again. */
  checkQuantity(order: OpenOrder, lots: number): Rejection.Rejection | undefined {
    const { icebergLots } = order
    if (order.quote > 0n) return this.checkQuote(order.quote)
    if (lots < this.minLots || lots > this.maxLots) return Rejection.filterFailure("LOT_SIZE")
    if (isMarket(order.type)) {
      const { minMarketLots, maxMarketLots, marketLotsStep } = this
      if (order.type === "MARKET" && (lots < minMarketLots || lots > maxMarketLots || lots % marketLotsStep !== 0)) {
        return Rejection.filterFailure("MARKET_LOT_SIZE")
      }
      if (!this.marketNotionalFits(lots)) return Rejection.filterFailure("NOTIONAL")
    } else if (!this.notionalFits(order.ticks, lots)) return Rejection.filterFailure("NOTIONAL")
    if (icebergLots !== 0) {
      if (icebergLots < this.minLots || icebergLots > this.maxLots) return Rejection.filterFailure("LOT_SIZE")
      if (Math.ceil(lots / icebergLots) > this.listing.icebergParts) return Rejection.filterFailure("ICEBERG_PARTS")
    }
    return undefined
  }

  private checkTrailing(order: OpenOrder): Rejection.Rejection | undefined {
    if (order.trailingBips === 0) return undefined
    const bounds = firesOnRise(order.type, order.side) ? this.listing.trailingAbove : this.listing.trailingBelow
    return order.trailingBips < bounds.min || order.trailingBips > bounds.max
      ? Rejection.filterFailure("TRAILING_DELTA")
      : undefined
  }

  private notionalFits(ticks: number, lots: number): boolean {
    const product = ticks * lots
    if (product <= MAX_SAFE_PRODUCT) return product >= this.minProductSafe && product <= this.maxProductSafe
    const exact = BigInt(ticks) * BigInt(lots)
    return exact >= this.minProduct && exact <= this.maxProduct
  }

  /** Without an average price there is nothing to judge a MARKET order by: it cannot be placed. */
  private marketNotionalFits(lots: number): boolean {
    return lots >= this.marketNotional.low && lots <= this.marketNotional.high
  }

  private checkQuote(quote: Amount): Rejection.Rejection | undefined {
    const { minNotionalToMarket, maxNotionalToMarket } = this.listing
    const tooSmall = minNotionalToMarket && quote < this.minNotional
    const tooLarge = maxNotionalToMarket && this.maxNotional > 0n && quote > this.maxNotional
    return tooSmall || tooLarge ? Rejection.filterFailure("NOTIONAL") : undefined
  }

  /** The reference price of what is checked next. */
  judgeBy(reference: Amount): void {
    if (reference !== this.reference) this.refer(reference)
  }

  private refer(reference: Amount): void {
    const { instrument, minNotionalToMarket, maxNotionalToMarket } = this.listing
    this.reference = reference
    const band = (side: Side) =>
      side === "BUY"
        ? Bounds.band(reference, instrument.bidMultiplierDown, instrument.bidMultiplierUp, instrument.tickSize)
        : Bounds.band(reference, instrument.askMultiplierDown, instrument.askMultiplierUp, instrument.tickSize)
    Object.assign(this.bands, { BUY: band("BUY"), SELL: band("SELL") })
    Object.assign(
      this.marketNotional,
      Bounds.lotsWorth(
        reference,
        minNotionalToMarket ? this.minNotional : 0n,
        maxNotionalToMarket ? this.maxNotional : 0n,
        instrument.stepSize
      )
    )
  }
}
