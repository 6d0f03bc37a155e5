// Where the accounts ended when this process wrote to them last: their last number, and the hash that the next event is chained to.
import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { GENESIS } from "../../domain/EventChain.ts"
import { AccountId } from "../../domain/Ids.ts"
import type { Batch } from "./JournalBatch.ts"
import { hasEvents } from "./JournalRows.ts"

/** Accounts whose end is remembered. */
const MAX_HEADS = 65_536

/**
 * Who else writes to an account takes the next number, and the primary key of order_events then refuses ours: knowing the end spares the
 * look at it, and a wrong guess is never believed. What an event is chained to is never guessed: an event that was written stays.
 */
export class JournalHeads {
  private readonly ends = new Map<AccountId, { readonly seq: number; readonly hash: string }>()

  readonly isAt = (accountId: AccountId, seq: number): boolean => this.ends.get(accountId)?.seq === seq

  readonly hashAt = (accountId: AccountId, seq: number): string | undefined => {
    const end = this.ends.get(accountId)
    return end?.seq === seq ? end.hash : undefined
  }

  set(accountId: AccountId, seq: number, hash: string): void {
    // Forgetting costs one look an account; keeping all of them would grow with the users there ever were.
    if (this.ends.size >= MAX_HEADS) this.ends.clear()
    this.ends.set(accountId, { seq, hash })
  }

  forget(accountId: AccountId): void {
    this.ends.delete(accountId)
  }
}

const Found = Schema.Struct({ account_id: AccountId, hash: Schema.String })
const decodeFound = Schema.decodeUnknownEffect(Schema.Array(Found))

/** The hash of the event that each chain of the batch goes on from, where `heads` does not know it. An account without such an event is left out. */
export const lookUp = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  batch: Batch,
  heads: Pick<JournalHeads, "isAt">
) {
  const wanted: Array<readonly [AccountId, number]> = []
  for (const [accountId, chain] of batch.chains) {
    const afterSeq = chain[0]?.append.afterSeq ?? 0
    if (afterSeq > 0 && hasEvents(chain) && !heads.isAt(accountId, afterSeq)) wanted.push([accountId, afterSeq])
  }
  if (wanted.length === 0) return new Map<AccountId, string>()
  const found = yield* Effect.flatMap(
    sql`select e.account_id, coalesce(encode(e.hash, 'hex'), ${GENESIS}) as hash
      from jsonb_array_elements(${JSON.stringify(wanted)}::jsonb) r
      join order_events e on e.account_id = r ->> 0 and e.seq = (r ->> 1)::bigint`,
    decodeFound
  )
  return new Map(found.map(({ account_id, hash }) => [account_id, hash]))
})
