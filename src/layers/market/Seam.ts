// The candles that were in progress when a stream was joined: trades may have been missed between the source's word of them and the first
// message. Once each is closed the source is asked for it again, and what it says stands.
import { Clock, Effect } from "effect"
import { intervals, nextOpenTime, openTimeOf, type Interval } from "../../domain/Candle.ts"
import type { MarketData } from "../../ports/MarketData.ts"
import type { MarketSource } from "../../ports/MarketSource.ts"

const LOOK = "1 second"
/** The source closes a candle a little later than the clock; trades of its last moment must have come here too. */
const SETTLED_MILLIS = 3_000
/** Asked again for as long as the source does not answer. */
const AGAIN_MILLIS = 10_000
const TRIES = 6

interface Torn {
  readonly symbol: string
  readonly interval: Interval
  readonly openTime: number
  dueAt: number
  tries: number
}

/** Runs beside the messages. `mended` is called for each symbol whose candles changed. Never ends. */
export const mend = Effect.fnUntraced(function* (
  source: MarketSource["Service"],
  data: MarketData["Service"],
  mended: (symbol: string) => void
): Effect.fn.Return<never> {
  const joinedAt = yield* Clock.currentTimeMillis
  let torn: ReadonlyArray<Torn> =
    source.historyIsWhole === true ? [...source.instruments.keys()].flatMap(from(joinedAt)) : []
  while (true) {
    yield* Effect.sleep(LOOK)
    const now = yield* Clock.currentTimeMillis
    for (const each of torn.filter(({ dueAt }) => dueAt <= now)) {
      const { interval, openTime, symbol } = each
      const found = yield* Effect.option(source.history({ symbol, interval, end: openTime, limit: 1 }))
      const candle = found._tag === "Some" ? found.value.at(-1) : undefined
      each.tries++
      each.dueAt = now + AGAIN_MILLIS
      if (candle?.openTime !== openTime) continue
      each.tries = TRIES
      if (data.mend(symbol, interval, candle)) mended(symbol)
    }
    torn = torn.filter(({ tries }) => tries < TRIES)
  }
})

const from =
  (joinedAt: number) =>
  (symbol: string): ReadonlyArray<Torn> =>
    intervals.flatMap((interval) => {
      const current = openTimeOf(interval, joinedAt)
      // Within its first moments the candle before is as torn as the one in progress: the source may not have closed it yet.
      const before = joinedAt - current < SETTLED_MILLIS ? [openTimeOf(interval, current - 1)] : []
      return [...before, current].map((openTime) => ({
        symbol,
        interval,
        openTime,
        dueAt: nextOpenTime(interval, openTime) + SETTLED_MILLIS,
        tries: 0
      }))
    })
