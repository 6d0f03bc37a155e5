// What the matching engine says happened, in order. Events name the live order; what an order's life changes is copied into the event.
import type { Side } from "../Order.ts"
import type { Rejection } from "./Rejection.ts"
import type { Amount, ExpiryReason, Order, OrderStatus } from "./Order.ts"

export type ExecutionType = "NEW" | "CANCELED" | "REPLACED" | "REJECTED" | "TRADE" | "EXPIRED" | "TRADE_PREVENTION"

/**
 * Why a trade happened. `walked`: a taker met the outside market's level. `queue`: the tape traded through what stood before a
 * resting order at its price. `through`: the market went past a resting order's price. `crossed`: two users met.
 */
export type TradeCause = "walked" | "queue" | "through" | "crossed"

/** One side of a trade. */
export interface OwnTrade {
  readonly tradeId: number
  readonly ticks: number
  readonly lots: number
  readonly quote: Amount
  readonly maker: boolean
  readonly commission: Amount
  readonly commissionAsset: string
  readonly cause: TradeCause
}

/** A match that self-trade prevention stopped. */
export interface PreventedMatch {
  readonly preventedMatchId: number
  readonly lots: number
  readonly ticks: number
  readonly counterOrderId: number
  /** Whether this order was the resting one of the two. The other one's mode decided. */
  readonly maker: boolean
}

/** One step in an order's life: an `executionReport`. */
export interface Execution {
  readonly _tag: "Execution"
  readonly order: Order
  readonly type: ExecutionType
  /** Increases over the whole exchange. */
  readonly executionId: number
  readonly at: number
  /** The order's state right after this step. */
  readonly status: OrderStatus
  readonly clientOrderId: string
  readonly lots: number
  readonly executedLots: number
  readonly executedQuote: Amount
  readonly preventedLots: number
  readonly working: boolean
  readonly trade: OwnTrade | undefined
  readonly prevented: PreventedMatch | undefined
  readonly expiry: ExpiryReason | undefined
  /** Of CANCELED and REPLACED: the order's client id before, where `clientOrderId` is the cancel's or the new one. */
  readonly originalClientOrderId: string | undefined
  /** Of REJECTED (a replacement, or a leg at its activation): Binance's reject reason. */
  readonly rejectReason: string | undefined
}

export interface OrderList {
  readonly listId: number
  readonly listClientOrderId: string
  readonly account: string
  readonly symbol: string
  /** OTOCO shows as OTO. */
  readonly contingency: "OCO" | "OTO"
  readonly orderIds: ReadonlyArray<number>
}

export interface ListStatus {
  readonly _tag: "ListStatus"
  readonly at: number
  readonly list: OrderList
  readonly type: "RESPONSE" | "EXEC_STARTED" | "UPDATED" | "ALL_DONE"
  readonly status: "EXECUTING" | "ALL_DONE" | "REJECT"
  readonly orders: ReadonlyArray<{ readonly orderId: number; readonly clientOrderId: string }>
}

/** After its executions: the assets of one account that a command may have touched, absolute (`outboundAccountPosition`). */
export interface BalancesChanged {
  readonly _tag: "BalancesChanged"
  readonly at: number
  readonly account: string
  readonly balances: ReadonlyArray<{ readonly asset: string; readonly free: Amount; readonly locked: Amount }>
}

/** Money from outside (`balanceUpdate`). */
export interface Deposited {
  readonly _tag: "Deposited"
  readonly at: number
  readonly account: string
  readonly asset: string
  readonly amount: Amount
}

/** A trade in which a user took part, for the public tape. */
export interface PublicTrade {
  readonly _tag: "PublicTrade"
  readonly at: number
  readonly symbol: string
  readonly tradeId: number
  readonly ticks: number
  readonly lots: number
  readonly takerSide: Side
  readonly cause: TradeCause
}

/** Users' visible lots at a price are now these: what the public book adds to the outside market's. */
export interface LevelChanged {
  readonly _tag: "LevelChanged"
  readonly symbol: string
  readonly side: Side
  readonly ticks: number
  readonly lots: number
}

export type EngineEvent = Execution | ListStatus | BalancesChanged | Deposited | PublicTrade | LevelChanged

/** What a command did. `changed` is false where the state is as before: there is nothing to make durable. */
export interface Outcome {
  readonly events: ReadonlyArray<EngineEvent>
  readonly changed: boolean
  /** Only of a cancel-replace: what became of each half. */
  readonly replace?: {
    readonly cancel: "done" | Rejection
    readonly placed: "done" | "notAttempted" | Rejection
  }
}
