// `outcry record` as a real process, against the streams of `outcry paper`: what it writes is played again.
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { gunzipSync } from "node:zlib"
import * as ReplayMarket from "../src/adapters/binance/ReplayMarket.ts"
import { MarketData } from "../src/ports/MarketData.ts"
import { MarketSource, skippedInAll } from "../src/ports/MarketSource.ts"
import { temporaryDirectory } from "./kit/Desk.ts"
import { type Paper, startPaper } from "./kit/PaperProcess.ts"

/** Milliseconds a test may take where the machine is busy. */
const PATIENCE = 90_000

const cli = path.resolve(import.meta.dirname, "../dist/cli.js")

class Exchange extends Context.Service<Exchange, Paper>()("outcry/test/Exchange") {
  static readonly layer = Layer.effect(
    Exchange,
    Effect.acquireRelease(
      Effect.promise(() => startPaper()),
      ({ stop }) => Effect.promise(stop)
    )
  )
}

const folder = Effect.acquireRelease(Effect.sync(temporaryDirectory), (made) =>
  Effect.sync(() => fs.rmSync(made, { recursive: true, force: true }))
)

interface Recorder {
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Effect.Effect<number | null>
  readonly output: () => string
  /** Resolves once the files of the folder hold so many bytes more than when it was started. */
  readonly written: (bytes: number) => Effect.Effect<void>
}

const sizeOf = (out: string) =>
  (fs.existsSync(out) ? fs.readdirSync(out) : []).reduce((sum, name) => sum + fs.statSync(path.join(out, name)).size, 0)

const record = (exchange: Paper, out: string, args: ReadonlyArray<string>, limit = "") =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const urls = ["--binance-rest-url", exchange.url, "--binance-stream-url", exchange.wsUrl]
        const command = [process.execPath, cli, "record", ...args, "--out", out, ...urls]
        const shell = `${limit}exec "$0" "$@"`
        return spawn("sh", ["-c", shell, ...command], {
          env: { PATH: process.env["PATH"] },
          stdio: ["ignore", "pipe", "pipe"]
        })
      }),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child): Recorder => {
      let printed = ""
      let code: number | null | undefined
      const waiting = new Set<() => void>()
      const look = () => waiting.forEach((waiter) => waiter())
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          printed += chunk.toString()
          look()
        })
      }
      child.once("close", (status) => {
        code = status
        look()
      })
      const before = sizeOf(out)
      return {
        kill: (signal) => void child.kill(signal),
        output: () => printed,
        ended: Effect.callback<number | null>((resume) => {
          const waiter = () => (code === undefined ? undefined : resume(Effect.succeed(code)))
          waiting.add(waiter)
          waiter()
        }),
        written: (bytes) =>
          Effect.callback<void>((resume) => {
            const watcher = fs.watch(out, () => check())
            const check = () => {
              if (sizeOf(out) - before < bytes && code === undefined) return
              watcher.close()
              resume(
                code === undefined ? Effect.void : Effect.die(new Error(`the recorder ended with ${code}: ${printed}`))
              )
            }
            waiting.add(check)
            check()
            return Effect.sync(() => watcher.close())
          })
      }
    }
  )

const filesOf = (out: string, symbol: string) =>
  fs
    .readdirSync(out)
    .filter((name) => name.startsWith(`${symbol}_`))
    .map((name) => path.join(out, name))
    .toSorted()

/** Plays the files to their end, into the desk's own market data. */
const played = (files: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const source = yield* ReplayMarket.make({ files, paced: false, loop: false })
    const market = yield* MarketData.pipe(
      Effect.provide(Layer.fresh(MarketData.layerMemory).pipe(Layer.provide(Layer.succeed(MarketSource, source))))
    )
    const counts: Record<string, number> = {}
    yield* Stream.runForEach(source.messages, (message) =>
      Effect.sync(() => {
        counts[message._tag] = (counts[message._tag] ?? 0) + 1
        market.apply(message)
      })
    )
    return { counts, market, skipped: yield* source.skipped }
  })

layer(Exchange.layer, { excludeTestServices: true, timeout: "60 seconds" })("outcry record", (it) => {
  it.effect(
    "survives kill -9 with all but the last second, goes on in new files, and what it wrote is played again",
    () =>
      Effect.gen(function* () {
        const exchange = yield* Exchange
        const out = yield* folder
        const first = yield* record(exchange, out, ["btcusdt", "ETHUSDT"])
        yield* first.written(8_000)
        first.kill("SIGKILL")
        yield* first.ended
        const [cut] = filesOf(out, "btcusdt")
        assert.isDefined(cut)
        // The worst that a kill leaves: half a member at the end.
        const whole = fs.readFileSync(cut!)
        const lines = gunzipSync(whole).toString().trimEnd().split("\n").length
        fs.writeFileSync(cut!, Buffer.concat([whole, whole.subarray(0, 300)]))

        const second = yield* record(exchange, out, ["BTCUSDT", "ETHUSDT"])
        yield* second.written(8_000)
        second.kill("SIGINT")
        assert.strictEqual(yield* second.ended, 0, second.output())
        assert.match(second.output(), /Recorded BTCUSDT \d+ messages, \d+ kB; ETHUSDT \d+ messages/)
        for (const symbol of ["btcusdt", "ethusdt"]) {
          const files = filesOf(out, symbol)
          assert.strictEqual(files.length, 2)
          const { counts, market, skipped } = yield* played(files)
          assert.deepStrictEqual(Object.keys(counts).toSorted(), ["BestPrices", "DepthDiff", "DepthSnapshot", "Trade"])
          assert.strictEqual(counts["DepthSnapshot"], 2, "one a start")
          assert.isAtMost(skippedInAll(skipped), symbol === "btcusdt" ? 2 : 0)
          assert.isTrue(market.quote(symbol.toUpperCase())?.synced)
          for (const file of files) {
            const alone = yield* played([file])
            assert.isTrue(alone.market.quote(symbol.toUpperCase())?.synced, "each file can be played by itself")
          }
        }
        const earlier = yield* played([cut!])
        const read = Object.values(earlier.counts).reduce((sum, count) => sum + count, 0)
        assert.isAtLeast(read, lines, "nothing before the cut is lost")
      })
  )

  it.effect(
    "begins a new file where one is full, and a snapshot with it; ends at its bound",
    () =>
      Effect.gen(function* () {
        const exchange = yield* Exchange
        const out = yield* folder
        const recorder = yield* record(exchange, out, ["BTCUSDT", "--rotate-bytes", "3kB", "--max-bytes", "12kB"])
        assert.strictEqual(yield* recorder.ended, 0, recorder.output())
        const files = filesOf(out, "btcusdt")
        assert.isAbove(files.length, 2)
        assert.isAtLeast(sizeOf(out), 12_000)
        const { market, skipped } = yield* played(files)
        assert.deepStrictEqual(skipped, {})
        assert.isTrue(market.quote("BTCUSDT")?.synced)
        assert.isTrue((yield* played([files[1]!])).market.quote("BTCUSDT")?.synced)
      }),
    PATIENCE
  )

  it.effect(
    "goes on after a lost connection with a new snapshot, and says so",
    () =>
      Effect.gen(function* () {
        const exchange = yield* Exchange
        const out = yield* folder
        const recorder = yield* record(exchange, out, ["BTCUSDT"])
        yield* recorder.written(3_000)
        yield* Effect.promise(() =>
          exchange.admin("POST", "/faults", { verb: "cutStream", scope: { stream: "btcusdt@trade" } })
        )
        yield* recorder.written(12_000)
        recorder.kill("SIGTERM")
        yield* recorder.ended
        assert.match(recorder.output(), /The connection to ws:.* was lost\. Trying again in \d+ s\./)
        const { counts, market, skipped } = yield* played(filesOf(out, "btcusdt"))
        assert.strictEqual(counts["DepthSnapshot"], 2)
        assert.deepStrictEqual(skipped, {})
        assert.isTrue(market.quote("BTCUSDT")?.synced)
      }),
    PATIENCE
  )

  it.effect(
    "says in a sentence what it cannot do",
    () =>
      Effect.gen(function* () {
        const exchange = yield* Exchange
        const out = yield* folder
        const full = yield* record(exchange, out, ["BTCUSDT"], "ulimit -f 4; ")
        assert.strictEqual(yield* full.ended, 1)
        assert.match(full.output(), /Nothing can be written to .*: no larger file is allowed here\. What was written/)
        assert.isTrue((yield* played(filesOf(out, "btcusdt"))).market.quote("BTCUSDT")?.synced)
        const unknown = yield* record(exchange, out, ["NOSUCH"])
        assert.strictEqual(yield* unknown.ended, 1)
        assert.match(unknown.output(), /There is no depth snapshot of NOSUCH: status 400, Invalid symbol\.\n/)
        const nowhere = yield* record(exchange, "/dev/null/x", ["BTCUSDT"])
        assert.strictEqual(yield* nowhere.ended, 1)
        assert.match(nowhere.output(), /Nothing can be written to \/dev\/null\/x: it is no folder/)
        const wrong = yield* record(exchange, out, ["BTCUSDT", "--duration", "soon"])
        assert.strictEqual(yield* wrong.ended, 1)
        assert.match(wrong.output(), /a number with s, m, h or d/)
      }),
    PATIENCE
  )
})
