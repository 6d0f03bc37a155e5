// Stops of an exchange between processes: a key that lasts as long as the stop, and a word to those who listen.
import { Clock, Effect, Latch, Option, Schedule, Schema, type Scope } from "effect"
import * as Channels from "../../contract/Channels.ts"
import { holds, isCredible, longer, type Stop } from "../../domain/Stop.ts"
import { RedisClient, type RedisUnavailable } from "./RedisClient.ts"

const encode = Schema.encodeSync(Channels.StopMessage)
const decode = Schema.decodeUnknownOption(Channels.StopMessage)
/** Between attempts, while Redis does not take it. */
const AGAIN = "1 second"

export interface RedisStops {
  /** Brings what is known here and what stands there together: the longer counts. */
  readonly level: (address: string) => Effect.Effect<void, RedisUnavailable>
  /** The same in the background for every address of this process, until it is done. */
  readonly levelSoon: () => void
}

export const make = Effect.fnUntraced(function* (options: {
  readonly origin: string
  /** Those that something was told or asked of here; a few. */
  readonly addresses: () => Iterable<string>
  readonly known: (address: string) => Stop | undefined
  readonly hear: (stop: Stop) => void
}): Effect.fn.Return<RedisStops, never, RedisClient | Scope.Scope> {
  const { addresses, hear, known, origin } = options
  const redis = yield* RedisClient
  const asked = Latch.makeUnsafe()

  const level = Effect.fnUntraced(function* (address: string) {
    const key = Channels.stopOf(address)
    const text = yield* redis.use((connection) => connection.get(key))
    const now = yield* Clock.currentTimeMillis
    const there = Option.getOrUndefined(decode(text))?.stop
    const stands = there !== undefined && there.address === address && isCredible(there, now) ? there : undefined
    if (stands !== undefined) hear(stands)
    const here = known(address)
    if (here === undefined || !holds(here, now)) return
    const stop = longer(here, stands)
    if (stands !== undefined && stop.until === stands.until && stop.bannedUntil === stands.bannedUntil) return
    const message = encode({ origin, stop })
    yield* redis.use((connection) =>
      connection.set(key, message, { expiration: { type: "PX", value: stop.until - now } })
    )
    yield* redis.publish(Channels.STOPS, message)
  })

  const all = Effect.suspend(() => Effect.forEach([...addresses()], level, { discard: true }))
  const levelSoon = () => void asked.openUnsafe()
  yield* asked.await.pipe(
    Effect.andThen(Effect.sync(() => asked.closeUnsafe())),
    Effect.andThen(Effect.retry(all, Schedule.spaced(AGAIN))),
    Effect.forever,
    Effect.forkScoped
  )
  return { level, levelSoon }
})
