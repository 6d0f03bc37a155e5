// The venue's whole state in a few figures: what two runs are compared by.
import { Context, type Effect } from "effect"
import type { OutcomeLost } from "./Venue.ts"

export class VenueState extends Context.Service<
  VenueState,
  {
    /** Once what was taken so far is durable. Takes time in the size of the state. */
    readonly read: Effect.Effect<
      {
        /** Of the engine: equal where everything an outcome depends on is equal. */
        readonly stateHash: string
        /** The newest entry of the journal. */
        readonly journalSeq: number
        readonly accounts: number
        readonly openOrders: number
      },
      OutcomeLost
    >
  }
>()("outcry/adapters/paper/VenueState") {}
