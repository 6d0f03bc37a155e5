import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { reader } from "../../../src/domain/matching/AskedOrder.ts"
import { type Listing, listingOf } from "../../../src/domain/matching/Listing.ts"
import type { NewOrder } from "../../../src/domain/matching/Order.ts"
import { decimal } from "../../../src/domain/Money.ts"
import { buy, Exchange, instrument, listing, order, sell, SYMBOL, UNIT } from "./Exchange.ts"

const verdict = (asked: NewOrder, rules: Partial<Listing> = {}, reference = 0n): string => {
  const venue = new Exchange({ ...listing, ...rules }).account("ann", 10_000_000, 1_000_000)
  venue.outside({ asks: [[100, 1_000]], bids: [[99, 1_000]] })
  venue.reference = reference
  return venue.refusal(venue.placing("ann", asked))
}
const of = (changed: Partial<typeof instrument>): Partial<Listing> => ({ instrument: { ...instrument, ...changed } })
const failed = (name: string) => `-1013 Filter failure: ${name}`
const market = { type: "MARKET" } as const

/** What a second order like the first is told; once the first is gone there is room again. */
const count = (rules: Partial<Listing>, asked: NewOrder) => {
  const venue = new Exchange({ ...listing, ...rules }).account("ann")
  venue.apply(venue.placing("ann", { ...asked, clientOrderId: "first" }))
  const second = venue.refusal(venue.placing("ann", { ...asked, clientOrderId: "second" }))
  venue.cancel("ann", "first")
  assert.strictEqual(venue.refusal(venue.placing("ann", { ...asked, clientOrderId: "third" })), "taken")
  return second
}

describe("Filters", () => {
  it("PRICE_FILTER bounds price and stop price; a zero switches its part off", () => {
    const rules = of({ minPrice: decimal("50"), maxPrice: decimal("200") })
    assert.strictEqual(verdict(buy(1, 49), rules), failed("PRICE_FILTER"))
    assert.strictEqual(verdict(buy(1, 50), rules), "taken")
    assert.strictEqual(verdict(sell(1, 201), rules), failed("PRICE_FILTER"))
    assert.strictEqual(
      verdict(order({ type: "STOP_LOSS", side: "SELL", stopTicks: 49 }), rules),
      failed("PRICE_FILTER")
    )
    assert.strictEqual(verdict(buy(1, 1)), "taken")
    assert.strictEqual(verdict(buy(1, 0)), "-1013 Invalid price.")
  })

  it("LOT_SIZE bounds quantity and iceberg slices", () => {
    const rules = of({ minQuantity: decimal("2"), maxQuantity: decimal("10") })
    assert.strictEqual(verdict(buy(1, 90), rules), failed("LOT_SIZE"))
    assert.strictEqual(verdict(buy(11, 90), rules), failed("LOT_SIZE"))
    assert.strictEqual(verdict(buy(10, 90, { icebergLots: 1 }), rules), failed("LOT_SIZE"))
    assert.strictEqual(verdict(buy(10, 90, { icebergLots: 2 }), rules), "taken")
    assert.strictEqual(verdict(buy(0, 90), rules), "-1013 Invalid quantity.")
  })

  it("MARKET_LOT_SIZE bounds market orders beside LOT_SIZE, step included", () => {
    const rules = {
      ...of({ maxMarketQuantity: decimal("20") }),
      minMarketQuantity: decimal("4"),
      marketStep: decimal("4")
    }
    assert.strictEqual(verdict(order({ ...market, lots: 3 }), rules), failed("MARKET_LOT_SIZE"))
    assert.strictEqual(verdict(order({ ...market, lots: 6 }), rules), failed("MARKET_LOT_SIZE"))
    assert.strictEqual(verdict(order({ ...market, lots: 24 }), rules), failed("MARKET_LOT_SIZE"))
    assert.strictEqual(verdict(order({ ...market, lots: 8 }), rules), "taken")
    assert.strictEqual(verdict(buy(3, 90), rules), "taken")
  })

  it("NOTIONAL bounds price × quantity", () => {
    const rules = of({ minNotional: decimal("500"), maxNotional: decimal("1000") })
    assert.strictEqual(verdict(buy(6, 83), rules), failed("NOTIONAL"))
    assert.strictEqual(verdict(buy(5, 100), rules), "taken")
    assert.strictEqual(verdict(buy(10, 100), rules), "taken")
    assert.strictEqual(verdict(buy(11, 91), rules), failed("NOTIONAL"))
  })

  it("NOTIONAL judges a market order at the average price, and refuses it where there is none", () => {
    const rules = of({ minNotional: decimal("500"), maxNotional: decimal("1000") })
    assert.strictEqual(verdict(order({ ...market, lots: 9 }), rules), failed("NOTIONAL"))
    assert.strictEqual(verdict(order({ ...market, lots: 4 }), rules, 101n * UNIT), failed("NOTIONAL"))
    assert.strictEqual(verdict(order({ ...market, lots: 5 }), rules, 101n * UNIT), "taken")
    assert.strictEqual(verdict(order({ ...market, lots: 50 }), rules, 101n * UNIT), "taken")
    assert.strictEqual(
      verdict(order({ ...market, lots: 50 }), { ...rules, maxNotionalToMarket: true }, 101n * UNIT),
      failed("NOTIONAL")
    )
    assert.strictEqual(verdict(order({ ...market, lots: 0, quote: 499n * UNIT }), rules), failed("NOTIONAL"))
  })

  it("PERCENT_PRICE_BY_SIDE follows the average price as it changes", () => {
    const rules = of({
      bidMultiplierUp: decimal("1.1"),
      bidMultiplierDown: decimal("0.9"),
      askMultiplierUp: decimal("2"),
      askMultiplierDown: decimal("0.5")
    })
    const venue = new Exchange({ ...listing, ...rules }).account("ann")
    const bid = (ticks: number) => venue.refusal(venue.placing("ann", buy(1, ticks)))
    assert.strictEqual(bid(50), "taken")
    venue.reference = 100n * UNIT
    assert.strictEqual(bid(89), failed("PERCENT_PRICE_BY_SIDE"))
    assert.strictEqual(bid(90), "taken")
    assert.strictEqual(bid(111), failed("PERCENT_PRICE_BY_SIDE"))
    venue.reference = 80n * UNIT
    assert.strictEqual(bid(72), "taken")
    assert.strictEqual(venue.refusal(venue.placing("ann", sell(1, 161))), failed("PERCENT_PRICE_BY_SIDE"))
    assert.strictEqual(venue.refusal(venue.placing("ann", sell(1, 160))), "taken")
  })

  it("TRAILING_DELTA has bounds for what a rise triggers and others for what a fall does", () => {
    const rules = { trailingAbove: { min: 10, max: 100 }, trailingBelow: { min: 50, max: 200 } }
    const trailing = (side: "BUY" | "SELL", trailingBips: number) =>
      verdict(order({ type: "STOP_LOSS_LIMIT", side, ticks: 90, trailingBips }), rules)
    assert.strictEqual(trailing("BUY", 9), failed("TRAILING_DELTA"))
    assert.strictEqual(trailing("BUY", 10), "taken")
    assert.strictEqual(trailing("BUY", 101), failed("TRAILING_DELTA"))
    assert.strictEqual(trailing("SELL", 49), failed("TRAILING_DELTA"))
    assert.strictEqual(trailing("SELL", 200), "taken")
  })

  it("counts are of open orders: all, algo, iceberg", () => {
    assert.strictEqual(count(of({ maxOpenOrders: 1 }), buy(1, 90)), "-2010 Filter failure: MAX_NUM_ORDERS")
    const algo = order({ type: "STOP_LOSS_LIMIT", side: "SELL", stopTicks: 50, ticks: 50 })
    assert.strictEqual(count({ maxAlgoOrders: 1 }, algo), "-2010 Filter failure: MAX_NUM_ALGO_ORDERS")
    const iceberg = buy(4, 90, { icebergLots: 2 })
    assert.strictEqual(count({ maxIcebergOrders: 1 }, iceberg), "-2010 Filter failure: MAX_NUM_ICEBERG_ORDERS")
  })

  it("MAX_POSITION counts what is held and what open purchases may add", () => {
    const venue = new Exchange({ ...listing, maxPosition: decimal("1010") }).account("ann")
    venue.place("ann", buy(6, 90))
    assert.strictEqual(venue.refusal(venue.placing("ann", buy(5, 90))), "-2010 Filter failure: MAX_POSITION")
    assert.strictEqual(venue.refusal(venue.placing("ann", buy(4, 90))), "taken")
    assert.strictEqual(venue.refusal(venue.placing("ann", sell(500, 190))), "taken")
    venue.outside({ asks: [[200, 9]] })
    const byQuote = (usd: bigint) =>
      venue.refusal(venue.placing("ann", order({ ...market, lots: 0, quote: usd * UNIT })))
    assert.strictEqual(byQuote(200n), "-2010 Filter failure: MAX_POSITION")
  })

  it("EXCHANGE_MAX_* count an account's orders over all symbols, and MAX_ASSET bounds one order's assets", () => {
    const exchange = { ...listing.exchange }
    const of = (limits: Partial<Listing["exchange"]>) => ({ exchange: { ...exchange, ...limits } })
    assert.strictEqual(count(of({ maxOrders: 1 }), buy(1, 90)), "-2010 Filter failure: EXCHANGE_MAX_NUM_ORDERS")
    const algo = order({ type: "STOP_LOSS_LIMIT", side: "SELL", stopTicks: 50, ticks: 50 })
    assert.strictEqual(count(of({ maxAlgoOrders: 1 }), algo), "-2010 Filter failure: EXCHANGE_MAX_NUM_ALGO_ORDERS")
    const iceberg = buy(4, 90, { icebergLots: 2 })
    assert.strictEqual(
      count(of({ maxIcebergOrders: 1 }), iceberg),
      "-2010 Filter failure: EXCHANGE_MAX_NUM_ICEBERG_ORDERS"
    )
    assert.strictEqual(verdict(buy(4, 90), { maxBase: decimal("3") }), "-1013 Filter failure: MAX_ASSET")
    assert.strictEqual(verdict(buy(3, 90), { maxBase: decimal("3") }), "taken")
    assert.strictEqual(verdict(buy(4, 90), { maxQuote: decimal("359") }), "-1013 Filter failure: MAX_ASSET")
    assert.strictEqual(verdict(buy(4, 90), { maxQuote: decimal("360") }), "taken")
  })

  it("what a symbol does not support is refused by name", () => {
    const without = (type: NewOrder["type"]) => ({
      orderTypes: new Set([...listing.orderTypes].filter((one) => one !== type))
    })
    assert.strictEqual(
      verdict(order(market), without("MARKET")),
      "-1013 Market orders are not supported for this symbol."
    )
    assert.strictEqual(
      verdict(buy(4, 90, { icebergLots: 2 }), { icebergAllowed: false }),
      "-2010 Iceberg orders are not supported for this symbol."
    )
    assert.strictEqual(
      verdict(order({ type: "STOP_LOSS", trailingBips: 100 }), { trailingAllowed: false }),
      "-2010 Trailing stop orders are not supported for this symbol."
    )
    assert.strictEqual(
      verdict(order({ ...market, lots: 0, quote: UNIT }), { quoteOrderQtyAllowed: false }),
      "-2010 Quote order qty market orders are not support for this symbol."
    )
  })

  it("parameters that do not belong to a type are refused", () => {
    for (const asked of [
      buy(1, 90, { stopTicks: 80 }),
      order({ ...market, ticks: 90 }),
      order({ type: "STOP_LOSS", side: "SELL" }),
      order({ ...market, lots: 1, quote: UNIT }),
      buy(1, 90, { type: "LIMIT_MAKER", timeInForce: "IOC" })
    ]) {
      assert.strictEqual(verdict(asked), "-1014 Unsupported order combination.")
    }
  })

  it("a closed market refuses orders; CANCEL_ONLY allows cancels, HALT does not", () => {
    const venue = new Exchange().account("ann")
    venue.place("ann", buy(1, 90, { clientOrderId: "mine" }))
    const status = (status: Listing["status"]) =>
      venue.apply({ _tag: "List", at: venue.now, listing: { ...listing, status } })
    const cancel = {
      _tag: "Cancel",
      at: venue.now,
      account: "ann",
      symbol: SYMBOL,
      order: { clientOrderId: "mine" },
      cancelId: "c"
    } as const
    status("HALT")
    assert.strictEqual(venue.refusal(venue.placing("ann", buy(1, 90))), "-2010 Market is closed.")
    assert.strictEqual(venue.refusal(cancel), "-2011 Market is closed.")
    assert.isFalse(venue.tape(80, 10, "SELL").changed)
    status("CANCEL_ONLY")
    assert.strictEqual(venue.refusal(venue.placing("ann", buy(1, 90))), "-2010 Market is closed.")
    assert.strictEqual(venue.refusal(cancel), "taken")
  })

  it("checks come in a fixed order: account, symbol, support, filters, id, counts, market, funds", () => {
    const venue = new Exchange({ ...listing, ...of({ maxQuantity: decimal("10"), maxOpenOrders: 1 }) }).account(
      "ann",
      100
    )
    venue.outside({ asks: [[100, 5]] })
    const place = (asked: NewOrder, account = "ann", symbol = SYMBOL) =>
      venue.refusal({ _tag: "Place", at: venue.now, account, symbol, order: asked })
    const maker = (more: Partial<NewOrder>) =>
      order({ type: "LIMIT_MAKER", ticks: 100, lots: 2, clientOrderId: "mine", ...more })
    venue.place("ann", buy(1, 10, { clientOrderId: "mine" }))
    assert.strictEqual(
      place(maker({ lots: 11 }), "nobody", "NONE"),
      "-2015 Invalid API-key, IP, or permissions for action."
    )
    assert.strictEqual(place(maker({ lots: 11 }), "ann", "NONE"), "-1121 Invalid symbol.")
    assert.strictEqual(place(maker({ lots: 11 })), failed("LOT_SIZE"))
    assert.strictEqual(place(maker({})), "-2010 Duplicate order sent.")
    assert.strictEqual(place(maker({ clientOrderId: "other" })), "-2010 Filter failure: MAX_NUM_ORDERS")
    venue.cancel("ann", "mine")
    assert.strictEqual(place(maker({})), "-2010 Order would immediately match and take.")
    assert.strictEqual(place(maker({ ticks: 99 })), "-2010 Account has insufficient balance for requested action.")
  })
})

describe("Asked orders", () => {
  const read = reader(listingOf({ ...instrument, tickSize: decimal("0.01"), stepSize: decimal("0.001") }))
  const asked = { clientOrderId: "mine", side: "BUY", type: "LIMIT" } as const
  const refusal = (more: object) => {
    const result = read({ ...asked, ...more })
    return Result.isFailure(result) ? `${result.failure.code} ${result.failure.message}` : "read"
  }

  it("decimals become ticks, lots and amounts", () => {
    const result = read({
      ...asked,
      quantity: "1.50000000",
      price: "61837.63",
      stopPrice: "2",
      icebergQty: "0.5",
      quoteOrderQty: "100000000.00000001"
    })
    assert.deepStrictEqual(Result.getOrThrow(result), {
      clientOrderId: "mine",
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      lots: 1_500,
      quote: 10_000_000_000_000_001n,
      ticks: 6_183_763,
      stopTicks: 200,
      trailingBips: 0,
      icebergLots: 500,
      stp: "EXPIRE_MAKER"
    })
  })

  it("what lies off the grid, or beyond what can be counted, fails its filter", () => {
    assert.strictEqual(refusal({ price: "1.005" }), failed("PRICE_FILTER"))
    assert.strictEqual(refusal({ stopPrice: "1.005" }), failed("PRICE_FILTER"))
    assert.strictEqual(refusal({ price: "99999999999999999999" }), failed("PRICE_FILTER"))
    assert.strictEqual(refusal({ quantity: "0.0005" }), failed("LOT_SIZE"))
    assert.strictEqual(refusal({ icebergQty: "0.0005" }), failed("LOT_SIZE"))
  })

  it("what is no plain decimal is invalid", () => {
    for (const text of ["1e-7", "-1", "", "abc", "1."]) {
      assert.strictEqual(refusal({ price: text }), "-1013 Invalid price.")
      assert.strictEqual(refusal({ quantity: text }), "-1013 Invalid quantity.")
    }
    assert.strictEqual(
      refusal({ quoteOrderQty: "0.000000001" }),
      "-1111 Parameter 'quoteOrderQty' has too much precision."
    )
    assert.strictEqual(
      refusal({ quoteOrderQty: "99999999999999999999" }),
      "-1108 Parameter 'quoteOrderQty' overflowed."
    )
  })
})
