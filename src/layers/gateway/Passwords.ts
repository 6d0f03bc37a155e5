// Passwords as argon2id, two at a time: hashing is meant to be slow, and may not take the desk with it.
import { hash, verify } from "@node-rs/argon2"
import { Context, Effect, Layer, Option, Semaphore } from "effect"
import { type Refusal, refuseForNow } from "./Refusal.ts"

/** OWASP, Password Storage Cheat Sheet: 19 MiB, two passes, one lane. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const AT_ONCE = 2
/** People who may wait for their turn; more hear BUSY. */
const WAITING = 64

type Busy = Refusal<"BUSY">

export class Passwords extends Context.Service<
  Passwords,
  {
    /** In PHC form, with its own salt. */
    readonly hash: (password: string) => Effect.Effect<string, Busy>
    /** Takes as long without a stored hash, so that the time does not tell whether an account exists. */
    readonly verify: (password: string, stored: Option.Option<string>) => Effect.Effect<boolean, Busy>
  }
>()("outcry/layers/gateway/Passwords") {
  static readonly layer = Layer.effect(
    Passwords,
    Effect.gen(function* () {
      const turns = yield* Semaphore.make(AT_ONCE)
      let waiting = 0
      const inTurn = <A>(work: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, Busy> =>
        Effect.suspend(() => {
          if (waiting >= WAITING)
            return refuseForNow("BUSY", "Too many people are logging in. Try again shortly.", 2000)
          waiting++
          return Effect.ensuring(
            turns.withPermits(1)(Effect.promise(work)),
            Effect.sync(() => {
              waiting--
            })
          )
        })
      const nobody = yield* Effect.cached(inTurn(() => hash("nobody has this password", COST)))
      return {
        hash: (password) => inTurn(() => hash(password, COST)),
        verify: Effect.fnUntraced(function* (password, stored) {
          const against = Option.isSome(stored) ? stored.value : yield* nobody
          const right = yield* inTurn(() => verify(against, password))
          return right && Option.isSome(stored)
        })
      }
    })
  )
}
