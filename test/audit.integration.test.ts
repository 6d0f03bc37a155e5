// The verbs that look into the journal, as real processes on both kinds of database.
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { spawn } from "node:child_process"
import * as path from "node:path"
import * as Database from "../src/adapters/postgres/Database.ts"
import * as PgJournal from "../src/adapters/postgres/PgJournal.ts"
import { Journal } from "../src/ports/Journal.ts"
import { history } from "./kit/History.ts"
import { config, describePostgres, PostgresServer, temporaryFolder } from "./kit/Postgres.ts"
import { accountId, NOW, SampleWriter, shown } from "./kit/Samples.ts"

const cli = path.resolve(import.meta.dirname, "../dist/cli.js")

/** Runs a verb to its end. Needs a build. */
const outcry = (...args: ReadonlyArray<string>) =>
  Effect.promise(
    () =>
      new Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>((resolve, reject) => {
        const child = spawn(process.execPath, [cli, ...args], {
          env: { PATH: process.env["PATH"] },
          stdio: ["ignore", "pipe", "pipe"]
        })
        let [out, err] = ["", ""]
        child.stdout.on("data", (chunk: Buffer) => void (out += chunk.toString()))
        child.stderr.on("data", (chunk: Buffer) => void (err += chunk.toString()))
        child.once("error", reject)
        child.once("exit", (code) => resolve({ code, out, err }))
      })
  )

const verbs = (
  where: readonly [flag: string, value: string],
  opened: <A, E>(effect: Effect.Effect<A, E, Journal | SqlClient.SqlClient | Scope.Scope>) => Effect.Effect<A, unknown>
) =>
  Effect.gen(function* () {
    const writers = [1, 2, 3].map((number) => new SampleWriter(accountId(`cli-${number}`)))
    yield* opened(
      Effect.flatMap(Journal, (journal) =>
        Effect.forEach(writers, (writer, seed) => Effect.forEach(history(writer, seed, 30), journal.append))
      )
    )
    const ann = writers[0]!.account
    const events = writers.reduce((sum, { account }) => sum + account.seq, 0)
    const all = yield* outcry("audit", "verify", ...where)
    assert.deepStrictEqual(all, {
      code: 0,
      out: `All as they were written: ${events} events of 3 accounts.\n`,
      err: ""
    })
    const one = yield* outcry("audit", "verify", "--account", ann.accountId, ...where)
    assert.match(one.out, new RegExp(`^Account ${ann.accountId}: head ${ann.seq} [0-9a-f]{64}\n`))

    const replayed = yield* outcry("replay", "--account", ann.accountId, ...where)
    assert.strictEqual(replayed.code, 0, replayed.err)
    assert.strictEqual(replayed.err, `The read models say the same as the ${ann.seq} events.\n`)
    const { balances, fills, openOrders, orders, seq } = JSON.parse(replayed.out) as Record<string, unknown>
    assert.strictEqual(seq, ann.seq)
    assert.sameDeepMembers(Object.values(balances as object), [...shown(ann).balances])
    assert.deepStrictEqual(Object.values(openOrders as object).length, shown(ann).orders.length)
    assert.hasAllKeys(orders, ["open", "closed"])
    assert.isNumber(fills)
    for (const until of ["7", String(NOW + 7), new Date(NOW + 7).toISOString()]) {
      const earlier = yield* outcry("replay", "--account", ann.accountId, "--until", until, ...where)
      assert.strictEqual((JSON.parse(earlier.out) as { seq: number }).seq, 7)
    }

    yield* opened(
      Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.andThen(
          sql`update order_events set trace_id = 'another' where account_id = ${ann.accountId} and seq = 5`,
          sql`update balances set free = free + 1 where account_id = ${ann.accountId} and asset = 'USDT'`
        )
      )
    )
    const edited = yield* outcry("audit", "verify", ...where)
    assert.strictEqual(edited.code, 1)
    assert.include(edited.out, `Account ${ann.accountId}: event 5 is not what was written there`)
    assert.strictEqual(edited.err, `outcry: Not as written: 1 of 3 accounts, the first is ${ann.accountId}.\n`)
    const differs = yield* outcry("replay", "--account", ann.accountId, ...where)
    assert.strictEqual(differs.code, 1)
    assert.match(differs.err, /^outcry: The read models differ from the journal\. account balances USDT free: "/)
    const stranger = yield* outcry("replay", "--account", "nobody", ...where)
    assert.deepStrictEqual([stranger.code, stranger.err], [1, "outcry: The journal has no account nobody.\n"])
  })

const journalOf = (setting: "DATA_DIR" | "DATABASE_URL", value: string) =>
  PgJournal.layer.pipe(Layer.provideMerge(Database.layer), Layer.provide(config({ [setting]: value })))

describe("the journal's verbs on the embedded database", () => {
  it.live(
    "audit and replay it, and say so where a desk is using it",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const missing = yield* outcry("audit", "verify", "--data-dir", folder)
        assert.strictEqual(missing.code, 1)
        assert.include(missing.err, "it has no database in it")
        const opened = <A, E>(effect: Effect.Effect<A, E, Journal | SqlClient.SqlClient | Scope.Scope>) =>
          Effect.scoped(Effect.provide(effect, journalOf("DATA_DIR", folder), { local: true }))
        yield* verbs(["--data-dir", folder], opened)
        const busy = yield* opened(outcry("replay", "--account", "ann", "--data-dir", folder))
        assert.strictEqual(busy.code, 1)
        assert.match(busy.err, /is in use by process \d+\. Stop that one/)
      }),
    300_000
  )
})

describePostgres("", () => {
  layer(PostgresServer.layer, { timeout: "60 seconds", excludeTestServices: true })(
    "the journal's verbs on PostgreSQL",
    (it) => {
      it.effect(
        "audit and replay it, while it is open",
        () =>
          Effect.gen(function* () {
            const url = yield* (yield* PostgresServer).createDatabase
            const services = yield* Layer.build(journalOf("DATABASE_URL", url))
            yield* verbs(["--database-url", url], (effect) => Effect.scoped(Effect.provide(effect, services)))
          }),
        300_000
      )
    }
  )
})
