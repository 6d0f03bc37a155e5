// Which account of the exchange each of ours trades: one each, for good.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table exchange_accounts (
      account_id text primary key,
      exchange text not null,
      uid text not null,
      constraint exchange_accounts_unique unique (exchange, uid)
    )`
})
