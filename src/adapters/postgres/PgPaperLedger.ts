// The paper exchange's books in PostgreSQL or PGlite. Every paper order is a commit, so commits are grouped.
import { type Cause, Deferred, Effect, Exit, Layer, Option, Schema } from "effect"
import { SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { AccountId, ClientOrderId } from "../../domain/Ids.ts"
import { PaperAccount, type PaperCommit, PaperLedger, PaperLedgerError, PaperOrder } from "../../ports/PaperLedger.ts"
import * as GroupCommit from "./GroupCommit.ts"

/** Commits that wait at most; beyond it the exchange waits with them. */
const WAITING = 4096
/** Commits that share one statement at most. */
const BATCH = 512
/** A statement that takes longer has lost its connection without a word: its outcome is unknown. */
const STATEMENT_TIMEOUT = "30 seconds"

const encodeOrder = Schema.encodeSync(Schema.fromJsonString(PaperOrder))
const encodeAccount = Schema.encodeSync(Schema.fromJsonString(PaperAccount))

const OrderRow = Schema.Struct({ body: PaperOrder })
const AccountRow = Schema.Struct({ accountId: AccountId, balances: PaperAccount.fields.balances })
const ClaimRow = Schema.Struct({ epoch: Schema.Finite, lastId: Schema.Finite })
const WrittenRow = Schema.Struct({ written: Schema.Boolean })

/** A commit as it is written: rows by key, each already JSON. */
interface Encoded {
  readonly orders: ReadonlyArray<readonly [exchangeOrderId: number, json: string]>
  readonly accounts: ReadonlyArray<readonly [accountId: string, json: string]>
  readonly lastId: number
}

interface Waiting {
  readonly encoded: Encoded
  readonly done: Deferred.Deferred<void, PaperLedgerError>
}

const encode = (commit: PaperCommit): Encoded => ({
  orders: commit.orders.map((order) => [order.exchangeOrderId, encodeOrder(order)]),
  accounts: commit.accounts.map((account) => [account.accountId, encodeAccount(account)]),
  lastId: commit.lastId
})

export const layer: Layer.Layer<PaperLedger, never, SqlClient.SqlClient> = Layer.effect(
  PaperLedger,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    /**
     * Makes this the only life of the exchange that may write. A commit of an earlier life, still on its way when its process or its
     * connection died, is waited for here or refused later: what is read after this cannot change behind the reader's back.
     */
    const claim = Effect.map(
      SqlSchema.findOne({
        Request: Schema.Void,
        Result: ClaimRow,
        execute: () =>
          sql`update paper_ids set epoch = epoch + 1 returning epoch::float8 as epoch, last_id::float8 as "lastId"`
      })(),
      (row) => {
        epoch = row.epoch
        return row
      }
    )
    let epoch: number | undefined
    const group = yield* GroupCommit.make<Waiting>({
      capacity: WAITING,
      maxBatch: BATCH,
      write: (batch) =>
        Effect.as(
          Effect.onExit(
            Effect.suspend(() =>
              epoch === undefined ? Effect.mapError(claim, failed) : Effect.succeed({ epoch })
            ).pipe(
              Effect.flatMap((life) =>
                commitAll(
                  sql,
                  life.epoch,
                  batch.map(({ encoded }) => encoded)
                )
              )
            ),
            (exit) => Effect.sync(() => batch.forEach(({ done }) => Deferred.doneUnsafe(done, exit)))
          ).pipe(Effect.catchTag("PaperLedgerError", () => Effect.void)),
          []
        ),
      abandon: ({ done }, why) =>
        void Deferred.doneUnsafe(
          done,
          Exit.fail(new PaperLedgerError({ message: `The paper exchange's books are in doubt: ${why}.` }))
        )
    })

    const commit = Effect.fnUntraced(function* (given: PaperCommit) {
      // Encoded before it joins others: what cannot be written fails alone.
      const waiting: Waiting = { encoded: encode(given), done: Deferred.makeUnsafe() }
      if (yield* group.add(waiting)) return yield* Deferred.await(waiting.done)
      return yield* new PaperLedgerError({ message: "The paper exchange has stopped: nothing was committed." })
    })

    const openOrders = SqlSchema.findAll({
      Request: Schema.Void,
      Result: OrderRow,
      execute: () => sql`select body from paper_orders where is_open order by exchange_order_id`
    })
    const account = SqlSchema.findOneOption({
      Request: AccountId,
      Result: AccountRow,
      execute: (accountId) => sql`
        select account_id as "accountId", balances from paper_accounts where account_id = ${accountId}`
    })
    const order = SqlSchema.findOneOption({
      Request: Schema.Struct({ accountId: AccountId, clientOrderId: ClientOrderId }),
      Result: OrderRow,
      execute: ({ accountId, clientOrderId }) => sql`
        select body from paper_orders
        where account_id = ${accountId} and client_order_id = ${clientOrderId}
        order by exchange_order_id desc limit 1`
    })

    return {
      commit,
      load: Effect.gen(function* () {
        const { lastId } = yield* claim
        const open = yield* openOrders()
        return { openOrders: open.map(({ body }) => body), lastId }
      }).pipe(Effect.mapError(failed)),
      account: (accountId) => Effect.mapError(account(accountId), failed),
      order: (accountId, clientOrderId) =>
        Effect.mapBoth(order({ accountId, clientOrderId }), {
          onFailure: failed,
          onSuccess: Option.map(({ body }) => body)
        })
    }
  })
)

/** All of them or none, in one statement; none where a later life of the exchange has claimed the books. */
const commitAll = (
  sql: SqlClient.SqlClient,
  epoch: number,
  commits: ReadonlyArray<Encoded>
): Effect.Effect<void, PaperLedgerError> =>
  write(sql, epoch, commits).pipe(
    Effect.mapError(failed),
    Effect.timeoutOrElse({
      duration: STATEMENT_TIMEOUT,
      orElse: () =>
        Effect.fail(new PaperLedgerError({ message: "The database did not answer: the commit may be stored or not." }))
    }),
    Effect.filterOrFail(
      ({ written }) => written,
      () => new PaperLedgerError({ message: "Another paper exchange has taken over the books; nothing was committed." })
    ),
    Effect.asVoid
  )

/** One statement for all commits, one JSON parameter a table: its cost hardly grows with their number. */
const write = (sql: SqlClient.SqlClient, epoch: number, commits: ReadonlyArray<Encoded>) => {
  // A statement may touch a row once: within the group the newest state of a key stands for all.
  const orders = new Map(commits.flatMap((commit) => commit.orders))
  const accounts = new Map(commits.flatMap((commit) => commit.accounts))
  const lastId = commits.reduce((highest, commit) => Math.max(highest, commit.lastId), 0)
  return SqlSchema.findOne({
    Request: Schema.Void,
    Result: WrittenRow,
    execute: () => sql`
    with fence as (
      update paper_ids set last_id = greatest(last_id, ${lastId}::bigint) where epoch = ${epoch}::bigint returning only_row
    ), written_orders as (
      insert into paper_orders (exchange_order_id, account_id, client_order_id, symbol, status, is_open, body)
      select (row ->> 'exchangeOrderId')::bigint, row ->> 'accountId', row ->> 'clientOrderId', row -> 'intent' ->> 'symbol',
        row ->> 'status', row ->> 'status' in ('NEW', 'PARTIALLY_FILLED'), row
      from fence, jsonb_array_elements(${jsonArray(orders)}::text::jsonb) as row
      on conflict (exchange_order_id) do update
        set status = excluded.status, is_open = excluded.is_open, body = excluded.body
    ), written_accounts as (
      insert into paper_accounts (account_id, balances)
      select row ->> 'accountId', row -> 'balances'
      from fence, jsonb_array_elements(${jsonArray(accounts)}::text::jsonb) as row
      on conflict (account_id) do update set balances = excluded.balances
    )
    select exists (select 1 from fence) as written`
  })()
}

const jsonArray = (rows: ReadonlyMap<unknown, string>): string => `[${[...rows.values()].join(",")}]`

const failed = (error: SqlError.SqlError | Schema.SchemaError | Cause.NoSuchElementError) =>
  new PaperLedgerError({
    message:
      error._tag === "SqlError"
        ? `The paper exchange's books could not be reached: the database failed (${error.reason._tag}).`
        : "The paper exchange's books hold a row that cannot be read: it was written by another version."
  })
