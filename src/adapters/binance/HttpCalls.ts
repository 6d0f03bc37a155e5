// One HTTP request at a time, told apart by what is known of it afterwards: never sent, answered, or lost. Nothing is ever sent twice.
import { Effect, type Scope } from "effect"
import * as http from "node:http"
import * as https from "node:https"
import { NotSent, OutcomeUnknown } from "../../ports/Exchange.ts"
import { agentOf, type Proxy } from "./Proxy.ts"
import { ProxyFailed } from "./Tunnel.ts"

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** With its query; it holds a signature, so it is repeated nowhere. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly deadlineMillis: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

export type HttpCalls = (request: HttpRequest) => Effect.Effect<HttpAnswer, NotSent | OutcomeUnknown>

/** Bytes of an answer. The description of all symbols is the largest. */
const MAX_BODY = 32 * 1024 * 1024
/** Sockets to the exchange at once. */
const MAX_SOCKETS = 256
/** A socket unused for longer is not used again: the other side may be closing it, and an order sent there would be in doubt. */
const IDLE_MILLIS = 4_000

/**
 * `node:http` rather than `fetch` or a client library: it never sends again by itself, and it says whether a socket was ever connected,
 * which is what tells an order that never left from one in doubt. Redirects are not followed: a signature goes nowhere else.
 */
export const make = Effect.fnUntraced(function* (
  baseUrl: string,
  proxy: Proxy
): Effect.fn.Return<HttpCalls, never, Scope.Scope> {
  const base = new URL(baseUrl)
  const secure = base.protocol === "https:"
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: 16, timeout: IDLE_MILLIS }
  const agent = agentOf(proxy, secure, options)
  yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
  const prefix = base.pathname.replace(/\/$/, "")

  return ({ deadlineMillis, headers, method, path }) =>
    Effect.suspend(() => {
      const progress = { connected: false }
      const sent = Effect.callback<HttpAnswer, NotSent | OutcomeUnknown>((resume) => {
        const request = (secure ? https : http).request(
          {
            protocol: base.protocol,
            hostname: base.hostname,
            port: base.port,
            path: prefix + path,
            method,
            agent,
            headers: { accept: "application/json", ...headers, ...(method === "GET" ? {} : { "content-length": "0" }) }
          },
          (response) => read(response, (answer) => resume(answer))
        )
        request.once("socket", (socket) => {
          if (!socket.connecting) progress.connected = true
          else socket.once(secure ? "secureConnect" : "connect", () => void (progress.connected = true))
        })
        request.on("error", (error: NodeJS.ErrnoException) =>
          resume(Effect.fail(error instanceof ProxyFailed ? unsent(error) : broken(progress.connected, error.code)))
        )
        request.end()
        return Effect.sync(() => request.destroy())
      })
      return Effect.timeoutOrElse(sent, {
        duration: deadlineMillis,
        orElse: () => Effect.fail(broken(progress.connected, undefined))
      })
    })
})

const read = (
  response: http.IncomingMessage,
  done: (answer: Effect.Effect<HttpAnswer, OutcomeUnknown>) => void
): void => {
  const chunks: Array<Buffer> = []
  let size = 0
  response.on("data", (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_BODY) return void chunks.push(chunk)
    done(Effect.fail(new OutcomeUnknown({ message: "The exchange's answer was too large to be one." })))
    response.destroy()
  })
  response.once("end", () => {
    // A body that was cut also ends.
    if (!response.complete) return done(Effect.fail(broken(true, "cut") as OutcomeUnknown))
    const { headers, statusCode } = response
    done(Effect.succeed({ status: statusCode ?? 0, headers, body: Buffer.concat(chunks).toString("utf8") }))
  })
  response.once("error", () => done(Effect.fail(broken(true, "cut") as OutcomeUnknown)))
}

const unsent = ({ message }: ProxyFailed) => new NotSent({ message: `${message} Nothing was sent.` })

const broken = (connected: boolean, code: string | undefined): NotSent | OutcomeUnknown => {
  if (!connected) {
    return new NotSent({ message: `Binance cannot be reached (${code ?? "no connection in time"}); nothing was sent.` })
  }
  const message =
    code === undefined
      ? "Binance did not answer in time."
      : `The connection to Binance broke before its answer came (${code}).`
  return new OutcomeUnknown({ message })
}
