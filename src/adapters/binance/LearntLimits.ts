// Which limits this Binance has: asked before the first account is opened, and from time to time after that.
import { Effect, Schedule, type Scope, Semaphore } from "effect"
import type { ExchangeError } from "../../ports/Exchange.ts"
import type { Budget } from "./Budget.ts"

const EVERY = "1 hour"

/** Learns unless it has before. Where they cannot be learnt, those that were known stand, and the next one tries again. */
export type LearntLimits = Effect.Effect<void>

/** `ask` is GET /api/v3/exchangeInfo. */
export const make = Effect.fnUntraced(function* (
  ask: Effect.Effect<unknown, ExchangeError>,
  budget: Budget
): Effect.fn.Return<LearntLimits, never, Scope.Scope> {
  const one = yield* Semaphore.make(1)
  let known = false
  const learn = ask.pipe(
    Effect.map((info) => void (known = budget.learn(info) || known)),
    Effect.catch(() => Effect.logDebug("Binance's limits could not be learnt; they are asked for again"))
  )
  yield* learn.pipe(Effect.delay(EVERY), Effect.repeat(Schedule.forever), Effect.forkScoped)
  const once = Effect.suspend(() => (known ? Effect.void : learn))
  return Effect.suspend(() => (known ? Effect.void : one.withPermits(1)(once)))
})
