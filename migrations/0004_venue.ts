// The paper exchange's journal and what its clients may ask about, in place of the books of the first paper exchange: those knew
// neither the tape nor other users' orders, and hold nothing that a matching engine could start from.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const statement of [...dropped, ...journal, ...found]) yield* sql.unsafe(statement)
})

const key = `text collate "C" not null`

const dropped = ["drop table paper_orders", "drop table paper_accounts", "drop table paper_ids"]

const journal = [
  // One row: the last entry, and which life of the exchange may write (the newest).
  `create table paper_life (
    only_row boolean primary key default true check (only_row),
    epoch bigint not null,
    seq bigint not null
  ) with (fillfactor = 50)`,
  `insert into paper_life (epoch, seq) values (0, 0)`,
  `create table paper_journal (
    seq bigint primary key,
    at bigint not null,
    body text not null
  )`,
  `create table paper_snapshot (
    only_row boolean primary key default true check (only_row),
    seq bigint not null,
    hash text not null,
    state text not null
  )`
]

// `body` is what nothing is found by. It is json and not jsonb: stored as it was written, and read whole.
const found = [
  `create table paper_orders (
    account_id ${key},
    symbol ${key},
    order_id bigint not null,
    client_order_id ${key},
    created_at bigint not null,
    body json not null,
    primary key (account_id, symbol, order_id)
  ) with (fillfactor = 70)`,
  `create index paper_orders_by_client_id on paper_orders (account_id, symbol, client_order_id, order_id)`,
  `create index paper_orders_by_time on paper_orders (account_id, symbol, created_at, order_id)`,
  // A trade between two orders of one account is two rows.
  `create table paper_trades (
    account_id ${key},
    symbol ${key},
    trade_id bigint not null,
    order_id bigint not null,
    at bigint not null,
    body json not null,
    primary key (account_id, symbol, trade_id, order_id)
  )`,
  `create index paper_trades_by_order on paper_trades (order_id, trade_id)`,
  `create index paper_trades_by_time on paper_trades (account_id, symbol, at, trade_id)`,
  `create table paper_lists (
    account_id ${key},
    list_id bigint not null,
    list_client_order_id ${key},
    at bigint not null,
    body json not null,
    primary key (account_id, list_id)
  ) with (fillfactor = 70)`,
  `create index paper_lists_by_client_id on paper_lists (account_id, list_client_order_id, list_id)`,
  `create table paper_amendments (
    account_id ${key},
    symbol ${key},
    order_id bigint not null,
    execution_id bigint not null,
    at bigint not null,
    body json not null,
    primary key (account_id, symbol, order_id, execution_id)
  )`,
  `create table paper_prevented (
    account_id ${key},
    symbol ${key},
    prevented_match_id bigint not null,
    taker_order_id bigint not null,
    body json not null,
    primary key (account_id, symbol, prevented_match_id)
  )`,
  `create index paper_prevented_by_taker on paper_prevented (taker_order_id, prevented_match_id)`
]
