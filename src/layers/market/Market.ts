// The market layer: drains the source into MarketData and tells watchers what changed, at a pace of its own.
import { Clock, Effect, Exit, Layer, Stream } from "effect"
import { intervals } from "../../domain/Candle.ts"
import type { MarketMessage } from "../../domain/Market.ts"
import { Events } from "../../ports/Events.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { MarketSource } from "../../ports/MarketSource.ts"
import { Supervisor } from "../Supervisor.ts"
import { Changes } from "./Changes.ts"
import { Frames } from "./Frames.ts"
import { mend } from "./Seam.ts"
import { Watch } from "./Watch.ts"

/** How often changes are published. Newest wins within it. */
export const TICK = "50 millis"
/** The source's candles in progress are waited for this long; the market then starts with its own trades. */
const SEED_TIMEOUT = "10 seconds"

/** Every price is published this often even where nothing changes: who hears of it from afar knows that we are here. */
const HEARTBEAT_MILLIS = 5_000

/** Without the source's candles in progress the first ones would begin with our first trade. A source may have none; that is no failure. */
const seed = Effect.fnUntraced(function* (source: MarketSource["Service"], data: MarketData["Service"]) {
  const now = yield* Clock.currentTimeMillis
  const wanted = [...source.instruments.keys()].flatMap((symbol) =>
    intervals.map((interval) => ({ symbol, interval, end: now, limit: 1 }))
  )
  yield* Effect.forEach(
    wanted,
    (range) =>
      Effect.map(source.history(range), (candles) => {
        const current = candles.at(-1)
        if (current !== undefined && current.closeTime >= now) data.seed(range.symbol, range.interval, current)
      }),
    { concurrency: 8, discard: true }
  ).pipe(
    Effect.timeout(SEED_TIMEOUT),
    Effect.catch((error) => Effect.logWarning(`The candles in progress are not known: ${error.message}`))
  )
})

const run = Effect.fnUntraced(function* (
  source: MarketSource["Service"],
  data: MarketData["Service"],
  events: Events["Service"],
  watch: Watch,
  ready: Effect.Effect<void>
) {
  const changes = new Changes()
  const frames = new Frames(source)
  const apply = (message: MarketMessage) => {
    if (data.apply(message)) changes.note(message)
  }
  const symbols = [...source.instruments.keys()]
  /** What a run leaves is old until the source speaks again: nobody may trade on it. */
  const voidBooks = () => {
    for (const symbol of symbols) apply({ _tag: "Restarted", symbol, at: data.quote(symbol)?.at ?? 0 })
  }
  let begun = false
  let beatAt = 0
  const judge = Effect.map(Clock.currentTimeMillis, (now) => {
    const moved = watch.judge(now)
    const beat = now - beatAt >= HEARTBEAT_MILLIS
    if (beat) beatAt = now
    for (const symbol of beat ? symbols : moved) changes.notePrice(symbol)
  })
  const clock = yield* Clock.Clock
  const drain = Stream.runForEachArray(source.messages, (messages) => {
    const now = clock.currentTimeMillisUnsafe()
    for (const message of messages) {
      apply(message)
      watch.note(message, now)
      if (message._tag !== "Restarted") frames.note()
    }
    // That it can be acted on again is known at once: whoever is told that the market runs may send an order.
    if (watch.anyStale) for (const symbol of watch.judge(now)) changes.notePrice(symbol)
    if (begun) return Effect.void
    begun = true
    return ready
  })
  const tell = Effect.gen(function* () {
    yield* judge
    const updates = changes.take(data)
    if (updates.length > 0) yield* events.publishMarket(updates)
  })
  const publish = Effect.gen(function* () {
    yield* Effect.sleep(TICK)
    yield* tell
    yield* frames.account
    for (const failure of data.takeListenerFailures()) yield* Effect.logError("A market listener failed", failure)
  })
  // Said at once, and not after the pause before the next attempt: until then nothing of it may be acted on.
  const end = Effect.suspend(() => {
    watch.down()
    voidBooks()
    return tell
  })
  yield* judge
  const joined = Effect.raceFirst(
    drain,
    mend(source, data, (symbol) => changes.notePrice(symbol))
  )
  yield* Effect.raceFirst(Effect.andThen(seed(source, data), joined), Effect.forever(publish)).pipe(
    Effect.onExit((exit) => (Exit.hasInterrupts(exit) ? Effect.void : end))
  )
})

export const layer: Layer.Layer<never, never, MarketSource | MarketData | Events | Supervisor> = Layer.effectDiscard(
  Effect.gen(function* () {
    const source = yield* MarketSource
    const data = yield* MarketData
    const events = yield* Events
    const supervisor = yield* Supervisor
    // It outlives a run: when a symbol was last heard is known however often its source begins anew.
    const watch = new Watch(source, data)
    yield* supervisor.keepAlive("market", run(source, data, events, watch, supervisor.ready("market")))
  })
)
