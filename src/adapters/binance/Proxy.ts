// Agents of Node's HTTP client whose connections go through the proxy of BINANCE_PROXY, where there is one.
import { Redacted } from "effect"
import * as http from "node:http"
import * as https from "node:https"
import { tunnel } from "./Tunnel.ts"

/** An address that Config has read: it may hold a password. */
export type Proxy = Redacted.Redacted | undefined

/** Until the connection is there, with TLS where the host behind the proxy speaks it. */
const CONNECTED_WITHIN_MILLIS = 4_000

/** For `https:` and `wss:` where `secure`. Without a proxy it connects by itself. */
export const agentOf = (proxy: Proxy, secure: boolean, options: https.AgentOptions = {}): http.Agent => {
  if (proxy === undefined) return secure ? new https.Agent(options) : new http.Agent(options)
  const url = new URL(Redacted.value(proxy))
  return secure ? new SecureTunnels(url, options) : new Tunnels(url, options)
}

/** Of a WebSocket client: nothing where it needs none. */
export const socketOptions = (proxy: Proxy, url: string): { readonly agent?: http.Agent } =>
  proxy === undefined ? {} : { agent: agentOf(proxy, url.startsWith("wss:")) }

type Connected = NonNullable<Parameters<http.Agent["createConnection"]>[1]>
const nobody: Connected = () => undefined

/** Failing, a callback gets no stream, though its type says so. */
const fail = (callback: Connected, error: Error) => (callback as (error: Error) => void)(error)

/** `usualPort` where none is named. */
const tunnelTo = (proxy: URL, { host, port }: http.RequestOptions, usualPort: number, signal: AbortSignal) =>
  tunnel(proxy, host ?? "localhost", Number(port ?? usualPort), signal)

class Tunnels extends http.Agent {
  readonly #proxy: URL

  constructor(proxy: URL, options: http.AgentOptions) {
    super(options)
    this.#proxy = proxy
  }

  override createConnection(options: http.ClientRequestArgs, callback: Connected = nobody): undefined {
    const signal = AbortSignal.timeout(CONNECTED_WITHIN_MILLIS)
    tunnelTo(this.#proxy, options, 80, signal).then(
      (socket) => callback(null, socket),
      (error: Error) => fail(callback, error)
    )
  }
}

class SecureTunnels extends https.Agent {
  readonly #proxy: URL

  constructor(proxy: URL, options: https.AgentOptions) {
    super(options)
    this.#proxy = proxy
  }

  /** Handed over once TLS is agreed upon: before that, nothing can have been sent. */
  override createConnection(options: https.RequestOptions, callback: Connected = nobody): undefined {
    const signal = AbortSignal.timeout(CONNECTED_WITHIN_MILLIS)
    tunnelTo(this.#proxy, options, 443, signal).then(
      (socket) => {
        const through = { ...options, socket } as https.RequestOptions
        const secured = super.createConnection(through)
        if (secured === null || secured === undefined) return fail(callback, new Error("no socket"))
        const onAbort = () => secured.destroy(new Error("no TLS in time"))
        const onError = (error: Error) => fail(callback, error)
        signal.addEventListener("abort", onAbort)
        secured.once("error", onError)
        secured.once("secureConnect", () => {
          signal.removeEventListener("abort", onAbort)
          secured.off("error", onError)
          callback(null, secured)
        })
      },
      (error: Error) => fail(callback, error)
    )
  }
}
