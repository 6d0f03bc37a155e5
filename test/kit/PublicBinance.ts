// A small server on a free port that speaks Binance's public REST and combined streams, and says what a test tells it to.
import { Effect, Queue, type Scope } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"

export interface PublicBinance {
  readonly restUrl: string
  readonly streamUrl: string
  /** The topics of each subscription, as it comes in. */
  readonly subscriptions: Queue.Dequeue<ReadonlyArray<string>>
  /** The path and query of each REST call, as it comes in. */
  readonly calls: Queue.Dequeue<URL>
  /** Answers of REST calls by path; a function sees the query. */
  readonly answers: Map<string, (query: URLSearchParams) => unknown>
  /** Sends to every connected client, in the combined envelope. */
  readonly say: (stream: string, data: unknown) => void
  /** Cuts every connection without a word. */
  readonly cut: () => void
  /** Cuts the oldest connection without a word. */
  readonly cutOldest: () => void
  /** Connections there are now. */
  readonly connections: () => number
  /** From now on connections are turned away. */
  readonly refuse: () => void
  readonly admit: () => void
  readonly refused: Queue.Dequeue<void>
  /** A connection has ended. */
  readonly ended: Queue.Dequeue<void>
}

export const start: Effect.Effect<PublicBinance, never, Scope.Scope> = Effect.gen(function* () {
  const subscriptions = yield* Queue.sliding<ReadonlyArray<string>>(100)
  const calls = yield* Queue.sliding<URL>(1_000)
  const answers: PublicBinance["answers"] = new Map([["/api/v3/ping", () => ({})]])
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost")
    Queue.offerUnsafe(calls, url)
    const answer = answers.get(url.pathname)
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" })
    response.end(JSON.stringify(answer === undefined ? { code: -1, msg: "no such path" } : answer(url.searchParams)))
  })
  const sockets = new WebSocketServer({ server, path: "/stream" })
  const ended = yield* Queue.sliding<void>(100)
  const refused = yield* Queue.sliding<void>(100)
  let refusing = false
  sockets.on("connection", (socket) => {
    if (refusing) {
      Queue.offerUnsafe(refused, undefined)
      return socket.terminate()
    }
    socket.on("close", () => Queue.offerUnsafe(ended, undefined))
    socket.on("message", (data) => {
      const { id, method, params } = JSON.parse(String(data)) as { id: number; method: string; params: Array<string> }
      socket.send(JSON.stringify({ result: null, id }))
      if (method === "SUBSCRIBE") Queue.offerUnsafe(subscriptions, params)
    })
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () =>
      Effect.promise(() => {
        for (const socket of sockets.clients) socket.terminate()
        server.closeAllConnections()
        return new Promise((resolve) => server.close(resolve))
      })
  )
  const { port } = server.address() as AddressInfo
  return {
    restUrl: `http://127.0.0.1:${port}`,
    streamUrl: `ws://127.0.0.1:${port}`,
    subscriptions,
    calls,
    answers,
    say: (stream, data) => {
      for (const socket of sockets.clients) socket.send(JSON.stringify({ stream, data }))
    },
    cutOldest: () => {
      for (const socket of sockets.clients) return socket.terminate()
    },
    connections: () => sockets.clients.size,
    ended,
    refuse: () => void (refusing = true),
    admit: () => void (refusing = false),
    refused,
    cut: () => {
      for (const socket of sockets.clients) socket.terminate()
    }
  }
})
