// What every `Events` does, in one process or between many.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Queue } from "effect"
import type { MarketUpdate } from "../../src/domain/MarketUpdate.ts"
import type { Stop } from "../../src/domain/Stop.ts"
import { Events, READER_CAPACITY } from "../../src/ports/Events.ts"
import { accountUpdate, exchangeState, freshAccount, freshId, trade } from "../kit/Messages.ts"

/** One of every kind. */
const changes = (symbol: string): ReadonlyArray<MarketUpdate> => [
  trade(symbol, 1),
  { _tag: "Price", quote: { symbol, synced: false, at: 5 } },
  {
    _tag: "Price",
    quote: {
      symbol,
      last: 6_123_456,
      bid: { ticks: 6_123_455, lots: 7 },
      ask: { ticks: 6_123_457, lots: 9 },
      synced: true,
      at: 6
    }
  },
  {
    _tag: "Kline",
    symbol,
    interval: "1m",
    candle: {
      openTime: 60_000,
      closeTime: 119_999,
      open: 1,
      high: 4,
      low: 1,
      close: 3,
      volume: 12,
      quoteUnits: 90_071_992_547_409_930n,
      trades: 2,
      takerBuyVolume: 5
    },
    closed: true
  },
  {
    _tag: "Book",
    symbol,
    updateId: 99,
    bids: [{ ticks: 6_123_455, lots: 7 }],
    asks: [{ ticks: 6_123_457, lots: 9 }],
    synced: true,
    at: 7
  }
]

/** The next one of this address: a reader may be told of others. */
const taken = (reader: Queue.Dequeue<Stop>, address: string): Effect.Effect<Stop> =>
  Effect.repeat(Queue.take(reader), { until: (stop) => stop.address === address })

/** The readers are in one process, the publisher `elsewhere`: the same one where there is only one. */
export const eventsSuite = <R>(
  it: Vitest.MethodsNonLive<Events | R>,
  elsewhere: Effect.Effect<Events["Service"], never, R>
): void => {
  it.effect("carries an account's updates to a reader, whole and in order", () =>
    Effect.gen(function* () {
      const reader = yield* (yield* Events).subscribe
      const events = yield* elsewhere
      const account = freshAccount()
      yield* events.publish([accountUpdate(account, 1), accountUpdate(account, 2)])
      yield* events.publish([accountUpdate(account, 3)])
      const taken = yield* Effect.forEach([1, 2, 3], () => Queue.take(reader))
      assert.deepStrictEqual(
        taken,
        [1, 2, 3].map((seq) => accountUpdate(account, seq))
      )
    })
  )

  it.effect("carries an update that changed nothing but the history", () =>
    Effect.gen(function* () {
      const reader = yield* (yield* Events).subscribe
      const events = yield* elsewhere
      const { order: _order, position: _position, ...rest } = accountUpdate(freshAccount(), 1)
      // Sight that was regained is news as well.
      const bare = { ...rest, balances: [], blind: null }
      yield* events.publish([bare])
      assert.deepStrictEqual(yield* Queue.take(reader), bare)
    })
  )

  it.effect("tells every reader", () =>
    Effect.gen(function* () {
      const mine = yield* Events
      const readers = [yield* mine.subscribe, yield* mine.subscribe]
      const events = yield* elsewhere
      const account = freshAccount()
      yield* events.publish([accountUpdate(account, 1)])
      for (const reader of readers) assert.deepStrictEqual(yield* Queue.take(reader), accountUpdate(account, 1))
    })
  )

  it.effect("tells a reader of the publishing process once", () =>
    Effect.gen(function* () {
      const events = yield* elsewhere
      const reader = yield* events.subscribe
      const away = yield* (yield* Events).subscribe
      const account = freshAccount()
      for (const seq of [1, 2, 3]) {
        yield* events.publish([accountUpdate(account, seq)])
        // Once it has been around, its echo would be here too, for the first two at least.
        yield* Queue.take(away)
      }
      assert.deepStrictEqual(
        yield* Queue.takeAll(reader),
        [1, 2, 3].map((seq) => accountUpdate(account, seq))
      )
    })
  )

  it.effect("carries every kind of market change, whole and in order", () =>
    Effect.gen(function* () {
      const reader = yield* (yield* Events).subscribeMarket
      const events = yield* elsewhere
      const published = changes(freshId("SYMBOL"))
      yield* events.publishMarket(published)
      assert.deepStrictEqual(yield* Effect.forEach(published, () => Queue.take(reader)), published)
    })
  )

  it.effect("keeps what a process said last of how it stands with the exchange", () =>
    Effect.gen(function* () {
      const mine = yield* Events
      const events = yield* elsewhere
      const state = (used: number) => ({ ...exchangeState, weight: { ...exchangeState.weight, used } })
      // Whoever asks first begins to listen.
      assert.deepStrictEqual(yield* mine.exchange, [])
      yield* events.publishExchange(state(1))
      yield* events.publishExchange(state(2))
      const heard = yield* Effect.repeat(mine.exchange, {
        until: (states) => states.some(({ weight }) => weight.used === 2)
      })
      assert.deepStrictEqual(heard, [state(2)])
    })
  )

  it.effect("carries that an exchange wants nothing from an address, to those who call from there", () =>
    Effect.gen(function* () {
      const [mine, events] = [yield* Events, yield* elsewhere]
      const address = freshId("address")
      const until = Date.now() + 60_000
      const reader = yield* mine.subscribeStops(address)
      const stop = { address, until, bannedUntil: 0 }
      yield* events.publishStop({ ...stop, address: freshId("another") })
      yield* events.publishStop(stop)
      assert.deepStrictEqual(yield* taken(reader, address), stop)
      // A shorter ban does not make the stop shorter.
      yield* events.publishStop({ address, until: until - 1_000, bannedUntil: until - 1_000 })
      assert.deepStrictEqual(yield* taken(reader, address), { address, until, bannedUntil: until - 1_000 })
    })
  )

  it.effect("tells whoever comes later of a stop that holds", () =>
    Effect.gen(function* () {
      const [mine, events] = [yield* Events, yield* elsewhere]
      const address = freshId("address")
      const stop = { address, until: Date.now() + 60_000, bannedUntil: 0 }
      // Known to be told once somebody else has heard it.
      const first = yield* mine.subscribeStops(address)
      yield* events.publishStop(stop)
      yield* taken(first, address)
      const later = yield* mine.subscribeStops(address)
      assert.deepStrictEqual(yield* Queue.clear(later), [stop])
    })
  )

  it.effect("lets a slow reader lose the oldest, and never holds up the publisher", () =>
    Effect.gen(function* () {
      const reader = yield* (yield* Events).subscribeMarket
      const mine = yield* Events
      const symbol = freshId("SYMBOL")
      const total = READER_CAPACITY + 100
      // The reader takes nothing meanwhile: a publisher that waited for it would never come back.
      for (let n = 1; n <= total; n++) yield* mine.publishMarket([trade(symbol, n)])
      const taken = yield* Queue.takeAll(reader)
      assert.strictEqual(taken.length, READER_CAPACITY)
      assert.deepStrictEqual(taken[0], trade(symbol, 101))
      assert.deepStrictEqual(taken.at(-1), trade(symbol, total))
    })
  )

  it.effect("forgets a reader that left", () =>
    Effect.gen(function* () {
      const events = yield* Events
      const gone = yield* Effect.scoped(events.subscribe)
      yield* events.publish([accountUpdate(freshAccount(), 1)])
      assert.strictEqual(yield* Queue.size(gone), 0)
    })
  )
}
