// Every event names the version of its shape and carries a hash that chains it to the one before it; the end of each chain is kept apart.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Events that are there already keep no hash: one that is made up today would prove nothing about yesterday.
  yield* sql`alter table order_events add column version smallint not null default 1, add column hash bytea`
  yield* sql`
    create table account_heads (
      account_id text collate "C" primary key,
      seq bigint not null,
      hash bytea,
      chained_from bigint not null default 1
    ) with (fillfactor = 50)`
  yield* sql`
    insert into account_heads (account_id, seq, chained_from)
    select account_id, max(seq), max(seq) + 1 from order_events group by account_id`
})
