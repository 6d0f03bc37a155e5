// Keys to the paper exchange's Binance wire.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // `sealed` is ciphertext of an HMAC secret; RSA and Ed25519 keys have a public half only, and nothing to hide.
  yield* sql`
    create table paper_keys (
      key_id text primary key,
      account_id text not null,
      label text not null,
      kind text not null check (kind in ('HMAC', 'RSA', 'ED25519')),
      sealed bytea,
      public_key text,
      may_read boolean not null,
      may_trade boolean not null,
      created_at bigint not null,
      check ((kind = 'HMAC') = (sealed is not null) and (kind = 'HMAC') = (public_key is null))
    )`
  yield* sql`create index paper_keys_by_account on paper_keys (account_id, created_at, key_id)`
})
