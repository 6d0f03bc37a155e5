// The real desk as a real process: started on a free port with a data directory of its own, stopped or killed by its pid.
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Setting } from "../../src/Config.ts"

const cli = path.resolve(import.meta.dirname, "../../dist/cli.js")

export interface Desk {
  readonly url: string
  readonly pid: number
  /** Everything the process printed so far. */
  readonly output: () => string
  /** SIGTERM, and waits for the end. */
  readonly stop: () => Promise<void>
  /** kill -9, and waits for the end. */
  readonly kill: () => Promise<void>
}

export const temporaryDirectory = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "outcry-"))

/** Resolves once the desk prints its address; rejects with what it printed where it ends before. Needs a build. */
export const start = (settings: Partial<Record<Setting, string>>): Promise<Desk> =>
  new Promise((resolve, reject) => {
    if (!fs.existsSync(cli)) return reject(new Error("dist/cli.js is missing: npm run build"))
    const child = spawn(process.execPath, ["--enable-source-maps", cli, "serve"], {
      env: { PATH: process.env["PATH"], HOST: "127.0.0.1", PORT: "0", MARKET: "sim:1", LOG_LEVEL: "warn", ...settings },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = ""
    const ended = new Promise<void>((done) => child.once("exit", () => done()))
    const signal = (name: "SIGTERM" | "SIGKILL") => () => {
      if (child.exitCode === null && child.signalCode === null) child.kill(name)
      return ended
    }
    const listen = (chunk: Buffer) => {
      output += chunk.toString()
      const address = /http:\/\/[\d.]+:\d+/.exec(output)
      if (address !== null) {
        resolve({
          url: address[0],
          pid: pidOf(child),
          output: () => output,
          stop: signal("SIGTERM"),
          kill: signal("SIGKILL")
        })
      }
    }
    child.stdout.on("data", listen)
    child.stderr.on("data", (chunk: Buffer) => void (output += chunk.toString()))
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`the desk ended with ${code} before it was ready:\n${output}`)))
  })

const pidOf = (child: ChildProcess): number => {
  if (child.pid === undefined) throw new Error("the desk has no pid")
  return child.pid
}
