// Binance's public REST calls through its SDK, with failures as sentences.
import { Effect } from "effect"
import { MarketSourceError } from "../../ports/MarketSource.ts"
import { type CallCost, costOf } from "./CallCost.ts"
import type { Governor } from "./Governor.ts"
import { agentOf, type Proxy } from "./Proxy.ts"
import * as Sdk from "./Sdk.ts"
import { ProxyFailed } from "./Tunnel.ts"
import { retryAfterMillis, turnedAway } from "./Verdict.ts"

export interface PublicRest {
  /** The raw JSON of a GET without signature. */
  readonly get: (
    path: string,
    query: Readonly<Record<string, string | number>>
  ) => Effect.Effect<unknown, MarketSourceError>
}

/** The server gives up after 10 s. */
const TIMEOUT_MILLIS = 12_000

/** Loads the SDK. `baseUrl` has no slash at its end. Orders go before the market: with a `governor`, it is asked what may be asked. */
export const connect = (baseUrl: string, proxy: Proxy, governor?: Governor): Effect.Effect<PublicRest> =>
  Effect.map(Sdk.load, ({ MainClient }) => {
    const client = new MainClient(
      // Time sync would dial the public host whatever the base URL is; public calls need none.
      {
        baseUrl,
        disableTimeSync: true,
        parseExceptions: false,
        filterUndefinedParams: true,
        beautifyResponses: false
      },
      {
        timeout: TIMEOUT_MILLIS,
        proxy: false,
        ...(proxy === undefined ? {} : { httpAgent: agentOf(proxy, false), httpsAgent: agentOf(proxy, true) })
      }
    )
    return {
      get: (path, query) => {
        const call = Effect.tryPromise({
          try: (): Promise<unknown> => client.get(path, query),
          catch: (cause) => cause
        })
        return (governor === undefined ? call : governed(governor, costOf("GET", `/${path}`, query), call)).pipe(
          Effect.mapError((cause) =>
            cause instanceof MarketSourceError
              ? cause
              : new MarketSourceError({ message: `Binance did not answer ${path}: ${reasonOf(cause)}.` })
          )
        )
      }
    }
  })

/** The SDK does not show what was used, but what it fails with says for how long nobody should ask. */
const governed = (governor: Governor, cost: CallCost, call: Effect.Effect<unknown, unknown>) =>
  governor.spend(cost).pipe(
    Effect.mapError(
      () => new MarketSourceError({ message: "Binance's limits leave no room for the market now; it is asked later." })
    ),
    Effect.andThen(
      Effect.tapError(call, (cause) => {
        const { headers = {}, status } = (cause as Failure | undefined)?.response ?? {}
        return status === 429 || status === 418
          ? governor.toldToWait(retryAfterMillis({ headers }), status === 418)
          : Effect.void
      })
    )
  )

interface Failure {
  readonly response?: {
    readonly status?: unknown
    readonly data?: unknown
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly code?: unknown
  readonly cause?: unknown
}

/** The SDK throws axios errors, plain objects and strings; of each only what cannot hold a secret is repeated. */
const reasonOf = (cause: unknown): string => {
  if (typeof cause !== "object" || cause === null) return "the request could not be made"
  const { cause: deeper, code, response } = cause as Failure
  if (deeper instanceof ProxyFailed) return deeper.message.slice(0, -1)
  if (response !== undefined) {
    const { data, status } = response
    if (status === 451 || status === 403) return turnedAway(status).slice(0, -1)
    const message = typeof data === "object" && data !== null && "msg" in data ? String(data.msg).slice(0, 200) : ""
    return message === "" ? `status ${String(status)}` : `status ${String(status)}, ${message}`
  }
  return code === "ECONNABORTED" ? "no answer in time" : `it cannot be reached (${String(code ?? "unknown reason")})`
}
