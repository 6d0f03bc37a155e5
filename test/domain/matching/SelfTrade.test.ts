import { assert, describe, it } from "@effect/vitest"
import type { SelfTradePrevention } from "../../../src/domain/matching/Listing.ts"
import { buy, Exchange, executions, listing, sell, told, trades } from "./Exchange.ts"

/** Ann rests 3 at 100, Ben 5 behind her; Ann takes. */
const taken = (stp: SelfTradePrevention, lots: number) => {
  const venue = new Exchange().account("ann").account("ben")
  venue.place("ann", sell(3, 100, { clientOrderId: "maker" }))
  venue.place("ben", sell(5, 100))
  const events = venue.place("ann", buy(lots, 100, { stp, clientOrderId: "taker" }))
  const of = (id: string) => executions(events).filter((event) => event.clientOrderId === id)
  return { venue, events, taker: told(of("taker")), maker: told(of("maker")), executions: executions(events) }
}

describe("Self-trade prevention", () => {
  it("NONE lets an account trade with itself", () => {
    const { events, taker, maker } = taken("NONE", 3)
    assert.deepStrictEqual(trades(events), ["3 @ 100 crossed"])
    assert.deepStrictEqual(taker.at(-1), "TRADE/FILLED 3")
    assert.deepStrictEqual(maker, ["TRADE/FILLED 3"])
  })

  it("EXPIRE_TAKER ends the taker and leaves the maker where it was", () => {
    const { venue, events, taker, maker } = taken("EXPIRE_TAKER", 4)
    assert.deepStrictEqual(trades(events), [])
    assert.deepStrictEqual(taker, ["NEW/NEW 0", "TRADE_PREVENTION/EXPIRED_IN_MATCH 0"])
    assert.deepStrictEqual(maker, [])
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "SELL"), [{ ticks: 100, lots: 8 }])
  })

  it("EXPIRE_MAKER ends the maker and trades on", () => {
    const { events, taker, maker, venue } = taken("EXPIRE_MAKER", 4)
    assert.deepStrictEqual(maker, ["TRADE_PREVENTION/EXPIRED_IN_MATCH 0"])
    assert.deepStrictEqual(trades(events), ["4 @ 100 crossed"])
    assert.deepStrictEqual(taker.at(-1), "TRADE/FILLED 4")
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [1_004, 0])
  })

  it("EXPIRE_BOTH ends both", () => {
    const { events, taker, maker } = taken("EXPIRE_BOTH", 4)
    assert.deepStrictEqual(trades(events), [])
    assert.deepStrictEqual(taker.at(-1), "TRADE_PREVENTION/EXPIRED_IN_MATCH 0")
    assert.deepStrictEqual(maker, ["TRADE_PREVENTION/EXPIRED_IN_MATCH 0"])
  })

  it("DECREMENT takes the match off both and the smaller one ends", () => {
    const { events, taker, maker, executions } = taken("DECREMENT", 7)
    assert.deepStrictEqual(taker, ["NEW/NEW 0", "TRADE_PREVENTION/NEW 0", "TRADE/FILLED 4"])
    assert.deepStrictEqual(maker, ["TRADE_PREVENTION/EXPIRED_IN_MATCH 0"])
    assert.deepStrictEqual(trades(events), ["4 @ 100 crossed"])
    const last = executions.findLast((event) => event.clientOrderId === "taker")!
    assert.strictEqual(last.lots, last.executedLots + last.preventedLots)
  })

  it("DECREMENT leaves a larger maker in its place with fewer lots and a smaller lock", () => {
    const { venue, taker } = taken("DECREMENT", 2)
    assert.deepStrictEqual(taker.at(-1), "TRADE_PREVENTION/EXPIRED_IN_MATCH 0")
    assert.deepStrictEqual(venue.engine.levels("ABCUSD", "SELL"), [{ ticks: 100, lots: 6 }])
    assert.deepStrictEqual(venue.balance("ann", "ABC"), [999, 1])
  })

  it("TRANSFER within one account is DECREMENT", () => {
    assert.deepStrictEqual(taken("TRANSFER", 2).taker, taken("DECREMENT", 2).taker)
  })

  it("a prevented match names price, lots and the counter order", () => {
    const { executions } = taken("EXPIRE_BOTH", 4)
    const [ofTaker, ofMaker] = executions.filter((event) => event.type === "TRADE_PREVENTION")
    assert.deepStrictEqual(ofTaker!.prevented, {
      preventedMatchId: 1,
      lots: 4,
      ticks: 100,
      counterOrderId: ofMaker!.order.orderId,
      maker: false
    })
    assert.deepStrictEqual(ofMaker!.prevented, {
      preventedMatchId: 1,
      lots: 3,
      ticks: 100,
      counterOrderId: ofTaker!.order.orderId,
      maker: true
    })
  })

  it("a mode the symbol does not allow is refused", () => {
    const venue = new Exchange({ ...listing, allowedStps: new Set(["EXPIRE_MAKER"]) }).account("ann")
    assert.strictEqual(
      venue.refusal(venue.placing("ann", buy(1, 100, { stp: "NONE" }))),
      "-1013 This symbol does not allow the specified self-trade prevention mode."
    )
  })

  it("own orders do not make a FOK fillable", () => {
    const { taker } = takenFok()
    assert.deepStrictEqual(taker, ["NEW/NEW 0", "EXPIRED/EXPIRED 0 UNFILLED_FOK_ORDER_EXPIRED"])
  })
})

const takenFok = () => {
  const venue = new Exchange().account("ann").account("ben")
  venue.place("ann", sell(3, 100))
  venue.place("ben", sell(5, 100))
  return { taker: told(venue.place("ann", buy(6, 100, { timeInForce: "FOK" })), "ann") }
}
