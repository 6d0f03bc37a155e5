// What else a key to the paper exchange may do: take money out, and work from named addresses only.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table paper_keys add column may_withdraw boolean not null default false`
  // Addresses with spaces between them; none: from any.
  yield* sql`alter table paper_keys add column addresses text not null default ''`
})
