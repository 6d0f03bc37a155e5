// Opening an account at the exchange: asked for at its beginning, and again whenever that may not have come through.
import { Effect } from "effect"
import { OPEN_ACCOUNT } from "../../domain/Command.ts"
import type { AccountId, UserId } from "../../domain/Ids.ts"
import type { FreshIds } from "./FreshIds.ts"
import { Gateway } from "./Submit.ts"

/** The executor makes it known to the exchange; a repeat changes nothing. */
export const opener = Effect.fnUntraced(function* (ids: FreshIds) {
  const gateway = yield* Gateway
  /** Never a reason to turn its owner away: the next login asks again, and so does the first order. */
  return (userId: UserId, accountId: AccountId, at: number): Effect.Effect<void> =>
    gateway
      .submit({
        commandId: OPEN_ACCOUNT,
        accountId,
        userId,
        at,
        traceId: ids.trace(),
        command: { _tag: "OpenAccount" }
      })
      .pipe(
        Effect.catch((reason) => Effect.logWarning("an account could not be opened", reason)),
        Effect.asVoid
      )
})
