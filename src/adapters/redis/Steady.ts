// Background work of an adapter that is meant to run for good.
import { Cause, Effect, type Scope } from "effect"

/** Forks `work` into the scope. A defect is logged with its cause, and `work` starts again after a second. */
export const steadily = <R>(
  name: string,
  work: Effect.Effect<never, never, R>
): Effect.Effect<void, never, R | Scope.Scope> =>
  work.pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.andThen(Effect.logError(`${name} failed and starts again`, cause), Effect.sleep("1 second"))
    ),
    Effect.forever,
    Effect.forkScoped,
    Effect.asVoid
  )
