// The real desk as a real process: started on a free port with a data directory of its own, stopped or killed by its pid.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Setting } from "../../src/Config.ts"

const cli = path.resolve(import.meta.dirname, "../../dist/cli.js")

/** A process that runs, ready or not. */
export interface Launched {
  readonly pid: number
  /** Everything the process printed so far. */
  readonly output: () => string
  /** SIGTERM, and waits for the end. Rejects, with what the process printed, where it had to be killed instead. */
  readonly stop: () => Promise<void>
  /** Once it resolves, the process ends itself at the milestone it was started with. */
  readonly arm: () => Promise<void>
  /** Resolves at the end of the process, however it came. */
  readonly ended: Promise<void>
  /** kill -9, and waits for the end. */
  readonly kill: () => Promise<void>
  /** The same, once it printed that it is ready; rejects with what it printed where it ends before. */
  readonly ready: Promise<Desk>
}

export interface Desk extends Omit<Launched, "ready"> {
  /** Empty for a process that serves nothing over HTTP. */
  readonly url: string
}

export const temporaryDirectory = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "outcry-"))

/** `OUTCRY_TEST_KILL_AT`: the milestone at which the process ends itself, once it was armed, or at once after `start:`. */
export type Settings = Partial<Record<Setting | "OUTCRY_TEST_KILL_AT", string>>

/** `Outcry is ready at http://…`, or `Outcry is ready: executor, market.` */
const READY = /Outcry is ready(?:: [a-z, ]+\.| at (http:\/\/[\d.]+:\d+))/

/** A desk that stops longer than this hangs: its own bounds on stopping are seconds. */
const STOP_MILLIS = 20_000

/** Needs a build. */
export const launch = (settings: Settings): Launched => {
  if (!fs.existsSync(cli)) throw new Error("dist/cli.js is missing: npm run build")
  // The flags of `npm start`.
  const child = spawn(process.execPath, ["--max-semi-space-size=32", "--enable-source-maps", cli, "serve"], {
    env: { PATH: process.env["PATH"], HOST: "127.0.0.1", PORT: "0", MARKET: "sim:1", LOG_LEVEL: "warn", ...settings },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let printed = ""
  const ended = new Promise<void>((done) => child.once("exit", () => done()))
  const runs = () => child.exitCode === null && child.signalCode === null
  const kill = () => {
    if (runs()) child.kill("SIGKILL")
    return ended
  }
  const stop = async () => {
    if (!runs()) return
    child.kill("SIGTERM")
    try {
      await once(child, "exit", { signal: AbortSignal.timeout(STOP_MILLIS) })
    } catch {
      await kill()
      throw new Error(`the desk did not stop within ${STOP_MILLIS} ms and was killed; it had printed:\n${printed}`)
    }
  }
  const arm = () => {
    const armed = new Promise<void>((done) =>
      child.stdout.on("data", () => {
        if (printed.includes("Armed.")) done()
      })
    )
    child.kill("SIGUSR2")
    return armed
  }
  const desk = { pid: pidOf(child), output: () => printed, ended, arm, stop, kill }
  const ready = new Promise<Desk>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString()
      const found = READY.exec(printed)
      if (found !== null) resolve({ ...desk, url: found[1] ?? "" })
    })
    child.stderr.on("data", (chunk: Buffer) => void (printed += chunk.toString()))
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`the desk ended with ${code} before it was ready:\n${printed}`)))
  })
  // Who only launches need not hear that it ended.
  ready.catch(() => undefined)
  return { ...desk, ready }
}

/** Resolves once the desk is ready. */
export const start = async (settings: Settings): Promise<Desk> => launch(settings).ready

const pidOf = (child: ChildProcess): number => {
  if (child.pid === undefined) throw new Error("the desk has no pid")
  return child.pid
}
