import { assert, describe, it } from "@effect/vitest"
import * as Account from "../../src/domain/Account.ts"
import * as Decide from "../../src/domain/Decide.ts"
import type { Event } from "../../src/domain/Event.ts"
import { clientOrderIdOf } from "../../src/domain/Ids.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Report } from "../../src/domain/Report.ts"
import { accountId, btcusdt, cancel, context, limit, market, orderId, place } from "../kit/Trading.ts"

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
  reports.reduce((state, report) => apply(state, Decide.onReport(state, report)), account)

const balance = (account: Account.Account, asset: string) => {
  const { free, held } = Account.balanceOf(account, asset)
  return [format(free), format(held)]
}

const clientOrderId = clientOrderIdOf(orderId(1))
const accepted: Report = { _tag: "Accepted", clientOrderId, exchangeOrderId: "7", at: 0 }
const filled = (tradeId: string, quantity: string, price: string, fee = "0", feeAsset = "BTC"): Report => ({
  _tag: "Filled",
  clientOrderId,
  at: 0,
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
    const cancelled = hear(cancelling, { _tag: "Canceled", clientOrderId, at: 0 })
    assert.deepStrictEqual(balance(cancelled, "BTC"), ["0.9", "0"])
  })

  it("counts a fill once, however often it is reported", () => {
    const once = hear(decideAll(funded, place(1, market("BUY", "0.1"))), accepted, filled("1", "0.04", "60000"))
    const twice = hear(once, filled("1", "0.04", "60000"), accepted, filled("1", "0.04", "60000"))
    assert.strictEqual(twice.seq, once.seq)
  })

  it("ignores reports of orders that are not open", () => {
    assert.deepStrictEqual(Decide.onReport(funded, filled("1", "0.1", "60000")), [])
    assert.deepStrictEqual(Decide.onReport(funded, { _tag: "Canceled", clientOrderId, at: 0 }), [])
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

  it("asks the exchange to cancel once, however often it is told to", () => {
    const open = hear(decideAll(funded, place(1, limit("BUY", "0.1", "60000"))), accepted)
    const cancelling = decideAll(open, cancel(1))
    const again = Decide.decide(cancelling, cancel(1), context(), 0)
    assert.deepStrictEqual(again, { events: [] })
  })

  it("turns a missing answer into UNKNOWN and takes it back on evidence", () => {
    const sent = decideAll(funded, place(1, limit("BUY", "0.1", "60000")))
    const unknown = apply(sent, Decide.onNoAnswer(sent, orderId(1), "submit", "timeout"))
    assert.strictEqual(Account.orderOf(unknown, orderId(1))?.status, "UNKNOWN")
    assert.match(Decide.decide(unknown, cancel(1), context(), 0).denied ?? "", /in doubt/)
    const order = Account.orderOf(unknown, orderId(1))
    assert.isDefined(order)
    const settled = hear(
      unknown,
      ...Decide.reportsOf(order as NonNullable<typeof order>, {
        clientOrderId,
        exchangeOrderId: "7",
        status: "NEW",
        fills: [],
        at: 0
      })
    )
    assert.strictEqual(Account.orderOf(settled, orderId(1))?.status, "NEW")
  })

  it("keeps UNKNOWN out of it when the report overtakes the missing answer", () => {
    const open = hear(decideAll(funded, place(1, limit("BUY", "0.1", "60000"))), accepted)
    assert.deepStrictEqual(Decide.onNoAnswer(open, orderId(1), "submit", "timeout"), [])
  })
})
