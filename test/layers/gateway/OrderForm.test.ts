import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import type { OrderInput } from "../../../src/contract/OrderInputs.ts"
import { format } from "../../../src/domain/Money.ts"
import { FreshIds } from "../../../src/layers/gateway/FreshIds.ts"
import { callerOf } from "../../../src/layers/gateway/Limits.ts"
import { decimalOf, intentOf } from "../../../src/layers/gateway/OrderForm.ts"

describe("a decimal from outside", () => {
  it("is read exactly, exponents included", () => {
    const readings: ReadonlyArray<readonly [string | number, string]> = [
      ["0.1", "0.1"],
      [0.1, "0.1"],
      [1e-7, "0.0000001"],
      ["1e-7", "0.0000001"],
      ["1.25E3", "1250"],
      ["12.5e-1", "1.25"],
      ["1e19", "10000000000000000000"],
      ["-5", "-5"],
      [" 7 ", "7"],
      ["0e5", "0"]
    ]
    for (const [input, expected] of readings) assert.strictEqual(format(decimalOf(input)!), expected, String(input))
  })

  it("is refused where it is no finite decimal of at most 20 digits a side", () => {
    const inputs = ["", "abc", "NaN", "Infinity", "1e400", "1e-400", "1e20", "1e21", "0x10", "1,5", "--1", "1e", ".5"]
    for (const input of [...inputs, Number.NaN, Infinity, 1e21]) {
      assert.isUndefined(decimalOf(input), String(input))
    }
  })
})

describe("an order from outside", () => {
  const read = (fields: Partial<OrderInput>) =>
    Effect.runSync(Effect.result(intentOf({ symbol: "BTCUSDT", side: "BUY", type: "LIMIT", ...fields })))
  /** Fields that are wrong. */
  const wrong = (fields: Partial<OrderInput>) => {
    const result = read(fields)
    return Result.isFailure(result) ? Object.keys(result.failure.error.fields ?? {}) : []
  }

  it("becomes the type that it names, with decimals exactly as written", () => {
    const fields = { quantity: "0.10", price: 59_000, stopPrice: "59100.5", trailingDelta: 50 } as const
    const result = Result.getOrThrow(read({ type: "STOP_LOSS_LIMIT", ...fields, icebergQuantity: "0.01" }))
    assert(result.type === "STOP_LOSS_LIMIT")
    assert.deepStrictEqual([result.quantity, result.price, result.stopPrice!, result.icebergQuantity!].map(format), [
      "0.1",
      "59000",
      "59100.5",
      "0.01"
    ])
    assert.deepStrictEqual([result.timeInForce, result.trailingDelta], ["GTC", 50])
    const market = Result.getOrThrow(read({ type: "MARKET", quoteQuantity: "100" }))
    assert.deepStrictEqual([format(market.quantity), market.type], ["0", "MARKET"])
  })

  it.each([
    [{ type: "LIMIT", quantity: "1" }, ["price"]],
    [{ type: "LIMIT" }, ["quantity", "price"]],
    [{ type: "LIMIT", quantity: "1", price: "x", stopPrice: "1" }, ["stopPrice", "price"]],
    [{ type: "LIMIT_MAKER", quantity: "1", price: "1", timeInForce: "GTC" }, ["timeInForce"]],
    [{ type: "MARKET" }, ["quantity"]],
    [{ type: "MARKET", quantity: "1", quoteQuantity: "1" }, ["quantity"]],
    [{ type: "MARKET", quantity: "1", icebergQuantity: "0.1" }, ["icebergQuantity"]],
    [{ type: "STOP_LOSS", quantity: "1" }, ["stopPrice"]],
    [{ type: "STOP_LOSS", quantity: "1", stopPrice: "1", price: "1" }, ["price"]],
    [{ type: "TAKE_PROFIT", quoteQuantity: "1", stopPrice: "1" }, ["quantity", "quoteQuantity"]],
    [{ type: "TAKE_PROFIT_LIMIT", quantity: "1", stopPrice: "1" }, ["price"]]
  ] as const)("that does not fit its type names each field: %j", (fields, names) =>
    assert.deepStrictEqual(wrong(fields), [...names])
  )
})

describe("a fresh id", () => {
  it("is a version 7 UUID that sorts after the ones before it, also within a millisecond and when the clock steps back", () => {
    const ids = new FreshIds()
    const made = Array.from({ length: 10_000 }, (_, n) => ids.uuid(1_700_000_000_000 + (n % 3)))
    assert.deepStrictEqual(made, made.toSorted())
    assert.strictEqual(new Set(made).size, made.length)
    for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe("a caller", () => {
  it("is one IPv4 host, or one /64 of IPv6", () => {
    assert.strictEqual(callerOf("::ffff:192.0.2.1"), "192.0.2.1")
    assert.strictEqual(callerOf("2001:db8:1:2:3:4:5:6"), callerOf("2001:0DB8:1:2::9"))
    assert.notStrictEqual(callerOf("2001:db8:1:2::1"), callerOf("2001:db8:1:3::1"))
    assert.strictEqual(callerOf("::1"), "0:0:0:0")
  })
})
