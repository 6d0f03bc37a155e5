// Keeps background work alive. Effect fibers die silently: everything long-lived runs under `keepAlive`.
import { Cause, Clock, Context, Effect, Layer, Metric, Ref, Schedule, type Scope } from "effect"

/** What supervision knows of one layer. `since` is epoch milliseconds of the last change of state. */
export interface LayerState {
  readonly name: string
  readonly state: "starting" | "running" | "restarting"
  readonly restarts: number
  readonly since: number
  /** The last failure in one line; empty before the first. */
  readonly lastFailure: string
}

const backoff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("10 seconds")]).pipe(
  Schedule.jittered
)

/** A run this long counts as healthy: the next failure waits the shortest time again. */
const HEALTHY_MILLIS = 30_000

const restarts = Metric.counter("outcry_layer_restarts_total", {
  description: "Restarts of supervised layers",
  incremental: true
})

export class Supervisor extends Context.Service<
  Supervisor,
  {
    /**
     * Runs `work` in the caller's scope for as long as that lasts. A failure or defect is logged with its cause and `work` starts
     * again after a backoff; an end without failure is treated the same, because nothing supervised is meant to end.
     */
    readonly keepAlive: <E, R>(
      name: string,
      work: Effect.Effect<unknown, E, R>
    ) => Effect.Effect<void, never, R | Scope.Scope>
    readonly states: Effect.Effect<ReadonlyArray<LayerState>>
    /** Called by the work itself once it does its job, so that readiness can be told from starting. */
    readonly ready: (name: string) => Effect.Effect<void>
  }
>()("outcry/layers/Supervisor") {
  static readonly layer = Layer.effect(
    Supervisor,
    Effect.gen(function* () {
      const table = yield* Ref.make<ReadonlyMap<string, LayerState>>(new Map())
      const change = (name: string, update: (state: LayerState) => Partial<LayerState>) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Ref.update(table, (states) => {
            const state = states.get(name) ?? { name, state: "starting", restarts: 0, since: now, lastFailure: "" }
            return new Map(states).set(name, { ...state, since: now, ...update(state) })
          })
        )
      const recordFailure = (name: string, cause: Cause.Cause<unknown>) =>
        Effect.all([
          Effect.logError(`${name} failed and starts again`, cause),
          Metric.update(Metric.withAttributes(restarts, { layer: name }), 1),
          change(name, (state) => ({
            state: "restarting",
            restarts: state.restarts + 1,
            lastFailure: Cause.pretty(cause).split("\n", 1)[0] ?? ""
          }))
        ])
      const keepAlive = Effect.fnUntraced(function* <E, R>(name: string, work: Effect.Effect<unknown, E, R>) {
        yield* change(name, () => ({ state: "starting" }))
        const ended = Effect.die(new Error(`${name} ended although it is meant to run for good`))
        const attempt = Effect.gen(function* () {
          const startedAt = yield* Clock.currentTimeMillis
          const cause = yield* Effect.scoped(work).pipe(Effect.andThen(ended), Effect.sandbox, Effect.flip)
          if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
          yield* recordFailure(name, cause)
          const healthy = (yield* Clock.currentTimeMillis) - startedAt > HEALTHY_MILLIS
          return yield* Effect.fail({ healthy })
        })
        // A schedule never forgets its failures, so a healthy run leaves the inner retry and the outer one begins a fresh backoff.
        yield* attempt.pipe(
          Effect.retry({ schedule: backoff, while: ({ healthy }) => !healthy }),
          Effect.retry({ while: ({ healthy }) => healthy }),
          Effect.forkScoped
        )
      })
      return {
        keepAlive,
        states: Effect.map(Ref.get(table), (states) => [...states.values()]),
        ready: (name) => change(name, () => ({ state: "running" }))
      }
    })
  )
}
