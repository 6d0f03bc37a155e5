// What every exchange must do, as numbered cards. The book is the test's own: 60,000 / 60,010 with a few levels a side.
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Option, Result } from "effect"
import * as Money from "../../src/domain/Money.ts"
import { Exchange } from "../../src/ports/Exchange.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import * as StillMarket from "../kit/StillMarket.ts"
import { limit, market } from "../kit/Trading.ts"
import { type Card, openBook, say, trader } from "./exchangeStage.ts"
import { orderListCards, replaceCards } from "./orderLists.ts"
import { orderTypeCards } from "./orderTypes.ts"

const { format } = Money

/** `patienceMillis`: the exchange is on the real clock, and a card may take that long. */
export const exchangeSuite = (
  name: string,
  layer: Layer.Layer<Exchange | MarketData, unknown>,
  patienceMillis?: number
) => {
  const card: Card = (title, test) =>
    patienceMillis === undefined
      ? it.effect(title, () => Effect.provide(test, layer))
      : it.live(title, () => Effect.provide(test, layer), patienceMillis)

  describe(`exchange ${name}`, () => {
    card(
      "EX-01 a market buy walks the asks and pays its commission in what it received",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, market("BUY", "0.8"))
        assert.deepStrictEqual((yield* ann.heard(3)).map(say), [
          "Accepted",
          "Filled 0.5 @ 60010 taker fee 0.0005 BTC",
          "Filled 0.3 @ 60020 taker fee 0.0003 BTC"
        ])
        assert.strictEqual(yield* ann.balance("USDT"), "51989 + 0")
        assert.strictEqual(yield* ann.balance("BTC"), "1.7992 + 0")
      })
    )

    card(
      "EX-02 a market sell walks the bids and pays its commission in the quote asset",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, market("SELL", "0.1"))
        assert.deepStrictEqual((yield* ann.heard(2)).map(say), ["Accepted", "Filled 0.1 @ 60000 taker fee 6 USDT"])
        assert.strictEqual(yield* ann.balance("USDT"), "105994 + 0")
      })
    )

    card(
      "EX-03 what a thin book cannot give to a market order expires",
      Effect.gen(function* () {
        StillMarket.book(yield* MarketData, [[60_000, 10]], [[60_010, 1000]])
        const ann = yield* trader("ann")
        yield* ann.submit(1, market("BUY", "0.02"))
        assert.deepStrictEqual((yield* ann.heard(3)).map(say), [
          "Accepted",
          "Filled 0.01 @ 60010 taker fee 0.00001 BTC",
          "Expired"
        ])
        assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "EXPIRED")
      })
    )

    card(
      "EX-04 a limit order takes what crosses and rests with the remainder held",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.6", "60010"))
        assert.deepStrictEqual((yield* ann.heard(2)).map(say), ["Accepted", "Filled 0.5 @ 60010 taker fee 0.0005 BTC"])
        assert.strictEqual(yield* ann.balance("USDT"), "63994 + 6001")
        assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "PARTIALLY_FILLED")
      })
    )

    card(
      "EX-05 a resting order fills at its own price, as maker, when the tape trades through it, in parts if the trade is small",
      Effect.gen(function* () {
        const data = yield* openBook
        StillMarket.diff(data, [[59_995, 100_000]], [])
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.5", "59995"))
        yield* ann.heard(1)
        StillMarket.trade(data, "SELL", 59_995, 100_000)
        StillMarket.trade(data, "SELL", 59_994, 20_000)
        StillMarket.trade(data, "SELL", 59_990, 90_000)
        assert.deepStrictEqual((yield* ann.heard(2)).map(say), [
          "Filled 0.2 @ 59995 maker fee 0.0002 BTC",
          "Filled 0.3 @ 59995 maker fee 0.0003 BTC"
        ])
        assert.strictEqual(yield* ann.balance("USDT"), "70002.5 + 0")
        assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "FILLED")
      })
    )

    card(
      "EX-06 one trade never fills more than its own size, best price first",
      Effect.gen(function* () {
        const data = yield* openBook
        const ann = yield* trader("ann")
        const bob = yield* trader("bob")
        yield* ann.submit(1, limit("SELL", "0.3", "60030"))
        yield* bob.submit(2, limit("SELL", "0.3", "60025"))
        yield* ann.heard(1)
        yield* bob.heard(1)
        StillMarket.trade(data, "BUY", 60_040, 40_000)
        assert.deepStrictEqual((yield* bob.heard(1)).map(say), ["Filled 0.3 @ 60025 maker fee 18.0075 USDT"])
        assert.deepStrictEqual((yield* ann.heard(1)).map(say), ["Filled 0.1 @ 60030 maker fee 6.003 USDT"])
      })
    )

    card(
      "EX-07 immediate-or-cancel fills what crosses and expires the rest",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.6", "60010", "IOC"))
        assert.deepStrictEqual((yield* ann.heard(3)).map(say), [
          "Accepted",
          "Filled 0.5 @ 60010 taker fee 0.0005 BTC",
          "Expired"
        ])
        assert.strictEqual(yield* ann.balance("USDT"), "69995 + 0")
      })
    )

    card(
      "EX-08 fill-or-kill fills whole or not at all",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.6", "60010", "FOK"))
        yield* ann.submit(2, limit("BUY", "0.5", "60010", "FOK"))
        assert.deepStrictEqual((yield* ann.heard(4)).map(say), [
          "Accepted",
          "Expired",
          "Accepted",
          "Filled 0.5 @ 60010 taker fee 0.0005 BTC"
        ])
      })
    )

    card(
      "EX-09 a cancel gives back what was held; a second one is refused",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("SELL", "0.4", "61000"))
        assert.strictEqual(yield* ann.balance("BTC"), "0.6 + 0.4")
        yield* ann.cancel(1)
        assert.deepStrictEqual((yield* ann.heard(2)).map(say), ["Accepted", "Canceled"])
        assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
        const refused = yield* Effect.flip(ann.cancel(1))
        assert.strictEqual(refused.reason._tag, "Refused")
        assert.match(refused.reason._tag === "Refused" ? refused.reason.message : "", /Unknown order sent/)
      })
    )

    card(
      "EX-10 refuses what the balance cannot pay, and changes nothing",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        for (const intent of [limit("BUY", "2", "60000"), market("SELL", "1.1")]) {
          const { reason } = yield* Effect.flip(ann.submit(1, intent))
          assert.match(reason._tag === "Refused" ? reason.message : reason._tag, /insufficient balance/)
        }
        assert.strictEqual(yield* ann.balance("USDT"), "100000 + 0")
        assert.isTrue(Option.isNone(yield* ann.query(1)))
      })
    )

    card(
      "EX-11 refuses a second open order under the same client id",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.1", "59000"))
        const { reason } = yield* Effect.flip(ann.submit(1, limit("BUY", "0.1", "59000")))
        assert.match(reason._tag === "Refused" ? reason.message : reason._tag, /Duplicate order sent/)
      })
    )

    card(
      "EX-12 liquidity that was taken is gone until the market states the level again",
      Effect.gen(function* () {
        const data = yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, market("BUY", "0.5"))
        yield* ann.submit(2, market("BUY", "0.1"))
        StillMarket.diff(data, [], [[60_010, 50_000]])
        yield* ann.submit(3, market("BUY", "0.1"))
        assert.deepStrictEqual(
          (yield* ann.heard(6)).map(say).filter((line) => line !== "Accepted"),
          [
            "Filled 0.5 @ 60010 taker fee 0.0005 BTC",
            "Filled 0.1 @ 60020 taker fee 0.0001 BTC",
            "Filled 0.1 @ 60010 taker fee 0.0001 BTC"
          ]
        )
      })
    )

    card(
      "EX-13 knows nothing of an order that never came",
      Effect.gen(function* () {
        const ann = yield* trader("ann")
        assert.isTrue(Option.isNone(yield* ann.query(9)))
      })
    )

    card(
      "EX-14 two users meet at the price of the one who was there first, as maker and taker",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        const bob = yield* trader("bob")
        yield* ann.submit(1, limit("SELL", "0.2", "60005"))
        yield* bob.submit(2, limit("BUY", "0.3", "60008"))
        assert.deepStrictEqual((yield* ann.heard(2)).map(say), ["Accepted", "Filled 0.2 @ 60005 maker fee 12.001 USDT"])
        assert.deepStrictEqual((yield* bob.heard(2)).map(say), ["Accepted", "Filled 0.2 @ 60005 taker fee 0.0002 BTC"])
        assert.strictEqual(yield* ann.balance("BTC"), "0.8 + 0")
        assert.strictEqual(yield* bob.balance("USDT"), "81998.2 + 6000.8")
      })
    )

    card(
      "EX-15 the better price trades first, and at one price whoever came first",
      Effect.gen(function* () {
        yield* openBook
        const [ann, bob, cid] = [yield* trader("ann"), yield* trader("bob"), yield* trader("cid")]
        const dan = yield* trader("dan")
        yield* ann.submit(1, limit("SELL", "0.1", "60006"))
        yield* bob.submit(2, limit("SELL", "0.1", "60005"))
        yield* cid.submit(3, limit("SELL", "0.1", "60006"))
        for (const one of [ann, bob, cid]) yield* one.heard(1)
        yield* dan.submit(4, limit("BUY", "0.25", "60006"))
        assert.deepStrictEqual((yield* bob.heard(1)).map(say), ["Filled 0.1 @ 60005 maker fee 6.0005 USDT"])
        assert.deepStrictEqual((yield* ann.heard(1)).map(say), ["Filled 0.1 @ 60006 maker fee 6.0006 USDT"])
        assert.deepStrictEqual((yield* cid.heard(1)).map(say), ["Filled 0.05 @ 60006 maker fee 3.0003 USDT"])
      })
    )

    card(
      "EX-16 a taker meets users and the market's levels in one walk, best price first, users first at one price",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        const bob = yield* trader("bob")
        yield* ann.submit(1, limit("SELL", "0.1", "60005"))
        yield* ann.submit(2, limit("SELL", "0.1", "60010"))
        yield* bob.submit(3, market("BUY", "0.8"))
        assert.deepStrictEqual((yield* bob.heard(5)).map(say), [
          "Accepted",
          "Filled 0.1 @ 60005 taker fee 0.0001 BTC",
          "Filled 0.1 @ 60010 taker fee 0.0001 BTC",
          "Filled 0.5 @ 60010 taker fee 0.0005 BTC",
          "Filled 0.1 @ 60020 taker fee 0.0001 BTC"
        ])
      })
    )

    card(
      "EX-17 an order waits behind what stood at its price, and moves up where the market there shrinks",
      Effect.gen(function* () {
        const data = yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.2", "60000"))
        yield* ann.heard(1)
        StillMarket.trade(data, "SELL", 60_000, 20_000)
        StillMarket.diff(data, [[60_000, 10_000]], [])
        StillMarket.trade(data, "SELL", 60_000, 15_000)
        StillMarket.diff(data, [[60_000, 90_000]], [])
        StillMarket.trade(data, "SELL", 60_000, 40_000)
        assert.deepStrictEqual((yield* ann.heard(2)).map(say), [
          "Filled 0.05 @ 60000 maker fee 0.00005 BTC",
          "Filled 0.15 @ 60000 maker fee 0.00015 BTC"
        ])
      })
    )

    card(
      "EX-18 a level of the market that reaches an order fills it at the order's price, once for what the level has",
      Effect.gen(function* () {
        const data = yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.3", "60005"))
        yield* ann.heard(1)
        StillMarket.diff(data, [[60_000, 0]], [[60_003, 20_000]])
        StillMarket.diff(data, [[59_990, 90_000]], [])
        StillMarket.diff(data, [], [[60_004, 20_000]])
        assert.deepStrictEqual((yield* ann.heard(2)).map(say), [
          "Filled 0.2 @ 60005 maker fee 0.0002 BTC",
          "Filled 0.1 @ 60005 maker fee 0.0001 BTC"
        ])
      })
    )

    card(
      "EX-19 a client id is free again once its order is closed, and then means the newer one",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.1", "59000"))
        const first = Option.getOrThrow(yield* ann.query(1))
        yield* ann.cancel(1)
        assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "CANCELED")
        yield* ann.submit(1, limit("BUY", "0.1", "59000"))
        const second = Option.getOrThrow(yield* ann.query(1))
        assert.strictEqual(second.status, "NEW")
        assert.notStrictEqual(second.exchangeOrderId, first.exchangeOrderId)
      })
    )

    card(
      "EX-20 an account does not trade with itself: its resting order expires instead",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("SELL", "0.1", "60005"))
        yield* ann.submit(2, limit("BUY", "0.1", "60005"))
        const said = (yield* ann.heard(3)).map((report) => `${report._tag} ${report.clientOrderId.slice(-1)}`)
        assert.sameMembers(said, ["Accepted 1", "Accepted 2", "Expired 1"])
        assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
        assert.strictEqual(yield* ann.balance("USDT"), "93999.5 + 6000.5")
      })
    )

    card(
      "EX-21 tells of every fill of an order that is open, also to one who asks later",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        yield* ann.submit(1, limit("BUY", "0.7", "60015"))
        const exchange = yield* Exchange
        const [open] = yield* exchange.openOrders(ann.accountId)
        const { fills, ...state } = Option.getOrThrow(yield* ann.query(1))
        assert.deepStrictEqual(open, state)
        assert.deepStrictEqual(
          fills.map(({ price, quantity }) => `${format(quantity)} @ ${format(price)}`),
          ["0.5 @ 60010"]
        )
      })
    )

    card(
      "EX-22 amends a resting order to less, and it keeps its place",
      Effect.gen(function* () {
        const data = yield* openBook
        const [ann, bob] = [yield* trader("ann"), yield* trader("bob")]
        yield* ann.submit(1, limit("SELL", "0.3", "60005"))
        yield* bob.submit(2, limit("SELL", "0.3", "60005"))
        yield* ann.heard(1)
        yield* bob.heard(1)
        yield* ann.amend(1, "0.1")
        const [amended] = yield* ann.heard(1)
        assert.strictEqual(amended?._tag === "Amended" ? format(amended.quantity) : amended?._tag, "0.1")
        assert.strictEqual(yield* ann.balance("BTC"), "0.9 + 0.1")
        assert.strictEqual(format(Option.getOrThrow(yield* ann.query(1)).quantity), "0.1")
        StillMarket.trade(data, "BUY", 60_005, 20_000)
        assert.deepStrictEqual((yield* ann.heard(1)).map(say), ["Filled 0.1 @ 60005 maker fee 6.0005 USDT"])
        assert.deepStrictEqual((yield* bob.heard(1)).map(say), ["Filled 0.1 @ 60005 maker fee 6.0005 USDT"])
        assert.isTrue(Result.isFailure(yield* Effect.result(ann.amend(1, "0.05"))))
        assert.isTrue(Result.isFailure(yield* Effect.result(bob.amend(2, "0.5"))))
      })
    )

    card(
      "EX-23 tells what was traded since a trade, by order, and without one only the last",
      Effect.gen(function* () {
        yield* openBook
        const ann = yield* trader("ann")
        assert.deepStrictEqual(yield* ann.trades(), [])
        yield* ann.submit(1, market("BUY", "0.8"))
        yield* ann.submit(2, market("SELL", "0.1"))
        const all = yield* ann.trades("0")
        assert.lengthOf(all, 3)
        assert.deepStrictEqual(yield* ann.trades(), all.slice(2))
        assert.deepStrictEqual(yield* ann.trades(all[0]?.tradeId), all.slice(1))
        const { exchangeOrderId } = Option.getOrThrow(yield* ann.query(1))
        assert.deepStrictEqual(
          all.map((trade) => trade.exchangeOrderId === exchangeOrderId),
          [true, true, false]
        )
      })
    )

    orderTypeCards(card)
    orderListCards(card)
    replaceCards(card)
  })
}
