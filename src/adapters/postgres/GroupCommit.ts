// Collects what many fibers want written while a write is under way, and hands it all to the next one.
import { Cause, Effect, Exit, Fiber, Queue, type Scope } from "effect"

export interface GroupCommit<Item> {
  /** Waits for room when `capacity` items are queued. False once the scope has closed: nothing was taken. */
  readonly add: (item: Item) => Effect.Effect<boolean>
}

/**
 * Writers in the caller's scope, by default one. With more of them a group is prepared while another is being written; what must keep
 * its order then waits for its answer before the next is added. `write` gets everything queued, at most `maxBatch` items, answers each itself, and returns those
 * that must wait for the next batch. It is never interrupted: closing the scope writes what is queued first. Should it die, its items
 * are handed to `abandon` and the writer goes on.
 */
export const make = Effect.fnUntraced(function* <Item>(options: {
  readonly capacity: number
  readonly maxBatch: number
  readonly writers?: number
  readonly write: (batch: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<Item>>
  readonly abandon: (item: Item, why: string) => void
}): Effect.fn.Return<GroupCommit<Item>, never, Scope.Scope> {
  // Callers wait when it is full: each waits for one answer, so they are as many as there are requests and actors.
  const queue = yield* Queue.bounded<Item, Cause.Done>(options.capacity)

  const writeOut = (batch: ReadonlyArray<Item>) =>
    Effect.uninterruptible(options.write(batch)).pipe(
      Effect.catchCause((cause) => {
        for (const item of batch) options.abandon(item, "the write failed in a way that was not foreseen")
        return Effect.as(Effect.logError("A group of writes failed", cause), [] as ReadonlyArray<Item>)
      })
    )

  const writer = Effect.gen(function* () {
    let left: ReadonlyArray<Item> = []
    while (true) {
      const room = Math.max(1, options.maxBatch - left.length)
      const taken: Exit.Exit<ReadonlyArray<Item>, Cause.Done> = left.length > 0 && Queue.sizeUnsafe(queue) === 0
        ? Exit.succeed([])
        : yield* Effect.exit(Queue.takeBetween(queue, 1, room))
      if (Exit.isFailure(taken) && left.length === 0) return
      left = yield* writeOut(Exit.isSuccess(taken) ? [...left, ...taken.value] : left)
    }
  })

  const writers = Array.from({ length: options.writers ?? 1 }, () => Effect.uninterruptible(writer))
  const fibers = yield* Effect.forEach(writers, (one) => Effect.forkScoped(one))
  yield* Effect.addFinalizer(() => Effect.andThen(Queue.end(queue), Fiber.awaitAll(fibers)))
  return { add: (item) => Queue.offer(queue, item) }
})
