// Where market data comes from: a recording, a simulation, or an exchange's public streams.
import { Context, Schema, type Effect, type Stream } from "effect"
import type { Candle, Interval } from "../domain/Candle.ts"
import type { Instrument } from "../domain/Instrument.ts"
import type { MarketMessage } from "../domain/Market.ts"

/** The source ended or cannot be reached; the market layer tries again. The message says what and where. */
export class MarketSourceError extends Schema.TaggedError<MarketSourceError>()("MarketSourceError", {
  message: Schema.String
}) {}

/** Why a frame was left out. A closed set: each is the label of a metric, and has a sentence. */
export const skipReasons = {
  torn: "no JSON where a frame was to be",
  unknown_event: "a kind of frame that was not asked for",
  unknown_symbol: "a symbol that is not part of this market",
  malformed: "a field that is missing or of another form",
  off_grid: "a price or size that does not fit the instrument's steps",
  unplaced: "a depth snapshot that fits no symbol heard of so far",
  control: "a word about the connection, not about the market"
} as const satisfies Record<string, string>
export type SkipReason = keyof typeof skipReasons

/** Frames left out so far, by reason; none where a reason is absent. Every frame is either a message or counted here. */
export type Skipped = Readonly<Partial<Record<SkipReason, number>>>

export const skippedInAll = (skipped: Skipped): number => Object.values(skipped).reduce((sum, count) => sum + count, 0)

/** Which market is showing; always written on the screen. */
export interface MarketBadge {
  readonly kind: "live" | "sim" | "replay"
  /** For people: `replay 2024-08-08 ×10`, `sim seed 7`, `live Binance Spot`. */
  readonly label: string
  /** Set when this is not the market that was asked for: why. */
  readonly notice?: string
}

export interface CandleRange {
  readonly symbol: string
  readonly interval: Interval
  /** Epoch milliseconds; candles whose open time is at most this. */
  readonly end: number
  readonly limit: number
}

export class MarketSource extends Context.Service<
  MarketSource,
  {
    readonly badge: MarketBadge
    readonly instruments: ReadonlyMap<string, Instrument>
    /** Every message in order. Fails or ends when the source does; the caller starts it again, and the books are rebuilt. */
    readonly messages: Stream.Stream<MarketMessage, MarketSourceError>
    /**
     * A source that follows a living market speaks of every book within `SILENT_MILLIS`: it makes sure of the quiet ones itself. Another
     * bound, of milliseconds, where its silence means something else: a recording's is the market's of that day.
     */
    readonly maxSilenceMillis?: number
    /** Set where `history` also has, once they are closed, the candles that the messages made: a stream that is joined anew misses trades. */
    readonly historyIsWhole?: boolean
    /** Candles from before the stream began, oldest first; empty where a source has none. */
    readonly history: (range: CandleRange) => Effect.Effect<ReadonlyArray<Candle>, MarketSourceError>
    readonly skipped: Effect.Effect<Skipped>
  }
>()("outcry/ports/MarketSource") {}
