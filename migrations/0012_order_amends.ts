// How often an order was made smaller, also of those from before it was counted: the journal tells.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table orders add column amends integer`
  yield* sql`
    update orders o set amends = told.amends
    from (
      select account_id, event ->> 'orderId' as order_id, count(*) as amends
      from order_events where event ->> '_tag' = 'OrderAmended' group by 1, 2) as told
    where o.account_id = told.account_id and o.order_id = told.order_id`
  // A snapshot without the count would go on without it. Those accounts start from their events once.
  yield* sql`
    delete from account_snapshots s
    where exists (select from orders o where o.account_id = s.account_id and o.is_open and o.amends is not null)`
})
