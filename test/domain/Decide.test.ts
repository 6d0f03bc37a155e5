import { assert, describe, it } from "@effect/vitest"
import * as Account from "../../src/domain/Account.ts"
import * as Allowance from "../../src/domain/Allowance.ts"
import * as Decide from "../../src/domain/Decide.ts"
import type { Event } from "../../src/domain/Event.ts"
import { clientOrderIdOf } from "../../src/domain/Ids.ts"
import * as Hear from "../../src/domain/Hear.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Report } from "../../src/domain/Report.ts"
import { accountId, amend, btcusdt, cancel, context, limit, market, orderId, place } from "../kit/Trading.ts"

const { decimal, format } = Money

const apply = (account: Account.Account, events: ReadonlyArray<Event>) =>
  events.reduce(
    (state, event) => Account.evolve(state, { seq: state.seq + 1, at: 0, traceId: "", event }, () => btcusdt),
    account
  )

const funded = apply(Account.empty(accountId), [
  { _tag: "BalanceAdjusted", asset: "USDT", free: decimal("10000") },
  { _tag: "BalanceAdjusted", asset: "BTC", free: decimal("1") }
])

const decideAll = (account: Account.Account, envelope: Parameters<typeof Decide.decide>[1], price?: string) =>
  apply(account, Decide.decide(account, envelope, context(price), 0).events)

const hear = (account: Account.Account, ...reports: ReadonlyArray<Report>) =>
  reports.reduce((state, report) => apply(state, Hear.hear(state, report).events), account)

const balance = (account: Account.Account, asset: string) => {
  const { free, held } = Account.balanceOf(account, asset)
  return [format(free), format(held)]
}

const clientOrderId = clientOrderIdOf(orderId(1))
const about = { clientOrderId, exchangeOrderId: "7", symbol: "BTCUSDT", at: 0 }
const accepted: Report = { _tag: "Accepted", ...about }
const canceled = (executed: string, quantity = "0.4"): Report => ({
  _tag: "Canceled",
  ...about,
  executedQuantity: decimal(executed),
  quantity: decimal(quantity)
})
const filled = (tradeId: string, quantity: string, price: string, fee = "0", feeAsset = "BTC"): Report => ({
  _tag: "Filled",
  ...about,
  fill: {
    tradeId,
    price: decimal(price),
    quantity: decimal(quantity),
    fee: decimal(fee),
    feeAsset,
    liquidity: "taker",
    at: 0
  }
})

describe("Decide", () => {
  it("holds price × quantity of a limit buy and gives the difference of a better fill back at once", () => {
    const placed = decideAll(funded, place(1, limit("BUY", "0.1", "60000")))
    assert.deepStrictEqual(balance(placed, "USDT"), ["4000", "6000"])
    const half = hear(placed, accepted, filled("1", "0.05", "59000"))
    assert.deepStrictEqual(balance(half, "USDT"), ["4050", "3000"])
    const done = hear(half, filled("2", "0.05", "60000"))
    assert.deepStrictEqual(balance(done, "USDT"), ["4050", "0"])
    assert.deepStrictEqual(balance(done, "BTC"), ["1.1", "0"])
    assert.isUndefined(Account.orderOf(done, orderId(1)))
  })

  it("releases what a cancelled order still held", () => {
    const placed = hear(
      decideAll(funded, place(1, limit("SELL", "0.4", "61000"))),
      accepted,
      filled("1", "0.1", "61000")
    )
    assert.deepStrictEqual(balance(placed, "BTC"), ["0.6", "0.3"])
    const cancelling = decideAll(placed, cancel(1))
    assert.strictEqual(Account.orderOf(cancelling, orderId(1))?.status, "CANCELING")
    const cancelled = hear(cancelling, canceled("0.1"))
    assert.deepStrictEqual(balance(cancelled, "BTC"), ["0.9", "0"])
  })

  it("counts a fill once, however often it is reported", () => {
    const once = hear(decideAll(funded, place(1, market("BUY", "0.1"))), accepted, filled("1", "0.04", "60000"))
    const twice = hear(once, filled("1", "0.04", "60000"), accepted, filled("1", "0.04", "60000"))
    assert.strictEqual(twice.seq, once.seq)
  })

  it("ignores reports of orders that are not open", () => {
    assert.deepStrictEqual(Hear.hear(funded, filled("1", "0.1", "60000")).events, [])
    assert.deepStrictEqual(Hear.hear(funded, canceled("0")).events, [])
  })

  it("denies what is not affordable and holds nothing for it", () => {
    const decision = Decide.decide(funded, place(1, limit("BUY", "1", "60000")), context(), 0)
    assert.match(decision.denied ?? "", /Not enough USDT: 60000 needed, 10000 free/)
    assert.isUndefined(decision.submit)
    assert.deepStrictEqual(balance(apply(funded, decision.events), "USDT"), ["10000", "0"])
  })

  it("denies a new order that waited longer than its author would, but still cancels", () => {
    const late = Decide.TOO_LATE_MILLIS + 1
    assert.match(Decide.decide(funded, place(1, market("BUY", "0.01")), context(), late).denied ?? "", /60 s after/)
    const open = hear(decideAll(funded, place(1, limit("BUY", "0.1", "60000"))), accepted)
    assert.isUndefined(Decide.decide(open, cancel(1), context(), late).denied)
  })

  it("amends a resting limit order to less, and says why it cannot otherwise", () => {
    const open = hear(decideAll(funded, place(1, limit("BUY", "0.1", "60000"))), accepted, filled("1", "0.04", "60000"))
    const reasonOf = (account: Account.Account, quantity: string) => {
      const [event] = Decide.decide(account, amend(1, quantity), context(), 0).events
      return event?._tag === "AmendDenied" ? event.reason._tag : event?._tag
    }
    assert.strictEqual(reasonOf(open, "0.04"), "AmendOutOfRange")
    assert.strictEqual(reasonOf(open, "0.1"), "AmendOutOfRange")
    assert.strictEqual(reasonOf(open, "0.050001"), "QuantityOffStep")
    assert.strictEqual(reasonOf(funded, "0.05"), "OrderAlreadyClosed")
    const amending = decideAll(open, amend(1, "0.06"))
    assert.strictEqual(Account.orderOf(amending, orderId(1))?.status, "AMENDING")
    assert.strictEqual(reasonOf(amending, "0.05"), "AmendInFlight")
    const amended = hear(amending, { _tag: "Amended", ...about, quantity: decimal("0.06") })
    assert.strictEqual(Account.orderOf(amended, orderId(1))?.status, "PARTIALLY_FILLED")
    assert.deepStrictEqual(balance(amended, "USDT"), ["6400", "1200"])
    const market_ = decideAll(funded, place(2, market("BUY", "0.01")))
    const [denied] = Decide.decide(market_, amend(2, "0.005"), context(), 0).events
    assert.deepStrictEqual(denied?._tag === "AmendDenied" ? denied.reason : denied, { _tag: "NotAmendable" })
  })

  it("amends an order as often as the exchange does, whoever asked for it, and then says what else can be done", () => {
    const allows = { ...Allowance.EVERYTHING, maxAmends: 2 }
    const tight = { ...context(), instrument: { ...btcusdt, allows } }
    const open = hear(decideAll(funded, place(1, limit("BUY", "0.1", "60000"))), accepted)
    const once = hear(decideAll(open, amend(1, "0.09")), { _tag: "Amended", ...about, quantity: decimal("0.09") })
    const refused = hear(decideAll(once, amend(1, "0.08")), { _tag: "AmendRejected", ...about, reason: "" })
    assert.isUndefined(Decide.decide(refused, amend(1, "0.08"), tight, 0).denied)
    const twice = hear(refused, { _tag: "Amended", ...about, quantity: decimal("0.08") })
    const { amend: call, denied, events } = Decide.decide(twice, amend(1, "0.07"), tight, 0)
    assert.isUndefined(call)
    assert.deepStrictEqual(
      events.map((event) => event._tag === "AmendDenied" && event.reason),
      [{ _tag: "AmendNotAllowed", symbol: "BTCUSDT" }]
    )
    assert.match(denied ?? "", /no further amend of this order: put another in its place/)
  })

  it("cancels again what was cancelled without an answer, since twice does the same as once", () => {
    const open = hear(decideAll(funded, place(1, limit("BUY", "0.1", "60000"))), accepted)
    const cancelling = decideAll(open, cancel(1))
    const doubted = apply(cancelling, Hear.onNoAnswer(cancelling, orderId(1), "cancel", "timeout"))
    assert.strictEqual(Account.orderOf(doubted, orderId(1))?.status, "UNKNOWN")
    const again = Decide.decide(doubted, cancel(1), context(), 0)
    assert.strictEqual(again.cancel?.orderId, orderId(1))
    assert.strictEqual(Account.orderOf(apply(doubted, again.events), orderId(1))?.status, "CANCELING")
  })

  it("refuses a market order while the exchange cannot be seen, and takes a limit order", () => {
    const blind = apply(funded, [{ _tag: "SightLost", reason: "the stream was cut" }])
    const [denied] = Decide.decide(blind, place(1, market("BUY", "0.01")), context(), 0).events
    assert.deepStrictEqual(denied?._tag === "OrderDenied" ? denied.reason : denied, { _tag: "Blind", since: 0 })
    assert.isUndefined(Decide.decide(blind, place(2, limit("BUY", "0.01", "60000")), context(), 0).denied)
    const seeing = apply(blind, [{ _tag: "SightRegained" }])
    assert.isUndefined(Decide.decide(seeing, place(3, market("BUY", "0.01")), context(), 0).denied)
  })

  it("asks the exchange to cancel once, however often it is told to", () => {
    const open = hear(decideAll(funded, place(1, limit("BUY", "0.1", "60000"))), accepted)
    const cancelling = decideAll(open, cancel(1))
    const again = Decide.decide(cancelling, cancel(1), context(), 0)
    assert.deepStrictEqual(again, { events: [] })
  })
})
