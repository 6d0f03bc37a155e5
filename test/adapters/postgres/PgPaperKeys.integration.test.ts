// The paper exchange's keys on both databases: the suite of their port, and what only a database can show.
import { assert, layer, type Vitest } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as PgPaperKeys from "../../../src/adapters/postgres/PgPaperKeys.ts"
import { PaperKeys } from "../../../src/ports/PaperKeys.ts"
import { Secret } from "../../../src/ports/Secret.ts"
import { freshAccount } from "../../kit/Messages.ts"
import { describePostgres, layerPglite, layerPostgres } from "../../kit/Postgres.ts"
import { hmacKeyOf, paperKeysSuite } from "../../suites/paperKeys.ts"

const secret = Secret.layerOf(Redacted.make("the secret of this installation, long enough"))
const keys = PgPaperKeys.layer.pipe(Layer.provide(secret))

const options = { timeout: "60 seconds", excludeTestServices: true } as const

const suites = (it: Vitest.MethodsNonLive<PaperKeys | SqlClient.SqlClient>): void => {
  paperKeysSuite(it)

  it.effect("stores secrets sealed, and opens none that was moved to another key", () =>
    Effect.gen(function* () {
      const keys = yield* PaperKeys
      const sql = yield* SqlClient.SqlClient
      const [owner, thief] = [yield* hmacKeyOf(freshAccount()), yield* hmacKeyOf(freshAccount())]
      yield* keys.add(owner)
      yield* keys.add(thief)
      const rows = yield* sql<{ sealed: Uint8Array }>`select sealed from paper_keys where key_id = ${owner.keyId}`
      assert.strictEqual(Buffer.from(rows[0]?.sealed ?? []).indexOf(Redacted.value(owner.material.secret)), -1)
      yield* sql`update paper_keys set sealed = (select sealed from paper_keys where key_id = ${owner.keyId})
        where key_id = ${thief.keyId}`
      assert.match((yield* Effect.flip(keys.find(thief.keyId))).message, /not sealed by this installation/)
    })
  )
}

layer(keys.pipe(Layer.provideMerge(layerPglite)), options)("paper keys in PGlite", suites)
describePostgres("on PostgreSQL", () => {
  layer(keys.pipe(Layer.provideMerge(layerPostgres)), options)("paper keys in PostgreSQL", suites)
})
