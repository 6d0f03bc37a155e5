// A hundred thousand wrong inputs over REST and the WebSocket API: every one is refused in a sentence, nothing breaks, no money moves.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { createHmac } from "node:crypto"
import * as fs from "node:fs"
import * as http from "node:http"
import { WebSocket } from "ws"
import { type ApiKey, type Paper, startPaper } from "../kit/PaperProcess.ts"

const REST_INPUTS = 70_000
const SOCKET_INPUTS = 40_000
const IN_FLIGHT = 64
const SEED = 20_260_901
/** What a process may grow by while it refuses a hundred thousand inputs, in bytes: a leak of 2 KB an input is seen. */
const GROWTH = 150_000_000

type Params = ReadonlyArray<readonly [name: string, value: string]>

/** A small seeded generator: the same inputs in every run. */
const chance = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
  const whole = (below: number) => Math.floor(next() * below)
  return { next, whole, pick: <A>(items: ReadonlyArray<A>): A => items[whole(items.length)] as A }
}
type Chance = ReturnType<typeof chance>

/** Requests that would be taken as they are; each input breaks one of them. */
const LIMIT: Params = [
  ["symbol", "BTCUSDT"],
  ["side", "BUY"],
  ["type", "LIMIT"],
  ["timeInForce", "GTC"],
  ["quantity", "0.01"],
  ["price", "30000"]
]
const routes: ReadonlyArray<{
  readonly rest: string
  readonly ws: string
  readonly signed: boolean
  readonly params: Params
}> = [
  { rest: "POST /api/v3/order", ws: "order.place", signed: true, params: LIMIT },
  { rest: "POST /api/v3/order/test", ws: "order.test", signed: true, params: LIMIT },
  {
    rest: "POST /api/v3/order/cancelReplace",
    ws: "order.cancelReplace",
    signed: true,
    params: [...LIMIT, ["cancelReplaceMode", "STOP_ON_FAILURE"], ["cancelOrderId", "1"]]
  },
  {
    rest: "POST /api/v3/orderList/oco",
    ws: "orderList.place.oco",
    signed: true,
    params: [
      ["symbol", "BTCUSDT"],
      ["side", "SELL"],
      ["quantity", "0.01"],
      ["aboveType", "LIMIT_MAKER"],
      ["abovePrice", "900000"],
      ["belowType", "STOP_LOSS"],
      ["belowStopPrice", "10000"]
    ]
  },
  {
    rest: "DELETE /api/v3/order",
    ws: "order.cancel",
    signed: true,
    params: [
      ["symbol", "BTCUSDT"],
      ["orderId", "7"]
    ]
  },
  {
    rest: "GET /api/v3/order",
    ws: "order.status",
    signed: true,
    params: [
      ["symbol", "BTCUSDT"],
      ["orderId", "7"]
    ]
  },
  {
    rest: "GET /api/v3/myTrades",
    ws: "myTrades",
    signed: true,
    params: [
      ["symbol", "BTCUSDT"],
      ["limit", "10"]
    ]
  },
  {
    rest: "GET /api/v3/allOrders",
    ws: "allOrders",
    signed: true,
    params: [
      ["symbol", "BTCUSDT"],
      ["limit", "10"]
    ]
  },
  {
    rest: "PUT /api/v3/order/amend/keepPriority",
    ws: "order.amend.keepPriority",
    signed: true,
    params: [
      ["symbol", "BTCUSDT"],
      ["orderId", "7"],
      ["newQty", "0.005"]
    ]
  },
  {
    rest: "GET /api/v3/depth",
    ws: "depth",
    signed: false,
    params: [
      ["symbol", "BTCUSDT"],
      ["limit", "10"]
    ]
  },
  {
    rest: "GET /api/v3/klines",
    ws: "klines",
    signed: false,
    params: [
      ["symbol", "BTCUSDT"],
      ["interval", "1m"]
    ]
  },
  {
    rest: "GET /api/v3/ticker",
    ws: "ticker",
    signed: false,
    params: [
      ["symbol", "BTCUSDT"],
      ["windowSize", "1d"]
    ]
  }
]

const broken = [
  "",
  "NaN",
  "1e400",
  "-1",
  "0x10",
  "1.2.3",
  "%00",
  "\u0000",
  "💥",
  "null",
  "[]",
  "{}",
  "1e-7",
  "∞",
  " ",
  "' OR 1=1"
]

/** One parameter wrong: missing, doubled, of another type, out of range, too long, or one that nobody knows. */
const spoil = (dice: Chance, params: Params): Params => {
  const index = dice.whole(params.length)
  const [name] = params[index] as readonly [string, string]
  const replaced = (value: string): Params => params.map((pair, at) => (at === index ? [name, value] : pair))
  switch (dice.whole(6)) {
    case 0:
      return params.filter(([key]) => key !== "symbol")
    case 1:
      return [...params, params[index] as readonly [string, string]]
    case 2:
      return replaced(dice.pick(broken))
    case 3:
      return replaced("9".repeat(1 + dice.whole(400)) + "x")
    case 4:
      return replaced("A".repeat(1 + dice.whole(3000)) + "!")
    default:
      return [...params, [`unknown${dice.whole(1000)}`, String(dice.whole(10))]]
  }
}

let paper: Paper
let key: ApiKey
beforeAll(async () => {
  paper = await startPaper({ market: "sim:9", limits: "off" })
  key = await paper.createKey("fuzz")
  await paper.admin("POST", "/accounts/fuzz/deposit", { asset: "USDT", amount: "100000" })
  await paper.admin("POST", "/accounts/fuzz/deposit", { asset: "BTC", amount: "2" })
})
afterAll(() => paper?.stop())

const hmac = (payload: string): string => createHmac("sha256", key.secret).update(payload).digest("hex")

const residentBytes = (): number => {
  const found = /VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${paper.pid}/status`, "utf8"))
  return Number(found?.[1]) * 1024
}

const agent = new http.Agent({ keepAlive: true, maxSockets: IN_FLIGHT })

/** Status and body of a request whose path is sent exactly as written. */
const send = (method: string, path: string, headers: Record<string, string>, body: string) =>
  new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const request = http.request(
      paper.url,
      { agent, method, path, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) } },
      (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => (text += chunk))
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }))
      }
    )
    request.on("error", (error) =>
      reject(new Error(`${method} ${path.slice(0, 300)} ${body.slice(0, 300)}: ${error.message}`))
    )
    request.end(body)
  })

/** One wrong REST request, as method, raw path, headers and body. */
const wrongRequest = (dice: Chance) => {
  const route = dice.pick(routes)
  const [method = "GET", path = "/"] = route.rest.split(" ")
  const headers: Record<string, string> = { "X-MBX-APIKEY": key.apiKey }
  const kind = dice.whole(20)
  if (kind === 0) return { method, path: `${path}${dice.pick(["/", "/x", "%", "%zz", ";a", "//"])}`, headers, body: "" }
  if (kind === 1) return { method: dice.pick(["PATCH", "OPTIONS", "PUT"]), path: "/api/v3/depth", headers, body: "" }
  if (kind === 2) return { method, path: `${path}?%E0%A4%A&&&==&symbol`, headers, body: dice.pick(broken) }
  const spoiled = spoil(dice, route.params)
  const query = spoiled.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")
  if (!route.signed) return { method, path: `${path}?${query}`, headers, body: "" }
  const stamped = `${query}&timestamp=${kind === 3 ? dice.pick(["1", "soon", "99999999999999999"]) : Date.now()}` // tidy-ok: a signed call carries the time
  const signature = kind === 4 ? "f".repeat(64) : hmac(stamped)
  const full = `${stamped}&signature=${signature}`
  if (method === "GET" || dice.whole(2) === 0) return { method, path: `${path}?${full}`, headers, body: "" }
  return { method, path, headers: { ...headers, "content-type": "application/x-www-form-urlencoded" }, body: full }
}

/** One wrong frame of the WebSocket API. */
const wrongFrame = (dice: Chance, id: number): string => {
  const route = dice.pick(routes)
  const kind = dice.whole(20)
  if (kind === 0) return dice.pick(["", "{", "[]", "null", "42", '"text"', '{"id":{}}', '{"method":7,"id":1}'])
  if (kind === 1) return JSON.stringify({ id, method: `${route.ws}.${dice.whole(9)}`, params: {} })
  if (kind === 2) return JSON.stringify({ id, method: route.ws, params: dice.pick([[], 7, "x", { symbol: { a: 1 } }]) })
  const spoiled = Object.fromEntries(
    spoil(
      dice,
      route.params.filter(([name]) => name !== "symbol")
    )
  )
  if (!route.signed) return JSON.stringify({ id, method: route.ws, params: { ...spoiled, symbol: "NOSUCH" } })
  const params: Record<string, string> = { ...spoiled, apiKey: key.apiKey, timestamp: String(Date.now()) } // tidy-ok: a signed call carries the time
  const payload = Object.keys(params)
    .toSorted()
    .map((name) => `${name}=${params[name]}`)
    .join("&")
  return JSON.stringify({ id, method: route.ws, params: { ...params, signature: hmac(payload) } })
}

describe("the wire under wrong input", () => {
  it("refuses every wrong request and frame, and nothing has changed afterwards", { timeout: 300_000 }, async () => {
    const account = () => paper.admin("GET", "/accounts/fuzz")
    const state = async () => ((await paper.admin("GET", "/state")) as { readonly stateHash: string }).stateHash
    const before = { account: await account(), hash: await state() }
    assert.isNotEmpty(before.hash)
    const dice = chance(SEED)
    // Warmed up first: what the process grows by later is what it keeps of wrong inputs.
    const surprises: Array<string> = []
    const requests = async (count: number) => {
      let left = count
      const worker = async () => {
        while (left-- > 0) {
          const { body, headers, method, path } = wrongRequest(dice)
          const answer = await send(method, path, headers, body)
          if (answer.status >= 400 && answer.status < 500) continue
          surprises.push(
            `${method} ${path.slice(0, 300)} ${body.slice(0, 300)} → ${answer.status} ${answer.body.slice(0, 200)}`
          )
        }
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
    }
    await requests(REST_INPUTS / 10)
    const resident = residentBytes()
    await requests(REST_INPUTS)
    await frames(dice, SOCKET_INPUTS, surprises)
    assert.deepStrictEqual(surprises.slice(0, 5), [], `seed ${SEED}, ${surprises.length} of them`)
    assert.isBelow(residentBytes() - resident, GROWTH)
    assert.deepStrictEqual({ account: await account(), hash: await state() }, before)
  })
})

/** Sends wrong frames on one socket, a bounded number unanswered; whatever is answered otherwise than with a 4xx is a surprise. */
const frames = (dice: Chance, count: number, surprises: Array<string>) =>
  new Promise<void>((resolve, reject) => {
    const socket = new WebSocket(`${paper.wsUrl}/ws-api/v3`)
    let sent = 0
    let answered = 0
    const more = () => {
      while (sent < count && sent - answered < IN_FLIGHT) socket.send(wrongFrame(dice, ++sent))
    }
    socket.on("open", more)
    socket.on("message", (data: Buffer) => {
      answered++
      const text = data.toString()
      const { status } = JSON.parse(text) as { readonly status?: number }
      if (status === undefined || status < 400 || status >= 500) surprises.push(text.slice(0, 300))
      if (answered < count) return more()
      socket.close()
      resolve()
    })
    socket.on("error", reject)
    socket.on("close", (code) => {
      if (answered < count) reject(new Error(`the socket was closed with ${code} after ${answered} of ${count} frames`))
    })
  })
