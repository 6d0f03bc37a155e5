// The journal in PostgreSQL or PGlite. One writer a process: all that is waiting goes into one statement, one commit.
import { type Cause, Deferred, Effect, Exit, Layer, Option, Result, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { AccountSnapshot } from "../../domain/Account.ts"
import { Envelope, Receipt, sameRequest } from "../../domain/Command.ts"
import { Recorded } from "../../domain/Event.ts"
import { AccountId, CommandId } from "../../domain/Ids.ts"
import { Journal, JournalError, NotTheWriter, type Submitted } from "../../ports/Journal.ts"
import * as GroupCommit from "./GroupCommit.ts"
import * as Batch from "./JournalBatch.ts"
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
/** A statement that takes longer has lost its connection without a word: its outcome is unknown. */
const STATEMENT_TIMEOUT = "30 seconds"
/** Accounts whose last number is remembered. */
const MAX_HEADS = 65_536
/** Times a statement is run again after losing a race with another process. */
const MAX_ATTEMPTS = 4

const Answer = Schema.Struct({
  kind: Schema.Literals(["known", "stale"]),
  account_id: AccountId,
  command_id: Schema.NullOr(CommandId)
})
const decodeAnswers = Schema.decodeUnknownEffect(Schema.Array(Answer))
const decodeEnvelopes = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ envelope: Envelope })))
const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ recorded: Recorded })))
const decodeSnapshots = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ snapshot: AccountSnapshot })))
const decodeReceipts = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ receipt: Receipt })))
const decodeAccounts = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ account_id: AccountId })))
const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

type Failure = SqlError.SqlError | Schema.SchemaError | Cause.TimeoutError

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
    submit: (envelope) =>
      Effect.suspend(() => {
        const reply = Deferred.makeUnsafe<Submitted, JournalError>()
        return add({ _tag: "Submit", envelope, reply }, reply)
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

/** An order_commands row as the envelope it was. */
const envelopeOf = `jsonb_build_object('commandId', command_id, 'accountId', account_id, 'userId', user_id, 'at', at,
  'traceId', trace_id, 'command', command)`

/** Bounded too: a sweep or a start that waited for a lost connection would leave every order behind it waiting. */
const read = <A>(query: Effect.Effect<A, SqlError.SqlError | Schema.SchemaError>): Effect.Effect<A, JournalError> =>
  query.pipe(
    Effect.timeout(STATEMENT_TIMEOUT),
    Effect.mapError((error) => new JournalError({ message: `The journal could not be read: ${reasonOf(error)}.` }))
  )

const reads = (sql: SqlClient.SqlClient): Omit<Journal["Service"], "submit" | "append"> => ({
  load: (accountId, atSeq) =>
    read(
      Effect.gen(function* () {
        const snapshots = yield* Effect.flatMap(
          sql`select snapshot from account_snapshots
            where account_id = ${accountId} and seq <= ${BigInt(atSeq ?? Number.MAX_SAFE_INTEGER)}
            order by account_id desc, seq desc limit 1`,
          decodeSnapshots
        )
        const snapshot = Option.fromNullishOr(snapshots[0]?.snapshot)
        const after = Option.match(snapshot, { onNone: () => 0, onSome: (found) => found.seq })
        return { snapshot, events: yield* eventsAfter(sql, accountId, after, Number.MAX_SAFE_INTEGER) }
      })
    ),
  eventsAfter: (accountId, afterSeq, limit) => read(eventsAfter(sql, accountId, afterSeq, limit)),
  receipt: (accountId, commandId) =>
    sql`select receipt from order_commands
      where account_id = ${accountId} and command_id = ${commandId} and receipt is not null`.pipe(
      Effect.flatMap(decodeReceipts),
      Effect.map(([row]) => Option.fromNullishOr(row?.receipt)),
      read
    ),
  undecided: ({ accountId, limit, minAgeMillis }) =>
    sql`select ${sql.literal(envelopeOf)} as envelope from order_commands
      where receipt is null and stored_at <= now() - ${minAgeMillis}::float8 * interval '1 millisecond'
        and ${accountId === undefined ? sql.literal("true") : sql`account_id = ${accountId}`}
      order by stored_at, account_id, command_id limit ${limit}`.pipe(
      Effect.flatMap(decodeEnvelopes),
      Effect.map((rows) => rows.map((row) => row.envelope)),
      read
    ),
  countUndecided: (accountId) =>
    sql`select count(*)::int as count from order_commands where account_id = ${accountId} and receipt is null`.pipe(
      Effect.flatMap(decodeCount),
      Effect.map(([row]) => row.count),
      read
    ),
  accountsWithOpenOrders: sql`select distinct account_id from orders where is_open order by account_id`.pipe(
    Effect.flatMap(decodeAccounts),
    Effect.map((rows) => rows.map((row) => row.account_id)),
    read
  )
})

const eventsAfter = (sql: SqlClient.SqlClient, accountId: AccountId, afterSeq: number, limit: number) =>
  sql`select jsonb_build_object('seq', seq, 'at', at, 'traceId', trace_id, 'event', event) as recorded
    from order_events where account_id = ${accountId} and seq > ${BigInt(afterSeq)}
    order by account_id, seq limit ${BigInt(limit)}`.pipe(
    Effect.flatMap(decodeEvents),
    Effect.map((rows) => rows.map((row) => row.recorded))
  )

const makeWrite = (sql: SqlClient.SqlClient) => {
  const heads = new Heads()

  // A race that was lost says that somebody else writes too: then every account's end is looked up.
  const run = (batch: Batch.Batch, attempt: number) =>
    Effect.suspend(() => {
      const { parameters, text } = statementOf(rowsOf(batch, attempt === 1 ? heads.isAt : () => false))
      return sql.unsafe(text, parameters)
    }).pipe(Effect.flatMap(decodeAnswers), Effect.timeout(STATEMENT_TIMEOUT))

  /** Writes what can be written, answers it, and returns what must be tried once more. */
  const commit: (batch: Batch.Batch, attempt: number) => Effect.Effect<ReadonlyArray<Batch.Item>> = Effect.fnUntraced(
    function* (batch, attempt) {
      if (Batch.isEmpty(batch)) return []
      const answers = yield* Effect.result(run(batch, attempt))
      if (Result.isFailure(answers)) return yield* recover(batch, answers.failure, attempt)
      const known = new Set<string>()
      const stale = new Set<AccountId>()
      for (const { account_id, command_id, kind } of answers.success) {
        if (kind === "stale") stale.add(account_id)
        else if (command_id !== null) known.add(Batch.keyOf(account_id, command_id))
      }
      yield* answerSubmits(sql, batch.submits, known)
      if (stale.size === 0) {
        for (const [accountId, chain] of batch.chains) {
          for (const item of chain) {
            heads.set(accountId, Batch.seqAfter(item.append))
            Deferred.doneUnsafe(item.reply, Exit.void)
          }
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

/**
 * Where the accounts ended when this process wrote to them last. Who else writes there takes the next number, and the primary key of
 * order_events then refuses ours: knowing the end spares the look at it, and a wrong guess is never believed.
 */
class Heads {
  private readonly seqs = new Map<AccountId, number>()

  readonly isAt = (accountId: AccountId, seq: number): boolean => this.seqs.get(accountId) === seq

  set(accountId: AccountId, seq: number): void {
    // Forgetting costs one look an account; keeping all of them would grow with the users there ever were.
    if (this.seqs.size >= MAX_HEADS) this.seqs.clear()
    this.seqs.set(accountId, seq)
  }

  forget(accountId: AccountId): void {
    this.seqs.delete(accountId)
  }
}

/** The first under an id is new unless the store knew it; every other one is held against the envelope that stands. */
const answerSubmits = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  submits: Batch.Batch["submits"],
  known: ReadonlySet<string>
) {
  const standing = new Map<string, Envelope>()
  const unread: Array<Envelope> = []
  for (const [key, [first]] of submits) {
    if (first === undefined) continue
    if (known.has(key)) {
      unread.push(first.envelope)
      continue
    }
    standing.set(key, first.envelope)
    Deferred.doneUnsafe(first.reply, Exit.succeed({ _tag: "New" }))
  }
  if (unread.length > 0) {
    const found = yield* Effect.result(envelopes(sql, unread))
    if (Result.isFailure(found)) {
      const message = `The journal could not be read: ${reasonOf(found.failure)}.`
      for (const envelope of unread) {
        for (const item of submits.get(Batch.keyOf(envelope.accountId, envelope.commandId)) ?? [])
          Batch.fail(item, message)
      }
    } else {
      for (const envelope of found.success) standing.set(Batch.keyOf(envelope.accountId, envelope.commandId), envelope)
    }
  }
  for (const [key, same] of submits) {
    const envelope = standing.get(key)
    for (const item of known.has(key) ? same : same.slice(1)) {
      if (envelope === undefined)
        Batch.fail(item, "The journal lost a command it had: nothing is ever deleted from it.")
      else {
        const repeated = sameRequest(envelope.command, item.envelope.command)
        const answer: Submitted = repeated ? { _tag: "Repeated", envelope } : { _tag: "Conflicting" }
        Deferred.doneUnsafe(item.reply, Exit.succeed(answer))
      }
    }
  }
})

const envelopes = (sql: SqlClient.SqlClient, wanted: ReadonlyArray<Envelope>) => {
  const keys = JSON.stringify(wanted.map(({ accountId, commandId }) => ({ accountId, commandId })))
  return sql`select ${sql.literal(envelopeOf)} as envelope
    from jsonb_to_recordset(${keys}::jsonb) as r("accountId" text, "commandId" text)
    join order_commands c on c.account_id = r."accountId" and c.command_id = r."commandId"`.pipe(
    Effect.flatMap(decodeEnvelopes),
    Effect.map((rows) => rows.map((row) => row.envelope)),
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

const reasonOf = (failure: Failure): string => {
  if (failure._tag === "TimeoutError") return `no answer within ${STATEMENT_TIMEOUT}`
  if (failure._tag === "SchemaError") return "a row has a shape that is not ours"
  const { cause } = failure.reason
  return cause instanceof Error && cause.message !== "" ? cause.message.replace(/\.$/, "") : failure.reason._tag
}
