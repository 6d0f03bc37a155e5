import { assert, describe, it } from "@effect/vitest"
import type { BalanceView, OrderView, PositionView } from "../../src/contract/Views.ts"
import * as Ledger from "../../web/store/Ledger.ts"
import * as Api from "../../web/store/Api.ts"
import { failureOf, noticeOf } from "../../web/store/Notices.ts"
import { order } from "../kit/PageSamples.ts"

const balance = (free: string): BalanceView => ({ asset: "USDT", free, held: "0", total: free })
const position: PositionView = {
  symbol: "BTCUSDT",
  quantity: "0.05",
  averageEntry: "61000",
  cost: "3050",
  realised: "0",
  fees: {}
}
const update = (data: OrderView, seq = 1) => ({ type: "ORDER_UPDATE", seq, data }) as const
const snapshot = (orders: ReadonlyArray<OrderView>) =>
  ({
    type: "SNAPSHOT",
    seq: 1,
    data: { accountId: "a", orders, positions: [position], balances: [balance("7")], blind: null }
  }) as const

describe("the ledger of the page", () => {
  it("is replaced by a snapshot, and says when open orders were closed meanwhile", () => {
    const before = Ledger.apply(Ledger.empty, [update(order()), update(order({ orderId: "o2" }))]).ledger
    const { ledger, vanished } = Ledger.apply(before, [snapshot([order({ orderId: "o2" })])])
    assert.deepStrictEqual([...ledger.open.keys()], ["o2"])
    assert.strictEqual(ledger.balances.get("USDT")?.free, "7")
    assert.strictEqual(ledger.positions.get("BTCUSDT")?.quantity, "0.05")
    assert.isTrue(vanished)
  })

  it("moves an order that is over from the open ones to the history, once", () => {
    const filled = order({ status: "FILLED", executedQuantity: "0.05", averagePrice: "60999", updatedAt: 2 })
    const { ledger } = Ledger.apply(Ledger.empty, [update(order()), update(filled, 2), update(filled, 2)])
    assert.strictEqual(ledger.open.size, 0)
    assert.deepStrictEqual(ledger.history, [filled])
  })

  it("never opens a closed order again for an older message", () => {
    const canceled = order({ status: "CANCELED", updatedAt: 3 })
    const { ledger } = Ledger.apply(Ledger.empty, [update(canceled, 3), update(order({ updatedAt: 2 }), 3)])
    assert.strictEqual(ledger.open.size, 0)
  })

  it("shows an order answered PENDING only where the feed was not faster", () => {
    const pending = order({ status: "PENDING", updatedAt: 0 })
    assert.strictEqual(Ledger.place(Ledger.empty, pending).open.get("o1")?.status, "PENDING")
    const filled = Ledger.apply(Ledger.empty, [update(order({ status: "FILLED" }))]).ledger
    assert.strictEqual(Ledger.place(filled, pending), filled)
  })

  it("keeps one history of pages and updates, newest first and bounded", () => {
    const pages = Array.from({ length: Ledger.MAX_HISTORY + 5 }, (_, n) =>
      order({ orderId: `p${n}`, status: "FILLED", createdAt: n })
    )
    const history = Ledger.mergeHistory([order({ orderId: "p1", status: "FILLED", createdAt: 1 })], pages)
    assert.strictEqual(history.length, Ledger.MAX_HISTORY)
    assert.strictEqual(history[0]?.orderId, `p${Ledger.MAX_HISTORY + 4}`)
  })

  it("tells a fill, a denial with its reason, and a doubt; and nothing twice", () => {
    const denied = order({ status: "DENIED", reason: "Not enough USDT.", orderId: "o3" })
    const { ledger, changes } = Ledger.apply(Ledger.empty, [
      update(order({ status: "FILLED", executedQuantity: "0.05", averagePrice: "61000.5" })),
      update(denied),
      update(order({ orderId: "o4", status: "UNKNOWN" }))
    ])
    assert.deepStrictEqual(
      changes.map((change) => noticeOf(change)?.text),
      [
        "Buy 0.05 BTCUSDT at 61,000.5",
        "Buy 0.05 BTCUSDT: Not enough USDT.",
        "Buy 0.05 BTCUSDT: the desk is asking the exchange."
      ]
    )
    assert.deepStrictEqual(Ledger.apply(ledger, [update(denied)]).changes, [])
  })

  it("knows since when the desk does not hear the exchange, and when it does again", () => {
    const blind = { since: 5, reason: "The stream was cut." }
    const lost = Ledger.apply(Ledger.empty, [{ type: "ACCOUNT_UPDATE", seq: 2, data: { blind } }]).ledger
    assert.deepStrictEqual(lost.blind, blind)
    assert.deepStrictEqual(Ledger.apply(lost, [update(order())]).ledger.blind, blind)
    assert.isUndefined(Ledger.apply(lost, [{ type: "ACCOUNT_UPDATE", seq: 3, data: { blind: null } }]).ledger.blind)
    assert.isUndefined(Ledger.apply(lost, [snapshot([])]).ledger.blind)
  })

  it("passes on a total that was found to differ, once", () => {
    const drift = { asset: "USDT", ours: "100", exchange: "150", difference: "50" }
    const { drifts, ledger } = Ledger.apply(Ledger.empty, [{ type: "DRIFT", seq: 2, data: drift }])
    assert.deepStrictEqual(drifts, [drift])
    assert.deepStrictEqual(Ledger.apply(ledger, [update(order())]).drifts, [])
  })

  it("tells an order that was made smaller from one that was not", () => {
    const amending = order({ status: "AMENDING", quantity: "0.05" })
    const titles = ["0.02", "0.05"].map(
      (quantity) => noticeOf({ before: amending, after: order({ status: "NEW", quantity }) })?.title
    )
    assert.deepStrictEqual(titles, ["Reduced", "Not reduced"])
  })

  it("calls nothing a fill where nothing was executed", () => {
    const part = { quantity: "0.05", executedQuantity: "0.01" }
    const after = (before: Partial<OrderView>, now: Partial<OrderView> = {}) =>
      noticeOf({
        before: order({ ...part, ...before }),
        after: order({ status: "PARTIALLY_FILLED", ...part, ...now })
      })?.title
    assert.strictEqual(after({ status: "AMENDING" }, { quantity: "0.02" }), "Reduced")
    assert.strictEqual(after({ status: "AMENDING" }), "Not reduced")
    assert.strictEqual(after({ status: "CANCELING" }), "Not cancelled")
    assert.isUndefined(after({ status: "UNKNOWN" }))
    assert.strictEqual(after({ status: "NEW", executedQuantity: "0" }), "Partly filled")
  })
})

describe("a cancel or a change that failed", () => {
  it("was not done where the desk said no, and may have been where no answer came", () => {
    const no = failureOf("changed", new Api.Refused(409, "ORDER_CLOSED", "It is filled.", {}))
    assert.deepStrictEqual([no.tone, no.title, no.text], ["bad", "Not changed", "It is filled."])
    for (const error of [new Api.Unanswered("No answer."), new Api.Refused(503, "JOURNAL_UNAVAILABLE", "Away.", {})]) {
      const { title, tone } = failureOf("cancelled", error)
      assert.deepStrictEqual([tone, title], ["doubt", "Not known whether it was cancelled"])
    }
  })
})
