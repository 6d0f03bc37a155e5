import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Candle } from "../../src/domain/Candle.ts"
import { flat, intervals, merge, nextOpenTime, openTimeOf, previousOpenTime } from "../../src/domain/Candle.ts"
import { CandleSeries, GRACE_MILLIS, MAX_CANDLES } from "../../src/domain/CandleSeries.ts"
import type { Trade } from "../../src/domain/Market.ts"

const at = (iso: string) => Date.parse(`${iso}Z`)
const opens = (interval: (typeof intervals)[number], iso: string) => openTimeOf(interval, at(iso))

const START = at("2024-08-08T23:59:58.500")
let tradeId = 0
const trade = (millis: number, ticks: number, lots: number, takerSide: "BUY" | "SELL" = "BUY"): Trade => ({
  symbol: "BTCUSDT",
  tradeId: String(++tradeId),
  ticks,
  lots,
  takerSide,
  at: millis
})

describe("opening times", () => {
  it("follow UTC, weeks from Monday, months by the calendar, three days as Binance counts them", () => {
    assert.strictEqual(opens("1m", "2024-08-08T23:54:15.208"), at("2024-08-08T23:54:00"))
    assert.strictEqual(opens("4h", "2024-08-08T23:54:15"), at("2024-08-08T20:00:00"))
    assert.strictEqual(opens("1d", "2024-08-08T23:59:59.999"), at("2024-08-08T00:00:00"))
    // A Thursday; the Sunday before belongs to the week before.
    assert.strictEqual(opens("1w", "2024-08-08T12:00:00"), at("2024-08-05T00:00:00"))
    assert.strictEqual(opens("1w", "2024-08-04T23:59:59"), at("2024-07-29T00:00:00"))
    assert.strictEqual(opens("1M", "2024-02-29T12:00:00"), at("2024-02-01T00:00:00"))
    assert.strictEqual(opens("1M", "2024-12-31T23:59:59"), at("2024-12-01T00:00:00"))
    assert.strictEqual(opens("3d", "2018-06-28T00:16:48"), at("2018-06-28T00:00:00"))
    assert.strictEqual(opens("3d", "2017-08-19T23:59:59"), at("2017-08-17T00:00:00"))
  })

  it("of months agree with the calendar for four centuries", () => {
    for (let year = 1900; year < 2300; year++) {
      for (let month = 0; month < 12; month++) {
        const first = Date.UTC(year, month, 1)
        assert.strictEqual(openTimeOf("1M", first), first)
        assert.strictEqual(openTimeOf("1M", first + 27 * 86_400_000), first)
        assert.strictEqual(nextOpenTime("1M", first), Date.UTC(year, month + 1, 1))
        assert.strictEqual(previousOpenTime("1M", first), Date.UTC(year, month - 1, 1))
      }
    }
  })

  const Moment = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4_000_000_000_000 }))
  it.prop(
    "hold their moment, and neighbours meet without a gap",
    [Moment, Schema.Literals(intervals)],
    ([now, interval]) => {
      const open = openTimeOf(interval, now)
      const next = nextOpenTime(interval, open)
      assert.isTrue(open <= now && now < next)
      assert.strictEqual(openTimeOf(interval, next), next)
      assert.strictEqual(previousOpenTime(interval, next), open)
    }
  )
})

describe("CandleSeries", () => {
  it("builds every interval from the same trades", () => {
    const series = new CandleSeries()
    series.apply(trade(START, 100, 2))
    series.apply(trade(START + 100, 104, 1, "SELL"))
    series.apply(trade(START + 1_000, 98, 3))
    for (const interval of intervals) {
      const open = openTimeOf(interval, START)
      const candle = series.upTo(interval, START + 1_000, 10).find((found) => found.openTime === open)
      const first = interval === "1s"
      assert.deepStrictEqual(candle, {
        openTime: open,
        closeTime: nextOpenTime(interval, open) - 1,
        open: 100,
        high: 104,
        low: first ? 100 : 98,
        close: first ? 104 : 98,
        volume: first ? 3 : 6,
        quoteUnits: first ? 304n : 598n,
        trades: first ? 2 : 3,
        takerBuyVolume: first ? 2 : 5
      })
    }
  })

  it("fills time without trades with the previous close and no volume", () => {
    const series = new CandleSeries()
    series.apply(trade(START, 100, 2))
    series.apply(trade(START + 4_000, 90, 1))
    const seconds = series.upTo("1s", START + 4_000, 10)
    assert.deepStrictEqual(
      seconds.map((candle) => [candle.open, candle.close, candle.volume]),
      [
        [100, 100, 2],
        [100, 100, 0],
        [100, 100, 0],
        [100, 100, 0],
        [90, 90, 1]
      ]
    )
  })

  it("closes a candle by time alone only after the grace that late trades have", () => {
    const series = new CandleSeries()
    series.apply(trade(START, 100, 2))
    const closesAt = openTimeOf("1s", START) + 999
    series.advance(closesAt + GRACE_MILLIS)
    assert.strictEqual(series.upTo("1s", START + 9_999, 10).length, 1)
    series.apply(trade(START + 300, 101, 1))
    series.advance(closesAt + GRACE_MILLIS + 1)
    assert.deepStrictEqual(
      series.upTo("1s", START + 9_999, 10).map((candle) => candle.volume),
      [3, 0]
    )
  })

  it("keeps a bounded number of candles, whatever time passed", () => {
    const series = new CandleSeries()
    series.apply(trade(START, 100, 2))
    series.advance(START + 40 * 86_400_000)
    series.apply(trade(START + 40 * 86_400_000, 90, 1))
    const seconds = series.upTo("1s", START + 41 * 86_400_000, 10_000)
    assert.isAtLeast(seconds.length, MAX_CANDLES)
    assert.isAtMost(seconds.length, MAX_CANDLES + 101)
    for (let index = 1; index < seconds.length; index++) {
      assert.strictEqual(seconds[index]?.openTime, (seconds[index - 1]?.openTime ?? 0) + 1_000)
    }
  })

  it("tells each closed candle once, then the one in progress", () => {
    const series = new CandleSeries()
    series.apply(trade(START, 100, 2))
    series.takeChanges()
    series.apply(trade(START + 1_000, 101, 1))
    const seconds = series.takeChanges().filter((change) => change.interval === "1s")
    assert.deepStrictEqual(
      seconds.map(({ candle, closed }) => [candle.close, closed]),
      [
        [100, true],
        [101, false]
      ]
    )
    assert.deepStrictEqual(series.takeChanges(), [])
  })

  it("goes on from the source's candle in progress, and forgets what lies before a later one", () => {
    const series = new CandleSeries()
    const open = openTimeOf("1m", START)
    const seed: Candle = {
      ...flat("1m", open, 95),
      open: 90,
      high: 110,
      low: 85,
      volume: 1_000,
      trades: 50,
      quoteUnits: 95_000n
    }
    series.seed("1m", seed)
    series.apply(trade(START, 100, 2))
    assert.deepInclude(series.upTo("1m", START, 1)[0], {
      open: 90,
      high: 110,
      low: 85,
      close: 100,
      volume: 1_002,
      trades: 51
    })
    const later = flat("1m", open + 600_000, 120)
    series.seed("1m", later)
    assert.deepStrictEqual(series.upTo("1m", later.openTime, 100), [later])
  })

  it("sums quote volume exactly beyond a safe integer", () => {
    const series = new CandleSeries()
    for (let count = 0; count < 5; count++) series.apply(trade(START, 9_000_000_000, 900_000))
    series.apply(trade(START, 90_000_000_001, 9_000_000_001))
    assert.strictEqual(
      series.upTo("1M", START, 1)[0]?.quoteUnits,
      5n * 9_000_000_000n * 900_000n + 90_000_000_001n * 9_000_000_001n
    )
  })

  const Tick = Schema.Struct({
    wait: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400_000 })),
    ticks: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 })),
    lots: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 }))
  })
  it.prop("gives coarse candles that are the sum of the fine ones", [Schema.NonEmptyArray(Tick)], ([ticks]) => {
    const series = new CandleSeries()
    let now = START
    for (const { wait, ticks: price, lots } of ticks.slice(0, 60)) {
      now += wait
      series.apply(trade(now, price, lots))
    }
    const fine = series.upTo("1m", now, 10_000)
    for (const coarse of series.upTo("15m", now, 10_000)) {
      const [first, ...rest] = fine.filter(
        (candle) => candle.openTime >= coarse.openTime && candle.closeTime <= coarse.closeTime
      )
      if (first === undefined) throw new Error("a coarse candle without fine ones")
      const merged = merge("15m", [first, ...rest])
      // An empty minute repeats the close before it: a coarse candle opens with its first trade instead.
      const traded = [first, ...rest].find((candle) => candle.trades > 0)
      assert.deepInclude(coarse, {
        openTime: merged.openTime,
        closeTime: merged.closeTime,
        close: merged.close,
        volume: merged.volume,
        quoteUnits: merged.quoteUnits,
        trades: merged.trades,
        open: traded?.open ?? merged.open
      })
    }
  })
})
