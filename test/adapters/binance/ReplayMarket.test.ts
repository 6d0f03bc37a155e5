import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as zlib from "node:zlib"
import * as ReplayMarket from "../../../src/adapters/binance/ReplayMarket.ts"
import { Depth } from "../../../src/domain/Depth.ts"
import type { BestPrices, Level, MarketMessage } from "../../../src/domain/Market.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { MarketSource, skippedInAll } from "../../../src/ports/MarketSource.ts"
import { btcusdt, describeRecordings, ethusdt } from "../../kit/Recordings.ts"

const ORIGIN = 1_723_161_254_000

/** A line as a recorder writes it, `millis` after the origin; the exchange's clock is 1.2 s ahead. */
const line = (millis: number, json: unknown) => `${ORIGIN + millis}000000 ${JSON.stringify(json)}`
const trade = (millis: number, id: number, price: string, symbol = "BTCUSDT") =>
  line(millis, {
    stream: `${symbol.toLowerCase()}@trade`,
    data: {
      e: "trade",
      E: ORIGIN + millis + 1_200,
      s: symbol,
      t: id,
      p: price,
      q: "0.02",
      T: ORIGIN + millis + 1_200,
      m: false
    }
  })
const best = (millis: number, id: number, bid: string, ask: string) =>
  line(millis, { stream: "btcusdt@bookTicker", data: { u: id, s: "BTCUSDT", b: bid, B: "1", a: ask, A: "2" } })
const diff = (millis: number, first: number, last: number, bids: unknown, asks: unknown = []) =>
  line(millis, {
    stream: "btcusdt@depth@100ms",
    data: { e: "depthUpdate", E: ORIGIN + millis + 1_200, s: "BTCUSDT", U: first, u: last, b: bids, a: asks }
  })
const snapshot = (millis: number, id: number) =>
  line(millis, { lastUpdateId: id, bids: [["100.00", "1"]], asks: [["101.00", "1"]] })

const recording = (text: string | Uint8Array, name = "recording.gz") =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "outcry-replay-"))),
      (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true }))
    ),
    (folder) => {
      const file = path.join(folder, name)
      fs.writeFileSync(file, text)
      return file
    }
  )
const gzipped = (lines: ReadonlyArray<string>) => recording(zlib.gzipSync(lines.join("\n")))

const toTheEnd = (files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const source = yield* ReplayMarket.make({ files, paced: false, loop: false })
    const messages = yield* Stream.runCollect(source.messages)
    return { source, messages, skipped: yield* source.skipped }
  })

const failureOf = (files: ReadonlyArray<string>) =>
  Effect.map(Effect.flip(ReplayMarket.make({ files })), (error) => error.message)

const short = (messages: ReadonlyArray<MarketMessage>) => messages.map((message) => message._tag)

describe("ReplayMarket", () => {
  it.effect("counts and skips torn and foreign lines, and plays the rest", () =>
    Effect.gen(function* () {
      const file = yield* gzipped([
        trade(0, 1, "100.00"),
        "",
        "not a line",
        `${ORIGIN}000000 {"stream":"btcusdt@trade","data":{"e":"tra`,
        line(1, { result: null, id: 1 }),
        line(2, { stream: "btcusdt@kline_1m", data: { e: "kline" } }),
        trade(3, 2, "100.00"),
        trade(4, 3, "100.00").slice(0, 60)
      ])
      const { messages, skipped } = yield* toTheEnd([file])
      assert.deepStrictEqual(short(messages), ["Trade", "Trade"])
      assert.deepStrictEqual(skipped, { torn: 3, control: 1, unknown_event: 1 })
    })
  )

  it.effect("plays what is left of a compressed recording that lost its end", () =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 20_000 }, (_, index) => trade(index, index, "100.00"))
      const whole = zlib.gzipSync(lines.join("\n"))
      const { messages } = yield* toTheEnd([yield* recording(whole.subarray(0, whole.length / 2))])
      assert.isAbove(messages.length, 5_000)
      assert.isBelow(messages.length, 20_000)
    })
  )

  it.effect("says in a sentence which recording is missing, empty, a folder, or no recording", () =>
    Effect.gen(function* () {
      const empty = yield* recording("", "empty")
      const foreign = yield* recording("a,b,c\n1,2,3\n", "foreign.csv")
      assert.match(
        yield* failureOf(["/nowhere/a.gz"]),
        /The recording \/nowhere\/a\.gz cannot be read: there is no such file/
      )
      assert.match(yield* failureOf([path.dirname(empty)]), /cannot be read: it is a folder|holds no market data/)
      assert.match(yield* failureOf([empty]), /empty holds no market data/)
      assert.match(yield* failureOf([foreign]), /foreign\.csv holds no market data/)
      const good = yield* gzipped([trade(0, 1, "100.00")])
      assert.match(yield* failureOf([good, "/nowhere/b.gz"]), /b\.gz cannot be read/)
    })
  )

  it.effect("knows best prices but no book where a recording begins in mid-stream without a snapshot", () =>
    Effect.gen(function* () {
      const file = yield* gzipped([
        diff(0, 501, 510, [["100.00", "1"]]),
        best(10, 512, "100.00", "100.01"),
        diff(100, 511, 520, [["99.00", "1"]])
      ])
      const source = yield* ReplayMarket.make({ files: [file], paced: false, loop: false })
      const data = yield* MarketData.pipe(
        Effect.provide(MarketData.layerMemory.pipe(Layer.provide(Layer.succeed(MarketSource, source))))
      )
      yield* Stream.runForEach(source.messages, (message) => Effect.sync(() => data.apply(message)))
      assert.deepInclude(data.quote("BTCUSDT"), {
        synced: false,
        bid: { ticks: 10_000, lots: 100_000 },
        ask: { ticks: 10_001, lots: 200_000 }
      })
      assert.deepInclude(data.depth("BTCUSDT", 10), { synced: false, bids: [{ ticks: 10_000, lots: 100_000 }] })
    })
  )

  it.effect("plays at the recording's pace, or as many times faster as it is told", () =>
    Effect.gen(function* () {
      const file = yield* gzipped([trade(0, 1, "100.00"), trade(1_000, 2, "100.00"), trade(61_000, 3, "100.00")])
      for (const speed of [1, 10]) {
        const source = yield* ReplayMarket.make({ files: [file], speed, loop: false })
        const heard = yield* Queue.bounded<MarketMessage>(10)
        const player = yield* Effect.forkChild(
          Stream.runForEach(source.messages, (message) => Queue.offer(heard, message))
        )
        yield* Queue.take(heard)
        yield* settle(player, heard, 0, 999 / speed)
        yield* settle(player, heard, 1, 10 / speed + 10)
        yield* settle(player, heard, 0, 59_000 / speed)
        yield* settle(player, heard, 1, 2_000 / speed + 10)
        yield* Fiber.interrupt(player)
      }
    })
  )

  it.effect("loops with times and ids that only grow, and voids the book at each turn", () =>
    Effect.gen(function* () {
      const file = yield* gzipped([
        diff(0, 11, 20, [["100.50", "1"]]),
        snapshot(50, 15),
        trade(60, 7, "100.00"),
        best(70, 20, "100.50", "101.00"),
        diff(100, 21, 25, [["100.60", "3"]])
      ])
      const source = yield* ReplayMarket.make({ files: [file], paced: false })
      const messages = yield* Stream.runCollect(Stream.take(source.messages, 17))
      const turn = ["DepthDiff", "DepthSnapshot", "Trade", "BestPrices", "DepthDiff"]
      assert.deepStrictEqual(short(messages), [...turn, "Restarted", ...turn, "Restarted", ...turn])
      const depth = new Depth("BTCUSDT")
      let newest = { at: 0, updateId: 0, tradeId: 0 }
      for (const message of messages) {
        const next = stamps(message)
        assert.isAtLeast(next.at, newest.at - 1_000)
        if (message._tag === "Restarted") depth.reset()
        if (message._tag === "DepthDiff") {
          assert.isAbove(message.diff.firstUpdateId, newest.updateId)
          depth.applyDiff(message.diff)
        }
        if (message._tag === "DepthSnapshot") depth.applySnapshot(message.snapshot)
        if (message._tag === "Trade") assert.isAbove(next.tradeId, newest.tradeId)
        if (message._tag === "BestPrices") {
          assert.isTrue(depth.synced)
          assert.strictEqual(depth.updateId, message.best.updateId)
        }
        newest = {
          at: Math.max(newest.at, next.at),
          updateId: Math.max(newest.updateId, next.updateId),
          tradeId: Math.max(newest.tradeId, next.tradeId)
        }
      }
    })
  )

  it.effect("goes on beyond the ids already said when its messages are asked for again", () =>
    Effect.gen(function* () {
      const file = yield* gzipped([trade(0, 1, "100.00"), trade(10, 2, "100.00")])
      const source = yield* ReplayMarket.make({ files: [file], paced: false, loop: false })
      const first = yield* Stream.runCollect(source.messages)
      const second = yield* Stream.runCollect(source.messages)
      assert.deepStrictEqual(short(second), ["Restarted", "Trade", "Trade"])
      const ids = [...first, ...second].map((message) => stamps(message).tradeId).filter((id) => id > 0)
      assert.deepStrictEqual(ids, [1, 2, 3, 4])
    })
  )

  it.effect("reads the grid of an unknown symbol off its data, and merges files by receive time", () =>
    Effect.gen(function* () {
      const doge = yield* gzipped([trade(5, 1, "0.10312000", "DOGEUSDT"), trade(25, 2, "0.10313000", "DOGEUSDT")])
      const btc = yield* recording([trade(0, 1, "100.00"), trade(20, 2, "100.00")].join("\r\n"), "plain.txt")
      const { source, messages } = yield* toTheEnd([doge, btc])
      assert.deepStrictEqual(
        messages.map((message) => message._tag === "Trade" && [message.trade.symbol, message.trade.ticks]),
        [
          ["BTCUSDT", 10_000],
          ["DOGEUSDT", 10_312],
          ["BTCUSDT", 10_000],
          ["DOGEUSDT", 10_313]
        ]
      )
      assert.deepInclude(source.instruments.get("DOGEUSDT"), { baseAsset: "DOGE", quoteAsset: "USDT" })
      assert.deepStrictEqual(source.badge, { kind: "replay", label: "replay 2024-08-08 ×1" })
    })
  )

  it.effect("fails rather than spinning where the recording vanished between two turns", () =>
    Effect.gen(function* () {
      const file = yield* gzipped([trade(0, 1, "100.00")])
      const source = yield* ReplayMarket.make({ files: [file], paced: false })
      fs.writeFileSync(file, "")
      const exit = yield* Effect.exit(Stream.runDrain(source.messages))
      assert.isTrue(Exit.isFailure(exit))
    })
  )
})

/** Lets virtual time pass and expects so many messages by then. */
const settle = (
  player: Fiber.Fiber<unknown, unknown>,
  heard: Queue.Queue<MarketMessage>,
  expected: number,
  millis: number
) =>
  Effect.gen(function* () {
    yield* TestClock.adjust(millis)
    const messages = expected === 0 ? yield* Queue.clear(heard) : yield* Queue.takeN(heard, expected)
    assert.strictEqual(messages.length, expected)
    return player
  })

const stamps = (message: MarketMessage) => {
  switch (message._tag) {
    case "Trade":
      return { at: message.trade.at, updateId: 0, tradeId: Number(message.trade.tradeId) }
    case "BestPrices":
      return { at: message.at, updateId: message.best.updateId, tradeId: 0 }
    case "DepthSnapshot":
      return { at: message.at, updateId: message.snapshot.updateId, tradeId: 0 }
    case "DepthDiff":
      return { at: message.diff.at, updateId: message.diff.lastUpdateId, tradeId: 0 }
    case "Restarted":
      return { at: message.at, updateId: 0, tradeId: 0 }
  }
}

interface BookState {
  readonly updateId: number
  readonly bid: Level | undefined
  readonly ask: Level | undefined
}

describeRecordings("ReplayMarket of the recorded days", () => {
  it.effect("reads every line: each is a message, or counted with a reason", () =>
    Effect.gen(function* () {
      // Counted with zcat and grep; see the README beside the recordings.
      const written = {
        [btcusdt]: { Trade: 9_757, BestPrices: 28_040, DepthDiff: 3_451, DepthSnapshot: 1 },
        [ethusdt]: { Trade: 6_106, BestPrices: 24_077, DepthDiff: 3_434, DepthSnapshot: 1 }
      }
      for (const [file, counts] of Object.entries(written)) {
        const lines = zlib.gunzipSync(fs.readFileSync(file)).toString().trimEnd().split("\n").length
        const { messages, skipped } = yield* toTheEnd([file])
        const found: Record<string, number> = {}
        for (const { _tag } of messages) found[_tag] = (found[_tag] ?? 0) + 1
        assert.deepStrictEqual(found, counts)
        assert.deepStrictEqual(skipped, {})
        assert.strictEqual(messages.length + skippedInAll(skipped), lines)
      }
    })
  )

  it.effect("keeps books whose best bid and ask equal the recorded best prices at every update id", () =>
    Effect.gen(function* () {
      const { messages, skipped } = yield* toTheEnd([btcusdt, ethusdt])
      assert.deepStrictEqual(skipped, {})
      let compared = 0
      let sameId = 0
      for (const symbol of ["BTCUSDT", "ETHUSDT"]) {
        const { states, bests } = follow(symbol, messages)
        // Best prices are told at every change, so the newest one at or before an update id holds at that id.
        let index = -1
        for (const state of states) {
          while ((bests[index + 1]?.updateId ?? Number.POSITIVE_INFINITY) <= state.updateId) index++
          const told = bests[index]
          if (told === undefined) continue
          assert.deepStrictEqual([state.bid, state.ask], [told.bid, told.ask], `${symbol} at ${state.updateId}`)
          compared++
          if (told.updateId === state.updateId) sameId++
        }
      }
      process.stdout.write(
        `Compared the best prices of the books with the recorded ones at ${compared} update ids (${sameId} told at the very id).\n`
      )
      assert.isAbove(compared, 6_800)
      assert.isAbove(sameId, 1_000)
    })
  )
})

const follow = (symbol: string, messages: ReadonlyArray<MarketMessage>) => {
  const depth = new Depth(symbol)
  const states: Array<BookState> = []
  const bests: Array<BestPrices> = []
  for (const message of messages) {
    if (message._tag === "BestPrices" && message.best.symbol === symbol) bests.push(message.best)
    if (message._tag === "DepthSnapshot" && message.snapshot.symbol === symbol) depth.applySnapshot(message.snapshot)
    else if (message._tag === "DepthDiff" && message.diff.symbol === symbol) depth.applyDiff(message.diff)
    else continue
    if (depth.synced) states.push({ updateId: depth.updateId, bid: depth.bestBid(), ask: depth.bestAsk() })
  }
  bests.sort((a, b) => a.updateId - b.updateId)
  return { states, bests }
}
