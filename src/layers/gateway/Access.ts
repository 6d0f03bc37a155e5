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
      purpose: "read" | "trade"
    ) => Effect.Effect<AccountId, Refusal<"ACCOUNT_FORBIDDEN" | "ROLE_FORBIDDEN"> | Unavailable>
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
      return {
        memberships,
        account: Effect.fnUntraced(function* (caller, named, purpose) {
          const mine = yield* memberships(caller.userId)
          const chosen = named === undefined ? mine[0] : mine.find(({ accountId }) => accountId === named)
          if (chosen === undefined) return yield* refuse("ACCOUNT_FORBIDDEN", "That account is not one of yours.")
          if (purpose === "trade" && chosen.role === "viewer") {
            return yield* refuse("ROLE_FORBIDDEN", "You may look at this account, not trade in it.")
          }
          return chosen.accountId
        })
      }
    })
  )
}
