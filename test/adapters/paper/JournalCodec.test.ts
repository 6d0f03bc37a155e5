import { assert, describe, it } from "@effect/vitest"
import { decode, encode, textOfListing } from "../../../src/adapters/paper/JournalCodec.ts"
import { type Looked, replayed, SeenMarket } from "../../../src/adapters/paper/Seen.ts"
import type { Command } from "../../../src/domain/matching/Command.ts"
import { listingOf } from "../../../src/domain/matching/Listing.ts"
import type { NewOrder } from "../../../src/domain/matching/Order.ts"
import { btcusdt } from "../../kit/Trading.ts"

const AT = 1_723_100_000_000

const plain: NewOrder = {
  clientOrderId: 'a "quoted" é',
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  lots: 1,
  quote: 0n,
  ticks: 6_000_000,
  stopTicks: 0,
  trailingBips: 0,
  icebergLots: 0,
  stp: "EXPIRE_MAKER"
}
const strange: NewOrder = {
  clientOrderId: "b",
  side: "SELL",
  type: "TAKE_PROFIT_LIMIT",
  timeInForce: "FOK",
  lots: 0,
  quote: 123_456_789_012_345_678_901n,
  ticks: 0,
  stopTicks: 1,
  trailingBips: 2,
  icebergLots: 3,
  stp: "NONE",
  strategyId: 4,
  strategyType: 1_000_000
}

const of = { at: AT, account: "ann", symbol: "BTCUSDT" } as const
const commands: ReadonlyArray<Command> = [
  { _tag: "List", at: AT, listing: listingOf(btcusdt) },
  { _tag: "OpenAccount", at: AT, account: "ann", balances: [{ asset: "USDT", amount: 10n ** 20n }] },
  { _tag: "Deposit", at: AT, account: "ann", asset: "BTC", amount: -5n },
  { _tag: "SetCommission", at: AT, account: "ann", maker: 0, taker: 75_000 },
  { _tag: "Place", ...of, order: plain },
  { _tag: "Place", ...of, order: strange },
  { _tag: "PlaceList", ...of, list: { kind: "OCO", listClientOrderId: "l", above: plain, below: strange } },
  { _tag: "PlaceList", ...of, list: { kind: "OTO", listClientOrderId: "l", working: plain, pending: strange } },
  {
    _tag: "PlaceList",
    ...of,
    list: { kind: "OTOCO", listClientOrderId: "l", working: plain, above: strange, below: plain }
  },
  { _tag: "Cancel", ...of, order: { orderId: 5 }, cancelId: "c" },
  {
    _tag: "Cancel",
    ...of,
    order: { orderId: 5, clientOrderId: "a" },
    cancelId: "c",
    restriction: "ONLY_PARTIALLY_FILLED"
  },
  { _tag: "CancelAll", ...of, cancelId: "c" },
  { _tag: "CancelList", ...of, list: { listId: 7 }, cancelId: "c" },
  { _tag: "CancelList", ...of, list: { listClientOrderId: "l" }, cancelId: "c" },
  {
    _tag: "CancelReplace",
    ...of,
    cancel: { clientOrderId: "a" },
    cancelId: "c",
    restriction: "ONLY_NEW",
    mode: "ALLOW_FAILURE",
    mayPlace: false,
    order: strange
  },
  { _tag: "Amend", ...of, order: { orderId: 5 }, lots: 7, clientOrderId: "n" },
  { _tag: "Tape", at: AT, symbol: "BTCUSDT", ticks: 6_000_000, lots: 3, takerSide: "SELL" },
  { _tag: "Outside", at: AT, symbol: "BTCUSDT", side: "BUY", ticks: 6_000_000, lots: 0 }
]

const looked: Looked = {
  lastTicks: 6_000_001,
  reference: 6_000_000_000_000n,
  lastTradeId: 3_735_683_300,
  bids: [6_000_000, 5],
  asks: [6_000_100, 7, 6_000_200, 8],
  aheadOfBids: [5_990_000, 3],
  aheadOfAsks: []
}

describe("JournalCodec", () => {
  it("gives back every command, and what the engine saw, exactly as they were written", () => {
    for (const command of commands) {
      for (const seen of [looked, {}])
        assert.deepStrictEqual(decode(AT, encode(command, seen)), { command, looked: seen })
    }
  })

  it("writes a small order in a few characters", () => {
    const text = encode({ _tag: "Place", ...of, order: plain }, { lastTicks: 6_000_001, asks: [6_000_100, 7] })
    assert.isBelow(text.length, 140)
  })

  it("refuses what it did not write", () => {
    for (const text of ["", "{}", '{"k":"P"}', '{"k":"D","a":"ann","x":"BTC","q":"1.5"}']) {
      assert.throws(() => decode(AT, text))
    }
  })

  it("knows equal rules by their text", () => {
    const listing = listingOf(btcusdt)
    const sorted = { ...listing, orderTypes: new Set([...listing.orderTypes].toReversed()) }
    assert.strictEqual(textOfListing(sorted), textOfListing(listing))
    assert.notStrictEqual(textOfListing({ ...listing, maxAmends: 11 }), textOfListing(listing))
  })
})

describe("SeenMarket", () => {
  const levels = [
    { ticks: 100, lots: 5 },
    { ticks: 101, lots: 0 },
    { ticks: 102, lots: 7 },
    { ticks: 103, lots: 9 }
  ]
  const outside = {
    lastTicks: 100,
    reference: 5n,
    lastTradeId: 9,
    netLevel: (_side: "bids" | "asks", index: number) => levels[index],
    lotsAhead: (_side: "bids" | "asks", ticks: number) => ticks * 2
  }

  it("passes over levels of which nothing is left, and remembers only those that were looked at", () => {
    const seen = new SeenMarket(outside)
    assert.deepStrictEqual([seen.ticksAt("BUY", 1), seen.lotsAt("BUY", 1)], [102, 7])
    assert.strictEqual(seen.lotsAtPrice("SELL", 50), 100)
    assert.deepStrictEqual(seen.looked(), { asks: [100, 5, 102, 7], aheadOfAsks: [50, 100] })
    assert.deepStrictEqual([seen.ticksAt("BUY", 3), seen.lotsAt("BUY", 3)], [0, 0])
  })

  it("remembers the market as it was looked at, whatever it becomes", () => {
    const moving = { ...outside }
    const seen = new SeenMarket(moving)
    assert.strictEqual(seen.lastTicks, 100)
    moving.lastTicks = 200
    assert.strictEqual(seen.lastTicks, 100)
    assert.deepStrictEqual(seen.looked(), { lastTicks: 100 })
  })

  it("gives a replay what was seen, and nothing else", () => {
    const again = replayed(looked)
    assert.deepStrictEqual(
      [0, 1, 2].map((index) => [again.outside.ticksAt("BUY", index), again.outside.lotsAt("BUY", index)]),
      [
        [6_000_100, 7],
        [6_000_200, 8],
        [0, 0]
      ]
    )
    assert.strictEqual(again.outside.ticksAt("SELL", 0), 6_000_000)
    assert.strictEqual(again.outside.lotsAtPrice("BUY", 5_990_000), 3)
    assert.strictEqual(again.outside.lotsAtPrice("SELL", 5_990_000), 0)
    assert.strictEqual(again.reference, 6_000_000_000_000n)
  })
})
