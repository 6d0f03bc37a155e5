// What is read of the journal in PostgreSQL or PGlite.
import { type Cause, Effect, Option, Result, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { AccountSnapshot } from "../../domain/Account.ts"
import { CallRecord } from "../../domain/CallRecord.ts"
import { Envelope, Receipt } from "../../domain/Command.ts"
import type { Recorded } from "../../domain/Event.ts"
import { AccountId } from "../../domain/Ids.ts"
import * as StoredEvent from "../../domain/StoredEvent.ts"
import { type Journal, JournalError, type Stored } from "../../ports/Journal.ts"

/** A statement that takes longer has lost its connection without a word: its outcome is unknown. */
export const STATEMENT_TIMEOUT = "30 seconds"

const Head = Schema.Struct({ seq: Schema.Int, hash: Schema.NullOr(Schema.String), chainedFrom: Schema.Int })
const Link = Schema.Struct({ ...StoredEvent.StoredEvent.fields, hash: Schema.NullOr(Schema.String) })
export const decodeEnvelopes = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ envelope: Envelope })))
const decodeEvents = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ stored: StoredEvent.StoredEvent })))
const decodeLinks = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ link: Link })))
const decodeHeads = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ head: Head })))
const decodeSnapshots = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ snapshot: AccountSnapshot })))
const decodeReceipts = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ receipt: Receipt })))
const decodeAccounts = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ account_id: AccountId })))
const decodeTrades = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ trade_id: Schema.String })))
const StoredRow = Schema.Struct({ envelope: Envelope, receipt: Schema.NullOr(Receipt) })
export const decodeStored = Schema.decodeUnknownEffect(Schema.Array(StoredRow))
const decodeCalls = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ call: CallRecord })))
const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

export type Failure = SqlError.SqlError | Schema.SchemaError | Cause.TimeoutError | StoredEvent.EventUnreadable

/** An order_commands row as the envelope it was. */
export const envelopeOf = `jsonb_build_object('commandId', command_id, 'accountId', account_id, 'userId', user_id, 'at', at,
  'traceId', trace_id, 'command', command)`

export const storedOf = ({ envelope, receipt }: typeof StoredRow.Type): Stored => ({
  envelope,
  ...(receipt === null ? {} : { receipt })
})

const storedJson = `'seq', seq, 'at', at, 'traceId', trace_id, 'version', version, 'event', event`

/** Bounded too: a sweep or a start that waited for a lost connection would leave every order behind it waiting. */
const read = <A>(query: Effect.Effect<A, Exclude<Failure, Cause.TimeoutError>>): Effect.Effect<A, JournalError> =>
  query.pipe(
    Effect.timeout(STATEMENT_TIMEOUT),
    Effect.mapError((error) => new JournalError({ message: `The journal could not be read: ${reasonOf(error)}.` }))
  )

export const reads = (sql: SqlClient.SqlClient): Omit<Journal["Service"], "submit" | "append"> => ({
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
  links: (accountId, afterSeq, limit) =>
    sql`select ${sql.literal(`jsonb_build_object(${storedJson}, 'hash', encode(hash, 'hex'))`)} as link
      from order_events where account_id = ${accountId} and seq > ${BigInt(afterSeq)}
      order by account_id, seq limit ${BigInt(limit)}`.pipe(
      Effect.flatMap(decodeLinks),
      Effect.map((rows) => rows.map(({ link }) => ({ ...link, hash: link.hash ?? undefined }))),
      read
    ),
  head: (accountId) =>
    sql`select jsonb_build_object('seq', seq, 'hash', encode(hash, 'hex'), 'chainedFrom', chained_from) as head
      from account_heads where account_id = ${accountId}`.pipe(
      Effect.flatMap(decodeHeads),
      Effect.map(([row]) =>
        Option.map(Option.fromNullishOr(row?.head), (head) => ({ ...head, hash: head.hash ?? undefined }))
      ),
      read
    ),
  // An account may have lost its head, or all of its events: either names it.
  accountAfter: (after = AccountId.make("")) =>
    sql`select account_id from (values
        ((select account_id from order_events where account_id > ${after} order by account_id, seq limit 1)),
        ((select account_id from account_heads where account_id > ${after} order by account_id limit 1))) a(account_id)
      where account_id is not null order by account_id limit 1`.pipe(
      Effect.flatMap(decodeAccounts),
      Effect.map(([row]) => Option.fromNullishOr(row?.account_id)),
      read
    ),
  receipt: (accountId, commandId) =>
    sql`select receipt from order_commands
      where account_id = ${accountId} and command_id = ${commandId} and receipt is not null`.pipe(
      Effect.flatMap(decodeReceipts),
      Effect.map(([row]) => Option.fromNullishOr(row?.receipt)),
      read
    ),
  command: (accountId, commandId) =>
    sql`select ${sql.literal(envelopeOf)} as envelope, receipt from order_commands
      where account_id = ${accountId} and command_id = ${commandId}`.pipe(
      Effect.flatMap(decodeStored),
      Effect.map(([row]) => Option.map(Option.fromNullishOr(row), storedOf)),
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
  knowsOrder: (accountId, orderId) =>
    sql`select count(*)::int as count from orders where account_id = ${accountId} and order_id = ${orderId}`.pipe(
      Effect.flatMap(decodeCount),
      Effect.map(([row]) => row.count > 0),
      read
    ),
  booked: (accountId, symbol, tradeIds) =>
    tradeIds.length === 0
      ? Effect.succeed(new Set())
      : sql`select trade_id from jsonb_array_elements_text(${JSON.stringify(tradeIds)}::jsonb) t
          join fills f on f.account_id = ${accountId} and f.symbol = ${symbol} and f.trade_id = t`.pipe(
          Effect.flatMap(decodeTrades),
          Effect.map((rows) => new Set(rows.map((row) => row.trade_id))),
          read
        ),
  trail: (accountId, orderId, limit) =>
    read(
      Effect.gen(function* () {
        const commands = yield* Effect.flatMap(
          sql`select ${sql.literal(envelopeOf)} as envelope, receipt from order_commands
            where account_id = ${accountId} and (order_id = ${orderId}
              or kind = 'ReplaceOrder' and command ->> 'replaces' = ${orderId}
              or kind = 'PlaceList' and command -> 'legs' @> ${JSON.stringify([{ orderId }])}::jsonb)
            order by at, stored_at limit ${BigInt(limit)}`,
          decodeStored
        )
        const events = yield* eventsFrom(
          sql`select ${sql.literal(`jsonb_build_object(${storedJson})`)} as stored from order_events
            where account_id = ${accountId} and event ->> 'orderId' = ${orderId} order by seq limit ${BigInt(limit)}`
        )
        const calls = yield* Effect.flatMap(
          sql`select jsonb_build_object('orderId', order_id, 'call', call, 'sentAt', sent_at, 'answeredAt', answered_at,
              'outcome', outcome, 'detail', detail) as call
            from order_calls where account_id = ${accountId} and order_id = ${orderId}
            order by sent_at limit ${BigInt(limit)}`,
          decodeCalls
        )
        return {
          commands: commands.map(storedOf),
          events,
          calls: calls.map(({ call }) => call)
        }
      })
    ),
  accountsWithOpenOrders: sql`select distinct account_id from orders where is_open order by account_id`.pipe(
    Effect.flatMap(decodeAccounts),
    Effect.map((rows) => rows.map((row) => row.account_id)),
    read
  )
})

const eventsAfter = (sql: SqlClient.SqlClient, accountId: AccountId, afterSeq: number, limit: number) =>
  eventsFrom(
    sql`select ${sql.literal(`jsonb_build_object(${storedJson})`)} as stored
      from order_events where account_id = ${accountId} and seq > ${BigInt(afterSeq)}
      order by account_id, seq limit ${BigInt(limit)}`
  )

const eventsFrom = (query: Effect.Effect<ReadonlyArray<object>, SqlError.SqlError>) =>
  query.pipe(
    Effect.flatMap(decodeEvents),
    Effect.flatMap((rows) => {
      const events: Array<Recorded> = []
      for (const { stored } of rows) {
        const event = StoredEvent.read(stored)
        if (Result.isFailure(event)) return Effect.fail(event.failure)
        events.push(event.success)
      }
      return Effect.succeed(events)
    })
  )

export const reasonOf = (failure: Failure): string => {
  if (failure._tag === "TimeoutError") return `no answer within ${STATEMENT_TIMEOUT}`
  if (failure._tag === "SchemaError") return "a row has a shape that is not ours"
  if (failure._tag === "EventUnreadable") return failure.message
  const { cause } = failure.reason
  return cause instanceof Error && cause.message !== "" ? cause.message.replace(/\.$/, "") : failure.reason._tag
}
