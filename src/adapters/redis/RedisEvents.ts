// Events between processes by Redis Pub/Sub. Readers in the publishing process get theirs directly, whether Redis is up or not.
import { Clock, Effect, Latch, Layer, Option, Schedule, Schema } from "effect"
import { randomBytes } from "node:crypto"
import * as Channels from "../../contract/Channels.ts"
import type { AccountUpdate } from "../../domain/Account.ts"
import type { ExchangeState } from "../../domain/ExchangeState.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import type { MarketUpdate } from "../../domain/MarketUpdate.ts"
import { isCredible, type Stop } from "../../domain/Stop.ts"
import { Events, makeMemory } from "../../ports/Events.ts"
import { attempt, RedisClient } from "./RedisClient.ts"
import * as RedisStops from "./RedisStops.ts"

/** How long `subscribe` waits for the subscription to stand, so that "from now on" means now. Without Redis it goes on then. */
const PATIENCE = "1 second"

const encodeAccounts = Schema.encodeOption(Channels.AccountsMessage)
const encodeMarket = Schema.encodeOption(Channels.MarketMessage)
const encodeExchange = Schema.encodeOption(Channels.ExchangeMessage)
/** How often a process that lost updates on their way out says so, until it is heard. */
const CONFESS_EVERY = "1 second"

const decodeAccounts = Schema.decodeUnknownOption(Channels.AccountsMessage)
const decodeMarket = Schema.decodeUnknownOption(Channels.MarketMessage)
const decodeExchange = Schema.decodeUnknownOption(Channels.ExchangeMessage)
const decodeStop = Schema.decodeUnknownOption(Channels.StopMessage)
/** A process calls an exchange from one address. */
const MAX_ADDRESSES = 16
/** Between attempts to read what holds already, within `PATIENCE`. */
const READ_AGAIN = "25 millis"

export const layer: Layer.Layer<Events, never, RedisClient> = Layer.effect(
  Events,
  Effect.gen(function* () {
    const redis = yield* RedisClient
    const local = makeMemory()
    const origin = randomBytes(8).toString("hex")
    const deliver = Effect.runSyncWith(yield* Effect.context<never>()) // tidy-ok: called from the Redis client's callbacks; it only fills queues
    const clock = yield* Clock.Clock
    const hearing = { connected: false, losses: 0 }

    const hearAccounts = yield* listener(origin, Channels.ACCOUNTS, {
      onText: (text) => {
        const message = decodeAccounts(text)
        if (Option.isNone(message) || message.value.missed === true) hearing.losses++
        if (Option.isSome(message)) deliver(local.publish(message.value.updates))
      },
      // Whatever was said while nobody listened here is lost, and it is over only now.
      onStanding: (standing) => {
        hearing.connected = standing
        if (standing) hearing.losses++
      }
    })
    const hearMarket = yield* listener(origin, Channels.MARKET, {
      onText: (text) => {
        const message = decodeMarket(text)
        if (Option.isSome(message)) deliver(local.publishMarket(message.value.updates))
      },
      onStanding: () => undefined
    })

    const hearExchange = yield* listener(origin, Channels.EXCHANGE, {
      onText: (text) => {
        const message = decodeExchange(text)
        if (Option.isSome(message)) local.hearExchange(message.value.origin, message.value.state)
      },
      onStanding: () => undefined
    })

    const addresses = new LeastRecent<string, string>(MAX_ADDRESSES)
    const stops = yield* RedisStops.make({
      origin,
      addresses: () => addresses.values(),
      known: local.stopOf,
      hear: local.hearStop
    })
    const hearStops = yield* listener(origin, Channels.STOPS, {
      onText: (text) => {
        const message = decodeStop(text)
        if (Option.isNone(message)) return
        const { stop } = message.value
        // One that cannot be true would outlast every true one.
        if (isCredible(stop, clock.currentTimeMillisUnsafe())) local.hearStop(stop)
      },
      // What was told while nobody listened here still stands there; or Redis came back empty, and what is known here does not.
      onStanding: (standing) => standing && stops.levelSoon()
    })

    const tellAccounts = yield* accountsTeller(origin)
    return {
      publish: (updates: ReadonlyArray<AccountUpdate>) => Effect.andThen(local.publish(updates), tellAccounts(updates)),
      subscribe: Effect.andThen(hearAccounts, local.subscribe),
      publishMarket: (updates: ReadonlyArray<MarketUpdate>) =>
        Effect.andThen(
          local.publishMarket(updates),
          Effect.suspend(() => {
            const text = redis.connected() ? encodeMarket({ origin, updates }) : Option.none()
            return Option.isSome(text) ? redis.publish(Channels.MARKET, text.value) : Effect.void
          })
        ),
      publishExchange: (state: ExchangeState) =>
        Effect.andThen(
          local.publishExchange(state),
          Effect.suspend(() => {
            const text = redis.connected() ? encodeExchange({ origin, state }) : Option.none()
            return Option.isSome(text) ? redis.publish(Channels.EXCHANGE, text.value) : Effect.void
          })
        ),
      publishStop: (stop: Stop) =>
        Effect.andThen(
          local.publishStop(stop),
          Effect.sync(() => {
            addresses.set(stop.address, stop.address)
            stops.levelSoon()
          })
        ),
      subscribeStops: (address: string) =>
        Effect.suspend(() => {
          addresses.set(address, address)
          const read = Effect.retry(stops.level(address), Schedule.spaced(READ_AGAIN))
          return hearStops.pipe(
            Effect.andThen(Effect.ignore(Effect.timeout(read, PATIENCE))),
            Effect.andThen(local.subscribeStops(address))
          )
        }),
      exchange: Effect.andThen(hearExchange, local.exchange),
      subscribeMarket: Effect.andThen(hearMarket, local.subscribeMarket),
      hearing: Effect.sync(() => ({ ...hearing }))
    }
  })
)

/** Sends account updates to other processes and to outside listeners. Says later, once it is heard again, that some were lost. */
const accountsTeller = Effect.fnUntraced(function* (origin: string) {
  const redis = yield* RedisClient
  const run = Effect.runSyncWith(yield* Effect.context<never>()) // tidy-ok: called from the Redis client's callback; it only writes to its queue
  // Whoever starts may follow one that was killed between the journal and its word.
  let missed = true
  const onDrop = () => {
    missed = true
  }
  const tell = (updates: ReadonlyArray<AccountUpdate>) =>
    Effect.suspend(() => {
      const text = encodeAccounts({ origin, updates, ...(missed ? { missed } : {}) })
      missed = Option.isNone(text)
      return Option.isSome(text) ? redis.publish(Channels.ACCOUNTS, text.value, onDrop) : Effect.void
    })
  const confess = () => missed && run(tell([]))
  yield* Effect.acquireRelease(
    Effect.sync(() => redis.onConnect(confess)),
    (undo) => Effect.sync(undo)
  )
  if (redis.connected()) confess()
  // A word that was not taken in time may have been the last for a long while: nobody would ask for what it said.
  yield* Effect.suspend(() => (missed && redis.connected() ? tell([]) : Effect.void)).pipe(
    Effect.repeat(Schedule.spaced(CONFESS_EVERY)),
    Effect.forkScoped
  )
  return (updates: ReadonlyArray<AccountUpdate>) =>
    Effect.suspend(() => {
      if (!redis.connected()) {
        missed = true
        return Effect.void
      }
      return Effect.andThen(
        tell(updates),
        Effect.forEach(
          updates,
          (update) => {
            const status = Channels.orderStatus(update)
            return status === undefined ? Effect.void : redis.publish(Channels.ORDER_STATUS, JSON.stringify(status))
          },
          { discard: true }
        )
      )
    })
})

/** What starts listening to a channel when first run, and waits until it does, for `PATIENCE` at most. */
const listener = Effect.fnUntraced(function* (
  origin: string,
  channel: string,
  {
    onStanding,
    onText
  }: { readonly onText: (text: string) => void; readonly onStanding: (standing: boolean) => unknown }
) {
  const redis = yield* RedisClient
  const scope = yield* Effect.scope
  const standing = Latch.makeUnsafe()
  const own = `{"origin":"${origin}"`
  const listen = redis.follow(`RedisEvents ${channel}`, (connection) =>
    Effect.gen(function* () {
      yield* attempt(() => connection.subscribe(channel, (text) => void (text.startsWith(own) || onText(text))))
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          onStanding(true)
          standing.openUnsafe()
        }),
        () =>
          Effect.sync(() => {
            standing.closeUnsafe()
            onStanding(false)
          })
      )
      return yield* Effect.never
    })
  )
  let started = false
  return Effect.suspend(() => {
    const start = started ? Effect.void : Effect.asVoid(Effect.forkIn(listen, scope))
    started = true
    return Effect.andThen(start, Effect.timeoutOption(standing.await, PATIENCE))
  })
})
