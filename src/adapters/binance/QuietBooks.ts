// Tells a book that nothing happens to from a stream that is stuck: the exchange is asked where the book stands.
import { Clock, Effect } from "effect"
import type { MarketMessage } from "../../domain/Market.ts"
import { MarketSourceError } from "../../ports/MarketSource.ts"
import type { DepthFollower } from "./DepthFollower.ts"
import type { PublicRest } from "./PublicRest.ts"
import type { Translator } from "./Translate.ts"

/** Without a diff for so long, a book is asked about: well before the desk calls it stale. */
const QUIET_MILLIS = 5_000
const LOOK = "2500 millis"
/** What the exchange has and the stream has not said is on its way for so long at most. */
const BEHIND = "1 second"

/** Runs until a stream is found stuck, which is its failure. */
export const watch = (
  rest: PublicRest,
  translator: Translator,
  followers: ReadonlyArray<DepthFollower>,
  say: (message: MarketMessage) => void
): Effect.Effect<never, MarketSourceError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const seen = new Map(followers.map((follower) => [follower, { count: follower.count, at: now }]))
    while (true) {
      yield* Effect.sleep(LOOK)
      const now = yield* Clock.currentTimeMillis
      for (const follower of followers) {
        const last = seen.get(follower)
        if (last === undefined || last.count !== follower.count) seen.set(follower, { count: follower.count, at: now })
        else if (now - last.at > QUIET_MILLIS) {
          last.at = now
          yield* ask(rest, translator, follower, say)
        }
      }
    }
  })

const ask = Effect.fnUntraced(function* (
  rest: PublicRest,
  translator: Translator,
  follower: DepthFollower,
  say: (message: MarketMessage) => void
) {
  const { count, symbol } = follower
  if (count === 0 && follower.lastUpdateId === 0) return follower.begin()
  // Not knowing is no failure: the desk calls the symbol stale by itself when it hears nothing.
  const frame = yield* Effect.option(rest.get("api/v3/depth", { symbol, limit: 5 }))
  if (frame._tag === "None" || follower.count !== count) return
  const message = translator.snapshot(symbol, frame.value, yield* Clock.currentTimeMillis)
  if (message?._tag !== "DepthSnapshot") return
  const { asks, bids, updateId } = message.snapshot
  if (updateId > follower.lastUpdateId) {
    yield* Effect.sleep(BEHIND)
    if (follower.count !== count) return
    return yield* new MarketSourceError({
      message: `The stream of ${symbol} says nothing although its book moves, so the streams are opened anew.`
    })
  }
  const [bid] = bids
  const [ask] = asks
  if (bid !== undefined && ask !== undefined) {
    say({ _tag: "BestPrices", best: { symbol, updateId, bid, ask }, at: message.at })
  }
})
