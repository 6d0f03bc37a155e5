// A recorded market has a time of its own, perhaps faster than ours. Fills are stamped with wall time: this places them on its candles.

/** At `wall` the market's clock stood at `market`, and runs `rate` times as fast. Without one, the market is on wall time. */
export interface MarketClock {
  readonly wall: number
  readonly market: number
  readonly rate: number
}

/** A market nearer than this to wall time is on wall time, only a little late. */
const ON_WALL_MILLIS = 60_000
/** How long a clock is watched before its rate is believed. */
const WATCHED_MILLIS = 5_000
/** A clock that is off by more than this is set anew. */
const OFF_MILLIS = 3_000

export const marketTime = (clock: MarketClock | undefined, wall: number): number =>
  clock === undefined ? wall : clock.market + (wall - clock.wall) * clock.rate

/** The clock after the market was seen to stand at `market`. The same object where nothing is new. */
export const seen = (clock: MarketClock | undefined, wall: number, market: number): MarketClock | undefined => {
  if (Math.abs(market - wall) < ON_WALL_MILLIS) return undefined
  if (clock === undefined || market < clock.market) return { wall, market, rate: 1 }
  const watched = wall - clock.wall
  const off = Math.abs(marketTime(clock, wall) - market)
  if (watched < WATCHED_MILLIS || off < OFF_MILLIS * clock.rate) return clock
  return { ...clock, rate: (market - clock.market) / watched }
}
