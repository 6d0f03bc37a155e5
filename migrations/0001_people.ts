// People, accounts, who may do what on which, and the sealed keys of an account.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    create table users (
      user_id text primary key,
      email text not null,
      password_hash text not null,
      created_at bigint not null,
      constraint users_email_unique unique (email)
    )`
  yield* sql`
    create table accounts (
      account_id text primary key,
      name text not null,
      exchange text not null check (exchange in ('paper', 'binance')),
      created_at bigint not null
    )`
  yield* sql`
    create table account_members (
      user_id text not null references users (user_id),
      account_id text not null references accounts (account_id),
      role text not null check (role in ('owner', 'trader', 'viewer')),
      is_default boolean not null,
      joined_at bigint not null,
      primary key (user_id, account_id)
    )`
  yield* sql`create index account_members_by_account on account_members (account_id)`
  yield* sql`create unique index account_members_default on account_members (user_id) where is_default`
  // Ciphertext only: the secret that opens it never enters the database.
  yield* sql`
    create table exchange_keys (
      account_id text primary key,
      sealed bytea not null,
      updated_at bigint not null
    )`
})
