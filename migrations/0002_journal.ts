// The journal and the read models that are written in the same transaction. No foreign keys here: every row is written by
// one writer that knows what it writes, and a check per row would cost as much as the row.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const statement of [...journal, ...readModels]) yield* sql.unsafe(statement)
})

/**
 * Keys compare bytewise whatever the server's locale: faster, and version 7 ids sort by their time.
 * Decimals are numeric, exact; they travel as text. Times are epoch milliseconds on the clock named by the comment.
 */
const key = `text collate "C" not null`

const journal = [
  // `at` is the edge's clock, `stored_at` the store's. A row is updated once, by its receipt, hence the room in the page.
  `create table order_commands (
    account_id ${key},
    command_id ${key},
    order_id text collate "C",
    user_id ${key},
    kind text not null,
    symbol text,
    command jsonb not null,
    at bigint not null,
    trace_id text not null,
    stored_at timestamptz not null default now(),
    receipt jsonb,
    primary key (account_id, command_id)
  ) with (fillfactor = 70)`,
  // What is still to be decided: as long as the backlog, never as the history.
  `create index order_commands_undecided on order_commands (account_id, command_id) where receipt is null`,
  // The primary key is the fence: two writers of one account collide on the next number.
  `create table order_events (
    account_id ${key},
    seq bigint not null,
    at bigint not null,
    trace_id text not null,
    event jsonb not null,
    primary key (account_id, seq)
  )`,
  `create table account_snapshots (
    account_id ${key},
    seq bigint not null,
    snapshot jsonb not null,
    primary key (account_id, seq)
  )`
]

const readModels = [
  `create table orders (
    account_id ${key},
    order_id ${key},
    client_order_id text not null,
    user_id text,
    exchange_order_id text,
    symbol text not null,
    side text not null,
    type text not null,
    quantity numeric not null,
    price numeric,
    intent jsonb not null,
    status text not null,
    is_open boolean not null,
    executed_quantity numeric not null,
    executed_quote numeric not null,
    hold jsonb not null,
    trade_ids jsonb not null,
    reason text,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (account_id, order_id)
  ) with (fillfactor = 70)`,
  `create index orders_open on orders (account_id, order_id) where is_open`,
  `create table fills (
    account_id ${key},
    seq bigint not null,
    order_id ${key},
    trade_id ${key},
    symbol ${key},
    side text not null,
    price numeric not null,
    quantity numeric not null,
    fee numeric not null,
    fee_asset text not null,
    liquidity text not null,
    at bigint not null,
    primary key (account_id, seq)
  )`,
  // A fill is counted once.
  `create unique index fills_once on fills (account_id, symbol, trade_id)`,
  `create table positions (
    account_id ${key},
    symbol ${key},
    quantity numeric not null,
    cost numeric not null,
    realised numeric not null,
    fees jsonb not null,
    seq bigint not null,
    primary key (account_id, symbol)
  ) with (fillfactor = 50)`,
  `create table balances (
    account_id ${key},
    asset ${key},
    free numeric not null,
    held numeric not null,
    seq bigint not null,
    primary key (account_id, asset)
  ) with (fillfactor = 50)`
]
