// Market messages a second on one core, from the text of a frame to what is published: decode -> book -> candles -> feed. Two symbols'
// full depth streams with trades and best prices. The limit beside it is JSON.parse of the same texts, and nothing else.
import * as fs from "node:fs"
import * as path from "node:path"
import { gunzipSync } from "node:zlib"
import { Effect, Stream } from "effect"
import { Translator } from "../src/adapters/binance/Translate.ts"
import { marketText } from "../src/layers/broadcaster/Frames.ts"
import { Changes } from "../src/layers/market/Changes.ts"
import { type Instrument, liquidPair } from "../src/domain/Instrument.ts"
import type { MarketMessage } from "../src/domain/Market.ts"
import { decimal } from "../src/domain/Money.ts"
import { inMemory } from "../src/ports/MarketData.ts"

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? "7")
/** Frames between two publications: at 10,000 a second, what comes within a tick of 50 ms. */
const TICK_FRAMES = 500
const SYNTHETIC_FRAMES = 75_000
const STARTED_AT = 1_723_161_254_000

const pair = (baseAsset: string, stepSize: string): Instrument =>
  liquidPair({
    symbol: `${baseAsset}USDT`,
    baseAsset,
    quoteAsset: "USDT",
    tickSize: decimal("0.01"),
    stepSize: decimal(stepSize)
  })
const instruments = new Map(
  [pair("BTC", "0.00001"), pair("ETH", "0.0001")].map((instrument) => [instrument.symbol, instrument])
)

interface Frame {
  readonly text: string
  readonly at: number
  readonly symbol: string
}

/** Recorded days, merged by receive time. */
const recorded = (folder: string): ReadonlyArray<Frame> | undefined => {
  const files = ["BTCUSDT", "ETHUSDT"].map((symbol) => ({
    symbol,
    file: path.join(folder, `${symbol.toLowerCase()}_20240808.gz`)
  }))
  if (!files.every(({ file }) => fs.existsSync(file))) return undefined
  return files
    .flatMap(({ file, symbol }) =>
      gunzipSync(fs.readFileSync(file))
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => ({ text: line.slice(20), at: Number(line.slice(0, 16)) / 1_000, symbol }))
    )
    .toSorted((a, b) => a.at - b.at)
}

/** xorshift32: the same stream in every run. */
const chance = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** The same shape as the recorded days: of 100 frames 21 are trades, 70 best prices, 9 diffs of some 25 levels a side. */
const synthetic = (): ReadonlyArray<Frame> => {
  const random = chance(20_240_808)
  const cents = (ticks: number) => `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, "0")}000000`
  const size = () => `${random(3)}.${String(random(100_000)).padStart(5, "0")}000`
  const states = [
    { symbol: "BTCUSDT", middle: 6_180_000, id: 1_000, depth: 1_000, trade: 1 },
    { symbol: "ETHUSDT", middle: 268_000, id: 500_000, depth: 500_000, trade: 1 }
  ]
  const rows = (from: number, step: number, count: number, spread: number) =>
    Array.from({ length: count }, () => [cents(from + step * (1 + random(spread))), size().replace(/0$/, "0")])
  const frames: Array<Frame> = []
  const say = (symbol: string, stream: string, data: object, at: number) =>
    frames.push({ text: JSON.stringify({ stream: `${symbol.toLowerCase()}@${stream}`, data }), at, symbol })
  for (const { id, middle, symbol } of states) {
    const book = { lastUpdateId: id, bids: rows(middle, -1, 1_000, 5_000), asks: rows(middle, 1, 1_000, 5_000) }
    frames.push({ text: JSON.stringify(book), at: STARTED_AT, symbol })
  }
  for (let index = 0; index < SYNTHETIC_FRAMES; index++) {
    const state = states[random(2)]!
    const { symbol } = state
    const at = STARTED_AT + index * 5
    const kind = random(100)
    if (kind < 21) {
      const price = cents(state.middle)
      const t = state.trade++
      say(
        symbol,
        "trade",
        { e: "trade", E: at, s: symbol, t, p: price, q: "0.01000000", T: at, m: random(2) === 0, M: true },
        at
      )
    } else if (kind < 91) {
      const u = ++state.id
      const [b, a] = [cents(state.middle), cents(state.middle + 1)]
      say(symbol, "bookTicker", { u, s: symbol, b, B: "3.78826000", a, A: "1.54698000" }, at)
    } else {
      // From where the last one ended: the best prices have had their numbers in between.
      const [U, u] = [state.depth + 1, (state.id += 5)]
      state.depth = u
      const [b, a] = [rows(state.middle + 1, -1, 25, 2_000), rows(state.middle, 1, 25, 2_000)]
      say(symbol, "depth@100ms", { e: "depthUpdate", E: at, s: symbol, U, u, b, a }, at)
    }
  }
  return frames
}

const source = {
  badge: { kind: "replay", label: "bench" },
  instruments,
  messages: Stream.never,
  history: () => Effect.succeed([]),
  skipped: Effect.succeed({})
} as const

interface Rate {
  readonly perSecond: number
  /** Of processor time, this process's all: what the wall clock would show on a machine of one's own. */
  readonly perCpuSecond: number
}

const rateOf = (count: number, run: () => void): Rate => {
  const cpu = process.cpuUsage()
  const began = performance.now()
  run()
  const millis = performance.now() - began
  const { system, user } = process.cpuUsage(cpu)
  return {
    perSecond: Math.round((count * 1_000) / millis),
    perCpuSecond: Math.round((count * 1e6) / (user + system))
  }
}

type Stage = "parse" | "translate" | "book and candles" | "feed"
const STAGES: ReadonlyArray<Stage> = ["parse", "translate", "book and candles", "feed"]

/** Runs all frames up to a stage. What comes out is counted, so that nothing is left out as unused. */
const runTo = (frames: ReadonlyArray<Frame>, last: Stage): number => {
  const stages = STAGES.indexOf(last)
  const translator = new Translator(instruments)
  const data = inMemory(source)
  const changes = new Changes()
  const candidates = new Map([...instruments.keys()].map((symbol) => [symbol, [symbol]]))
  let out = 0
  let left = TICK_FRAMES
  for (const { at, symbol, text } of frames) {
    const value: unknown = JSON.parse(text)
    if (stages === 0) {
      out += value === null ? 0 : 1
      continue
    }
    const message: MarketMessage | undefined = translator.message(value, at, candidates.get(symbol)!)
    if (message === undefined) continue
    out++
    if (stages === 1) continue
    data.apply(message)
    changes.note(message)
    if (stages === 2 || --left > 0) continue
    left = TICK_FRAMES
    for (const update of changes.take(data)) {
      const of =
        "symbol" in update ? update.symbol : update._tag === "Price" ? update.quote.symbol : update.trade.symbol
      out += marketText(instruments.get(of)!, update).length > 0 ? 1 : 0
    }
  }
  for (const symbol of instruments.keys()) {
    if (stages >= 2 && data.quote(symbol)?.synced !== true) throw new Error(`the book of ${symbol} is not synced`)
  }
  const skipped = Object.values(translator.skipped).reduce((sum, count) => sum + count, 0)
  if (skipped > 0) throw new Error(`${skipped} frames could not be read: ${JSON.stringify(translator.skipped)}`)
  return out
}

const best = (rates: ReadonlyArray<Rate>): Rate => rates.toSorted((a, b) => b.perCpuSecond - a.perCpuSecond)[0]!
const micros = ({ perCpuSecond }: Rate) => 1e6 / perCpuSecond
const rounded = (value: number) => Math.round(value * 100) / 100

export const main = async (): Promise<unknown> => {
  const folder = process.env["OUTCRY_RECORDINGS"]
  const found = folder === undefined ? undefined : recorded(folder)
  const frames = found ?? synthetic()
  const kinds: Record<string, number> = {}
  for (const { text } of frames) {
    const kind = /"stream":"[a-z]+@([a-zA-Z]+)/.exec(text)?.[1] ?? "snapshot"
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  const rates = new Map<Stage, Array<Rate>>(STAGES.map((stage) => [stage, []]))
  // One after the other in every round, so that whatever else the machine does meets all of them.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const stage of STAGES) {
      const rate = rateOf(frames.length, () => void runTo(frames, stage))
      if (round > 0) rates.get(stage)!.push(rate)
    }
  }
  const cost = STAGES.map((stage) => micros(best(rates.get(stage)!)))
  const whole = best(rates.get("feed")!)
  const limit = best(rates.get("parse")!)
  console.log(`${frames.length} frames, ${found === undefined ? "synthetic" : "recorded"}: ${JSON.stringify(kinds)}`)
  console.log(`all of it     ${whole.perSecond}/s, ${whole.perCpuSecond} a CPU second (aim 50000)`)
  console.log(`JSON.parse    ${limit.perSecond}/s, ${limit.perCpuSecond} a CPU second`)
  const stages = Object.fromEntries(
    STAGES.map((stage, index) => [stage, rounded(cost[index]! - (index === 0 ? 0 : cost[index - 1]!))])
  )
  for (const [stage, cost] of Object.entries(stages)) console.log(`  ${stage.padEnd(18)} ${cost} µs a frame`)
  return {
    frames: frames.length,
    source: found === undefined ? "synthetic" : "recorded",
    kinds,
    ...whole,
    jsonParse: limit,
    timesParse: rounded(limit.perCpuSecond / whole.perCpuSecond),
    microsByStage: stages
  }
}
