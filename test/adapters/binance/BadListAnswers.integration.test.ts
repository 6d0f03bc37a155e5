// What the desk makes of answers about several orders that are none: all of them are in doubt, and nothing is sent again.
import { assert, layer as suite } from "@effect/vitest"
import { Effect, Layer, Result } from "effect"
import { type Account, empty } from "../../../src/domain/Account.ts"
import { clientOrderIdOf, listClientOrderIdOf } from "../../../src/domain/Ids.ts"
import * as Money from "../../../src/domain/Money.ts"
import { approve, approveList } from "../../../src/domain/Risk.ts"
import { ann, type Handler, isolated, json, noAnswers, opened, text } from "../../kit/FakeBinance.ts"
import { asked, context, limit, maker, orderId, stop } from "../../kit/Trading.ts"

const rich: Account = {
  ...empty(ann),
  balances: { BTC: { asset: "BTC", free: Money.decimal("10"), held: Money.zero } }
}
const oco = Result.getOrThrow(
  approveList(
    rich,
    asked(1, "OCO", [
      ["above", 1, maker("SELL", "0.1", "60100")],
      ["below", 2, stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59900" })]
    ]),
    context()
  )
)
const by = Result.getOrThrow(approve(rich, { orderId: orderId(4), intent: limit("SELL", "0.1", "60500") }, context()))
const old = { ref: { clientOrderId: clientOrderIdOf(orderId(3)) }, isUntraded: true }

const reportOn = (n: number) => ({
  symbol: "BTCUSDT",
  orderId: 40 + n,
  clientOrderId: clientOrderIdOf(orderId(n)),
  transactTime: 1,
  origQty: "0.10000000",
  executedQty: "0.00000000",
  status: "NEW"
})
const [above, below] = [reportOn(1), reportOn(2)]
const placed = {
  orderListId: 7,
  contingencyType: "OCO",
  listClientOrderId: listClientOrderIdOf(oco.listId),
  orderReports: [above, below]
}
const said = (change: object) => json(200, { ...placed, ...change })

const LIST = "POST /api/v3/orderList/oco"
const badLists: ReadonlyArray<readonly [name: string, answer: Handler]> = [
  ...noAnswers(placed),
  ["another list", said({ listClientOrderId: "somebody-elses" })],
  ["a list without a name", said({ listClientOrderId: undefined })],
  ["a list without a number", said({ orderListId: undefined })],
  ["one order too few", said({ orderReports: [above] })],
  ["no orders", said({ orderReports: [] })],
  ["one order twice, and not the other", said({ orderReports: [above, above] })],
  ["another order in the place of one", said({ orderReports: [above, { ...below, clientOrderId: "x" }] })],
  ["a status never heard of", said({ orderReports: [above, { ...below, status: "HALF_FILLED" }] })],
  ["an order without its status", said({ orderReports: [above, { ...below, status: undefined }] })],
  ["a number where a decimal string is due", said({ orderReports: [{ ...above, executedQty: 0 }, below] })]
]

const REPLACE = "POST /api/v3/order/cancelReplace"
const replaced = {
  cancelResult: "SUCCESS",
  newOrderResult: "SUCCESS",
  cancelResponse: { orderId: 43, status: "CANCELED" },
  newOrderResponse: { ...reportOn(4), fills: [] }
}
const halves = (change: object, status = 200) =>
  json(status, status === 200 ? { ...replaced, ...change } : { code: -2021, msg: "Partly.", data: change })
const failed = { cancelResult: "SUCCESS", newOrderResult: "FAILURE", cancelResponse: replaced.cancelResponse }

const badHalves: ReadonlyArray<readonly [name: string, answer: Handler]> = [
  ...noAnswers(replaced),
  ["a result never heard of", halves({ newOrderResult: "MAYBE" })],
  ["no word of the cancel", halves({ cancelResponse: undefined })],
  ["no word of the new order", halves({ newOrderResponse: null })],
  ["another order in the place of the new one", halves({ newOrderResponse: { ...reportOn(5), fills: [] } })],
  ["a status never heard of", halves({ newOrderResponse: { ...replaced.newOrderResponse, status: "HALF_FILLED" } })],
  ["409 without its halves", json(409, { code: -2021, msg: "Order cancel-replace partially failed." })],
  ["409 of a proxy", text(409, "<html>Conflict</html>")],
  ["409 with half of its halves", halves({ cancelResult: "SUCCESS" }, 409)],
  [
    "409 with a half that timed out",
    halves({ ...failed, newOrderResponse: { code: -1007, msg: "Timeout waiting for response." } }, 409)
  ]
]

suite(Layer.empty, { excludeTestServices: true, timeout: "20 seconds" })("bad answers about several orders", (it) => {
  for (const [name, answer] of badLists) {
    it.effect(`leave a list in doubt: ${name}`, () =>
      Effect.gen(function* () {
        const { served, submitList } = yield* opened
        served.answers.set(LIST, answer)
        const { reason } = yield* Effect.flip(submitList(oco))
        assert.strictEqual(reason._tag, "OutcomeUnknown", reason.message)
        assert.deepStrictEqual(
          served.asked.filter((route) => route === LIST),
          [LIST],
          "sent again"
        )
      }).pipe(isolated)
    )
  }

  for (const [name, answer] of badHalves) {
    it.effect(`leave both orders of a replacement in doubt: ${name}`, () =>
      Effect.gen(function* () {
        const { replace, served } = yield* opened
        served.answers.set(REPLACE, answer)
        const { reason } = yield* Effect.flip(replace(ann, old, by))
        assert.strictEqual(reason._tag, "OutcomeUnknown", reason.message)
        assert.deepStrictEqual(
          served.asked.filter((route) => route === REPLACE),
          [REPLACE],
          "sent again"
        )
      }).pipe(isolated)
    )
  }

  it.effect("are none of these", () =>
    Effect.gen(function* () {
      const { replace, served, submitList } = yield* opened
      served.answers.set(LIST, json(200, placed))
      assert.deepStrictEqual(
        (yield* submitList(oco)).map(({ _tag, clientOrderId }) => [_tag, clientOrderId]),
        [above, below].map(({ clientOrderId }) => ["Accepted", clientOrderId])
      )
      served.answers.set(REPLACE, json(200, replaced))
      assert.strictEqual((yield* replace(ann, old, by)).cancel, "done")
      const noMoney = { code: -2010, msg: "Account has insufficient balance." }
      served.answers.set(REPLACE, halves({ ...failed, newOrderResponse: noMoney }, 409))
      assert.deepStrictEqual(yield* replace(ann, old, by), { cancel: "done", placed: { refused: noMoney.msg } })
    }).pipe(isolated)
  )
})
