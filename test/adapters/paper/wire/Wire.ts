// The exchange's wire as tests use it: a real server on a free port, accounts with keys, and a client that signs.
import { Effect, Layer, Redacted } from "effect"
import { createHmac } from "node:crypto"
import { type ClientOptions, WebSocket } from "ws"
import { Venue } from "../../../../src/adapters/paper/Venue.ts"
import { type WireOptions, WireServer } from "../../../../src/adapters/paper/wire/WireServer.ts"
import { MarketData } from "../../../../src/ports/MarketData.ts"
import { Store } from "../../../../src/ports/MemoryPaperJournal.ts"
import type { PaperJournal } from "../../../../src/ports/PaperJournal.ts"
import { freshHmacKey, type PaperKey, PaperKeys } from "../../../../src/ports/PaperKeys.ts"
import { freshAccount } from "../../../kit/Messages.ts"
import * as Paper from "../../../kit/Paper.ts"
import * as StillMarket from "../../../kit/StillMarket.ts"

type Change = (journal: PaperJournal["Service"]) => PaperJournal["Service"]

/** An exchange of its own, in a market that stands still. `change` comes between it and its journal. */
export const exchange = (options: Partial<WireOptions> = {}, change: Change = (journal) => journal) =>
  Layer.suspend(() =>
    WireServer.layer({ port: 0, host: "127.0.0.1", limits: true, ...options }).pipe(
      Layer.provideMerge(PaperKeys.layerMemory),
      Layer.provideMerge(Paper.life(new Store(), {}, change))
    )
  )

export interface Keys {
  readonly account: string
  readonly apiKey: string
  readonly secret: string
}

/** 100000 USDT and 10 BTC. */
export const openAccount = Effect.fnUntraced(function* (rights: Partial<PaperKey> = {}) {
  const venue = yield* Venue
  const keys = yield* PaperKeys
  const account = freshAccount() as string
  yield* venue.execute({
    _tag: "OpenAccount",
    account,
    balances: [
      { asset: "USDT", amount: 100_000n * 100_000_000n },
      { asset: "BTC", amount: 10n * 100_000_000n }
    ]
  })
  const key = yield* freshHmacKey({ account, label: "", mayRead: true, mayTrade: true, createdAt: 0, ...rights })
  yield* keys.add(key)
  return { account, apiKey: key.keyId, secret: Redacted.value(key.material.secret) } satisfies Keys
})

/** A book of one level a side around 60000, and a last trade there. */
export const quietMarket = Effect.gen(function* () {
  const market = yield* MarketData
  StillMarket.book(market, [[59_990, 100_000]], [[60_010, 100_000]])
  StillMarket.trade(market, "BUY", 60_000, 1)
  return market
})

export type Params = Readonly<Record<string, string | number | boolean>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

const encode = (params: Params) =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&")

export const hmac = (secret: string, payload: string) => createHmac("sha256", secret).update(payload).digest("hex")

export interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  /** Where the parameters go. */
  readonly as?: "query" | "body"
}

/** A request as it is: no signature, no key. */
export const send = (route: string, params: Params = {}, { as = "query", headers = {} }: Sending = {}) =>
  Effect.gen(function* () {
    const { url } = yield* WireServer
    const [method = "GET", path = "/"] = route.split(" ")
    const text = encode(params)
    const address = as === "query" && text !== "" ? `${url}${path}?${text}` : `${url}${path}`
    return yield* Effect.promise(async (): Promise<Answer> => {
      const response = await fetch(address, { method, headers, ...(as === "body" ? { body: text } : {}) })
      const body = await response.text()
      const json = response.headers.get("content-type")?.includes("json") === true
      return { status: response.status, headers: response.headers, body: json ? JSON.parse(body) : body }
    })
  })

/** A signed request of now. */
export const call = (keys: Keys, route: string, params: Params = {}, sending: Sending = {}) =>
  Effect.gen(function* () {
    const venue = yield* Venue
    const timed = { ...params, timestamp: params["timestamp"] ?? venue.now() }
    const signed = { ...timed, signature: hmac(keys.secret, encode(timed)) }
    return yield* send(route, signed, { ...sending, headers: { ...sending.headers, "X-MBX-APIKEY": keys.apiKey } })
  })

export const limit = (side: string, quantity: string, price: string): Params => ({
  symbol: "BTCUSDT",
  side,
  type: "LIMIT",
  timeInForce: "GTC",
  quantity,
  price
})

export const place = (keys: Keys, params: Params) => call(keys, "POST /api/v3/order", params)

/** A connection to the WebSocket API: replies by id, everything else in order. */
export class Link {
  readonly socket: WebSocket
  private readonly waiting = new Map<unknown, (frame: any) => void>()
  private readonly frames: Array<any> = []
  private readonly takers: Array<(frame: any) => void> = []
  private nextId = 1
  closed: { readonly code: number; readonly reason: string } | undefined
  private onClosed: (() => void) | undefined

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString("utf8"))
      const reply = this.waiting.get(frame.id)
      if (reply !== undefined) {
        this.waiting.delete(frame.id)
        return reply(frame)
      }
      const taker = this.takers.shift()
      if (taker === undefined) this.frames.push(frame)
      else taker(frame)
    })
    socket.on("close", (code: number, reason: Buffer) => {
      this.closed = { code, reason: reason.toString() }
      this.onClosed?.()
    })
    socket.on("error", () => {})
  }

  raw(text: string): void {
    this.socket.send(text)
  }

  ask(method: string, params: object = {}): Effect.Effect<any> {
    return Effect.callback((resume) => {
      const id = this.nextId++
      this.waiting.set(id, (frame) => resume(Effect.succeed(frame)))
      this.raw(JSON.stringify({ id, method, params }))
    })
  }

  /** The next frame that answers no request of `ask`. */
  readonly next: Effect.Effect<any> = Effect.callback((resume) => {
    const frame = this.frames.shift()
    if (frame === undefined) this.takers.push((frame) => resume(Effect.succeed(frame)))
    else resume(Effect.succeed(frame))
  })

  readonly gone: Effect.Effect<{ readonly code: number; readonly reason: string }> = Effect.callback((resume) => {
    const tell = () => this.closed !== undefined && resume(Effect.succeed(this.closed))
    this.onClosed = tell
    tell()
  })
}

export const connect = (query = "", options: ClientOptions = {}) =>
  Effect.flatMap(WireServer, ({ port }) =>
    Effect.acquireRelease(
      Effect.callback<Link, Error>((resume) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/ws-api/v3${query}`, options)
        const link = new Link(socket)
        socket.once("open", () => resume(Effect.succeed(link)))
        socket.once("error", (error) => resume(Effect.fail(error)))
      }),
      (link) => Effect.sync(() => link.socket.terminate())
    )
  )

/** The parameters of a signed WebSocket API request of now. */
export const signed = (keys: Keys, params: Params = {}) =>
  Effect.map(Venue, (venue): Params => {
    const all: Params = { ...params, apiKey: keys.apiKey, timestamp: params["timestamp"] ?? venue.now() }
    const payload = Object.keys(all)
      .toSorted()
      .map((name) => `${name}=${String(all[name])}`)
      .join("&")
    return { ...all, signature: hmac(keys.secret, payload) }
  })
