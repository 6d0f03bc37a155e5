// What an account's mailbox takes: commands of people, and everything the exchange says or does not say.
import type { Option } from "effect"
import type { Envelope } from "../../domain/Command.ts"
import type { ClientOrderId, OrderId } from "../../domain/Ids.ts"
import type { ExchangeOrder, Report } from "../../domain/Report.ts"

export type Call = "submit" | "cancel"

export type Message =
  /** `again`: not known to be its first delivery, so the journal is asked for a receipt. */
  | { readonly _tag: "Command"; readonly envelope: Envelope; readonly again: boolean }
  | { readonly _tag: "Report"; readonly report: Report }
  /** The exchange refused a call, or it never left: definite, nothing was executed. */
  | {
      readonly _tag: "CallRefused"
      readonly clientOrderId: ClientOrderId
      readonly call: Call
      readonly reason: string
    }
  | { readonly _tag: "NoAnswer"; readonly orderId: OrderId; readonly call: Call; readonly reason: string }
  /** What a query by client order id found; none only once absence counts as evidence (I4). */
  | { readonly _tag: "Evidence"; readonly orderId: OrderId; readonly found: Option.Option<ExchangeOrder> }
  /** Wakes the actor, which recovers by itself. */
  | { readonly _tag: "Wake" }
