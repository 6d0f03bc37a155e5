// Signed calls to Binance's REST API: through the governor, with a timestamp and a window on each, and a deadline on each.
import { Clock, Context, Effect, Layer, Metric, Option, Redacted, type Scope } from "effect"
import { Config } from "../../Config.ts"
import { Events } from "../../ports/Events.ts"
import type { ExchangeError } from "../../ports/Exchange.ts"
import { costOf } from "./CallCost.ts"
import * as Governor from "./Governor.ts"
import * as HttpCalls from "./HttpCalls.ts"
import type { Lane } from "./Lanes.ts"
import * as LearntLimits from "./LearntLimits.ts"
import * as OneAddress from "./OneAddress.ts"
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

export type Method = HttpCalls.HttpRequest["method"]

export interface SignedRest {
  readonly clock: ServerClock.ServerClock
  readonly governor: Governor.Governor
  /** The clock is measured, and the limits are learnt, unless they were before. */
  readonly prepared: Effect.Effect<void, ExchangeError>
  /** A question without signature. */
  readonly ask: (path: string, params?: Params) => Effect.Effect<unknown, ExchangeError>
  /** `lane` where it is not the path's own: a question without which something more urgent cannot be done. */
  readonly question: (
    signer: Signer,
    path: string,
    params?: Params,
    lane?: Lane
  ) => Effect.Effect<unknown, ExchangeError>
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
  proxy: Proxy,
  onStop?: (stopped: Governor.Stopped) => Effect.Effect<void>
): Effect.fn.Return<SignedRest, never, Scope.Scope> {
  const http = yield* HttpCalls.make(baseUrl, proxy)
  const offset = { millis: () => 0 }
  const governor = yield* Governor.make(() => offset.millis(), onStop)

  const ask = (path: string, params: Params = {}) => {
    const query = queryOf(params)
    const request = {
      method: "GET" as const,
      path: query === "" ? path : `${path}?${query}`,
      headers: {},
      deadlineMillis: READ_DEADLINE_MILLIS
    }
    const asked = { cost: costOf("GET", path, params), account: undefined, patient: false }
    return Effect.flatMap(governor.through(asked, counted(http(request))), verdict)
  }
  const clock = yield* ServerClock.make(ask("/api/v3/time"))
  offset.millis = clock.offsetMillis
  // Of symbols that are halted, so of hardly any: only its limits are wanted.
  const limits = yield* LearntLimits.make(ask("/api/v3/exchangeInfo", { symbolStatus: "HALT" }), governor.budget)
  const stamp = Effect.map(Clock.currentTimeMillis, (now) => now + clock.offsetMillis())

  /** Stamped when it has its turn, so that no wait eats up its window. The first stamp is kept in `sent`. */
  const signed = (signer: Signer, { asked, method, params, path, sent }: Signed) =>
    Effect.flatMap(
      governor.through(
        asked,
        Effect.flatMap(stamp, (timestamp) => {
          sent.first ??= timestamp
          const query = queryOf({ ...params, recvWindow: RECV_WINDOW_MILLIS, timestamp })
          return counted(
            http({
              method,
              path: `${path}?${query}&signature=${encodeURIComponent(signer.sign(query))}`,
              headers: { "x-mbx-apikey": Redacted.value(signer.apiKey) },
              deadlineMillis: method === "GET" ? READ_DEADLINE_MILLIS : WRITE_DEADLINE_MILLIS
            })
          )
        })
      ),
      verdict
    )

  /** Made again at most `latest` after it was made first. */
  const timed = (signer: Signer, call: Signed, latest: number) =>
    Effect.catchIf(
      signed(signer, call),
      (error) => refusalCode(error) === OUTSIDE_WINDOW,
      (error) =>
        Effect.gen(function* () {
          // Where the clock cannot be asked, the refusal is what is known.
          yield* Effect.mapError(clock.heal, () => error)
          const second = yield* stamp
          if (second - (call.sent.first ?? second) > latest) return yield* Effect.fail(error)
          return yield* signed(signer, call)
        })
    )

  return {
    clock,
    governor,
    prepared: Effect.andThen(clock.measured, limits),
    ask,
    question: (signer, path, params = {}, lane) => {
      const cost = costOf("GET", path, params)
      const asked = { cost: lane === undefined ? cost : { ...cost, lane }, account: undefined, patient: false }
      return Effect.suspend(() =>
        timed(signer, { method: "GET", path, params, asked, sent: {} }, Number.POSITIVE_INFINITY)
      )
    },
    change: (signer, method, path, params, bounded) => {
      const asked = {
        cost: costOf(method, path, params),
        account: Redacted.value(signer.apiKey),
        // What nobody reckons to be over by some time can come a moment late.
        patient: !bounded
      }
      const latest = bounded ? HEALED_WITHIN_MILLIS : Number.POSITIVE_INFINITY
      return Effect.suspend(() => timed(signer, { method, path, params, asked, sent: {} }, latest))
    }
  }
})

/**
 * The one of this process: whoever asks by it shares its limits, its clock and its sockets. What Binance wants from nobody at its address is
 * shared with the desk's other processes, where there is a way to them.
 */
export class Shared extends Context.Service<Shared, SignedRest>()("outcry/adapters/binance/SignedRest") {}

export const layer: Layer.Layer<Shared, never, Config> = Layer.effect(
  Shared,
  Effect.gen(function* () {
    const { binance } = yield* Config
    const { restUrl, proxy } = binance
    const events = Option.getOrUndefined(yield* Effect.serviceOption(Events))
    if (events === undefined) return yield* make(restUrl, proxy)
    const address = OneAddress.addressOf(restUrl, proxy)
    const rest = yield* make(restUrl, proxy, OneAddress.tell(events, address))
    yield* OneAddress.hear(events, address, rest.governor)
    return rest
  })
)

interface Signed {
  readonly method: Method
  readonly path: string
  readonly params: Params
  readonly asked: Governor.Asked
  /** On Binance's clock. */
  readonly sent: { first?: number }
}

const counted = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.andThen(Metric.update(calls, 1), call)
