// The journal in PostgreSQL or PGlite. One writer a process: all that is waiting goes into one statement, one commit.
import { Deferred, Effect, Exit, Layer, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type Envelope, sameRequest } from "../../domain/Command.ts"
import { AccountId, CommandId } from "../../domain/Ids.ts"
import { Journal, JournalError, NotTheWriter, type Stored, type Submitted } from "../../ports/Journal.ts"
import * as GroupCommit from "./GroupCommit.ts"
import * as Batch from "./JournalBatch.ts"
import { JournalHeads, lookUp } from "./JournalHeads.ts"
import { decodeStored, envelopeOf, type Failure, reads, reasonOf, storedOf, STATEMENT_TIMEOUT } from "./JournalReads.ts"
import { rowsOf } from "./JournalRows.ts"
import { statementOf } from "./JournalStatement.ts"

/** Items one commit takes; the rest waits for the next, which follows at once. */
const MAX_BATCH = 512
/**
 * Statements under way at once: the store works on one while the next is being made. More of them are smaller ones, and each has its
 * price. An account waits for its own, so its order holds.
 */
const WRITERS = 2
/** Items waiting for a commit; beyond it callers wait for room. */
const CAPACITY = 8_192
/** Times a statement is run again after losing a race with another process. */
const MAX_ATTEMPTS = 4

const Answer = Schema.Struct({
  kind: Schema.Literals(["known", "stale"]),
  account_id: AccountId,
  command_id: Schema.NullOr(CommandId)
})
const decodeAnswers = Schema.decodeUnknownEffect(Schema.Array(Answer))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const writer = yield* GroupCommit.make<Batch.Item>({
    capacity: CAPACITY,
    maxBatch: MAX_BATCH,
    writers: WRITERS,
    write: makeWrite(sql),
    abandon: Batch.fail
  })
  const add = <A, E>(item: Batch.Item, reply: Deferred.Deferred<A, E>): Effect.Effect<A, E | JournalError> =>
    Effect.flatMap(writer.add(item), (taken): Effect.Effect<A, E | JournalError> =>
      taken
        ? Deferred.await(reply)
        : Effect.fail(new JournalError({ message: "The journal is closed: the desk is stopping." }))
    )

  return Journal.of({
    submit: (envelope, refused) =>
      Effect.suspend(() => {
        const reply = Deferred.makeUnsafe<Submitted, JournalError>()
        return add({ _tag: "Submit", envelope, refused, reply }, reply)
      }),
    append: (append) =>
      Effect.suspend(() => {
        Batch.assertNumbered(append)
        const reply = Deferred.makeUnsafe<void, JournalError | NotTheWriter>()
        return add({ _tag: "Append", append, reply }, reply)
      }),
    ...reads(sql)
  })
})

/** Needs the migrated `SqlClient` of `Database.layer`. Closing writes what is queued first. */
export const layer: Layer.Layer<Journal, never, SqlClient.SqlClient> = Layer.effect(Journal, make)

const makeWrite = (sql: SqlClient.SqlClient) => {
  const heads = new JournalHeads()

  // A race that was lost says that somebody else writes too: then every account's end is looked up.
  const run = (batch: Batch.Batch, attempt: number) =>
    Effect.gen(function* () {
      const isAt = attempt === 1 ? heads.isAt : () => false
      const found = yield* lookUp(sql, batch, { isAt })
      const hashAt = (accountId: AccountId, seq: number) => found.get(accountId) ?? heads.hashAt(accountId, seq)
      const rows = rowsOf(batch, isAt, hashAt)
      const { parameters, text } = statementOf(rows)
      return { answers: yield* Effect.flatMap(sql.unsafe(text, parameters), decodeAnswers), ends: rows.ends }
    }).pipe(Effect.timeout(STATEMENT_TIMEOUT))

  /** Writes what can be written, answers it, and returns what must be tried once more. */
  const commit: (batch: Batch.Batch, attempt: number) => Effect.Effect<ReadonlyArray<Batch.Item>> = Effect.fnUntraced(
    function* (batch, attempt) {
      if (Batch.isEmpty(batch)) return []
      const written = yield* Effect.result(run(batch, attempt))
      if (Result.isFailure(written)) return yield* recover(batch, written.failure, attempt)
      const { answers, ends } = written.success
      const known = new Set<string>()
      const stale = new Set<AccountId>()
      for (const { account_id, command_id, kind } of answers) {
        if (kind === "stale") stale.add(account_id)
        else if (command_id !== null) known.add(Batch.keyOf(account_id, command_id))
      }
      yield* answerSubmits(sql, batch.submits, known)
      if (stale.size === 0) {
        for (const end of ends) heads.set(...end)
        for (const chain of batch.chains.values()) {
          for (const item of chain) Deferred.doneUnsafe(item.reply, Exit.void)
        }
        return []
      }
      return yield* withoutStale(batch.chains, stale)
    }
  )

  // One stale writer keeps the whole statement from appending: it is answered, and the others go again without it.
  const withoutStale = Effect.fnUntraced(function* (chains: Batch.Batch["chains"], stale: ReadonlySet<AccountId>) {
    const again: Array<Batch.Item> = []
    const others = new Map(chains)
    for (const accountId of stale) {
      const [first, ...rest] = chains.get(accountId) ?? []
      others.delete(accountId)
      heads.forget(accountId)
      again.push(...rest)
      if (first === undefined) continue
      const expectedSeq = first.append.afterSeq
      Deferred.doneUnsafe(first.reply, Exit.fail(new NotTheWriter({ accountId, expectedSeq })))
    }
    return [...again, ...(yield* commit({ submits: new Map(), chains: others }, 1))]
  })

  const recover = Effect.fnUntraced(function* (batch: Batch.Batch, failure: Failure, attempt: number) {
    for (const accountId of batch.chains.keys()) heads.forget(accountId)
    if (lostRace(failure) && attempt < MAX_ATTEMPTS) return yield* commit(batch, attempt + 1)
    const items = Batch.itemsOf(batch)
    if (items.length === 1 || !isRefusal(failure)) {
      const message = `The journal could not be written: ${reasonOf(failure)}.`
      yield* Effect.logWarning(message, { items: items.length })
      for (const item of items) Batch.fail(item, message)
      return []
    }
    // Something in it cannot be stored. One by one, only that fails.
    const left: Array<Batch.Item> = []
    for (const item of items) left.push(...(yield* commit(Batch.gather([item]).batch, 1)))
    return left
  })

  return Effect.fnUntraced(function* (items: ReadonlyArray<Batch.Item>) {
    const { batch, later } = Batch.gather(items)
    return [...(yield* commit(batch, 1)), ...later]
  })
}

/** The first under an id is new unless the store knew it; every other one is held against what stands. */
const answerSubmits = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  submits: Batch.Batch["submits"],
  known: ReadonlySet<string>
) {
  const standing = new Map<string, Stored>()
  const unread: Array<Envelope> = []
  for (const [key, [first]] of submits) {
    if (first === undefined) continue
    if (known.has(key)) {
      unread.push(first.envelope)
      continue
    }
    const { envelope, refused } = first
    standing.set(key, { envelope, ...(refused === undefined ? {} : { receipt: refused }) })
    Deferred.doneUnsafe(first.reply, Exit.succeed({ _tag: "New" }))
  }
  if (unread.length > 0) {
    const found = yield* Effect.result(storedUnder(sql, unread))
    if (Result.isFailure(found)) {
      const message = `The journal could not be read: ${reasonOf(found.failure)}.`
      for (const envelope of unread) {
        for (const item of submits.get(Batch.keyOf(envelope.accountId, envelope.commandId)) ?? [])
          Batch.fail(item, message)
      }
    } else {
      for (const each of found.success)
        standing.set(Batch.keyOf(each.envelope.accountId, each.envelope.commandId), each)
    }
  }
  for (const [key, same] of submits) {
    const stands = standing.get(key)
    for (const item of known.has(key) ? same : same.slice(1)) {
      if (stands === undefined) Batch.fail(item, "The journal lost a command it had: nothing is ever deleted from it.")
      else {
        const repeated = sameRequest(stands.envelope.command, item.envelope.command)
        const answer: Submitted = repeated ? { _tag: "Repeated", ...stands } : { _tag: "Conflicting" }
        Deferred.doneUnsafe(item.reply, Exit.succeed(answer))
      }
    }
  }
})

const storedUnder = (sql: SqlClient.SqlClient, wanted: ReadonlyArray<Envelope>) => {
  const keys = JSON.stringify(wanted.map(({ accountId, commandId }) => ({ accountId, commandId })))
  return sql`select ${sql.literal(envelopeOf)} as envelope, receipt
    from jsonb_to_recordset(${keys}::jsonb) as r("accountId" text, "commandId" text)
    join order_commands c on c.account_id = r."accountId" and c.command_id = r."commandId"`.pipe(
    Effect.flatMap(decodeStored),
    Effect.map((rows) => rows.map(storedOf)),
    Effect.timeout(STATEMENT_TIMEOUT)
  )
}

/** Another process wrote first, and nothing of ours is written: asking again finds out what stands. */
const lostRace = (failure: Failure): boolean => {
  if (failure._tag !== "SqlError") return false
  const { reason } = failure
  return reason._tag === "UniqueViolation"
    ? reason.constraint === "order_events_pkey"
    : reason._tag === "DeadlockError" || reason._tag === "SerializationError"
}

/** The server read the statement and would not have it. Anything else leaves the outcome open. */
const isRefusal = (failure: Failure): boolean =>
  failure._tag === "SqlError" &&
  failure.reason._tag !== "ConnectionError" &&
  failure.reason._tag !== "AuthenticationError" &&
  failure.reason._tag !== "StatementTimeoutError"
