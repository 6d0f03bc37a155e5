// Signed calls to Binance's REST API: a timestamp and a window on each, a deadline on each, patience where Binance asks for it.
import { Clock, Effect, Metric, type Scope, Semaphore } from "effect"
import { Redacted } from "effect"
import { ExchangeError, NotSent, RateLimited } from "../../ports/Exchange.ts"
import * as HttpCalls from "./HttpCalls.ts"
import type { Proxy } from "./Proxy.ts"
import * as ServerClock from "./ServerClock.ts"
import { type Params, queryOf, type Signer } from "./Signing.ts"
import { OUTSIDE_WINDOW, refusalCode, verdict } from "./Verdict.ts"

/** An order enters the engine this soon after its timestamp, or never: what bounds how long it can be on its way (I4). */
export const RECV_WINDOW_MILLIS = 2_000
/** A call that changes something: after this its fate is looked for instead. */
const WRITE_DEADLINE_MILLIS = 5_000
/** Binance itself gives up after 10 s. */
const READ_DEADLINE_MILLIS = 12_000
/** A call refused for its time is made again with the right one, if that is at most this much later than the first. */
export const HEALED_WITHIN_MILLIS = 1_000
/** Calls under way at once: changes beyond it are refused, questions wait. */
const MAX_WRITES = 200
const MAX_READS = 32
/** Of 6,000 a minute; above this, questions wait for the next minute and only changes are let through. */
const WEIGHT_FOR_QUESTIONS = 5_400
const MINUTE = 60_000

export type Method = HttpCalls.HttpRequest["method"]

export interface SignedRest {
  readonly clock: ServerClock.ServerClock
  /** A question without signature. */
  readonly ask: (path: string, params?: Params) => Effect.Effect<unknown, ExchangeError>
  readonly question: (signer: Signer, path: string, params?: Params) => Effect.Effect<unknown, ExchangeError>
  /**
   * What changes something. Refused for its time, it was not executed: the clock is healed and it is made once more. `bounded` does so
   * only where that cannot make it arrive later than anyone reckons with.
   */
  readonly change: (
    signer: Signer,
    method: "POST" | "PUT" | "DELETE",
    path: string,
    params: Params,
    bounded: boolean
  ) => Effect.Effect<unknown, ExchangeError>
}

const calls = Metric.counter("outcry_binance_calls_total", {
  description: "Calls to Binance's REST API",
  incremental: true
})

export const make = Effect.fnUntraced(function* (
  baseUrl: string,
  proxy: Proxy
): Effect.fn.Return<SignedRest, never, Scope.Scope> {
  const http = yield* HttpCalls.make(baseUrl, proxy)
  const reads = yield* Semaphore.make(MAX_READS)
  let writes = 0
  /** Epoch milliseconds on our clock. */
  let patientUntil = 0
  const weight = { used: 0, minute: 0 }

  const mayGo = (changes: boolean) =>
    Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<void, ExchangeError> => {
      const wait = Math.max(
        patientUntil - now,
        !changes && weight.used > WEIGHT_FOR_QUESTIONS && weight.minute === minuteOf(now)
          ? (minuteOf(now) + 1) * MINUTE - now
          : 0
      )
      return wait <= 0 ? Effect.void : failed(new RateLimited({ retryAfterMillis: wait }))
    })

  const send = Effect.fnUntraced(function* (request: HttpCalls.HttpRequest) {
    yield* mayGo(request.method !== "GET")
    yield* Metric.update(calls, 1)
    const answer = yield* Effect.mapError(http(request), (reason) => new ExchangeError({ reason }))
    const now = yield* Clock.currentTimeMillis
    const used = answer.headers["x-mbx-used-weight-1m"]
    if (typeof used === "string" && /^\d{1,9}$/.test(used))
      Object.assign(weight, { used: Number(used), minute: minuteOf(now) })
    return yield* Effect.tapError(verdict(answer), ({ reason }) =>
      Effect.sync(() => {
        // Too many orders (-1015) is told of the account; too much asked, of this whole machine.
        if (reason._tag !== "RateLimited" || answer.body.includes("-1015")) return
        patientUntil = Math.max(patientUntil, now + reason.retryAfterMillis)
      })
    )
  })

  const ask = (path: string, params: Params = {}) => {
    const query = queryOf(params)
    const request = { method: "GET" as const, path: query === "" ? path : `${path}?${query}`, headers: {} }
    return send({ ...request, deadlineMillis: READ_DEADLINE_MILLIS })
  }
  const clock = yield* ServerClock.make(ask("/api/v3/time"))
  const stamp = Effect.map(Clock.currentTimeMillis, (now) => now + clock.offsetMillis())

  const signed = (signer: Signer, method: Method, path: string, params: Params, timestamp: number) => {
    const query = queryOf({ ...params, recvWindow: RECV_WINDOW_MILLIS, timestamp })
    return send({
      method,
      path: `${path}?${query}&signature=${encodeURIComponent(signer.sign(query))}`,
      headers: { "x-mbx-apikey": Redacted.value(signer.apiKey) },
      deadlineMillis: method === "GET" ? READ_DEADLINE_MILLIS : WRITE_DEADLINE_MILLIS
    })
  }

  const timed = Effect.fnUntraced(function* (
    signer: Signer,
    method: Method,
    path: string,
    params: Params,
    latest: number
  ) {
    const first = yield* stamp
    return yield* Effect.catchIf(
      signed(signer, method, path, params, first),
      (error) => refusalCode(error) === OUTSIDE_WINDOW,
      (error) =>
        Effect.gen(function* () {
          yield* clock.heal
          const second = yield* stamp
          return yield* second - first > latest ? Effect.fail(error) : signed(signer, method, path, params, second)
        })
    )
  })

  return {
    clock,
    ask: (path, params) => reads.withPermits(1)(ask(path, params)),
    question: (signer, path, params = {}) =>
      reads.withPermits(1)(timed(signer, "GET", path, params, Number.POSITIVE_INFINITY)),
    change: (signer, method, path, params, bounded) =>
      Effect.suspend(() => {
        if (writes >= MAX_WRITES) {
          return failed(
            new NotSent({ message: "Too many calls to Binance are under way; nothing was sent. Try again." })
          )
        }
        writes++
        const latest = bounded ? HEALED_WITHIN_MILLIS : Number.POSITIVE_INFINITY
        return Effect.ensuring(
          timed(signer, method, path, params, latest),
          Effect.sync(() => void writes--)
        )
      })
  }
})

const minuteOf = (now: number): number => Math.floor(now / MINUTE)

const failed = (reason: ExchangeError["reason"]) => Effect.fail(new ExchangeError({ reason }))
