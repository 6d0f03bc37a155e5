// People, accounts and memberships in PostgreSQL or PGlite.
import { Effect, Layer, Schema } from "effect"
import { SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { AccountId, UserId } from "../../domain/Ids.ts"
import { NotBound, TAKEN } from "../../ports/ExchangeAccounts.ts"
import {
  type AddedAccount,
  EmailTaken,
  MAX_ACCOUNTS,
  type NewUser,
  Role,
  TooManyAccounts,
  Users,
  UsersError
} from "../../ports/Users.ts"

const UserRow = Schema.Struct({
  userId: UserId,
  email: Schema.String,
  passwordHash: Schema.String,
  createdAt: Schema.Finite
})

const MembershipRow = Schema.Struct({
  accountId: AccountId,
  name: Schema.String,
  exchange: Schema.Literals(["paper", "binance"]),
  role: Role
})

export const layer: Layer.Layer<Users, never, SqlClient.SqlClient> = Layer.effect(
  Users,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient

    // One statement, so all rows or none; an email that exists gives no row to build on.
    const register = Effect.fn("PgUsers.register")(
      function* ({ account, ...user }: NewUser) {
        const joined = yield* sql`
          with person as (
            insert into users (user_id, email, password_hash, created_at)
            values (${user.userId}, ${user.email}, ${user.passwordHash}, ${user.createdAt})
            on conflict on constraint users_email_unique do nothing
            returning user_id
          ), account as (
            insert into accounts (account_id, name, exchange, created_at)
            select ${account.accountId}::text, ${account.name}::text, ${account.exchange}::text, ${user.createdAt}::bigint
            from person
            returning account_id
          ), tie as (
            insert into exchange_accounts (account_id, exchange, uid)
            select account_id, ${account.tie?.exchange ?? null}::text, ${account.tie?.uid ?? null}::text
            from account where ${account.tie !== undefined}::boolean
          )
          insert into account_members (user_id, account_id, role, is_default, joined_at)
          select user_id, account_id, 'owner', true, ${user.createdAt}::bigint from person, account
          returning user_id`
        if (joined.length === 0) return yield* new EmailTaken({ email: user.email })
      },
      Effect.catchTag("SqlError", (error): Effect.Effect<never, NotBound | UsersError> =>
        Effect.fail(tied(error) ?? failed("Nobody was registered", error))
      )
    )

    const addAccount = Effect.fn("PgUsers.addAccount")(
      function* ({ account, createdAt, userId }: AddedAccount) {
        const added = yield* sql`
          with account as (
            insert into accounts (account_id, name, exchange, created_at)
            select ${account.accountId}::text, ${account.name}::text, ${account.exchange}::text, ${createdAt}::bigint
            where (select count(*) from account_members where user_id = ${userId}) < ${MAX_ACCOUNTS}::int
            returning account_id
          ), tie as (
            insert into exchange_accounts (account_id, exchange, uid)
            select account_id, ${account.tie?.exchange ?? null}::text, ${account.tie?.uid ?? null}::text
            from account where ${account.tie !== undefined}::boolean
          )
          insert into account_members (user_id, account_id, role, is_default, joined_at)
          select ${userId}::text, account_id, 'owner', false, ${createdAt}::bigint from account
          returning account_id`
        if (added.length === 0) return yield* new TooManyAccounts({})
      },
      Effect.catchTag("SqlError", (error) => Effect.fail(tied(error) ?? failed("No account was added", error)))
    )

    const findByEmail = SqlSchema.findOneOption({
      Request: Schema.String,
      Result: UserRow,
      execute: (email) => sql`
        select user_id as "userId", email, password_hash as "passwordHash", created_at::float8 as "createdAt"
        from users where email = ${email}`
    })
    const findMemberships = SqlSchema.findAll({
      Request: UserId,
      Result: MembershipRow,
      execute: (userId) => sql`
        select account_id as "accountId", name, exchange, role
        from account_members join accounts using (account_id)
        where user_id = ${userId}
        order by is_default desc, joined_at, account_id`
    })

    return {
      register,
      addAccount,
      byEmail: (email) =>
        Effect.mapError(findByEmail(email), (error) => failed("The user could not be looked up", error)),
      memberships: (userId) =>
        Effect.mapError(findMemberships(userId), (error) => failed("The accounts could not be looked up", error))
    }
  })
)

/** Another account was first: the ids are new, so nothing else can be there twice. */
const tied = ({ reason }: SqlError.SqlError): NotBound | undefined =>
  reason._tag === "UniqueViolation" && reason.constraint === "exchange_accounts_unique"
    ? new NotBound({ message: TAKEN })
    : undefined

/** Only the kind of failure is passed on: a database quotes rows in its own words. */
const failed = (what: string, error: SqlError.SqlError | Schema.SchemaError) =>
  new UsersError({
    message: `${what}: the database ${error._tag === "SqlError" ? `failed (${error.reason._tag})` : "holds a row that cannot be read"}. Try again.`
  })
