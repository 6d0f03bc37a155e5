// The whole paper exchange on a port of loopback: engine, journal in memory, wire and faults, over a market that a test moves.
import { Context, Effect, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { TestClock } from "effect/testing"
import { createHmac } from "node:crypto"
import * as AdminServer from "../../../../src/adapters/paper/admin/AdminServer.ts"
import * as NodeServer from "../../../../src/adapters/server/NodeServer.ts"
import { Faults } from "../../../../src/adapters/paper/faults/Faults.ts"
import { Venue } from "../../../../src/adapters/paper/Venue.ts"
import * as VenueEngine from "../../../../src/adapters/paper/VenueEngine.ts"
import { WireServer } from "../../../../src/adapters/paper/wire/WireServer.ts"
import * as MemoryPaperJournal from "../../../../src/ports/MemoryPaperJournal.ts"
import { MarketData } from "../../../../src/ports/MarketData.ts"
import { PaperJournal } from "../../../../src/ports/PaperJournal.ts"
import { freshHmacKey, PaperKeys } from "../../../../src/ports/PaperKeys.ts"
import * as StillMarket from "../../../kit/StillMarket.ts"
import { connect, type StreamClient } from "../market/StreamClient.ts"

export const START = 1_790_000_000_000
const UNIT = 100_000_000n

export interface Reply {
  readonly status: number
  readonly headers: Headers
  /** Parsed where it is JSON. */
  readonly body: any
}

/** What a client has: a key, its secret, and the exchange's address. Knows nothing of the server's code. */
export class Client {
  readonly apiKey: string
  private readonly secret: string
  private readonly port: number
  private id = 0

  constructor(apiKey: string, secret: string, port: number) {
    this.apiKey = apiKey
    this.secret = secret
    this.port = port
  }

  private sign(payload: string): string {
    return createHmac("sha256", this.secret).update(payload).digest("hex")
  }

  /** Fails with "cut" where the connection ends without an answer. */
  rest(method: string, path: string, params?: Record<string, string>): Effect.Effect<Reply, string> {
    const query = params === undefined ? "" : new URLSearchParams({ ...params, timestamp: String(START) }).toString()
    const signed = query === "" ? "" : `?${query}&signature=${this.sign(query)}`
    return Effect.tryPromise({
      try: async (signal) => {
        const response = await fetch(`http://127.0.0.1:${this.port}${path}${signed}`, {
          method,
          signal,
          headers: { "x-mbx-apikey": this.apiKey }
        })
        const text = await response.text()
        const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
        return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
      },
      catch: () => "cut"
    })
  }

  /** A limit order that rests, far below the market. */
  order(clientOrderId: string, of: Record<string, string> = {}): Effect.Effect<Reply, string> {
    return this.rest("POST", "/api/v3/order", {
      symbol: "BTCUSDT",
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity: "1",
      price: "90",
      newClientOrderId: clientOrderId,
      ...of
    })
  }

  query(clientOrderId: string): Effect.Effect<Reply, string> {
    return this.rest("GET", "/api/v3/order", { symbol: "BTCUSDT", origClientOrderId: clientOrderId })
  }

  get webSocket() {
    return connect(`ws://127.0.0.1:${this.port}/ws-api/v3`)
  }

  /** Asks over the WebSocket API, signed, and gives the answer. */
  ask(socket: StreamClient, method: string, params: Record<string, string> = {}): Effect.Effect<any> {
    const id = ++this.id
    const all: Record<string, string> = { ...params, apiKey: this.apiKey, timestamp: String(START) }
    const payload = Object.keys(all)
      .toSorted()
      .map((name) => `${name}=${all[name]}`)
      .join("&")
    socket.say({ id, method, params: { ...all, signature: this.sign(payload) } })
    const answer = () => socket.heard.find((message) => message.id === id)
    return Effect.map(
      socket.until(() => answer() !== undefined || socket.code !== undefined),
      answer
    )
  }
}

/** Asks at 101 and 102, bids at 100 and 99, 100000 lots of 0.00001 BTC each. */
const BOOK = [
  [
    [100, 100_000],
    [99, 100_000]
  ],
  [
    [101, 100_000],
    [102, 100_000]
  ]
] as const

export const stage = Effect.gen(function* () {
  yield* TestClock.setTime(START)
  const faults = yield* Faults
  const store = new MemoryPaperJournal.Store()
  const parts = Layer.mergeAll(
    VenueEngine.layer().pipe(
      Layer.provideMerge(Layer.mergeAll(StillMarket.layer, Layer.succeed(PaperJournal, MemoryPaperJournal.life(store))))
    ),
    PaperKeys.layerMemory
  )
  const wire = WireServer.layer({ port: 0, host: "127.0.0.1", limits: true })
  const admin = AdminServer.layer.pipe(Layer.provideMerge(NodeServer.layer({ host: AdminServer.LOOPBACK, port: 0 })))
  const doors = Layer.merge(wire, admin)
  const context = yield* Layer.build(Layer.fresh(Layer.provideMerge(doors, parts)))
  const adminPort = (Context.get(context, HttpServer.HttpServer).address as { readonly port: number }).port
  const venue = Context.get(context, Venue)
  const { port } = Context.get(context, WireServer)
  StillMarket.book(Context.get(context, MarketData), ...BOOK)
  const client = Effect.fnUntraced(function* (account: string) {
    const balances = [
      { asset: "USDT", amount: 1_000_000n * UNIT },
      { asset: "BTC", amount: 100n * UNIT }
    ]
    yield* venue.execute({ _tag: "OpenAccount", account, balances })
    const key = yield* freshHmacKey({ account, label: "", mayRead: true, mayTrade: true, createdAt: START })
    yield* Context.get(context, PaperKeys).add(key)
    return new Client(key.keyId, Redacted.value(key.material.secret), port)
  })
  /** Asks the administrator's door; dies where that says no. */
  const administer = (method: string, path: string, json?: unknown) =>
    Effect.promise(async () => {
      const response = await fetch(`http://127.0.0.1:${adminPort}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(json === undefined ? {} : { body: JSON.stringify(json) })
      })
      const body: any = await response.json()
      if (!response.ok) throw new Error(body.error.message)
      return body
    })
  return {
    port,
    administer,
    /** The journal's entries, oldest first. */
    entries: store.entries,
    faults,
    venue,
    client,
    ann: yield* client("ann"),
    bob: yield* client("bob"),
    market: Context.get(context, MarketData)
  }
})

export type PaperStage = Effect.Success<typeof stage>
