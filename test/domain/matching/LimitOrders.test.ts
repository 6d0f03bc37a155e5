import { assert, describe, it } from "@effect/vitest"
import { copyOf } from "../../../src/domain/matching/Order.ts"
import { buy, Exchange, executions, order, sell, told, trades } from "./Exchange.ts"

const exchange = () => new Exchange().account("ann").account("ben").account("cas")

describe("Limit orders", () => {
  it("one that meets nothing rests, told as NEW and working", () => {
    const venue = exchange()
    const [event] = executions(venue.place("ann", buy(3, 100)))
    assert.deepStrictEqual(told([event!]), ["NEW/NEW 0"])
    assert.isTrue(event!.working)
    assert.strictEqual(event!.order.workingAt, venue.now)
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "BUY"), [{ ticks: 100, lots: 3 }])
  })

  it("the better price trades first, then the older order, at the maker's price", () => {
    const venue = exchange()
    venue.place("ann", sell(1, 102))
    venue.place("ann", sell(1, 101))
    venue.place("ben", sell(1, 101))
    const events = venue.place("cas", buy(3, 105))
    assert.deepStrictEqual(trades(events), ["1 @ 101 crossed", "1 @ 101 crossed", "1 @ 102 crossed"])
    const makers = executions(events).filter((event) => event.trade?.maker === true)
    assert.deepStrictEqual(
      makers.map((event) => event.order.account),
      ["ann", "ben", "ann"]
    )
    assert.deepStrictEqual(told(events, "cas"), [
      "NEW/NEW 0",
      "TRADE/PARTIALLY_FILLED 1",
      "TRADE/PARTIALLY_FILLED 2",
      "TRADE/FILLED 3"
    ])
  })

  it("what is left of a taker rests at its own price and trades on as a maker", () => {
    const venue = exchange()
    venue.place("ann", sell(1, 100))
    assert.deepStrictEqual(told(venue.place("ben", buy(3, 101)), "ben"), ["NEW/NEW 0", "TRADE/PARTIALLY_FILLED 1"])
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "BUY"), [{ ticks: 101, lots: 2 }])
    const fill = executions(venue.place("cas", sell(2, 100))).find((event) => event.order.account === "ben")
    assert.isTrue(fill!.trade!.maker)
    assert.strictEqual(fill!.status, "FILLED")
    assert.isFalse(fill!.working)
  })

  it("trade ids follow each other and continue after the market's own", () => {
    const venue = exchange()
    venue.place("ann", sell(2, 100))
    const ids = [...venue.place("ben", buy(1, 100)), ...venue.place("ben", buy(1, 100))].flatMap((event) =>
      event._tag === "PublicTrade" ? [event.tradeId] : []
    )
    assert.deepStrictEqual(ids, [1, 2])
    venue.place("ann", sell(1, 100))
    const market = { ...venue.market(), lastTradeId: 70 }
    venue.engine.apply(venue.placing("ben", buy(1, 100)), market)
    assert.include(venue.engine.encode(), '"lastTradeId":71')
  })

  it("IOC fills what crosses and expires the rest", () => {
    const venue = exchange()
    venue.place("ann", sell(2, 100))
    const events = venue.place("ben", buy(5, 100, { timeInForce: "IOC" }))
    assert.deepStrictEqual(told(events, "ben"), [
      "NEW/NEW 0",
      "TRADE/PARTIALLY_FILLED 2",
      "EXPIRED/EXPIRED 2 UNFILLED_IOC_QUANTITY_EXPIRED"
    ])
    assert.deepStrictEqual(venue.engine.openOrders("ben"), [])
    assert.deepStrictEqual(venue.balance("ben", "USD"), [1_000_000 - 200, 0])
  })

  it("FOK trades whole or not at all, counting both books up to its limit", () => {
    const venue = exchange().outside({ asks: [[101, 2]] })
    venue.place("ann", sell(2, 100))
    const missed = venue.place("ben", buy(5, 101, { timeInForce: "FOK" }))
    assert.deepStrictEqual(told(missed), ["NEW/NEW 0", "EXPIRED/EXPIRED 0 UNFILLED_FOK_ORDER_EXPIRED"])
    const filled = venue.place("ben", buy(4, 101, { timeInForce: "FOK" }))
    assert.deepStrictEqual(trades(filled), ["2 @ 100 crossed", "2 @ 101 walked"])
    assert.deepStrictEqual(told(filled, "ben").at(-1), "TRADE/FILLED 4")
  })

  it("LIMIT_MAKER is refused where it would take, from users or the outside market", () => {
    const venue = exchange().outside({ asks: [[105, 1]] })
    const refused = "-2010 Order would immediately match and take."
    assert.strictEqual(venue.refusal(venue.placing("ann", buy(1, 105, { type: "LIMIT_MAKER" }))), refused)
    venue.place("ben", sell(1, 104))
    assert.strictEqual(venue.refusal(venue.placing("ann", buy(1, 104, { type: "LIMIT_MAKER" }))), refused)
    assert.deepStrictEqual(told(venue.place("ann", buy(1, 103, { type: "LIMIT_MAKER" }))), ["NEW/NEW 0"])
  })

  it("a client id is unique among an account's open orders and free again afterwards", () => {
    const venue = exchange()
    const asked = buy(1, 100, { clientOrderId: "mine" })
    venue.place("ann", asked)
    assert.strictEqual(venue.refusal(venue.placing("ann", asked)), "-2010 Duplicate order sent.")
    venue.place("ben", asked)
    venue.cancel("ann", "mine")
    assert.deepStrictEqual(told(venue.place("ann", asked)), ["NEW/NEW 0"])
  })

  it("a cancel carries both ids and frees the funds", () => {
    const venue = exchange()
    venue.place("ann", buy(2, 100, { clientOrderId: "mine" }))
    assert.deepStrictEqual(venue.balance("ann", "USD"), [999_800, 200])
    const events = venue.cancel("ann", "mine")
    const [event] = executions(events)
    assert.deepStrictEqual(told(events), ["CANCELED/CANCELED 0"])
    assert.strictEqual(event!.clientOrderId, "cancel-1")
    assert.strictEqual(event!.originalClientOrderId, "mine")
    assert.deepStrictEqual(venue.balance("ann", "USD"), [1_000_000, 0])
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "BUY"), [])
  })

  it("a cancel names its order by either id or both, and both must mean the same", () => {
    const venue = exchange()
    venue.place("ann", buy(1, 100, { clientOrderId: "mine" }))
    const { orderId } = venue.engine.openOrder("ann", "ABCUSD", { clientOrderId: "mine" })!
    const cancel = (account: string, ref: { orderId?: number; clientOrderId?: string }) =>
      venue.refusal({ _tag: "Cancel", at: venue.now, account, symbol: "ABCUSD", order: ref, cancelId: "c" })
    assert.strictEqual(cancel("ben", { orderId }), "-2011 Unknown order sent.")
    assert.strictEqual(cancel("ann", { clientOrderId: "other" }), "-2011 Unknown order sent.")
    assert.strictEqual(
      cancel("ann", { orderId, clientOrderId: "other" }),
      "-2011 Cancel order is invalid. Check origClOrdId and orderId."
    )
    assert.strictEqual(cancel("ann", { orderId, clientOrderId: "mine" }), "taken")
  })

  it("a cancel can be restricted to orders that have, or have not, begun to fill", () => {
    const venue = exchange()
    venue.place("ann", buy(2, 100, { clientOrderId: "mine" }))
    const cancel = (restriction: "ONLY_NEW" | "ONLY_PARTIALLY_FILLED") =>
      venue.refusal({
        _tag: "Cancel",
        at: venue.now,
        account: "ann",
        symbol: "ABCUSD",
        order: { clientOrderId: "mine" },
        cancelId: "c",
        restriction
      })
    const restricted = "-2011 Order was not canceled due to cancel restrictions."
    assert.strictEqual(cancel("ONLY_PARTIALLY_FILLED"), restricted)
    venue.place("ben", sell(1, 100))
    assert.strictEqual(cancel("ONLY_NEW"), restricted)
    assert.strictEqual(cancel("ONLY_PARTIALLY_FILLED"), "taken")
  })

  it("cancelling all ends what an account has open at the symbol, and nobody else's", () => {
    const venue = exchange()
    const all = { _tag: "CancelAll", at: venue.now, account: "ann", symbol: "ABCUSD", cancelId: "c" } as const
    assert.strictEqual(venue.refusal(all), "-2011 Unknown order sent.")
    venue.place("ann", buy(1, 100))
    venue.place("ben", buy(1, 100))
    venue.place("ann", sell(1, 110))
    assert.deepStrictEqual(told(venue.apply(all).events), ["CANCELED/CANCELED 0", "CANCELED/CANCELED 0"])
    assert.lengthOf(venue.engine.openOrders("ben"), 1)
  })

  it("levels and balances are told once, after everything else", () => {
    const venue = exchange()
    venue.place("ann", sell(1, 100))
    venue.place("ann", sell(1, 100))
    const events = venue.place("ben", buy(3, 100))
    assert.deepStrictEqual(
      events.slice(-4).map((event) => event._tag),
      ["LevelChanged", "LevelChanged", "BalancesChanged", "BalancesChanged"]
    )
    assert.deepInclude(events, { _tag: "LevelChanged", symbol: "ABCUSD", side: "SELL", ticks: 100, lots: 0 })
    assert.deepInclude(events, { _tag: "LevelChanged", symbol: "ABCUSD", side: "BUY", ticks: 100, lots: 1 })
  })

  it("a copy of an order stands still while the order lives on", () => {
    const venue = exchange()
    const [placed] = executions(venue.place("ann", sell(3, 100, { strategyId: 7 })))
    const copy = copyOf(placed!.order)
    venue.place("ben", buy(1, 100))
    assert.strictEqual(placed!.order.executedLots, 1)
    assert.strictEqual(copy.executedLots, 0)
    assert.strictEqual(copy.strategyId, 7)
    assert.deepStrictEqual(
      Object.keys(copy).filter((key) => !(key in placed!.order)),
      []
    )
  })

  it("an order test refuses what an order would, and places nothing", () => {
    const venue = exchange()
    const before = venue.engine.stateHash()
    const test = (lots: number) =>
      venue.engine.wouldTake(
        { _tag: "Place", at: venue.now, account: "ann", symbol: "ABCUSD", order: order({ lots }) },
        venue.market()
      )._tag
    assert.strictEqual(test(1), "Success")
    assert.strictEqual(test(20_000), "Failure")
    assert.strictEqual(venue.engine.stateHash(), before)
  })
})
