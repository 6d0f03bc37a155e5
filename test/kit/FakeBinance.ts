// A Binance that answers whatever a test wants it to, and the desk's door to it.
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type WebSocket, WebSocketServer } from "ws"
import * as BinanceExchange from "../../src/adapters/binance/BinanceExchange.ts"
import { AccountId } from "../../src/domain/Ids.ts"
import { Exchange } from "../../src/ports/Exchange.ts"
import { ExchangeAccounts } from "../../src/ports/ExchangeAccounts.ts"
import { Vault } from "../../src/ports/Vault.ts"
import * as Settings from "./Settings.ts"

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

interface Answering {
  readonly url: string
  /** By method and path; what it was asked, and how often, is in `asked`. */
  readonly answers: Map<string, Handler>
  readonly asked: Array<string>
  /** What a subscriber hears first; `undefined` says nothing at all. */
  greet: (socket: WebSocket, id: unknown) => void
}

export class Fake extends Context.Service<Fake, Answering>()("test/Fake") {}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))

export const text =
  (status: number, body: string): Handler =>
  (_, response) =>
    void response.writeHead(status, { "content-type": "text/html" }).end(body)

/** Answers to a change that are none, by what they are; one is the half of what a good one would be. */
export const noAnswers = (good: object): ReadonlyArray<readonly [name: string, answer: Handler]> => [
  ["HTML with 200", text(200, "<html>Welcome</html>")],
  ["half of a JSON", text(200, JSON.stringify(good).slice(0, 40))],
  ["nothing", text(200, "")],
  [
    "a body that is cut",
    ({ socket }, response) =>
      void response.writeHead(200, { "content-length": "500" }).write("{", () => socket.destroy())
  ],
  ["no body, and the socket closed", (request) => request.socket.destroy()],
  ["an array", json(200, [])],
  ["null", json(200, null)],
  ["502 of a proxy", text(502, "<html>Bad Gateway</html>")],
  ["-1007", json(504, { code: -1007, msg: "Timeout waiting for response from backend server." })],
  ["-1000 with 400", json(400, { code: -1000, msg: "An unknown error occurred while processing the request." })],
  ["a redirect", (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:9/" }).end()],
  ["400 that says nothing", text(400, "bad")]
]

const account = { uid: 7, canTrade: true, balances: [{ asset: "USDT", free: "100.00000000", locked: "0.00000000" }] }

const fake = Layer.effect(
  Fake,
  Effect.acquireRelease(
    Effect.promise(async () => {
      const answers = new Map<string, Handler>()
      const asked: Array<string> = []
      const server = createServer((request, response) => {
        const route = `${request.method} ${request.url?.split("?")[0]}`
        asked.push(route)
        const known = answers.get(route) ?? json(404, { code: -1, msg: "no such route" })
        known(request, response)
      }).listen(0, "127.0.0.1")
      const sockets = new WebSocketServer({ server })
      await once(server, "listening")
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const greet = (socket: WebSocket, id: unknown) =>
        socket.send(JSON.stringify({ id, status: 200, result: { subscriptionId: 0 } }))
      const made = { url, answers, asked, greet, server, sockets }
      sockets.on("connection", (socket) =>
        socket.on("message", (data) => made.greet(socket, JSON.parse(String(data)).id))
      )
      return made
    }),
    ({ server, sockets }) =>
      Effect.sync(() => {
        sockets.clients.forEach((socket) => socket.terminate())
        sockets.close()
        server.closeAllConnections()
        server.close()
      })
  )
)

/** The adapter over it; a test has one of its own. */
export const exchange = Layer.unwrap(
  Effect.map(Fake, ({ answers, url }) => {
    answers.set("GET /api/v3/time", (_, response) => json(200, { serverTime: Date.now() })(_, response))
    answers.set("GET /api/v3/account", json(200, account))
    const settings = { EXCHANGE: "binance", BINANCE_REST_URL: url, BINANCE_WS_API_URL: url.replace("http", "ws") }
    return BinanceExchange.layer.pipe(Layer.provide(Settings.layer(settings)))
  })
).pipe(Layer.provideMerge(fake), Layer.provide(ExchangeAccounts.layerMemory), Layer.provideMerge(Vault.layerMemory))

export const ann = AccountId.make("ann")

/** An exchange whose account is open, and the answers that it gives. */
export const opened = Effect.gen(function* () {
  const keys = { apiKey: Redacted.make("key"), secretKey: Redacted.make("secret") }
  yield* (yield* Vault).put(ann, keys)
  const [served, desk] = [yield* Fake, yield* Exchange]
  yield* desk.open(ann)
  return { ...desk, served }
})

export const isolated = <A, E>(test: Effect.Effect<A, E, Fake | Exchange | Vault | Scope.Scope>) =>
  Effect.provide(test, Layer.fresh(exchange))
