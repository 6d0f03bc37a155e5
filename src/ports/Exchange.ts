// Where orders go. One conformance suite, several exchanges.
import { Context, Schema, type Effect, type Option, type Scope } from "effect"
import type { Queue } from "effect"
import type { Balance } from "../domain/Balance.ts"
import type { ExchangeState } from "../domain/ExchangeState.ts"
import type { AccountId } from "../domain/Ids.ts"
import type { Instrument } from "../domain/Instrument.ts"
import type { Decimal } from "../domain/Money.ts"
import type { ExchangeOrder, ExchangeOrderState, OrderRef, Report, TradeOf } from "../domain/Report.ts"
import type { ApprovedList, ApprovedOrder } from "../domain/Risk.ts"
import type { ShutWhy } from "../domain/Shut.ts"

/** The exchange refused, with its own code and text. The order was not executed. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  code: Schema.Int,
  message: Schema.String,
  /** What the exchange said besides. */
  data: Schema.optionalKey(Schema.Unknown)
}) {}
/** Nothing left the house: no connection, no credentials, or a full lane of ours. */
export class NotSent extends Schema.TaggedError<NotSent>()("NotSent", { message: Schema.String }) {}
/** The exchange asks for patience, or the desk knows that its limits leave no room. The order was not executed. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", { retryAfterMillis: Schema.Int }) {}
/** Sent, and no answer that can be trusted: a timeout, a 5xx, a cut connection (I4). */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", {
  message: Schema.String
}) {}

/** The order to be replaced. Where nothing of it has traded as the desk knows it, it is cancelled only if that holds at the exchange as well. */
export interface Replaceable {
  readonly ref: OrderRef
  readonly isUntraded: boolean
}

/** What became of each half of a replacement: why it was refused, or that it was done, with what the answer says of the new order. */
export interface Replaced {
  readonly cancel: "done" | { readonly refused: string }
  readonly placed: ReadonlyArray<Report> | { readonly refused: string }
}

/** Why there is no new order where the old one could not be cancelled. */
export const NOT_ATTEMPTED = "It was not placed, because the order that it was to replace could not be cancelled."

/** Split by what the caller can do about it. */
export class ExchangeError extends Schema.TaggedError<ExchangeError>()("ExchangeError", {
  reason: Schema.Union([Refused, NotSent, RateLimited, OutcomeUnknown])
}) {}

/** The subscription fell behind and was closed: reconcile, then subscribe again. */
export class ReportsLost extends Schema.TaggedError<ReportsLost>()("ReportsLost", { message: Schema.String }) {}

export class Exchange extends Context.Service<
  Exchange,
  {
    /** `paper`, `testnet`, `demo` or `live`: the badge on every screen. */
    readonly environment: "paper" | "testnet" | "demo" | "live"
    /**
     * "No such order" is evidence only this long after the call was made, in milliseconds (I4): the time in which the exchange takes the
     * call, works on it, and shows what came of it. Zero where a call and its effect cannot be separated.
     */
    readonly absenceProvenAfterMillis: number
    /** How far the exchange's clock is ahead of ours, as far as we know, in milliseconds. */
    readonly clockOffsetMillis: () => number
    /** What is left of the exchange's limits, and what was held back for them. Absent where it has none. */
    readonly state?: Effect.Effect<ExchangeState>
    /** The exchange's own clock, asked now: epoch milliseconds. */
    readonly time: Effect.Effect<number, ExchangeError>
    readonly instruments: Effect.Effect<ReadonlyMap<string, Instrument>, ExchangeError>
    /** Makes sure the exchange knows the account (paper opens it with its starting balances). Idempotent. */
    readonly open: (accountId: AccountId) => Effect.Effect<void, ExchangeError>
    /** Why the account cannot trade until a person has done something, as far as known now. Absent where there is nothing of the kind. */
    readonly shut?: (accountId: AccountId) => ShutWhy | undefined
    /**
     * Sends at once or fails: never later. Succeeds once the exchange has taken the order, with what its answer says already; its reports
     * carry the rest. Takes only what Risk approved.
     */
    readonly submit: (order: ApprovedOrder) => Effect.Effect<ReadonlyArray<Report>, ExchangeError>
    /** The same for the orders of a list: it takes all of them or none. */
    readonly submitList: (list: ApprovedList) => Effect.Effect<ReadonlyArray<Report>, ExchangeError>
    /**
     * Cancels an order and places one in its place, in one call. The new one is not placed where the cancel is refused; where the new one is
     * refused, the old one may be gone all the same. Fails where neither was done, or nobody knows.
     */
    readonly replace: (
      accountId: AccountId,
      old: Replaceable,
      by: ApprovedOrder
    ) => Effect.Effect<Replaced, ExchangeError>
    /** Of an order of a list: all of the list ends with it. */
    readonly cancel: (accountId: AccountId, symbol: string, ref: OrderRef) => Effect.Effect<void, ExchangeError>
    /** Makes a resting order smaller: `quantity` is what it is to be worth in all. It keeps its place. Sends at once or fails. */
    readonly amend: (
      accountId: AccountId,
      symbol: string,
      ref: OrderRef,
      quantity: Decimal
    ) => Effect.Effect<void, ExchangeError>
    /** None only where the exchange says that it has no such order, now. */
    readonly query: (
      accountId: AccountId,
      symbol: string,
      ref: OrderRef
    ) => Effect.Effect<Option.Option<ExchangeOrder>, ExchangeError>
    /** Of all symbols, whoever placed them. */
    readonly openOrders: (accountId: AccountId) => Effect.Effect<ReadonlyArray<ExchangeOrderState>, ExchangeError>
    /** The account's trades after that one, in order, all of them; without one, only the last there is. */
    readonly trades: (
      accountId: AccountId,
      symbol: string,
      afterTradeId: string | undefined
    ) => Effect.Effect<ReadonlyArray<TradeOf>, ExchangeError>
    readonly balances: (accountId: AccountId) => Effect.Effect<ReadonlyArray<Balance>, ExchangeError>
    /** Reports of one account from now on, in the order they happened. Bounded: ends with `ReportsLost` when the reader is too slow. */
    readonly reports: (
      accountId: AccountId
    ) => Effect.Effect<Queue.Dequeue<Report, ReportsLost>, ExchangeError, Scope.Scope>
  }
>()("outcry/ports/Exchange") {}
