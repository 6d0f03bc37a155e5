import { assert, describe, it } from "@effect/vitest"
import { HashMap, Result } from "effect"
import { type Account, balanceOf, empty, evolve, orderOf } from "../../src/domain/Account.ts"
import { EVERYTHING } from "../../src/domain/Allowance.ts"
import { decide } from "../../src/domain/Decide.ts"
import type { Event } from "../../src/domain/Event.ts"
import { hear } from "../../src/domain/Hear.ts"
import { clientOrderIdOf } from "../../src/domain/Ids.ts"
import type { ListKind } from "../../src/domain/ListLink.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Report } from "../../src/domain/Report.ts"
import { approveList, type RiskContext } from "../../src/domain/Risk.ts"
import {
  accountId,
  asked,
  btcusdt,
  byQuote,
  cancel,
  context,
  limit,
  maker,
  market,
  orderId,
  placeList,
  stop,
  stopLimit
} from "../kit/Trading.ts"

const { decimal, format } = Money
const { below, above } = { above: "above", below: "below" } as const

const rich: Account = {
  ...empty(accountId),
  balances: Object.fromEntries(
    [
      ["BTC", "1"],
      ["USDT", "100000"]
    ].map(([asset = "", free = ""]) => [asset, { asset, free: decimal(free), held: Money.zero }])
  )
}

type Legs = Parameters<typeof asked>[2]

const reasonOf = (kind: ListKind, legs: Legs, changed: Partial<RiskContext> = {}, account = rich): string =>
  Result.match(approveList(account, asked(1, kind, legs), { ...context(), ...changed }), {
    onFailure: ({ _tag }) => _tag,
    onSuccess: () => "approved"
  })

const takeProfit = maker("SELL", "0.5", "61000")
const stopLoss = stop("STOP_LOSS", "SELL", "0.5", { stopPrice: "59000" })
const exit: Legs = [
  [above, 1, takeProfit],
  [below, 2, stopLoss]
]
const entry = limit("BUY", "0.5", "60000")

describe("the rules of an order list", () => {
  it("let through each kind, with either kind of stop and of profit", () => {
    assert.strictEqual(reasonOf("OCO", exit), "approved")
    assert.strictEqual(
      reasonOf("OCO", [
        [above, 1, stopLimit("STOP_LOSS_LIMIT", "BUY", "0.5", "61100", { stopPrice: "61000" })],
        [below, 2, stopLimit("TAKE_PROFIT_LIMIT", "BUY", "0.5", "58900", { stopPrice: "59000" })]
      ]),
      "approved"
    )
    assert.strictEqual(
      reasonOf("OCO", [
        [above, 1, takeProfit],
        [below, 2, stop("STOP_LOSS", "SELL", "0.5", { trailingDelta: 100 })]
      ]),
      "approved"
    )
    assert.strictEqual(
      reasonOf("OTO", [
        ["working", 1, entry],
        ["pending", 2, market("SELL", "0.4")]
      ]),
      "approved"
    )
    assert.strictEqual(reasonOf("OTOCO", [["working", 3, maker("BUY", "0.5", "59999")], ...exit]), "approved")
  })

  it("refuse an order in a place where the exchange takes none of its kind", () => {
    const wrong: ReadonlyArray<readonly [ListKind, Legs]> = [
      ["OCO", [exit[1]!, exit[0]!]],
      ["OCO", [exit[0]!]],
      ["OCO", [exit[0]!, [below, 2, limit("SELL", "0.5", "59000")]]],
      ["OCO", [exit[0]!, [below, 2, stop("TAKE_PROFIT", "SELL", "0.5", { stopPrice: "59000" })]]],
      ["OCO", [exit[0]!, [below, 2, stop("STOP_LOSS", "SELL", "0.4", { stopPrice: "59000" })]]],
      ["OCO", [exit[0]!, [below, 2, stop("STOP_LOSS", "BUY", "0.5", { stopPrice: "59000" })]]],
      ["OCO", [exit[0]!, [below, 2, { ...stopLoss, symbol: "ETHUSDT" }]]],
      ["OTO", exit],
      [
        "OTO",
        [
          ["working", 1, market("BUY", "0.5")],
          ["pending", 2, limit("SELL", "0.5", "61000")]
        ]
      ],
      [
        "OTO",
        [
          ["working", 1, entry],
          ["pending", 2, byQuote("BUY", "100")]
        ]
      ]
    ]
    for (const [kind, legs] of wrong) assert.strictEqual(reasonOf(kind, legs), "ListLegWrong")
  })

  it("want the price between the two of an OCO, and the two of an OTOCO the right way round", () => {
    assert.strictEqual(reasonOf("OCO", exit, context("61000")), "ListBesideMarket")
    assert.strictEqual(reasonOf("OCO", exit, context("59000")), "ListBesideMarket")
    const crossed: Legs = [
      ["working", 3, entry],
      [above, 1, maker("SELL", "0.5", "59000")],
      [below, 2, stop("STOP_LOSS", "SELL", "0.5", { stopPrice: "59000" })]
    ]
    assert.strictEqual(reasonOf("OTOCO", crossed), "ListPricesCrossed")
    const later: Legs = [["working", 3, limit("BUY", "0.5", "58000")], ...exit]
    assert.strictEqual(reasonOf("OTOCO", later, context("58500")), "approved")
  })

  it("draw the collar of what waits around the price of its working order", () => {
    const bracket = (entry: string, profit: string): Legs => [
      ["working", 3, limit("BUY", "0.1", entry)],
      [above, 1, maker("SELL", "0.1", profit)],
      [below, 2, stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "39000" })]
    ]
    assert.strictEqual(reasonOf("OTOCO", bracket("40000", "41000")), "approved")
    assert.strictEqual(reasonOf("OTOCO", bracket("60000", "50000")), "PriceOutsideCollar")
    assert.strictEqual(reasonOf("OTOCO", bracket("70000", "71000")), "PriceOutsideCollar")
  })

  it("hold each order to the rules of one alone, and to what the symbol allows", () => {
    assert.strictEqual(reasonOf("OCO", [exit[0]!, [below, 2, { ...stopLoss, quantity: Money.zero }]]), "ListLegWrong")
    const tiny: Legs = [
      [above, 1, maker("SELL", "0.00001", "61000")],
      [below, 2, stop("STOP_LOSS", "SELL", "0.00001", { stopPrice: "59000" })]
    ]
    assert.strictEqual(reasonOf("OCO", tiny), "NotionalTooSmall")
    const without = (change: Partial<typeof EVERYTHING>) => ({
      instrument: { ...btcusdt, allows: { ...EVERYTHING, ...change } }
    })
    assert.strictEqual(reasonOf("OCO", exit, without({ oco: false })), "ListNotAllowed")
    const oto: Legs = [
      ["working", 1, entry],
      ["pending", 2, limit("SELL", "0.4", "61000")]
    ]
    assert.strictEqual(reasonOf("OTO", oto, without({ oto: false })), "ListNotAllowed")
    assert.strictEqual(reasonOf("OCO", exit, without({ maxOrderLists: 0 })), "TooManyOrderLists")
    assert.strictEqual(reasonOf("OCO", exit, without({ maxStopOrders: 0 })), "TooManyStopOrders")
    assert.strictEqual(reasonOf("OCO", exit, { instrument: { ...btcusdt, maxOpenOrders: 1 } }), "TooManyOpenOrders")
    assert.strictEqual(reasonOf("OCO", exit, { instrument: undefined }), "UnknownSymbol")
    assert.strictEqual(reasonOf("OCO", exit, { shut: "noKey" }), "AccountShut")
  })

  it("want funds for the dearer of the two, and for the working order alone where there is one", () => {
    const buying: Legs = [
      [above, 1, stopLimit("STOP_LOSS_LIMIT", "BUY", "1", "62000", { stopPrice: "61000" })],
      [below, 2, maker("BUY", "1", "59000")]
    ]
    assert.strictEqual(reasonOf("OCO", buying), "approved")
    const lacking = { ...rich, balances: { USDT: { asset: "USDT", free: decimal("61999"), held: Money.zero } } }
    assert.strictEqual(reasonOf("OCO", buying, {}, lacking), "InsufficientBalance")
    assert.strictEqual(reasonOf("OTOCO", [["working", 3, entry], ...exit], {}, lacking), "approved")
    const poor = { ...rich, balances: { BTC: { asset: "BTC", free: decimal("0.49"), held: Money.zero } } }
    assert.strictEqual(reasonOf("OCO", exit, {}, poor), "InsufficientBalance")
  })
})

/** An account that its events have made, and its next one. */
const after = (account: Account, events: ReadonlyArray<Event>): Account =>
  events.reduce(
    (state, event) => evolve(state, { seq: state.seq + 1, at: 1, traceId: "", event }, () => btcusdt),
    account
  )

const placed = (kind: ListKind, legs: Legs): Account =>
  after(rich, decide(rich, placeList(1, kind, legs), context(), 0).events)

const said = (n: number, report: Partial<Report> & Pick<Report, "_tag">): Report =>
  ({
    clientOrderId: clientOrderIdOf(orderId(n)),
    exchangeOrderId: String(n),
    symbol: "BTCUSDT",
    at: 1,
    ...report
  }) as Report

const heard = (account: Account, ...reports: ReadonlyArray<Report>): Account =>
  reports.reduce((state, report) => after(state, hear(state, report).events), account)

const held = (account: Account, asset: string) => format(balanceOf(account, asset).held)
const filled = (n: number, quantity: string, price: string) =>
  said(n, {
    _tag: "Filled",
    fill: {
      tradeId: `t${n}${quantity}`,
      price: decimal(price),
      quantity: decimal(quantity),
      fee: Money.zero,
      feeAsset: "BNB",
      liquidity: "maker",
      at: 1
    }
  })

describe("what the orders of a list hold", () => {
  it("is the dearer one's need, whichever of the two ends first", () => {
    const legs: Legs = [
      [above, 1, stopLimit("STOP_LOSS_LIMIT", "BUY", "1", "62000", { stopPrice: "61000" })],
      [below, 2, maker("BUY", "1", "59000")]
    ]
    const account = placed("OCO", legs)
    assert.strictEqual(held(account, "USDT"), "62000")
    const totals = { executedQuantity: Money.zero, quantity: decimal("1") }
    const profit = heard(account, said(1, { _tag: "Expired", reason: "", ...totals }))
    assert.strictEqual(held(profit, "USDT"), "59000")
    const loss = heard(account, said(2, { _tag: "Expired", reason: "", ...totals }))
    assert.strictEqual(held(loss, "USDT"), "62000")
    assert.strictEqual(held(heard(loss, said(1, { _tag: "Canceled", ...totals })), "USDT"), "0")
  })

  it("is the remainder of the one that fills, from its first fill on", () => {
    const account = heard(placed("OCO", exit), filled(1, "0.2", "61000"))
    assert.strictEqual(held(account, "BTC"), "0.3")
    const done = heard(account, filled(1, "0.3", "61000"))
    assert.strictEqual(held(done, "BTC"), "0")
    assert.strictEqual(format(balanceOf(done, "BTC").free), "0.5")
    assert.strictEqual(orderOf(done, orderId(2))?.status, "SUBMITTING", "its own end is still to be heard")
  })

  it("is nothing for what waits, until it is heard that the exchange has placed it", () => {
    const waiting = said(1, { _tag: "Accepted", working: false, pending: true })
    const account = heard(placed("OTOCO", [["working", 3, entry], ...exit]), waiting)
    assert.deepStrictEqual([held(account, "BTC"), held(account, "USDT")], ["0", "30000"])
    assert.strictEqual(orderOf(account, orderId(1))?.status, "PENDING_NEW")
    assert.deepStrictEqual(hear(account, waiting).events, [], "told again, it changes nothing")
    const active = heard(account, said(1, { _tag: "Accepted", working: true }))
    assert.strictEqual(orderOf(active, orderId(1))?.status, "NEW")
    assert.strictEqual(held(active, "BTC"), "0.5")
    assert.strictEqual(held(heard(active, waiting), "BTC"), "0.5", "an older word does not undo it")
    const filledAtOnce = heard(account, filled(1, "0.1", "61000"))
    assert.strictEqual(held(filledAtOnce, "BTC"), "0.4")
  })
})

describe("a decision about a list", () => {
  it("denies all of its orders, or submits all of them, each with its place", () => {
    const asking = placeList(1, "OCO", exit)
    const { events, submitList } = decide(rich, asking, context(), 0, 250)
    assert.deepStrictEqual(
      events.map((event) => (event._tag === "OrderSubmitted" ? [event.list?.role, event.sentAt] : event._tag)),
      [
        ["above", 250],
        ["below", 250]
      ]
    )
    assert.deepStrictEqual(
      submitList?.legs.map(({ order }) => order.orderId),
      [orderId(1), orderId(2)]
    )
    const late = decide(rich, asking, context(), 60_001)
    assert.deepStrictEqual(
      late.events.map((event) => event._tag),
      ["OrderDenied", "OrderDenied"]
    )
    assert.isUndefined(late.submitList)
    const denied = after(rich, late.events)
    assert.strictEqual(HashMap.size(denied.orders), 0)
  })

  it("counts a list as open while two of its orders are", () => {
    const one = { instrument: { ...btcusdt, allows: { ...EVERYTHING, maxOrderLists: 1 } } }
    const account = placed("OCO", [
      [above, 1, maker("SELL", "0.1", "61000")],
      [below, 2, stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59000" })]
    ])
    const more: Legs = [
      [above, 3, maker("SELL", "0.1", "61000")],
      [below, 4, stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "59000" })]
    ]
    assert.strictEqual(reasonOf("OCO", more, one, account), "TooManyOrderLists")
    const alone = heard(
      account,
      said(2, { _tag: "Expired", reason: "", executedQuantity: Money.zero, quantity: decimal("0.1") })
    )
    assert.strictEqual(reasonOf("OCO", more, one, alone), "approved")
  })

  it("lets one order of it be cancelled, and denies that while its submit is in doubt", () => {
    const account = placed("OCO", exit)
    assert.strictEqual(decide(account, cancel(1), context(), 0).cancel?.orderId, orderId(1))
    const doubted = after(account, [
      { _tag: "OrderUnknown", orderId: orderId(1), call: "submit", reason: "No answer came." }
    ])
    assert.match(decide(doubted, cancel(1), context(), 0).denied ?? "", /in doubt/)
  })
})
