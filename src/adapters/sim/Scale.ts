// What is usual in a symbol: its agents think in these.
export interface Scale {
  /** Distance between levels away from the best, in ticks. */
  readonly gapTicks: number
  /** People like prices that are multiples of this many ticks. */
  readonly roundTicks: number
  /** Typical size of a level and of a trade, in lots. */
  readonly levelLots: number
  readonly tradeLots: number
}
