import { assert, describe, it } from "@effect/vitest"
import { parse } from "../../../../src/adapters/paper/market/StreamName.ts"
import { requested } from "../../../../src/adapters/paper/market/StreamServer.ts"

describe("stream names", () => {
  it("know every stream of the documents", () => {
    for (const name of [
      ...["trade", "aggTrade", "bookTicker", "avgPrice", "miniTicker", "ticker"].map((kind) => `btcusdt@${kind}`),
      ...["1h", "4h", "1d"].flatMap((size) => [`btcusdt@ticker_${size}`, `!ticker_${size}@arr`]),
      ...["", "5", "10", "20"].flatMap((levels) =>
        ["", "@100ms", "@1000ms"].map((pace) => `btcusdt@depth${levels}${pace}`)
      ),
      ..."1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M"
        .split(" ")
        .flatMap((interval) => [`btcusdt@kline_${interval}`, `btcusdt@kline_${interval}@+08:00`]),
      "!miniTicker@arr"
    ]) {
      assert.isDefined(parse(name), name)
    }
  })

  it("are exact: a wrong case, pace or interval means nothing", () => {
    for (const name of [
      "BTCUSDT@trade",
      "btcusdt@aggtrade",
      "btcusdt@bookticker",
      "btcusdt@depth15",
      "btcusdt@depth@250ms",
      "btcusdt@kline_7m",
      "btcusdt@kline_1H",
      "btcusdt@kline_1m@+09:00",
      "!bookTicker",
      "!ticker@arr",
      "@trade",
      "btcusdt",
      ""
    ]) {
      assert.isUndefined(parse(name), name)
    }
  })

  it("tell a minute from a month, and the fast books from the slow", () => {
    assert.deepInclude(parse("btcusdt@kline_1m"), { interval: "1m", offsetMinutes: 0 })
    assert.deepInclude(parse("btcusdt@kline_1M@+08:00"), { interval: "1M", offsetMinutes: 480 })
    assert.deepInclude(parse("btcusdt@depth"), { kind: "diff", millis: 1000 })
    assert.deepInclude(parse("btcusdt@depth20@100ms"), { kind: "partial", levels: 20, millis: 100 })
  })
})

describe("a connection's address", () => {
  it("names raw streams in its path, combined ones in its query, or none", () => {
    assert.deepStrictEqual(requested("/ws"), { names: [], combined: false, unit: "millis" })
    assert.deepStrictEqual(requested("/ws/btcusdt@trade/ethusdt%40trade"), {
      names: ["btcusdt@trade", "ethusdt@trade"],
      combined: false,
      unit: "millis"
    })
    assert.deepStrictEqual(requested("/stream?streams="), { names: [], combined: true, unit: "millis" })
    assert.deepStrictEqual(requested("/stream"), { names: [], combined: true, unit: "millis" })
    assert.deepStrictEqual(requested("/stream?streams=a@trade/b@trade&timeUnit=MICROSECOND"), {
      names: ["a@trade", "b@trade"],
      combined: true,
      unit: "micros"
    })
  })

  it("keeps the plus of a time zone, encoded or not", () => {
    for (const zone of ["+08:00", "%2B08:00"]) {
      assert.deepStrictEqual(requested(`/stream?streams=btcusdt@kline_1d@${zone}`)?.names, ["btcusdt@kline_1d@+08:00"])
    }
  })

  it("is somebody else's where it is no stream's", () => {
    for (const path of ["/", "/ws-api/v3", "/streams", "/wsx"]) assert.isUndefined(requested(path))
  })
})
