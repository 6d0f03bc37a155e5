// The paper exchange's wire: signed market orders a second, and depth updates fanned out to many stream clients, beside a bare echo.
import { createHmac } from "node:crypto"
import * as fs from "node:fs"
import { WebSocket } from "ws"
import { type ApiKey, type Paper, startPaper } from "../test/kit/PaperProcess.ts"
import { type Figures, quantile, run } from "./HttpLoad.ts"
import { echo } from "./limits.ts"
import { cpuSeconds } from "./processes.ts"

const IN_FLIGHT = [1, 16, 64]
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? "5")
const ACCOUNTS = 16
const CLIENTS = 500

const keysOf = async (paper: Paper): Promise<ReadonlyArray<ApiKey>> => {
  const keys: Array<ApiKey> = []
  for (let index = 0; index < ACCOUNTS; index++) {
    const account = `bench${index}`
    keys.push(await paper.createKey(account))
    await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "USDT", amount: "1000000000" })
    await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "BTC", amount: "10000" })
  }
  return keys
}

/** Buys and sells in turn, signed as a client would. */
const marketOrders = (keys: ReadonlyArray<ApiKey>) => {
  let turn = 0
  return (connection: number) => {
    const key = keys[connection % keys.length] as ApiKey
    const side = turn++ % 2 === 0 ? "BUY" : "SELL"
    const query = `symbol=BTCUSDT&side=${side}&type=MARKET&quantity=0.001&timestamp=${Date.now()}`
    const signature = createHmac("sha256", key.secret).update(query).digest("hex")
    return { query: `?${query}&signature=${signature}`, headers: `X-MBX-APIKEY: ${key.apiKey}\r\n`, body: "" }
  }
}

const line = ({ p50Millis, p99Millis, perSecond }: Figures) =>
  `${String(perSecond).padStart(6)}/s p50 ${p50Millis} ms p99 ${p99Millis} ms`

const ordersOverTheWire = async (paper: Paper, keys: ReadonlyArray<ApiKey>) => {
  const rows = []
  for (const inFlight of IN_FLIGHT) {
    const before = cpuSeconds(paper.pid)
    const placed = await run({
      url: paper.url,
      inFlight,
      seconds: SECONDS,
      path: "/api/v3/order",
      request: marketOrders(keys)
    })
    const cpuMillisPerOrder = Math.round(((cpuSeconds(paper.pid) - before) * 1e6) / placed.requests) / 1000
    console.log(`orders ${String(inFlight).padStart(2)} in flight ${line(placed)}  ${cpuMillisPerOrder} ms CPU/order`)
    rows.push({ inFlight, ...placed, cpuMillisPerOrder })
  }
  return rows
}

/** Every client watches the depth of every symbol; how late a frame is counts from the moment the exchange stamped it. */
const fanOut = async (paper: Paper) => {
  const info = (await (await fetch(`${paper.url}/api/v3/exchangeInfo`)).json()) as {
    symbols: Array<{ symbol: string }>
  }
  const streams = info.symbols.map(({ symbol }) => `${symbol.toLowerCase()}@depth@100ms`).join("/")
  let frames = 0
  let bytes = 0
  const lateness: Array<number> = []
  const sockets = await Promise.all(
    Array.from(
      { length: CLIENTS },
      () =>
        new Promise<WebSocket>((resolve, reject) => {
          const socket = new WebSocket(`${paper.wsUrl}/stream?streams=${streams}`)
          socket.once("open", () => resolve(socket))
          socket.once("error", reject)
          socket.on("message", (data: Buffer) => {
            frames++
            bytes += data.length
            // One in sixteen is looked into: the load generator shares the machine with what it measures.
            if (frames % 16 !== 0) return
            const stamped = /"E":(\d+)/.exec(data.subarray(0, 120).toString())
            if (stamped !== null) lateness.push(Date.now() - Number(stamped[1]))
          })
        })
    )
  )
  frames = bytes = 0
  lateness.length = 0
  const before = cpuSeconds(paper.pid)
  const began = performance.now()
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))
  const elapsed = (performance.now() - began) / 1000
  const figures = {
    clients: CLIENTS,
    framesPerSecond: Math.round(frames / elapsed),
    megabytesPerSecond: Math.round(bytes / elapsed / 1e5) / 10,
    p50LateMillis: quantile(lateness, 0.5),
    p99LateMillis: quantile(lateness, 0.99),
    cpuMicrosPerFrame: Math.round(((cpuSeconds(paper.pid) - before) * 1e8) / frames) / 100
  }
  for (const socket of sockets) socket.terminate()
  console.log(
    `depth to ${CLIENTS} clients: ${figures.framesPerSecond} frames/s, late p50 ${figures.p50LateMillis} p99 ${figures.p99LateMillis} ms, ${figures.cpuMicrosPerFrame} µs CPU/frame`
  )
  return figures
}

export const main = async (): Promise<unknown> => {
  const limit = await echo(64, SECONDS, "{}")
  console.log(`echo   64 in flight ${line(limit)}   (bare uWebSockets.js)`)
  const paper = await startPaper({ market: "sim:1", limits: "off" })
  try {
    const orders = await ordersOverTheWire(paper, await keysOf(paper))
    return { echo: limit, orders, depth: await fanOut(paper) }
  } finally {
    await paper.stop()
    fs.rmSync(paper.dataDir, { recursive: true, force: true })
  }
}
