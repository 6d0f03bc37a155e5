// Market topics: who watches what, the newest of each, and one flush a tick for all of them.
import { Clock, Effect, Latch, Queue } from "effect"
import type { Topic } from "../../contract/Feed.ts"
import { intervals, type Interval } from "../../domain/Candle.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { MarketUpdate } from "../../domain/MarketUpdate.ts"
import { Events } from "../../ports/Events.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { marketText, symbolOf, topicOf } from "./Frames.ts"
import { MAX_KNOWN_TOPICS, MAX_WAITING_TRADES, TICK_MILLIS } from "./Limits.ts"
import type { Session } from "./Session.ts"

/** Levels of a book that a new subscriber gets before the first update. */
const LEVELS = 25

export interface Topics {
  /** The current state of the topic comes at once, then every change. False for a symbol or interval there is none of. */
  readonly subscribe: (session: Session, topic: Topic) => Effect.Effect<boolean>
  readonly unsubscribe: (session: Session, topic: Topic) => void
  readonly forget: (session: Session) => void
  /** Long-lived: reads the market's changes. */
  readonly follow: Effect.Effect<never>
  /** Long-lived: sends what changed, a tick after it did. Sleeps while nothing does. */
  readonly flush: Effect.Effect<never>
  /** Long-lived: looks once a second whether a watched price went stale. */
  readonly age: Effect.Effect<never>
  readonly watched: () => number
}

export const make: Effect.Effect<Topics, never, Events | MarketData> = Effect.gen(function* () {
  const events = yield* Events
  const market = yield* MarketData
  const watchers = new Map<Topic, Set<Session>>()
  const newest = new LeastRecent<Topic, MarketUpdate>(MAX_KNOWN_TOPICS)
  const changed = new Map<Topic, MarketUpdate>()
  const traded = new Map<Topic, Array<MarketUpdate>>()
  const due = Latch.makeUnsafe()

  const note = (update: MarketUpdate): void => {
    const topic = topicOf(update)
    if (update._tag !== "Trade") newest.set(topic, update)
    if (!watchers.has(topic)) return
    if (update._tag === "Trade") {
      const waiting = traded.get(topic) ?? []
      waiting.push(update)
      traded.set(topic, waiting.length > 2 * MAX_WAITING_TRADES ? waiting.slice(-MAX_WAITING_TRADES) : waiting)
    } else changed.set(topic, update)
    due.openUnsafe()
  }

  const send = (): void => {
    for (const [topic, update] of changed) {
      const instrument = market.instrument(symbolOf(update))
      if (instrument === undefined) continue
      const text = marketText(instrument, update)
      for (const session of watchers.get(topic) ?? []) session.market(topic, text)
    }
    for (const [topic, updates] of traded) {
      const instrument = market.instrument(symbolOf(updates[0]!))
      if (instrument === undefined) continue
      const texts = updates.map((update) => marketText(instrument, update))
      for (const session of watchers.get(topic) ?? []) session.trade(topic, texts)
    }
    changed.clear()
    traded.clear()
  }

  /** A price grows old without a word from anybody: where its process went silent, this is how watchers hear of it. */
  const noteStale = (): void => {
    for (const topic of watchers.keys()) {
      if (!topic.startsWith("price:")) continue
      const quote = market.quote(topic.slice("price:".length))
      const told = newest.get(topic)
      const before = told?._tag === "Price" ? told.quote.stale?.why : undefined
      if (quote !== undefined && quote.stale?.why !== before) note({ _tag: "Price", quote })
    }
  }

  const current = Effect.fnUntraced(function* (instrument: Instrument, kind: string, interval: Interval | undefined) {
    const { symbol } = instrument
    if (kind === "price") {
      const quote = market.quote(symbol)
      return quote === undefined ? undefined : ({ _tag: "Price", quote } as const)
    }
    if (kind === "book") {
      const depth = market.depth(symbol, LEVELS)
      return depth === undefined ? undefined : ({ _tag: "Book", ...depth } as const)
    }
    if (interval === undefined) return undefined
    const end = yield* Clock.currentTimeMillis
    const candles = yield* Effect.orElseSucceed(market.candles({ symbol, interval, end, limit: 1 }), () => [])
    const candle = candles.at(-1)
    return candle === undefined
      ? undefined
      : ({ _tag: "Kline", symbol, interval, candle, closed: candle.closeTime < end } as const)
  })

  const unsubscribe = (session: Session, topic: Topic): void => {
    session.drop(topic)
    const set = watchers.get(topic)
    set?.delete(session)
    if (set?.size === 0) watchers.delete(topic)
  }

  return {
    subscribe: Effect.fnUntraced(function* (session, topic) {
      const [kind = "", symbol = "", third] = topic.split(":")
      const instrument = market.instrument(symbol)
      const interval = intervals.find((known) => known === third)
      if (instrument === undefined || (kind === "kline" && interval === undefined)) return false
      session.topics.add(topic)
      const set = watchers.get(topic)
      if (set === undefined) watchers.set(topic, new Set([session]))
      else set.add(session)
      const now = newest.get(topic) ?? (yield* current(instrument, kind, interval))
      // Meanwhile it may have been dropped again, or a newer state may be on its way to everybody.
      if (now !== undefined && session.topics.has(topic))
        session.market(topic, marketText(instrument, newest.get(topic) ?? now))
      return true
    }),
    unsubscribe,
    forget: (session) => {
      for (const topic of session.topics) unsubscribe(session, topic)
    },
    follow: Effect.scoped(
      Effect.gen(function* () {
        const updates = yield* events.subscribeMarket
        while (true) for (const update of yield* Queue.takeAll(updates)) note(update)
      })
    ) as Effect.Effect<never>,
    flush: Effect.forever(
      Effect.gen(function* () {
        yield* due.await
        yield* Effect.sleep(TICK_MILLIS)
        due.closeUnsafe()
        send()
      })
    ),
    age: Effect.forever(Effect.andThen(Effect.sleep("1 second"), Effect.sync(noteStale))),
    watched: () => watchers.size
  }
})
