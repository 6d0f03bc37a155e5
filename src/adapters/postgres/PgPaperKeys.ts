// Keys to the paper exchange in PostgreSQL or PGlite. HMAC secrets are sealed, and bound to their key and account.
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import {
  keyTaken,
  makeRevocations,
  MAX_KEYS_PER_ACCOUNT,
  type PaperKey,
  PaperKeys,
  PaperKeysError,
  tooManyKeys
} from "../../ports/PaperKeys.ts"
import { Secret } from "../../ports/Secret.ts"
import { seal, unseal } from "./Sealed.ts"

const Row = Schema.Struct({
  keyId: Schema.String,
  account: Schema.String,
  label: Schema.String,
  kind: Schema.Literals(["HMAC", "RSA", "ED25519"]),
  sealed: Schema.NullOr(Schema.Uint8Array),
  publicKey: Schema.NullOr(Schema.String),
  mayRead: Schema.Boolean,
  mayTrade: Schema.Boolean,
  mayWithdraw: Schema.Boolean,
  addresses: Schema.String,
  createdAt: Schema.Finite
})
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

const unreadable = new PaperKeysError({
  message:
    "A stored key was not sealed by this installation's secret. Restore the secret it was sealed with, or revoke the key and make another."
})

const unavailable = (error: SqlError.SqlError | Schema.SchemaError): PaperKeysError =>
  new PaperKeysError({
    message: `The paper exchange's keys could not be reached: the database failed (${error._tag}). Try again.`
  })

export const layer: Layer.Layer<PaperKeys, never, SqlClient.SqlClient | Secret> = Layer.effect(
  PaperKeys,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { sealingKey } = yield* Secret
    const revocations = makeRevocations()
    const columns =
      sql.unsafe(`key_id as "keyId", account_id as account, label, kind, sealed, public_key as "publicKey",
      may_read as "mayRead", may_trade as "mayTrade", may_withdraw as "mayWithdraw", addresses,
      created_at::float8 as "createdAt"`)
    const read = (rows: Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError>) =>
      rows.pipe(
        Effect.flatMap(decodeRows),
        Effect.mapError(unavailable),
        Effect.flatMap(Effect.forEach((row) => keyOf(sealingKey, row)))
      )
    const list = (account: string) =>
      read(sql`select ${columns} from paper_keys where account_id = ${account} order by created_at, key_id`)
    return {
      add: Effect.fn("PgPaperKeys.add")(function* (key: PaperKey) {
        const { material } = key
        const sealed = material.kind === "HMAC" ? seal(sealingKey, placeOf(key), Redacted.value(material.secret)) : null
        const publicKey = material.kind === "HMAC" ? null : material.publicKey
        const counted = yield* Effect.mapError(
          sql<{ count: number }>`select count(*)::int as count from paper_keys where account_id = ${key.account}`,
          unavailable
        )
        if ((counted[0]?.count ?? 0) >= MAX_KEYS_PER_ACCOUNT) return yield* tooManyKeys
        const added = yield* Effect.mapError(
          sql`insert into paper_keys
              (key_id, account_id, label, kind, sealed, public_key, may_read, may_trade, may_withdraw, addresses, created_at)
            values (${key.keyId}, ${key.account}, ${key.label}, ${material.kind}, ${sealed}, ${publicKey},
              ${key.mayRead}, ${key.mayTrade}, ${key.mayWithdraw}, ${key.addresses.join(" ")}, ${key.createdAt})
            on conflict (key_id) do nothing returning key_id`,
          unavailable
        )
        if (added.length === 0) return yield* keyTaken
      }),
      find: (keyId) =>
        Effect.map(read(sql`select ${columns} from paper_keys where key_id = ${keyId}`), (keys) =>
          Option.fromUndefinedOr(keys[0])
        ),
      list,
      revoke: Effect.fn("PgPaperKeys.revoke")(function* (account: string, keyId: string) {
        const gone = yield* Effect.mapError(
          sql`delete from paper_keys where account_id = ${account} and key_id = ${keyId} returning key_id`,
          unavailable
        )
        if (gone.length > 0) revocations.tell(keyId)
        return gone.length > 0
      }),
      onRevoked: revocations.listen
    }
  })
)

const placeOf = (key: Pick<PaperKey, "keyId" | "account">): string => `paper key ${key.keyId} of ${key.account}`

const keyOf = (sealingKey: Uint8Array, row: typeof Row.Type): Effect.Effect<PaperKey, PaperKeysError> => {
  const { addresses, kind, publicKey, sealed, ...of } = row
  const rest = { ...of, addresses: addresses === "" ? [] : addresses.split(" ") }
  if (kind !== "HMAC") return Effect.succeed({ ...rest, material: { kind, publicKey: publicKey ?? "" } })
  const secret = sealed === null ? undefined : unseal(sealingKey, placeOf(row), sealed)
  return secret === undefined
    ? Effect.fail(unreadable)
    : Effect.succeed({ ...rest, material: { kind, secret: Redacted.make(secret) } })
}
