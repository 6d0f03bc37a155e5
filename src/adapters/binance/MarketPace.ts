// How often market streams are opened. Binance bans an address that opens 300 connections within five minutes; the private streams may
// open 200 of them (StreamPace.ts), the market this many, and the rest is left to a recorder and to other programs at the address.
import { Clock, Effect } from "effect"

export const MAX_OPENED = 60
const WINDOW_MILLIS = 5 * 60_000

export class MarketPace {
  /** Epoch milliseconds, oldest first. */
  readonly #opened: Array<number> = []

  /** Waits until one more connection may be opened. */
  readonly turn: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    while (true) {
      const now = yield* Clock.currentTimeMillis
      while ((this.#opened[0] ?? now) <= now - WINDOW_MILLIS) this.#opened.shift()
      const [oldest] = this.#opened
      if (oldest === undefined || this.#opened.length < MAX_OPENED) {
        this.#opened.push(now)
        return
      }
      const wait = oldest + WINDOW_MILLIS - now
      yield* Effect.logWarning(
        `The market's streams were opened ${MAX_OPENED} times in five minutes: the next one waits ${Math.ceil(wait / 1000)} s, so that Binance does not ban this address.`
      )
      yield* Effect.sleep(wait)
    }
  })
}
