// Exact arithmetic on amounts: 64-bit integers, which the JavaScript engine computes in registers when told so by `BigInt.asIntN`.
import type { Instrument } from "../Instrument.ts"
import { type Grid, priceGrid, quantityGrid } from "../Units.ts"
import { AMOUNT_DECIMALS, type Amount } from "./Order.ts"

/** No asset has more than this many units of 10^-8 in the whole exchange, so that no sum leaves 64 bits. */
export const AMOUNT_LIMIT: Amount = 9_200_000_000_000_000_000n

/** Stands for any amount beyond the limit: nobody can hold or owe it. */
export const BEYOND_LIMIT: Amount = AMOUNT_LIMIT + 1n

/** One, in the unit of commission rates. */
export const WHOLE_RATE = 100_000_000
const RATE_PARTS = 100_000_000n

/** Which of the two words of a 64-bit integer is the upper one on this machine. */
export const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0

const TWO_52 = 4_503_599_627_370_496
const float = new Float64Array(1)
const whole = new BigInt64Array(float.buffer)
/** The bits of a double that is 2^52: those of 2^52 + n are n more. */
const BITS_OF_TWO_52 = 0x4330_0000_0000_0000n

/** A non-negative safe integer as an amount. Through memory: `BigInt(n)` costs five times as much. */
export const fromSafe = (value: number): Amount => {
  if (value >= TWO_52) return BigInt(value)
  float[0] = value + TWO_52
  return BigInt.asIntN(64, whole[0]! - BITS_OF_TWO_52)
}

/** `rate` parts of 10^-8 of an amount, rounded down. */
export const share = (amount: Amount, rate: number): Amount => {
  if (rate === 0) return 0n
  const parts = fromSafe(rate)
  const wholes = BigInt.asIntN(64, amount / RATE_PARTS)
  const rest = BigInt.asIntN(64, amount - BigInt.asIntN(64, wholes * RATE_PARTS))
  return BigInt.asIntN(
    64,
    BigInt.asIntN(64, wholes * parts) + BigInt.asIntN(64, BigInt.asIntN(64, rest * parts) / RATE_PARTS)
  )
}

const powerOfTen = (exponent: number): number => Number(`1e${exponent}`)

/** Between an instrument's ticks and lots and the amounts of its assets. */
export class Scale {
  readonly price: Grid
  readonly quantity: Grid
  /** Base units of one lot. */
  readonly lotUnits: number
  /** Quote units of one tick times one lot are `quoteUnits / quoteDivisor`, one of which is 1. */
  readonly quoteUnits: number
  readonly quoteDivisor: number

  constructor(instrument: Instrument) {
    this.price = priceGrid(instrument)
    this.quantity = quantityGrid(instrument)
    if (this.quantity.decimals > AMOUNT_DECIMALS) throw new Error(`${instrument.symbol}: a step finer than 10^-8`)
    this.lotUnits = this.quantity.mantissa * powerOfTen(AMOUNT_DECIMALS - this.quantity.decimals)
    const exponent = AMOUNT_DECIMALS - this.price.decimals - this.quantity.decimals
    const mantissa = this.price.mantissa * this.quantity.mantissa
    this.quoteUnits = exponent >= 0 ? mantissa * powerOfTen(exponent) : mantissa
    this.quoteDivisor = exponent >= 0 ? 1 : powerOfTen(-exponent)
    for (const factor of [this.lotUnits, this.quoteUnits, this.quoteDivisor]) {
      if (!Number.isSafeInteger(factor))
        throw new Error(`${instrument.symbol}: tick and step are too coarse for amounts`)
    }
  }

  /** Whether amounts of both mean the same. */
  equals(that: Scale): boolean {
    return (
      this.price.mantissa === that.price.mantissa &&
      this.price.decimals === that.price.decimals &&
      this.quantity.mantissa === that.quantity.mantissa &&
      this.quantity.decimals === that.quantity.decimals
    )
  }

  baseOf(lots: number): Amount {
    const units = lots * this.lotUnits
    return units <= Number.MAX_SAFE_INTEGER ? fromSafe(units) : atMostBeyond(BigInt(lots) * BigInt(this.lotUnits))
  }

  /** Price times quantity, rounded down to 10^-8. */
  quoteOf(ticks: number, lots: number): Amount {
    const units = ticks * lots * this.quoteUnits
    if (units > Number.MAX_SAFE_INTEGER) return this.largeQuoteOf(ticks, lots)
    if (this.quoteDivisor === 1) return fromSafe(units)
    return fromSafe((units - (units % this.quoteDivisor)) / this.quoteDivisor)
  }

  /** The most lots whose price at `ticks` is within `quote`. */
  lotsFor(ticks: number, quote: Amount): number {
    const perLot = BigInt(ticks) * BigInt(this.quoteUnits)
    const lots = ((quote + 1n) * BigInt(this.quoteDivisor) - 1n) / perLot
    return lots > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(lots)
  }

  private largeQuoteOf(ticks: number, lots: number): Amount {
    return atMostBeyond((BigInt(ticks) * BigInt(lots) * BigInt(this.quoteUnits)) / BigInt(this.quoteDivisor))
  }
}

const atMostBeyond = (amount: Amount): Amount => (amount > AMOUNT_LIMIT ? BEYOND_LIMIT : amount)
