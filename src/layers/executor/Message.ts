// What an account's mailbox takes: commands of people, and everything the exchange says or does not say.
import type { Deferred } from "effect"
import type { Balance } from "../../domain/Balance.ts"
import type { CallRecord } from "../../domain/CallRecord.ts"
import type { Envelope } from "../../domain/Command.ts"
import type { Asked } from "../../domain/Hear.ts"
import type { OrderId } from "../../domain/Ids.ts"
import type { Call } from "../../domain/Order.ts"
import type { ExchangeOrder, Report } from "../../domain/Report.ts"
import type { Survey } from "./Survey.ts"

interface OfCall {
  readonly orderId: OrderId
  readonly call: Call
  /** Epoch milliseconds on our clock. */
  readonly sentAt: number
  readonly answeredAt: number
}

export type Message =
  /** `again`: not known to be its first delivery, so the journal is asked for a receipt. */
  | { readonly _tag: "Command"; readonly envelope: Envelope; readonly again: boolean }
  | { readonly _tag: "Report"; readonly report: Report }
  | ({ readonly _tag: "Answered"; readonly reports: ReadonlyArray<Report> } & OfCall)
  /** The exchange refused a call, or it never left: definite, nothing was executed. */
  | ({ readonly _tag: "CallRefused"; readonly reason: string } & OfCall)
  | ({ readonly _tag: "NoAnswer"; readonly reason: string } & OfCall)
  /** What a query found; none proves something only once absence counts as evidence (I4). */
  | { readonly _tag: "Evidence"; readonly orderId: OrderId; readonly asked: Asked; readonly record: CallRecord }
  /** A query without an answer. */
  | { readonly _tag: "NotAsked"; readonly record: CallRecord }
  /** An order that is not ours, as the exchange has it now. */
  | { readonly _tag: "Stranger"; readonly found: ExchangeOrder }
  /** Everything the exchange has, compared. `done` gets the account's seq with all of it applied. */
  | { readonly _tag: "Survey"; readonly survey: Survey; readonly done: Deferred.Deferred<number> }
  /**
   * What the exchange holds of each asset, read while the account stood at `asOfSeq` and the exchange made no further trade. `done` hears
   * whether both have the same, as far as can be told.
   */
  | {
      readonly _tag: "Totals"
      readonly asOfSeq: number
      readonly balances: ReadonlyArray<Balance>
      readonly done: Deferred.Deferred<boolean>
    }
  /** Of the link of one life of the actor: what an earlier one has left in the mailbox says nothing about it. */
  | { readonly _tag: "Blinded"; readonly life: symbol; readonly reason: string }
  | { readonly _tag: "Sighted"; readonly life: symbol }
  /** Wakes the actor, which recovers by itself, and has it store what waits. */
  | { readonly _tag: "Wake" }
