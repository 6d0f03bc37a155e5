// A hand in the store: changes what was written, past the journal.
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { Head, Link } from "../../src/domain/EventChain.ts"
import type { AccountId } from "../../src/domain/Ids.ts"
import type { StoredAccount } from "../../src/ports/MemoryJournal.ts"

export class Tamper extends Context.Service<
  Tamper,
  {
    /** These events instead of the account's. */
    readonly write: (accountId: AccountId, links: ReadonlyArray<Link>) => Effect.Effect<void>
    readonly setHead: (accountId: AccountId, head: Head | undefined) => Effect.Effect<void>
  }
>()("outcry/test/kit/Tamper") {
  static readonly layerMemory = (accounts: Map<AccountId, StoredAccount>) =>
    Layer.succeed(Tamper, {
      write: (accountId, links) =>
        Effect.sync(() => void accounts.get(accountId)?.links.splice(0, Number.MAX_SAFE_INTEGER, ...links)),
      setHead: (accountId, head) =>
        Effect.sync(() => {
          const account = accounts.get(accountId)
          if (account !== undefined) account.head = head
        })
    })

  static readonly layerSql = Layer.effect(
    Tamper,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      return {
        write: (accountId, links) =>
          Effect.gen(function* () {
            yield* sql`delete from order_events where account_id = ${accountId}`
            for (const { at, event, hash, seq, traceId, version } of links) {
              yield* sql`insert into order_events (account_id, seq, at, trace_id, version, event, hash) values (
                ${accountId}, ${BigInt(seq)}, ${BigInt(at)}, ${traceId}, ${version}, ${JSON.stringify(event)}::jsonb,
                decode(${hash ?? null}, 'hex'))`
            }
          }).pipe(Effect.orDie),
        setHead: (accountId, head) =>
          Effect.gen(function* () {
            yield* sql`delete from account_heads where account_id = ${accountId}`
            if (head === undefined) return
            yield* sql`insert into account_heads (account_id, seq, hash, chained_from)
              values (${accountId}, ${BigInt(head.seq)}, decode(${head.hash ?? null}, 'hex'), ${BigInt(head.chainedFrom)})`
          }).pipe(Effect.orDie)
      }
    })
  )
}
