import { assert, describe, it } from "@effect/vitest"
import { Figures } from "../../../../src/adapters/paper/market/Figures.ts"
import { liquidPair } from "../../../../src/domain/Instrument.ts"
import { listingOf } from "../../../../src/domain/matching/Listing.ts"
import { decimal } from "../../../../src/domain/Money.ts"

const figures = (tickSize: string, stepSize: string) =>
  new Figures(
    listingOf(
      liquidPair({
        symbol: "X",
        baseAsset: "A",
        quoteAsset: "B",
        tickSize: decimal(tickSize),
        stepSize: decimal(stepSize)
      })
    )
  )

describe("figures on the wire", () => {
  it("are exact, with eight decimals", () => {
    const of = figures("0.01", "0.00001")
    assert.strictEqual(of.price(6_183_763), "61837.63000000")
    assert.strictEqual(of.quantity(1), "0.00001000")
    assert.strictEqual(of.quote(6_183_763n * 123n), "76.06028490")
    assert.strictEqual(of.priceChange(-5), "-0.05000000")
    assert.strictEqual(of.quote(2n ** 80n), "120892581961462917.47061760")
  })

  it("drop of an amount what is finer than eight decimals", () => {
    const of = figures("0.00000001", "0.1")
    assert.strictEqual(of.quote(19n), "0.00000001")
    assert.strictEqual(of.average(7n, 2), "0.00000003")
  })

  it("hold for steps that are no power of ten, and for whole ones", () => {
    const of = figures("0.5", "10")
    assert.strictEqual(of.price(3), "1.50000000")
    assert.strictEqual(of.quantity(3), "30.00000000")
    assert.strictEqual(of.quote(9n), "45.00000000")
    assert.strictEqual(of.average(9n, 3), "1.50000000")
  })

  it("round a per cent to three decimals, half away from zero", () => {
    const of = figures("0.01", "0.01")
    assert.deepStrictEqual(
      [
        [1, 3],
        [-1, 3],
        [2, 3],
        [-1, 200_000],
        [-1, 1_000_000],
        [0, 5],
        [5, 0]
      ].map(([change, from]) => of.percent(change!, from!)),
      ["33.333", "-33.333", "66.667", "-0.001", "0.000", "0.000", "0.000"]
    )
  })

  it("have no average where nothing traded", () => {
    assert.strictEqual(figures("0.01", "0.01").average(0n, 0), "0.00000000")
  })
})
