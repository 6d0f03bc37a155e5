import { assert, describe, it } from "@effect/vitest"
import type { Command, NewList } from "../../../src/domain/matching/Command.ts"
import type { EngineEvent } from "../../../src/domain/matching/Event.ts"
import type { NewOrder } from "../../../src/domain/matching/Order.ts"
import { buy, Exchange, line, listing, order, sell, SYMBOL, trades } from "./Exchange.ts"

const exchange = () => {
  const venue = new Exchange().account("ann").account("ben")
  venue.lastTicks = 100
  return venue
}
const placing = (venue: Exchange, list: NewList): Command => ({
  _tag: "PlaceList",
  at: ++venue.now,
  account: "ann",
  symbol: SYMBOL,
  list
})
const maker = (asked: NewOrder): NewOrder => ({ ...asked, type: "LIMIT_MAKER" })
const stop = (asked: Partial<NewOrder>): NewOrder => order({ type: "STOP_LOSS", clientOrderId: "stop", ...asked })

/** Executions and list statuses of Ann, in order, with the client id. */
const sequence = (events: ReadonlyArray<EngineEvent>) =>
  events.flatMap((event) => {
    if (event._tag === "ListStatus") return [`list ${event.type}/${event.status}`]
    if (event._tag !== "Execution" || event.order.account !== "ann") return []
    return [`${event.order.clientOrderId} ${line(event)}${event.working ? " w" : ""}`]
  })

const sellOco = {
  kind: "OCO",
  listClientOrderId: "list",
  above: maker(sell(5, 110, { clientOrderId: "limit" })),
  below: stop({ side: "SELL", lots: 5, stopTicks: 90 })
} as const
const buyOco = {
  kind: "OCO",
  listClientOrderId: "list",
  above: stop({ lots: 5, stopTicks: 120 }),
  below: maker(buy(5, 90, { clientOrderId: "limit" }))
} as const
const cancelList = (venue: Exchange): Command => ({
  _tag: "CancelList",
  at: ++venue.now,
  account: "ann",
  symbol: SYMBOL,
  list: { listClientOrderId: "list" },
  cancelId: "c"
})

describe("OCO", () => {
  it("is told as a list that executes, then both legs: the stop waits, the limit works", () => {
    const venue = exchange()
    const outcome = venue.apply(placing(venue, sellOco))
    assert.deepStrictEqual(sequence(outcome.events), [
      "list EXEC_STARTED/EXECUTING",
      "stop NEW/NEW 0",
      "limit NEW/NEW 0 w"
    ])
    assert.lengthOf(venue.engine.openLists("ann"), 1)
  })

  it("locks once, the larger need", () => {
    const venue = exchange()
    venue.apply(placing(venue, sellOco))
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [995, 5])
    const buying = exchange()
    buying.apply(placing(buying, buyOco))
    assert.deepStrictEqual(buying.balance("ann", "USD"), [1_000_000 - 600, 600])
  })

  it("a limit leg that begins to fill ends the stop, and goes on with its own lock", () => {
    const venue = exchange()
    venue.apply(placing(venue, buyOco))
    const events = venue.place("ben", sell(2, 90))
    assert.deepStrictEqual(sequence(events), [
      "stop EXPIRED/EXPIRED 0 OCO_TRIGGER",
      "limit TRADE/PARTIALLY_FILLED 2 w",
      "list ALL_DONE/ALL_DONE"
    ])
    assert.deepStrictEqual(venue.balance("ann", "USD"), [1_000_000 - 180 - 270, 270])
    assert.deepStrictEqual(venue.engine.openLists("ann"), [])
  })

  it("a stop that triggers ends the limit leg before it works", () => {
    const venue = exchange()
    venue.apply(placing(venue, sellOco))
    venue.outside({ bids: [[89, 9]] })
    assert.deepStrictEqual(sequence(venue.tape(90, 1, "SELL").events), [
      "limit EXPIRED/EXPIRED 0 OCO_TRIGGER",
      "stop NEW/NEW 0 w",
      "stop TRADE/FILLED 5",
      "list ALL_DONE/ALL_DONE"
    ])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [995, 0])
  })

  it("one that becomes too dear when it triggers expires, and the list is done", () => {
    const venue = new Exchange().account("ann", 600)
    venue.lastTicks = 100
    venue.apply(placing(venue, buyOco))
    venue.outside({ asks: [[130, 9]] })
    assert.deepStrictEqual(sequence(venue.tape(120, 1, "BUY").events), [
      "limit EXPIRED/EXPIRED 0 OCO_TRIGGER",
      "stop EXPIRED/EXPIRED 0 REJECTED",
      "list ALL_DONE/ALL_DONE"
    ])
    assert.deepStrictEqual(venue.balance("ann", "USD"), [600, 0])
  })

  it("cancelling one leg, or the list, ends both", () => {
    for (const cancel of [
      cancelList,
      (venue: Exchange): Command => ({
        _tag: "Cancel",
        at: ++venue.now,
        account: "ann",
        symbol: SYMBOL,
        order: { clientOrderId: "limit" },
        cancelId: "c"
      })
    ]) {
      const venue = exchange()
      venue.apply(placing(venue, sellOco))
      const { events } = venue.apply(cancel(venue))
      assert.deepStrictEqual(sequence(events), [
        "stop CANCELED/CANCELED 0",
        "limit CANCELED/CANCELED 0",
        "list ALL_DONE/ALL_DONE"
      ])
      assert.deepStrictEqual(venue.balance("ann", "ABC"), [1_000, 0])
    }
  })

  it("its legs must lie on the two sides of the last price", () => {
    const venue = exchange()
    venue.lastTicks = 111
    assert.strictEqual(
      venue.refusal(placing(venue, sellOco)),
      "-2010 The relationship of the prices for the orders is not correct."
    )
    venue.lastTicks = 90
    assert.strictEqual(
      venue.refusal(placing(venue, sellOco)),
      "-2010 The relationship of the prices for the orders is not correct."
    )
  })

  it("its legs must be one side and quantity, a stop-loss and a limit or take-profit", () => {
    const venue = exchange()
    const wrong: ReadonlyArray<NewList> = [
      { ...sellOco, below: stop({ side: "SELL", lots: 4, stopTicks: 90 }) },
      { ...sellOco, below: stop({ side: "BUY", lots: 5, stopTicks: 90 }) },
      { ...sellOco, below: order({ type: "TAKE_PROFIT", side: "SELL", lots: 5, stopTicks: 90 }) },
      { ...sellOco, above: sell(5, 110) }
    ]
    for (const list of wrong)
      assert.strictEqual(venue.refusal(placing(venue, list)), "-1014 Unsupported order combination.")
  })

  it("client ids must differ within it and be free", () => {
    const venue = exchange()
    const duplicate = "-2010 Duplicate order sent."
    assert.strictEqual(
      venue.refusal(placing(venue, { ...sellOco, above: { ...sellOco.above, clientOrderId: "stop" } })),
      duplicate
    )
    venue.place("ann", buy(1, 50, { clientOrderId: "limit" }))
    assert.strictEqual(venue.refusal(placing(venue, sellOco)), duplicate)
  })

  it("self-trade prevention that takes its limit leg ends the stop too", () => {
    const venue = exchange()
    venue.apply(placing(venue, sellOco))
    assert.deepStrictEqual(sequence(venue.place("ann", buy(1, 110, { clientOrderId: "own" }))), [
      "own NEW/NEW 0 w",
      "stop EXPIRED/EXPIRED 0 OCO_TRIGGER",
      "limit TRADE_PREVENTION/EXPIRED_IN_MATCH 0",
      "list ALL_DONE/ALL_DONE"
    ])
  })

  it("an account has so many lists only", () => {
    const venue = new Exchange({ ...listing, maxOrderLists: 0 }).account("ann")
    assert.strictEqual(venue.refusal(placing(venue, sellOco)), "-2010 Filter failure: MAX_NUM_ORDER_LISTS")
  })

  it("and so many over all symbols", () => {
    const venue = new Exchange({ ...listing, exchange: { ...listing.exchange, maxOrderLists: 1 } }).account("ann")
    assert.strictEqual(venue.refusal(placing(venue, sellOco)), "taken")
    const again = {
      ...sellOco,
      listClientOrderId: "again",
      above: { ...sellOco.above, clientOrderId: "limit again" },
      below: { ...sellOco.below, clientOrderId: "stop again" }
    }
    assert.strictEqual(venue.refusal(placing(venue, again)), "-2010 Filter failure: EXCHANGE_MAX_NUM_ORDER_LISTS")
  })
})

const working = buy(2, 100, { clientOrderId: "working" })
const oto = {
  kind: "OTO",
  listClientOrderId: "list",
  working,
  pending: sell(2, 120, { clientOrderId: "pending" })
} as const
const otoco = {
  kind: "OTOCO",
  listClientOrderId: "list",
  working,
  above: maker(sell(2, 120, { clientOrderId: "limit" })),
  below: stop({ side: "SELL", lots: 2, stopTicks: 80 })
} as const

describe("OTO and OTOCO", () => {
  it("the pending leg is told as PENDING_NEW and locks nothing", () => {
    const venue = exchange()
    assert.deepStrictEqual(sequence(venue.apply(placing(venue, oto)).events), [
      "list EXEC_STARTED/EXECUTING",
      "working NEW/NEW 0 w",
      "pending NEW/PENDING_NEW 0"
    ])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [1_000, 0])
    assert.deepStrictEqual(venue.balance("ann", "USD"), [1_000_000 - 200, 200])
  })

  it("the pending leg is placed once the working leg has filled, not before", () => {
    const venue = exchange()
    venue.apply(placing(venue, oto))
    assert.deepStrictEqual(sequence(venue.place("ben", sell(1, 100))), ["working TRADE/PARTIALLY_FILLED 1 w"])
    assert.deepStrictEqual(sequence(venue.place("ben", sell(1, 100))), [
      "working TRADE/FILLED 2",
      "pending NEW/NEW 0 w"
    ])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [1_000, 2])
    assert.deepStrictEqual(sequence(venue.place("ben", buy(2, 120))), [
      "pending TRADE/FILLED 2",
      "list ALL_DONE/ALL_DONE"
    ])
  })

  it("a working leg that fills at once still shows the pending one as pending first", () => {
    const venue = exchange().outside({ asks: [[99, 5]] })
    assert.deepStrictEqual(sequence(venue.apply(placing(venue, oto)).events), [
      "list EXEC_STARTED/EXECUTING",
      "working NEW/NEW 0 w",
      "pending NEW/PENDING_NEW 0",
      "working TRADE/FILLED 2",
      "pending NEW/NEW 0 w"
    ])
  })

  it("a working leg that expires takes the pending one along", () => {
    const venue = exchange()
    const { events } = venue.apply(placing(venue, { ...oto, working: { ...working, timeInForce: "IOC" } }))
    assert.deepStrictEqual(sequence(events).slice(3), [
      "working EXPIRED/EXPIRED 0 UNFILLED_IOC_QUANTITY_EXPIRED",
      "pending EXPIRED/EXPIRED 0 OTO_PHASE_ONE_EXPIRED",
      "list ALL_DONE/ALL_DONE"
    ])
  })

  it("cancelling either leg ends both", () => {
    const venue = exchange()
    venue.apply(placing(venue, oto))
    assert.deepStrictEqual(sequence(venue.cancel("ann", "pending")), [
      "working CANCELED/CANCELED 0",
      "pending CANCELED/CANCELED 0",
      "list ALL_DONE/ALL_DONE"
    ])
  })

  it("a pending leg that cannot be placed when its time comes expires as rejected", () => {
    const venue = new Exchange().account("ann", 1_000, 0).account("ben")
    venue.lastTicks = 100
    venue.apply(placing(venue, { ...oto, pending: sell(3, 120, { clientOrderId: "pending" }) }))
    assert.deepStrictEqual(sequence(venue.place("ben", sell(2, 100))), [
      "working TRADE/FILLED 2",
      "pending EXPIRED/EXPIRED 0 REJECTED",
      "list ALL_DONE/ALL_DONE"
    ])
  })

  it("an OTOCO places its pair then, with one lock, and the pair goes on as an OCO", () => {
    const venue = exchange()
    venue.apply(placing(venue, otoco))
    assert.deepStrictEqual(sequence(venue.place("ben", sell(2, 100))), [
      "working TRADE/FILLED 2",
      "stop NEW/NEW 0",
      "limit NEW/NEW 0 w"
    ])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [1_000, 2])
    const events = venue.place("ben", buy(2, 120))
    assert.deepStrictEqual(trades(events), ["2 @ 120 crossed"])
    assert.deepStrictEqual(sequence(events), [
      "stop EXPIRED/EXPIRED 0 OCO_TRIGGER",
      "limit TRADE/FILLED 2",
      "list ALL_DONE/ALL_DONE"
    ])
  })

  it("an OTOCO counts one list and three orders", () => {
    const venue = new Exchange({ ...listing, instrument: { ...listing.instrument, maxOpenOrders: 2 } }).account("ann")
    assert.strictEqual(venue.refusal(placing(venue, otoco)), "-2010 Filter failure: MAX_NUM_ORDERS")
    assert.strictEqual(venue.refusal(placing(venue, oto)), "taken")
  })

  it("the list is named by its contingency: an OTOCO shows as OTO", () => {
    const venue = exchange()
    const [status] = venue.apply(placing(venue, otoco)).events
    assert.strictEqual(status?._tag === "ListStatus" ? status.list.contingency : "", "OTO")
    assert.deepStrictEqual(venue.engine.openLists("ann")[0]!.orderIds, [1, 2, 3])
  })
})
