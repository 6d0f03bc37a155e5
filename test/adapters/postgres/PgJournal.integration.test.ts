import { PgClient } from "@effect/sql-pg"
import { assert, describe, it, layer, type Vitest } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Database from "../../../src/adapters/postgres/Database.ts"
import * as PgBlotter from "../../../src/adapters/postgres/PgBlotter.ts"
import * as PgJournal from "../../../src/adapters/postgres/PgJournal.ts"
import { empty, evolve } from "../../../src/domain/Account.ts"
import type { Receipt } from "../../../src/domain/Command.ts"
import { AccountId, CommandId } from "../../../src/domain/Ids.ts"
import { verify } from "../../../src/ports/Audit.ts"
import { Blotter } from "../../../src/ports/Blotter.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import {
  config,
  describePostgres,
  layerPglite,
  layerPostgres,
  layerPostgresConfig,
  PostgresServer,
  temporaryFolder
} from "../../kit/Postgres.ts"
import {
  accountId,
  assetsOf,
  deposited,
  filled,
  orderId,
  placeOrder,
  receiptOf,
  SampleWriter,
  shown,
  submitted
} from "../../kit/Samples.ts"
import { Tamper } from "../../kit/Tamper.ts"
import { auditSuite } from "../../suites/audit.ts"
import { blotterSuite } from "../../suites/blotter.ts"
import { journalSuite } from "../../suites/journal.ts"

const stores = Layer.merge(PgJournal.layer, PgBlotter.layer)
const tampered = Layer.merge(stores, Tamper.layerSql)
const pglite = Layer.provideMerge(tampered, layerPglite)
const postgres = Layer.provideMerge(tampered, layerPostgres)
const options = { timeout: "60 seconds", excludeTestServices: true } as const

/** What only a database can do wrong. */
const databaseSuite = (it: Vitest.MethodsNonLive<Journal | SqlClient.SqlClient>): void => {
  it.effect("fails only the step that cannot be stored", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const [bad, ...good] = Array.from({ length: 8 }, (_, index) => new SampleWriter(accountId(`poison-${index}`)))
      assert(bad !== undefined)
      yield* journal.append(bad.next([deposited("USDT", "1000000"), submitted(1)]))
      // PostgreSQL has no NUL in its texts.
      const poisoned = bad.next([{ _tag: "OrderRejected", orderId: orderId(1), reason: "no\u0000no" }])
      const [failure, exits] = yield* Effect.all(
        [
          Effect.flip(journal.append(poisoned)),
          Effect.forEach(good, (writer) => Effect.exit(journal.append(writer.next([deposited("USDT", "1")]))), {
            concurrency: "unbounded"
          })
        ],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(failure._tag, "JournalError")
      assert.isTrue(exits.every(Exit.isSuccess))
      assert.strictEqual((yield* journal.load(bad.account.accountId)).events.length, 2)
    })
  )

  it.effect("refuses to count a trade twice", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const writer = new SampleWriter(accountId("twice"))
      yield* journal.append(writer.next([deposited("USDT", "1000000"), submitted(1), filled(1, "t", "0.1")]))
      const failure = yield* Effect.flip(journal.append(writer.next([filled(1, "t", "0.1")])))
      assert.strictEqual(failure._tag, "JournalError")
      assert.strictEqual((yield* journal.load(writer.account.accountId)).events.length, 3)
    })
  )

  it.effect("finds out about another process that wrote to the account in the meantime", () =>
    Effect.gen(function* () {
      const [journal, sql] = [yield* Journal, yield* SqlClient.SqlClient]
      const [writer, other] = [new SampleWriter(accountId("fenced")), new SampleWriter(accountId("beside"))]
      const { accountId: ann } = writer.account
      yield* journal.append(writer.next([deposited("USDT", "1")]))
      yield* journal.append(other.next([deposited("USDT", "1")]))
      yield* sql`insert into order_events (account_id, seq, at, trace_id, event)
          select account_id, 2, at, trace_id, event from order_events where account_id = ${ann}`
      const [failure] = yield* Effect.all(
        [
          Effect.flip(journal.append(writer.next([deposited("USDT", "2")]))),
          journal.append(other.next([deposited("BTC", "2")]))
        ],
        { concurrency: "unbounded" }
      )
      assert.strictEqual(failure._tag, "NotTheWriter")
      assert.strictEqual((yield* journal.load(ann)).events.length, 2)
      assert.strictEqual((yield* journal.load(other.account.accountId)).events.length, 2)
    })
  )
}

layer(pglite, options)("the journal on PGlite", (it) => {
  journalSuite(it)
  blotterSuite(it)
  databaseSuite(it)
  auditSuite(it)
})

describePostgres("", () => {
  layer(postgres, options)("the journal on PostgreSQL", (it) => {
    journalSuite(it)
    blotterSuite(it)
    databaseSuite(it)
    auditSuite(it)

    it.effect("goes on after its connections were cut", () =>
      Effect.gen(function* () {
        const [journal, client] = [yield* Journal, yield* PgClient.PgClient]
        const writer = new SampleWriter(accountId("cut"))
        yield* journal.append(writer.next([deposited("USDT", "1")]))
        const other = PgClient.layer({ url: client.config.url, ssl: false, applicationName: "the hand that cuts" })
        yield* Effect.provide(
          SqlClient.SqlClient.use(
            (sql) => sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outcry'`
          ),
          other
        )
        const step = writer.next([deposited("USDT", "2")])
        // The first tries may still get a connection that is dead: an open outcome, so the step is simply tried again.
        yield* Effect.retry(journal.append(step), { times: 20, while: (error) => error._tag === "JournalError" })
        assert.strictEqual((yield* journal.load(writer.account.accountId)).events.length, 2)
      })
    )
  })

  layer(Layer.provideMerge(layerPostgresConfig, PostgresServer.layer), options)("two desks on one database", (it) => {
    const desk = Effect.map(Layer.build(Layer.fresh(Layer.provide(PgJournal.layer, Database.layer))), (context) =>
      Context.get(context, Journal)
    )

    it.effect("give one answer to a command that one of them takes and the other refuses", () =>
      Effect.gen(function* () {
        const desks = [yield* desk, yield* desk] as const
        for (let number = 1; number <= 20; number++) {
          const command = placeOrder(accountId(`both-${number}`), number)
          const refused: Receipt = { ...receiptOf(command, 0), outcome: "refused", reason: "Too far." }
          const [takes, refuses] = number % 2 === 0 ? desks : [desks[1], desks[0]]
          const answers = yield* Effect.all([takes.submit(command), refuses.submit(command, refused)], {
            concurrency: "unbounded"
          })
          const winner = answers.findIndex(({ _tag }) => _tag === "New")
          const stands = { envelope: command, ...(winner === 1 ? { receipt: refused } : {}) }
          assert.deepStrictEqual(answers[1 - winner], { _tag: "Repeated", ...stands })
          for (const journal of desks) {
            assert.deepStrictEqual(yield* journal.command(command.accountId, command.commandId), Option.some(stands))
            assert.strictEqual(yield* journal.countUndecided(command.accountId), 1 - winner)
          }
        }
      })
    )

    it.effect("let one of two writers through for each step, and never deadlock", () =>
      Effect.gen(function* () {
        const desks = [yield* desk, yield* desk]
        const accounts = Array.from({ length: 12 }, (_, index) => accountId(`shared-${index}`))
        // Both walk the accounts at once, one of them backwards, and go on from wherever an account ends.
        const outcomes = yield* Effect.forEach(
          desks.flatMap((journal, index) =>
            (index === 0 ? accounts : accounts.toReversed()).map((account) => ({ journal, account }))
          ),
          ({ account, journal }) =>
            Effect.gen(function* () {
              let written = 0
              for (let round = 0; round < 5; round++) {
                const { events } = yield* journal.load(account)
                const writer = new SampleWriter(account)
                writer.account = events.reduce((state, event) => evolve(state, event, assetsOf), writer.account)
                const exit = yield* Effect.exit(journal.append(writer.next([deposited("USDT", `${round}`)])))
                if (Exit.isSuccess(exit)) written++
                else assert.strictEqual(Option.getOrThrow(Exit.findErrorOption(exit))._tag, "NotTheWriter")
              }
              return { account, written }
            }),
          { concurrency: "unbounded" }
        )
        for (const account of accounts) {
          const written = outcomes.filter((outcome) => outcome.account === account)
          const { events } = yield* desks[0]!.load(account)
          assert.isUndefined((yield* verify(desks[0]!, account)).fault)
          assert.deepStrictEqual(
            events.map((event) => event.seq),
            Array.from({ length: written.reduce((sum, outcome) => sum + outcome.written, 0) }, (_, index) => index + 1)
          )
        }
      })
    )
  })
})

/** Lets a writer work until it has printed `lines` lines, kills it with SIGKILL, and gives all it has printed. */
const writeAndKill = async (dataDir: string, prefix: string, lines: number): Promise<ReadonlyArray<string>> => {
  const script = fileURLToPath(new URL("../../kit/JournalWriter.ts", import.meta.url))
  const child = spawn(process.execPath, ["--import", "tsx", script, dataDir, prefix], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const printed: Array<string> = []
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line)
    if (printed.length === lines) child.kill("SIGKILL")
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
  return printed
}

describe("PGlite and kill -9", () => {
  it.live(
    "keeps all that was acknowledged, and read models equal to the fold of the events",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const printed: Array<string> = []
        for (const [round, lines] of [400, 900, 150].entries()) {
          printed.push(...(yield* Effect.promise(() => writeAndKill(folder, `killed-${round}`, lines))))
        }
        assert.isAtLeast(printed.length, 1450)
        yield* Effect.gen(function* () {
          const [journal, blotter] = [yield* Journal, yield* Blotter]
          const lastSeq = new Map<string, number>()
          for (const line of printed) {
            const [kind, account = "", value = ""] = line.split(" ")
            if (kind === "events") lastSeq.set(account, Number(value))
            else {
              const found = yield* journal.submit(placeOrder(AccountId.make(account), Number(value.slice(1))))
              assert.strictEqual(found._tag, "Repeated", line)
            }
          }
          assert.strictEqual(lastSeq.size, 24)
          for (const [account, seq] of lastSeq) {
            const id = AccountId.make(account)
            const { events } = yield* journal.load(id)
            assert.isAtLeast(events.length, seq)
            assert.isUndefined((yield* verify(journal, id)).fault)
            assert.deepStrictEqual(
              events.map((event) => event.seq),
              events.map((_, index) => index + 1)
            )
            const folded = events.reduce((state, event) => evolve(state, event, assetsOf), empty(id))
            const state = yield* blotter.state(id)
            const { balances, orders, positions } = shown(folded)
            assert.strictEqual(state.seq, folded.seq)
            assert.strictEqual(state.orders.length, orders.length)
            assert.deepStrictEqual(
              shown({
                ...folded,
                balances: Object.fromEntries(state.balances.map((balance) => [balance.asset, balance])),
                positions: Object.fromEntries(state.positions.map((position) => [position.symbol, position]))
              }),
              { seq: folded.seq, orders, positions, balances }
            )
            // Each order is four events after the deposit, and is decided by them.
            const decided = (events.length - 1) / 4
            assert.isTrue(Option.isSome(yield* journal.receipt(id, CommandId.make(`c${decided}`))))
            assert.isAtMost(yield* journal.countUndecided(id), 1)
          }
        }).pipe(
          Effect.provide(stores.pipe(Layer.provide(Database.layer), Layer.provide(config({ DATA_DIR: folder })))),
          Effect.scoped
        )
      }),
    120_000
  )
})
