import { assert, describe, it } from "@effect/vitest"
import { buy, Exchange } from "./Exchange.ts"

describe("Client ids", () => {
  it("are found while their orders are open, whatever came and went around them", () => {
    const venue = new Exchange().account("ann")
    const open = new Set<string>()
    let state = 7
    for (let index = 0; index < 600; index++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      const id = `id-${(state >>> 8) % 120}`
      if (open.delete(id)) venue.engine.apply(cancelling(id), venue.market())
      else {
        venue.engine.apply(venue.placing("ann", buy(1, 50, { clientOrderId: id })), venue.market())
        open.add(id)
      }
      if (index % 20 === 0) venue.engine.validateInternalState()
    }
    const found = venue.engine.openOrders("ann").map((order) => order.clientOrderId)
    assert.deepStrictEqual(found.toSorted(), [...open].toSorted())
    for (let number = 0; number < 120; number++) {
      const id = `id-${number}`
      assert.strictEqual(venue.engine.openOrder("ann", "ABCUSD", { clientOrderId: id }) !== undefined, open.has(id), id)
    }
  })
})

const cancelling = (clientOrderId: string) =>
  ({ _tag: "Cancel", at: 0, account: "ann", symbol: "ABCUSD", order: { clientOrderId }, cancelId: "c" }) as const
