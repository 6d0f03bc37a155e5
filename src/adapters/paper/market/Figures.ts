// One symbol's integers as the wire prints them: exact decimals, padded to eight places as Binance pads them.
import type { Listing } from "../../../domain/matching/Listing.ts"
import { AMOUNT_DECIMALS } from "../../../domain/matching/Order.ts"
import { priceGrid, quantityGrid } from "../../../domain/Units.ts"
import { amountText, Scale } from "../wire/Scale.ts"

export class Figures {
  private readonly scale: Scale
  /** `tick × lot` is this many 10^-8 of the quote asset, or that part of one. */
  private readonly quoteFactor: bigint
  private readonly quoteDivisor: bigint
  private readonly tickUnits: bigint

  constructor(listing: Listing) {
    this.scale = new Scale(listing)
    const prices = priceGrid(listing.instrument)
    const quantities = quantityGrid(listing.instrument)
    const decimals = prices.decimals + quantities.decimals
    const mantissa = BigInt(prices.mantissa) * BigInt(quantities.mantissa)
    this.quoteFactor = mantissa * 10n ** BigInt(Math.max(0, AMOUNT_DECIMALS - decimals))
    this.quoteDivisor = 10n ** BigInt(Math.max(0, decimals - AMOUNT_DECIMALS))
    this.tickUnits = BigInt(prices.mantissa) * 10n ** BigInt(Math.max(0, AMOUNT_DECIMALS - prices.decimals))
  }

  price(ticks: number): string {
    return this.scale.price(ticks)
  }

  quantity(lots: number): string {
    return this.scale.quantity(lots)
  }

  /** Of `tick × lot`; what is finer than 10^-8 is dropped. */
  quote(units: bigint): string {
    return amountText((units * this.quoteFactor) / this.quoteDivisor)
  }

  /** A difference of prices, with its sign. */
  priceChange(ticks: number): string {
    return ticks < 0 ? `-${this.price(-ticks)}` : this.price(ticks)
  }

  /** Per cent of `from`, three decimals, rounded half away from zero; "0.000" where `from` is no price. */
  percent(ticks: number, from: number): string {
    if (from === 0) return "0.000"
    const scaled = BigInt(Math.abs(ticks)) * 200_000n
    const thousandths = (scaled / BigInt(from) + 1n) / 2n
    const digits = thousandths.toString().padStart(4, "0")
    const sign = ticks < 0 && thousandths > 0n ? "-" : ""
    return `${sign}${digits.slice(0, -3)}.${digits.slice(-3)}`
  }

  /** Average price of what traded: `tick × lot` over lots, eight decimals, the rest dropped; zero where nothing traded. */
  average(units: bigint, lots: number): string {
    return amountText(lots === 0 ? 0n : (units * this.tickUnits) / BigInt(lots))
  }
}
