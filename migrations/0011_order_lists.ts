// Orders that belong together. What asks for a list is found by each of its orders, and what asks for a replacement by the order replaced.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table orders add column list jsonb, add column replaces text`
  yield* sql`
    create index order_commands_by_leg on order_commands using gin ((command -> 'legs') jsonb_path_ops)
    where kind = 'PlaceList'`
  yield* sql`
    create index order_commands_by_replaced on order_commands (account_id, (command ->> 'replaces'))
    where kind = 'ReplaceOrder'`
})
