// What every signed endpoint works with: the venue, its journal, and each symbol's units.
import { Effect } from "effect"
import type { Listing } from "../../../domain/matching/Listing.ts"
import type { PaperJournal, PaperJournalError } from "../../../ports/PaperJournal.ts"
import type { Executed, Venue, VenueCommand, VenueError } from "../Venue.ts"
import { NewOrders } from "./NewOrders.ts"
import { Scale } from "./Scale.ts"
import * as Wire from "./WireError.ts"
import type { WireError } from "./WireError.ts"

const ofVenue = (error: VenueError): WireError => {
  switch (error._tag) {
    case "Rejected":
      return Wire.ofRejection(error)
    case "Busy":
      return Wire.overloaded
    case "OutcomeLost":
      return Wire.outcomeUnknown
  }
}

export class Desk {
  readonly venue: Venue["Service"]
  readonly journal: PaperJournal["Service"]
  private readonly scales: ReadonlyMap<string, Scale>
  private readonly orders: ReadonlyMap<string, NewOrders>

  constructor(venue: Venue["Service"], journal: PaperJournal["Service"]) {
    this.venue = venue
    this.journal = journal
    this.scales = new Map([...venue.listings].map(([symbol, listing]) => [symbol, new Scale(listing)]))
    this.orders = new Map([...venue.listings].map(([symbol, listing]) => [symbol, new NewOrders(listing)]))
  }

  listing(symbol: string): Listing | undefined {
    return this.venue.listings.get(symbol)
  }

  /** Of a listed symbol: whatever the venue and its journal tell of is one. */
  scale(symbol: string): Scale {
    const scale = this.scales.get(symbol)
    if (scale === undefined) throw new Error(`${symbol} is not listed`)
    return scale
  }

  /** Conversions of a listed symbol; `undefined` for any other. */
  ordersOf(symbol: string): NewOrders | undefined {
    return this.orders.get(symbol)
  }

  /** Refused as the placement itself would be. */
  test(command: Parameters<Venue["Service"]["test"]>[0]): Effect.Effect<void, WireError> {
    return Effect.mapError(this.venue.test(command), ofVenue)
  }

  execute(command: VenueCommand): Effect.Effect<Executed, WireError> {
    return Effect.mapError(this.venue.execute(command), ofVenue)
  }

  /** Something read from the venue's memory, told once all it rests on is durable. */
  told<A>(read: A): Effect.Effect<A, WireError> {
    return Effect.mapError(Effect.as(this.venue.settled, read), () => Wire.disconnected)
  }

  /** A question to the journal; nothing changes, so a failure leaves nothing open. */
  ask<A>(question: Effect.Effect<A, PaperJournalError>): Effect.Effect<A, WireError> {
    return Effect.mapError(question, () => Wire.disconnected)
  }
}
