// The one statement a group of submits and appends is written with: one round trip, one implicit transaction.
import type { Rows } from "./JournalBatch.ts"

/** Snapshots kept of an account: a client may resume from some way back. */
const SNAPSHOTS_KEPT = 8

/** Every record set is one JSON parameter: the cheapest way in for PGlite, and one plan however many rows there are. */
const recordset = (number: number, columns: string) => `jsonb_to_recordset($${number}::jsonb) as r(${columns})`

const commands = (number: number) => `
  stored as (
    insert into order_commands (account_id, command_id, order_id, user_id, kind, symbol, command, at, trace_id)
    select r."accountId", r."commandId", r."orderId", r."userId", r.kind, r.symbol, r.command, r.at, r."traceId"
    from ${recordset(
      number,
      `"accountId" text, "commandId" text, "orderId" text, "userId" text, kind text, symbol text, command jsonb, at bigint,
        "traceId" text`
    )}
    on conflict (account_id, command_id) do nothing
    returning account_id, command_id)`

/**
 * Whoever does not start where the account ends is not its writer, and then no append of this statement is written. A writer that
 * races past this check in another process collides with the primary key of order_events, and the statement is run again.
 */
const stale = (number: number) => `
  stale as materialized (
    select r."accountId" as account_id
    from ${recordset(number, `"accountId" text, "afterSeq" bigint`)}
    where r."afterSeq" <> coalesce((
      select e.seq from order_events e
      where e.account_id = r."accountId" order by e.account_id desc, e.seq desc limit 1), 0))`

const appends: ReadonlyArray<readonly [keyof Rows, (number: number, condition: string) => string]> = [
  [
    "events",
    (number, condition) => `
  events as (
    insert into order_events (account_id, seq, at, trace_id, event)
    select r."accountId", r.seq, r.at, r."traceId", r.event
    from ${recordset(number, `"accountId" text, seq bigint, at bigint, "traceId" text, event jsonb`)}
    where ${condition})`
  ],
  // The first receipt stands. Said without "receipt is null": with it the planner may walk the index of the undecided for every row.
  [
    "receipts",
    (number, condition) => `
  receipts as (
    update order_commands c set receipt = coalesce(c.receipt, r.receipt)
    from ${recordset(number, `"accountId" text, "commandId" text, receipt jsonb`)}
    where c.account_id = r."accountId" and c.command_id = r."commandId" and ${condition})`
  ],
  [
    "orders",
    (number, condition) => `
  orders_now as (
    insert into orders (
      account_id, order_id, client_order_id, user_id, exchange_order_id, symbol, side, type, quantity, price, intent, status, is_open,
      executed_quantity, executed_quote, hold, trade_ids, reason, created_at, updated_at)
    select r."accountId", r."orderId", r."clientOrderId", r."userId", r."exchangeOrderId",
      r.intent->>'symbol', r.intent->>'side', r.intent->>'type',
      (r.intent->>'quantity')::numeric, (r.intent->>'price')::numeric, r.intent, r.status, r."isOpen",
      r."executedQuantity", r."executedQuote", r.hold, r."tradeIds", r.reason, r."createdAt", r."updatedAt"
    from ${recordset(
      number,
      `"accountId" text, "orderId" text, "clientOrderId" text, "userId" text, "exchangeOrderId" text, intent jsonb, status text,
        "isOpen" boolean, "executedQuantity" numeric, "executedQuote" numeric, hold jsonb, "tradeIds" jsonb, reason text,
        "createdAt" bigint, "updatedAt" bigint`
    )}
    where ${condition}
    on conflict (account_id, order_id) do update set
      exchange_order_id = excluded.exchange_order_id, status = excluded.status, is_open = excluded.is_open,
      executed_quantity = excluded.executed_quantity, executed_quote = excluded.executed_quote, hold = excluded.hold,
      trade_ids = excluded.trade_ids, reason = excluded.reason, updated_at = excluded.updated_at)`
  ],
  [
    "fills",
    (number, condition) => `
  fills_new as (
    insert into fills (
      account_id, seq, order_id, trade_id, symbol, side, price, quantity, fee, fee_asset, liquidity, at)
    select r."accountId", r.seq, r."orderId", r."tradeId", r.symbol, r.side, r.price, r.quantity, r.fee, r."feeAsset",
      r.liquidity, r.at
    from ${recordset(
      number,
      `"accountId" text, seq bigint, "orderId" text, "tradeId" text, symbol text, side text, price numeric,
        quantity numeric, fee numeric, "feeAsset" text, liquidity text, at bigint`
    )}
    where ${condition})`
  ],
  [
    "positions",
    (number, condition) => `
  positions_now as (
    insert into positions (account_id, symbol, quantity, cost, realised, fees, seq)
    select r."accountId", r.symbol, r.quantity, r.cost, r.realised, r.fees, r.seq
    from ${recordset(
      number,
      `"accountId" text, symbol text, quantity numeric, cost numeric, realised numeric, fees jsonb, seq bigint`
    )}
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
    select r."accountId", r.asset, r.free, r.held, r.seq
    from ${recordset(number, `"accountId" text, asset text, free numeric, held numeric, seq bigint`)}
    where ${condition}
    on conflict (account_id, asset) do update set free = excluded.free, held = excluded.held, seq = excluded.seq)`
  ],
  [
    "snapshots",
    (number, condition) => `
  snapshots_now as (
    insert into account_snapshots (account_id, seq, snapshot)
    select r."accountId", r.seq, r.snapshot
    from ${recordset(number, `"accountId" text, seq bigint, snapshot jsonb`)}
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

/**
 * Only what has rows is part of it: of the combinations only a handful occur, and each is prepared once a connection. It returns the
 * keys of the commands that were new (`kind` "stored") and the accounts whose appends were not written (`kind` "stale").
 */
export const statementOf = (rows: Rows): Statement => {
  const parameters: Array<string> = []
  const expressions: Array<string> = []
  const answers: Array<string> = []
  const use = (table: keyof Rows, make: (number: number) => string) => {
    parameters.push(JSON.stringify(rows[table]))
    expressions.push(make(parameters.length))
  }
  if (rows.commands.length > 0) {
    use("commands", commands)
    answers.push("select 'stored' as kind, account_id, command_id from stored")
  }
  const checked = rows.heads.length > 0
  if (checked) {
    use("heads", stale)
    answers.push("select 'stale' as kind, account_id, null as command_id from stale")
  }
  const condition = checked ? "not exists (select 1 from stale)" : "true"
  for (const [table, make] of appends) if (rows[table].length > 0) use(table, (number) => make(number, condition))
  return {
    text: `with ${expressions.join(",")}\n${answers.length === 0 ? "select 1 where false" : answers.join("\nunion all\n")}`,
    parameters
  }
}
