import { assert, describe, it } from "@effect/vitest"
import type { BudgetView } from "../../src/contract/ExchangeView.ts"
import { strainOf, usedPercent } from "../../web/store/Exchange.ts"
import { strainSentence } from "../../web/ui/Strain.ts"

const AT = 1_700_000_000_000
const lane = (name: string, lastShedAt: number | null = null) => ({ lane: name, waiting: 0, shed: 0, lastShedAt })
const calm: BudgetView = {
  at: AT,
  clockOffsetMillis: 3,
  weight: { used: 600, limit: 6_000, resetsAt: AT + 30_000 },
  orders: { tenSeconds: { used: 25, limit: 100 }, day: { used: 40, limit: 200_000 }, stoppedUntil: null },
  lanes: ["cancel", "exit", "entry", "evidence", "survey", "read"].map((name) => lane(name)),
  stoppedUntil: null,
  bannedUntil: null
}
const later = AT + 60_000

describe("what the exchange's limits hold back", () => {
  it("is nothing while there is room", () => {
    assert.isUndefined(strainOf(calm))
    assert.isUndefined(strainOf({ ...calm, stoppedUntil: AT - 1, bannedUntil: AT - 1 }))
    assert.isUndefined(strainOf({ ...calm, lanes: [lane("entry", AT - 31_000)] }))
  })

  it("is told by the worst of it", () => {
    const shedding = { ...calm, lanes: [lane("cancel"), lane("entry", AT - 1_000), lane("read", AT)] }
    assert.deepStrictEqual(strainOf(shedding), { kind: "shedding", what: "orders" })
    const noOrders = { ...shedding, orders: { ...calm.orders, stoppedUntil: later } }
    assert.deepStrictEqual(strainOf(noOrders), { kind: "orders stopped", until: later })
    assert.deepStrictEqual(strainOf({ ...noOrders, stoppedUntil: later }), { kind: "stopped", until: later })
    const banned = { ...noOrders, stoppedUntil: later, bannedUntil: later }
    assert.deepStrictEqual(strainOf(banned), { kind: "banned", until: later })
  })

  it("says what still goes through", () => {
    const said = (one: Partial<BudgetView>) => strainSentence(strainOf({ ...calm, ...one })!)
    assert.match(said({ bannedUntil: later }), /banned .* nothing can be sent/)
    assert.match(said({ lanes: [lane("survey", AT)] }), /questions to it wait, so that orders and cancels go through/)
    assert.match(said({ lanes: [lane("exit", AT)] }), /orders were refused just now, so that cancels still go through/)
    assert.match(said({ lanes: [lane("cancel", AT)] }), /even cancels were refused/)
  })

  it("is measured by the limit that is used most", () => {
    assert.strictEqual(usedPercent(calm), 25)
    assert.strictEqual(usedPercent({ ...calm, weight: { ...calm.weight, used: 5_400 } }), 90)
  })
})
