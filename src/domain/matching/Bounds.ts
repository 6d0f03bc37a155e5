// Filters' decimals as whole ticks and lots: lower bounds rounded up, upper bounds down, a zero switching its part off.
import type { Decimal } from "../Money.ts"
import * as Money from "../Money.ts"
import { WHOLE_RATE } from "./Amounts.ts"
import type { Amount } from "./Order.ts"

export interface Range {
  readonly low: number
  readonly high: number
}

const UNLIMITED = Number.MAX_SAFE_INTEGER
const UNIT = Money.decimal("0.00000001")

/** A bound as a number to compare safe integers with; what is beyond them compares the same when cut there. */
export const safe = (value: bigint): number => (value > BigInt(UNLIMITED) ? UNLIMITED : Number(value))

const up = (value: Decimal, step: Decimal): bigint =>
  Money.wholeUnits(value, step) + (Money.isMultipleOf(value, step) ? 0n : 1n)

/** Whole steps that are at least `bound`. */
export const atLeast = (bound: Decimal, step: Decimal): number => (Money.isPositive(bound) ? safe(up(bound, step)) : 0)

/** Whole steps that are at most `bound`. */
export const atMost = (bound: Decimal, step: Decimal): number =>
  Money.isPositive(bound) ? safe(Money.wholeUnits(bound, step)) : UNLIMITED

export const amountUp = (value: Decimal): Amount => up(value, UNIT)
export const amountDown = (value: Decimal): Amount => Money.wholeUnits(value, UNIT)

export const productAtLeast = (notional: Decimal, tick: Decimal, step: Decimal): bigint =>
  Money.isPositive(notional) ? up(notional, Money.multiply(tick, step)) : 0n

export const productAtMost = (notional: Decimal, tick: Decimal, step: Decimal): bigint =>
  Money.isPositive(notional) ? Money.wholeUnits(notional, Money.multiply(tick, step)) : 1n << 120n

/** A rate as parts of 10^-8; finer digits than the exchange's are dropped. */
export const rate = (value: Decimal): number => {
  const parts = Money.wholeUnits(value, UNIT)
  if (parts < 0n || parts > BigInt(WHOLE_RATE)) throw new Error(`not a commission rate: ${Money.format(value)}`)
  return Number(parts)
}

/** The smallest number of `step`s that is also a multiple of `coarse`; 1 where `coarse` is zero. */
export const stepsOf = (coarse: Decimal, step: Decimal): number => {
  if (!Money.isPositive(coarse)) return 1
  const scale = Money.decimal(`0.${"0".repeat(19)}1`)
  let a = Money.wholeUnits(coarse, scale)
  let b = Money.wholeUnits(step, scale)
  const whole = a
  while (b !== 0n) [a, b] = [b, a % b]
  return safe(whole / a)
}

/** Ticks between two multiples of a reference price, itself in units of 10^-8; without a reference everything is allowed. */
export const band = (reference: Amount, down: Decimal, upper: Decimal, tick: Decimal): Range => {
  if (reference === 0n) return { low: 0, high: UNLIMITED }
  const price = Money.fromUnits(reference, UNIT)
  return { low: atLeast(Money.multiply(price, down), tick), high: atMost(Money.multiply(price, upper), tick) }
}

/** Lots whose worth at a price is within two amounts; nothing is where there is a bound and no price. */
export const lotsWorth = (reference: Amount, min: Amount, max: Amount, step: Decimal): Range => {
  if (min === 0n && max === 0n) return { low: 0, high: UNLIMITED }
  if (reference === 0n) return { low: UNLIMITED, high: 0 }
  const perStep = Money.multiply(Money.fromUnits(reference, UNIT), step)
  return {
    low: atLeast(Money.fromUnits(min, UNIT), perStep),
    high: max === 0n ? UNLIMITED : atMost(Money.fromUnits(max, UNIT), perStep)
  }
}
