// Where market data comes from: a recording, a simulation, or an exchange's public streams.
import { Context, Schema, type Effect, type Stream } from "effect"
import type { Candle, Interval } from "../domain/Candle.ts"
import type { Instrument } from "../domain/Instrument.ts"
import type { MarketMessage } from "../domain/Market.ts"

/** The source ended or cannot be reached; the market layer tries again. The message says what and where. */
export class MarketSourceError extends Schema.TaggedError<MarketSourceError>()("MarketSourceError", {
  message: Schema.String
}) {}

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
    /** Candles from before the stream began, oldest first; empty where a source has none. */
    readonly history: (range: CandleRange) => Effect.Effect<ReadonlyArray<Candle>, MarketSourceError>
    /** Lines or frames that could not be read, so far. */
    readonly skipped: Effect.Effect<number>
  }
>()("outcry/ports/MarketSource") {}
