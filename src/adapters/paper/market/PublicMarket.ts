// What the paper exchange shows to everybody: every listed symbol's book, tape, candles and statistics.
import { Clock, Context, Effect, Layer } from "effect"
import { MarketData, symbolOf } from "../../../ports/MarketData.ts"
import { Venue } from "../Venue.ts"
import type { TakenAt } from "./PublicBook.ts"
import { SymbolMarket, type MarketWatcher } from "./SymbolMarket.ts"
import { Numbering, TradeIds } from "../TradeIds.ts"

/** How often candles in progress are looked for that the market data has and we have not. */
const SEED_PAUSE = "100 millis"

/** What is needed of a venue. */
export type PublicVenue = Pick<Venue["Service"], "now" | "listings" | "averagePrice" | "onPublic">

export interface PublicMarketOptions {
  /** Shared with the venue, so that users' trades and outside trades never take the same id. */
  readonly ids?: TradeIds
  /** Lots of an outside level that users have taken and the outside market has not restated, as the venue counts them. */
  readonly takenAt?: (symbol: string) => TakenAt
}

export class PublicMarket extends Context.Service<
  PublicMarket,
  {
    /** Epoch milliseconds on the exchange's clock. */
    readonly now: () => number
    /** By symbol; fixed while the process runs. */
    readonly symbols: ReadonlyMap<string, SymbolMarket>
    /** Average price of the last five minutes, 10^-8 of the quote asset for one base unit; 0n without a trade. */
    readonly averagePrice: (symbol: string) => bigint
    /** Hears of trades and best prices as they happen. Returns the undo. */
    readonly watch: (watcher: MarketWatcher) => () => void
  }
>()("outcry/adapters/paper/market/PublicMarket") {
  static readonly layer: Layer.Layer<PublicMarket, never, MarketData | Venue | Numbering> = Layer.effect(
    PublicMarket,
    Effect.gen(function* () {
      return yield* make(yield* Venue, { ids: yield* Numbering })
    })
  )
}

/** Follows the market data and the venue until the scope closes. */
export const make = Effect.fnUntraced(function* (venue: PublicVenue, options: PublicMarketOptions = {}) {
  const data = yield* MarketData
  const startMillis = yield* Clock.currentTimeMillis
  const ids = options.ids ?? new TradeIds()
  const symbols = new Map<string, SymbolMarket>()
  for (const [symbol, listing] of venue.listings) {
    const takenAt = options.takenAt?.(symbol)
    symbols.set(
      symbol,
      new SymbolMarket({
        listing,
        data,
        now: venue.now,
        startMillis,
        ids,
        ...(takenAt === undefined ? {} : { takenAt })
      })
    )
  }
  const unsettled = new Set<SymbolMarket>()
  const settle = () => {
    for (const market of unsettled) market.settle()
    unsettled.clear()
  }
  // Messages come in batches within one turn: what belongs together is complete when it ends.
  const unsettle = (market: SymbolMarket) => {
    if (unsettled.size === 0) queueMicrotask(settle)
    unsettled.add(market)
  }
  const stops = [
    data.onMessage((message) => {
      const market = symbols.get(symbolOf(message))
      if (market === undefined) return
      market.outside(message)
      if (message._tag === "Trade") unsettle(market)
    }),
    venue.onPublic((event) => {
      const market = symbols.get(event.symbol)
      if (market === undefined) return
      market.users(event)
      if (event._tag === "PublicTrade") unsettle(market)
    })
  ]
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const stop of stops) stop()
    })
  )
  const seedAll = Effect.suspend(() =>
    Effect.forEach(
      [...symbols.values()].filter((market) => market.klines.needsSeed),
      (market) => market.klines.seed(market.marketTime),
      { discard: true }
    )
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(seedAll, Effect.sleep(SEED_PAUSE))))
  return PublicMarket.of({
    now: venue.now,
    symbols,
    averagePrice: venue.averagePrice,
    watch: (watcher) => {
      for (const market of symbols.values()) market.watchers.add(watcher)
      return () => {
        for (const market of symbols.values()) market.watchers.delete(watcher)
      }
    }
  })
})
