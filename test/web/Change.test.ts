import { assert, describe, it } from "@effect/vitest"
import { EVERYTHING } from "../../src/domain/Allowance.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import { fieldsOf, isChangeable, type Texts, wantedOf } from "../../web/store/Change.ts"
import { order, symbol } from "../kit/PageSamples.ts"

const resting = (change: Partial<OrderView> = {}): OrderView => order({ exchangeOrderId: "1", ...change })
const waiting = resting({
  type: "STOP_LOSS_LIMIT",
  side: "SELL",
  stopPrice: "59000",
  price: "58900",
  isWorking: false
})

const wanted = (order: OrderView, texts: Partial<Texts>, allows = EVERYTHING) =>
  wantedOf(
    order,
    { ...symbol, allows },
    { quantity: order.quantity, price: order.price ?? "", stopPrice: order.stopPrice ?? "", ...texts },
    "60000"
  )
const whyOf = (order: OrderView, texts: Partial<Texts>, allows = EVERYTHING): string => {
  const answer = wanted(order, texts, allows)
  return answer.is === "wrong" ? answer.why : answer.is
}

describe("what is typed in the line of an open order", () => {
  it("is nothing new while the figures are the same, however they are written", () => {
    assert.deepStrictEqual(wanted(resting(), { quantity: "0.0500", price: "61000.00" }), { is: "same" })
  })

  it("makes it smaller in its place where the quantity alone is less", () => {
    assert.deepStrictEqual(wanted(resting(), { quantity: ".02" }), { is: "smaller", quantity: "0.02" })
    const begun = resting({ status: "PARTIALLY_FILLED", executedQuantity: "0.01" })
    assert.deepStrictEqual(wanted(begun, { quantity: "0.011" }), { is: "smaller", quantity: "0.011" })
  })

  it("is another order where it is larger, or its price or trigger moves; with all of its other terms", () => {
    const order = {
      symbol: "BTCUSDT",
      side: "BUY",
      type: "LIMIT",
      quantity: "0.05",
      price: "61000",
      timeInForce: "GTC"
    }
    assert.deepStrictEqual<unknown>(wanted(resting(), { price: "60500.50" }), {
      is: "another",
      order: { ...order, price: "60500.5" }
    })
    assert.deepStrictEqual<unknown>(
      wanted(resting({ timeInForce: "GTC", icebergQuantity: "0.01" }), { quantity: "0.06" }),
      {
        is: "another",
        order: { ...order, quantity: "0.06", icebergQuantity: "0.01" }
      }
    )
    assert.deepStrictEqual<unknown>(wanted(waiting, { stopPrice: "59500", price: "59400" }), {
      is: "another",
      order: { ...order, side: "SELL", type: "STOP_LOSS_LIMIT", stopPrice: "59500", price: "59400" }
    })
    const maker = resting({ type: "LIMIT_MAKER", timeInForce: null })
    const { timeInForce: _, ...terms } = order
    assert.deepStrictEqual<unknown>(wanted(maker, { price: "60000" }), {
      is: "another",
      order: { ...terms, type: "LIMIT_MAKER", price: "60000" }
    })
  })

  it("is another order where the exchange makes none smaller, and neither where it takes none in another's place", () => {
    const smaller = { quantity: "0.02" }
    assert.strictEqual(wanted(resting(), smaller, { ...EVERYTHING, amend: false }).is, "another")
    const neither = { ...EVERYTHING, amend: false, cancelReplace: false }
    assert.match(whyOf(resting(), smaller, neither), /is wanted/)
    assert.deepStrictEqual(fieldsOf(resting(), { ...symbol, allows: neither }), ["quantity"])
  })

  it("moves nothing that has begun to fill, was triggered, is of a list, or was placed by others", () => {
    const list = { listId: "l1", kind: "OCO", role: "above" } as const
    for (const order of [
      resting({ status: "PARTIALLY_FILLED", executedQuantity: "0.01" }),
      { ...waiting, isWorking: true },
      resting({ list }),
      resting({ external: "LIMIT" })
    ]) {
      assert.deepStrictEqual(fieldsOf(order, symbol), ["quantity"])
      assert.match(whyOf(order, { quantity: "0.06" }), /^More than 0(\.01)? and less than 0\.05 is wanted\./)
    }
    assert.match(whyOf(resting({ list }), { quantity: "0.06" }), /An order of a list can only be made smaller/)
    assert.match(
      whyOf(resting({ status: "PARTIALLY_FILLED", executedQuantity: "0.01" }), { quantity: "0.01" }),
      /More than/
    )
  })

  it("is refused in the words of the house's rules before it is sent", () => {
    assert.match(whyOf(resting(), { price: "60000.001" }), /^The price must be a multiple of 0\.01/)
    for (const no of ["", "much", "0,02"]) assert.match(whyOf(resting(), { price: no }), /^Price: a number is wanted/)
  })

  it("is asked for only while the order rests or waits", () => {
    assert.isTrue(isChangeable(resting()) && isChangeable(waiting))
    for (const status of ["CANCELING", "UNKNOWN", "SUBMITTING", "PENDING_NEW", "FILLED"] as const) {
      assert.isFalse(isChangeable(resting({ status })), status)
    }
    assert.isFalse(isChangeable(resting({ type: "MARKET" })))
  })
})
