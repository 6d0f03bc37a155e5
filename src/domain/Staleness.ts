// When a symbol's numbers are too old to act on, and what is said of it. Decided by the market layer, with the clock; here are the words.
import * as Schema from "effect/Schema"

/**
 * `down`: its source cannot be reached. `unsynced`: the source speaks, but the book cannot be known (a gap, a recording without a snapshot).
 * `silent`: the source is there and says nothing of the book any more.
 */
export const StaleWhy = Schema.Literals(["down", "unsynced", "silent"])
export type StaleWhy = typeof StaleWhy.Type

export const Staleness = Schema.Struct({
  why: StaleWhy,
  /** When the source last spoke of the symbol's book, by our own clock; 0 for never. */
  heardAt: Schema.Finite
})
export type Staleness = typeof Staleness.Type

/** A source that follows a living market speaks of every book within this, quiet ones too. */
export const SILENT_MILLIS = 15_000
/** A price that was true this long ago is no measure for a limit price any more. */
export const OLD_MILLIS = 15_000

const reasons: Readonly<Record<StaleWhy, string>> = {
  down: "its market cannot be reached",
  unsynced: "its order book is not known right now",
  silent: "its market says nothing any more"
}

/** Milliseconds as a person says them: 14 s, 3 min, 2 h. */
const ago = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1_000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

/** `heardMillisAgo` undefined: never. */
export const sentence = (symbol: string, why: StaleWhy, heardMillisAgo: number | undefined): string =>
  `The price of ${symbol} is stale: ${reasons[why]}, ${
    heardMillisAgo === undefined ? "and it was not heard yet" : `last heard ${ago(heardMillisAgo)} ago`
  }.`

export const heardMillisAgo = ({ heardAt }: Staleness, now: number): number | undefined =>
  heardAt === 0 ? undefined : Math.max(0, now - heardAt)
