// History of the live market: Binance's klines, page by page, remembered for a while.
import { Cache, Clock, Effect } from "effect"
import { intervals, nextOpenTime, openTimeOf, type Candle, type Interval } from "../../domain/Candle.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import { MarketSourceError, type CandleRange, type MarketSource } from "../../ports/MarketSource.ts"
import type { PublicRest } from "./PublicRest.ts"
import { candle } from "./Translate.ts"

/** Rows of one call at most, and calls for one range. */
const KLINE_ROWS = 1_000
const KLINE_CALLS = 5
const CACHED_RANGES = 256

/** Ranges are asked for by every chart that opens: the same one within a moment is one call. */
export const history = Effect.fnUntraced(function* (
  rest: PublicRest,
  instruments: ReadonlyMap<string, Instrument>
): Effect.fn.Return<MarketSource["Service"]["history"]> {
  const cache = yield* Cache.makeWith((key: string) => fetchKlines(rest, instruments, parseKey(key)), {
    capacity: CACHED_RANGES,
    timeToLive: (exit, key) => (exit._tag === "Failure" ? 0 : parseKey(key).closed ? "10 minutes" : "2 seconds")
  })
  return Effect.fnUntraced(function* (range: CandleRange) {
    if (!instruments.has(range.symbol)) {
      return yield* new MarketSourceError({ message: `${range.symbol} is not part of this market.` })
    }
    const now = yield* Clock.currentTimeMillis
    const end = openTimeOf(range.interval, Math.min(range.end, now))
    const closed = nextOpenTime(range.interval, end) <= now
    return yield* Cache.get(cache, [range.symbol, range.interval, end, range.limit, closed].join(" "))
  })
})

const parseKey = (key: string): CandleRange & { readonly closed: boolean } => {
  const [symbol = "", interval, end, limit, closed] = key.split(" ")
  return {
    symbol,
    interval: intervals.find((known): known is Interval => known === interval) ?? "1m",
    end: Number(end),
    limit: Number(limit),
    closed: closed === "true"
  }
}

const fetchKlines = Effect.fnUntraced(function* (
  rest: PublicRest,
  instruments: ReadonlyMap<string, Instrument>,
  range: CandleRange
) {
  const { symbol, interval } = range
  const instrument = instruments.get(symbol)
  const pages: Array<ReadonlyArray<Candle>> = []
  if (instrument === undefined) return []
  let endTime = range.end
  let missing = range.limit
  for (let call = 0; call < KLINE_CALLS && missing > 0; call++) {
    const limit = Math.min(KLINE_ROWS, missing)
    const rows = yield* rest.get("api/v3/klines", { symbol, interval, endTime, limit })
    const older = (Array.isArray(rows) ? rows : []).flatMap((row) => candle(row, instrument) ?? [])
    pages.unshift(older)
    missing -= older.length
    if (older[0] === undefined || older.length < limit) break
    endTime = older[0].openTime - 1
  }
  return pages.flat()
})
