// The read models: orders, fills, positions and balances as of the last append.
import { Context, Schema, type Effect, type Option } from "effect"
import type { Blindness } from "../domain/Account.ts"
import type { Balance } from "../domain/Balance.ts"
import type { Fill } from "../domain/Fill.ts"
import type { AccountId, OrderId } from "../domain/Ids.ts"
import type { Order, Side } from "../domain/Order.ts"
import type { Position } from "../domain/Position.ts"

export class BlotterError extends Schema.TaggedError<BlotterError>()("BlotterError", { message: Schema.String }) {}

export interface OrdersQuery {
  readonly accountId: AccountId
  readonly state: "open" | "closed" | "all"
  readonly symbol?: string
  /** Page backwards: orders created before this order. */
  readonly before?: OrderId
  readonly limit: number
}

export interface BookedFill extends Fill {
  readonly orderId: OrderId
  readonly symbol: string
  readonly side: Side
}

export interface FillsQuery {
  readonly accountId: AccountId
  readonly symbol?: string
  readonly orderId?: OrderId
  /** Page backwards: fills booked at an earlier event. */
  readonly beforeSeq?: number
  readonly limit: number
}

/** All of an account at one seq. */
export interface AccountState {
  readonly seq: number
  readonly orders: ReadonlyArray<Order>
  readonly positions: ReadonlyArray<Position>
  readonly balances: ReadonlyArray<Balance>
  /** Set while the exchange cannot be seen for this account. */
  readonly blind?: Blindness
}

export class Blotter extends Context.Service<
  Blotter,
  {
    /** Newest first. A command that is not decided yet shows as a PENDING order. */
    readonly orders: (query: OrdersQuery) => Effect.Effect<ReadonlyArray<Order>, BlotterError>
    /** Only an order of this account. */
    readonly order: (accountId: AccountId, orderId: OrderId) => Effect.Effect<Option.Option<Order>, BlotterError>
    /** Those of them that the account has, in no particular order. */
    readonly ordersById: (
      accountId: AccountId,
      orderIds: ReadonlyArray<OrderId>
    ) => Effect.Effect<ReadonlyArray<Order>, BlotterError>
    /** PENDING ones not included. */
    readonly orderCounts: (
      accountId: AccountId
    ) => Effect.Effect<{ readonly open: number; readonly closed: number }, BlotterError>
    /** Newest first. */
    readonly fills: (
      query: FillsQuery
    ) => Effect.Effect<ReadonlyArray<BookedFill & { readonly seq: number }>, BlotterError>
    /** Open orders (PENDING ones not included), positions and balances, all read at the same seq. */
    readonly state: (accountId: AccountId) => Effect.Effect<AccountState, BlotterError>
  }
>()("outcry/ports/Blotter") {}
