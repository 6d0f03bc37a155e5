import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Money from "../../src/domain/Money.ts"
import type { Draft } from "../../web/store/Draft.ts"
import { preview, share, type Surroundings } from "../../web/store/Preview.ts"
import { symbol } from "../kit/PageSamples.ts"

const draft = (change: Partial<Draft> = {}): Draft => ({
  side: "BUY",
  type: "LIMIT",
  quantity: "0.05",
  price: "61000.1",
  timeInForce: "GTC",
  ...change
})
const around = (change: Partial<Surroundings> = {}): Surroundings => ({
  last: "61100",
  levels: [
    ["61100.5", "0.02"],
    ["61101", "1"]
  ],
  freeBase: "1",
  freeQuote: "100000",
  ...change
})
const text = (value: Money.Decimal | undefined) => (value === undefined ? undefined : Money.format(value))

describe("the preview of an order", () => {
  it("of a resting limit order is exact, with the maker's fee in what is bought", () => {
    const shown = preview(draft(), symbol, around())
    assert.strictEqual(text(shown.notional), "3050.005")
    assert.deepStrictEqual([shown.liquidity, text(shown.fee), shown.feeAsset], ["maker", "0.00004", "BTC"])
    assert.isFalse(shown.estimated)
    assert.isDefined(shown.intent)
  })

  it("of a limit order that reaches the other side is a taker's", () => {
    assert.strictEqual(preview(draft({ price: "61100.5" }), symbol, around()).liquidity, "taker")
  })

  it("of a market order walks the visible book", () => {
    const shown = preview(draft({ type: "MARKET", price: "" }), symbol, around())
    assert.strictEqual(text(shown.notional), "3055.04")
    assert.isTrue(shown.estimated)
  })

  it("of a sale charges the fee in what is received", () => {
    const shown = preview(draft({ side: "SELL", type: "MARKET" }), symbol, around({ levels: [["61000", "2"]] }))
    assert.deepStrictEqual([text(shown.fee), shown.feeAsset], ["3.05", "USDT"])
  })

  it.each([
    [{ quantity: "0.000001" }, "The quantity is too small: at least 0.00001.", "quantity"],
    [{ quantity: "0.000015" }, "The quantity must be a multiple of 0.00001.", "quantity"],
    [{ price: "61000.001" }, "The price must be a multiple of 0.01.", "price"],
    [{ quantity: "0.00001" }, "Price × quantity is too small: at least 5.", "quantity"],
    [{ quantity: "2" }, "Not enough USDT: 122000.2 needed, 100000 free.", "quantity"],
    [{ side: "SELL", quantity: "1.5" }, "Not enough BTC: 1.5 needed, 1 free.", "quantity"],
    [{ quantity: "1e3" }, "Quantity: that is not a number.", "quantity"],
    [{ quantity: "0,05" }, "Quantity: write decimals with a point and thousands without a comma.", "quantity"]
  ] as const)("refuses %j in the words of the desk", (change, problem, field) => {
    const shown = preview(draft(change), symbol, around())
    assert.deepStrictEqual([shown.problem, shown.field, shown.intent], [problem, field, undefined])
  })

  it("does not refuse for a balance that is not known yet", () => {
    assert.isDefined(preview(draft(), symbol, around({ freeQuote: undefined })).intent)
  })

  it("says nothing about empty fields, and sends nothing either", () => {
    const shown = preview(draft({ quantity: "" }), symbol, around())
    assert.deepStrictEqual([shown.problem, shown.intent], [undefined, undefined])
  })
})

const cents = (count: number) => Money.format(Money.fromUnits(BigInt(count), Money.decimal("0.01")))

describe("a share of the balance", () => {
  const Cents = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2_000_000_000 }))
  const step = Money.decimal(symbol.stepSize)

  it.prop("is the largest quantity on the step that the balance pays for", [Cents, Cents], ([price, free]) => {
    const quantity = Money.decimal(
      share(100, draft({ price: cents(price) }), symbol, around({ freeQuote: cents(free) }))!
    )
    const cost = (lots: Money.Decimal) => Money.multiply(lots, Money.decimal(cents(price)))
    assert.isTrue(Money.isMultipleOf(quantity, step))
    assert.isFalse(Money.greaterThan(cost(quantity), Money.decimal(cents(free))))
    assert.isTrue(Money.greaterThan(cost(Money.add(quantity, step)), Money.decimal(cents(free))))
  })

  it("of a market buy is priced at the worst level it would reach", () => {
    const levels: Surroundings["levels"] = [
      ["100", "1"],
      ["200", "5"]
    ]
    // 1,000 less the margin buys 1 at 100, or 4.99 at 200 each: the desk holds the worst price for all of it.
    const quantity = share(100, draft({ type: "MARKET" }), symbol, around({ levels, freeQuote: "1000" }))
    assert.strictEqual(quantity, "4.99")
  })

  it("of a sale is a share of what is owned, rounded down to the step", () => {
    assert.strictEqual(share(25, draft({ side: "SELL" }), symbol, around({ freeBase: "0.33333" })), "0.08333")
  })
})
