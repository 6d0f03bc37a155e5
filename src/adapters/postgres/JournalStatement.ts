// The one statement a group of submits and appends is written with: one round trip, one implicit transaction.
import { columns, type Rows, type Table } from "./JournalRows.ts"

/** Snapshots kept of an account: a client may resume from some way back. */
const SNAPSHOTS_KEPT = 8

/**
 * The rows of a table as `r`. Every table is one JSON parameter: the cheapest way in for PGlite, and one plan however many rows there
 * are.
 */
const given = (table: Table, number: number): string => {
  const fields = columns[table].map((column, index) => {
    const [name, type] = column.split(" ")
    if (type === "jsonb") return `e -> ${index} as ${name}`
    if (type === "bytea") return `decode(e ->> ${index}, 'hex') as ${name}`
    return type === "text" ? `e ->> ${index} as ${name}` : `(e ->> ${index})::${type} as ${name}`
  })
  return `(select ${fields.join(", ")} from jsonb_array_elements($${number}::jsonb) as e) as r`
}

/** A part of the statement, with its place among the parameters and what must hold for it to write. */
type Part = (number: number, condition: string) => string

const commands: Part = (number) => `
  given as (select * from ${given("commands", number)}),
  stored as (
    insert into order_commands (account_id, command_id, order_id, user_id, kind, symbol, command, at, trace_id, receipt)
    select r.account_id, r.command_id, r.command ->> 'orderId', r.user_id, r.command ->> '_tag',
      r.command -> 'intent' ->> 'symbol', r.command, r.at, r.trace_id, nullif(r.receipt, 'null')
    from given r
    on conflict (account_id, command_id) do nothing
    returning account_id, command_id),
  known as (select account_id, command_id from given except select account_id, command_id from stored)`

/**
 * Whoever does not start where the account ends is not its writer, and then no append of this statement is written. A writer that
 * races past this check in another process collides with the primary key of order_events, and the statement is run again.
 */
const stale: Part = (number) => `
  stale as materialized (
    select r.account_id
    from ${given("heads", number)}
    where r.after_seq <> coalesce((
      select e.seq from order_events e
      where e.account_id = r.account_id order by e.account_id desc, e.seq desc limit 1), 0))`

const appends: ReadonlyArray<readonly [Table, Part]> = [
  [
    "events",
    (number, condition) => `
  events as (
    insert into order_events (account_id, seq, at, trace_id, version, event, hash)
    select r.account_id, r.seq, r.at, r.trace_id, r.version, r.event, r.hash
    from ${given("events", number)}
    where ${condition})`
  ],
  [
    "ends",
    (number, condition) => `
  ends as (
    insert into account_heads (account_id, seq, hash)
    select r.account_id, r.seq, r.hash
    from ${given("ends", number)}
    where ${condition}
    on conflict (account_id) do update set seq = excluded.seq, hash = excluded.hash)`
  ],
  // The first receipt stands. Said without "receipt is null": with it the planner may walk the index of the undecided for every row.
  [
    "receipts",
    (number, condition) => `
  receipts as (
    update order_commands c set receipt = coalesce(c.receipt, r.receipt)
    from ${given("receipts", number)}
    where c.account_id = r.account_id and c.command_id = r.command_id and ${condition})`
  ],
  [
    "orders",
    (number, condition) => `
  orders_new as (
    insert into orders (
      account_id, order_id, client_order_id, user_id, exchange_order_id, symbol, side, type, quantity, price, intent, status, is_open,
      executed_quantity, executed_quote, hold, trade_ids, reason, created_at, updated_at, flights, resolution, triggered_at, external, list,
      amends, replaces)
    select r.account_id, r.order_id, r.client_order_id, r.user_id, r.exchange_order_id,
      r.intent ->> 'symbol', r.intent ->> 'side', r.intent ->> 'type',
      (r.intent ->> 'quantity')::numeric, (r.intent ->> 'price')::numeric, r.intent, r.status, r.is_open,
      r.executed_quantity, r.executed_quote, r.hold, r.trade_ids, r.reason, r.created_at, r.updated_at,
      nullif(r.flights, 'null'), nullif(r.resolution, 'null'), r.triggered_at, r.external, nullif(r.list, 'null'),
      r.amends, r.replaces
    from ${given("orders", number)}
    where ${condition})`
  ],
  [
    "changes",
    (number, condition) => `
  orders_now as (
    update orders o set
      exchange_order_id = r.exchange_order_id, status = r.status, is_open = r.is_open,
      executed_quantity = r.executed_quantity, executed_quote = r.executed_quote, hold = r.hold,
      trade_ids = r.trade_ids, reason = r.reason, updated_at = r.updated_at,
      flights = nullif(r.flights, 'null'), resolution = nullif(r.resolution, 'null'), triggered_at = r.triggered_at,
      list = nullif(r.list, 'null'), amends = r.amends,
      quantity = coalesce(r.amended::numeric, o.quantity),
      intent = case when r.amended is null then o.intent else jsonb_set(o.intent, '{quantity}', to_jsonb(r.amended)) end
    from ${given("changes", number)}
    where o.account_id = r.account_id and o.order_id = r.order_id and ${condition})`
  ],
  [
    "calls",
    (number, condition) => `
  calls_new as (
    insert into order_calls (account_id, order_id, call, sent_at, answered_at, outcome, detail)
    select r.account_id, r.order_id, r.call, r.sent_at, r.answered_at, r.outcome, r.detail
    from ${given("calls", number)}
    where ${condition})`
  ],
  [
    "blindness",
    (number, condition) => `
  blind_given as (select * from ${given("blindness", number)} where ${condition}),
  blind_now as (
    insert into account_blindness (account_id, since, reason)
    select r.account_id, r.since, r.reason from blind_given r where r.since is not null
    on conflict (account_id) do update set since = excluded.since, reason = excluded.reason),
  blind_gone as (
    delete from account_blindness b using blind_given r where b.account_id = r.account_id and r.since is null)`
  ],
  [
    "fills",
    (number, condition) => `
  fills_new as (
    insert into fills (
      account_id, seq, order_id, trade_id, symbol, side, price, quantity, fee, fee_asset, liquidity, at)
    select r.account_id, r.seq, r.order_id, r.trade_id, r.symbol, r.side, r.price, r.quantity, r.fee, r.fee_asset, r.liquidity, r.at
    from ${given("fills", number)}
    where ${condition})`
  ],
  [
    "positions",
    (number, condition) => `
  positions_now as (
    insert into positions (account_id, symbol, quantity, cost, realised, fees, seq)
    select r.account_id, r.symbol, r.quantity, r.cost, r.realised, r.fees, r.seq
    from ${given("positions", number)}
    where ${condition}
    on conflict (account_id, symbol) do update set
      quantity = excluded.quantity, cost = excluded.cost, realised = excluded.realised, fees = excluded.fees,
      seq = excluded.seq)`
  ],
  [
    "balances",
    (number, condition) => `
  balances_now as (
    insert into balances (account_id, asset, free, held, seq)
    select r.account_id, r.asset, r.free, r.held, r.seq
    from ${given("balances", number)}
    where ${condition}
    on conflict (account_id, asset) do update set free = excluded.free, held = excluded.held, seq = excluded.seq)`
  ],
  [
    "snapshots",
    (number, condition) => `
  snapshots_now as (
    insert into account_snapshots (account_id, seq, snapshot)
    select r.account_id, r.seq, r.snapshot
    from ${given("snapshots", number)}
    where ${condition}
    on conflict (account_id, seq) do update set snapshot = excluded.snapshot
    returning account_id),
  snapshots_gone as (
    delete from account_snapshots s
    using snapshots_now n
    where s.account_id = n.account_id and s.seq <= (
      select k.seq from account_snapshots k
      where k.account_id = n.account_id order by k.account_id desc, k.seq desc offset ${SNAPSHOTS_KEPT - 1} limit 1))`
  ]
]

export interface Statement {
  readonly text: string
  readonly parameters: ReadonlyArray<string>
}

/** By which tables take part, as bits: of the combinations only a handful occur. */
const texts = new Map<number, string>()

const tables = Object.keys(columns) as ReadonlyArray<Table>

const textOf = (used: ReadonlyArray<Table>): string => {
  const parts: Array<string> = []
  const answers: Array<string> = []
  const checked = used.includes("heads")
  const condition = checked ? "not exists (select 1 from stale)" : "true"
  const all: ReadonlyArray<readonly [Table, Part]> = [["commands", commands], ["heads", stale], ...appends]
  for (const [table, part] of all) if (used.includes(table)) parts.push(part(parts.length + 1, condition))
  if (used.includes("commands")) answers.push("select 'known' as kind, account_id, command_id from known")
  if (checked) answers.push("select 'stale' as kind, account_id, null as command_id from stale")
  return `with ${parts.join(",")}\n${answers.length === 0 ? "select 1 where false" : answers.join("\nunion all\n")}`
}

/**
 * Only what has rows is part of it, and each combination is prepared once a connection. It returns the exceptions: the keys of the
 * commands that were stored before (`kind` "known") and the accounts whose appends were not written (`kind` "stale").
 */
export const statementOf = (rows: Rows): Statement => {
  const used = tables.filter((table) => rows[table].length > 0)
  const key = used.reduce((bits, table) => bits | (1 << tables.indexOf(table)), 0)
  const text = texts.get(key) ?? textOf(used)
  texts.set(key, text)
  return { text, parameters: used.map((table) => jsonOf(rows, table)) }
}

const jsonOf = (rows: Rows, table: Table): string =>
  table === "events" ? `[${rows.events.join(",")}]` : JSON.stringify(rows[table])
