// Which account of the exchange each of ours trades, in PostgreSQL or PGlite.
import { Effect, Layer } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { AccountId } from "../../domain/Ids.ts"
import { ExchangeAccounts, MOVED, NotBound, TAKEN, UNTIED } from "../../ports/ExchangeAccounts.ts"

export const layer: Layer.Layer<ExchangeAccounts, never, SqlClient.SqlClient> = Layer.effect(
  ExchangeAccounts,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return {
      bind: Effect.fn("PgExchangeAccounts.bind")(
        function* (accountId, exchange, uid) {
          // Whichever of two that race is first keeps it: both rules are constraints of the table.
          yield* sql`
            insert into exchange_accounts (account_id, exchange, uid) values (${accountId}, ${exchange}, ${uid})
            on conflict do nothing`
          const rows = yield* sql<{ readonly exchange: string; readonly uid: string }>`
            select exchange, uid from exchange_accounts where account_id = ${accountId}`
          const [mine] = rows
          if (mine === undefined) return yield* new NotBound({ message: TAKEN })
          if (mine.exchange !== exchange || mine.uid !== uid) return yield* new NotBound({ message: MOVED })
        },
        Effect.catchTag("SqlError", failed)
      ),
      live: Effect.fn("PgExchangeAccounts.live")(
        function* (accountIds) {
          if (accountIds.length === 0) return new Set<AccountId>()
          const rows = yield* sql<{ readonly id: AccountId }>`
            select account_id as id from exchange_accounts where live and ${sql.in("account_id", accountIds)}`
          return new Set(rows.map(({ id }) => id))
        },
        Effect.catchTag("SqlError", failed)
      ),
      setLive: Effect.fn("PgExchangeAccounts.setLive")(
        function* (accountId, live) {
          const rows = yield* sql`
            update exchange_accounts set live = ${live} where account_id = ${accountId} returning account_id`
          if (rows.length === 0) return yield* new NotBound({ message: UNTIED })
        },
        Effect.catchTag("SqlError", failed)
      ),
      onlyOf: Effect.fn("PgExchangeAccounts.onlyOf")(
        function* (exchange) {
          const [other] = yield* sql<{ readonly exchange: string }>`
            select exchange from accounts where exchange <> ${exchange} limit 1`
          if (other === undefined) return
          return yield* new NotBound({
            message: `This database has accounts of EXCHANGE=${other.exchange}, so EXCHANGE=${exchange} cannot use it. Give it another DATA_DIR or DATABASE_URL.`
          })
        },
        Effect.catchTag("SqlError", failed)
      )
    }
  })
)

const failed = ({ reason }: SqlError.SqlError) =>
  Effect.fail(new NotBound({ message: `The store failed (${reason._tag}); it is tried again.` }))
