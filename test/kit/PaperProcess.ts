// The paper exchange as a real process, on ports and a data directory of its own, with its admin route in friendly verbs.
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Setting } from "../../src/Config.ts"
import { temporaryDirectory } from "./Desk.ts"

const cli = path.resolve(import.meta.dirname, "../../dist/cli.js")

export interface ApiKey {
  readonly apiKey: string
  /** Of HMAC keys only. */
  readonly secret: string
}

export interface Paper {
  readonly pid: number
  readonly url: string
  /** `ws://…`, the base of streams and of the WebSocket API. */
  readonly wsUrl: string
  readonly adminUrl: string
  readonly dataDir: string
  readonly output: () => string
  readonly admin: (method: string, route: string, body?: unknown) => Promise<unknown>
  readonly createKey: (account: string, publicKey?: string) => Promise<ApiKey>
  readonly stop: () => Promise<void>
  readonly kill: () => Promise<void>
}

/** A start takes seconds; this much where the machine is busy with other tests. */
const PATIENCE_MILLIS = 50_000

const READY = /paper exchange is ready at (http:\/\/[\d.]+:\d+)/
const ADMIN = /admin route is at (http:\/\/[\d.]+:\d+)/

/** Resolves once it is ready; `settings` are those that have no flag there. Needs a build. */
export const startPaper = async (
  flags: Readonly<Record<string, string>> = {},
  settings: Partial<Record<Setting, string>> = {}
): Promise<Paper> => {
  if (!fs.existsSync(cli)) throw new Error("dist/cli.js is missing: npm run build")
  const dataDir = flags["data"] ?? temporaryDirectory()
  const given = { market: "sim:3", port: "0", "admin-port": "0", "log-level": "warn", ...flags, data: dataDir }
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(process.execPath, ["--enable-source-maps", cli, "paper", ...args], {
    env: { PATH: process.env["PATH"], ...settings },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let printed = ""
  const ended = new Promise<void>((done) => child.once("exit", () => done()))
  const signal = (name: "SIGTERM" | "SIGKILL") => () => {
    if (child.exitCode === null && child.signalCode === null) child.kill(name)
    return ended
  }
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString()
      const ready = READY.exec(printed)
      if (ready !== null) resolve(ready)
    })
    child.stderr.on("data", (chunk: Buffer) => void (printed += chunk.toString()))
    child.once("error", reject)
    AbortSignal.timeout(PATIENCE_MILLIS).addEventListener("abort", () => {
      if (ADMIN.test(printed) && READY.test(printed)) return
      child.kill("SIGKILL")
      reject(new Error(`the paper exchange was not ready in time:\n${printed}`))
    })
    child.once("exit", (code) => reject(new Error(`the paper exchange ended with ${code}:\n${printed}`)))
  })
  const url = ready[1] ?? ""
  const adminUrl = ADMIN.exec(printed)?.[1] ?? ""
  const admin = async (method: string, route: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(adminUrl + route, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`)
    return text === "" ? undefined : JSON.parse(text)
  }
  return {
    pid: child.pid ?? 0,
    url,
    wsUrl: url.replace("http", "ws"),
    adminUrl,
    dataDir,
    output: () => printed,
    admin,
    createKey: async (account, publicKey) => {
      const kind = publicKey === undefined ? "hmac" : publicKey.includes("MCowBQ") ? "ed25519" : "rsa"
      const body = { account, kind, label: "test", ...(publicKey === undefined ? {} : { publicKey }) }
      return (await admin("POST", "/keys", body)) as ApiKey
    },
    stop: signal("SIGTERM"),
    kill: signal("SIGKILL")
  }
}
