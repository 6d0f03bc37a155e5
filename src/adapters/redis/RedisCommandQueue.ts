// Lanes as Redis Streams: at least once, one reader a lane, trimmed. A doorbell that is lost here is found by the journal's sweep.
import { Effect, Layer, Option, Queue, Schema } from "effect"
import * as Channels from "../../contract/Channels.ts"
import type { Envelope } from "../../domain/Command.ts"
import { CommandQueue, LANE_CAPACITY, laneOf } from "../../ports/CommandQueue.ts"
import { attempt, type Connection, RedisClient } from "./RedisClient.ts"

/** Entries a lane keeps, roughly (`MAXLEN ~`): beyond it the oldest doorbells are forgotten, never an order. */
const LANE_LENGTH = 10_000
/** Entries of a lane taken by one read. */
const BATCH = 256
/** Longest a read waits for entries, in milliseconds: shorter than the link's own sign of life. */
const BLOCK_MILLIS = 1000
/** The one reader of a lane. The same name for every owner, so that a new owner finds what the last one took and did not hand over. */
const OWNER = "owner"

const encode = Schema.encodeSync(Channels.EnvelopeMessage)
const decode = Schema.decodeUnknownOption(Channels.EnvelopeMessage)

export const layer: Layer.Layer<CommandQueue, never, RedisClient> = Layer.effect(
  CommandQueue,
  Effect.gen(function* () {
    const redis = yield* RedisClient
    const offer = (envelope: Envelope) =>
      redis
        .use((connection) =>
          connection.sendCommand([
            "XADD",
            Channels.orderSubmit(laneOf(envelope.accountId)),
            "MAXLEN",
            "~",
            String(LANE_LENGTH),
            "*",
            Channels.ENVELOPE_FIELD,
            encode(envelope)
          ])
        )
        .pipe(
          Effect.as(true),
          Effect.catch(() => Effect.succeed(false))
        )
    const take = Effect.fnUntraced(function* (lanes: ReadonlyArray<number>) {
      // Full, it holds back the reading, and the stream forgets its oldest.
      const handed = yield* Effect.acquireRelease(Queue.bounded<Envelope>(LANE_CAPACITY), Queue.shutdown)
      if (lanes.length > 0) {
        yield* Effect.forkScoped(redis.follow("RedisCommandQueue", (connection) => read(connection, lanes, handed)))
      }
      return handed
    })
    return { offer, take }
  })
)

interface Reply {
  readonly name: string
  /** A trimmed entry comes without its fields. */
  readonly messages: ReadonlyArray<{ readonly id: string; readonly message: Readonly<Record<string, string>> | null }>
}

const read = Effect.fnUntraced(function* (
  connection: Connection,
  lanes: ReadonlyArray<number>,
  handed: Queue.Enqueue<Envelope>
) {
  const keys = lanes.map(Channels.orderSubmit)
  for (const key of keys) yield* openGroup(connection, key)
  // First what an earlier reader took and never acknowledged, then what is new.
  let left = true
  while (left) left = yield* step(connection, keys, "0", handed)
  while (true) yield* step(connection, keys, ">", handed)
})

/** From the first entry on: what was rung before anyone listened counts too. */
const openGroup = (connection: Connection, key: string) =>
  attempt(() => connection.xGroupCreate(key, Channels.EXECUTORS, "0", { MKSTREAM: true })).pipe(
    Effect.catchIf(
      (failure) => failure.message.startsWith("BUSYGROUP"),
      () => Effect.void
    )
  )

/** Reads once, hands over, acknowledges, in that order. False where there was nothing. */
const step = Effect.fnUntraced(function* (
  connection: Connection,
  keys: ReadonlyArray<string>,
  id: string,
  handed: Queue.Enqueue<Envelope>
) {
  const replies = yield* attempt(
    () =>
      connection.xReadGroup(
        Channels.EXECUTORS,
        OWNER,
        keys.map((key) => ({ key, id })),
        { COUNT: BATCH, BLOCK: BLOCK_MILLIS }
      ) as Promise<ReadonlyArray<Reply> | null>
  )
  let any = false
  for (const { messages, name } of replies ?? []) {
    if (messages.length === 0) continue
    any = true
    const envelopes: Array<Envelope> = []
    for (const { message } of messages) {
      // What was trimmed, or is not ours, is acknowledged and forgotten.
      const envelope = decode(message?.[Channels.ENVELOPE_FIELD])
      if (Option.isSome(envelope)) envelopes.push(envelope.value)
    }
    yield* Queue.offerAll(handed, envelopes)
    yield* attempt(() =>
      connection.xAck(
        name,
        Channels.EXECUTORS,
        messages.map((entry) => entry.id)
      )
    )
  }
  return any
})
