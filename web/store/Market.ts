// The market on the screen: what is traded, the symbol looked at, its price, book, tape and candles.
import { computed, effect, type Signal, signal, untracked } from "@preact/signals"
import type { BookView, PriceView, TradeView } from "../../src/contract/Feed.ts"
import type { BadgeView, CandleView } from "../../src/contract/Views.ts"
import type { Interval } from "../../src/domain/Candle.ts"
import * as Money from "../../src/domain/Money.ts"
import * as Staleness from "../../src/domain/Staleness.ts"
import * as Api from "./Api.ts"
import { type CandleFeed, makeCandleFeed } from "./CandleFeed.ts"
import * as Connection from "./Connection.ts"
import * as MarketClock from "./MarketClock.ts"
import * as Notices from "./Notices.ts"
import * as Preferences from "./Preferences.ts"
import * as Remote from "./Remote.ts"
import * as Route from "./Route.ts"
import type { SymbolView } from "../../src/contract/Http.ts"

export const symbols = signal<Remote.Remote<ReadonlyArray<SymbolView>>>(Remote.loading)
export const badge = signal<BadgeView | undefined>(undefined)

/** The instrument of the address; the first one where the address names none. */
export const instrument = computed<SymbolView | undefined>(() => {
  const wanted = Route.route.value.page === "trade" ? Route.route.value.symbol : undefined
  const traded = symbols.value.data ?? []
  return wanted === undefined ? traded[0] : traded.find(({ symbol }) => symbol === wanted)
})
/** The symbol alone: equal while only other facts of the instrument are read anew. */
export const symbol = computed(() => instrument.value?.symbol)

const prices = new Map<string, Signal<PriceView | undefined>>()
export const priceOf = (of: string): Signal<PriceView | undefined> => {
  const held = prices.get(of) ?? signal<PriceView | undefined>(undefined)
  prices.set(of, held)
  return held
}
export const price = computed(() => (symbol.value === undefined ? undefined : priceOf(symbol.value).value))
/** Which way the last price moved when it last moved. */
export const direction = signal<"up" | "down" | undefined>(undefined)

/** How the market's time runs; fills are placed on its candles by it. */
export const clock = signal<MarketClock.MarketClock | undefined>(undefined)

export const book = signal<BookView | undefined>(undefined)
/** Newest first. */
export const tape = signal<ReadonlyArray<TradeView>>([])
const MAX_TAPE = 200

export const chart = signal<CandleFeed | undefined>(undefined)
/** A day in quarters of an hour: for the change, high, low and volume in the header. */
export const day = signal<CandleFeed | undefined>(undefined)
const DAY_INTERVAL = "15m"
const DAY_CANDLES = 96
const CHART_CANDLES = 1_000

/** The server's time, which moves only while the symbol on the screen is stale. */
const now = signal(0)
const isStale = computed(() => typeof price.value?.stale?.why === "string")
/** Why nobody should act on the symbol's numbers, in the desk's words; its age goes on. */
export const stale = computed<string | undefined>(() => {
  const held = price.value
  if (!held?.stale) return undefined
  return Staleness.sentence(held.symbol, held.stale.why, Staleness.heardMillisAgo(held.stale, now.value))
})
/** Whether market numbers can be believed right now; else they dim. */
export const fresh = computed(
  () => Connection.state.value === "live" && price.value?.synced !== false && stale.value === undefined
)

/** Known to strangers too: whoever registers is told where this desk trades. */
export const loadSymbols = async (): Promise<void> => {
  try {
    const answer = await Api.get<{ symbols: ReadonlyArray<SymbolView>; badge: BadgeView }>("/api/market/symbols")
    badge.value = answer.badge
    // A recording begins without history: its first minute would be one candle.
    if (answer.badge.market === "replay") Preferences.suggestInterval("1s")
    symbols.value = Remote.live(answer.symbols)
  } catch (error) {
    symbols.value = Remote.failed(symbols.peek(), Api.sentenceOf(error))
  }
}

const feedOf = (of: string, interval: Interval, limit: number): CandleFeed =>
  makeCandleFeed({
    symbol: of,
    interval,
    sentenceOf: Api.sentenceOf,
    fetch: async (end) => {
      const query = `symbol=${of}&interval=${interval}&limit=${limit}${end === undefined ? "" : `&end=${end}`}`
      return (await Api.get<{ candles: ReadonlyArray<CandleView> }>(`/api/market/klines?${query}`)).candles
    }
  })

/** Holds a candle feed open: subscribed first, then history, so that nothing falls between. */
const hold = (place: Signal<CandleFeed | undefined>, of: string, interval: Interval, limit: number): (() => void) => {
  const feed = feedOf(of, interval, limit)
  const leave = Connection.subscribe(`kline:${of}:${interval}`)
  place.value = feed
  const stop = effect(() => {
    void Connection.ups.value
    untracked(() => void feed.refresh())
  })
  return () => {
    stop()
    leave()
    feed.close()
    if (place.peek() === feed) place.value = undefined
  }
}

Connection.onBatch((incoming) => {
  const now = symbol.peek()
  for (const note of incoming.notes) {
    if (note.type === "WELCOME") badge.value = note.data.badge
    // What traded while the link was down is not known: the tape begins anew rather than hide that.
    if (note.type === "LIVE") tape.value = []
  }
  for (const next of incoming.prices.values()) {
    const held = priceOf(next.symbol)
    if (next.symbol === now) direction.value = moved(held.peek(), next) ?? direction.peek()
    held.value = next
    const wall = Date.now() + Connection.clockOffsetMillis.peek()
    if (next.symbol === now) clock.value = MarketClock.seen(clock.peek(), wall, next.at)
  }
  const nextBook = now === undefined ? undefined : incoming.books.get(now)
  if (nextBook !== undefined) book.value = nextBook
  const trades = incoming.trades.filter((trade) => trade.symbol === now)
  if (trades.length > 0) tape.value = [...trades.toReversed(), ...tape.peek()].slice(0, MAX_TAPE)
  for (const kline of incoming.klines.values()) {
    for (const feed of [chart.peek(), day.peek()]) {
      if (feed?.symbol === kline.symbol && feed.interval === kline.interval) feed.take(kline)
    }
  }
})

const moved = (before: PriceView | undefined, after: PriceView): "up" | "down" | undefined => {
  const [was, is] = [before?.price, after.price]
  if (typeof was !== "string" || typeof is !== "string" || was === is) return undefined
  return Money.greaterThan(Money.decimal(is), Money.decimal(was)) ? "up" : "down"
}

export const select = (next: string): void => Route.go({ page: "trade", symbol: next })

/** Follows the symbol and interval on the screen. Runs as long as someone is logged in; the result ends it. */
export const watch = (): (() => void) => {
  const stops = [
    effect(() => {
      void Connection.ups.value
      if (symbols.peek().status !== "live") void loadSymbols()
    }),
    effect(() => {
      const wanted = Route.route.value.page === "trade" ? Route.route.value.symbol : undefined
      const first = symbols.value.data?.[0]
      if (wanted === undefined || first === undefined || instrument.value !== undefined) return
      Notices.say("plain", "Unknown symbol", `${wanted} is not traded here; showing ${first.symbol}.`)
      Route.go({ page: "trade", symbol: first.symbol }, true)
    }),
    effect(() => {
      const now = symbol.value
      if (now === undefined) return
      book.value = undefined
      tape.value = []
      direction.value = undefined
      const leaves = [
        Connection.subscribe(`price:${now}`),
        Connection.subscribe(`book:${now}`),
        Connection.subscribe(`trade:${now}`),
        untracked(() => hold(day, now, DAY_INTERVAL, DAY_CANDLES))
      ]
      return () => leaves.forEach((leave) => leave())
    }),
    effect(() => {
      if (!isStale.value) return
      const tick = () => void (now.value = Date.now() + Connection.clockOffsetMillis.peek())
      const timer = setInterval(tick, 1_000)
      untracked(tick)
      return () => clearInterval(timer)
    }),
    effect(() => {
      const now = symbol.value
      const interval = Preferences.interval.value
      return now === undefined ? undefined : untracked(() => hold(chart, now, interval, CHART_CANDLES))
    })
  ]
  return () => stops.forEach((stop) => stop())
}
