// The newest updates of the accounts somebody watches: a browser that reloads resumes from here, without the journal.
import type { AccountId } from "../../domain/Ids.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import { RECENT_ACCOUNTS, RECENT_UPDATES } from "./Limits.ts"

/** Always a run of seqs without a hole. */
interface Run {
  first: number
  texts: Array<string>
}

export class Recent {
  private readonly runs = new LeastRecent<AccountId, Run>(RECENT_ACCOUNTS)

  /** From now on the account's updates are kept. */
  watch(accountId: AccountId): void {
    if (this.runs.get(accountId) === undefined) this.runs.set(accountId, { first: 0, texts: [] })
  }

  watched(accountId: AccountId): boolean {
    return this.runs.has(accountId)
  }

  add(accountId: AccountId, seq: number, text: string): void {
    const run = this.runs.get(accountId)
    if (run === undefined) return
    const next = run.first + run.texts.length
    if (run.texts.length > 0 && seq < next) return
    if (run.texts.length === 0 || seq > next) {
      run.first = seq
      run.texts = [text]
      return
    }
    run.texts.push(text)
    // Trimmed in blocks, so that adding stays cheap.
    if (run.texts.length < 2 * RECENT_UPDATES) return
    run.texts = run.texts.slice(-RECENT_UPDATES)
    run.first = seq - RECENT_UPDATES + 1
  }

  /** Everything after `from`, where it is known without a hole; `last` is the seq of its end. */
  after(
    accountId: AccountId,
    from: number
  ): { readonly texts: ReadonlyArray<string>; readonly last: number } | undefined {
    const run = this.runs.get(accountId)
    if (run === undefined || run.texts.length === 0) return undefined
    const last = run.first + run.texts.length - 1
    return from < run.first - 1 || from > last ? undefined : { texts: run.texts.slice(from - run.first + 1), last }
  }

  /** Some updates may not have come: what is here can no longer be trusted to be the newest. */
  forgetAll(): void {
    for (const run of this.runs.values()) run.texts = []
  }
}
