import { assert, describe, it } from "@effect/vitest"
import { decimal } from "../../src/domain/Money.ts"
import * as Figure from "../../web/ui/Figure.ts"

describe("figures", () => {
  it.each([
    ["61685.99", 2, "61,685.99"],
    ["61685", 2, "61,685.00"],
    ["1234567.5", 2, "1,234,567.50"],
    ["0.000015", 5, "0.00002"],
    ["-1234.5", 2, "-1,234.50"],
    ["999", 0, "999"],
    ["not known", 2, "not known"]
  ] as const)("show %s with %i decimals as %s", (text, decimals, shown) => {
    assert.strictEqual(Figure.fixed(text, decimals), shown)
  })

  it("carry their sign, except a nought that rounding made", () => {
    assert.strictEqual(Figure.signed(decimal("80.394"), 2), "+80.39")
    assert.strictEqual(Figure.signed(decimal("-3.1"), 2), "−3.10")
    assert.strictEqual(Figure.signed(decimal("-0.001"), 2), "0.00")
  })

  it("fit a narrow column, whatever their size", () => {
    const brief = (text: string, decimals: number) => Figure.brief(decimal(text), decimals)
    assert.strictEqual(brief("0.52345", 5), "0.523")
    assert.strictEqual(brief("1204.55", 5), "1,204.55")
    assert.strictEqual(brief("559714", 0), "559,714")
    assert.strictEqual(brief("12345678", 0), "12.35M")
    assert.strictEqual(brief("0", 5), "0.000")
  })

  it("state a rate as per cent", () => {
    assert.strictEqual(Figure.percent(decimal("0.001")), "0.10 %")
  })
})
