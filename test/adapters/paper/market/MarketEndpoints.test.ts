// The market data endpoints as REST and the WebSocket API call them: parameters as they come, answers as they go.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { marketEndpoints } from "../../../../src/adapters/paper/market/MarketEndpoints.ts"
import { type Endpoint, JsonText } from "../../../../src/adapters/paper/wire/Endpoint.ts"
import { decode } from "../../../../src/adapters/paper/wire/Params.ts"
import * as RawParams from "../../../../src/adapters/paper/wire/RawParams.ts"
import { isWireError, type WireError } from "../../../../src/adapters/paper/wire/WireError.ts"
import * as SimMarket from "../../../../src/adapters/sim/SimMarket.ts"
import { flat, nextOpenTime, openTimeOf } from "../../../../src/domain/Candle.ts"
import * as Stage from "./Stage.ts"

const { START, level, snapshot, trade, userTrade } = Stage
const DAY = 86_400_000

type Market = Parameters<typeof marketEndpoints>[0]

const table = (market: Market): ReadonlyMap<string, Endpoint> =>
  new Map(marketEndpoints(market).map((one) => [one.rest!.replace("GET /api/v3/", ""), one]))

/** `depth?symbol=BTCUSDT`: its JSON, or the code it is refused with. */
const asker = (market: Market) => {
  const endpoints = table(market)
  return Effect.fnUntraced(function* (request: string, micros = false) {
    const [path = "", query = ""] = request.split("?")
    const endpoint = endpoints.get(path)!
    const raw = RawParams.fromForm(query, "")
    const values = isWireError(raw) ? raw : decode(endpoint.params, raw)
    if (isWireError(values)) return values.code
    const caller = { now: market.now(), account: "", keyId: "", micros, overOrderLimit: undefined }
    const exit = yield* Effect.exit(endpoint.run(values as never, caller))
    if (Exit.isSuccess(exit)) {
      const { value } = exit
      return JSON.parse(value instanceof JsonText ? value.text : JSON.stringify(value))
    }
    return (yield* Effect.flip(endpoint.run(values as never, caller)) as Effect.Effect<WireError>).code
  })
}

const weigher = (market: Market) => {
  const endpoints = table(market)
  return (request: string): number => {
    const [path = "", query = ""] = request.split("?")
    const { params, weight } = endpoints.get(path)!
    return typeof weight === "number" ? weight : weight(decode(params, RawParams.fromForm(query, "") as never) as never)
  }
}

const still = Effect.fnUntraced(function* () {
  const stage = yield* Stage.stage()
  stage.say(
    snapshot(1, [[6_000_000, 100]], [[6_000_100, 300]]),
    trade(1, 6_000_000, 5, "SELL"),
    trade(2, 6_000_100, 7),
    trade(3, 6_000_100, 1)
  )
  stage.users(level("BUY", 6_000_000, 11), userTrade(4, 6_000_100, 20, { at: START + 1 }))
  yield* TestClock.adjust("1 second")
  return { ...stage, ask: asker(stage.market) }
})

/** A minute of the simulated market. */
const simulated = Effect.fnUntraced(function* () {
  const stage = yield* Stage.stage(SimMarket.make({ seed: 3 }))
  const market = yield* Effect.forkScoped(stage.play)
  for (let second = 0; second < 70; second++) yield* TestClock.adjust("1 second")
  yield* Fiber.interrupt(market)
  return { ...stage, ask: asker(stage.market) }
})

describe("the book and the tape", () => {
  it.effect("give the merged book at its update id, and trades of everybody in one sequence", () =>
    Effect.gen(function* () {
      const { ask, btc } = yield* still()
      assert.deepStrictEqual(yield* ask("depth?symbol=BTCUSDT"), {
        lastUpdateId: btc.book.updateId,
        bids: [["60000.00000000", "0.00111000"]],
        asks: [["60001.00000000", "0.00280000"]]
      })
      const trades = yield* ask("trades?symbol=BTCUSDT&limit=2")
      assert.deepStrictEqual(trades, [
        {
          id: 3,
          price: "60001.00000000",
          qty: "0.00001000",
          quoteQty: "0.60001000",
          time: START,
          isBuyerMaker: false,
          isBestMatch: true
        },
        {
          id: 4,
          price: "60001.00000000",
          qty: "0.00020000",
          quoteQty: "12.00020000",
          time: START + 1,
          isBuyerMaker: false,
          isBestMatch: true
        }
      ])
      assert.deepStrictEqual(
        (yield* ask("historicalTrades?symbol=BTCUSDT&fromId=2&limit=2")).map(({ id }: { id: number }) => id),
        [2, 3]
      )
      assert.deepStrictEqual((yield* ask("trades?symbol=BTCUSDT", true)).at(-1).time, (START + 1) * 1_000)
      assert.deepStrictEqual(yield* ask("historicalBlockTrades?symbol=BTCUSDT&fromId=0"), [])
      const aggregates = yield* ask("aggTrades?symbol=BTCUSDT")
      assert.deepStrictEqual(
        aggregates.map(({ f, l, m, q }: Record<string, unknown>) => [f, l, m, q]),
        [
          [1, 1, true, "0.00005000"],
          [2, 3, false, "0.00008000"],
          [4, 4, false, "0.00020000"]
        ]
      )
      assert.deepStrictEqual(Object.keys(aggregates[0]), ["a", "p", "q", "f", "l", "T", "m", "M"])
      assert.deepStrictEqual(yield* ask(`aggTrades?symbol=BTCUSDT&fromId=${aggregates[1].a}&limit=1`), [aggregates[1]])
      assert.deepStrictEqual(yield* ask(`aggTrades?symbol=BTCUSDT&startTime=${START + 1}`), [aggregates[2]])
      assert.deepStrictEqual(yield* ask(`aggTrades?symbol=BTCUSDT&endTime=${START}&limit=1`), [aggregates[1]])
    })
  )

  it.effect("print a book once until it changes", () =>
    Effect.gen(function* () {
      const { market, users } = yield* still()
      const depth = table(market).get("depth")!
      const run = () => {
        const exit = depth.run({ symbol: "BTCUSDT", limit: 100 } as never, {} as never) as Exit.Exit<JsonText>
        return Exit.isSuccess(exit) ? exit.value : undefined
      }
      const first = run()
      assert.strictEqual(run(), first)
      users(level("BUY", 6_000_000, 12))
      assert.notStrictEqual(run(), first)
    })
  )

  it.effect("average price and prices", () =>
    Effect.gen(function* () {
      const { ask } = yield* still()
      assert.deepStrictEqual(yield* ask("avgPrice?symbol=BTCUSDT"), {
        mins: 5,
        price: "60000.12345678",
        closeTime: START + 1
      })
      assert.deepStrictEqual(yield* ask("ticker/price?symbol=BTCUSDT"), { symbol: "BTCUSDT", price: "60001.00000000" })
      assert.deepStrictEqual(yield* ask("ticker/price"), [{ symbol: "BTCUSDT", price: "60001.00000000" }])
      assert.deepStrictEqual(yield* ask('ticker/bookTicker?symbols=["BTCUSDT"]'), [
        {
          symbol: "BTCUSDT",
          bidPrice: "60000.00000000",
          bidQty: "0.00111000",
          askPrice: "60001.00000000",
          askQty: "0.00280000"
        }
      ])
    })
  )
})

describe("candles", () => {
  it.effect("are the market data's own where no user traded, and count users' trades where one did", () =>
    Effect.gen(function* () {
      const { ask, data, users, market } = yield* simulated()
      const own = yield* data.candles({ symbol: "BTCUSDT", interval: "1m", end: market.now(), limit: 5 })
      const told = yield* ask("klines?symbol=BTCUSDT&interval=1m&limit=5")
      assert.deepStrictEqual(
        told.map(([t, , , , , , T, , n]: ReadonlyArray<unknown>) => [t, T, n]),
        own.map(({ openTime, closeTime, trades }) => [openTime, closeTime, trades])
      )
      assert.strictEqual(told[0].length, 12)
      assert.strictEqual(told[0][11], "0")
      users(userTrade(9_999_999_999_999, 6_400_000, 100, { at: market.now() }))
      const after = (yield* ask("klines?symbol=BTCUSDT&interval=1m&limit=1"))[0]
      assert.strictEqual(after[8], told[4][8] + 1)
      assert.strictEqual(after[4], "64000.00000000")
      // A resting order's part of an outside trade is in that trade already.
      users(userTrade(9_999_999_999_999 + 1, 6_500_000, 100, { at: market.now(), cause: "queue" }))
      assert.deepStrictEqual((yield* ask("klines?symbol=BTCUSDT&interval=1m&limit=1"))[0], after)
      assert.strictEqual((yield* ask("ticker/price?symbol=BTCUSDT")).price, "65000.00000000")
    })
  )

  it.effect("start, end, both or neither: oldest from the start, newest up to the end", () =>
    Effect.gen(function* () {
      const { ask, market } = yield* simulated()
      const hour = openTimeOf("1h", market.now())
      const opens = Effect.fnUntraced(function* (query: string) {
        const rows = yield* ask(`klines?symbol=BTCUSDT&interval=1h&${query}`)
        return rows.map(([openTime]: [number]) => (openTime - hour) / 3_600_000)
      })
      assert.deepStrictEqual(yield* opens("limit=3"), [-2, -1, 0])
      assert.deepStrictEqual(yield* opens(`limit=3&startTime=${hour - 36_000_000}`), [-10, -9, -8])
      assert.deepStrictEqual(yield* opens(`limit=3&startTime=${hour - 36_000_001}`), [-10, -9, -8])
      assert.deepStrictEqual(yield* opens(`limit=3&endTime=${hour - 36_000_000}`), [-12, -11, -10])
      assert.deepStrictEqual(yield* opens(`startTime=${hour - 7_200_000}&endTime=${hour - 3_600_000}`), [-2, -1])
      assert.deepStrictEqual(yield* opens(`startTime=${hour - 7_200_000}&endTime=${hour - 7_200_000}`), [-2])
      assert.deepStrictEqual(yield* opens(`startTime=${hour + 3_600_000}`), [])
    })
  )

  it.effect("begin with the oldest known where the start lies before all of them", () =>
    Effect.gen(function* () {
      const today = openTimeOf("1d", START)
      const days = Array.from({ length: 10 }, (_, index) => flat("1d", today - (9 - index) * DAY, 100))
      const { market } = yield* Stage.stage(
        Stage.silent(({ end, limit }) => Effect.succeed(days.filter(({ openTime }) => openTime <= end).slice(-limit)))
      )
      const rows = yield* asker(market)("klines?symbol=BTCUSDT&interval=1d&startTime=0&limit=3")
      assert.deepStrictEqual(
        rows.map(([openTime]: [number]) => (today - openTime) / DAY),
        [9, 8, 7]
      )
    })
  )

  it.effect("open and close by another zone's clock where one is given", () =>
    Effect.gen(function* () {
      const { ask, btc, market } = yield* simulated()
      const hours = yield* btc.klines.range("1h", market.now(), 48)
      const fours = yield* ask("klines?symbol=BTCUSDT&interval=4h&timeZone=-1:00&limit=4")
      for (const row of fours) {
        const inside = hours.filter(({ openTime }) => openTime >= row[0] && openTime <= row[6])
        assert.strictEqual(
          row[5],
          btc.figures.quantity(inside.reduce((sum, { volume }) => sum + volume, 0)),
          "the sum of its hours"
        )
      }
      for (const [zone, minutes] of [
        ["8", 480],
        ["-1:00", -60],
        ["05:45", 345]
      ] as const) {
        for (const interval of ["1d", "1w", "4h"] as const) {
          const rows = yield* ask(`klines?symbol=BTCUSDT&interval=${interval}&timeZone=${zone}&limit=4`)
          assert.strictEqual(rows.length, 4, `${zone} ${interval}`)
          for (const [index, row] of rows.entries()) {
            const local = row[0] + minutes * 60_000
            assert.strictEqual(local, openTimeOf(interval, local), `${zone} ${interval}`)
            assert.strictEqual(row[6] + 1 + minutes * 60_000, nextOpenTime(interval, local))
            if (index > 0) assert.strictEqual(row[0], rows[index - 1][6] + 1)
          }
        }
      }
      const utc = yield* ask("klines?symbol=BTCUSDT&interval=1m&limit=4")
      assert.deepStrictEqual(yield* ask("klines?symbol=BTCUSDT&interval=1m&limit=4&timeZone=8"), utc)
    })
  )
})

describe("tickers", () => {
  it.effect("have the documented fields: FULL and MINI, one or several", () =>
    Effect.gen(function* () {
      const { ask } = yield* simulated()
      const mini =
        "symbol openPrice highPrice lowPrice lastPrice volume quoteVolume openTime closeTime firstId lastId count"
      const full = `${mini} priceChange priceChangePercent weightedAvgPrice`
      const day = `${full} prevClosePrice lastQty bidPrice bidQty askPrice askQty`
      const fields = (row: object) => Object.keys(row).toSorted()
      const names = (text: string) => text.split(" ").toSorted()
      assert.deepStrictEqual(fields(yield* ask("ticker/24hr?symbol=BTCUSDT")), names(day))
      assert.deepStrictEqual(fields(yield* ask("ticker/24hr?symbol=BTCUSDT&type=MINI")), names(mini))
      assert.deepStrictEqual(fields(yield* ask("ticker?symbol=BTCUSDT")), names(full))
      assert.deepStrictEqual(fields(yield* ask("ticker/tradingDay?symbol=BTCUSDT&type=MINI")), names(mini))
      const all = yield* ask("ticker/24hr")
      assert.deepStrictEqual(
        all.map(({ symbol }: { symbol: string }) => symbol),
        ["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT", "ETHBTC"]
      )
      assert.strictEqual((yield* ask('ticker?symbols=["ETHUSDT"]&windowSize=7d'))[0].symbol, "ETHUSDT")
    })
  )

  it.effect("sum exactly the candles of their window, an hour's as a week's", () =>
    Effect.gen(function* () {
      const { ask, btc, market } = yield* simulated()
      const now = market.now()
      for (const [size, length] of [
        ["1m", 60_000],
        ["59m", 59 * 60_000],
        ["23h", 23 * 3_600_000],
        ["1d", DAY],
        ["7d", 7 * DAY]
      ] as const) {
        const from = openTimeOf("1m", now - length)
        const candles = (yield* btc.klines.range("1m", now, length / 60_000 + 1)).filter(
          ({ openTime }) => openTime >= from
        )
        const row = yield* ask(`ticker?symbol=BTCUSDT&windowSize=${size}`)
        assert.deepStrictEqual(
          [row.openTime, row.closeTime, row.count, row.volume, row.quoteVolume, row.openPrice, row.highPrice],
          [
            from,
            now,
            candles.reduce((sum, { trades }) => sum + trades, 0),
            btc.figures.quantity(candles.reduce((sum, { volume }) => sum + volume, 0)),
            btc.figures.quote(candles.reduce((sum, { quoteUnits }) => sum + quoteUnits, 0n)),
            btc.figures.price(candles[0]!.open),
            btc.figures.price(Math.max(...candles.map(({ high }) => high)))
          ],
          size
        )
      }
      const day = yield* ask("ticker/tradingDay?symbol=BTCUSDT&timeZone=8")
      assert.strictEqual((day.openTime + 8 * 3_600_000) % DAY, 0)
      assert.strictEqual(day.closeTime, day.openTime + DAY - 1)
      const fine = yield* ask("ticker/tradingDay?symbol=BTCUSDT&timeZone=8", true)
      assert.deepStrictEqual([fine.openTime, fine.closeTime], [day.openTime * 1_000, (day.openTime + DAY) * 1_000 - 1])
    })
  )

  it.effect("count a minute once, whether it is over or only the clock has moved on", () =>
    Effect.gen(function* () {
      const { ask } = yield* still()
      for (const seconds of [0, 50, 60]) {
        yield* TestClock.adjust(seconds * 1_000)
        const { count, volume } = yield* ask("ticker?symbol=BTCUSDT&windowSize=1h")
        assert.deepStrictEqual([count, volume], [4, "0.00033000"], `after ${seconds} seconds`)
      }
    })
  )

  it.effect("say zeros of a symbol that never traded, and have no window of it", () =>
    Effect.gen(function* () {
      const { market } = yield* Stage.stage()
      const ask = asker(market)
      assert.deepInclude(yield* ask("ticker/24hr?symbol=BTCUSDT"), {
        lastPrice: "0.00000000",
        count: 0,
        firstId: -1,
        lastId: -1
      })
      assert.strictEqual(yield* ask("ticker?symbol=BTCUSDT"), -2016)
    })
  )
})

describe("wrong parameters", () => {
  it.effect("are refused with Binance's codes", () =>
    Effect.gen(function* () {
      const { ask } = yield* still()
      for (const [request, code] of [
        ["depth", -1102],
        ["depth?symbol=", -1105],
        ["depth?symbol=btcusdt", -1100],
        ["depth?symbol=NOPE", -1121],
        ["depth?symbol=BTCUSDT&limit=0", -1130],
        ["depth?symbol=BTCUSDT&limit=x", -1100],
        ["depth?symbol=BTCUSDT&symbolStatus=HALT", -1220],
        ["depth?symbol=BTCUSDT&symbolStatus=NOPE", -1122],
        ["depth?symbol=BTCUSDT&more=1", -1104],
        ["trades?symbol=BTCUSDT&fromId=1", -1104],
        ["historicalBlockTrades?symbol=BTCUSDT", -1102],
        ["aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", -1128],
        ["klines?symbol=BTCUSDT", -1102],
        ["klines?symbol=BTCUSDT&interval=2m", -1120],
        ["klines?symbol=BTCUSDT&interval=1m&timeZone=15", -1130],
        ["klines?symbol=BTCUSDT&interval=1m&timeZone=-12:30", -1130],
        ["ticker", -1102],
        ["ticker/tradingDay", -1102],
        ["ticker?symbol=BTCUSDT&windowSize=60m", -1130],
        ["ticker?symbol=BTCUSDT&windowSize=8d", -1130],
        ["ticker?symbol=BTCUSDT&type=SMALL", -1139],
        ['ticker/24hr?symbol=BTCUSDT&symbols=["BTCUSDT"]', -1128],
        ['ticker/price?symbols=["BTCUSDT","BTCUSDT"]', -1151],
        ['ticker/price?symbols=["NOPE"]', -1121],
        ["ticker/price?symbols=BTCUSDT", -1100]
      ] as const) {
        assert.strictEqual(yield* ask(request), code, request)
      }
      const many = encodeURIComponent(JSON.stringify(Array.from({ length: 101 }, (_, index) => `S${index}`)))
      assert.strictEqual(yield* ask(`ticker?symbols=${many}`), -1101)
      assert.deepStrictEqual(yield* ask('ticker/price?symbols=["BTCUSDT"]&symbolStatus=HALT'), [])
    })
  )

  it.effect("weigh what the documents say", () =>
    Effect.gen(function* () {
      const { market } = yield* Stage.stage()
      const weigh = weigher(market)
      const list = (count: number) =>
        encodeURIComponent(JSON.stringify(Array.from({ length: count }, (_, index) => `S${index}`)))
      assert.deepStrictEqual(
        ["", "&limit=100", "&limit=101", "&limit=501", "&limit=1001", "&limit=9999"].map((limit) =>
          weigh(`depth?symbol=BTCUSDT${limit}`)
        ),
        [5, 5, 25, 50, 250, 250]
      )
      assert.deepStrictEqual(
        ["symbol=BTCUSDT", `symbols=${list(20)}`, `symbols=${list(21)}`, `symbols=${list(101)}`, ""].map((query) =>
          weigh(`ticker/24hr?${query}`)
        ),
        [2, 2, 40, 80, 80]
      )
      assert.deepStrictEqual(
        ["symbol=BTCUSDT", `symbols=${list(3)}`, `symbols=${list(90)}`].map((query) => weigh(`ticker?${query}`)),
        [4, 12, 200]
      )
      assert.deepStrictEqual([weigh("ticker/price?symbol=BTCUSDT"), weigh("ticker/bookTicker")], [2, 4])
      assert.deepStrictEqual(
        ["trades", "historicalTrades", "historicalBlockTrades", "aggTrades", "klines", "uiKlines", "avgPrice"].map(
          weigh
        ),
        [25, 25, 25, 4, 2, 2, 2]
      )
    })
  )
})
