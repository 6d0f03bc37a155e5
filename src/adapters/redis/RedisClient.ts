// The way to Redis. Redis is never the truth: everything here gives up fast, says so, and comes back by itself.
import { Cause, Context, Deferred, Effect, Exit, Layer, Metric, Redacted, Schema, type Scope } from "effect"
import { createClient, ErrorReply, type RedisClientType } from "redis"
import { ConfigInvalid } from "../../Config.ts"

export type Connection = RedisClientType

/** Redis did not do it, or did not answer in time. Nothing may be assumed done or not done. */
export class RedisUnavailable extends Schema.TaggedError<RedisUnavailable>()("RedisUnavailable", {
  message: Schema.String,
  /** Redis answered, and the answer was no: its own words are in the message. */
  refused: Schema.Boolean
}) {}

/** Longest wait for the answer to one command. */
const DEADLINE = "500 millis"
/** Commands on their way or waiting to be written; more are refused. */
const IN_FLIGHT = 8192
/** Between attempts to connect, doubling from the first to the second, in milliseconds. */
const RETRY_MILLIS = [50, 2000] as const
/** A peer that is silent to a PING this long, in milliseconds, is gone. */
const SILENCE_MILLIS = 6000

const dropped = Metric.counter("outcry_redis_dropped_total", {
  description: "Messages that were not published because Redis was out of reach or too slow",
  incremental: true
})

export class RedisClient extends Context.Service<
  RedisClient,
  {
    /** Whether commands can be sent now. */
    readonly connected: () => boolean
    /** Counts the connections made: when it changes, Redis may have come back empty. */
    readonly epoch: () => number
    /** Called each time a connection stands, until undone; it must not block or throw. */
    readonly onConnect: (listener: () => void) => () => void
    /** Runs commands on the shared connection. Fails at once without one. */
    readonly use: <A>(run: (connection: Connection) => Promise<A>) => Effect.Effect<A, RedisUnavailable>
    /** Publishes without waiting. What cannot be sent is dropped and counted, and `onDrop` hears of it, at once or later. */
    readonly publish: (channel: string, message: string, onDrop?: () => void) => Effect.Effect<void>
    /**
     * Runs `work` on a connection of its own, and again on a new one whenever that is lost or `work` fails. Never ends: meant to be
     * forked. Scoped things of `work` end with its connection.
     */
    readonly follow: (
      name: string,
      work: (connection: Connection) => Effect.Effect<unknown, RedisUnavailable, Scope.Scope>
    ) => Effect.Effect<never>
  }
>()("outcry/adapters/redis/RedisClient") {
  /** Connects in the background: building succeeds whether or not Redis is up. Fails only for a URL that is none. */
  static readonly layer = (url: Redacted.Redacted): Layer.Layer<RedisClient, ConfigInvalid> =>
    Layer.effect(
      RedisClient,
      Effect.suspend(() => make(url))
    )
}

const make = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  yield* Effect.try({
    try: () => void newConnection(url),
    catch: () =>
      new ConfigInvalid({ message: "REDIS_URL cannot be used: redis://[user:password@]host[:port] is wanted." })
  })
  const context = yield* Effect.context<never>()
  const listeners = new Set<() => void>()
  let current: Connection | undefined
  let epoch = 0
  yield* shared(url, (connection) => {
    current = connection
    if (connection === undefined) return
    epoch++
    for (const listener of listeners) listener()
  }).pipe(Effect.forkScoped)
  return {
    connected: () => current !== undefined,
    epoch: () => epoch,
    onConnect: (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    use: <A>(run: (connection: Connection) => Promise<A>) =>
      Effect.suspend(() => (current === undefined ? Effect.fail(noConnection) : command(current, run))),
    publish: (channel: string, message: string, onDrop?: () => void) =>
      Effect.sync(() => {
        const drop = () => {
          Metric.withAttributes(dropped, { channel }).updateUnsafe(1, context)
          onDrop?.()
        }
        if (current === undefined) drop()
        else current.publish(channel, message).catch(drop)
      }),
    follow: (name: string, work: (connection: Connection) => Effect.Effect<unknown, RedisUnavailable, Scope.Scope>) =>
      follow(name, url, work)
  }
})

const noConnection = new RedisUnavailable({ message: "There is no connection to Redis now.", refused: false })

const command = <A>(connection: Connection, run: (connection: Connection) => Promise<A>) =>
  attempt(() => run(connection)).pipe(
    Effect.timeoutOrElse({
      duration: DEADLINE,
      orElse: () => Effect.fail(new RedisUnavailable({ message: "Redis did not answer in time.", refused: false }))
    })
  )

/** A promise of the Redis library as an effect. */
export const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, RedisUnavailable> =>
  Effect.tryPromise({ try: run, catch: unavailable })

const unavailable = (cause: unknown) =>
  new RedisUnavailable({
    message: cause instanceof Error ? cause.message || cause.name : "Redis failed.",
    refused: cause instanceof ErrorReply
  })

/** Reconnecting is done by `follow`, so a connection here lives once: its end is an event, not a state to ask for. */
const newConnection = (url: Redacted.Redacted): Connection =>
  createClient({
    url: Redacted.value(url),
    disableOfflineQueue: true,
    commandsQueueMaxLength: IN_FLIGHT,
    maintNotifications: "disabled",
    pingInterval: SILENCE_MILLIS / 3,
    socket: { reconnectStrategy: false, connectTimeout: SILENCE_MILLIS / 3, socketTimeout: SILENCE_MILLIS }
  }) as Connection

/** Opens a connection and gives it to `work`; fails when either ends. */
const connected = <A, R>(
  url: Redacted.Redacted,
  work: (connection: Connection) => Effect.Effect<A, RedisUnavailable, R>
): Effect.Effect<never, RedisUnavailable, Exclude<R, Scope.Scope>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const lost = yield* Deferred.make<never, RedisUnavailable>()
      const connection = yield* Effect.acquireRelease(
        Effect.sync(() => newConnection(url)),
        (connection) => Effect.sync(() => connection.isOpen && connection.destroy())
      )
      // A client without an error listener throws into the process. What matters of it arrives as `terminated`.
      connection.on("error", () => undefined)
      connection.on("terminated", (cause) => Deferred.doneUnsafe(lost, Exit.fail(unavailable(cause))))
      yield* attempt(() => connection.connect())
      return yield* Effect.raceFirst(Deferred.await(lost), Effect.andThen(work(connection), Effect.fail(ended)))
    })
  )

const ended = new RedisUnavailable({ message: "The work on this connection ended.", refused: false })

/** Whether Redis answers, over a connection of its own. Fails also for a URL that is none. */
export const ping = (url: Redacted.Redacted): Effect.Effect<void, RedisUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const connection = yield* Effect.acquireRelease(
        Effect.try({ try: () => newConnection(url), catch: unavailable }),
        (connection) => Effect.sync(() => connection.isOpen && connection.destroy())
      )
      connection.on("error", () => undefined)
      yield* attempt(() => connection.connect())
      yield* command(connection, () => connection.ping())
    })
  )

/** A connection that stood this long was sound: the next failure waits the shortest time again. */
const SOUND = "5 seconds"

/** Tries for ever, with a pause that doubles while connections do not last. */
const again = <R>(
  url: Redacted.Redacted,
  work: (connection: Connection) => Effect.Effect<unknown, RedisUnavailable, R>,
  onFailure: (failure: RedisUnavailable, first: boolean) => Effect.Effect<void>
): Effect.Effect<never, never, Exclude<R, Scope.Scope>> =>
  Effect.gen(function* () {
    let failures = 0
    const forget = Effect.andThen(
      Effect.sleep(SOUND),
      Effect.sync(() => (failures = 0))
    )
    while (true) {
      const once = connected(url, (connection) => Effect.andThen(Effect.forkScoped(forget), work(connection)))
      const failure = yield* Effect.flip(once)
      yield* onFailure(failure, failures === 0)
      yield* Effect.sleep(Math.min(RETRY_MILLIS[0] * 2 ** Math.min(failures++, 16), RETRY_MILLIS[1]))
    }
  })

/** The connection of `use` and `publish`. It alone speaks of the link in the log: once when it breaks, once when it is back. */
const shared = (url: Redacted.Redacted, stands: (connection: Connection | undefined) => void) => {
  let down = false
  const hold = Effect.fnUntraced(function* (connection: Connection) {
    yield* Effect.acquireRelease(
      Effect.sync(() => stands(connection)),
      () => Effect.sync(() => stands(undefined))
    )
    yield* Effect.logInfo(down ? "Redis is back." : "Redis is connected.")
    down = false
    return yield* Effect.never
  })
  return again(url, hold, (failure) => {
    if (down) return Effect.void
    down = true
    return Effect.logWarning(
      `Redis cannot be reached (${failure.message}). Orders stay durable, executors sweep the journal; trying again until it is back.`
    )
  })
}

const follow = (
  name: string,
  url: Redacted.Redacted,
  work: (connection: Connection) => Effect.Effect<unknown, RedisUnavailable, Scope.Scope>
): Effect.Effect<never> => {
  // A defect is ours, not Redis's: it is told, and the work starts again like after a lost connection.
  const told = (cause: Cause.Cause<RedisUnavailable>) =>
    Cause.hasDies(cause)
      ? Effect.andThen(Effect.logError(`${name} failed and starts again`, cause), Effect.fail(ended))
      : Effect.failCause(cause)
  return again(
    url,
    (connection) => Effect.catchCause(work(connection), told),
    (failure, first) =>
      failure.refused && first ? Effect.logWarning(`${name} was refused by Redis: ${failure.message}`) : Effect.void
  )
}
