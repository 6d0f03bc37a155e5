// What is in flight of an order and how its last doubt ended, the calls to the exchange, and accounts whose exchange cannot be seen.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table orders add column flights jsonb, add column resolution jsonb, add column external text`
  // An order that is in flight now was written by a desk that kept its call in the status only.
  yield* sql`
    update orders set flights = jsonb_build_array(jsonb_build_object('call', 'submit', 'sentAt', created_at))
    where is_open and status = 'SUBMITTING'`
  yield* sql`
    update orders set flights = jsonb_build_array(jsonb_build_object('call', 'cancel', 'sentAt', updated_at))
    where is_open and status = 'CANCELING'`
  yield* sql`
    update orders set flights = jsonb_build_array(jsonb_build_object(
      'call', case when exchange_order_id is null then 'submit' else 'cancel' end,
      'sentAt', case when exchange_order_id is null then created_at else updated_at end,
      'doubt', jsonb_build_object('since', updated_at, 'reason', coalesce(reason, ''))))
    where is_open and status = 'UNKNOWN'`
  yield* sql`
    create table order_calls (
      account_id text collate "C" not null,
      order_id text collate "C" not null,
      call text not null,
      sent_at bigint not null,
      answered_at bigint not null,
      outcome text not null,
      detail text not null
    )`
  yield* sql`create index order_calls_by_order on order_calls (account_id, order_id, sent_at)`
  yield* sql`
    create index order_events_by_order on order_events (account_id, (event ->> 'orderId'), seq)
    where (event ->> 'orderId') is not null`
  yield* sql`
    create index order_commands_by_order on order_commands (account_id, order_id) where order_id is not null`
  yield* sql`
    create table account_blindness (
      account_id text collate "C" primary key,
      since bigint not null,
      reason text not null
    )`
})
