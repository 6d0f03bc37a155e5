// A WebSocket to Binance that is open, directly or through the proxy, or the sentence why it is not.
import { Effect, type Scope } from "effect"
import { type RawData, WebSocket } from "ws"
import { ExchangeError, NotSent } from "../../ports/Exchange.ts"
import { type Proxy, socketOptions } from "./Proxy.ts"
import { ProxyFailed } from "./Tunnel.ts"
import { turnedAway } from "./Verdict.ts"

/** `maxPayload`: bytes of a frame. */
const OPTIONS = { maxPayload: 1024 * 1024, perMessageDeflate: false, followRedirects: false }
const OPENED_WITHIN = "4 seconds"

/** Cut when the scope closes. `what` it is, for the sentence: "private stream". */
export const openSocket = (
  url: string,
  proxy: Proxy,
  what: string
): Effect.Effect<WebSocket, ExchangeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<WebSocket, ExchangeError>((resume) => {
      const socket = new WebSocket(url, { ...OPTIONS, ...socketOptions(proxy, url) })
      socket.once("open", () => resume(Effect.succeed(socket)))
      socket.once("unexpected-response", (request, { statusCode = 0 }) => {
        resume(Effect.fail(notConnected(turnedAway(statusCode))))
        request.destroy()
      })
      socket.on("error", (error) => resume(Effect.fail(notConnected(unreachable(what, error)))))
      return Effect.sync(() => discard(socket))
    }).pipe(
      Effect.timeoutOrElse({
        duration: OPENED_WITHIN,
        orElse: () => Effect.fail(notConnected(`Binance's ${what} did not open in time.`))
      })
    ),
    (socket) => Effect.sync(() => discard(socket)),
    { interruptible: true }
  )

/** An error of the network names an address; of it, only its code is repeated. */
const unreachable = (what: string, error: NodeJS.ErrnoException): string =>
  `Binance's ${what} cannot be reached${error instanceof ProxyFailed ? `. ${error.message}` : ` (${error.code ?? "no reason was given"}).`}`

export const discard = (socket: WebSocket): void => {
  socket.removeAllListeners()
  // What is torn down while it connects says so by an error.
  socket.on("error", () => undefined)
  socket.terminate()
}

export const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString("utf8")

export const notConnected = (message: string) => new ExchangeError({ reason: new NotSent({ message }) })
