// What the engine did and nobody knows yet: on its way to the journal in groups, in order, and told once it is there.
import { Cause, Deferred, Effect, Exit, Fiber, Option, Queue, type Scope } from "effect"
import type { EngineEvent } from "../../domain/matching/Event.ts"
import {
  type EngineSnapshot,
  type JournalEntry,
  type PaperCommit,
  type PaperJournal,
  PaperJournalError
} from "../../ports/PaperJournal.ts"
import { NO_ROWS, type ProjectedRows } from "./Projection.ts"
import { OutcomeLost } from "./Venue.ts"

/** Steps that share one commit at most. */
const BATCH = 512

/** One command's consequences. Without an entry nothing happened, and only a snapshot is to be kept. */
export interface Step {
  readonly entry: JournalEntry | undefined
  readonly rows: ProjectedRows
  readonly events: ReadonlyArray<EngineEvent>
  readonly snapshot: EngineSnapshot | undefined
  readonly done: Deferred.Deferred<void, OutcomeLost> | undefined
}

export interface Outbox {
  readonly isFull: () => boolean
  /** Succeeds once everything added before is durable. */
  readonly settled: Effect.Effect<void, OutcomeLost>
  /** In the order of the entries; the caller has seen that it is not full. */
  readonly add: (step: Step) => void
  /** Recovers although no commit failed: memory is wrong, the journal is right. */
  readonly restart: (error: PaperJournalError) => void
}

/**
 * One commit at a time. `tell` is called for each step that is durable, in order, before its caller goes on. After a failed commit, which
 * may have been made or not, `recover` brings memory back to the journal; until then nothing is taken from the line. Closing the scope
 * writes what is queued first.
 */
export const make = Effect.fnUntraced(function* (options: {
  readonly capacity: number
  readonly commit: PaperJournal["Service"]["commit"]
  readonly tell: (step: Step) => void
  readonly recover: (error: PaperJournalError) => Effect.Effect<void>
}): Effect.fn.Return<Outbox, never, Scope.Scope> {
  const queue = yield* Queue.bounded<Step>(options.capacity)
  /** Steps so far. */
  let added = 0
  let settledSteps = 0
  /** Whoever waits for the steps up to a number; in order. As many as there are readers, who wait for one answer each. */
  let waiters: Array<{ readonly upTo: number; readonly done: Deferred.Deferred<void, OutcomeLost> }> = []
  let closing = false
  let recovering = false
  let restartFor: PaperJournalError | undefined

  const settle = (step: Step, exit: Exit.Exit<void, OutcomeLost>) => {
    settledSteps++
    if (step.done !== undefined) Deferred.doneUnsafe(step.done, exit)
  }

  const wake = (exit: Exit.Exit<void, OutcomeLost>) => {
    const ready = waiters.filter(({ upTo }) => upTo <= settledSteps)
    waiters = waiters.filter(({ upTo }) => upTo > settledSteps)
    for (const { done } of ready) Deferred.doneUnsafe(done, exit)
  }

  const forget = (why: OutcomeLost) => {
    for (let taken = Queue.takeUnsafe(queue); taken !== undefined; taken = Queue.takeUnsafe(queue)) {
      if (Exit.isSuccess(taken)) settle(taken.value, Exit.fail(why))
    }
  }

  const write = Effect.fnUntraced(function* (steps: ReadonlyArray<Step>) {
    const commit = commitOf(steps)
    const written = yield* Effect.exit(commit === undefined ? Effect.void : options.commit(commit))
    if (Exit.isSuccess(written)) {
      const failures: Array<unknown> = []
      for (const step of steps) {
        try {
          options.tell(step)
        } catch (failure) {
          failures.push(failure)
        }
        settle(step, Exit.void)
      }
      wake(Exit.void)
      if (failures.length > 0) yield* Effect.logError("a listener of the paper exchange failed", failures[0])
      if (restartFor === undefined) return
    }
    const error = Exit.isFailure(written) ? reasonOf(written.cause) : restartFor
    if (error === undefined) return
    restartFor = undefined
    const lost = new OutcomeLost({ message: `The paper exchange lost its memory: ${error.message}` })
    if (Exit.isFailure(written)) for (const step of steps) settle(step, Exit.fail(lost))
    forget(lost)
    wake(Exit.fail(lost))
    if (closing) return
    recovering = true
    yield* Effect.interruptible(options.recover(error))
    recovering = false
  })

  const isIdle = () => added === settledSteps
  const isDone = () => closing && isIdle()
  const loop = Effect.gen(function* () {
    while (!isDone()) {
      yield* write(yield* Effect.interruptible(Queue.takeBetween(queue, 1, BATCH)))
    }
  })
  const fiber = yield* Effect.forkScoped(Effect.uninterruptible(loop))
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closing = true
      // A journal that is away is not waited for.
      return !isIdle() && !recovering ? Effect.exit(Fiber.join(fiber)) : Effect.void
    })
  )

  const add = (step: Step) => {
    if (Queue.offerUnsafe(queue, step)) added++
  }

  return {
    isFull: () => closing || Queue.isFullUnsafe(queue),
    settled: Effect.suspend(() => {
      if (isIdle()) return Effect.void
      const done = Deferred.makeUnsafe<void, OutcomeLost>()
      waiters.push({ upTo: added, done })
      return Deferred.await(done)
    }),
    add,
    restart: (error) => {
      restartFor = error
      add({ entry: undefined, rows: NO_ROWS, events: [], snapshot: undefined, done: undefined })
    }
  }
})

const reasonOf = (cause: Cause.Cause<PaperJournalError>): PaperJournalError =>
  Option.getOrElse(
    Cause.findErrorOption(cause),
    () =>
      new PaperJournalError({ message: `the journal failed in a way that was not foreseen: ${Cause.pretty(cause)}` })
  )

/** Of rows that replace each other only the last is written. */
const commitOf = (steps: ReadonlyArray<Step>): PaperCommit | undefined => {
  const entries: Array<JournalEntry> = []
  const orders = new Map<number, PaperCommit["orders"][number]>()
  const lists = new Map<number, PaperCommit["lists"][number]>()
  let snapshot: EngineSnapshot | undefined
  for (const step of steps) {
    if (step.entry !== undefined) entries.push(step.entry)
    for (const order of step.rows.orders) orders.set(order.orderId, order)
    for (const list of step.rows.lists) lists.set(list.listId, list)
    snapshot = step.snapshot ?? snapshot
  }
  if (entries.length === 0 && snapshot === undefined) return undefined
  return {
    entries,
    orders: [...orders.values()],
    lists: [...lists.values()],
    trades: steps.flatMap((step) => step.rows.trades),
    amendments: steps.flatMap((step) => step.rows.amendments),
    prevented: steps.flatMap((step) => step.rows.prevented),
    ...(snapshot === undefined ? {} : { snapshot })
  }
}
