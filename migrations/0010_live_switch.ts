// Whether an account may trade real money: off until its owner says so.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table exchange_accounts add column live boolean not null default false`
})
