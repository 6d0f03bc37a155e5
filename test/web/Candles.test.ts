import { assert, describe, it } from "@effect/vitest"
import type { CandleView } from "../../src/contract/Views.ts"
import { makeCandleFeed } from "../../web/store/CandleFeed.ts"
import * as Candles from "../../web/store/Candles.ts"

const MINUTE = 60_000
const candle = (minute: number, trades = 1, close = "100"): CandleView => ({
  openTime: minute * MINUTE,
  closeTime: (minute + 1) * MINUTE - 1,
  open: "100",
  high: "101",
  low: "99",
  close,
  volume: "1",
  quoteVolume: "100",
  trades
})
const minutes = (series: Candles.CandleSeries | undefined) =>
  series?.candles.map(({ openTime }) => openTime / MINUTE) ?? []

describe("candles", () => {
  it("of history and stream become one list without holes or doubles, whatever came first", () => {
    const streamed = [candle(4, 3), candle(5), candle(4, 5, "104")].reduce(Candles.append, Candles.empty)
    const merged = Candles.merge(streamed, [candle(1), candle(2), candle(3), candle(4, 4)])
    assert.deepStrictEqual(minutes(merged), [1, 2, 3, 4, 5])
    assert.strictEqual(merged.candles[3]?.close, "104", "the version with more trades is the newer one")
  })

  it("that only continue the last one do not ask for a new picture", () => {
    const drawn = Candles.merge(Candles.empty, [candle(1), candle(2)])
    const grown = Candles.append(Candles.append(drawn, candle(2, 2)), candle(3))
    assert.strictEqual(grown.rebuilds, drawn.rebuilds)
    assert.strictEqual(grown.candles[0], drawn.candles[0])
    assert.isAbove(Candles.append(grown, candle(1, 9)).rebuilds, grown.rebuilds)
  })

  it("that history repeats change nothing at all", () => {
    const series = Candles.merge(Candles.empty, [candle(1), candle(2)])
    assert.strictEqual(Candles.merge(series, [candle(2), candle(1)]), series)
  })

  it("keep the newest where there are too many", () => {
    const many = Array.from({ length: Candles.MAX_CANDLES + 10 }, (_, minute) => candle(minute))
    const series = Candles.append(Candles.merge(Candles.empty, many), candle(Candles.MAX_CANDLES + 10))
    assert.strictEqual(series.candles.length, Candles.MAX_CANDLES)
    assert.strictEqual(series.candles[0]?.openTime, 11 * MINUTE)
  })

  it("tell when one before them is missing, by the interval's own calendar", () => {
    const series = Candles.append(Candles.empty, candle(1))
    assert.isFalse(Candles.leavesHole(series, candle(2), "1m"))
    assert.isTrue(Candles.leavesHole(series, candle(3), "1m"))
    const february = { ...candle(0), openTime: Date.UTC(2024, 1, 1) }
    const march = { ...candle(0), openTime: Date.UTC(2024, 2, 1) }
    assert.isFalse(Candles.leavesHole(Candles.append(Candles.empty, february), march, "1M"))
  })
})

/** A history whose answers the test gives when it wants. */
const history = () => {
  const asked: Array<{
    readonly end: number | undefined
    readonly answer: (candles: ReadonlyArray<CandleView>) => void
    readonly fail: () => void
  }> = []
  const fetch = (end?: number) =>
    new Promise<ReadonlyArray<CandleView>>((resolve, reject) =>
      asked.push({ end, answer: resolve, fail: () => reject(new Error("no answer")) })
    )
  return { asked, fetch }
}

const feedOver = (fetch: (end?: number) => Promise<ReadonlyArray<CandleView>>) =>
  makeCandleFeed({ symbol: "BTCUSDT", interval: "1m", fetch, sentenceOf: () => "no answer" })

describe("a candle feed", () => {
  it("shows nothing before history came, and loses nothing of the stream meanwhile", async () => {
    const { asked, fetch } = history()
    const feed = feedOver(fetch)
    const loaded = feed.refresh()
    feed.take(candle(3, 2))
    feed.take(candle(4))
    assert.strictEqual(feed.series.value.status, "loading")
    asked[0]!.answer([candle(1), candle(2), candle(3)])
    await loaded
    assert.deepStrictEqual(minutes(feed.series.value.data), [1, 2, 3, 4])
    assert.strictEqual(feed.series.value.data?.candles[2]?.trades, 2)
  })

  it("asks history again when the stream leaves out a candle", async () => {
    const { asked, fetch } = history()
    const feed = feedOver(fetch)
    const loaded = feed.refresh()
    asked[0]!.answer([candle(1), candle(2)])
    await loaded
    feed.take(candle(5))
    assert.strictEqual(asked.length, 2)
    const mended = feed.refresh()
    asked[1]!.answer([candle(2), candle(3), candle(4), candle(5)])
    await mended
    assert.deepStrictEqual(minutes(feed.series.peek().data), [1, 2, 3, 4, 5])
  })

  it("keeps the old candles, marked stale, when history cannot be read again", async () => {
    const { asked, fetch } = history()
    const feed = feedOver(fetch)
    const loaded = feed.refresh()
    asked[0]!.answer([candle(1)])
    await loaded
    const again = feed.refresh()
    asked[1]!.fail()
    await again
    assert.strictEqual(feed.series.value.status, "stale")
    assert.deepStrictEqual(minutes(feed.series.value.data), [1])
  })

  it("begins anew with a market that went back in time, as a recording does when the desk starts again", async () => {
    const { asked, fetch } = history()
    const feed = feedOver(fetch)
    const loaded = feed.refresh()
    asked[0]!.answer([candle(8), candle(9)])
    await loaded
    const again = feed.refresh()
    asked[1]!.answer([candle(1), candle(2)])
    await again
    assert.deepStrictEqual(minutes(feed.series.value.data), [1, 2])
  })

  it("asks for older candles one page at a time, until there are no more", async () => {
    const { asked, fetch } = history()
    const feed = feedOver(fetch)
    const loaded = feed.refresh()
    asked[0]!.answer([candle(5), candle(6)])
    await loaded
    const pages = [feed.older(), feed.older()]
    assert.strictEqual(asked.length, 2)
    assert.strictEqual(asked[1]!.end, 5 * MINUTE - 1)
    asked[1]!.answer([candle(3), candle(4)])
    await Promise.all(pages)
    const last = feed.older()
    asked[2]!.answer([])
    await last
    await feed.older()
    assert.strictEqual(asked.length, 3)
    assert.deepStrictEqual(minutes(feed.series.value.data), [3, 4, 5, 6])
  })
})
