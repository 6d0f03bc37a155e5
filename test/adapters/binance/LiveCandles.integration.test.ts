// Candles of the live market over the wire, where a stream is joined, lost and joined again: REST history and stream make one series.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Queue } from "effect"
import { TestClock } from "effect/testing"
import * as LiveMarket from "../../../src/adapters/binance/LiveMarket.ts"
import * as Market from "../../../src/layers/market/Market.ts"
import { Supervisor } from "../../../src/layers/Supervisor.ts"
import { Events } from "../../../src/ports/Events.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import * as PublicBinance from "../../kit/PublicBinance.ts"

const MINUTE = 60_000
/** Twenty seconds into a minute. */
const START = 1_790_000_000_000 - (1_790_000_000_000 % MINUTE) + 20_000

const symbolRow = {
  symbol: "BTCUSDT",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01000000", maxPrice: "1000000.00000000", tickSize: "0.01000000" },
    { filterType: "LOT_SIZE", minQty: "0.00001000", maxQty: "9000.00000000", stepSize: "0.00001000" }
  ]
}

interface Truth {
  readonly prices: Array<number>
}

/** An exchange that trades one coin at a time, whole dollars, and tells REST the truth whoever listens to its stream. */
const exchange = Effect.gen(function* () {
  const binance = yield* PublicBinance.start
  const minutes = new Map<number, Truth>()
  let now = START
  let id = 0
  const trade = (price: number, heard: boolean) => {
    const open = now - (now % MINUTE)
    const minute = minutes.get(open) ?? { prices: [] }
    minutes.set(open, minute)
    minute.prices.push(price)
    const t = ++id
    const data = { e: "trade", E: now, s: "BTCUSDT", t, p: `${price}.00`, q: "1.00000", T: now, m: false, M: true }
    if (heard) binance.say("btcusdt@trade", data)
  }
  const row = ([open, { prices }]: readonly [number, Truth]) => {
    const total = prices.reduce((sum, price) => sum + price, 0)
    const [first, last] = [prices[0]!, prices.at(-1)!]
    return [
      open,
      `${first}.00`,
      `${Math.max(...prices)}.00`,
      `${Math.min(...prices)}.00`,
      `${last}.00`,
      `${prices.length}.00000`,
      open + MINUTE - 1,
      `${total}.00`,
      prices.length,
      `${prices.length}.00000`,
      `${total}.00`,
      "0"
    ]
  }
  const rows = () => [...minutes].toSorted(([a], [b]) => a - b).map(row)
  binance.answers.set("/api/v3/exchangeInfo", () => ({ symbols: [symbolRow] }))
  binance.answers.set("/api/v3/depth", () => ({ lastUpdateId: 1, bids: [["90.00", "1"]], asks: [["110.00", "1"]] }))
  binance.answers.set("/api/v3/klines", (query) =>
    query.get("interval") === "1m"
      ? rows()
          .filter(([open]) => Number(open) <= Number(query.get("endTime")))
          .slice(-Number(query.get("limit")))
      : []
  )
  return { binance, trade, minutes: () => rows(), setNow: (at: number) => void (now = at) }
})

describe("candles of the live market", () => {
  it.effect(
    "are the exchange's own, minute by minute, whatever the stream missed",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(START)
        const { binance, minutes, setNow, trade } = yield* exchange
        const live = LiveMarket.layer({ restUrl: binance.restUrl, streamUrl: binance.streamUrl, symbols: ["BTCUSDT"] })
        const ports = Layer.mergeAll(MarketData.layerMemory, Events.layerMemory, Supervisor.layer)
        let now = START
        const pass = Effect.fnUntraced(function* (millis: number) {
          for (let left = millis; left > 0; left -= 500) {
            now += 500
            setNow(now)
            yield* TestClock.adjust(500)
            yield* Effect.promise(() => fetch(`${binance.restUrl}/api/v3/ping`).then((answer) => answer.text()))
          }
        })
        trade(100, false)
        trade(105, false)
        const built = yield* Layer.build(Market.layer.pipe(Layer.provideMerge(ports), Layer.provide(live)))
        const market = Context.get(built, MarketData)
        const shown = Effect.map(
          market.candles({ symbol: "BTCUSDT", interval: "1m", end: START + 60 * MINUTE, limit: 100 }),
          (candles) =>
            candles.map(({ close, high, low, open, openTime, trades, volume }) =>
              [openTime, open, high, low, close, volume, trades].join(" ")
            )
        )
        const truth = () =>
          minutes().map(([openTime, open, high, low, close, volume, , , trades]) => {
            const ticks = [open, high, low, close].map((price) => Math.round(Number(String(price)) * 100))
            return [openTime, ...ticks, Math.round(Number(String(volume)) * 100_000), trades].join(" ")
          })
        yield* Queue.take(binance.subscriptions)
        // Between REST's word of the candle and the first message: the stream never said it.
        trade(95, false)
        trade(101, true)
        yield* pass(1_000)
        assert.strictEqual((yield* shown).length, 1, "one candle at the seam")
        // The minute closes, the source is asked again, and the next one follows without a gap.
        yield* pass(41_000)
        trade(102, true)
        yield* pass(8_000)
        assert.deepStrictEqual(yield* shown, truth())
        // Cut; three minutes pass in which others trade on.
        binance.refuse()
        binance.cut()
        for (const price of [103, 99, 97]) {
          yield* pass(MINUTE)
          trade(price, false)
        }
        binance.admit()
        yield* Queue.clear(binance.subscriptions)
        while ((yield* Queue.size(binance.subscriptions)) === 0) yield* pass(500)
        trade(98, true)
        yield* pass(2 * MINUTE)
        trade(104, true)
        yield* pass(2_000)
        const after = yield* shown
        const times = after.map((line) => Number(line.split(" ")[0]))
        for (const [index, time] of times.entries())
          assert.strictEqual(time, times[0]! + index * MINUTE, "no gap, no double")
        const traded = new Set(truth())
        assert.deepStrictEqual(
          after.filter((line) => traded.has(line)),
          truth(),
          "every minute in which something traded is the exchange's own"
        )
      }),
    60_000
  )
})
