import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Account from "../../src/domain/Account.ts"
import * as Decide from "../../src/domain/Decide.ts"
import type { Event } from "../../src/domain/Event.ts"
import * as Hear from "../../src/domain/Hear.ts"
import { ClientOrderId, clientOrderIdOf } from "../../src/domain/Ids.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Order } from "../../src/domain/Order.ts"
import type { ExchangeOrder, Report } from "../../src/domain/Report.ts"
import { accountId, amend, btcusdt, cancel, context, limit, orderId, place } from "../kit/Trading.ts"

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

const decide = (account: Account.Account, envelope: Parameters<typeof Decide.decide>[1]) =>
  apply(account, Decide.decide(account, envelope, context(), 0).events)

const hear = (account: Account.Account, ...reports: ReadonlyArray<Report>) =>
  reports.reduce((state, report) => apply(state, Hear.hear(state, report).events), account)

const orderOf = (account: Account.Account): Order => {
  const order = Account.orderOf(account, orderId(1))
  assert.isDefined(order)
  return order as Order
}

const about = { clientOrderId: clientOrderIdOf(orderId(1)), exchangeOrderId: "7", symbol: "BTCUSDT", at: 0 }
const accepted: Report = { _tag: "Accepted", ...about }
const fill = (tradeId: string, quantity: string) => ({
  tradeId,
  price: decimal("60000"),
  quantity: decimal(quantity),
  fee: Money.zero,
  feeAsset: "BTC",
  liquidity: "taker" as const,
  at: 0
})
const filled = (tradeId: string, quantity: string): Report => ({
  _tag: "Filled",
  ...about,
  fill: fill(tradeId, quantity)
})
const canceled = (executed: string, quantity = "0.1"): Report => ({
  _tag: "Canceled",
  ...about,
  executedQuantity: decimal(executed),
  quantity: decimal(quantity)
})
const amended = (quantity: string): Report => ({ _tag: "Amended", ...about, quantity: decimal(quantity) })

const found = (
  status: ExchangeOrder["status"],
  fills: ExchangeOrder["fills"] = [],
  more: Partial<ExchangeOrder> = {}
): Option.Option<ExchangeOrder> =>
  Option.some({
    clientOrderId: about.clientOrderId,
    exchangeOrderId: "7",
    symbol: "BTCUSDT",
    side: "BUY",
    type: "LIMIT",
    timeInForce: "GTC",
    isWorking: true,
    quantity: decimal("0.1"),
    price: decimal("60000"),
    status,
    executedQuantity: fills.reduce((sum, { quantity }) => Money.add(sum, quantity), Money.zero),
    executedQuote: Money.zero,
    fills,
    createdAt: 0,
    at: 0,
    ...more
  })

const asked = (answer: Option.Option<ExchangeOrder>, at = 0, absenceProvenAfterMillis = 13_000): Hear.Asked => ({
  found: answer,
  at,
  absenceProvenAfterMillis
})

const sent = decide(funded, place(1, limit("BUY", "0.1", "60000")))
const doubtful = apply(sent, Hear.onNoAnswer(sent, orderId(1), "submit", "the connection was cut"))

/** Every order of the items, each with every one of them twice. */
const permutations = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  items.length <= 1
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]))

const shown = (account: Account.Account) => ({
  open: Account.orderOf(account, orderId(1))?.status,
  balances: ["USDT", "BTC"].map((asset) => {
    const { free, held } = Account.balanceOf(account, asset)
    return [format(free), format(held)]
  }),
  position: format(account.positions["BTCUSDT"]?.quantity ?? Money.zero)
})

describe("Hear", () => {
  it("turns a missing answer into UNKNOWN, and keeps what ended the doubt with the order", () => {
    assert.strictEqual(orderOf(doubtful).status, "UNKNOWN")
    assert.strictEqual(orderOf(doubtful).reason, "the connection was cut")
    const { reports, settled } = Hear.assess(orderOf(doubtful), asked(found("NEW")))
    assert.isTrue(settled)
    const order = orderOf(hear(doubtful, ...reports))
    assert.strictEqual(order.status, "NEW")
    assert.isUndefined(order.reason)
    assert.deepStrictEqual(order.resolution, {
      call: "submit",
      since: 0,
      reason: "the connection was cut",
      at: 0,
      how: "query",
      found: "working"
    })
  })

  it("keeps UNKNOWN out of it when the report overtakes the missing answer", () => {
    const open = hear(sent, accepted)
    assert.deepStrictEqual(Hear.onNoAnswer(open, orderId(1), "submit", "timeout"), [])
  })

  it("believes that there is no such order only after everything that could still bring it", () => {
    const early = Hear.assess(orderOf(doubtful), asked(Option.none(), 13_999))
    assert.deepStrictEqual(early, { reports: [], settled: false })
    const { reports, settled } = Hear.assess(orderOf(doubtful), asked(Option.none(), 14_000))
    assert.isTrue(settled)
    assert.deepStrictEqual(
      shown(hear(doubtful, ...reports)).balances,
      shown(funded).balances,
      "the money that was held for it is free again"
    )
  })

  it("never believes that an order is absent which the exchange has acknowledged", () => {
    const open = hear(sent, accepted)
    assert.deepStrictEqual(Hear.assess(orderOf(open), asked(Option.none(), 1e9)), { reports: [], settled: false })
  })

  it("takes an order that works on for a failed cancel only once the cancel has had its time", () => {
    const cancelling = decide(hear(sent, accepted), cancel(1))
    const unsure = apply(cancelling, Hear.onNoAnswer(cancelling, orderId(1), "cancel", "timeout"))
    assert.isFalse(Hear.assess(orderOf(unsure), asked(found("NEW"), 5_000)).settled)
    const late = Hear.assess(orderOf(unsure), asked(found("NEW"), 14_000))
    assert.strictEqual(orderOf(hear(unsure, ...late.reports)).status, "NEW")
    const gone = Hear.assess(orderOf(unsure), asked(found("CANCELED"), 5_000))
    assert.isUndefined(Account.orderOf(hear(unsure, ...gone.reports), orderId(1)))
  })

  it("keeps a cancel in doubt through fills and repeated acceptances, which say nothing of it", () => {
    const cancelling = decide(hear(sent, accepted), cancel(1))
    const unsure = apply(cancelling, Hear.onNoAnswer(cancelling, orderId(1), "cancel", "timeout"))
    assert.strictEqual(orderOf(hear(unsure, accepted, filled("1", "0.01"))).status, "UNKNOWN")
  })

  it("does not close an order before all of its fills are here", () => {
    const open = hear(sent, accepted)
    const heard = Hear.hear(open, canceled("0.04"))
    assert.deepStrictEqual(heard.events, [])
    assert.strictEqual(heard.incomplete?.orderId, orderId(1))
    const partly = Hear.assess(
      orderOf(open),
      asked(found("CANCELED", [fill("1", "0.01")], { executedQuantity: decimal("0.04") }))
    )
    assert.isFalse(partly.settled)
    const whole = Hear.assess(orderOf(open), asked(found("CANCELED", [fill("1", "0.01"), fill("2", "0.03")])))
    assert.isTrue(whole.settled)
    const done = hear(open, ...whole.reports)
    assert.isUndefined(Account.orderOf(done, orderId(1)))
    assert.strictEqual(shown(done).position, "0.04")
  })

  it("ends the same in whatever order, and however often, the reports of a short history come", () => {
    const histories: ReadonlyArray<ReadonlyArray<Report>> = [
      [accepted, filled("1", "0.04"), filled("2", "0.06")],
      [accepted, filled("1", "0.04"), canceled("0.04")],
      [accepted, amended("0.06"), filled("1", "0.04"), filled("2", "0.02")],
      [accepted, filled("1", "0.01"), filled("2", "0.01"), canceled("0.02")],
      [accepted, canceled("0")],
      [accepted, amended("0.06"), filled("1", "0.04"), canceled("0.04", "0.06")]
    ]
    for (const history of histories) {
      const final = shown(hear(sent, ...history))
      for (const order of permutations(history)) {
        // What could not close at its turn is asked for: the last report again stands for the answer.
        const replies = [...order, ...order, ...history]
        assert.deepStrictEqual(shown(hear(sent, ...replies)), final, order.map(({ _tag }) => _tag).join(" "))
        assert.deepStrictEqual(shown(hear(doubtful, ...replies)), final, order.map(({ _tag }) => _tag).join(" "))
      }
    }
  })

  it("keeps the exchange's id of an order that is over before its acceptance is heard", () => {
    for (const last of [filled("1", "0.1"), canceled("0"), amended("0.05")]) {
      const [first] = Hear.hear(sent, last).events
      assert.deepInclude(first, { _tag: "OrderAccepted", exchangeOrderId: "7" }, last._tag)
    }
    // Nothing is said twice.
    assert.lengthOf(Hear.hear(hear(sent, filled("1", "0.01")), filled("2", "0.01")).events, 1)
    assert.deepStrictEqual(Hear.hear(sent, canceled("0.04")).events, [])
  })

  it("takes a larger quantity for an older word about an amend", () => {
    const open = decide(hear(sent, accepted), amend(1, "0.05"))
    const smaller = hear(open, amended("0.05"))
    assert.deepStrictEqual(Hear.hear(smaller, amended("0.08")).events, [])
    assert.strictEqual(format(orderOf(smaller).intent.quantity), "0.05")
    const unsure = apply(open, Hear.onNoAnswer(open, orderId(1), "amend", "timeout"))
    const done = Hear.assess(orderOf(unsure), asked(found("NEW", [], { quantity: decimal("0.05") }), 100))
    assert.isTrue(done.settled)
    assert.strictEqual(orderOf(hear(unsure, ...done.reports)).resolution?.found, "amended")
  })

  it("points at an order that is not ours, and follows one of ours whose id was changed at the exchange", () => {
    const open = hear(sent, accepted)
    const renamed = { ...filled("1", "0.04"), clientOrderId: ClientOrderId.make("web_renamed") }
    assert.strictEqual(orderOf(hear(open, renamed)).status, "PARTIALLY_FILLED")
    const theirs = { ...renamed, exchangeOrderId: "8" }
    assert.deepStrictEqual(Hear.hear(open, theirs), {
      events: [],
      stranger: { symbol: "BTCUSDT", exchangeOrderId: "8" }
    })
  })
})
