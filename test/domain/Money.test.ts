import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Money from "../../src/domain/Money.ts"

const Units = Schema.Int.check(Schema.isBetween({ minimum: -1_000_000_000, maximum: 1_000_000_000 }))
const Scale = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))

const of = (units: number, scale: number) =>
  Money.multiply(Money.decimal(String(units)), Money.decimal(scale === 0 ? "1" : `0.${"0".repeat(scale - 1)}1`))

describe("Money", () => {
  it("refuses whatever is not plain decimal notation", () => {
    for (const text of ["", " 1", "1 ", "NaN", "Infinity", "1e400", "1e-7", "0x10", ".5", "5.", "+1", "1,5", "--1"]) {
      assert.isUndefined(Money.parse(text), text)
    }
    assert.isUndefined(Money.parse("1".repeat(21)))
    assert.isUndefined(Money.parse(`0.${"1".repeat(21)}`))
  })

  it("writes plain notation without trailing zeros and never an exponent", () => {
    const cases = [
      ["61837.63000000", "61837.63"],
      ["0.00000001", "0.00000001"],
      ["-0.0500", "-0.05"],
      ["100", "100"],
      ["0.000", "0"],
      ["-0", "0"],
      ["0.00000000000000000001", "0.00000000000000000001"]
    ] as const
    for (const [given, written] of cases) assert.strictEqual(Money.format(Money.decimal(given)), written)
  })

  it.prop("reads back exactly what it writes", [Units, Scale], ([units, scale]) => {
    const value = of(units, scale)
    assert.isTrue(Money.equals(Money.decimal(Money.format(value)), value))
  })

  it.prop("divides to the nearest representable quotient", [Units, Scale, Units], ([units, scale, by]) => {
    if (by === 0) return
    const divisor = Money.decimal(String(by))
    const quotient = Money.divide(of(units, scale), divisor, 8)
    const error = Money.abs(Money.subtract(of(units, scale), Money.multiply(quotient, divisor)))
    // Half a unit of the last place of the quotient, times the divisor.
    assert.isTrue(
      Money.compare(error, Money.multiply(Money.decimal("0.000000005"), Money.abs(divisor))) <= 0,
      `${units} / ${by}`
    )
  })

  it("rounds a half to the even neighbour", () => {
    assert.strictEqual(Money.format(Money.divide(Money.decimal("1"), Money.decimal("8"), 2)), "0.12")
    assert.strictEqual(Money.format(Money.divide(Money.decimal("3"), Money.decimal("8"), 2)), "0.38")
    assert.strictEqual(Money.toFixed(Money.decimal("1.005"), 2), "1.00")
    assert.strictEqual(Money.toFixed(Money.decimal("1.015"), 2), "1.02")
    assert.strictEqual(Money.toFixed(Money.decimal("12"), 2), "12.00")
  })

  it("knows whether a value lies on a grid", () => {
    assert.isTrue(Money.isMultipleOf(Money.decimal("0.015"), Money.decimal("0.005")))
    assert.isFalse(Money.isMultipleOf(Money.decimal("0.0151"), Money.decimal("0.005")))
    assert.isTrue(Money.isMultipleOf(Money.decimal("7"), Money.zero))
  })
})
