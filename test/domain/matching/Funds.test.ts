import { assert, describe, it } from "@effect/vitest"
import { AMOUNT_LIMIT, Scale, share } from "../../../src/domain/matching/Amounts.ts"
import { decimal } from "../../../src/domain/Money.ts"
import { buy, Exchange, executions, instrument, listing, order, sell, SYMBOL, told, UNIT } from "./Exchange.ts"

const LARGE = 9_000_000_000_000_000_000n
const deposit = (venue: Exchange, account: string, asset: string, amount: bigint) =>
  ({ _tag: "Deposit", at: venue.now, account, asset, amount }) as const

describe("Funds", () => {
  it("a purchase locks price × quantity and a sale its quantity; what is not there is refused", () => {
    const venue = new Exchange().account("ann", 1_000, 5)
    venue.place("ann", buy(4, 200))
    assert.deepStrictEqual(venue.balance("ann", "USD"), [200, 800])
    const refused = "-2010 Account has insufficient balance for requested action."
    assert.strictEqual(venue.refusal(venue.placing("ann", buy(3, 67))), refused)
    venue.place("ann", sell(5, 300))
    assert.strictEqual(venue.refusal(venue.placing("ann", sell(1, 300))), refused)
  })

  it("a better price frees what was not needed", () => {
    const venue = new Exchange().account("ann", 1_000, 0).account("ben")
    venue.place("ben", sell(2, 80))
    venue.place("ann", buy(5, 200))
    assert.deepStrictEqual(venue.balance("ann", "USD"), [1_000 - 160 - 600, 600])
  })

  it("commission is taken from what is received, by maker's and taker's rate, rounded down", () => {
    const rates = { makerFeeRate: decimal("0.001"), takerFeeRate: decimal("0.002") }
    const venue = new Exchange({ ...listing, instrument: { ...instrument, ...rates } }).account("ann").account("ben")
    venue.place("ann", sell(1, 33))
    const [, taker, maker] = executions(venue.place("ben", buy(1, 33)))
    assert.strictEqual(taker!.trade!.commission, 200_000n)
    assert.strictEqual(taker!.trade!.commissionAsset, "ABC")
    assert.strictEqual(maker!.trade!.commission, 3_300_000n)
    assert.strictEqual(maker!.trade!.commissionAsset, "USD")
    assert.strictEqual(
      venue.engine.balances("ben").find(({ asset }) => asset === "ABC")!.free,
      1_001n * UNIT - 200_000n
    )
    assert.strictEqual(share(999n, 100_000), 0n)
    assert.strictEqual(share(LARGE, 99_999_999), (LARGE * 99_999_999n) / 100_000_000n)
  })

  it("an account's own rates come before the instrument's, also after a new listing", () => {
    const venue = new Exchange().account("ann").account("ben")
    venue.apply({ _tag: "SetCommission", at: venue.now, account: "ben", maker: 1_000_000, taker: 2_000_000 })
    venue.apply({ _tag: "List", at: venue.now, listing })
    assert.deepStrictEqual(venue.engine.commission("ben", SYMBOL), { maker: 1_000_000, taker: 2_000_000 })
    assert.deepStrictEqual(venue.engine.commission("ann", SYMBOL), { maker: 0, taker: 0 })
    venue.place("ann", sell(1, 100))
    assert.strictEqual(executions(venue.place("ben", buy(1, 100)))[1]!.trade!.commission, 2_000_000n)
  })

  it("accounts open once, money comes and goes, and no more goes than is free", () => {
    const venue = new Exchange().account("ann", 10, 0)
    const again = venue.apply({
      _tag: "OpenAccount",
      at: 0,
      account: "ann",
      balances: [{ asset: "USD", amount: UNIT }]
    })
    assert.isFalse(again.changed)
    const { events } = venue.apply(deposit(venue, "ann", "USD", -4n * UNIT))
    assert.deepStrictEqual(events, [
      { _tag: "Deposited", at: venue.now, account: "ann", asset: "USD", amount: -4n * UNIT },
      {
        _tag: "BalancesChanged",
        at: venue.now,
        account: "ann",
        balances: [{ asset: "USD", free: 6n * UNIT, locked: 0n }]
      }
    ])
    venue.place("ann", buy(1, 5))
    assert.strictEqual(
      venue.refusal(deposit(venue, "ann", "USD", -2n * UNIT)),
      "-2010 Account has insufficient balance for requested action."
    )
    assert.strictEqual(
      venue.refusal(deposit(venue, "nobody", "USD", 1n)),
      "-2015 Invalid API-key, IP, or permissions for action."
    )
  })

  it("amounts are exact far beyond what a float holds", () => {
    const venue = new Exchange().account("ann", 0, 0).account("ben", 0, 0)
    venue.apply(deposit(venue, "ann", "USD", LARGE + 1n))
    venue.apply(deposit(venue, "ben", "ABC", LARGE))
    venue.place("ben", sell(1_000_000, 89_999))
    venue.place("ann", buy(1_000_000, 89_999))
    const spent = 89_999n * 1_000_000n * UNIT
    assert.strictEqual(venue.engine.balances("ann").find(({ asset }) => asset === "USD")!.free, LARGE + 1n - spent)
    assert.strictEqual(venue.engine.balances("ben").find(({ asset }) => asset === "USD")!.free, spent)
  })

  it("what the exchange could not count is refused and changes nothing", () => {
    const venue = new Exchange().account("ann", 0, 0).account("ben", 0, 0)
    venue.apply(deposit(venue, "ann", "USD", LARGE))
    const overflow = "-1108 Parameter 'amount' overflowed."
    assert.strictEqual(venue.refusal(deposit(venue, "ben", "USD", LARGE)), overflow)
    assert.strictEqual(venue.refusal(deposit(venue, "ann", "USD", 1n << 70n)), overflow)
    assert.strictEqual(
      venue.refusal({ _tag: "OpenAccount", at: 0, account: "cas", balances: [{ asset: "USD", amount: LARGE }] }),
      overflow
    )
    assert.isFalse(venue.engine.knows("cas"))
    assert.strictEqual(
      venue.refusal(venue.placing("ann", buy(1_000_000, 9_000_000_000))),
      "-2010 Account has insufficient balance for requested action."
    )
  })

  it("the outside market cannot bring in more than the exchange can count", () => {
    const venue = new Exchange().account("ann", 0, 1_000_000)
    venue.apply(deposit(venue, "ann", "USD", AMOUNT_LIMIT - 100n * UNIT))
    venue.outside({ bids: [[101, 5]] })
    venue.place("ann", buy(1, 99))
    for (const asked of [order({ type: "MARKET", side: "SELL", lots: 1 }), sell(1, 98)]) {
      assert.deepStrictEqual(told(venue.place("ann", asked)), ["NEW/NEW 0", "EXPIRED/EXPIRED 0 INSUFFICIENT_LIQUIDITY"])
    }
  })

  it("where tick times step is finer than 10^-8, prices round down and locks lose nothing by it", () => {
    const fine = {
      ...instrument,
      tickSize: decimal("0.000001"),
      stepSize: decimal("0.001"),
      minQuantity: decimal("0.001")
    }
    const scale = new Scale(fine)
    assert.strictEqual(scale.quoteOf(19, 1), 1n)
    assert.strictEqual(scale.quoteOf(19, 2), 3n)
    assert.strictEqual(scale.lotsFor(19, 3n), 2)
    const venue = new Exchange({ ...listing, instrument: fine }).account("ann", 1, 0).account("ben", 0, 1)
    venue.place("ann", buy(3, 19))
    for (let lot = 0; lot < 3; lot++) venue.place("ben", sell(1, 19))
    assert.strictEqual(venue.engine.balances("ann").find(({ asset }) => asset === "USD")!.free, UNIT - 3n)
    assert.deepStrictEqual(venue.balance("ann", "USD")[1], 0)
  })

  it("a symbol's grid cannot change under open orders", () => {
    const venue = new Exchange().account("ann")
    const finer = { ...listing, instrument: { ...instrument, tickSize: decimal("0.1") } }
    venue.place("ann", buy(1, 90, { clientOrderId: "mine" }))
    assert.include(venue.refusal({ _tag: "List", at: 0, listing: finer }), "-1010")
    venue.cancel("ann", "mine")
    assert.strictEqual(venue.refusal({ _tag: "List", at: 0, listing: finer }), "taken")
  })
})
