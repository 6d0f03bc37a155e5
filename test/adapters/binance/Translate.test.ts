import { assert, describe, it } from "@effect/vitest"
import { candle, Translator } from "../../../src/adapters/binance/Translate.ts"
import { liquidPair } from "../../../src/domain/Instrument.ts"
import type { SkipReason } from "../../../src/ports/MarketSource.ts"
import * as Money from "../../../src/domain/Money.ts"

const btcusdt = liquidPair({
  symbol: "BTCUSDT",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  tickSize: Money.decimal("0.01"),
  stepSize: Money.decimal("0.00001")
})
const ethusdt = { ...btcusdt, symbol: "ETHUSDT" }
const fresh = () =>
  new Translator(
    new Map([
      ["BTCUSDT", btcusdt],
      ["ETHUSDT", ethusdt]
    ])
  )

const trade = {
  e: "trade",
  E: 1_723_161_255_343,
  s: "BTCUSDT",
  t: 3_735_683_259,
  p: "61837.63000000",
  q: "0.02000000",
  T: 1_723_161_255_342,
  m: true,
  M: true
}
const ticker = { u: 212, s: "BTCUSDT", b: "61837.63000000", B: "3.78826000", a: "61837.64000000", A: "1.54698000" }
const update = {
  e: "depthUpdate",
  E: 1_723_161_255_408,
  s: "BTCUSDT",
  U: 208,
  u: 224,
  b: [["61837.63000000", "3.78826000"]],
  a: []
}

describe("Translator", () => {
  it("reads a trade in ticks and lots, from the taker's side, at the exchange's trade time", () => {
    assert.deepStrictEqual(fresh().message({ stream: "btcusdt@trade", data: trade }, 0, []), {
      _tag: "Trade",
      trade: {
        symbol: "BTCUSDT",
        tradeId: "3735683259",
        ticks: 6_183_763,
        lots: 2_000,
        takerSide: "SELL",
        at: 1_723_161_255_342
      }
    })
  })

  it("dates frames without a time by the exchange's clock as last seen, not by the receiver's", () => {
    const translator = fresh()
    const received = trade.E - 1_200
    assert.deepInclude(translator.message(ticker, received, []), { at: received })
    translator.message(trade, received, [])
    assert.deepInclude(translator.message({ ...ticker, e: "bookTicker" }, received + 50, []), { at: trade.E + 50 })
  })

  it("drops the part of a level's size that is finer than the step, and keeps the level's update", () => {
    const old = { ...update, a: [["80000.00000000", "244.56630400"]] }
    const message = fresh().message(old, 0, [])
    assert.strictEqual(message?._tag, "DepthDiff")
    if (message?._tag === "DepthDiff")
      assert.deepStrictEqual(message.diff.asks, [{ ticks: 8_000_000, lots: 24_456_630 }])
  })

  it("counts and leaves out whatever it cannot read, and never throws", () => {
    const translator = fresh()
    const bad: ReadonlyArray<readonly [SkipReason, unknown]> = [
      ["malformed", null],
      ["malformed", 1],
      ["malformed", "text"],
      ["malformed", []],
      ["malformed", {}],
      ["malformed", { stream: "x", data: null }],
      ["unknown_event", { stream: "btcusdt@aggTrade", data: { e: "aggTrade" } }],
      ["control", { result: null, id: 1 }],
      ["control", { error: { code: 2, msg: "Invalid request" }, id: 1 }],
      ["control", { stream: "!serverShutdown", data: { e: "serverShutdown", E: 1 } }],
      ["unknown_symbol", { ...trade, s: "DOGEUSDT" }],
      ["unknown_symbol", { ...ticker, s: "DOGEUSDT" }],
      ["unknown_symbol", { ...update, s: "DOGEUSDT" }],
      ["off_grid", { ...trade, p: "61837.635" }],
      ["malformed", { ...trade, p: "-1" }],
      ["malformed", { ...trade, q: "NaN" }],
      ["off_grid", { ...trade, q: "0.00000000" }],
      ["off_grid", { ...trade, q: "99999999999999999" }],
      ["malformed", { ...trade, t: "1" }],
      ["malformed", { ...trade, T: Number.NaN }],
      ["malformed", { ...ticker, b: 61_837.63 }],
      ["malformed", { ...ticker, u: 1.5 }],
      ["off_grid", { ...ticker, a: "61837.641" }],
      ["malformed", { ...update, b: [["61837.63000000"]] }],
      ["off_grid", { ...update, b: [["61837.635", "1"]] }],
      ["malformed", { ...update, b: "none" }],
      ["malformed", { ...update, U: 225 }],
      ["malformed", { lastUpdateId: 1, bids: [], asks: "none" }],
      ["malformed", { lastUpdateId: 1, bids: [null], asks: [] }]
    ]
    const wanted: Partial<Record<SkipReason, number>> = {}
    for (const [reason, frame] of bad) {
      assert.isUndefined(translator.message(frame, 0, ["BTCUSDT"]), JSON.stringify(frame))
      wanted[reason] = (wanted[reason] ?? 0) + 1
      assert.deepStrictEqual(translator.skipped, wanted, JSON.stringify(frame))
    }
    assert.isUndefined(fresh().message({ lastUpdateId: 1, bids: [], asks: [] }, 0, ["BTCUSDT", "ETHUSDT"]))
    assert.isDefined(translator.message(trade, 0, []))
    assert.deepStrictEqual(translator.skipped, wanted)
  })

  it("gives a snapshot, which names no symbol, to the symbol whose update ids are nearest", () => {
    const translator = fresh()
    const snapshot = { lastUpdateId: 300, bids: [["61837.63", "1"]], asks: [] }
    assert.isUndefined(translator.message(snapshot, 0, ["BTCUSDT", "ETHUSDT"]), "nothing is known yet")
    translator.message(update, 0, [])
    translator.message({ ...update, s: "ETHUSDT", U: 9_000, u: 9_001 }, 0, [])
    const message = translator.message(snapshot, 0, ["BTCUSDT", "ETHUSDT"])
    assert.strictEqual(message?._tag === "DepthSnapshot" && message.snapshot.symbol, "BTCUSDT")
  })

  it("continues times and ids beyond all said so far when the same frames come again", () => {
    const translator = fresh()
    const play = () => [
      translator.message(update, 0, []),
      translator.message(trade, 0, []),
      translator.message(ticker, 0, [])
    ]
    const first = play()
    translator.nextPass()
    const second = play()
    translator.nextPass()
    const third = play()
    const ids = [first, second, third].map(([diff, made, best]) => ({
      first: diff?._tag === "DepthDiff" ? diff.diff.firstUpdateId : 0,
      last: diff?._tag === "DepthDiff" ? diff.diff.lastUpdateId : 0,
      trade: made?._tag === "Trade" ? Number(made.trade.tradeId) : 0,
      best: best?._tag === "BestPrices" ? best.best.updateId : 0,
      at: made?._tag === "Trade" ? made.trade.at : 0
    }))
    for (const [before, after] of [
      [ids[0], ids[1]],
      [ids[1], ids[2]]
    ] as const) {
      if (before === undefined || after === undefined) throw new Error("a pass is missing")
      assert.strictEqual(after.first, before.last + 1)
      assert.isAbove(after.trade, before.trade)
      assert.isAbove(after.best, before.best)
      assert.isAbove(after.at, before.at)
    }
  })
})

describe("candle", () => {
  const row = [
    1_723_161_240_000,
    "61837.63",
    "61860.80",
    "61800.00",
    "61850.00",
    "12.50000",
    1_723_161_299_999,
    "773000.12345678",
    420,
    "6.25000",
    "386000.1",
    "0"
  ]

  it("reads a row of klines", () => {
    assert.deepStrictEqual(candle(row, btcusdt), {
      openTime: 1_723_161_240_000,
      closeTime: 1_723_161_299_999,
      open: 6_183_763,
      high: 6_186_080,
      low: 6_180_000,
      close: 6_185_000,
      volume: 1_250_000,
      quoteUnits: 7_730_001_234_568n,
      trades: 420,
      takerBuyVolume: 625_000
    })
  })

  it("leaves out a row it cannot read", () => {
    for (const bad of [null, {}, [], row.slice(0, 5), row.with(1, "abc"), row.with(0, "x"), row.with(7, "1e9")]) {
      assert.isUndefined(candle(bad, btcusdt))
    }
  })
})
