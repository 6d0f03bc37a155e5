// What goes into the matching engine. Everything an outcome depends on is in a command or in the market beside it, so a journal of both
// replays to the same state, byte for byte.
import type { Side } from "../Order.ts"
import type { Listing } from "./Listing.ts"
import type { Amount, NewOrder } from "./Order.ts"

/** By the exchange's id, the client's, or both; both must mean the same order. */
export interface OrderRef {
  readonly orderId?: number
  readonly clientOrderId?: string
}

export type CancelRestriction = "ONLY_NEW" | "ONLY_PARTIALLY_FILLED"

/**
 * OCO: `above` and `below` cancel each other. OTO: `pending` is placed once `working` has filled. OTOCO: an OCO is placed then.
 * Client ids are unique within the list and among open orders.
 */
export type NewList =
  | { readonly kind: "OCO"; readonly listClientOrderId: string; readonly above: NewOrder; readonly below: NewOrder }
  | { readonly kind: "OTO"; readonly listClientOrderId: string; readonly working: NewOrder; readonly pending: NewOrder }
  | {
      readonly kind: "OTOCO"
      readonly listClientOrderId: string
      readonly working: NewOrder
      readonly above: NewOrder
      readonly below: NewOrder
    }

interface OfAccount {
  /** Epoch milliseconds on the exchange's clock; never decreases. */
  readonly at: number
  readonly account: string
}

interface OfSymbol extends OfAccount {
  readonly symbol: string
}

export type Command =
  /** Opens a symbol for trading, or replaces its rules. */
  | { readonly _tag: "List"; readonly at: number; readonly listing: Listing }
  /** Idempotent: an account that exists keeps what it has. Rates are shares of what is received, in units of 10^-8. */
  | ({
      readonly _tag: "OpenAccount"
      readonly balances: ReadonlyArray<{ readonly asset: string; readonly amount: Amount }>
    } & OfAccount)
  /** Negative withdraws; refused where the free balance is less. */
  | ({ readonly _tag: "Deposit"; readonly asset: string; readonly amount: Amount } & OfAccount)
  /** Overrides the instrument's rates for one account. Parts of 10^-8: 100_000 is 0.001. */
  | ({ readonly _tag: "SetCommission"; readonly maker: number; readonly taker: number } & OfAccount)
  | ({ readonly _tag: "Place"; readonly order: NewOrder } & OfSymbol)
  | ({ readonly _tag: "PlaceList"; readonly list: NewList } & OfSymbol)
  | ({
      readonly _tag: "Cancel"
      readonly order: OrderRef
      /** The client id of the cancel itself. */
      readonly cancelId: string
      readonly restriction?: CancelRestriction
    } & OfSymbol)
  | ({ readonly _tag: "CancelAll"; readonly cancelId: string } & OfSymbol)
  | ({
      readonly _tag: "CancelList"
      readonly list: { readonly listId?: number; readonly listClientOrderId?: string }
      readonly cancelId: string
    } & OfSymbol)
  | ({
      readonly _tag: "CancelReplace"
      readonly cancel: OrderRef
      readonly cancelId: string
      readonly restriction?: CancelRestriction
      readonly mode: "STOP_ON_FAILURE" | "ALLOW_FAILURE"
      /** False where the order limit forbids a new order: then only the cancel is done. */
      readonly mayPlace: boolean
      readonly order: NewOrder
    } & OfSymbol)
  | ({
      readonly _tag: "Amend"
      readonly order: OrderRef
      readonly lots: number
      /** The same as before keeps the client id. */
      readonly clientOrderId: string
    } & OfSymbol)
  /** A trade of the outside market. */
  | {
      readonly _tag: "Tape"
      readonly at: number
      readonly symbol: string
      readonly ticks: number
      readonly lots: number
      readonly takerSide: Side
    }
  /**
   * The outside market now shows this many lots at a price: what stood before users' orders there cannot be more, and orders the
   * price has reached from the other side trade with it.
   */
  | {
      readonly _tag: "Outside"
      readonly at: number
      readonly symbol: string
      readonly side: Side
      readonly ticks: number
      readonly lots: number
    }

/** The outside market's levels, net of what users have taken since it last stated them. Zero-based from the best. */
export interface OutsideBook {
  /** Price of the i-th best level that a taker of this side meets; 0 where there is none. */
  readonly ticksAt: (taker: Side, index: number) => number
  readonly lotsAt: (taker: Side, index: number) => number
  /** Lots resting at a price on the `resting` side: what a new order there queues behind. */
  readonly lotsAtPrice: (resting: Side, ticks: number) => number
}

/** The market at the moment of a command. */
export interface MarketNow {
  readonly outside: OutsideBook
  /** The last trade's price, users' own included; 0 before the first. Stops compare with it. */
  readonly lastTicks: number
  /**
   * Average price that PERCENT_PRICE_BY_SIDE and the notional of MARKET orders are judged by, quote units (10^-8) for one whole base
   * unit; 0n where there is none.
   */
  readonly reference: Amount
  /** The highest public trade id so far of this symbol: the engine's next one is greater. */
  readonly lastTradeId: number
}
