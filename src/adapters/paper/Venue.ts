// The paper exchange as its front doors see it: the desk's own `Exchange` port and the Binance wire trade at the same venue.
import { Context, Schema, type Effect, type Queue, type Scope } from "effect"
import type { Command } from "../../domain/matching/Command.ts"
import type { EngineEvent } from "../../domain/matching/Event.ts"
import type { Listing } from "../../domain/matching/Listing.ts"
import type { Amount, Order } from "../../domain/matching/Order.ts"
import type { Rejection } from "../../domain/matching/Rejection.ts"

/** The engine refused: nothing changed. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  code: Schema.Int,
  message: Schema.String
}) {}
/** Too much is on its way to the journal already; nothing was done. */
export class Busy extends Schema.TaggedError<Busy>()("Busy", { message: Schema.String }) {}
/** The journal failed after the engine took the command: whether it stands is not known to the caller (I4). */
export class OutcomeLost extends Schema.TaggedError<OutcomeLost>()("OutcomeLost", { message: Schema.String }) {}
/** The reader was slower than its events, or the venue started again from its journal: ask anew for what stands. */
export class EventsLost extends Schema.TaggedError<EventsLost>()("EventsLost", { message: Schema.String }) {}

export type VenueError = Rejected | Busy | OutcomeLost

/** What one command did. `failures` is only set by a cancel-replace: which half was refused or not attempted. */
export interface Executed {
  readonly at: number
  readonly events: ReadonlyArray<EngineEvent>
  readonly replace?: {
    readonly cancel: "done" | Rejection
    readonly placed: "done" | "notAttempted" | Rejection
  }
}

export interface VenueBalance {
  readonly asset: string
  readonly free: Amount
  readonly locked: Amount
}

/** A command before the venue stamps it with its clock. */
type Unstamped<C> = C extends unknown ? Omit<C, "at"> : never
export type VenueCommand = Unstamped<Exclude<Command, { readonly _tag: "Tape" | "Outside" | "List" }>>

export class Venue extends Context.Service<
  Venue,
  {
    /** Epoch milliseconds on the exchange's clock. Never decreases. */
    readonly now: () => number
    /** By symbol; fixed while the process runs. */
    readonly listings: ReadonlyMap<string, Listing>
    /** Takes a command; succeeds once it and everything it caused is durable, then its events are out. */
    readonly execute: (command: VenueCommand) => Effect.Effect<Executed, VenueError>
    /** Whether the engine would take this order, without placing it (`order/test`). */
    readonly test: (command: Extract<VenueCommand, { readonly _tag: "Place" }>) => Effect.Effect<void, Rejected>
    /**
     * Succeeds once all that was executed before is durable: awaited between a synchronous read and telling what was read, so that
     * nobody is told what a crash could undo.
     */
    readonly settled: Effect.Effect<void, OutcomeLost>
    /** Synchronous reads of the engine's state: open orders only; closed ones are in the journal. */
    readonly knows: (account: string) => boolean
    readonly openOrder: (
      account: string,
      symbol: string,
      ref: { orderId?: number; clientOrderId?: string }
    ) => Order | undefined
    /** By order id. Without a symbol, of all symbols. */
    readonly openOrders: (account: string, symbol?: string) => ReadonlyArray<Order>
    readonly balances: (account: string) => ReadonlyArray<VenueBalance>
    /** Parts of 10^-8 of what is received. */
    readonly commission: (account: string, symbol: string) => { readonly maker: number; readonly taker: number }
    /** VWAP of the last five minutes, quote units (10^-8) for one whole base unit; 0n without a trade. */
    readonly averagePrice: (symbol: string) => Amount
    /**
     * The durable events of one account from now on, one array a command, in order. Bounded: fails with `EventsLost` when the reader
     * is too slow, or the venue had to start again from its journal.
     */
    readonly accountEvents: (
      account: string
    ) => Effect.Effect<Queue.Dequeue<ReadonlyArray<EngineEvent>, EventsLost>, never, Scope.Scope>
    /**
     * Called synchronously with every durable PublicTrade and LevelChanged, in order, at first with a LevelChanged for every level that
     * stands; must not block or throw. Returns the undo.
     */
    readonly onPublic: (
      listener: (event: Extract<EngineEvent, { _tag: "PublicTrade" | "LevelChanged" }>) => void
    ) => () => void
  }
>()("outcry/adapters/paper/Venue") {}
