import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Money from "../../src/domain/Money.ts"
import * as Units from "../../src/domain/Units.ts"

const cents = Units.grid(Money.decimal("0.01"))
const halves = Units.grid(Money.decimal("0.5"))
const tens = Units.grid(Money.decimal("10"))

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9_000_000_000 }))
const Step = Schema.Literals(["0.00000001", "0.0005", "0.01", "0.5", "1", "10", "25"])

describe("Units", () => {
  it("converts the padded decimals of the wire to whole units and back", () => {
    assert.strictEqual(Units.fromText("61837.63000000", cents), 6_183_763)
    assert.strictEqual(Units.toText(6_183_763, cents), "61837.63")
    assert.strictEqual(Units.fromText("7", cents), 700)
    assert.strictEqual(Units.fromText("0.00000000", cents), 0)
    assert.strictEqual(Units.fromText("12.5", halves), 25)
    assert.strictEqual(Units.toText(25, halves), "12.5")
    assert.strictEqual(Units.fromText("61830", tens), 6_183)
  })

  it("refuses what lies off the grid", () => {
    assert.isUndefined(Units.fromText("0.001", cents))
    assert.isUndefined(Units.fromText("12.4", halves))
    assert.isUndefined(Units.fromText("61831", tens))
  })

  it("drops what is finer than the grid only where it is asked to", () => {
    assert.strictEqual(Units.wholeFromText("25.426189", cents), 2_542)
    assert.strictEqual(Units.wholeFromText("12.4", halves), 24)
    assert.isUndefined(Units.wholeFromText("12.4x", halves))
  })

  it("refuses what is no plain unsigned decimal", () => {
    for (const text of ["", ".", ".5", "5.", "-1", "+1", "1e3", " 1", "1 ", "1.2.3", "NaN", "Infinity", "1,5"]) {
      assert.isUndefined(Units.fromText(text, cents), text)
      assert.isUndefined(Units.wholeFromText(text, cents), text)
    }
  })

  it("refuses what would be more than a safe integer instead of rounding it", () => {
    assert.strictEqual(Units.fromText("90071992547409.91", cents), Number.MAX_SAFE_INTEGER)
    assert.isUndefined(Units.fromText("90071992547410.01", cents))
    assert.isUndefined(Units.fromText("9".repeat(400), cents))
  })

  it("takes no step of zero", () => {
    assert.throws(() => Units.grid(Money.zero))
  })

  it("knows how many decimals a decimal needs", () => {
    assert.strictEqual(Units.decimalsOfText("61837.63000000"), 2)
    assert.strictEqual(Units.decimalsOfText("5.00000000"), 0)
    assert.strictEqual(Units.decimalsOfText("17"), 0)
    assert.isUndefined(Units.decimalsOfText("1e5"))
  })

  it.prop("agrees with exact decimal arithmetic in both directions", [Count, Step], ([count, step]) => {
    const decimal = Money.decimal(step)
    const grid = Units.grid(decimal)
    const text = Units.toText(count, grid)
    assert.isTrue(Money.equals(Money.decimal(text), Money.fromUnits(BigInt(count), decimal)))
    assert.strictEqual(Units.fromText(text, grid), count)
  })
})
