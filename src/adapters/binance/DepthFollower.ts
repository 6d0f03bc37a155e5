// Watches one symbol's diffs on their way to the book, so that the adapter knows when a snapshot must be fetched.
import type { DepthDiff } from "../../domain/Market.ts"

export class DepthFollower {
  readonly symbol: string
  private readonly want: (follower: DepthFollower) => void
  /** First update id since the start or the last gap; undefined before the first diff. */
  private first: number | undefined
  private last = 0
  /** Diffs seen. */
  count = 0

  /** `want` is called when a snapshot is needed: at the first diff, and after every gap. */
  constructor(symbol: string, want: (follower: DepthFollower) => void) {
    this.symbol = symbol
    this.want = want
  }

  /** The newest update id; 0 before the first. */
  get lastUpdateId(): number {
    return this.last
  }

  /** `gap`: diffs were lost, and whatever book was built of them is void. `old`: all of it was known, from another connection. */
  follow(diff: DepthDiff): "next" | "gap" | "old" {
    this.count++
    if (this.first !== undefined && diff.lastUpdateId <= this.last) return "old"
    const gap = this.first !== undefined && diff.firstUpdateId > this.last + 1
    if (this.first === undefined || gap) {
      this.first = diff.firstUpdateId
      this.want(this)
    }
    this.last = Math.max(this.last, diff.lastUpdateId)
    return gap ? "gap" : "next"
  }

  /** A symbol that nothing happens to has no diffs to wait for: its book begins with a snapshot. */
  begin(): void {
    if (this.first === undefined) this.want(this)
  }

  /** Whether a snapshot joins the diffs seen: it must not be older than the first of them. */
  join(updateId: number): boolean {
    if (this.first === undefined) {
      this.first = updateId + 1
      this.last = updateId
    }
    return updateId + 1 >= this.first
  }
}
