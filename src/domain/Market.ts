// What a market says. Inside the desk prices are whole ticks and sizes whole lots of the instrument: exact, and cheap to compare.
import type { Side } from "./Order.ts"
import type { Staleness } from "./Staleness.ts"

/** `ticks × tickSize` and `lots × stepSize`. Both are safe integers; a source refuses what does not fit. */
export interface Level {
  readonly ticks: number
  readonly lots: number
}

/** `takerSide` is the side of the order that took liquidity. `at` is epoch milliseconds of the source's (monotonic) clock. */
export interface Trade {
  readonly symbol: string
  readonly tradeId: string
  readonly ticks: number
  readonly lots: number
  readonly takerSide: Side
  readonly at: number
}

/** Best bid and ask with the book's update id, as the exchange states them. */
export interface BestPrices {
  readonly symbol: string
  readonly updateId: number
  readonly bid: Level
  readonly ask: Level
}

/** The whole visible book at one update id. */
export interface DepthSnapshot {
  readonly symbol: string
  readonly updateId: number
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
}

/** The best levels of both sides, best first. `synced` is false while gaps make the book unknowable. */
export interface DepthView extends DepthSnapshot {
  readonly synced: boolean
  readonly at: number
}

/** Absolute sizes of the levels that changed between two update ids, both included; zero lots remove a level. */
export interface DepthDiff {
  readonly symbol: string
  readonly firstUpdateId: number
  readonly lastUpdateId: number
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
  readonly at: number
}

/** What a market source emits. `Restarted` voids every book: a replay looped, or a connection was made anew. */
export type MarketMessage =
  | { readonly _tag: "Trade"; readonly trade: Trade }
  | { readonly _tag: "BestPrices"; readonly best: BestPrices; readonly at: number }
  | { readonly _tag: "DepthSnapshot"; readonly snapshot: DepthSnapshot; readonly at: number }
  | { readonly _tag: "DepthDiff"; readonly diff: DepthDiff }
  | { readonly _tag: "Restarted"; readonly symbol: string; readonly at: number }

/** The latest of one symbol. `synced` is false while the book cannot be known; then `bid` and `ask` may be missing or old. */
export interface Quote {
  readonly symbol: string
  readonly last?: number
  readonly bid?: Level
  readonly ask?: Level
  readonly synced: boolean
  /** Epoch milliseconds of the newest message of this symbol; 0 before the first. */
  readonly at: number
  /** Set while nobody should act on these numbers. */
  readonly stale?: Staleness
}
