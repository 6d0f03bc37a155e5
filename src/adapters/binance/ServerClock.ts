// How far Binance's clock is ahead of ours: measured before the first signed call, then every few minutes and whenever Binance minds.
import { Clock, Effect, Metric, Option, Schedule, Schema, type Scope, Semaphore } from "effect"
import type { ExchangeError } from "../../ports/Exchange.ts"
import * as Wire from "./TradingWire.ts"
import { unknown } from "./Verdict.ts"

export interface ServerClock {
  /** Milliseconds; 0 before it was measured. */
  readonly offsetMillis: () => number
  /** Asked now: epoch milliseconds. */
  readonly time: Effect.Effect<number, ExchangeError>
  /** Measures unless it was before. */
  readonly measured: Effect.Effect<void, ExchangeError>
  /** Measures anew, because Binance refused our time; counted each time. */
  readonly heal: Effect.Effect<void, ExchangeError>
}

const SAMPLES = 3
const EVERY = "2 minutes"

const decodeTime = Schema.decodeUnknownOption(Schema.Struct({ serverTime: Wire.WholeNumber }))

const healed = Metric.counter("outcry_binance_clock_healed_total", {
  description: "Times that Binance refused our clock and it was measured anew",
  incremental: true
})

/** `ask` is GET /api/v3/time. */
export const make = Effect.fnUntraced(function* (
  ask: Effect.Effect<unknown, ExchangeError>
): Effect.fn.Return<ServerClock, never, Scope.Scope> {
  let offset: number | undefined
  /** Of the last measurement that ended. */
  let measurement = 0
  const one = yield* Semaphore.make(1)

  const time = Effect.flatMap(ask, (json) =>
    Option.match(decodeTime(json), {
      onNone: () => unknown("Binance's clock cannot be read."),
      onSome: ({ serverTime }) => Effect.succeed(serverTime)
    })
  )
  /** The sample that came back fastest is the nearest to the truth. */
  const measure = Effect.fnUntraced(function* (samples: number) {
    let [best, found] = [Number.POSITIVE_INFINITY, 0]
    for (let sample = 0; sample < samples; sample++) {
      const sent = yield* Clock.currentTimeMillis
      const there = yield* time
      const back = yield* Clock.currentTimeMillis
      if (back - sent >= best) continue
      best = back - sent
      found = Math.round(there - (sent + back) / 2)
    }
    offset = found
    measurement++
  })

  yield* measure(SAMPLES).pipe(
    Effect.catch(() => Effect.logDebug("Binance's clock could not be measured; it is tried again")),
    Effect.delay(EVERY),
    Effect.repeat(Schedule.forever),
    Effect.forkScoped
  )
  return {
    offsetMillis: () => offset ?? 0,
    time,
    measured: Effect.suspend(() =>
      offset === undefined
        ? one.withPermits(1)(Effect.suspend(() => (offset === undefined ? measure(SAMPLES) : Effect.void)))
        : Effect.void
    ),
    heal: Effect.suspend(() => {
      const before = measurement
      // Whoever was refused together is healed together.
      const once = Effect.suspend(() => (measurement > before ? Effect.void : measure(1)))
      return Effect.andThen(Metric.update(healed, 1), one.withPermits(1)(once))
    })
  }
})
