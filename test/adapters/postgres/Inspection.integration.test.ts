// A look at databases of every age, which changes none of them.
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { migrations } from "../../../migrations/index.ts"
import * as Database from "../../../src/adapters/postgres/Database.ts"
import { inspect } from "../../../src/adapters/postgres/Inspection.ts"
import { config, describePostgres, PostgresServer, temporaryFolder } from "../../kit/Postgres.ts"

const names = Object.keys(migrations)

describePostgres("an inspection", () => {
  layer(PostgresServer.layer, { timeout: "60 seconds", excludeTestServices: true })((it) => {
    it.effect("tells an empty database from one that is up to date, newer, or read-only", () =>
      Effect.gen(function* () {
        const url = yield* (yield* PostgresServer).createDatabase
        const here = config({ DATABASE_URL: url })
        const inspected = Effect.gen(function* () {
          const found = yield* inspect
          return found._tag === "Open" ? found : assert.fail(found._tag)
        }).pipe(Effect.provide(here, { local: true }), Effect.scoped)
        const inDatabase = <A, E>(work: Effect.Effect<A, E, SqlClient.SqlClient>) =>
          work.pipe(Effect.provide(Database.layer, { local: true }), Effect.provide(here, { local: true }))

        assert.deepInclude(yield* inspected, { pending: names, unknown: [], isWritable: true })
        assert.deepInclude(yield* inspected, { pending: names }, "the first look has changed it")
        const sql = SqlClient.SqlClient
        yield* inDatabase(sql)
        assert.deepInclude(yield* inspected, { pending: [], unknown: [], isWritable: true })
        yield* inDatabase(
          Effect.flatMap(sql, (sql) => sql`insert into migrations (migration_id, name) values (9001, 'later')`)
        )
        assert.deepInclude(yield* inspected, { pending: [], unknown: ["9001"] })
        yield* inDatabase(
          Effect.flatMap(
            sql,
            (sql) => sql`alter database ${sql(url.split("/").at(-1)!)} set default_transaction_read_only = on`
          )
        )
        assert.deepInclude(yield* inspected, { isWritable: false })
      })
    )
  })
})

describe("an inspection of the embedded database", () => {
  it.live(
    "makes none, and leaves one that a desk has alone",
    () =>
      Effect.gen(function* () {
        const here = config({ DATA_DIR: yield* temporaryFolder })
        const tag = Effect.map(inspect, ({ _tag }) => _tag).pipe(Effect.provide(here, { local: true }), Effect.scoped)
        assert.deepStrictEqual([yield* tag, yield* tag], ["Missing", "Missing"])
        yield* Effect.gen(function* () {
          yield* SqlClient.SqlClient
          assert.strictEqual(yield* tag, "Held")
        }).pipe(Effect.provide(Database.layer, { local: true }), Effect.provide(here, { local: true }))
        assert.strictEqual(yield* tag, "Open")
      }),
    180_000
  )
})
