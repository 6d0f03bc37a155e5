// The paper exchange's own truth, apart from the desk's journal: the commands its engine took, in order, and what its clients may ask
// about later. A crash of the desk finds it as a real exchange would be found.
import { Context, Schema, type Effect, type Option } from "effect"
import type { OrderRef } from "../domain/matching/Command.ts"
import type { TradeCause } from "../domain/matching/Event.ts"
import type { Amount, Order } from "../domain/matching/Order.ts"

/**
 * The journal could not be read or written. After a failed commit nobody knows whether it was made: read it again. `takenOver`: nothing
 * was, and another process is the exchange now.
 */
export class PaperJournalError extends Schema.TaggedError<PaperJournalError>()("PaperJournalError", {
  message: Schema.String,
  takenOver: Schema.optionalKey(Schema.Boolean)
}) {}

/** A copy of an order as it stood; live ones belong to the engine. */
export type OrderRecord = Readonly<Order>

export interface TradeRecord {
  readonly account: string
  readonly symbol: string
  readonly tradeId: number
  readonly orderId: number
  readonly listId: number
  readonly ticks: number
  readonly lots: number
  readonly quote: Amount
  readonly commission: Amount
  readonly commissionAsset: string
  readonly at: number
  readonly buyer: boolean
  readonly maker: boolean
  readonly cause: TradeCause
}

export interface ListRecord {
  readonly account: string
  readonly symbol: string
  readonly listId: number
  readonly listClientOrderId: string
  readonly contingency: "OCO" | "OTO"
  readonly statusType: "RESPONSE" | "EXEC_STARTED" | "UPDATED" | "ALL_DONE"
  readonly status: "EXECUTING" | "ALL_DONE" | "REJECT"
  readonly at: number
  readonly orders: ReadonlyArray<{ readonly orderId: number; readonly clientOrderId: string }>
}

export interface AmendmentRecord {
  readonly account: string
  readonly symbol: string
  readonly orderId: number
  readonly executionId: number
  readonly originalClientOrderId: string
  readonly newClientOrderId: string
  readonly originalLots: number
  readonly newLots: number
  readonly at: number
}

export interface PreventedRecord {
  readonly account: string
  readonly symbol: string
  readonly preventedMatchId: number
  readonly takerOrderId: number
  readonly makerOrderId: number
  readonly stp: string
  readonly ticks: number
  readonly lots: number
  readonly at: number
}

/** One command with the part of the market it used, encoded; `seq` counts from 1 without a gap. */
export interface JournalEntry {
  readonly seq: number
  readonly at: number
  readonly body: string
}

/** The engine's whole state after entry `seq`, encoded, with its hash. */
export interface EngineSnapshot {
  readonly seq: number
  readonly hash: string
  readonly state: string
}

export interface PaperCommit {
  readonly entries: ReadonlyArray<JournalEntry>
  /** Orders and lists replace earlier rows of the same id. */
  readonly orders: ReadonlyArray<OrderRecord>
  readonly lists: ReadonlyArray<ListRecord>
  readonly trades: ReadonlyArray<TradeRecord>
  readonly amendments: ReadonlyArray<AmendmentRecord>
  readonly prevented: ReadonlyArray<PreventedRecord>
  /** Replaces the one before; entries up to its `seq` are kept. */
  readonly snapshot?: EngineSnapshot
}

/**
 * Ids are inclusive, times are epoch milliseconds inclusive: an order's creation, a trade's and an amendment's own, a list's last
 * change. With a lower bound the oldest `limit` from it on, else the newest.
 */
export interface Page {
  readonly fromId?: number
  readonly startTime?: number
  readonly endTime?: number
  readonly limit: number
}

type Answer<A> = Effect.Effect<A, PaperJournalError>

export class PaperJournal extends Context.Service<
  PaperJournal,
  {
    /**
     * All or nothing, durable when it returns; entries must follow the journal's last one. Refused once another process has loaded
     * the journal (I11).
     */
    readonly commit: (commit: PaperCommit) => Answer<void>
    /** Takes the journal over: commits of whoever held it before fail from now on. The newest snapshot and what came after it. */
    readonly load: Answer<{
      readonly snapshot: Option.Option<EngineSnapshot>
      readonly entries: ReadonlyArray<JournalEntry>
    }>
    /** The journal from an entry on, oldest first, at most `limit`: for replays. */
    readonly entries: (fromSeq: number, limit: number) => Answer<ReadonlyArray<JournalEntry>>
    /** Open or closed; of several under one client id the newest. With both ids given, both must match. */
    readonly order: (account: string, symbol: string, ref: OrderRef) => Answer<Option.Option<OrderRecord>>
    /** By order id; oldest first. */
    readonly orders: (account: string, symbol: string, page: Page) => Answer<ReadonlyArray<OrderRecord>>
    /** By trade id; oldest first. */
    readonly trades: (
      account: string,
      symbol: string,
      page: Page & { readonly orderId?: number }
    ) => Answer<ReadonlyArray<TradeRecord>>
    readonly list: (
      account: string,
      ref: { readonly listId?: number; readonly listClientOrderId?: string }
    ) => Answer<Option.Option<ListRecord>>
    readonly lists: (account: string, page: Page) => Answer<ReadonlyArray<ListRecord>>
    readonly amendments: (
      account: string,
      symbol: string,
      orderId: number,
      page: Page
    ) => Answer<ReadonlyArray<AmendmentRecord>>
    /** By its own id, or those of one taker order from an id on. */
    readonly prevented: (
      account: string,
      symbol: string,
      by: { readonly preventedMatchId: number } | { readonly orderId: number; readonly fromId?: number },
      limit: number
    ) => Answer<ReadonlyArray<PreventedRecord>>
  }
>()("outcry/ports/PaperJournal") {}
