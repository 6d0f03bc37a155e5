import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Fill } from "../../src/domain/Fill.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Side } from "../../src/domain/Order.ts"
import * as Position from "../../src/domain/Position.ts"
import { btcusdt } from "../kit/Trading.ts"

const { decimal, format } = Money

const fill = (price: string, quantity: string, fee = "0", feeAsset = "USDT"): Fill => ({
  tradeId: "1",
  price: decimal(price),
  quantity: decimal(quantity),
  fee: decimal(fee),
  feeAsset,
  liquidity: "taker",
  at: 0
})

const fold = (fills: ReadonlyArray<readonly [Side, Fill]>) =>
  fills.reduce((position, [side, one]) => Position.book(position, side, one, btcusdt), Position.flat("BTCUSDT"))

const entry = (position: Position.Position) => format(Position.averageEntry(position) ?? Money.zero)

describe("Position", () => {
  it("averages the entry over what was bought and keeps it while part is sold", () => {
    const bought = fold([
      ["BUY", fill("100", "1")],
      ["BUY", fill("200", "3")]
    ])
    assert.strictEqual(entry(bought), "175")
    const sold = Position.book(bought, "SELL", fill("275", "2"), btcusdt)
    assert.strictEqual(entry(sold), "175")
    assert.strictEqual(format(sold.realised), "200")
    assert.strictEqual(format(Position.unrealised(sold, decimal("275"))), "200")
  })

  it("reverses through zero: the old cost is realised, the rest starts at the fill's price", () => {
    const short = fold([
      ["BUY", fill("100", "1")],
      ["SELL", fill("150", "3")]
    ])
    assert.strictEqual(format(short.quantity), "-2")
    assert.strictEqual(entry(short), "150")
    assert.strictEqual(format(short.realised), "50")
    assert.strictEqual(format(Position.unrealised(short, decimal("140"))), "20")
  })

  it("owns less than it bought when the commission is taken in the base asset", () => {
    const position = fold([["BUY", fill("60000", "0.01", "0.00001", "BTC")]])
    assert.strictEqual(format(position.quantity), "0.00999")
    assert.strictEqual(format(position.realised), "-0.6")
    assert.strictEqual(format(position.fees["BTC"] ?? Money.zero), "0.00001")
  })

  const Step = Schema.Struct({
    buy: Schema.Boolean,
    ticks: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9_999_999 })),
    lots: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 999_999 }))
  })

  it.prop("profit equals the change of wealth, whatever the fills and the mark", [Schema.Array(Step)], ([steps]) => {
    let cash = Money.zero
    let coins = Money.zero
    const fills = steps.map(({ buy, lots, ticks }, index): readonly [Side, Fill] => {
      const price = Money.multiply(decimal(String(ticks)), decimal("0.01"))
      const quantity = Money.multiply(decimal(String(lots)), decimal("0.00001"))
      const quote = Money.multiply(price, quantity)
      const fee = Money.truncate(Money.multiply(buy ? quantity : quote, decimal("0.001")), 8)
      cash = buy ? Money.subtract(cash, quote) : Money.add(cash, Money.subtract(quote, fee))
      coins = buy ? Money.add(coins, Money.subtract(quantity, fee)) : Money.subtract(coins, quantity)
      return [
        buy ? "BUY" : "SELL",
        { tradeId: String(index), price, quantity, fee, feeAsset: buy ? "BTC" : "USDT", liquidity: "taker", at: 0 }
      ]
    })
    const position = fold(fills)
    const mark = decimal("61234.56")
    const wealth = Money.add(cash, Money.multiply(coins, mark))
    const profit = Money.add(position.realised, Position.unrealised(position, mark))
    assert.strictEqual(format(position.quantity), format(coins))
    assert.strictEqual(format(profit), format(wealth))
  })
})
