import { assert, it, layer } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Queue, Schema, type Scope } from "effect"
import { type Connection, RedisClient } from "../../../src/adapters/redis/RedisClient.ts"
import * as RedisEvents from "../../../src/adapters/redis/RedisEvents.ts"
import * as Channels from "../../../src/contract/Channels.ts"
import type { Stop } from "../../../src/domain/Stop.ts"
import { Events } from "../../../src/ports/Events.ts"
import { describeRedis, layerClient, RedisServer, whenConnected } from "../../kit/Redis.ts"
import { accountUpdate, freshAccount, trade } from "../../kit/Messages.ts"
import { eventsSuite } from "../../suites/events.ts"

/** The events of another process: its own connections, its own origin. */
class OtherEvents extends Context.Service<OtherEvents, Events["Service"]>()("outcry/test/OtherEvents") {}

const here = Layer.effectDiscard(whenConnected).pipe(
  Layer.provideMerge(Layer.fresh(RedisEvents.layer)),
  Layer.provideMerge(layerClient)
)
const there = Layer.effect(OtherEvents, Effect.service(Events)).pipe(Layer.provide(Layer.fresh(here)))
const both = Layer.mergeAll(here, there).pipe(Layer.provideMerge(RedisServer.layer))

const DAY = 24 * 3_600_000

const fresh = <A, E>(effect: Effect.Effect<A, E, Events | OtherEvents | RedisClient | RedisServer | Scope.Scope>) =>
  Effect.provide(effect, Layer.fresh(both))

/** Done when account updates of other processes are heard. */
const hears = (events: Events["Service"]) =>
  Effect.repeat(Effect.andThen(Effect.scoped(events.subscribe), events.hearing), {
    until: ({ connected }) => connected
  })

describeRedis("Events on Redis", () => {
  layer(both, { excludeTestServices: true, timeout: "20 seconds" })("between two processes", (it) =>
    eventsSuite<OtherEvents>(it, Effect.service(OtherEvents))
  )

  layer(here.pipe(Layer.provideMerge(RedisServer.layer)), { excludeTestServices: true, timeout: "20 seconds" })(
    "within one process",
    (it) => {
      eventsSuite<Events>(it, Effect.service(Events))

      it.effect("tells an outside listener what became of an order, in the words of the bus", () =>
        Effect.gen(function* () {
          const events = yield* Events
          const redis = yield* RedisClient
          const heard = yield* Queue.dropping<string>(8)
          const standing = yield* Queue.dropping<void>(1)
          yield* Effect.forkScoped(
            redis.follow("an outside program", (connection: Connection) =>
              Effect.gen(function* () {
                yield* Effect.promise(() =>
                  connection.subscribe(Channels.ORDER_STATUS, (text) => void Queue.offerUnsafe(heard, text))
                )
                yield* Queue.offer(standing, undefined)
                return yield* Effect.never
              })
            )
          )
          yield* Queue.take(standing)
          const account = freshAccount()
          const { order: _order, ...bare } = accountUpdate(account, 1)
          yield* events.publish([bare, accountUpdate(account, 777)])
          const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Channels.OrderStatusMessage))
          let message = decode(yield* Queue.take(heard))
          // Others' news may still be under way.
          while (message.timestamp !== 1_700_000_000_777) message = decode(yield* Queue.take(heard))
          assert.deepStrictEqual(message, {
            orderId: "0191b2c3-0000-7000-8000-000000000001",
            userId: "user-1",
            status: "PARTIALLY_FILLED",
            symbol: "BTCUSDT",
            side: "BUY",
            quantity: "0.01",
            price: "61234.56",
            timestamp: 1_700_000_000_777
          })
        })
      )
    }
  )

  it.live("delivers within the process while Redis is gone, and never waits for it", () =>
    fresh(
      Effect.gen(function* () {
        const events = yield* Events
        const server = yield* RedisServer
        const reader = yield* events.subscribe
        const market = yield* events.subscribeMarket
        yield* server.stop
        const account = freshAccount()
        yield* events.publish([accountUpdate(account, 1)])
        yield* events.publishMarket([trade("BTCUSDT", 1)])
        assert.deepStrictEqual(yield* Queue.take(reader), accountUpdate(account, 1))
        assert.deepStrictEqual(yield* Queue.take(market), trade("BTCUSDT", 1))
      })
    )
  )

  it.live("a process that starts learns of a stop that still holds, and of none that is over or cannot be", () =>
    fresh(
      Effect.gen(function* () {
        const redis = yield* RedisClient
        const other = yield* OtherEvents
        const [address, over, absurd] = ["one", "two", "three"] as const
        const now = yield* Clock.currentTimeMillis
        const heard = yield* (yield* Events).subscribeStops(address)
        const stop = { address, until: now + 60_000, bannedUntil: now + 60_000 }
        const say = (stop: Stop) => redis.publish(Channels.STOPS, JSON.stringify({ origin: "x", stop }))
        yield* say({ address, until: now + 30 * DAY, bannedUntil: 0 })
        yield* other.publishStop(stop)
        assert.deepStrictEqual(yield* Queue.take(heard), stop)
        const put = (stop: Stop) =>
          redis.use((to) => to.set(Channels.stopOf(stop.address), JSON.stringify({ origin: "x", stop })))
        yield* put({ address: over, until: now - 1, bannedUntil: 0 })
        yield* put({ address: absurd, until: now + 30 * DAY, bannedUntil: 0 })
        // A process that was not there when it was told.
        const services = yield* Layer.build(Layer.fresh(here))
        const late = Context.get(services, Events)
        assert.deepStrictEqual(yield* Queue.clear(yield* late.subscribeStops(address)), [stop])
        for (const none of [over, absurd])
          assert.deepStrictEqual(yield* Queue.clear(yield* late.subscribeStops(none)), [])
      })
    )
  )

  it.live("a stop that was told while Redis was gone is told once it is back", () =>
    fresh(
      Effect.gen(function* () {
        const other = yield* OtherEvents
        const server = yield* RedisServer
        const heard = yield* (yield* Events).subscribeStops("one")
        const now = yield* Clock.currentTimeMillis
        yield* server.stop
        const stop = { address: "one", until: now + 600_000, bannedUntil: 0 }
        yield* other.publishStop(stop)
        yield* server.start
        assert.deepStrictEqual(yield* Queue.take(heard), stop)
      })
    )
  )

  it.live("a stop is known to those that start after Redis came back empty", () =>
    fresh(
      Effect.gen(function* () {
        const server = yield* RedisServer
        const stop = { address: "one", until: (yield* Clock.currentTimeMillis) + 600_000, bannedUntil: 0 }
        const heard = yield* (yield* Events).subscribeStops("one")
        yield* (yield* OtherEvents).publishStop(stop)
        yield* Queue.take(heard)
        yield* server.stop
        yield* server.start
        const late = Context.get(yield* Layer.build(Layer.fresh(here)), Events)
        assert.deepStrictEqual(yield* Queue.take(yield* late.subscribeStops("one")), stop)
      })
    )
  )

  it.live("hears other processes again after Redis came back, and knows that it may have missed something", () =>
    fresh(
      Effect.gen(function* () {
        const events = yield* Events
        const other = yield* OtherEvents
        const server = yield* RedisServer
        const account = freshAccount()
        const reader = yield* events.subscribe
        yield* other.publish([accountUpdate(account, 1)])
        assert.deepStrictEqual(yield* Queue.take(reader), accountUpdate(account, 1))
        const before = yield* events.hearing
        assert.isTrue(before.connected)

        yield* server.stop
        yield* other.publish([accountUpdate(account, 2)])
        yield* server.start
        yield* hears(events)
        assert.isAbove((yield* events.hearing).losses, before.losses)

        yield* hears(other)
        // The first word after the silence may meet a connection that is just being made: the reader needs one that arrives.
        yield* Effect.raceFirst(
          Effect.forever(Effect.andThen(other.publish([accountUpdate(account, 3)]), Effect.yieldNow)),
          Effect.map(Queue.take(reader), (update) => assert.deepStrictEqual(update, accountUpdate(account, 3)))
        )
      })
    )
  )

  it.live("has everybody ask again when a process starts: the one before it may have died without its last word", () =>
    Effect.provide(
      Effect.gen(function* () {
        const events = yield* Events
        const redis = yield* RedisClient
        yield* hears(events)
        const { losses } = yield* events.hearing
        yield* Effect.scoped(
          Effect.andThen(
            Layer.build(Layer.fresh(here)),
            Effect.repeat(Effect.andThen(Effect.ignore(redis.use((connection) => connection.ping())), events.hearing), {
              until: (hearing) => hearing.losses > losses
            })
          )
        )
      }),
      Layer.fresh(here.pipe(Layer.provideMerge(RedisServer.layer)))
    )
  )

  it.live("lets a sender that lost something say so", () =>
    Effect.provide(
      Effect.gen(function* () {
        const events = yield* Events
        const redis = yield* RedisClient
        const reader = yield* events.subscribe
        const before = (yield* events.hearing).losses
        const { accountId, ...rest } = accountUpdate(freshAccount(), 1)
        const text = yield* Schema.encodeEffect(Channels.AccountsMessage)({
          origin: "another process",
          updates: [{ accountId, ...rest }],
          missed: true
        })
        yield* redis.publish(Channels.ACCOUNTS, text)
        yield* Queue.take(reader)
        assert.strictEqual((yield* events.hearing).losses, before + 1)
      }),
      Layer.fresh(here.pipe(Layer.provideMerge(RedisServer.layer)))
    )
  )
})
