import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Database from "../../../src/adapters/postgres/Database.ts"
import { config, describePostgres, layerPglite, layerPostgres, temporaryFolder } from "../../kit/Postgres.ts"

const open = (settings: Parameters<typeof config>[0]) =>
  Layer.build(Layer.fresh(Database.layer).pipe(Layer.provide(config(settings))))

const tables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`
  return rows.map((row) => row.name)
})

const migrates = Effect.gen(function* () {
  assert.includeMembers(yield* tables, ["users", "order_commands", "order_events", "positions"])
})

describe("the embedded database", () => {
  layer(layerPglite, { timeout: "60 seconds", excludeTestServices: true })("", (it) => {
    it.effect("starts empty and migrated", () => migrates)
  })

  it.live("takes over the lock of a desk that was killed, and starts anew where its first start was cut short", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      // Where the system tells start times, a pid in use again is seen through; elsewhere one that is gone must do.
      const pid = process.platform === "linux" ? process.ppid : spawnSync(process.execPath, ["--version"]).pid
      yield* Effect.sync(() => {
        fs.writeFileSync(path.join(folder, "lock"), JSON.stringify({ pid, started: "another boot:1" }))
        fs.mkdirSync(path.join(folder, "pg"))
        fs.writeFileSync(path.join(folder, "pg", "PG_VERSION"), "18")
      })
      yield* open({ DATA_DIR: folder })
      assert.include(fs.readFileSync(path.join(folder, "lock"), "utf8"), `"pid":${process.pid}`)
    })
  )

  it.live("refuses a data directory that another desk works in, and says so", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      yield* open({ DATA_DIR: folder })
      const refused = yield* Effect.flip(open({ DATA_DIR: folder }))
      assert.strictEqual(refused._tag, "DatabaseError")
      assert.include(refused.message, `in use by process ${process.pid}`)
    })
  )
})

describe("a database out of reach", () => {
  it.live("is refused in a sentence without the password", () =>
    Effect.gen(function* () {
      // Port 1 is nobody's; the second is no address at all.
      for (const url of ["postgres://ann:s3cr%40t-word@127.0.0.1:1/desk", "postgres://ann:s3cr%40t-word@:x/desk"]) {
        const refused = yield* Effect.flip(open({ DATABASE_URL: url }))
        assert.strictEqual(refused._tag, "DatabaseError")
        assert.match(refused.message, /^The database at DATABASE_URL could not be opened: .+\.$/)
        assert.notMatch(refused.message, /s3cr/)
      }
    })
  )
})

describePostgres("PostgreSQL", () => {
  layer(layerPostgres, { timeout: "60 seconds", excludeTestServices: true })("", (it) => {
    it.effect("starts empty and migrated", () => migrates)
  })
})
