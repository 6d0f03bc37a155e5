// What an exchange says about our orders. Reports enter the account's mailbox like commands do (I5).
import type { Fill } from "./Fill.ts"
import type { ClientOrderId } from "./Ids.ts"

/** One thing that happened to an order at the exchange, in the order it happened. `at` is epoch milliseconds there. */
export type Report =
  | {
      readonly _tag: "Accepted"
      readonly clientOrderId: ClientOrderId
      readonly exchangeOrderId: string
      readonly at: number
    }
  | { readonly _tag: "Filled"; readonly clientOrderId: ClientOrderId; readonly fill: Fill; readonly at: number }
  | { readonly _tag: "Canceled"; readonly clientOrderId: ClientOrderId; readonly at: number }
  | { readonly _tag: "Expired"; readonly clientOrderId: ClientOrderId; readonly reason: string; readonly at: number }
  | { readonly _tag: "Rejected"; readonly clientOrderId: ClientOrderId; readonly reason: string; readonly at: number }
  | {
      readonly _tag: "CancelRejected"
      readonly clientOrderId: ClientOrderId
      readonly reason: string
      readonly at: number
    }

/** Where an order stands at the exchange: the answer to a query by client order id, with every fill so far. */
export interface ExchangeOrder {
  readonly clientOrderId: ClientOrderId
  readonly exchangeOrderId: string
  readonly status: "NEW" | "PARTIALLY_FILLED" | "FILLED" | "CANCELED" | "EXPIRED" | "REJECTED"
  readonly fills: ReadonlyArray<Fill>
  readonly at: number
}
