// Exchange keys in PostgreSQL or PGlite, sealed with AES-256-GCM. The database alone opens nothing.
import { Clock, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { AccountId } from "../../domain/Ids.ts"
import { Secret } from "../../ports/Secret.ts"
import { type ExchangeKeys, Vault, VaultError } from "../../ports/Vault.ts"
import { seal, unseal } from "./Sealed.ts"

const Keys = Schema.fromJsonString(Schema.Struct({ apiKey: Schema.String, secretKey: Schema.String }))
const encodeKeys = Schema.encodeSync(Keys)
const decodeKeys = Schema.decodeUnknownSync(Keys)

export const layer: Layer.Layer<Vault, never, SqlClient.SqlClient | Secret> = Layer.effect(
  Vault,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { sealingKey } = yield* Secret
    return {
      put: Effect.fn("PgVault.put")(
        function* (accountId: AccountId, keys: ExchangeKeys) {
          const now = yield* Clock.currentTimeMillis
          const sealed = sealKeys(sealingKey, accountId, keys)
          yield* sql`
            insert into exchange_keys (account_id, sealed, updated_at) values (${accountId}, ${sealed}, ${now})
            on conflict (account_id) do update set sealed = excluded.sealed, updated_at = greatest(excluded.updated_at, exchange_keys.updated_at + 1)`
        },
        Effect.mapError((error) => unavailable("stored", error))
      ),
      get: Effect.fn("PgVault.get")(function* (accountId: AccountId) {
        const rows = yield* Effect.mapError(
          sql`select sealed from exchange_keys where account_id = ${accountId}`,
          (error) => unavailable("read", error)
        )
        const sealed = rows[0]?.["sealed"]
        if (sealed === undefined) return Option.none<ExchangeKeys>()
        const keys = sealed instanceof Uint8Array ? unsealKeys(sealingKey, accountId, sealed) : undefined
        if (keys === undefined) {
          return yield* new VaultError({
            unreadable: true,
            message:
              "The stored exchange keys were not sealed for this account by this installation's secret. " +
              "Restore the secret they were sealed with, or store the keys again."
          })
        }
        return Option.some(keys)
      }),
      remove: Effect.fn("PgVault.remove")(
        function* (accountId: AccountId) {
          const rows = yield* sql`delete from exchange_keys where account_id = ${accountId} returning account_id`
          return rows.length > 0
        },
        Effect.mapError((error) => unavailable("removed", error))
      ),
      versions: Effect.fn("PgVault.versions")(
        function* (accountIds: ReadonlyArray<AccountId>) {
          if (accountIds.length === 0) return new Map()
          const rows = yield* sql<{ readonly id: AccountId; readonly version: number }>`
            select account_id as id, updated_at::float8 as version from exchange_keys
            where ${sql.in("account_id", accountIds)}`
          return new Map(rows.map(({ id, version }) => [id, version]))
        },
        Effect.mapError((error) => unavailable("looked at", error))
      )
    }
  })
)

/** Bound to the account: a record copied to another account's row does not open (I12). */
const sealKeys = (key: Uint8Array, accountId: AccountId, keys: ExchangeKeys): Uint8Array =>
  seal(key, accountId, encodeKeys({ apiKey: Redacted.value(keys.apiKey), secretKey: Redacted.value(keys.secretKey) }))

/** `undefined` for anything this key did not seal for this account. */
const unsealKeys = (key: Uint8Array, accountId: AccountId, sealed: Uint8Array): ExchangeKeys | undefined => {
  const plain = unseal(key, accountId, sealed)
  if (plain === undefined) return undefined
  try {
    const { apiKey, secretKey } = decodeKeys(plain)
    return { apiKey: Redacted.make(apiKey), secretKey: Redacted.make(secretKey) }
  } catch {
    return undefined
  }
}

const unavailable = (what: string, error: SqlError.SqlError) =>
  new VaultError({
    message: `The exchange keys could not be ${what}: the database failed (${error.reason._tag}). Try again.`
  })
