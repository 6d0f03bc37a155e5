// Which account a caller means, and whether they may.
import { Cache, Context, Effect, Exit, Layer } from "effect"
import type { Caller } from "../../contract/Http.ts"
import type { AccountId, UserId } from "../../domain/Ids.ts"
import { type Membership, Users } from "../../ports/Users.ts"
import { type Refusal, refuse, storeAway } from "./Refusal.ts"

/** Users whose memberships are remembered, and for how long: a role taken away is gone after this. */
const REMEMBERED = 10_000
const REMEMBERED_FOR = "10 seconds"

type Unavailable = Refusal<"JOURNAL_UNAVAILABLE">

export class Access extends Context.Service<
  Access,
  {
    /** The caller's default account first. */
    readonly memberships: (userId: UserId) => Effect.Effect<ReadonlyArray<Membership>, Unavailable>
    /** The account named, or the default one. */
    readonly account: (
      caller: Caller,
      named: string | undefined,
      purpose: "read" | "trade" | "own"
    ) => Effect.Effect<AccountId, Refusal<"ACCOUNT_FORBIDDEN" | "ROLE_FORBIDDEN"> | Unavailable>
    /** Has them looked up anew: another account has come. */
    readonly forget: (userId: UserId) => Effect.Effect<void>
  }
>()("outcry/layers/gateway/Access") {
  static readonly layer = Layer.effect(
    Access,
    Effect.gen(function* () {
      const users = yield* Users
      const cache = yield* Cache.makeWith(users.memberships, {
        capacity: REMEMBERED,
        // A user without an account may be one whose registration is just being written.
        timeToLive: (exit) => (Exit.isSuccess(exit) && exit.value.length > 0 ? REMEMBERED_FOR : 0)
      })
      const memberships = (userId: UserId) => Effect.catch(Cache.get(cache, userId), storeAway)
      const forget = (userId: UserId) => Cache.invalidate(cache, userId)
      const named = (mine: ReadonlyArray<Membership>, wanted: string | undefined) =>
        wanted === undefined ? mine[0] : mine.find(({ accountId }) => accountId === wanted)
      return {
        memberships,
        forget,
        account: Effect.fnUntraced(function* (caller, wanted, purpose) {
          let chosen = named(yield* memberships(caller.userId), wanted)
          if (chosen === undefined && wanted !== undefined) {
            // It may have come a moment ago, by another process.
            yield* forget(caller.userId)
            chosen = named(yield* memberships(caller.userId), wanted)
          }
          if (chosen === undefined) return yield* refuse("ACCOUNT_FORBIDDEN", "That account is not one of yours.")
          if (purpose === "trade" && chosen.role === "viewer") {
            return yield* refuse("ROLE_FORBIDDEN", "You may look at this account, not trade in it.")
          }
          if (purpose === "own" && chosen.role !== "owner") {
            return yield* refuse("ROLE_FORBIDDEN", "Only the owner of this account may do that.")
          }
          return chosen.accountId
        })
      }
    })
  )
}
