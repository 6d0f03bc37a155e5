// Reads a journal as it is stored, and finds the first event of an account that is not as it was written.
import { Effect, Option } from "effect"
import { begin, end, type Fault, follow, type Followed, isFault } from "../domain/EventChain.ts"
import type { AccountId } from "../domain/Ids.ts"
import { sha256 } from "./EventHash.ts"
import type { Journal, JournalError } from "./Journal.ts"

/** Events read at once. */
const PAGE = 2_000

export interface Verdict {
  readonly accountId: AccountId
  /** The first event that is not as it was written; `undefined` where all are. */
  readonly fault: Fault | undefined
  /** As far as they are good. `hash` is of the last of them. */
  readonly good: Followed
}

/**
 * Follows one account's chain, a page at a time, so that memory stays bounded. `onPage` hears how many events each page had. Where others
 * write meanwhile, all of it must see one moment of the store.
 */
export const verify = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  accountId: AccountId,
  onPage: (events: number) => Effect.Effect<void> = () => Effect.void
): Effect.fn.Return<Verdict, JournalError> {
  let good = begin(accountId, Option.getOrUndefined(yield* journal.head(accountId)))
  // From below the first number on: nothing may stand there either.
  for (let after = Number.MIN_SAFE_INTEGER; ; after = good.seq) {
    const links = yield* journal.links(accountId, after, PAGE)
    for (const link of links) {
      const next = follow(good, link, sha256)
      if (isFault(next)) return { accountId, fault: next, good }
      good = next
    }
    yield* onPage(links.length)
    if (links.length < PAGE) return { accountId, fault: end(good), good }
  }
})
