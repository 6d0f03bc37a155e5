// Users, vault and paper journal on both databases: the suites of their ports, and what only a database can show.
import { assert, layer, type Vitest } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as PgExchangeAccounts from "../../../src/adapters/postgres/PgExchangeAccounts.ts"
import * as PgPaperJournal from "../../../src/adapters/postgres/PgPaperJournal.ts"
import * as PgUsers from "../../../src/adapters/postgres/PgUsers.ts"
import * as PgVault from "../../../src/adapters/postgres/PgVault.ts"
import { UserId } from "../../../src/domain/Ids.ts"
import { ExchangeAccounts } from "../../../src/ports/ExchangeAccounts.ts"
import { PaperJournal } from "../../../src/ports/PaperJournal.ts"
import { Secret } from "../../../src/ports/Secret.ts"
import { Users } from "../../../src/ports/Users.ts"
import { Vault } from "../../../src/ports/Vault.ts"
import { describePostgres, layerPglite, layerPostgres } from "../../kit/Postgres.ts"
import { freshAccount } from "../../kit/Messages.ts"
import { exchangeAccountsSuite } from "../../suites/exchangeAccounts.ts"
import { commitOf, paperJournalSuite, takeOver } from "../../suites/paperJournal.ts"
import { usersSuite } from "../../suites/users.ts"
import { exchangeKeys, plain, vaultSuite } from "../../suites/vault.ts"

const secret = Secret.layerOf(Redacted.make("the secret of this installation, long enough"))

const stores = Layer.mergeAll(PgUsers.layer, PgVault.layer, PgPaperJournal.layer, PgExchangeAccounts.layer).pipe(
  Layer.provide(secret)
)

type Stores = Users | Vault | ExchangeAccounts | PaperJournal | SqlClient.SqlClient

const suites = (it: Vitest.MethodsNonLive<Stores>): void => {
  usersSuite(it)
  vaultSuite(it)
  exchangeAccountsSuite(it)

  it.effect("is a database of one exchange", () =>
    Effect.gen(function* () {
      const { onlyOf } = yield* ExchangeAccounts
      const account = { accountId: freshAccount(), name: "Main", exchange: "paper" as const }
      const email = `${account.accountId}@desk.test`
      const userId = UserId.make(account.accountId)
      yield* (yield* Users).register({ userId, email, passwordHash: "", createdAt: 0, account })
      assert.match((yield* Effect.flip(onlyOf("binance"))).message, /has accounts of EXCHANGE=paper/)
    })
  )

  paperJournalSuite(it)

  it.effect(
    "stores exchange keys sealed: neither key is in the row, and the same keys seal differently each time",
    () =>
      Effect.gen(function* () {
        const vault = yield* Vault
        const sql = yield* SqlClient.SqlClient
        const account = freshAccount()
        const sealed = Effect.map(
          sql<{ sealed: Uint8Array }>`select sealed from exchange_keys where account_id = ${account}`,
          (rows) => Buffer.from(rows[0]?.sealed ?? [])
        )
        yield* vault.put(account, exchangeKeys(1))
        const first = yield* sealed
        yield* vault.put(account, exchangeKeys(1))
        assert.isFalse(first.equals(yield* sealed))
        for (const key of plain(Option.some(exchangeKeys(1))) ?? []) assert.strictEqual(first.indexOf(key), -1)
      })
  )

  it.effect("refuses keys that were moved to another account, or changed by a bit", () =>
    Effect.gen(function* () {
      const vault = yield* Vault
      const sql = yield* SqlClient.SqlClient
      const [owner, thief] = [freshAccount(), freshAccount()]
      yield* vault.put(owner, exchangeKeys(1))
      yield* vault.put(thief, exchangeKeys(2))
      yield* sql`update exchange_keys set sealed = (select sealed from exchange_keys where account_id = ${owner})
        where account_id = ${thief}`
      assert.strictEqual((yield* Effect.flip(vault.get(thief)))._tag, "VaultError")
      yield* sql`update exchange_keys set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where account_id = ${owner}`
      assert.strictEqual((yield* Effect.flip(vault.get(owner)))._tag, "VaultError")
    })
  )

  it.effect("refuses keys that another secret sealed, and quotes neither", () =>
    Effect.gen(function* () {
      const account = freshAccount()
      yield* (yield* Vault).put(account, exchangeKeys(1))
      const other = PgVault.layer.pipe(
        Layer.provide(Secret.layerOf(Redacted.make("another installation's secret, long enough")))
      )
      const refusal = yield* Effect.flip(
        Effect.provide(
          Effect.flatMap(Vault, (vault) => vault.get(account)),
          other,
          { local: true }
        )
      )
      assert.strictEqual(refusal._tag, "VaultError")
      assert.notInclude(refusal.message, "api-key")
    })
  )
}

/** Last, because every later life takes the books away from the one that the suites use. */
const lives = (it: Vitest.MethodsNonLive<Stores>): void => {
  it.effect("a paper exchange whose journal a later life has taken over writes nothing any more", () =>
    Effect.gen(function* () {
      const life = Effect.map(Layer.build(Layer.fresh(PgPaperJournal.layer)), (services) =>
        Context.get(services, PaperJournal)
      )
      yield* takeOver(yield* life, yield* life)
    })
  )

  it.effect("a commit that is under way when a later life takes over is either loaded by it or refused", () =>
    Effect.gen(function* () {
      const life = Effect.map(Layer.build(Layer.fresh(PgPaperJournal.layer)), (services) =>
        Context.get(services, PaperJournal)
      )
      const [earlier, later] = [yield* life, yield* life]
      const { entries, snapshot } = yield* earlier.load
      const first = (entries.at(-1)?.seq ?? Option.getOrUndefined(snapshot)?.seq ?? 0) + 1
      const commits = Array.from({ length: 20 }, (_, index) =>
        Effect.exit(earlier.commit(commitOf({ entries: [{ seq: first + index, at: 1, body: "{}" }] })))
      )
      const [exits, loaded] = yield* Effect.all([Effect.all(commits, { concurrency: 20 }), later.load], {
        concurrency: 2
      })
      const written = exits.filter((exit) => exit._tag === "Success").length
      assert.strictEqual(loaded.entries.filter(({ seq }) => seq >= first).length, written)
      assert.lengthOf(yield* later.entries(first, 100), written)
    })
  )
}

const options = { timeout: "60 seconds", excludeTestServices: true } as const

layer(Layer.provideMerge(stores, layerPglite), options)("Stores on PGlite", (it) => {
  suites(it)
  lives(it)
})

describePostgres("Stores on PostgreSQL", () => {
  layer(
    Layer.provideMerge(stores, layerPostgres),
    options
  )((it) => {
    suites(it)
    lives(it)
  })
})
