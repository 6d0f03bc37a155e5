// The SQL client every store of the desk works with: PostgreSQL where DATABASE_URL names one, else PGlite in DATA_DIR.
import { PgClient } from "@effect/sql-pg"
import { type Context, Effect, Layer, Redacted, Schema, type Scope } from "effect"
import { Migrator, SqlClient, SqlError } from "effect/sql"
import * as path from "node:path"
import { migrations } from "../../../migrations/index.ts"
import { Config } from "../../Config.ts"
import * as DataDirLock from "./DataDirLock.ts"
import * as Pglite from "./Pglite.ts"

/** The database cannot be opened or brought up to date. One sentence, without the address and its password. */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", { message: Schema.String }) {}

/**
 * The desk finds rows by key. A cached plan is made while the tables are young, when reading all of one looks cheap, and PGlite
 * never analyses: so whole-table plans are ruled out instead of hoped against.
 * What is ruled out still counts into a plan's cost where nothing else is possible (a list of rows has no index), and a plan that
 * looks so dear would be compiled by PostgreSQL for a tenth of a second before it runs for a millisecond: hence no JIT either.
 */
const PLANNER = {
  enable_seqscan: "off",
  enable_bitmapscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_material: "off"
}

/** PGlite's buffers live in the desk's process. What is read again is small; the rest is in the system's file cache. */
const PGLITE_SETTINGS = [
  "shared_buffers=16MB",
  "wal_buffers=1MB",
  "work_mem=4MB",
  "maintenance_work_mem=16MB",
  "max_wal_size=256MB",
  ...Object.entries(PLANNER).map(([name, value]) => `${name}=${value}`)
]

type Client = Context.Context<PgClient.PgClient | SqlClient.SqlClient>

/**
 * Opens the database, applies the migrations, and provides `SqlClient` and `PgClient`. PGlite has one connection: await nothing slow
 * inside a transaction, open no second one in it, and do not use `listen`.
 */
export const layer: Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, DatabaseError, Config> = Layer.effectContext(
  Effect.gen(function* () {
    const { databaseUrl } = yield* Config
    const client = yield* open
    yield* told(Effect.provideContext(migrate, client), databaseUrl)
    if (databaseUrl === undefined) yield* Effect.forkScoped(Effect.provideContext(upkeep, client))
    return client
  })
)

/** Opens the database as it is: no migration is applied. Makes an embedded one where there is none. */
export const open: Effect.Effect<Client, DatabaseError, Config | Scope.Scope> = Effect.gen(function* () {
  const { databaseUrl, dataDir } = yield* Config
  return yield* told(databaseUrl === undefined ? embedded(dataDir) : server(databaseUrl), databaseUrl)
})

/** Whatever fails of it, in a sentence. */
export const told = <A, R>(work: Effect.Effect<A, Failure, R>, url: Redacted.Redacted | undefined) =>
  Effect.mapError(work, (error) => new DatabaseError({ message: sentenceOf(error, url) }))

const server = (url: Redacted.Redacted): Effect.Effect<Client, SqlError.SqlError, Scope.Scope> =>
  Layer.build(
    PgClient.layer({
      url,
      maxConnections: 10,
      keepAlive: "30 seconds",
      applicationName: "outcry",
      startupParameters: { ...PLANNER, jit: "off" }
    })
  )

const embedded = Effect.fnUntraced(function* (
  dataDir: string
): Effect.fn.Return<Client, DataDirLock.DataDirBusy | Pglite.PgliteError | SqlError.SqlError, Scope.Scope> {
  const folder = path.resolve(dataDir)
  yield* DataDirLock.hold(folder)
  const stream = yield* Pglite.open(path.join(folder, "pg"), PGLITE_SETTINGS)
  const client: Client = yield* Layer.build(
    PgClient.layer({
      stream,
      ssl: false,
      username: "postgres",
      database: "postgres",
      maxConnections: 1,
      multiplex: true,
      multiplexConcurrency: 8
    })
  )
  return client
})

const migrate = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: "migrations" })

/** Bytes of write-ahead log after which the embedded database writes everything out: what a start after a crash reads again at most. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024

/**
 * A server does these from processes of its own; PGlite has none. Without checkpoints the log, and with it the start after a crash,
 * would grow for as long as the desk runs.
 */
const checkpoint = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [log] = yield* sql<{ bytes: number }>`
    select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()`
  if (log !== undefined && log.bytes > CHECKPOINT_BYTES) yield* sql`checkpoint`
})

/**
 * Rows that change in place (positions, balances, ledgers) mostly reuse their own page, which a fill factor leaves room in; what that
 * misses, and the row versions a receipt or an order's next state leaves behind, are cleared here. A table a statement, so that a
 * commit waits for one table at most; pages without dead rows are skipped.
 */
const vacuum = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const tables = [
    "account_heads",
    "positions",
    "balances",
    "paper_life",
    "paper_snapshot",
    "orders",
    "order_commands",
    "paper_orders"
  ]
  yield* Effect.forEach(tables, (table) => sql`vacuum ${sql(table)}`, { discard: true })
})

const tolerated = <R>(work: Effect.Effect<void, SqlError.SqlError, R>) =>
  Effect.catch(work, (error) => Effect.logWarning("Upkeep of the embedded database failed; it is tried again", error))

/** Nothing at the start: the desk comes up first. */
const upkeep = Effect.all(
  [
    Effect.forever(Effect.delay(tolerated(checkpoint), "5 seconds")),
    Effect.forever(Effect.delay(tolerated(vacuum), "15 minutes"))
  ],
  { concurrency: "unbounded", discard: true }
)

type Failure = SqlError.SqlError | Migrator.MigrationError | DataDirLock.DataDirBusy | Pglite.PgliteError

const sentenceOf = (error: Failure, url: Redacted.Redacted | undefined): string => {
  switch (error._tag) {
    case "DataDirBusy":
    case "PgliteError":
      return error.message
    case "MigrationError":
      return `The database could not be brought up to date: ${scrub(`${error.message}: ${reasonOf(error.cause)}`, url)}.`
    case "SqlError":
      return url === undefined
        ? `The embedded database could not be opened: ${reasonOf(error)}.`
        : `The database at DATABASE_URL could not be opened: ${scrub(reasonOf(error), url)}.`
  }
}

const reasonOf = (error: unknown): string => {
  if (error instanceof SqlError.SqlError) return reasonOf(error.reason.cause)
  return error instanceof Error && error.message !== "" ? error.message.replace(/\.$/, "") : "no reason was given"
}

/** A driver may quote what it was given: the address and its password never pass. */
const scrub = (text: string, url: Redacted.Redacted | undefined): string => {
  if (url === undefined) return text
  const address = Redacted.value(url)
  const password = /^[^:]+:\/\/[^:@/]*:([^@]*)@/.exec(address)?.[1] ?? ""
  return [address, password, safelyDecoded(password)]
    .filter((secret) => secret !== "")
    .reduce((clean, secret) => clean.replaceAll(secret, "…"), text)
}

const safelyDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
