import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Account from "../../src/domain/Account.ts"
import { DenialReason, sentence } from "../../src/domain/Denial.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent } from "../../src/domain/Order.ts"
import * as Risk from "../../src/domain/Risk.ts"
import { accountId, btcusdt, context, limit, limits, market, orderId } from "../kit/Trading.ts"

const { decimal } = Money

const rich = Account.evolve(
  Account.empty(accountId),
  {
    seq: 1,
    at: 0,
    traceId: "",
    event: { _tag: "BalanceAdjusted", asset: "USDT", free: decimal("100000000") }
  },
  () => btcusdt
)

const reasonOf = (intent: Intent, given: Risk.RiskContext = context(), account = rich) =>
  Result.match(Risk.approve(account, { orderId: orderId(1), intent }, given), {
    onSuccess: () => "approved",
    onFailure: ({ _tag }) => _tag
  })

describe("Risk", () => {
  it("answers every broken rule with its own reason", () => {
    const cases: ReadonlyArray<readonly [string, Intent, Risk.RiskContext?]> = [
      ["UnknownSymbol", market("BUY", "0.01"), { ...context(), instrument: undefined }],
      ["NotTrading", market("BUY", "0.01"), { ...context(), instrument: { ...btcusdt, trading: false } }],
      ["QuantityNotPositive", market("BUY", "0")],
      ["QuantityNotPositive", market("BUY", "-1")],
      ["QuantityTooSmall", market("BUY", "0.000001")],
      ["QuantityTooLarge", market("BUY", "101")],
      ["QuantityTooLarge", limit("BUY", "9001", "60000")],
      ["QuantityOffStep", market("BUY", "0.010001")],
      ["PriceNotPositive", limit("BUY", "1", "0")],
      ["PriceTooLow", limit("BUY", "1", "0.001")],
      ["PriceTooHigh", limit("BUY", "1", "1000000.01")],
      ["PriceOffTick", limit("BUY", "1", "60000.001")],
      ["NotionalTooSmall", market("BUY", "0.00008")],
      ["NotionalTooLarge", limit("BUY", "17", "60000")],
      ["PriceOutsideCollar", limit("BUY", "0.1", "66000.01")],
      ["PriceOutsideCollar", limit("SELL", "0.1", "53999.99")],
      ["PriceOutsideCollar", limit("BUY", "0.1", "11999.99")],
      ["InsufficientBalance", limit("SELL", "0.1", "60000")],
      ["MarketUnavailable", market("BUY", "0.01"), { ...context(), referencePrice: undefined, worstPrice: undefined }],
      ["TooManyOpenOrders", market("BUY", "0.01"), { ...context(), limits: { ...limits, maxOpenOrders: 0 } }]
    ]
    for (const [reason, intent, given] of cases) assert.strictEqual(reasonOf(intent, given), reason)
  })

  it("lets a passive price far from the market stand, as far as the exchange does", () => {
    assert.strictEqual(reasonOf(limit("BUY", "0.1", "12000")), "approved")
  })

  it.each(["noKey", "keyRefused", "keyUnreadable", "mayNotTrade", "taken", "notLive"] as const)(
    "takes no order of an account that is shut: %s",
    (shut) => {
      for (const intent of [market("BUY", "0.01"), limit("SELL", "0.1", "60000")]) {
        assert.strictEqual(reasonOf(intent, { ...context(), shut }), "AccountShut")
      }
    }
  )

  it("takes no market order on a stale symbol, and no limit price that an old price would have to judge", () => {
    const stale = (why: "down" | "unsynced" | "silent", heardMillisAgo?: number) => ({
      ...context(),
      stale: { why, heardMillisAgo }
    })
    for (const side of ["BUY", "SELL"] as const) {
      assert.strictEqual(reasonOf(market(side, "0.01"), stale("unsynced", 0)), "MarketStale")
    }
    assert.strictEqual(reasonOf(limit("BUY", "0.1", "60000"), stale("unsynced", 15_000)), "approved")
    assert.strictEqual(reasonOf(limit("BUY", "0.1", "60000"), stale("silent", 15_001)), "MarketStale")
    assert.strictEqual(reasonOf(limit("BUY", "0.1", "60000"), stale("down")), "MarketStale")
    const unheard = { ...stale("down"), referencePrice: undefined }
    assert.strictEqual(reasonOf(limit("BUY", "0.1", "60000"), unheard), "approved", "no price judges it")
    assert.strictEqual(
      sentence({ _tag: "MarketStale", symbol: "BTCUSDT", why: "down", heardMillisAgo: 14_200 }),
      "The price of BTCUSDT is stale: its market cannot be reached, last heard 14 s ago. Nothing was sent. Wait until it is heard again; cancels go through."
    )
  })

  it("has a sentence for every reason", () => {
    const samples: ReadonlyArray<DenialReason> = [
      { _tag: "UnknownSymbol", symbol: "X" },
      { _tag: "NotTrading", symbol: "X" },
      { _tag: "QuantityNotPositive" },
      { _tag: "QuantityTooSmall", minimum: decimal("1") },
      { _tag: "QuantityTooLarge", maximum: decimal("1") },
      { _tag: "QuantityOffStep", step: decimal("1") },
      { _tag: "PriceNotPositive" },
      { _tag: "PriceTooLow", minimum: decimal("1") },
      { _tag: "PriceTooHigh", maximum: decimal("1") },
      { _tag: "PriceOffTick", tick: decimal("1") },
      { _tag: "OrderTypeNotAllowed", symbol: "X", type: "STOP_LOSS" },
      { _tag: "QuoteQuantityNotAllowed", symbol: "X" },
      { _tag: "QuoteQuantityNotPositive" },
      { _tag: "QuoteQuantityOffStep", step: decimal("1") },
      { _tag: "StopPriceMissing" },
      { _tag: "StopPriceNotPositive" },
      { _tag: "StopPriceOutOfRange", lowest: decimal("1"), highest: decimal("2") },
      { _tag: "StopPriceOffTick", tick: decimal("1") },
      { _tag: "TrailingDeltaNotAllowed", symbol: "X" },
      { _tag: "TrailingDeltaOutOfRange", minimum: 10, maximum: 2000 },
      { _tag: "IcebergNotAllowed", symbol: "X" },
      { _tag: "IcebergNeedsGtc" },
      { _tag: "IcebergTooSmall", minimum: decimal("1") },
      { _tag: "IcebergTooLarge", below: decimal("1") },
      { _tag: "IcebergOffStep", step: decimal("1") },
      { _tag: "IcebergTooManyParts", maximum: 100 },
      { _tag: "TooManyStopOrders", symbol: "X", maximum: 5 },
      { _tag: "TooManyIcebergOrders", symbol: "X", maximum: 5 },
      { _tag: "ListNotAllowed", symbol: "X", kind: "OCO" },
      { _tag: "ListLegWrong", role: "above" },
      { _tag: "ListPricesCrossed", above: decimal("1"), below: decimal("2") },
      { _tag: "ListBesideMarket", price: decimal("1") },
      { _tag: "TooManyOrderLists", symbol: "X", maximum: 5 },
      { _tag: "AmendNotAllowed", symbol: "X" },
      { _tag: "NotionalTooSmall", minimum: decimal("1") },
      { _tag: "NotionalTooLarge", maximum: decimal("1") },
      { _tag: "PriceOutsideCollar", lowest: decimal("1"), highest: decimal("2") },
      { _tag: "InsufficientBalance", asset: "X", needed: decimal("2"), free: decimal("1") },
      { _tag: "TooManyOpenOrders", maximum: 1 },
      { _tag: "MarketUnavailable", symbol: "X" },
      { _tag: "MarketStale", symbol: "X", why: "silent", heardMillisAgo: 16_000 },
      { _tag: "MarketStale", symbol: "X", why: "down" },
      { _tag: "TooLate", waitedMillis: 61_000 },
      { _tag: "UnknownOrder" },
      { _tag: "OrderAlreadyClosed" },
      { _tag: "OrderInDoubt" },
      { _tag: "Blind", since: 0 },
      { _tag: "AccountShut", why: "noKey" },
      { _tag: "NotAmendable" },
      { _tag: "AmendOutOfRange", above: decimal("1"), below: decimal("2") },
      { _tag: "AmendInFlight" },
      { _tag: "NotReplaceable" },
      { _tag: "ReplacedTraded", executed: decimal("1"), known: decimal("0") },
      { _tag: "ReplaceNotAllowed", symbol: "X" }
    ]
    assert.deepStrictEqual(
      new Set(samples.map(({ _tag }) => _tag)),
      new Set(Object.keys(DenialReason.cases) as Array<DenialReason["_tag"]>)
    )
    for (const reason of samples) assert.match(sentence(reason), /^[A-Z].*\.$/)
  })
})
