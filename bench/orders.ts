// Orders: from POST to PENDING, and from POST to FILLED on the feed, beside the limits of the same machine in the same run.
import * as fs from "node:fs"
import { WebSocket } from "ws"
import * as Desk from "../test/kit/Desk.ts"
import { figures, type Figures, run } from "./HttpLoad.ts"
import { batchedInserts, echo } from "./limits.ts"
import { throwaway } from "./postgres.ts"
import { cpuSeconds, residentMegabytes } from "./processes.ts"

const IN_FLIGHT = [1, 16, 64]
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? "5")
const USERS = 16
const PASSWORD = "correct horse battery"

interface Trader {
  readonly token: string
}

const api = async (url: string, path: string, init: RequestInit) => {
  const response = await fetch(`${url}${path}`, init)
  const body = (await response.json()) as Record<string, unknown>
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`)
  return body
}

const register = async (url: string, name: string): Promise<Trader> => {
  const body = JSON.stringify({ email: `${name}@bench.test`, password: PASSWORD })
  const { token } = await api(url, "/auth/register", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body
  })
  return { token: String(token) }
}

const bodies = (["BUY", "SELL"] as const).map((side) =>
  JSON.stringify({ symbol: "BTCUSDT", side, type: "MARKET", quantity: "0.001" })
)

/** A turn for every connection: users round-robin, sides alternating, so that no balance runs dry. */
const orders = (traders: ReadonlyArray<Trader>) => {
  let turn = 0
  return (connection: number) => ({
    headers: `Authorization: Bearer ${traders[connection % traders.length]?.token}\r\n`,
    body: bodies[turn++ % 2] ?? ""
  })
}

interface Feed {
  /** Resolves with the milliseconds to FILLED of every order told by `sent`, once all of them are. */
  readonly latencies: () => Promise<ReadonlyArray<number>>
  readonly sent: (orderId: string, startedAt: number) => void
  readonly close: () => void
}

const follow = async (url: string, traders: ReadonlyArray<Trader>): Promise<Feed> => {
  const started = new Map<string, number>()
  const early = new Map<string, number>()
  const latencies: Array<number> = []
  let drained: (() => void) | undefined
  const done = (orderId: string, at: number, startedAt: number) => {
    started.delete(orderId)
    latencies.push(at - startedAt)
    if (started.size === 0) drained?.()
  }
  const sockets = await Promise.all(
    traders.map(
      ({ token }) =>
        new Promise<WebSocket>((resolve, reject) => {
          const socket = new WebSocket(`${url.replace("http", "ws")}/ws?token=${token}`)
          socket.on("error", reject)
          socket.on("message", (frame: Buffer) => {
            const text = frame.toString()
            if (text.includes('"LIVE"')) resolve(socket)
            if (!text.includes('"FILLED"')) return
            const at = performance.now()
            for (const [, orderId = ""] of text.matchAll(/"orderId":"([^"]+)"[^{}]*?"status":"FILLED"/g)) {
              const startedAt = started.get(orderId)
              if (startedAt === undefined) early.set(orderId, at)
              else done(orderId, at, startedAt)
            }
          })
        })
    )
  )
  return {
    sent: (orderId, startedAt) => {
      const at = early.get(orderId)
      started.set(orderId, startedAt)
      // The feed can be faster than the answer of the POST.
      if (at !== undefined && early.delete(orderId)) done(orderId, at, startedAt)
    },
    latencies: () =>
      new Promise((resolve) => {
        drained = () => resolve(latencies)
        if (started.size === 0) drained()
      }),
    close: () => {
      for (const socket of sockets) socket.terminate()
    }
  }
}

const toFilled = async (url: string, traders: ReadonlyArray<Trader>, inFlight: number): Promise<Figures> => {
  const feed = await follow(url, traders)
  const began = performance.now()
  await run({
    url,
    inFlight,
    seconds: SECONDS,
    path: "/api/trading/orders",
    request: orders(traders),
    onAnswer: (answer, startedAt) =>
      feed.sent(String((JSON.parse(answer.body) as { orderId: string }).orderId), startedAt)
  })
  const latencies = await feed.latencies()
  feed.close()
  return figures(latencies, performance.now() - began)
}

const measure = async (storage: string, databaseUrl: string) => {
  const dataDir = Desk.temporaryDirectory()
  const desk = await Desk.start({
    MARKET: "sim:1",
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl,
    ORDER_LIMIT: "1000000",
    AUTH_LIMIT: "100000",
    PAPER_BALANCES: "USDT:1000000000,BTC:10000"
  })
  try {
    const idleMegabytes = residentMegabytes(desk.pid)
    const traders: Array<Trader> = []
    for (let user = 0; user < USERS; user++) traders.push(await register(desk.url, `user${user}`))
    const rows = []
    for (const inFlight of IN_FLIGHT) {
      const before = cpuSeconds(desk.pid)
      const pending = await run({
        url: desk.url,
        inFlight,
        seconds: SECONDS,
        path: "/api/trading/orders",
        request: orders(traders)
      })
      const cpuMillisPerOrder = ((cpuSeconds(desk.pid) - before) * 1000) / pending.requests
      const filled = await toFilled(desk.url, traders, inFlight)
      rows.push({ inFlight, pending, filled, cpuMillisPerOrder: Math.round(cpuMillisPerOrder * 1000) / 1000 })
      console.log(
        `${storage.padEnd(10)} ${String(inFlight).padStart(2)} in flight  PENDING ${line(pending)}  FILLED ${line(filled)}  ${cpuMillisPerOrder.toFixed(3)} ms CPU/order`
      )
    }
    return { storage, idleMegabytes, afterMegabytes: residentMegabytes(desk.pid), rows }
  } finally {
    await desk.stop()
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}

const line = ({ p50Millis, p99Millis, perSecond }: Figures) =>
  `${String(perSecond).padStart(6)}/s p50 ${p50Millis} ms p99 ${p99Millis} ms`

export const main = async (): Promise<unknown> => {
  const echoes = []
  for (const inFlight of IN_FLIGHT) {
    const limit = await echo(inFlight, SECONDS, bodies[0] ?? "")
    console.log(
      `${"echo".padEnd(10)} ${String(inFlight).padStart(2)} in flight  ${line(limit)}   (bare uWebSockets.js, JSON in and out)`
    )
    echoes.push({ inFlight, ...limit })
  }
  const embedded = await measure("PGlite", "")
  const postgres = await throwaway()
  try {
    const server = postgres === undefined ? undefined : await measure("PostgreSQL", postgres.url)
    const inserts = await batchedInserts(postgres?.url)
    for (const { rowsPerSecond, storage } of inserts)
      console.log(`${storage.padEnd(10)} batched insert of 64 rows: ${rowsPerSecond} rows/s`)
    return { echoes, embedded, server, inserts }
  } finally {
    await postgres?.stop()
  }
}
