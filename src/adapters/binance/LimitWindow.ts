// What was used of one limit in the present window. Binance's windows are fixed and aligned to its clock, so all times are on that clock.

/** How long after its start a window's count may still be told of the one before: the clocks differ by some of a call's time. */
const EDGE_MILLIS = 1_000

export class LimitWindow {
  readonly #lengthMillis: number
  readonly #falls: boolean
  #start = 0
  /** What Binance said that was used. */
  #told = 0
  /** Of calls that ended, and which it has not told of since. */
  #untold = 0
  /** Of calls under way. */
  #pending = 0

  /** `falls`: the count can become smaller within a window, so that its last word counts rather than its largest. */
  constructor(lengthMillis: number, falls = false) {
    this.#lengthMillis = lengthMillis
    this.#falls = falls
  }

  used(now: number): number {
    this.#roll(now)
    return this.#told + this.#untold + this.#pending
  }

  resetsAt(now: number): number {
    this.#roll(now)
    return this.#start + this.#lengthMillis
  }

  /** Milliseconds until there is room for `amount` below `most`; 0 where there is now. What is too large for any window goes alone. */
  wait(amount: number, most: number, now: number): number {
    const used = this.used(now)
    if (amount === 0 || used + amount <= most || used === 0) return 0
    return this.resetsAt(now) - now
  }

  /** Before the call is sent. */
  take(amount: number): void {
    this.#pending += amount
  }

  /** Once it has ended. `told` is what Binance says that was used by now; without that, the call counts if it is `kept`. */
  settle(
    amount: number,
    call: { readonly sentAt: number; readonly told: number | undefined; readonly kept: boolean },
    now: number
  ): void {
    this.#pending -= amount
    this.#roll(now)
    const edge = Math.min(EDGE_MILLIS, this.#lengthMillis / 20)
    if (call.told === undefined || call.sentAt < this.#start + edge) {
      if (call.kept) this.#untold += amount
      return
    }
    // Answers overtake each other: a smaller count is most often an older one.
    this.#told = this.#falls ? call.told : Math.max(this.#told, call.told)
    this.#untold = 0
  }

  #roll(now: number): void {
    const start = now - (now % this.#lengthMillis)
    // It may also lie before: where our idea of Binance's clock was corrected.
    if (start === this.#start) return
    this.#start = start
    this.#told = 0
    this.#untold = 0
  }
}
