// The doorbell between the gateway and the executor. Losing one costs latency, never an order: the executor sweeps the journal.
import { Context, Effect, Layer, Queue, type Scope } from "effect"
import type { Envelope } from "../domain/Command.ts"
import type { AccountId } from "../domain/Ids.ts"

export class CommandQueue extends Context.Service<
  CommandQueue,
  {
    /** Rings for a command that is already durable. False where the bell is full or out of reach; never an error. */
    readonly offer: (envelope: Envelope) => Effect.Effect<boolean>
    /** Commands of the given lanes as they come, at least once; one reader a lane. */
    readonly take: (lanes: ReadonlyArray<number>) => Effect.Effect<Queue.Dequeue<Envelope>, never, Scope.Scope>
  }
>()("outcry/ports/CommandQueue") {
  /** For one process. A full lane answers false at once; commands wait in their lane while it has no reader. */
  static readonly layerMemory = Layer.effect(
    CommandQueue,
    Effect.suspend(() => makeMemory)
  )
}

/** Doorbells a lane holds, waiting or on their way to its reader. Beyond that `offer` is false. */
export const LANE_CAPACITY = 4096

/** How many slices the accounts are divided into. Fixed for the life of an installation. */
export const LANES = 16

/** FNV-1a over the account id: the same lane in every process and every version. */
export const laneOf = (accountId: AccountId): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < accountId.length; index++) {
    hash ^= accountId.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193)
  }
  return (hash >>> 0) % LANES
}

const makeMemory: Effect.Effect<CommandQueue["Service"]> = Effect.gen(function* () {
  const waiting: Array<Queue.Queue<Envelope>> = []
  for (let lane = 0; lane < LANES; lane++) waiting.push(yield* Queue.dropping<Envelope>(LANE_CAPACITY))
  // Where a ring goes now: the lane's own queue, or straight to the reader that holds the lane, so that a ring costs one append.
  const target = [...waiting]
  const attach = Effect.fnUntraced(function* (lanes: ReadonlyArray<number>) {
    const reader = yield* Queue.dropping<Envelope>(LANE_CAPACITY * Math.max(1, lanes.length))
    for (const lane of lanes) {
      target[lane] = reader
      move(waiting[lane], () => reader)
    }
    return reader
  })
  const detach = (lanes: ReadonlyArray<number>, reader: Queue.Queue<Envelope>) =>
    Effect.suspend(() => {
      // A lane that another reader has taken over meanwhile stays with it.
      for (const lane of lanes) if (target[lane] === reader) target[lane] = waiting[lane]!
      move(reader, (envelope) => target[laneOf(envelope.accountId)])
      return Queue.shutdown(reader)
    })
  return {
    offer: (envelope) => Effect.sync(() => Queue.offerUnsafe(target[laneOf(envelope.accountId)]!, envelope)),
    take: (lanes) => Effect.acquireRelease(attach(lanes), (reader) => detach(lanes, reader))
  }
})

/** Empties a queue in one go: nothing can ring in between, so the order of a lane holds. */
const move = (
  from: Queue.Queue<Envelope> | undefined,
  to: (envelope: Envelope) => Queue.Queue<Envelope> | undefined
): void => {
  if (from === undefined) return
  for (let taken = Queue.takeUnsafe(from); taken?._tag === "Success"; taken = Queue.takeUnsafe(from)) {
    const queue = to(taken.value)
    if (queue !== undefined) Queue.offerUnsafe(queue, taken.value)
  }
}
