// One moment of the database for everything that is read in an effect, while others go on writing.
import { Effect } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { JournalError } from "../../ports/Journal.ts"

/** Statements of the effect see the database as it was at the first of them. It must not write. */
export const oneMoment = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | JournalError, R | SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const begin = Effect.mapError(sql`set transaction isolation level repeatable read, read only`, unreadable)
    return yield* sql.withTransaction(Effect.andThen(begin, Effect.result(effect))).pipe(
      Effect.catchTag("SqlError", (error) => Effect.fail(unreadable(error))),
      Effect.flatMap(Effect.fromResult)
    )
  })

const unreadable = (error: JournalError | SqlError.SqlError) =>
  error._tag === "JournalError"
    ? error
    : new JournalError({ message: `The journal could not be read: ${error.reason._tag}.` })
