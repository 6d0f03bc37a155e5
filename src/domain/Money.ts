// Exact decimal arithmetic for every price, quantity and amount. No binary float enters or leaves this file.
import * as BigDecimal from "effect/BigDecimal"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

export type Decimal = BigDecimal.BigDecimal

/** Decimal places kept where a division cannot be exact (average prices, proportional cost). */
export const DIVISION_SCALE = 18

/** At most 20 digits before and after the point, the range Binance accepts for numeric parameters (REST API, parameter rules). */
const PLAIN = /^-?\d{1,20}(?:\.\d{1,20})?$/

export const zero: Decimal = BigDecimal.make(0n, 0)

/** Reads plain decimal notation. `undefined` for anything else: exponents, NaN, blanks, more than 20 digits a side. */
export const parse = (text: string): Decimal | undefined => (PLAIN.test(text) ? fromPlain(text) : undefined)

const fromPlain = (text: string): Decimal => {
  const point = text.indexOf(".")
  return point === -1
    ? BigDecimal.make(BigInt(text), 0)
    : BigDecimal.make(BigInt(text.slice(0, point) + text.slice(point + 1)), text.length - point - 1)
}

/** A decimal written in the source or already checked. Throws on anything `parse` refuses. */
export const decimal = (text: string): Decimal => {
  const parsed = parse(text)
  if (parsed === undefined) throw new Error(`not a plain decimal: ${JSON.stringify(text.slice(0, 40))}`)
  return parsed
}

/** Plain notation without trailing zeros; never an exponent, so any reader (and Binance) accepts it. */
export const format = (value: Decimal): string => {
  if (value.value === 0n) return "0"
  const negative = value.value < 0n
  const digits = (negative ? -value.value : value.value).toString()
  const sign = negative ? "-" : ""
  if (value.scale <= 0) return sign + digits + "0".repeat(-value.scale)
  const padded = digits.length > value.scale ? digits : digits.padStart(value.scale + 1, "0")
  let end = padded.length
  const point = padded.length - value.scale
  while (end > point && padded.charCodeAt(end - 1) === 48) end--
  return sign + (end === point ? padded.slice(0, point) : `${padded.slice(0, point)}.${padded.slice(point, end)}`)
}

/** Exactly `scale` decimals, rounded half to even: what a screen shows for a price or a size. */
export const toFixed = (value: Decimal, scale: number): string => {
  const plain = format(round(value, scale))
  if (scale <= 0) return plain
  const point = plain.indexOf(".")
  return point === -1 ? `${plain}.${"0".repeat(scale)}` : plain.padEnd(point + 1 + scale, "0")
}

export const add = (a: Decimal, b: Decimal): Decimal => BigDecimal.sum(a, b)
export const subtract = (a: Decimal, b: Decimal): Decimal => BigDecimal.subtract(a, b)
export const multiply = (a: Decimal, b: Decimal): Decimal => BigDecimal.multiply(a, b)
export const negate = (a: Decimal): Decimal => BigDecimal.negate(a)
export const abs = (a: Decimal): Decimal => BigDecimal.abs(a)
export const isZero = (a: Decimal): boolean => a.value === 0n
export const isPositive = (a: Decimal): boolean => a.value > 0n
export const isNegative = (a: Decimal): boolean => a.value < 0n
export const sign = (a: Decimal): -1 | 0 | 1 => (a.value === 0n ? 0 : a.value < 0n ? -1 : 1)
export const compare = (a: Decimal, b: Decimal): -1 | 0 | 1 => BigDecimal.Order(a, b)
export const equals = (a: Decimal, b: Decimal): boolean => compare(a, b) === 0
export const lessThan = (a: Decimal, b: Decimal): boolean => compare(a, b) < 0
export const greaterThan = (a: Decimal, b: Decimal): boolean => compare(a, b) > 0
export const min = (a: Decimal, b: Decimal): Decimal => (compare(a, b) <= 0 ? a : b)
export const max = (a: Decimal, b: Decimal): Decimal => (compare(a, b) >= 0 ? a : b)

/** `a / b` rounded half to even at `scale` decimals. Dividing by zero is a defect: callers know their divisor. */
export const divide = (a: Decimal, b: Decimal, scale: number = DIVISION_SCALE): Decimal => {
  if (b.value === 0n) throw new Error("division by zero")
  // One digit beyond the wanted scale is not enough for half-even on a truncated quotient, so a sticky digit is added.
  const shift = scale + 2 + b.scale - a.scale
  const numerator = shift >= 0 ? a.value * powerOfTen(shift) : a.value / powerOfTen(-shift)
  const quotient = numerator / b.value
  const sticky = quotient * b.value === numerator ? 0n : numerator < 0n !== b.value < 0n ? -1n : 1n
  return BigDecimal.round(BigDecimal.make(quotient * 10n + sticky, scale + 3), { scale, mode: "half-even" })
}

/** Half to even at `scale` decimals. */
export const round = (a: Decimal, scale: number): Decimal => BigDecimal.round(a, { scale, mode: "half-even" })

/** Rounds towards zero at `scale` decimals, as Binance does with commissions. */
export const truncate = (a: Decimal, scale: number): Decimal => BigDecimal.truncate(a, scale)

/** Whether `value` lies on the grid of `step`, counted from zero (Binance LOT_SIZE, PRICE_FILTER). A zero step allows all. */
export const isMultipleOf = (value: Decimal, step: Decimal): boolean => {
  if (step.value === 0n) return true
  const scale = Math.max(value.scale, step.scale)
  return scaleTo(value, scale) % scaleTo(step, scale) === 0n
}

/** Decimals needed to write any multiple of `step`: 2 for 0.01, 0 for 1. */
export const decimalsOf = (step: Decimal): number => Math.max(0, BigDecimal.normalize(step).scale)

/** `value / step` as an integer. A value off the grid is a defect: filters were checked before. */
export const toUnits = (value: Decimal, step: Decimal): bigint => {
  const scale = Math.max(value.scale, step.scale)
  const units = scaleTo(step, scale)
  const total = scaleTo(value, scale)
  if (total % units !== 0n) throw new Error(`${format(value)} is not a multiple of ${format(step)}`)
  return total / units
}

/** How many whole steps fit into `value`, rounded towards zero. */
export const wholeUnits = (value: Decimal, step: Decimal): bigint => {
  const scale = Math.max(value.scale, step.scale)
  return scaleTo(value, scale) / scaleTo(step, scale)
}

export const fromUnits = (units: bigint, step: Decimal): Decimal => BigDecimal.make(units * step.value, step.scale)

/** Looked up, because every order needs a dozen of them. */
const POWERS = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent))

const powerOfTen = (exponent: number): bigint => POWERS[exponent] ?? 10n ** BigInt(exponent)

const scaleTo = (value: Decimal, scale: number): bigint => value.value * powerOfTen(scale - value.scale)

/** A decimal as it is written on the wire and in the journal: a string in plain notation. */
export const DecimalString = Schema.String.check(
  Schema.isPattern(PLAIN, { expected: "a plain decimal such as 0.015" })
).pipe(
  Schema.decodeTo(
    Schema.BigDecimal,
    SchemaTransformation.transform({ decode: fromPlain, encode: (value: Decimal) => format(value) })
  )
)
