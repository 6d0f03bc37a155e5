// The verbs over stored books, without a desk: an audit of the journal, and an account made again from it.
import { Console, Effect, Layer, Option, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Database from "./adapters/postgres/Database.ts"
import { oneMoment } from "./adapters/postgres/OneMoment.ts"
import * as PgBlotter from "./adapters/postgres/PgBlotter.ts"
import * as PgJournal from "./adapters/postgres/PgJournal.ts"
import { Config, ConfigInvalid, type Setting } from "./Config.ts"
import type { AccountId } from "./domain/Ids.ts"
import * as Replay from "./domain/Replay.ts"
import { logging } from "./main.ts"
import * as Audit from "./ports/Audit.ts"
import { Blotter, type BlotterError } from "./ports/Blotter.ts"
import { Journal, type JournalError } from "./ports/Journal.ts"
import * as Rebuild from "./ports/Rebuild.ts"

type Flags = Partial<Record<Setting, string>>

const books = Layer.mergeAll(PgJournal.layer, PgBlotter.layer).pipe(Layer.provideMerge(Database.layer))

/** What an audit or a replay found wrong. */
export class BooksDiffer extends Schema.TaggedError<BooksDiffer>()("BooksDiffer", { message: Schema.String }) {}

const unknown = (accountId: AccountId) => new BooksDiffer({ message: `The journal has no account ${accountId}.` })

type BooksError =
  BooksDiffer | ConfigInvalid | Database.DatabaseError | JournalError | BlotterError | Rebuild.ReplayFailed

/** Opens the journal and its read models, without a desk. What is no answer goes to stderr. */
const withBooks = <A, E, R>(flags: Flags, verb: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const config = yield* Config
    // Opening would make one, and then find it in order.
    if (config.databaseUrl === undefined && !fs.existsSync(path.join(config.dataDir, "pg"))) {
      return yield* new ConfigInvalid({
        message: `DATA_DIR=${config.dataDir} cannot be used: it has no database in it.`
      })
    }
    return yield* verb.pipe(Effect.provide(books), Effect.provide(logging({ ...config, logLevel: "error" })))
  }).pipe(Effect.provide(Config.layer(flags)))

/** Events between two lines about how far an audit is. */
const PROGRESS_EVERY = 100_000

/** Proves that no event was edited, removed or inserted since it was written, or names the first that was. Of one account, or of all. */
export const verify = (flags: Flags, accountId: AccountId | undefined): Effect.Effect<void, BooksError> =>
  withBooks(
    flags,
    Effect.gen(function* () {
      const journal = yield* Journal
      const [counted, faulty] = [{ accounts: 0, events: 0, unchained: 0 }, new Array<AccountId>()]
      const onPage = (events: number) => {
        const told = Math.floor(counted.events / PROGRESS_EVERY)
        counted.events += events
        const isDue = Math.floor(counted.events / PROGRESS_EVERY) > told
        return isDue ? Console.error(`${counted.events} events in ${counted.accounts} accounts`) : Effect.void
      }
      const next = (after: AccountId | undefined) =>
        accountId === undefined
          ? journal.accountAfter(after)
          : Effect.succeed(after === undefined ? Option.some(accountId) : Option.none())
      for (let found = yield* next(undefined); Option.isSome(found); found = yield* next(found.value)) {
        const { fault, good } = yield* oneMoment(Audit.verify(journal, found.value, onPage))
        counted.accounts++
        counted.unchained += good.unchained
        if (fault === undefined) {
          if (accountId !== undefined) yield* Console.log(`Account ${accountId}: head ${good.seq} ${good.hash}`)
          continue
        }
        if (counted.events === 0 && good.head === undefined) {
          return yield* unknown(found.value)
        }
        faulty.push(found.value)
        yield* Console.log(`Account ${found.value}: event ${fault.seq} ${fault.what}.`)
      }
      const before = counted.unchained === 0 ? "" : `, ${counted.unchained} of them from before the chain`
      const read = `${counted.events} events of ${counted.accounts} accounts${before}`
      if (faulty.length === 0) return yield* Console.log(`All as they were written: ${read}.`)
      return yield* new BooksDiffer({
        message: `Not as written: ${faulty.length} of ${counted.accounts} accounts, the first is ${faulty[0]}.`
      })
    })
  )

/**
 * Makes an account again from its journal, from the first event on, and prints it as canonical JSON. Up to its end, the read models must
 * say the same, byte for byte.
 */
export const replay = (
  flags: Flags,
  accountId: AccountId,
  until: Rebuild.Until | undefined
): Effect.Effect<void, BooksError> =>
  withBooks(
    flags,
    Effect.gen(function* () {
      const [journal, blotter] = [yield* Journal, yield* Blotter]
      if (until !== undefined) {
        return yield* Console.log(Replay.text(yield* Rebuild.rebuild(journal, accountId, until)))
      }
      const { difference, replay } = yield* oneMoment(Rebuild.compare(journal, blotter, accountId))
      if (replay.account.seq === 0) return yield* unknown(accountId)
      yield* Console.log(Replay.text(replay))
      if (difference !== undefined) {
        return yield* new BooksDiffer({ message: `The read models differ from the journal. ${difference}.` })
      }
      yield* Console.error(`The read models say the same as the ${replay.account.seq} events.`)
    })
  )
