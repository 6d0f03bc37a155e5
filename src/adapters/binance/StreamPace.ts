// How often the private streams are opened: Binance bans an address that opens 300 connections within five minutes.
import { Clock, Effect } from "effect"
import type { AccountId } from "../../domain/Ids.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import { ExchangeError, RateLimited } from "../../ports/Exchange.ts"

/** Of everybody together. */
const MAX_OPENED = 200
const WINDOW_MILLIS = 5 * 60_000
/** A stream that ends sooner than this was no good: the next one waits, each time for longer. */
const GOOD_MILLIS = 30_000
const FIRST_MILLIS = 250
const MOST_MILLIS = 30_000
const REMEMBERED = 10_000

export class StreamPace {
  readonly #accounts = new LeastRecent<AccountId, { readonly openedAt: number; readonly hasty: number }>(REMEMBERED)
  /** Epoch milliseconds, oldest first. */
  readonly #opened: Array<number> = []

  /** Waits until the account's next stream may be opened. */
  readonly turn = (accountId: AccountId): Effect.Effect<void, ExchangeError> =>
    Effect.gen({ self: this }, function* () {
      const now = yield* Clock.currentTimeMillis
      const before = this.#accounts.get(accountId)
      const hasty = before !== undefined && now - before.openedAt < GOOD_MILLIS ? before.hasty + 1 : 0
      if (hasty > 1) yield* Effect.sleep(Math.min(FIRST_MILLIS * 2 ** (hasty - 2), MOST_MILLIS))
      const openedAt = yield* Clock.currentTimeMillis
      while ((this.#opened[0] ?? openedAt) <= openedAt - WINDOW_MILLIS) this.#opened.shift()
      const [oldest] = this.#opened
      if (oldest !== undefined && this.#opened.length >= MAX_OPENED) {
        const retryAfterMillis = oldest + WINDOW_MILLIS - openedAt
        return yield* Effect.fail(new ExchangeError({ reason: new RateLimited({ retryAfterMillis }) }))
      }
      this.#opened.push(openedAt)
      this.#accounts.set(accountId, { openedAt, hasty })
    })
}
