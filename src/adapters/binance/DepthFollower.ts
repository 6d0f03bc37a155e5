// Watches one symbol's diffs on their way to the book, so that the adapter knows when a snapshot must be fetched.
import type { DepthDiff } from "../../domain/Market.ts"

export class DepthFollower {
  readonly symbol: string
  private readonly want: (follower: DepthFollower) => void
  /** First update id since the start or the last gap; undefined before the first diff. */
  private first: number | undefined
  private last = 0

  /** `want` is called when a snapshot is needed: at the first diff, and after every gap. */
  constructor(symbol: string, want: (follower: DepthFollower) => void) {
    this.symbol = symbol
    this.want = want
  }

  /** `gap`: diffs were lost, and whatever book was built of them is void. */
  follow(diff: DepthDiff): "next" | "gap" {
    const gap = this.first !== undefined && diff.firstUpdateId > this.last + 1
    if (this.first === undefined || gap) {
      this.first = diff.firstUpdateId
      this.want(this)
    }
    this.last = Math.max(this.last, diff.lastUpdateId)
    return gap ? "gap" : "next"
  }

  /** Whether a snapshot joins the diffs seen: it must not be older than the first of them. */
  join(updateId: number): boolean {
    return this.first !== undefined && updateId + 1 >= this.first
  }
}
