// A look at the database as it is: nothing is migrated, made or written.
import type { PgClient } from "@effect/sql-pg"
import { type Context, Effect, type Scope } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import * as fs from "node:fs"
import * as path from "node:path"
import { migrations } from "../../../migrations/index.ts"
import { Config } from "../../Config.ts"
import { AccountId } from "../../domain/Ids.ts"
import * as DataDirLock from "./DataDirLock.ts"
import * as Database from "./Database.ts"

export interface Inspected {
  readonly client: Context.Context<PgClient.PgClient | SqlClient.SqlClient>
  /** Migrations that the next start applies; all of them where the database is empty. */
  readonly pending: ReadonlyArray<string>
  /** Migrations that this build does not know. */
  readonly unknown: ReadonlyArray<string>
  readonly isWritable: boolean
}

/** There is no database yet, or a running desk has the embedded one. */
export type Inspection =
  | ({ readonly _tag: "Open" } & Inspected)
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Held"; readonly pid: number }

export const inspect: Effect.Effect<Inspection, Database.DatabaseError, Config | Scope.Scope> = Effect.gen(
  function* () {
    const { databaseUrl, dataDir } = yield* Config
    if (databaseUrl === undefined) {
      const pid = DataDirLock.holder(path.resolve(dataDir))
      if (pid !== undefined) return { _tag: "Held", pid }
      if (!fs.existsSync(path.join(dataDir, "pg"))) return { _tag: "Missing" }
    }
    const client = yield* Database.open
    return { _tag: "Open", client, ...(yield* Database.told(Effect.provideContext(look, client), databaseUrl)) }
  }
)

const look = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [found] = yield* sql<{ migrated: boolean; writable: boolean }>`
    select to_regclass('migrations') is not null as migrated,
      not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off'
        and has_schema_privilege(current_schema(), 'create')
        and (to_regclass('order_events') is null or has_table_privilege(to_regclass('order_events')::oid, 'insert'))
        as writable`
  const applied = found?.migrated === true ? yield* sql<{ id: number }>`select migration_id as id from migrations` : []
  const known = new Map(Object.keys(migrations).map((name) => [Number(name.slice(0, 4)), name]))
  const ids = new Set(applied.map(({ id }) => Number(id)))
  return {
    pending: [...known].filter(([id]) => !ids.has(id)).map(([, name]) => name),
    unknown: [...ids].filter((id) => !known.has(id)).map(String),
    isWritable: found?.writable === true
  }
})

/** Accounts that have stored a key, the first `limit` of them. */
export const accountsWithKeys = (
  limit: number
): Effect.Effect<ReadonlyArray<AccountId>, SqlError.SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ id: string }>`
      select account_id as id from exchange_keys order by account_id limit ${limit}`
    return rows.map(({ id }) => AccountId.make(id))
  })

/** Symbols in which something is held. */
export const symbolsHeld: Effect.Effect<ReadonlyArray<string>, SqlError.SqlError, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ symbol: string }>`select distinct symbol from positions where quantity <> 0`
    return rows.map(({ symbol }) => symbol)
  }
)
