// Actors by key: one bounded mailbox and one fiber each, started by their first message, retired when idle.
import { Cause, Clock, Effect, Fiber, Metric, Queue, Schedule, Scope } from "effect"

/** What an actor does. Built anew after every failure, so whatever it remembers must come from a durable place. */
export interface Actor<M> {
  /** Handles everything that waited, in order. Fails or dies where its memory can no longer be trusted. */
  readonly handle: (messages: ReadonlyArray<M>) => Effect.Effect<void, unknown>
  /** False keeps an idle actor resident: something may still happen to it from outside. */
  readonly mayRetire: () => boolean
}

export interface Inbox<M> {
  /** Waits for room: for messages that may not be lost and whose sender can wait. */
  readonly put: (messages: ReadonlyArray<M>) => Effect.Effect<void>
}

export interface Mailboxes<K, M> {
  /** False where the mailbox is full or too many actors are resident; nothing was taken then. */
  readonly offer: (key: K, message: M) => boolean
  readonly resident: () => number
}

export interface MailboxOptions<K extends string, M> {
  readonly name: string
  /** Messages that may wait for one actor. */
  readonly capacity: number
  /** Messages handled at once. */
  readonly batch: number
  /** Actors alive at once. */
  readonly maxResident: number
  readonly idleMillis: number
  /** Runs at the start and after every failure, in the scope of that life. */
  readonly init: (key: K, inbox: Inbox<M>) => Effect.Effect<Actor<M>, unknown, Scope.Scope>
}

interface Resident<M> {
  readonly queue: Queue.Queue<M>
  actor: Actor<M> | undefined
  lastActiveMillis: number
  busy: boolean
  fiber: Fiber.Fiber<void> | undefined
}

const backoff = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

const crashes = Metric.counter("outcry_actor_restarts_total", {
  description: "Actors rebuilt after a failure",
  incremental: true
})

/**
 * Messages that were being handled when an actor failed are dropped with its memory: their sender must be able to send them again
 * (the executor sweeps the journal, and asks the exchange). What still waits in the mailbox is kept.
 */
export const make = Effect.fnUntraced(function* <K extends string, M>(
  options: MailboxOptions<K, M>
): Effect.fn.Return<Mailboxes<K, M>, never, Scope.Scope> {
  const residents = new Map<K, Resident<M>>()
  const scope = yield* Effect.scope
  const clock = yield* Clock.Clock
  const run = Effect.runForkWith(yield* Effect.context<never>()) // tidy-ok: offer is synchronous on the order path

  const life = (key: K, resident: Resident<M>) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { queue } = resident
        const actor = yield* options.init(key, { put: (messages) => Effect.asVoid(Queue.offerAll(queue, messages)) })
        resident.actor = actor
        while (true) {
          const messages = yield* Queue.takeBetween(queue, 1, options.batch)
          resident.busy = true
          yield* actor.handle(messages)
          resident.busy = false
          resident.lastActiveMillis = clock.currentTimeMillisUnsafe()
        }
      })
    ).pipe(
      Effect.sandbox,
      Effect.tapError((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.void
          : Effect.andThen(
              Metric.update(crashes, 1),
              Effect.logError(`${options.name} ${key} failed and is rebuilt from the journal`, cause)
            )
      ),
      Effect.retry({ schedule: backoff, while: (cause) => !Cause.hasInterruptsOnly(cause) }),
      Effect.ignore
    )

  const start = (key: K): Resident<M> => {
    const queue = Effect.runSync(Queue.bounded<M>(options.capacity)) // tidy-ok: making a queue never suspends
    const resident: Resident<M> = {
      queue,
      actor: undefined,
      lastActiveMillis: clock.currentTimeMillisUnsafe(),
      busy: false,
      fiber: undefined
    }
    residents.set(key, resident)
    resident.fiber = run(Effect.asVoid(life(key, resident)))
    return resident
  }

  const retireIdle = Effect.gen(function* () {
    const now = clock.currentTimeMillisUnsafe()
    for (const [key, resident] of residents) {
      const idle = now - resident.lastActiveMillis > options.idleMillis
      if (!idle || resident.busy || Queue.sizeUnsafe(resident.queue) > 0 || resident.actor?.mayRetire() !== true)
        continue
      // Out of the map before the fiber ends: a message that comes now starts a new life instead of waiting for the old one.
      residents.delete(key)
      if (resident.fiber !== undefined) yield* Fiber.interrupt(resident.fiber)
    }
  })
  yield* Effect.forkScoped(Effect.repeat(retireIdle, Schedule.spaced("10 seconds")))
  yield* Scope.addFinalizer(
    scope,
    Effect.suspend(() => {
      const fibers = [...residents.values()].flatMap(({ fiber }) => (fiber === undefined ? [] : [fiber]))
      residents.clear()
      return Fiber.interruptAll(fibers)
    })
  )

  return {
    offer: (key, message) => {
      const resident = residents.get(key) ?? (residents.size < options.maxResident ? start(key) : undefined)
      return resident !== undefined && Queue.offerUnsafe(resident.queue, message)
    },
    resident: () => residents.size
  }
})
