// What every exchange must do with each type of order beyond LIMIT and MARKET by quantity, as numbered cards on the book of exchange.ts.
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Money from "../../src/domain/Money.ts"
import * as StillMarket from "../kit/StillMarket.ts"
import { byQuote, limit, maker, stop, stopLimit } from "../kit/Trading.ts"
import { type Card, openBook, say, trader } from "./exchangeStage.ts"

const { format } = Money

export const orderTypeCards = (card: Card) => {
  card(
    "EX-30 LIMIT_MAKER rests, and is refused where it would take",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, maker("BUY", "0.1", "60005"))
      assert.deepStrictEqual((yield* ann.heard(1)).map(say), ["Accepted"])
      const { isWorking, status, type } = Option.getOrThrow(yield* ann.query(1))
      assert.deepStrictEqual([type, status, isWorking], ["LIMIT_MAKER", "NEW", true])
      const { reason } = yield* Effect.flip(ann.submit(2, maker("BUY", "0.1", "60010")))
      assert.match(reason._tag === "Refused" ? reason.message : reason._tag, /would immediately match/)
    })
  )

  card(
    "EX-31 STOP_LOSS waits with its funds locked, and takes what there is once its trigger comes",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submit(1, stop("STOP_LOSS", "SELL", "0.2", { stopPrice: "59995" }))
      const [waits] = yield* ann.heard(1)
      assert.strictEqual(waits?._tag === "Accepted" ? waits.working : waits?._tag, false)
      assert.strictEqual(yield* ann.balance("BTC"), "0.8 + 0.2")
      const before = Option.getOrThrow(yield* ann.query(1))
      assert.deepStrictEqual([before.type, before.status, before.isWorking], ["STOP_LOSS", "NEW", false])
      assert.strictEqual(before.stopPrice && format(before.stopPrice), "59995")
      StillMarket.trade(data, "SELL", 59_995, 1)
      const [works, ...trades] = yield* ann.heard(2)
      assert.strictEqual(works?._tag === "Accepted" ? works.working : works?._tag, true)
      assert.deepStrictEqual(trades.map(say), ["Filled 0.2 @ 60000 taker fee 12 USDT"])
      const after = Option.getOrThrow(yield* ann.query(1))
      assert.deepStrictEqual([after.status, after.isWorking], ["FILLED", true])
    })
  )

  card(
    "EX-32 TAKE_PROFIT to buy waits for a fall, with its trigger price locked",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submit(1, stop("TAKE_PROFIT", "BUY", "0.1", { stopPrice: "59000" }))
      assert.strictEqual(yield* ann.balance("USDT"), "94100 + 5900")
      yield* ann.heard(1)
      StillMarket.trade(data, "SELL", 58_999, 1)
      assert.deepStrictEqual((yield* ann.heard(2)).map(say), ["Accepted", "Filled 0.1 @ 60010 taker fee 0.0001 BTC"])
    })
  )

  card(
    "EX-33 STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT rest at their limit once triggered, and can be cancelled before",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submit(1, stopLimit("TAKE_PROFIT_LIMIT", "SELL", "0.1", "60100", { stopPrice: "60050" }))
      yield* ann.submit(2, stopLimit("STOP_LOSS_LIMIT", "SELL", "0.1", "59900", { stopPrice: "59950" }))
      yield* ann.heard(2)
      assert.strictEqual(yield* ann.balance("BTC"), "0.8 + 0.2")
      yield* ann.cancel(2)
      assert.deepStrictEqual((yield* ann.heard(1)).map(say), ["Canceled"])
      StillMarket.trade(data, "BUY", 60_050, 1)
      const [works] = yield* ann.heard(1)
      assert.strictEqual(works?._tag === "Accepted" ? works.working : works?._tag, true)
      const { isWorking, price, status, stopPrice } = Option.getOrThrow(yield* ann.query(1))
      assert.deepStrictEqual([status, isWorking], ["NEW", true])
      assert.deepStrictEqual([price && format(price), stopPrice && format(stopPrice)], ["60100", "60050"])
    })
  )

  card(
    "EX-34 a trailing stop follows the best price, and fires when the market turns by its delta",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submit(1, stop("STOP_LOSS", "SELL", "0.1", { trailingDelta: 100 }))
      yield* ann.heard(1)
      assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).trailingDelta, 100)
      StillMarket.trade(data, "BUY", 61_000, 1)
      StillMarket.trade(data, "SELL", 60_391, 1)
      assert.isFalse(Option.getOrThrow(yield* ann.query(1)).isWorking)
      StillMarket.trade(data, "SELL", 60_390, 1)
      assert.deepStrictEqual((yield* ann.heard(2)).map(say), ["Accepted", "Filled 0.1 @ 60000 taker fee 6 USDT"])
    })
  )

  card(
    "EX-35 a stop whose trigger has come already is refused",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      const { reason } = yield* Effect.flip(ann.submit(1, stop("STOP_LOSS", "SELL", "0.1", { stopPrice: "60000" })))
      assert.match(reason._tag === "Refused" ? reason.message : reason._tag, /trigger immediately/)
      assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
    })
  )

  card(
    "EX-36 an iceberg shows a part at a time and fills whole",
    Effect.gen(function* () {
      const data = yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, { ...limit("SELL", "0.3", "60005"), icebergQuantity: Money.decimal("0.1") } as never)
      yield* ann.heard(1)
      const resting = Option.getOrThrow(yield* ann.query(1))
      assert.strictEqual(resting.icebergQuantity && format(resting.icebergQuantity), "0.1")
      StillMarket.trade(data, "BUY", 60_006, 40_000)
      const fills = yield* ann.heard(3)
      assert.isTrue(fills.every(({ _tag }) => _tag === "Filled"))
      assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "FILLED")
    })
  )

  card(
    "EX-37 a market buy by quote quantity spends no more than that, and tells what it was worth with its last fill",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, byQuote("BUY", "40000"))
      const [, first, last] = yield* ann.heard(3)
      assert.deepStrictEqual(
        [first, last].map((report) => report && say(report)),
        ["Filled 0.5 @ 60010 taker fee 0.0005 BTC", "Filled 0.16652 @ 60020 taker fee 0.00016652 BTC"]
      )
      assert.deepStrictEqual(
        [first, last].map((report) => report?._tag === "Filled" && report.whole && format(report.whole)),
        [undefined, "0.66652"]
      )
      const found = Option.getOrThrow(yield* ann.query(1))
      assert.deepStrictEqual([found.status, format(found.quantity)], ["FILLED", "0.66652"])
      assert.strictEqual(found.quoteQuantity && format(found.quoteQuantity), "40000")
    })
  )

  card(
    "EX-38 a waiting order can be made smaller",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submit(1, stopLimit("STOP_LOSS_LIMIT", "SELL", "0.3", "59900", { stopPrice: "59950" }))
      yield* ann.heard(1)
      yield* ann.amend(1, "0.1")
      assert.deepStrictEqual((yield* ann.heard(1)).map(say), ["Amended"])
      assert.strictEqual(yield* ann.balance("BTC"), "0.9 + 0.1")
    })
  )
  card(
    "EX-39 an order is made smaller as often as its symbol allows, and then not once more",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, limit("SELL", "0.3", "60500"))
      yield* ann.heard(1)
      for (let n = 1; n <= 10; n++) yield* ann.amend(1, `0.${30 - n}`)
      const { reason } = yield* Effect.flip(ann.amend(1, "0.1"))
      assert.match(reason._tag === "Refused" ? reason.message : reason._tag, /MAX_NUM_ORDER_AMENDS/)
      assert.strictEqual(format(Option.getOrThrow(yield* ann.query(1)).quantity), "0.2")
    })
  )
}
