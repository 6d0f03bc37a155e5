// What an exchange says about our orders. Reports enter the account's mailbox like commands do (I5).
import type { Fill } from "./Fill.ts"
import type { ClientOrderId } from "./Ids.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import type { Side, Source, TimeInForce } from "./Order.ts"

/** What every report says of its order. `at` is epoch milliseconds at the exchange. */
interface About {
  readonly clientOrderId: ClientOrderId
  readonly symbol: string
  /** Unknown only where the exchange has given none. */
  readonly exchangeOrderId?: string
  readonly at: number
  /** The private stream, unless it says otherwise. */
  readonly from?: Exclude<Source, "stream">
}

/** The last word about an order. More executed than was reported means that fills are still on their way. */
interface Closing extends About {
  readonly executedQuantity: Decimal
  /** What the order was worth in all when it ended: less than was asked for where an amend has come before. */
  readonly quantity: Decimal
}

/** One thing that happened to an order at the exchange. They may come late, twice, and in any order. */
export type Report =
  | (About & {
      readonly _tag: "Accepted"
      readonly exchangeOrderId: string
      /** False while it only waits for its trigger; absent where that is not told. */
      readonly working?: boolean
      /** It waits for the working order of its list. */
      readonly pending?: true
    })
  | (About & {
      readonly _tag: "Filled"
      readonly fill: Fill
      /** Of an order that is filled: what it is worth in all. Of one by quote quantity, only this tells when it is over. */
      readonly whole?: Decimal
    })
  | (Closing & { readonly _tag: "Canceled" })
  | (Closing & { readonly _tag: "Expired"; readonly reason: string })
  /** `neverArrived`: the exchange was asked, and never got it. */
  | (About & { readonly _tag: "Rejected"; readonly reason: string; readonly neverArrived?: true })
  | (About & { readonly _tag: "CancelRejected"; readonly reason: string })
  | (About & { readonly _tag: "Amended"; readonly quantity: Decimal })
  | (About & { readonly _tag: "AmendRejected"; readonly reason: string })

/** Where an order stands at the exchange, without its fills. */
export interface ExchangeOrderState {
  readonly clientOrderId: ClientOrderId
  readonly exchangeOrderId: string
  readonly symbol: string
  readonly side: Side
  /** The exchange's own name of it, such as STOP_LOSS_LIMIT. */
  readonly type: string
  readonly timeInForce: TimeInForce
  readonly quantity: Decimal
  /** Absent where it has none, like the next four. */
  readonly price?: Decimal
  readonly stopPrice?: Decimal
  /** Basis points. */
  readonly trailingDelta?: number
  readonly icebergQuantity?: Decimal
  readonly quoteQuantity?: Decimal
  /** Whether it has begun to work: false while it waits for its trigger. */
  readonly isWorking: boolean
  /** The exchange's id of the list that it is of. */
  readonly listId?: string
  /** It is of a list, and is placed only when the list's working order has filled. */
  readonly isPending?: true
  readonly status: "NEW" | "PARTIALLY_FILLED" | "FILLED" | "CANCELED" | "EXPIRED" | "REJECTED"
  readonly executedQuantity: Decimal
  /** Sum of price × quantity over its fills, in the quote asset. */
  readonly executedQuote: Decimal
  /** Epoch milliseconds at the exchange: when it was placed, and when it changed last. */
  readonly createdAt: number
  readonly at: number
}

/** The answer to a query, with every fill that the exchange shows; they may be fewer than `executedQuantity` says for a while. */
export interface ExchangeOrder extends ExchangeOrderState {
  readonly fills: ReadonlyArray<Fill>
}

/** Whether its fills are all that it has executed. */
export const isWhole = ({ executedQuantity, fills }: ExchangeOrder): boolean =>
  Money.equals(
    fills.reduce((sum, { quantity }) => Money.add(sum, quantity), Money.zero),
    executedQuantity
  )

/** How an order is asked for: by the exchange's id once it is known, since ours may be changed there by an amend of somebody else. */
export type OrderRef = { readonly exchangeOrderId: string } | { readonly clientOrderId: ClientOrderId }

/** A trade of the account, by the order it belongs to. */
export interface TradeOf {
  readonly tradeId: string
  readonly exchangeOrderId: string
}
