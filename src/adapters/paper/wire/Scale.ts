// Whole ticks, lots and units as Binance prints them: plain decimals with eight places.
import type { Instrument } from "../../../domain/Instrument.ts"
import type { Listing } from "../../../domain/matching/Listing.ts"
import { AMOUNT_DECIMALS, type Amount } from "../../../domain/matching/Order.ts"
import { type Grid, priceGrid, quantityGrid, toText } from "../../../domain/Units.ts"

export const ZERO = "0.00000000"

const ZEROS = "00000000"

/** A grid finer than eight places keeps its own. */
const padded = (units: number, grid: Grid): string => {
  const text = toText(units, grid)
  if (grid.decimals >= AMOUNT_DECIMALS) return text
  return grid.decimals === 0 ? `${text}.${ZEROS}` : text + ZEROS.slice(grid.decimals)
}

/** Units of 10^-8 of an asset, of either sign. */
export const amountText = (amount: Amount): string => {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(AMOUNT_DECIMALS + 1, "0")
  const point = digits.length - AMOUNT_DECIMALS
  return `${amount < 0n ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The units of one symbol. */
export class Scale {
  readonly instrument: Instrument
  private readonly prices: Grid
  private readonly quantities: Grid

  constructor({ instrument }: Listing) {
    this.instrument = instrument
    this.prices = priceGrid(instrument)
    this.quantities = quantityGrid(instrument)
  }

  price(ticks: number): string {
    return ticks === 0 ? ZERO : padded(ticks, this.prices)
  }

  quantity(lots: number): string {
    return lots === 0 ? ZERO : padded(lots, this.quantities)
  }

  /** Quote units (10^-8) of so many lots at so many ticks, what lies below a unit cut off. */
  quote(ticks: number, lots: number): Amount {
    const decimals = this.prices.decimals + this.quantities.decimals
    const product = BigInt(ticks) * BigInt(this.prices.mantissa) * BigInt(lots) * BigInt(this.quantities.mantissa)
    return decimals <= AMOUNT_DECIMALS
      ? product * 10n ** BigInt(AMOUNT_DECIMALS - decimals)
      : product / 10n ** BigInt(decimals - AMOUNT_DECIMALS)
  }
}
