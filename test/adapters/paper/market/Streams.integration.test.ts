// Every stream over a real socket, against the documents' field lists.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as SimMarket from "../../../../src/adapters/sim/SimMarket.ts"
import { flat, openTimeOf } from "../../../../src/domain/Candle.ts"
import * as Stage from "./Stage.ts"

const { START, level, snapshot, trade, userTrade } = Stage

const book = snapshot(
  1,
  [
    [6_000_000, 100],
    [5_999_900, 200]
  ],
  [
    [6_000_100, 300],
    [6_000_200, 400]
  ]
)

/** Field names, sorted: of nested objects with a dot. */
const keys = (value: object): string =>
  Object.entries(value)
    .flatMap(([name, inner]) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.keys(inner).map((key) => `${name}.${key}`)
        : [name]
    )
    .toSorted()
    .join(" ")
const sorted = (names: string): string => names.split(" ").toSorted().join(" ")

const KLINE = "e E s k.t k.T k.s k.i k.f k.L k.o k.c k.h k.l k.v k.n k.x k.q k.V k.Q k.B"
const WINDOW = "e E s p P o h l c w v q O C F L n"
const fields: Record<string, string> = {
  "btcusdt@trade": "e E s t p q T m M",
  "btcusdt@aggTrade": "e E s a p q f l T m M",
  "btcusdt@kline_1s": KLINE,
  "btcusdt@kline_1m": KLINE,
  "btcusdt@kline_1d@+08:00": KLINE,
  "btcusdt@miniTicker": "e E s c o h l v q",
  "btcusdt@ticker": "e E s p P w x c Q b B a A o h l v q O C F L n",
  "btcusdt@ticker_1h": WINDOW,
  "btcusdt@ticker_4h": WINDOW,
  "btcusdt@ticker_1d": WINDOW,
  "btcusdt@bookTicker": "u s b B a A",
  "btcusdt@avgPrice": "e E s i w T",
  "btcusdt@depth5": "lastUpdateId bids asks",
  "btcusdt@depth10@100ms": "lastUpdateId bids asks",
  "btcusdt@depth20@1000ms": "lastUpdateId bids asks",
  "btcusdt@depth": "e E s U u b a",
  "btcusdt@depth@100ms": "e E s U u b a"
}
const arrays: Record<string, string> = {
  "!miniTicker@arr": fields["btcusdt@miniTicker"]!,
  "!ticker_1h@arr": WINDOW,
  "!ticker_4h@arr": WINDOW,
  "!ticker_1d@arr": WINDOW
}

describe("streams", () => {
  it.effect("say exactly the documented fields, each under its own name", () =>
    Effect.gen(function* () {
      const { connect, say } = yield* Stage.served()
      const names = [...Object.keys(fields), ...Object.keys(arrays)]
      say(book, trade(1, 6_000_100, 5))
      yield* TestClock.adjust("1 second")
      const client = yield* connect(`/stream?streams=${names.join("/")}`)
      const now = START + 1_000
      say(trade(2, 6_000_100, 7, "BUY", now), Stage.diff(2, [[6_000_000, 150]], [], now))
      yield* client.settled()
      yield* TestClock.adjust("3 seconds")
      yield* client.until(() => names.every((name) => client.heard.some(({ stream }) => stream === name)))
      for (const { data, stream } of client.heard.filter((message) => message.stream !== undefined)) {
        assert.strictEqual(
          keys(arrays[stream] === undefined ? data : data[0]),
          sorted((fields[stream] ?? arrays[stream])!),
          stream
        )
      }
      const one = (name: string) => client.heard.find(({ stream }) => stream === name).data
      assert.deepInclude(one("btcusdt@trade"), {
        e: "trade",
        s: "BTCUSDT",
        t: 2,
        p: "60001.00000000",
        q: "0.00007000",
        T: now,
        m: false,
        M: true
      })
      assert.deepInclude(one("btcusdt@aggTrade"), { f: 2, l: 2, q: "0.00007000" })
      assert.deepInclude(one("btcusdt@bookTicker"), { b: "60000.00000000", B: "0.00150000", a: "60001.00000000" })
      assert.deepInclude(one("btcusdt@ticker"), { e: "24hrTicker", c: "60001.00000000", n: 2, v: "0.00012000" })
      assert.deepInclude(one("btcusdt@ticker_1h"), { e: "1hTicker" })
      assert.deepInclude(one("btcusdt@avgPrice"), { e: "avgPrice", i: "5m", w: "60000.12345678" })
      assert.deepStrictEqual(one("btcusdt@depth5").bids, [
        ["60000.00000000", "0.00150000"],
        ["59999.00000000", "0.00200000"]
      ])
      assert.deepStrictEqual(one("btcusdt@depth").b, [["60000.00000000", "0.00150000"]])
      assert.deepStrictEqual(one("btcusdt@depth").a, [])
    })
  )

  it.effect("carry users' orders and trades among the outside market's", () =>
    Effect.gen(function* () {
      const { connect, say, users } = yield* Stage.served()
      say(book, trade(7, 6_000_000, 1))
      const client = yield* connect("/ws/btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms")
      users(level("BUY", 6_000_050, 40), userTrade(8, 6_000_100, 300))
      // The outside market goes on counting by itself: its next trade would have taken the user's id.
      say(trade(8, 6_000_200, 2))
      yield* TestClock.adjust("100 millis")
      yield* client.until(() => client.heard.some(({ e }) => e === "depthUpdate"))
      const heard = (of: string) => client.heard.filter((message) => (message.e ?? "bookTicker") === of)
      assert.deepStrictEqual(
        heard("trade").map(({ t, p }) => [t, p]),
        [
          [8, "60001.00000000"],
          [9, "60002.00000000"]
        ]
      )
      assert.deepStrictEqual(
        heard("bookTicker").map(({ b, B, a }) => [b, B, a]),
        [
          ["60000.50000000", "0.00040000", "60001.00000000"],
          ["60000.50000000", "0.00040000", "60002.00000000"]
        ]
      )
      assert.deepStrictEqual(heard("depthUpdate")[0].b, [["60000.50000000", "0.00040000"]])
      assert.deepStrictEqual(heard("depthUpdate")[0].a, [["60001.00000000", "0.00000000"]])
    })
  )

  it.effect("merge trades of one moment, price and side into one aggregated trade", () =>
    Effect.gen(function* () {
      const { connect, say } = yield* Stage.served()
      const client = yield* connect("/ws/btcusdt@aggTrade")
      say(
        trade(1, 100, 1),
        trade(2, 100, 2),
        trade(3, 101, 4),
        trade(4, 101, 8, "SELL"),
        trade(5, 101, 16, "SELL", START + 1)
      )
      yield* client.until(() => client.heard.length === 4)
      assert.deepStrictEqual(
        client.heard.map(({ a, f, l, q, m }) => [a, f, l, q, m]),
        [
          [START + 1, 1, 2, "0.00003000", false],
          [START + 2, 3, 3, "0.00004000", false],
          [START + 3, 4, 4, "0.00008000", true],
          [START + 4, 5, 5, "0.00016000", true]
        ]
      )
    })
  )

  it.effect("close every candle exactly once, with what it was when it closed", () =>
    Effect.gen(function* () {
      const { connect, play } = yield* Stage.served({}, SimMarket.make({ seed: 5 }))
      const market = yield* Effect.forkScoped(play)
      yield* TestClock.adjust("1 second")
      const client = yield* connect("/stream?streams=btcusdt@kline_1s/btcusdt@kline_1m/btcusdt@kline_1m@+08:00")
      for (let second = 0; second < 115; second++) yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(market)
      yield* client.settled()
      for (const [name, least] of [
        ["btcusdt@kline_1s", 90],
        ["btcusdt@kline_1m", 2],
        ["btcusdt@kline_1m@+08:00", 2]
      ] as const) {
        const candles = client.heard.filter(({ stream }) => stream === name).map(({ data }) => data.k)
        const closed = candles.filter(({ x }) => x)
        assert.isAtLeast(closed.length, least, name)
        // The one in progress comes every two seconds, a second's every second.
        const pace = name === "btcusdt@kline_1s" ? 1 : 2
        assert.isAtMost(candles.length - closed.length, 116 / pace, name)
        // Only what changed is told: a second without a trade has no candle to tell.
        assert.isAtLeast(candles.length - closed.length, 60 / pace, name)
        const times = closed.map(({ t }) => t)
        assert.deepStrictEqual(
          times,
          [...new Set(times)].toSorted((a, b) => a - b),
          `${name} once and in order`
        )
        for (const [index, time] of times.slice(1).entries()) assert.strictEqual(time, closed[index].T + 1, name)
        for (const candle of closed) {
          const after = candles.slice(candles.indexOf(candle) + 1)
          assert.isTrue(
            after.every(({ t }) => t > candle.t),
            `${name} is not heard of again`
          )
        }
      }
    })
  )

  it.effect("give days of another zone, begun at its midnight", () =>
    Effect.gen(function* () {
      const { connect, say } = yield* Stage.served()
      say(book, trade(1, 6_000_100, 5))
      yield* TestClock.adjust("1 second")
      const client = yield* connect("/ws/btcusdt@kline_1d@+08:00")
      yield* TestClock.adjust("2 seconds")
      yield* client.until(() => client.heard.length > 0)
      const { t, T, i, v } = client.heard[0].k
      assert.strictEqual((t + 8 * 3_600_000) % 86_400_000, 0)
      assert.isTrue(t <= START && START <= T && T - t === 86_399_999)
      assert.deepStrictEqual([i, v], ["1d", "0.00005000"])
    })
  )

  it.effect("read the past once, and not again for every message", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const { connect, say } = yield* Stage.served(
        {},
        Stage.silent(({ interval, end, limit }) => {
          asked.push(interval)
          const openTime = openTimeOf(interval, end)
          return Effect.succeed(limit > 0 ? [flat(interval, openTime, 100)] : [])
        })
      )
      say(snapshot(1, [[100, 1]], [[102, 1]]), trade(1, 101, 5))
      yield* TestClock.adjust("1 second")
      const client = yield* connect("/stream?streams=btcusdt@kline_1d@+08:00/btcusdt@ticker/btcusdt@ticker_1h")
      for (let second = 2; second <= 30; second++) {
        say(trade(second, 101, 1, "BUY", START + second * 1_000))
        yield* TestClock.adjust("1 second")
      }
      yield* client.settled()
      assert.isAbove(client.heard.length, 50)
      assert.isAtMost(asked.length, 4, asked.join(" "))
    })
  )

  it.effect("close a day of another zone at its midnight, once, and begin the next", () =>
    Effect.gen(function* () {
      const midnight = openTimeOf("1d", START) + 16 * 3_600_000
      const start = midnight - 9_000
      const { connect, say } = yield* Stage.served({}, undefined, start)
      say(snapshot(1, [[100, 1]], [[102, 1]], start), trade(1, 101, 5, "BUY", start))
      yield* TestClock.adjust("1 second")
      const client = yield* connect("/ws/btcusdt@kline_1d@+08:00")
      for (let second = 2; second <= 20; second++) {
        const at = start + second * 1_000
        say(trade(second, 100 + second, 1, "BUY", at), Stage.diff(second, [[100, second]], [], at))
        yield* TestClock.adjust("1 second")
      }
      yield* client.settled()
      const candles = client.heard.flatMap(({ k }) => (k === undefined ? [] : [k]))
      const closed = candles.filter(({ x }) => x)
      assert.deepStrictEqual(
        closed.map(({ t, T, o, c, v, n }) => ({ t, T, o, c, v, n })),
        [
          // What traded before the midnight, and not at it: the first trade, and those of the seconds 2 to 8.
          { t: midnight - 86_400_000, T: midnight - 1, o: "1.01000000", c: "1.08000000", v: "0.00012000", n: 8 }
        ]
      )
      const last = candles.at(-1)
      assert.deepStrictEqual([last.t, last.o, last.x], [midnight, "1.09000000", false])
      assert.isTrue(candles.slice(candles.indexOf(closed[0]) + 1).every(({ t }) => t === midnight))
    })
  )

  it.effect("count the day from the candles of before", () =>
    Effect.gen(function* () {
      const minute = openTimeOf("1m", START)
      const history = Array.from({ length: 1_500 }, (_, index) => ({
        ...flat("1m", minute - (1_500 - index) * 60_000, 1_000 + index),
        volume: 1,
        quoteUnits: BigInt(1_000 + index),
        trades: 1
      }))
      const { connect, say } = yield* Stage.served(
        {},
        Stage.silent(({ interval, end, limit }) =>
          Effect.succeed(interval === "1m" ? history.filter(({ openTime }) => openTime <= end).slice(-limit) : [])
        )
      )
      const client = yield* connect("/ws/btcusdt@ticker")
      say(trade(1, 5_000, 10))
      yield* TestClock.adjust("2 seconds")
      yield* client.until(() => client.heard.length > 0)
      // 24 hours back from 12 seconds into a minute: the 60th of the 1,500 lies across the start.
      const { P, c, h, n, o, v, x } = client.heard.at(-1)
      assert.deepStrictEqual({ o, x, h, c }, { o: "10.60000000", x: "10.59000000", h: "50.00000000", c: "50.00000000" })
      assert.deepStrictEqual({ n, v, P }, { n: 1_441, v: "0.01450000", P: "371.698" })
    })
  )

  it.effect("give times in microseconds where the connection asked for them", () =>
    Effect.gen(function* () {
      const { connect, say } = yield* Stage.served()
      const client = yield* connect("/stream?streams=btcusdt@trade&timeUnit=MICROSECOND")
      say(trade(1, 100, 1))
      const { data } = yield* client.next(0)
      assert.deepStrictEqual([data.E, data.T], [START * 1_000, START * 1_000])
    })
  )

  it.effect("are encoded once however many listen, and not at all where nobody does", () =>
    Effect.gen(function* () {
      const { connect, say, streams } = yield* Stage.served()
      say(book, trade(1, 100, 1))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(streams.counts().encodings, 0)
      const raw = yield* Effect.forEach(Array.from({ length: 20 }), () => connect("/ws/btcusdt@trade"))
      const combined = yield* Effect.forEach(Array.from({ length: 20 }), () => connect("/stream?streams=btcusdt@trade"))
      for (let id = 2; id <= 6; id++) say(trade(id, 100, 1))
      for (const client of [...raw, ...combined]) yield* client.until(() => client.heard.length === 5)
      assert.strictEqual(streams.counts().encodings, 5)
      assert.deepStrictEqual(combined[0]!.heard[4].data, raw[0]!.heard[4])
    })
  )
})
