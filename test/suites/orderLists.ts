// What every exchange must do with orders that belong together, as numbered cards on the book of exchange.ts.
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Money from "../../src/domain/Money.ts"
import type { Report } from "../../src/domain/Report.ts"
import { Exchange } from "../../src/ports/Exchange.ts"
import * as StillMarket from "../kit/StillMarket.ts"
import { asked, limit, maker, stop, stopLimit } from "../kit/Trading.ts"
import { type Card, openBook, say, trader } from "./exchangeStage.ts"

const { format } = Money

/** With the number of the order that it is about. */
const about = (report: Report): string => `${say(report)} ${Number(report.clientOrderId.slice(-4))}`

/** Takes profit at 60,100 and stops the loss at 59,900. */
const exit = asked(1, "OCO", [
  ["above", 1, maker("SELL", "0.2", "60100")],
  ["below", 2, stop("STOP_LOSS", "SELL", "0.2", { stopPrice: "59900" })]
])

/** Buys at 60,000, and has the exit placed once it has bought. */
const bracket = asked(1, "OTOCO", [
  ["working", 1, limit("BUY", "0.2", "60000")],
  ["above", 2, maker("SELL", "0.1", "60100")],
  ["below", 3, stopLimit("STOP_LOSS_LIMIT", "SELL", "0.1", "59800", { stopPrice: "59900" })]
])

const isRefused = (half: object | string): half is { readonly refused: string } =>
  typeof half !== "string" && "refused" in half

export const replaceCards = (card: Card) => {
  card(
    "EX-50 a replacement cancels the old order and places the new one, with what the old one held",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, limit("SELL", "1", "61000"))
      yield* ann.heard(1)
      const { cancel, placed } = yield* ann.replace(1, 2, limit("SELL", "0.9", "60500"))
      assert.deepStrictEqual([cancel, isRefused(placed)], ["done", false])
      assert.deepStrictEqual((yield* ann.heard(2)).map(about), ["Canceled 1", "Accepted 2"])
      assert.strictEqual(yield* ann.balance("BTC"), "0.1 + 0.9")
      assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "CANCELED")
    })
  )

  card(
    "EX-51 where the old order cannot be cancelled, the new one is not placed",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      const { cancel, placed } = yield* ann.replace(1, 2, limit("SELL", "0.9", "60500"))
      assert.match(isRefused(cancel) ? cancel.refused : cancel, /Unknown order/)
      assert.match(isRefused(placed) ? placed.refused : "placed", /could not be cancelled/)
      assert.isTrue(Option.isNone(yield* ann.query(2)))
      assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
    })
  )

  card(
    "EX-52 where the new order is refused after the cancel, the old one is gone",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, limit("SELL", "0.5", "61000"))
      yield* ann.heard(1)
      const { cancel, placed } = yield* ann.replace(1, 2, maker("SELL", "0.5", "60000"))
      assert.strictEqual(cancel, "done")
      // Where the answer was lost, its words are.
      assert.match(isRefused(placed) ? placed.refused : "placed", /would immediately match|^lost$/)
      assert.include((yield* ann.heard(1)).map(about), "Canceled 1")
      assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "CANCELED")
      assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
    })
  )

  card(
    "EX-54 an order that was thought untraded is not replaced once it has traded, and goes on as it is",
    Effect.gen(function* () {
      const data = yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, limit("SELL", "0.1", "60100"))
      yield* ann.heard(1)
      StillMarket.trade(data, "BUY", 60_101, 4_000)
      assert.match((yield* ann.heard(1)).map(say)[0] ?? "", /^Filled/)
      const { cancel, placed } = yield* ann.replace(1, 2, limit("SELL", "0.1", "60500"))
      assert.match(isRefused(cancel) ? cancel.refused : cancel, /cancel restrictions/)
      assert.match(isRefused(placed) ? placed.refused : "placed", /could not be cancelled/)
      assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "PARTIALLY_FILLED")
      assert.isTrue(Option.isNone(yield* ann.query(2)))
      const known = yield* ann.replace(1, 3, limit("SELL", "0.06", "60500"), false)
      assert.deepStrictEqual([known.cancel, isRefused(known.placed)], ["done", false])
    })
  )

  card(
    "EX-53 a new order that breaks a filter is refused before anything is cancelled",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submit(1, limit("SELL", "0.5", "61000"))
      const { reason } = yield* Effect.flip(ann.replaceUnjudged(1, 2, limit("SELL", "0.5", "60500.001")))
      assert.match(reason._tag === "Refused" ? reason.message : reason._tag, /PRICE_FILTER|too much precision/)
      assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "NEW")
    })
  )
}

export const orderListCards = (card: Card) => {
  card(
    "EX-40 the two orders of an OCO lock once, and the one that fills ends the other",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submitList(exit)
      assert.sameMembers((yield* ann.heard(2)).map(about), ["Accepted 1", "Accepted 2"])
      assert.strictEqual(yield* ann.balance("BTC"), "0.8 + 0.2")
      StillMarket.trade(data, "BUY", 60_101, 5_000)
      assert.sameMembers((yield* ann.heard(2)).map(about), ["Expired 2", "Filled 0.05 @ 60100 maker fee 3.005 USDT 1"])
      assert.strictEqual(yield* ann.balance("BTC"), "0.8 + 0.15")
      assert.strictEqual(Option.getOrThrow(yield* ann.query(1)).status, "PARTIALLY_FILLED")
      assert.strictEqual(Option.getOrThrow(yield* ann.query(2)).status, "EXPIRED")
    })
  )

  card(
    "EX-41 the stop of an OCO that is triggered ends the other before it trades",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submitList(exit)
      yield* ann.heard(2)
      StillMarket.trade(data, "SELL", 59_900, 1)
      const said = (yield* ann.heard(3)).map(about)
      assert.include(said, "Expired 1")
      assert.isBelow(said.indexOf("Accepted 2"), said.indexOf("Filled 0.2 @ 60000 taker fee 12 USDT 2"))
      assert.strictEqual(yield* ann.balance("BTC"), "0.8 + 0")
    })
  )

  card(
    "EX-42 cancelling one order of a list ends all of them and gives back what they held",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submitList(exit)
      yield* ann.heard(2)
      yield* ann.cancel(1)
      assert.sameMembers((yield* ann.heard(2)).map(about), ["Canceled 1", "Canceled 2"])
      assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
      assert.strictEqual(Option.getOrThrow(yield* ann.query(2)).status, "CANCELED")
    })
  )

  card(
    "EX-43 refuses an OCO whose orders do not lie on both sides of the price, and nothing of it stands",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "BUY", 60_200, 1)
      const ann = yield* trader("ann")
      const { reason } = yield* Effect.flip(
        ann.submitList(
          asked(1, "OCO", [
            ["above", 1, maker("SELL", "0.2", "60100")],
            ["below", 2, stop("STOP_LOSS", "SELL", "0.2", { stopPrice: "59900" })]
          ])
        )
      )
      assert.match(reason._tag === "Refused" ? reason.message : reason._tag, /relationship of the prices/)
      assert.isTrue(Option.isNone(yield* ann.query(1)))
      assert.isTrue(Option.isNone(yield* ann.query(2)))
      assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
    })
  )

  card(
    "EX-44 the pending order of an OTO waits without funds, and is placed once the working one has filled",
    Effect.gen(function* () {
      const data = yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submitList(
        asked(1, "OTO", [
          ["working", 1, limit("SELL", "0.2", "60005")],
          ["pending", 2, limit("BUY", "0.1", "59900")]
        ])
      )
      const [working, pending] = (yield* ann.heard(2)).toSorted((a, b) => (a.clientOrderId < b.clientOrderId ? -1 : 1))
      assert.strictEqual(working?._tag === "Accepted" ? working.pending : working?._tag, undefined)
      assert.strictEqual(pending?._tag === "Accepted" ? pending.pending : pending?._tag, true)
      assert.strictEqual(yield* ann.balance("USDT"), "100000 + 0")
      assert.strictEqual(Option.getOrThrow(yield* ann.query(2)).isPending, true)
      const open = yield* Effect.flatMap(Exchange, (exchange) => exchange.openOrders(ann.accountId))
      assert.deepStrictEqual(
        open.map((state) => state.isPending),
        [undefined, true]
      )
      StillMarket.trade(data, "BUY", 60_006, 50_000)
      const [filled, placed] = yield* ann.heard(2)
      assert.strictEqual(filled && about(filled), "Filled 0.2 @ 60005 maker fee 12.001 USDT 1")
      assert.deepStrictEqual(placed?._tag === "Accepted" ? [about(placed), placed.pending] : placed?._tag, [
        "Accepted 2",
        undefined
      ])
      assert.strictEqual(yield* ann.balance("USDT"), "105998.999 + 5990")
      assert.strictEqual(Option.getOrThrow(yield* ann.query(2)).isPending, undefined)
    })
  )

  card(
    "EX-45 what waits for a working order ends with it",
    Effect.gen(function* () {
      yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submitList(bracket)
      yield* ann.heard(3)
      assert.strictEqual(yield* ann.balance("USDT"), "88000 + 12000")
      assert.strictEqual(yield* ann.balance("BTC"), "1 + 0")
      yield* ann.cancel(3)
      assert.sameMembers((yield* ann.heard(3)).map(about), ["Canceled 1", "Canceled 2", "Canceled 3"])
      assert.strictEqual(yield* ann.balance("USDT"), "100000 + 0")
    })
  )

  card(
    "EX-46 an OTOCO places an OCO once its working order has filled",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submitList(bracket)
      yield* ann.heard(3)
      StillMarket.trade(data, "SELL", 59_999, 90_000)
      const [filled, ...placed] = yield* ann.heard(3)
      assert.strictEqual(filled && about(filled), "Filled 0.2 @ 60000 maker fee 0.0002 BTC 1")
      assert.sameMembers(placed.map(about), ["Accepted 2", "Accepted 3"])
      assert.isTrue(placed.every((report) => report._tag === "Accepted" && report.pending === undefined))
      assert.strictEqual(yield* ann.balance("BTC"), "1.0998 + 0.1")
      StillMarket.trade(data, "BUY", 60_101, 50_000)
      assert.sameMembers((yield* ann.heard(2)).map(about), ["Expired 3", "Filled 0.1 @ 60100 maker fee 6.01 USDT 2"])
      assert.strictEqual(yield* ann.balance("BTC"), "1.0998 + 0")
    })
  )

  card(
    "EX-47 what cannot be paid when its time comes expires, and the fill before it stands",
    Effect.gen(function* () {
      const data = yield* openBook
      const ann = yield* trader("ann")
      yield* ann.submitList(
        asked(1, "OTO", [
          ["working", 1, limit("BUY", "0.2", "60000")],
          ["pending", 2, limit("SELL", "1.2", "61000")]
        ])
      )
      yield* ann.heard(2)
      StillMarket.trade(data, "SELL", 59_999, 90_000)
      // The commission was taken from what was bought: 1.1998 BTC is less than 1.2.
      assert.sameMembers((yield* ann.heard(2)).map(about), ["Filled 0.2 @ 60000 maker fee 0.0002 BTC 1", "Expired 2"])
      assert.strictEqual(yield* ann.balance("BTC"), "1.1998 + 0")
    })
  )

  card(
    "EX-48 an amend of one order of an OCO makes both smaller",
    Effect.gen(function* () {
      const data = yield* openBook
      StillMarket.trade(data, "SELL", 60_000, 1)
      const ann = yield* trader("ann")
      yield* ann.submitList(exit)
      yield* ann.heard(2)
      yield* ann.amend(1, "0.1")
      assert.sameMembers((yield* ann.heard(2)).map(about), ["Amended 1", "Amended 2"])
      assert.strictEqual(format(Option.getOrThrow(yield* ann.query(2)).quantity), "0.1")
      assert.strictEqual(yield* ann.balance("BTC"), "0.9 + 0.1")
    })
  )
}
