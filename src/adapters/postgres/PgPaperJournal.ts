// The paper exchange's journal in PostgreSQL or PGlite: one statement a commit, and with it one transaction.
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { Fragment } from "effect/sql/Statement"
import { type Page, type PaperCommit, PaperJournal, PaperJournalError } from "../../ports/PaperJournal.ts"
import {
  amendmentOf,
  decodeAmendments,
  decodeLists,
  decodeOrders,
  decodePrevented,
  decodeTrades,
  listOf,
  orderOf,
  preventedOf,
  type Rows,
  rowsOf,
  type Table,
  tradeOf
} from "./PaperRows.ts"

/** A statement that takes longer has lost its connection without a word: its outcome is unknown. */
const STATEMENT_TIMEOUT = "30 seconds"

const record = (number: number, columns: string) => `from fence, json_to_recordset($${number}::json) as r(${columns})`

/** What each table's rows become, by the number of the parameter they come in. */
const inserts: Readonly<Record<Table, (number: number) => string>> = {
  entries: (number) => `insert into paper_journal (seq, at, body)
    select r.q, r.t, r.b ${record(number, "q bigint, t bigint, b text")}`,
  orders: (number) => `insert into paper_orders (account_id, symbol, order_id, client_order_id, created_at, body)
    select r.a, r.s, r.i, r.c, r.t, r.b ${record(number, "a text, s text, i bigint, c text, t bigint, b json")}
    on conflict (account_id, symbol, order_id) do update
      set client_order_id = excluded.client_order_id, body = excluded.body`,
  trades: (number) => `insert into paper_trades (account_id, symbol, trade_id, order_id, at, body)
    select r.a, r.s, r.i, r.o, r.t, r.b ${record(number, "a text, s text, i bigint, o bigint, t bigint, b json")}`,
  lists: (number) => `insert into paper_lists (account_id, list_id, list_client_order_id, at, body)
    select r.a, r.i, r.c, r.t, r.b ${record(number, "a text, i bigint, c text, t bigint, b json")}
    on conflict (account_id, list_id) do update set at = excluded.at, body = excluded.body`,
  amendments: (number) => `insert into paper_amendments (account_id, symbol, order_id, execution_id, at, body)
    select r.a, r.s, r.o, r.i, r.t, r.b ${record(number, "a text, s text, o bigint, i bigint, t bigint, b json")}`,
  prevented: (number) => `insert into paper_prevented (account_id, symbol, prevented_match_id, taker_order_id, body)
    select r.a, r.s, r.i, r.o, r.b ${record(number, "a text, s text, i bigint, o bigint, b json")}`,
  snapshot: (number) => `insert into paper_snapshot (only_row, seq, hash, state)
    select true, r.q, r.h, r.b ${record(number, "q bigint, h text, b text")}
    on conflict (only_row) do update set seq = excluded.seq, hash = excluded.hash, state = excluded.state`
}

/**
 * The fence takes the one row's lock, moves it from the entry before to the last of this commit, and finds nothing where another life
 * has taken over or an entry is missing: then nothing is inserted either. A commit that waits for one before it sees where that ended.
 */
const statementOf = (epoch: number, commit: PaperCommit, rows: Rows) => {
  const parameters: Array<unknown> = [epoch, commit.entries.length, (commit.entries[0]?.seq ?? 1) - 1]
  const expressions = [
    `fence as (
    update paper_life set seq = seq + $2::bigint
    where epoch = $1::bigint and ($2::bigint = 0 or seq = $3::bigint) returning seq)`
  ]
  for (const table of Object.keys(inserts) as ReadonlyArray<Table>) {
    const json = rows[table]
    if (json === undefined) continue
    parameters.push(json)
    expressions.push(`new_${table} as (${inserts[table](parameters.length)})`)
  }
  return {
    text: `with ${expressions.join(",\n")}
    select exists (select 1 from fence) as written, exists (select 1 from paper_life where epoch = $1::bigint) as ours`,
    parameters
  }
}

const decodeWritten = Schema.decodeUnknownEffect(
  Schema.Tuple([Schema.Struct({ written: Schema.Boolean, ours: Schema.Boolean })])
)
const decodeEpoch = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ epoch: Schema.Int })]))
const decodeEntries = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ seq: Schema.Int, at: Schema.Int, body: Schema.String }))
)
const decodeSnapshots = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ seq: Schema.Int, hash: Schema.String, state: Schema.String }))
)

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  let epoch: number | undefined
  /**
   * Makes this the only life of the exchange that may write. A commit of an earlier life, still on its way when its process or its
   * connection died, is waited for here or refused later: what is read after this cannot change behind the reader's back.
   */
  const claim = sql`update paper_life set epoch = epoch + 1 returning epoch::float8 as epoch`.pipe(
    Effect.flatMap(decodeEpoch),
    Effect.map(([row]) => (epoch = row.epoch))
  )

  const commit = (given: PaperCommit): Effect.Effect<void, PaperJournalError> =>
    Effect.suspend(() => {
      const rows = rowsOf(given)
      return Effect.flatMap(epoch === undefined ? claim : Effect.succeed(epoch), (life) => {
        const { parameters, text } = statementOf(life, given, rows)
        return Effect.flatMap(sql.unsafe(text, parameters), decodeWritten)
      })
    }).pipe(
      Effect.mapError(failed),
      Effect.timeoutOrElse({
        duration: STATEMENT_TIMEOUT,
        orElse: () =>
          Effect.fail(
            new PaperJournalError({ message: "The database did not answer: the commit may be stored or not." })
          )
      }),
      Effect.flatMap(([{ ours, written }]) => (written ? Effect.void : Effect.fail(refusal(ours))))
    )

  const entries = (fromSeq: number, limit: number) =>
    sql`select seq::float8 as seq, at::float8 as at, body from paper_journal
      where seq >= ${BigInt(fromSeq)} order by seq limit ${BigInt(limit)}`.pipe(Effect.flatMap(decodeEntries))

  return PaperJournal.of({
    commit,
    load: Effect.gen(function* () {
      yield* claim
      const [snapshot] = yield* Effect.flatMap(
        sql`select seq::float8 as seq, hash, state from paper_snapshot`,
        decodeSnapshots
      )
      return {
        snapshot: Option.fromNullishOr(snapshot),
        entries: yield* entries((snapshot?.seq ?? 0) + 1, Number.MAX_SAFE_INTEGER)
      }
    }).pipe(Effect.mapError(failed)),
    entries: (fromSeq, limit) => Effect.mapError(entries(fromSeq, limit), failed),
    ...reads(sql)
  })
})

/** Needs the migrated `SqlClient` of `Database.layer`. */
export const layer: Layer.Layer<PaperJournal, never, SqlClient.SqlClient> = Layer.effect(PaperJournal, make)

const refusal = (ours: boolean) =>
  new PaperJournalError({
    message: ours
      ? "The entries do not follow the journal's last one; nothing was committed."
      : "Another paper exchange has taken the journal over; nothing was committed.",
    takenOver: !ours
  })

const orderColumns = `account_id as account, symbol, order_id::float8 as "orderId", client_order_id as "clientOrderId",
  created_at::float8 as "createdAt", body`
const tradeColumns = `account_id as account, symbol, trade_id::float8 as "tradeId", order_id::float8 as "orderId",
  at::float8 as at, body`
const listColumns = `account_id as account, list_id::float8 as "listId", list_client_order_id as "listClientOrderId",
  at::float8 as at, body`
const amendmentColumns = `account_id as account, symbol, order_id::float8 as "orderId",
  execution_id::float8 as "executionId", at::float8 as at, body`
const preventedColumns = `account_id as account, symbol, prevented_match_id::float8 as "preventedMatchId",
  taker_order_id::float8 as "takerOrderId", body`

const reads = (sql: SqlClient.SqlClient): Omit<PaperJournal["Service"], "commit" | "load" | "entries"> => {
  /** One page of a table by its id. Where ids and times grow together, the index of the times walks it in the order of the ids too. */
  const paged = (
    columns: string,
    table: Fragment,
    id: string,
    at: string,
    conditions: ReadonlyArray<Fragment>,
    { endTime, fromId, limit, startTime }: Page,
    together = true
  ) => {
    const where = sql.and([
      ...conditions,
      ...(fromId === undefined ? [] : [sql`${sql(id)} >= ${BigInt(fromId)}`]),
      ...(startTime === undefined ? [] : [sql`${sql(at)} >= ${BigInt(startTime)}`]),
      ...(endTime === undefined ? [] : [sql`${sql(at)} <= ${BigInt(endTime)}`])
    ])
    const newest = fromId === undefined && startTime === undefined
    const by =
      together && (startTime !== undefined || endTime !== undefined) ? `${at} ${newest ? "desc" : "asc"}, ` : ""
    const page = sql`select ${sql.literal(columns)} from ${table} where ${where}
      order by ${sql.literal(`${by}${id} ${newest ? "desc" : "asc"}`)} limit ${BigInt(limit)}`
    return newest ? Effect.map(page, (rows) => rows.toReversed()) : page
  }

  const read = <Row, A>(
    query: Effect.Effect<unknown, SqlError.SqlError>,
    decode: (rows: unknown) => Effect.Effect<ReadonlyArray<Row>, Schema.SchemaError>,
    of: (row: Row) => A
  ): Effect.Effect<ReadonlyArray<A>, PaperJournalError> =>
    query.pipe(
      Effect.flatMap(decode),
      Effect.map((rows) => rows.map(of)),
      Effect.mapError(failed)
    )
  const first = <A>(rows: Effect.Effect<ReadonlyArray<A>, PaperJournalError>) =>
    Effect.map(rows, ([row]) => Option.fromNullishOr(row))

  return {
    order: (account, symbol, { clientOrderId, orderId }) =>
      clientOrderId === undefined && orderId === undefined
        ? Effect.succeed(Option.none())
        : first(
            read(
              sql`select ${sql.literal(orderColumns)} from paper_orders where ${sql.and([
                sql`account_id = ${account} and symbol = ${symbol}`,
                ...(orderId === undefined ? [] : [sql`order_id = ${BigInt(orderId)}`]),
                ...(clientOrderId === undefined ? [] : [sql`client_order_id = ${clientOrderId}`])
              ])} order by order_id desc limit 1`,
              decodeOrders,
              orderOf
            )
          ),
    orders: (account, symbol, page) =>
      read(
        paged(
          orderColumns,
          sql`paper_orders`,
          "order_id",
          "created_at",
          [sql`account_id = ${account} and symbol = ${symbol}`],
          page
        ),
        decodeOrders,
        orderOf
      ),
    trades: (account, symbol, { orderId, ...page }) =>
      read(
        paged(
          tradeColumns,
          // Apart, so that an order's trades are found by its id whatever the planner believes of accounts and symbols.
          orderId === undefined
            ? sql`paper_trades`
            : sql`(select * from paper_trades where order_id = ${BigInt(orderId)} offset 0) t`,
          "trade_id",
          "at",
          [sql`account_id = ${account} and symbol = ${symbol}`],
          page
        ),
        decodeTrades,
        tradeOf
      ),
    list: (account, { listClientOrderId, listId }) =>
      listId === undefined && listClientOrderId === undefined
        ? Effect.succeed(Option.none())
        : first(
            read(
              sql`select ${sql.literal(listColumns)} from paper_lists where ${sql.and([
                sql`account_id = ${account}`,
                ...(listId === undefined ? [] : [sql`list_id = ${BigInt(listId)}`]),
                ...(listClientOrderId === undefined ? [] : [sql`list_client_order_id = ${listClientOrderId}`])
              ])} order by list_id desc limit 1`,
              decodeLists,
              listOf
            )
          ),
    lists: (account, page) =>
      read(
        paged(listColumns, sql`paper_lists`, "list_id", "at", [sql`account_id = ${account}`], page, false),
        decodeLists,
        listOf
      ),
    amendments: (account, symbol, orderId, page) =>
      read(
        paged(
          amendmentColumns,
          sql`paper_amendments`,
          "execution_id",
          "at",
          [sql`account_id = ${account} and symbol = ${symbol} and order_id = ${BigInt(orderId)}`],
          page
        ),
        decodeAmendments,
        amendmentOf
      ),
    prevented: (account, symbol, by, limit) =>
      read(
        sql`select ${sql.literal(preventedColumns)} from paper_prevented
          where account_id = ${account} and symbol = ${symbol} and ${
            "preventedMatchId" in by
              ? sql`prevented_match_id = ${BigInt(by.preventedMatchId)}`
              : sql`taker_order_id = ${BigInt(by.orderId)} and prevented_match_id >= ${BigInt(by.fromId ?? 0)}`
          }
          order by prevented_match_id limit ${BigInt(limit)}`,
        decodePrevented,
        preventedOf
      )
  }
}

const failed = (error: SqlError.SqlError | Schema.SchemaError) =>
  new PaperJournalError({
    message:
      error._tag === "SqlError"
        ? `The paper exchange's journal could not be reached: the database failed (${error.reason._tag}).`
        : "The paper exchange's journal holds a row that cannot be read: it was written by another version."
  })
