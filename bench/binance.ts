// What the adapter adds to an order's round trip to Binance: beside a bare signed fetch and a bare node:http call to the same server, one of
// each in turn, in one run.
import { Effect, Layer, ManagedRuntime, Queue, Redacted } from "effect"
import { createHmac } from "node:crypto"
import * as fs from "node:fs"
import * as http from "node:http"
import * as BinanceExchange from "../src/adapters/binance/BinanceExchange.ts"
import { Config, parse } from "../src/Config.ts"
import { AccountId, clientOrderIdOf, OrderId } from "../src/domain/Ids.ts"
import { decimal } from "../src/domain/Money.ts"
import type { ApprovedOrder } from "../src/domain/Risk.ts"
import { Exchange } from "../src/ports/Exchange.ts"
import { ExchangeAccounts } from "../src/ports/ExchangeAccounts.ts"
import { Vault } from "../src/ports/Vault.ts"
import { type ApiKey, type Paper, startPaper } from "../test/kit/PaperProcess.ts"
import { quantile } from "./HttpLoad.ts"

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? "5")
/** Rounds before any counts: until the code is compiled and the sockets stand. */
const WARM_UP = 200

type Side = "BUY" | "SELL"
/** Places one market order and reads the answer. */
type Way = (side: Side, n: number) => Promise<void>

const idOf = (n: number) => OrderId.make(`0191b2c3-0000-7000-8000-${String(n).padStart(12, "0")}`)

const trader = async (paper: Paper, account: string): Promise<ApiKey> => {
  const key = await paper.createKey(account)
  await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "USDT", amount: "1000000000" })
  await paper.admin("POST", `/accounts/${account}/deposit`, { asset: "BTC", amount: "10000" })
  return key
}

/** The same words as the adapter's. */
const signedPath = (key: ApiKey, side: Side, n: number): string => {
  const params = `symbol=BTCUSDT&side=${side}&type=MARKET&quantity=0.001&newClientOrderId=${clientOrderIdOf(idOf(n))}&newOrderRespType=FULL`
  const query = `${params}&recvWindow=2000&timestamp=${Date.now()}`
  return `/api/v3/order?${query}&signature=${createHmac("sha256", key.secret).update(query).digest("hex")}`
}

const taken = (status: number, answer: unknown) => {
  if (status !== 200 || typeof answer !== "object") throw new Error(`refused: ${status} ${JSON.stringify(answer)}`)
}

const byFetch =
  (paper: Paper, key: ApiKey): Way =>
  async (side, n) => {
    const response = await fetch(paper.url + signedPath(key, side, n), {
      method: "POST",
      headers: { "x-mbx-apikey": key.apiKey }
    })
    taken(response.status, await response.json())
  }

const byHttp = (paper: Paper, key: ApiKey): Way => {
  const agent = new http.Agent({ keepAlive: true })
  const headers = { "x-mbx-apikey": key.apiKey, "content-length": "0" }
  return (side, n) =>
    new Promise((resolve, reject) => {
      const request = http.request(
        paper.url + signedPath(key, side, n),
        { method: "POST", agent, headers },
        (response) => {
          const chunks: Array<Buffer> = []
          response.on("data", (chunk: Buffer) => void chunks.push(chunk))
          response.on("end", () => {
            taken(response.statusCode ?? 0, JSON.parse(Buffer.concat(chunks).toString("utf8")))
            resolve()
          })
        }
      )
      request.on("error", reject)
      request.end()
    })
}

/** The adapter as the desk has it: through its governor, and with the account's private stream open and read. */
const byAdapter = async (paper: Paper, key: ApiKey) => {
  const accountId = AccountId.make("adapter")
  const config = Layer.effect(
    Config,
    Effect.orDie(
      parse({
        EXCHANGE: "binance",
        MARKET: "sim",
        BINANCE_REST_URL: paper.url,
        BINANCE_WS_API_URL: paper.wsUrl
      })
    )
  )
  const runtime = ManagedRuntime.make(
    BinanceExchange.layer.pipe(
      Layer.provideMerge(Layer.mergeAll(Vault.layerMemory, ExchangeAccounts.layerMemory, config))
    )
  )
  const exchange = await runtime.runPromise(Effect.service(Exchange))
  await runtime.runPromise(
    Effect.gen(function* () {
      yield* (yield* Vault).put(accountId, { apiKey: Redacted.make(key.apiKey), secretKey: Redacted.make(key.secret) })
      yield* exchange.open(accountId)
    })
  )
  runtime.runFork(
    Effect.scoped(Effect.flatMap(exchange.reports(accountId), (reports) => Effect.forever(Queue.takeAll(reports))))
  )
  const way: Way = async (side, n) => {
    const orderId = idOf(n)
    const order = {
      accountId,
      orderId,
      clientOrderId: clientOrderIdOf(orderId),
      intent: { type: "MARKET", symbol: "BTCUSDT", side, quantity: decimal("0.001") }
    } as ApprovedOrder
    await runtime.runPromise(exchange.submit(order))
  }
  return { way, close: () => runtime.dispose() }
}

const micros = (millis: number) => Math.round(millis * 1_000)

interface Taken {
  readonly millis: Array<number>
  /** Of this process, which is less at the mercy of what else the machine does. */
  cpuMicros: number
}

const figuresOf = ({ cpuMicros, millis }: Taken) => ({
  p50Micros: micros(quantile(millis, 0.5)),
  p99Micros: micros(quantile(millis, 0.99)),
  cpuMicros: Math.round(cpuMicros / millis.length)
})

const measure = async (ways: Readonly<Record<string, Way>>) => {
  const taken = Object.fromEntries(
    Object.keys(ways).map((name): [string, Taken] => [name, { millis: [], cpuMicros: 0 }])
  )
  let n = 0
  const round = async (counts: boolean) => {
    const side = n % 2 === 0 ? "BUY" : "SELL"
    for (const [name, way] of Object.entries(ways)) {
      const [before, startedAt] = [process.cpuUsage(), performance.now()]
      await way(side, n++)
      const [elapsed, { system, user }] = [performance.now() - startedAt, process.cpuUsage(before)]
      const into = taken[name]
      if (!counts || into === undefined) continue
      into.millis.push(elapsed)
      into.cpuMicros += system + user
    }
  }
  for (let rounds = 0; rounds < WARM_UP; rounds++) await round(false)
  const until = performance.now() + SECONDS * 1_000
  while (performance.now() < until) await round(true)
  return taken
}

export const main = async (): Promise<unknown> => {
  const paper = await startPaper({ market: "sim:1", limits: "off" })
  try {
    const adapter = await byAdapter(paper, await trader(paper, "adapter"))
    const taken = await measure({
      fetch: byFetch(paper, await trader(paper, "fetch")),
      adapter: adapter.way,
      http: byHttp(paper, await trader(paper, "http"))
    })
    await adapter.close()
    const figures = Object.fromEntries(Object.entries(taken).map(([name, found]) => [name, figuresOf(found)]))
    const { adapter: ours, fetch: bare, http: barest } = figures
    const over = (limit = ours) => ({
      p50Micros: (ours?.p50Micros ?? 0) - (limit?.p50Micros ?? 0),
      p99Micros: (ours?.p99Micros ?? 0) - (limit?.p99Micros ?? 0),
      cpuMicros: (ours?.cpuMicros ?? 0) - (limit?.cpuMicros ?? 0)
    })
    const added = over(bare)
    for (const [name, { cpuMicros, p50Micros, p99Micros }] of Object.entries(figures)) {
      console.log(
        `${name.padEnd(8)} order round trip p50 ${p50Micros} µs p99 ${p99Micros} µs, ${cpuMicros} µs CPU here`
      )
    }
    console.log(
      `added by the adapter over a bare fetch: p50 ${added.p50Micros} µs, p99 ${added.p99Micros} µs, CPU ${added.cpuMicros} µs (aim: < 1000 µs)`
    )
    return { orders: taken["adapter"]?.millis.length, ...figures, addedOverFetch: added, addedOverHttp: over(barest) }
  } finally {
    await paper.stop()
    fs.rmSync(paper.dataDir, { recursive: true, force: true })
  }
}
