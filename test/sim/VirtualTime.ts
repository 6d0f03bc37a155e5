// Time that passes only when nothing else can happen, and fibers that run in one order only: a seed makes the same history every time.
import { Cause, Clock, Context, Duration, Effect, Exit, Random, Scheduler } from "effect"

/** Epoch milliseconds at which every history begins. */
export const START = 1_800_000_000_000

interface Timer {
  readonly at: number
  readonly number: number
  action: (() => void) | undefined
}

export class VirtualTime {
  now = START
  #number = 0
  #ready: Array<{ run: (() => void) | undefined }> = []
  readonly #timers: Array<Timer> = []

  /** What effects run with, so that neither the wall clock nor chance reaches them. */
  context(random: () => number): Context.Context<never> {
    const scheduler = new Scheduler.MixedScheduler("async", (run) => {
      const task: { run: (() => void) | undefined } = { run }
      this.#ready.push(task)
      return () => void (task.run = undefined)
    })
    return Context.empty().pipe(
      Context.add(Scheduler.Scheduler, scheduler),
      Context.add(Clock.Clock, this.#clock()),
      Context.add(Random.Random, {
        nextDoubleUnsafe: random,
        nextIntUnsafe: () => Math.floor(random() * 2 ** 32)
      })
    ) as Context.Context<never>
  }

  /** Runs an action once that time has come. Returns the undo. */
  at(time: number, action: () => void): () => void {
    const timer: Timer = { at: Math.max(time, this.now), number: this.#number++, action }
    this.#push(timer)
    return () => void (timer.action = undefined)
  }

  /** Lets everything happen until `done`. Throws where nothing is left to happen before it, or it takes too long. */
  async run(done: () => boolean, until: number): Promise<void> {
    while (true) {
      // Some queues wake their readers by microtasks; what those start may do so again.
      for (let turns = 0; turns < 3; turns++) {
        this.#drain()
        await undefined
      }
      if (this.#ready.length > 0) continue
      if (done()) return
      const timer = this.#pop()
      if (timer === undefined) throw new Error("nothing is left to happen, and it is not over")
      if (timer.at > until) throw new Error(`it is not over after ${until - START} ms`)
      this.now = timer.at
      timer.action?.()
    }
  }

  /** Runs an effect to its end. */
  async runEffect<A, E>(effect: Effect.Effect<A, E>, context: Context.Context<never>, within: number): Promise<A> {
    let exit: Exit.Exit<A, E> | undefined
    const fiber = Effect.runForkWith(context)(effect)
    fiber.addObserver((ended) => void (exit = ended))
    await this.run(() => exit !== undefined, this.now + within)
    if (exit === undefined) throw new Error("it did not end")
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  }

  #drain(): void {
    // What is scheduled meanwhile joins the end of the line.
    for (let index = 0; index < this.#ready.length; index++) {
      const task = this.#ready[index]
      task?.run?.()
      if (index > 4096) {
        this.#ready = this.#ready.slice(index + 1)
        index = -1
      }
    }
    this.#ready = []
  }

  #clock(): Clock.Clock {
    const nanos = () => BigInt(this.now) * 1_000_000n
    return {
      currentTimeMillisUnsafe: () => this.now,
      currentTimeMillis: Effect.sync(() => this.now),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration: Duration.Duration) =>
        Effect.callback<void>((resume) => {
          const millis = Duration.toMillis(duration)
          if (!Number.isFinite(millis)) return
          const undo = this.at(this.now + Math.ceil(millis), () => resume(Effect.void))
          return Effect.sync(undo)
        })
    } as unknown as Clock.Clock
  }

  #push(timer: Timer): void {
    const heap = this.#timers
    heap.push(timer)
    let index = heap.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(heap[index]!, heap[parent]!)) break
      swap(heap, index, parent)
      index = parent
    }
  }

  #pop(): Timer | undefined {
    const heap = this.#timers
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    heap[0] = last
    for (let index = 0; ;) {
      const [left, right] = [2 * index + 1, 2 * index + 2]
      let least = index
      if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left
      if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right
      if (least === index) return first
      swap(heap, index, least)
      index = least
    }
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.number < b.number)

const swap = (heap: Array<Timer>, a: number, b: number): void => {
  const held = heap[a]!
  heap[a] = heap[b]!
  heap[b] = held
}
