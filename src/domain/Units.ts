// Between the decimals of the wire and the integers of the book: "61837.63" is 6183763 ticks of 0.01, exactly, digit by digit.
import type { Instrument } from "./Instrument.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"

/** A step as `mantissa × 10^-decimals`: 0.01 is 1 and 2, 0.5 is 5 and 1. Both are small integers. */
export interface Grid {
  readonly mantissa: number
  readonly decimals: number
}

const MAX_DECIMALS = 20

/** The grid of a step size. A step of zero, or one whose digits outgrow a safe integer, is a defect: no exchange has one. */
export const grid = (step: Decimal): Grid => {
  const decimals = Money.decimalsOf(step)
  const mantissa = Money.toUnits(step, Money.decimal(decimals === 0 ? "1" : `0.${"0".repeat(decimals - 1)}1`))
  if (mantissa <= 0n || mantissa > BigInt(Number.MAX_SAFE_INTEGER) || decimals > MAX_DECIMALS) {
    throw new Error(`not a usable step: ${Money.format(step)}`)
  }
  return { mantissa: Number(mantissa), decimals }
}

export const priceGrid = (instrument: Pick<Instrument, "tickSize">): Grid => grid(instrument.tickSize)
export const quantityGrid = (instrument: Pick<Instrument, "stepSize">): Grid => grid(instrument.stepSize)

const ZERO = 48
const NINE = 57
const POINT = 46
/** Up to this, one more digit may still fit a safe integer; whether it did is seen at the end. */
const ROOM_FOR_A_DIGIT = Math.floor(Number.MAX_SAFE_INTEGER / 10)

/**
 * Whole units of a plain, unsigned decimal. `undefined` for what is no such decimal, lies off the grid, or would be more than a
 * safe integer. Zeros beyond the grid's decimals are allowed: Binance pads to eight.
 */
export const fromText = (text: string, onto: Grid): number | undefined => convert(text, onto, false)

/**
 * Like `fromText`, but what is finer than the grid is dropped. For sizes in a book: orders from before the exchange coarsened its step
 * rest in the sums of their levels, and only whole steps of them can be traded.
 */
export const wholeFromText = (text: string, onto: Grid): number | undefined => convert(text, onto, true)

const convert = (text: string, { mantissa, decimals }: Grid, dropFiner: boolean): number | undefined => {
  const length = text.length
  let value = 0
  let index = 0
  let code = 0
  for (; index < length && (code = text.charCodeAt(index)) !== POINT; index++) {
    if (code < ZERO || code > NINE || value > ROOM_FOR_A_DIGIT) return undefined
    value = value * 10 + (code - ZERO)
  }
  if (index === 0) return undefined
  let missing = decimals
  if (index < length) {
    index++
    if (index === length) return undefined
    for (; index < length; index++) {
      code = text.charCodeAt(index)
      if (code < ZERO || code > NINE) return undefined
      if (missing === 0) {
        if (code !== ZERO && !dropFiner) return undefined
      } else {
        if (value > ROOM_FOR_A_DIGIT) return undefined
        value = value * 10 + (code - ZERO)
        missing--
      }
    }
  }
  for (; missing > 0; missing--) {
    if (value > ROOM_FOR_A_DIGIT) return undefined
    value *= 10
  }
  if (value > Number.MAX_SAFE_INTEGER) return undefined
  if (mantissa === 1) return value
  const rest = value % mantissa
  return rest === 0 || dropFiner ? (value - rest) / mantissa : undefined
}

/** The inverse, with exactly the grid's decimals: 6183763 ticks of 0.01 are "61837.63". Units are unsigned and safe. */
export const toText = (units: number, { mantissa, decimals }: Grid): string => {
  const scaled = units * mantissa
  const digits = Number.isSafeInteger(scaled) ? String(scaled) : (BigInt(units) * BigInt(mantissa)).toString()
  if (decimals === 0) return digits
  const padded = digits.length > decimals ? digits : digits.padStart(decimals + 1, "0")
  const point = padded.length - decimals
  return `${padded.slice(0, point)}.${padded.slice(point)}`
}

/** Decimals a plain decimal needs, trailing zeros not counted: "61837.63000000" needs 2. `undefined` where it is none. */
export const decimalsOfText = (text: string): number | undefined => {
  if (!/^\d{1,20}(?:\.\d{1,20})?$/.test(text)) return undefined
  const point = text.indexOf(".")
  if (point === -1) return 0
  let end = text.length
  while (text.charCodeAt(end - 1) === ZERO) end--
  return Math.max(0, end - point - 1)
}
