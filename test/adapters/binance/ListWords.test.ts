import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Result } from "effect"
import { listCall, listReportsOf } from "../../../src/adapters/binance/ListWords.ts"
import { halvesIn, replacedOf, replaceParams, saysOfHalves } from "../../../src/adapters/binance/ReplaceWords.ts"
import type { PlacedList } from "../../../src/adapters/binance/TradingWire.ts"
import { type Account, empty } from "../../../src/domain/Account.ts"
import { clientOrderIdOf, listClientOrderIdOf } from "../../../src/domain/Ids.ts"
import * as Money from "../../../src/domain/Money.ts"
import { approve, approveList } from "../../../src/domain/Risk.ts"
import { ExchangeError, OutcomeUnknown, Refused } from "../../../src/ports/Exchange.ts"
import { accountId, asked, context, limit, maker, orderId, stopLimit } from "../../kit/Trading.ts"

const { decimal } = Money
const rich: Account = {
  ...empty(accountId),
  balances: Object.fromEntries(
    ["BTC", "USDT"].map((asset) => [asset, { asset, free: decimal("1000000"), held: Money.zero }])
  )
}
const bracket = Result.getOrThrow(
  approveList(
    rich,
    asked(1, "OTOCO", [
      ["working", 1, limit("BUY", "0.2", "60000")],
      ["above", 2, maker("SELL", "0.1", "61000.50")],
      ["below", 3, stopLimit("STOP_LOSS_LIMIT", "SELL", "0.1", "58990", { stopPrice: "59000" })]
    ]),
    context()
  )
)

describe("a list in Binance's words", () => {
  it("names each order's terms by where it stands, and what two share once", () => {
    assert.deepStrictEqual(listCall(bracket), {
      path: "/api/v3/orderList/otoco",
      params: {
        symbol: "BTCUSDT",
        listClientOrderId: listClientOrderIdOf(bracket.listId),
        workingType: "LIMIT",
        workingClientOrderId: clientOrderIdOf(orderId(1)),
        workingPrice: "60000",
        workingTimeInForce: "GTC",
        workingSide: "BUY",
        workingQuantity: "0.2",
        pendingAboveType: "LIMIT_MAKER",
        pendingAboveClientOrderId: clientOrderIdOf(orderId(2)),
        pendingAbovePrice: "61000.5",
        pendingSide: "SELL",
        pendingQuantity: "0.1",
        pendingBelowType: "STOP_LOSS_LIMIT",
        pendingBelowClientOrderId: clientOrderIdOf(orderId(3)),
        pendingBelowPrice: "58990",
        pendingBelowStopPrice: "59000",
        pendingBelowTimeInForce: "GTC",
        newOrderRespType: "FULL"
      }
    })
  })

  it("is believed to be answered only where the answer is about it and all of its orders", () => {
    const report = (n: number): PlacedList["orderReports"][number] => ({
      symbol: "BTCUSDT",
      orderId: n,
      clientOrderId: clientOrderIdOf(orderId(n)),
      transactTime: 1,
      origQty: decimal("0.1"),
      executedQty: Money.zero,
      status: n === 1 ? "NEW" : "PENDING_NEW"
    })
    const placed = (orders: ReadonlyArray<number>, listClientOrderId = listClientOrderIdOf(bracket.listId)) =>
      listReportsOf(bracket, { orderListId: 7, listClientOrderId, orderReports: orders.map(report) })
    assert.deepStrictEqual(
      placed([1, 2, 3])?.map((told) => (told._tag === "Accepted" ? told.pending : told._tag)),
      [undefined, true, true]
    )
    assert.isUndefined(placed([1, 2]))
    assert.isUndefined(placed([1, 2, 3], "another"))
  })
})

const by = Result.getOrThrow(approve(rich, { orderId: orderId(2), intent: limit("SELL", "0.1", "60500") }, context()))
const gone = { orderId: 5, status: "CANCELED" }
const halves = (change: object) => ({
  cancelResult: "SUCCESS" as const,
  newOrderResult: "FAILURE" as const,
  cancelResponse: gone,
  newOrderResponse: { code: -2010, msg: "Account has insufficient balance." },
  ...change
})

describe("a replacement in Binance's words", () => {
  it("places nothing where nothing is cancelled, and names the old order by the exchange's id where that is known", () => {
    const { cancelOrderId, cancelReplaceMode, newClientOrderId } = replaceParams(
      { ref: { exchangeOrderId: "5" }, isUntraded: true },
      by
    )
    assert.deepStrictEqual(
      [cancelOrderId, cancelReplaceMode, newClientOrderId],
      ["5", "STOP_ON_FAILURE", clientOrderIdOf(orderId(2))]
    )
    const { cancelOrigClientOrderId } = replaceParams(
      { ref: { clientOrderId: clientOrderIdOf(orderId(1)) }, isUntraded: true },
      by
    )
    assert.strictEqual(cancelOrigClientOrderId, clientOrderIdOf(orderId(1)))
  })

  it("takes the old order's place only while nothing of it has traded, where it was thought so", () => {
    const ref = { exchangeOrderId: "5" }
    assert.strictEqual(replaceParams({ ref, isUntraded: true }, by)["cancelRestrictions"], "ONLY_NEW")
    assert.notProperty(replaceParams({ ref, isUntraded: false }, by), "cancelRestrictions")
  })

  it("has a verdict for each half, and none where a half says something else than its result, or that nobody knows it", () => {
    const { clientOrderId } = by
    assert.deepStrictEqual(replacedOf(clientOrderId, halves({})), {
      cancel: "done",
      placed: { refused: "Account has insufficient balance." }
    })
    const refused = { cancelResult: "FAILURE", cancelResponse: { code: -2011, msg: "Unknown order sent." } } as const
    const nothing = replacedOf(
      clientOrderId,
      halves({ ...refused, newOrderResult: "NOT_ATTEMPTED", newOrderResponse: null })
    )
    assert.deepStrictEqual(nothing?.cancel, { refused: "Unknown order sent." })
    for (const odd of [
      { cancelResponse: null },
      { newOrderResponse: null },
      { newOrderResult: "SUCCESS" as const },
      { ...refused, cancelResponse: gone },
      { newOrderResponse: { code: -1007, msg: "Timeout waiting for response from backend server." } },
      { ...refused, cancelResponse: { code: -1006, msg: "An unexpected response was received." } }
    ]) {
      assert.isUndefined(replacedOf(clientOrderId, halves(odd)), JSON.stringify(odd))
    }
  })

  it.effect("of which nobody knows which half failed is in doubt", () =>
    Effect.gen(function* () {
      const error = (data?: unknown) =>
        new ExchangeError({
          reason: new Refused({ code: -2021, message: "", ...(data === undefined ? {} : { data }) })
        })
      assert.isTrue(saysOfHalves(error()))
      assert.deepStrictEqual(yield* halvesIn(error(halves({}))), halves({}))
      const exit = yield* Effect.exit(halvesIn(error()))
      assert.isTrue(Exit.isFailure(exit))
      const { reason } = yield* Effect.flip(halvesIn(error()))
      assert.instanceOf(reason, OutcomeUnknown)
    })
  )
})
