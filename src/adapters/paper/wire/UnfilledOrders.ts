// Fills make room for orders: an account's count of unfilled orders follows what happens at the venue (REST API, "Unfilled Order Count").
import { Effect, FiberMap, Queue } from "effect"
import type { EngineEvent } from "../../../domain/matching/Event.ts"
import type { Venue } from "../Venue.ts"
import type { Limits } from "./Limits.ts"

/** Accounts followed at once; the counts of any beyond only fall when their window ends. */
const MAX_FOLLOWED = 10_000

/** Follows every account from its first order on, until the scope closes. */
export const follow = Effect.fnUntraced(function* (limits: Limits, venue: Venue["Service"]) {
  const fibers = yield* FiberMap.make<string>()
  const run = yield* FiberMap.runtime(fibers)<never>()
  const followed = new Set<string>()
  const count = (account: string, events: ReadonlyArray<EngineEvent>) => {
    for (const event of events) {
      if (event._tag !== "Execution" || event.trade === undefined) continue
      // The first fill is the one that makes up all that was filled.
      if (event.executedLots === event.trade.lots) limits.filled(account, event.trade.maker, event.at)
    }
  }
  const counting = (account: string) =>
    Effect.scoped(
      Effect.gen(function* () {
        const events = yield* venue.accountEvents(account)
        while (true) for (const batch of yield* Queue.takeAll(events)) count(account, batch)
      })
      // Events that were lost are fills that were not counted: the account's window ends a little later for it.
    ).pipe(Effect.retry({ while: (error) => error._tag === "EventsLost" }))
  limits.onAccount = (account) => {
    if (followed.size >= MAX_FOLLOWED || followed.has(account)) return
    followed.add(account)
    run(account, counting(account), { onlyIfMissing: true })
  }
})
