// The paper exchange's own books, apart from the desk's.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table paper_accounts (
      account_id text primary key,
      balances jsonb not null
    ) with (fillfactor = 50)`
  // `body` is the whole order; the columns are what it is found by.
  yield* sql`
    create table paper_orders (
      exchange_order_id bigint primary key,
      account_id text not null,
      client_order_id text not null,
      symbol text not null,
      status text not null,
      is_open boolean not null,
      body jsonb not null
    ) with (fillfactor = 60)`
  yield* sql`create index paper_orders_by_client_id on paper_orders (account_id, client_order_id, exchange_order_id)`
  yield* sql`create index paper_orders_open on paper_orders (exchange_order_id) where is_open`
  // One row: the highest order or trade id given out, and which life of the exchange may write (the newest).
  yield* sql`
    create table paper_ids (
      only_row boolean primary key default true check (only_row),
      last_id bigint not null,
      epoch bigint not null default 0
    )`
  yield* sql`insert into paper_ids (last_id) values (0)`
})
