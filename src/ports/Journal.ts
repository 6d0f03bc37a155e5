// The append-only truth: commands, events, receipts, and the read models that live in the same transaction.
import { Context, Schema, type Effect, type Option } from "effect"
import type { AccountSnapshot, AccountUpdate } from "../domain/Account.ts"
import type { CallRecord } from "../domain/CallRecord.ts"
import type { Envelope, Receipt } from "../domain/Command.ts"
import type { Recorded } from "../domain/Event.ts"
import type { Head, Link } from "../domain/EventChain.ts"
import type { AccountId, CommandId, OrderId } from "../domain/Ids.ts"

/** The store could not do it now, or answered in a way that leaves the outcome open. Nothing may be assumed written or not written. */
export class JournalError extends Schema.TaggedError<JournalError>()("JournalError", { message: Schema.String }) {}

/** Another writer was faster: this one no longer owns the account and must not act (I5, I11). */
export class NotTheWriter extends Schema.TaggedError<NotTheWriter>()("NotTheWriter", {
  accountId: Schema.String,
  expectedSeq: Schema.Int
}) {}

/** A command, and what it was answered once it was decided. */
export interface Stored {
  readonly envelope: Envelope
  readonly receipt?: Receipt
}

/** The first answer to a command id stands: for a repeat it is the envelope that was stored then. */
export type Submitted =
  | { readonly _tag: "New" }
  | ({ readonly _tag: "Repeated" } & Stored)
  /** The same id with another body. */
  | { readonly _tag: "Conflicting" }

/** One account's step. `updates` are in order and start at `afterSeq + 1`; events and read models are taken from them. */
export interface Append {
  readonly accountId: AccountId
  readonly afterSeq: number
  readonly updates: ReadonlyArray<AccountUpdate>
  readonly receipts: ReadonlyArray<Receipt>
  /** Stored with the step when present; nothing is decided by them. */
  readonly calls?: ReadonlyArray<CallRecord>
  /** Stored with the step when present, so that the next start reads no further back. */
  readonly snapshot?: AccountSnapshot
}

export interface History {
  readonly snapshot: Option.Option<AccountSnapshot>
  /** Every event after the snapshot, in order. */
  readonly events: ReadonlyArray<Recorded>
}

/** What is stored of one order. */
export interface Trail {
  readonly commands: ReadonlyArray<Stored>
  readonly events: ReadonlyArray<Recorded>
  readonly calls: ReadonlyArray<CallRecord>
}

export class Journal extends Context.Service<
  Journal,
  {
    /**
     * Durable when it returns. The only thing that must be done before a caller hears PENDING. With the receipt of a command that is refused
     * already there is nothing left to decide.
     */
    readonly submit: (envelope: Envelope, refused?: Receipt) => Effect.Effect<Submitted, JournalError>
    readonly command: (accountId: AccountId, commandId: CommandId) => Effect.Effect<Option.Option<Stored>, JournalError>
    /** All or nothing, group-committed with other accounts' steps. */
    readonly append: (append: Append) => Effect.Effect<void, JournalError | NotTheWriter>
    /** From the newest snapshot at or before `atSeq` (default: the newest) up to the last event. */
    readonly load: (accountId: AccountId, atSeq?: number) => Effect.Effect<History, JournalError>
    /** Events with a greater seq, at most `limit`. */
    readonly eventsAfter: (
      accountId: AccountId,
      afterSeq: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Recorded>, JournalError>
    /** The same events as they are stored, with their hashes: nothing about them is taken for granted. */
    readonly links: (
      accountId: AccountId,
      afterSeq: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Link>, JournalError>
    /** Where the account ends, as it was noted beside its events. */
    readonly head: (accountId: AccountId) => Effect.Effect<Option.Option<Head>, JournalError>
    /** The first account after `after`, or of all, that has events or a head. */
    readonly accountAfter: (after?: AccountId) => Effect.Effect<Option.Option<AccountId>, JournalError>
    readonly receipt: (
      accountId: AccountId,
      commandId: CommandId
    ) => Effect.Effect<Option.Option<Receipt>, JournalError>
    /** Commands without a receipt that were stored at least `minAgeMillis` ago on the store's clock, oldest first (I1). */
    readonly undecided: (query: {
      readonly accountId?: AccountId
      readonly minAgeMillis: number
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<Envelope>, JournalError>
    readonly countUndecided: (accountId: AccountId) => Effect.Effect<number, JournalError>
    /** Whether the account has had this order, open or closed. */
    readonly knowsOrder: (accountId: AccountId, orderId: OrderId) => Effect.Effect<boolean, JournalError>
    /** Those of the trades that are booked. */
    readonly booked: (
      accountId: AccountId,
      symbol: string,
      tradeIds: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlySet<string>, JournalError>
    /** Everything that is stored of one order, each part in the order it happened, and at most `limit` of it. */
    readonly trail: (accountId: AccountId, orderId: OrderId, limit: number) => Effect.Effect<Trail, JournalError>
    /** Accounts with an order that is not closed: they wake up with the desk. */
    readonly accountsWithOpenOrders: Effect.Effect<ReadonlyArray<AccountId>, JournalError>
  }
>()("outcry/ports/Journal") {}
