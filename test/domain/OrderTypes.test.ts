import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Account from "../../src/domain/Account.ts"
import { EVERYTHING } from "../../src/domain/Allowance.ts"
import * as Decide from "../../src/domain/Decide.ts"
import { sentence } from "../../src/domain/Denial.ts"
import type { Event } from "../../src/domain/Event.ts"
import * as Hear from "../../src/domain/Hear.ts"
import { clientOrderIdOf } from "../../src/domain/Ids.ts"
import { type Instrument, validate } from "../../src/domain/Instrument.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent } from "../../src/domain/Order.ts"
import type { Report } from "../../src/domain/Report.ts"
import * as Risk from "../../src/domain/Risk.ts"
import {
  accountId,
  amend,
  btcusdt,
  byQuote,
  context,
  limit,
  maker,
  orderId,
  place,
  stop,
  stopLimit
} from "../kit/Trading.ts"

const { decimal, format } = Money

const iceberg = (quantity: string, shown: string): Intent => maker("SELL", quantity, "61000", shown)

/** The sentence of the refusal, or nothing. */
const refusal = (intent: Intent, instrument: Instrument = btcusdt): string => {
  const valid = validate(instrument, intent, decimal("60000"))
  return Result.isFailure(valid) ? sentence(valid.failure) : ""
}

describe("an instrument", () => {
  it("takes every type where it states nothing else", () => {
    const good: ReadonlyArray<Intent> = [
      maker("BUY", "0.1", "59000"),
      byQuote("BUY", "100"),
      stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59000" }),
      stop("TAKE_PROFIT", "SELL", "0.1", { trailingDelta: 100 }),
      stopLimit("STOP_LOSS_LIMIT", "SELL", "0.1", "58990", { stopPrice: "59000" }),
      stopLimit("TAKE_PROFIT_LIMIT", "SELL", "0.1", "61000", { stopPrice: "61000", trailingDelta: 50 }),
      iceberg("0.1", "0.01")
    ]
    for (const intent of good) assert.strictEqual(refusal(intent), "", intent.type)
  })

  it.each([
    [
      stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59000" }),
      { orderTypes: ["LIMIT"] },
      "no orders of the type STOP_LOSS"
    ],
    [maker("BUY", "0.1", "59000"), { orderTypes: ["LIMIT"] }, "no orders of the type LIMIT_MAKER"],
    [byQuote("BUY", "100"), { quoteQuantity: false }, "no market orders by quoteQuantity"],
    [stop("STOP_LOSS", "SELL", "0.1", { trailingDelta: 100 }), { trailingStop: false }, "no trailing stops"],
    [iceberg("0.1", "0.01"), { iceberg: false }, "no iceberg orders"],
    [iceberg("0.1", "0.01"), { icebergParts: 9 }, "at most 9 parts"],
    [
      stop("STOP_LOSS", "SELL", "0.1", { trailingDelta: 9 }),
      { trailingBelow: { minimum: 10, maximum: 20 } },
      "trailingDelta must be between 10 and 20"
    ]
  ] as const)("refuses what it does not allow, with the reason: %#", (intent, change, words) => {
    const allows = { ...EVERYTHING, ...change } as typeof EVERYTHING
    assert.include(refusal(intent, { ...btcusdt, allows }), words)
  })

  it.each([
    [stop("STOP_LOSS", "SELL", "0.1", {}), "needs a stopPrice, a trailingDelta, or both"],
    [stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "0" }), "stopPrice must be greater than zero"],
    [stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59000.001" }), "stopPrice must be a multiple of 0.01"],
    [stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "1000001" }), "stopPrice must be between 0.01 and 1000000"],
    [byQuote("BUY", "0"), "quoteQuantity must be greater than zero"],
    [byQuote("BUY", "10.000000001"), "quoteQuantity must be a multiple of 0.00000001"],
    [byQuote("BUY", "4.99"), "too small: at least 5"],
    [iceberg("0.1", "0.1"), "icebergQuantity must be less than the quantity, 0.1"],
    [iceberg("0.1", "0.000001"), "icebergQuantity is too small: at least 0.00001"],
    [iceberg("0.1", "0.000015"), "icebergQuantity must be a multiple of 0.00001"],
    [iceberg("2", "0.01"), "at most 100 parts"],
    [{ ...limit("BUY", "0.1", "60000", "IOC"), icebergQuantity: decimal("0.01") } as Intent, "must be GTC"]
  ] as const)("names the field that is wrong: %#", (intent, words) => assert.include(refusal(intent), words))
})

const apply = (account: Account.Account, events: ReadonlyArray<Event>) =>
  events.reduce(
    (state, event) => Account.evolve(state, { seq: state.seq + 1, at: 5, traceId: "", event }, () => btcusdt),
    account
  )
const funded = apply(Account.empty(accountId), [
  { _tag: "BalanceAdjusted", asset: "USDT", free: decimal("10000") },
  { _tag: "BalanceAdjusted", asset: "BTC", free: decimal("1") }
])
const decideAll = (account: Account.Account, envelope: Parameters<typeof Decide.decide>[1]) =>
  apply(account, Decide.decide(account, envelope, context(), 0).events)
const hear = (account: Account.Account, ...reports: ReadonlyArray<Report>) =>
  reports.reduce((state, report) => apply(state, Hear.hear(state, report).events), account)
const balance = (account: Account.Account, asset: string) => {
  const { free, held } = Account.balanceOf(account, asset)
  return `${format(free)} + ${format(held)}`
}
const about = { clientOrderId: clientOrderIdOf(orderId(1)), exchangeOrderId: "7", symbol: "BTCUSDT", at: 0 }
const accepted = (working: boolean): Report => ({ _tag: "Accepted", ...about, working })
const filled = (tradeId: string, quantity: string, price: string, whole?: string): Report => ({
  _tag: "Filled",
  ...about,
  fill: {
    tradeId,
    price: decimal(price),
    quantity: decimal(quantity),
    fee: Money.zero,
    feeAsset: "BTC",
    liquidity: "taker",
    at: 0
  },
  ...(whole === undefined ? {} : { whole: decimal(whole) })
})
const orderOf = (account: Account.Account) => Account.orderOf(account, orderId(1))
const reasonOf = (intent: Intent, account = funded) => {
  const approval = Risk.approve(account, { orderId: orderId(2), intent }, context())
  return Result.isFailure(approval) ? approval.failure._tag : "approved"
}

describe("a stop order", () => {
  it("holds by its limit, else by its trigger, else by the market, as the exchange locks", () => {
    const held = (intent: Intent, asset: string) => balance(decideAll(funded, place(1, intent)), asset)
    assert.strictEqual(held(stop("STOP_LOSS", "SELL", "0.2", { stopPrice: "59000" }), "BTC"), "0.8 + 0.2")
    assert.strictEqual(held(stop("STOP_LOSS", "BUY", "0.1", { stopPrice: "61000" }), "USDT"), "3900 + 6100")
    assert.strictEqual(held(stop("STOP_LOSS", "BUY", "0.1", { trailingDelta: 100 }), "USDT"), "4000 + 6000")
    const limited = stopLimit("STOP_LOSS_LIMIT", "BUY", "0.1", "61500", { stopPrice: "61000" })
    assert.strictEqual(held(limited, "USDT"), "3850 + 6150")
  })

  it("waits until the exchange says that it works, or trades", () => {
    const intent = stop("STOP_LOSS", "SELL", "0.2", { stopPrice: "59000" })
    const waiting = hear(decideAll(funded, place(1, intent)), accepted(false))
    assert.strictEqual(orderOf(waiting)?.status, "NEW")
    assert.isUndefined(orderOf(waiting)?.triggeredAt)
    assert.strictEqual(orderOf(hear(waiting, accepted(true)))?.triggeredAt, 5)
    const heard = Hear.hear(hear(waiting, accepted(true)), accepted(true))
    assert.deepStrictEqual(heard.events, [], "said twice is no news")
    assert.strictEqual(orderOf(hear(waiting, filled("1", "0.1", "58990")))?.triggeredAt, 5)
    const done = hear(waiting, filled("1", "0.1", "58990"), filled("2", "0.1", "58980"))
    assert.isUndefined(orderOf(done))
    assert.strictEqual(balance(done, "BTC"), "0.8 + 0")
    assert.strictEqual(balance(done, "USDT"), "21797 + 0")
  })

  it("gives back in proportion what an amend takes away, also where it holds by the market's price", () => {
    for (const trigger of [{ stopPrice: "60000" }, { trailingDelta: 100 }]) {
      const placed = hear(decideAll(funded, place(1, stop("STOP_LOSS", "BUY", "0.1", trigger))), accepted(false))
      assert.strictEqual(balance(placed, "USDT"), "4000 + 6000")
      const asked = decideAll(placed, amend(1, "0.03"))
      assert.strictEqual(orderOf(asked)?.status, "AMENDING")
      const smaller = hear(asked, { _tag: "Amended", ...about, quantity: decimal("0.03") })
      assert.strictEqual(balance(smaller, "USDT"), "8200 + 1800")
    }
  })

  it("is judged by a collar around its trigger", () => {
    const far = { stopPrice: "80000" }
    assert.strictEqual(reasonOf(stopLimit("STOP_LOSS_LIMIT", "BUY", "0.01", "81000", far)), "approved")
    assert.strictEqual(reasonOf(stopLimit("STOP_LOSS_LIMIT", "BUY", "0.01", "89000", far)), "PriceOutsideCollar")
    assert.strictEqual(reasonOf(stop("STOP_LOSS", "BUY", "0.2", { stopPrice: "61000" })), "InsufficientBalance")
  })

  it("is taken while the exchange cannot be seen if it names a price, and refused if only the market tells one", () => {
    const blind = apply(funded, [{ _tag: "SightLost", reason: "cut" }])
    assert.strictEqual(reasonOf(stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59000" }), blind), "approved")
    assert.strictEqual(reasonOf(stop("STOP_LOSS", "SELL", "0.1", { trailingDelta: 100 }), blind), "Blind")
    assert.strictEqual(reasonOf(byQuote("BUY", "100"), blind), "Blind")
    const limited = stopLimit("STOP_LOSS_LIMIT", "SELL", "0.1", "58990", { stopPrice: "59000" })
    assert.strictEqual(reasonOf(limited, blind), "approved")
  })

  it("is refused where as many wait as the symbol allows", () => {
    const intent = stop("STOP_LOSS", "SELL", "0.01", { stopPrice: "59000" })
    const five = [11, 12, 13, 14, 15].reduce((account, n) => decideAll(account, place(n, intent)), funded)
    assert.strictEqual(reasonOf(intent, five), "TooManyStopOrders")
    assert.strictEqual(reasonOf(limit("SELL", "0.01", "61000"), five), "approved")
  })
})

describe("a market order by quote quantity", () => {
  it("holds what it may spend, and closes exactly with the fill that completes it", () => {
    const placed = decideAll(funded, place(1, byQuote("BUY", "3000")))
    assert.strictEqual(balance(placed, "USDT"), "7000 + 3000")
    const partly = hear(placed, accepted(true), filled("1", "0.02", "60010"))
    assert.strictEqual(orderOf(partly)?.status, "PARTIALLY_FILLED")
    const done = hear(partly, filled("2", "0.02998", "60020", "0.04998"))
    assert.isUndefined(orderOf(done))
    assert.strictEqual(balance(done, "USDT"), "7000.4004 + 0")
    assert.strictEqual(balance(done, "BTC"), "1.04998 + 0")
  })

  it("closes whichever fill comes last, and where its size comes after all of them", () => {
    const placed = decideAll(funded, place(1, byQuote("BUY", "3000")))
    const [first, last] = [filled("1", "0.02", "60010"), filled("2", "0.02998", "60020", "0.04998")]
    const turned = hear(placed, last, first)
    assert.isUndefined(orderOf(turned))
    // The last fill came without its size, as an answer to a query may bring it later.
    const unsized = hear(placed, first, filled("2", "0.02998", "60020"))
    assert.strictEqual(orderOf(unsized)?.status, "PARTIALLY_FILLED")
    const sized = hear(unsized, last)
    assert.isUndefined(orderOf(sized))
    for (const account of [turned, sized]) assert.strictEqual(balance(account, "USDT"), "7000.4004 + 0")
  })

  it("that the book could not fill expires with what it has, and frees the rest", () => {
    const placed = decideAll(funded, place(1, byQuote("BUY", "3000")))
    const executed = decimal("0.02")
    const expired: Report = {
      _tag: "Expired",
      ...about,
      executedQuantity: executed,
      quantity: executed,
      reason: "thin"
    }
    const over = hear(placed, filled("1", "0.02", "60010"), expired)
    assert.isUndefined(orderOf(over))
    assert.strictEqual(balance(over, "USDT"), "8799.8 + 0")
  })

  it("to sell holds an estimate of the base, and never more than there is", () => {
    const placed = decideAll(funded, place(1, byQuote("SELL", "30000")))
    assert.strictEqual(balance(placed, "BTC"), "0.495 + 0.505")
    const all = decideAll(funded, place(1, byQuote("SELL", "60000")))
    assert.strictEqual(balance(all, "BTC"), "0 + 1")
  })
})
