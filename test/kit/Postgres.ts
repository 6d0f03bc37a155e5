// A database of its own for each suite, on a throwaway PostgreSQL server. Also PGlite in a directory that goes away.
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { describe } from "vitest"
import * as Database from "../../src/adapters/postgres/Database.ts"
import { Config, parse, type Setting } from "../../src/Config.ts"
import * as Server from "./PostgresServer.ts"

const skipped = !Server.isInstalled && process.env["CI"] === undefined
if (skipped) process.stderr.write("No PostgreSQL found (initdb, postgres): its suites are skipped.\n")

/** A `describe` that is skipped where there is no PostgreSQL; in CI it runs, and fails. */
export const describePostgres = describe.skipIf(skipped)

/** A running server. `createDatabase` gives the address of a new, empty database in it. */
export class PostgresServer extends Context.Service<
  PostgresServer,
  { readonly createDatabase: Effect.Effect<string>; readonly pid: number; readonly folder: string }
>()("outcry/test/kit/PostgresServer") {
  static readonly layer = Layer.effect(
    PostgresServer,
    Effect.gen(function* () {
      const running = yield* Effect.acquireRelease(
        Effect.promise(() => Server.start({ fsync: false })),
        (server) => Effect.promise(server.stop)
      )
      let count = 0
      const createDatabase = Effect.gen(function* () {
        const name = `desk_${++count}`
        const sql = yield* SqlClient.SqlClient
        yield* sql`create database ${sql(name)}`
        return `${running.url}/${name}`
      }).pipe(
        Effect.provide(PgClient.layer({ url: Redacted.make(`${running.url}/postgres`), ssl: false }), { local: true }),
        Effect.orDie
      )
      return { createDatabase, pid: running.pid, folder: running.folder }
    })
  )
}

/** The settings of a desk, with these instead of the defaults. */
export const config = (given: Partial<Record<Setting, string>>) => Layer.effect(Config, parse(given))

/** A directory that is removed with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "outcry-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** Settings that name a new database on the server. */
export const layerPostgresConfig = Layer.unwrap(
  Effect.gen(function* () {
    const server = yield* PostgresServer
    return config({ DATABASE_URL: yield* server.createDatabase })
  })
)

/** Settings that name an empty data directory, and with it PGlite. */
export const layerPgliteConfig = Layer.unwrap(Effect.map(temporaryFolder, (folder) => config({ DATA_DIR: folder })))

/** A migrated, empty database on a throwaway PostgreSQL server. Use inside `describePostgres`. */
export const layerPostgres = Layer.fresh(
  Database.layer.pipe(Layer.provideMerge(layerPostgresConfig), Layer.provideMerge(PostgresServer.layer))
)

/** A migrated, empty database on PGlite in a temporary directory. */
export const layerPglite = Layer.fresh(Database.layer.pipe(Layer.provideMerge(layerPgliteConfig)))
