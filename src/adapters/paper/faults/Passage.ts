// A call's way through its faults, for transports that work with callbacks.
import { Clock, type Context, Effect, type Scope } from "effect"
import { afterCall, beforeCall, type Call, type Verdict } from "./CallFaults.ts"
import type { Target } from "./Fault.ts"
import type { FaultAnswer } from "./FaultAnswer.ts"
import type { FaultRegistry } from "./FaultRegistry.ts"
import { seen } from "./HiddenOrders.ts"

/** Calls and events that faults keep waiting at once; one more call is cut, one more event comes at once. */
export const MAX_WAITING = 10_000

/** What a transport can do to a call that does not go its usual way. Both may find that the caller has left. */
export interface Ways {
  readonly answer: (answer: FaultAnswer) => void
  /** Ends the connection without an answer. */
  readonly cut: () => void
}

export interface Outcome {
  /** The call did what it asked: losing its answer leaves something behind. */
  readonly executed: boolean
  readonly answer: unknown
}

export class Passage {
  readonly #registry: FaultRegistry
  readonly #context: Context.Context<Scope.Scope>
  #waiting = 0

  constructor(registry: FaultRegistry, context: Context.Context<Scope.Scope>) {
    this.#registry = registry
    this.#context = context
  }

  /** Goes on with `execute`, at once or later, unless the call is lost or refused first. */
  before(call: Call, ways: Ways, execute: () => void): void {
    if (this.#registry.quiet) return execute()
    const verdict = beforeCall(this.#registry, call)
    if (verdict.fate !== "frozen") return this.#meet(verdict, ways, execute)
    const again = (at: number) => this.before({ ...call, at }, ways, execute)
    this.#wait(this.#registry.over("freeze", call), ways, again)
  }

  /** Goes on with `send` and what of the answer may be seen, at once or later, unless it is lost. */
  after(call: Call, outcome: Outcome, ways: Ways, send: (answer: unknown) => void): void {
    if (this.#registry.quiet) return send(outcome.answer)
    const verdict = afterCall(this.#registry, call, outcome.executed)
    if (verdict.fate !== "proceed" || !outcome.executed) return this.#meet(verdict, ways, () => send(outcome.answer))
    const shown = seen(this.#registry, call, outcome.answer)
    if ("status" in shown) this.#meet({ ...verdict, fate: shown }, ways, () => undefined)
    else this.#meet(verdict, ways, () => send(shown.answer))
  }

  /** Runs an action once the exchange does not stand still for this target. */
  whenThawed(target: Target, action: () => void): void {
    if (!this.#registry.matches("freeze", target)) return action()
    this.#wait(this.#registry.over("freeze", target), { cut: action }, action)
  }

  /** Runs an action later, as long as the exchange lives; at once where too much waits already. */
  later(millis: number, action: () => void): void {
    this.#wait(Effect.sleep(millis), { cut: action }, action)
  }

  #meet({ delayMillis, fate, hangMillis }: Verdict, ways: Ways, proceed: () => void): void {
    if (delayMillis > 0) {
      return this.#wait(Effect.sleep(delayMillis), ways, () =>
        this.#meet({ delayMillis: 0, fate, hangMillis }, ways, proceed)
      )
    }
    if (fate === "proceed") return proceed()
    if (fate === "cut") return ways.cut()
    if (fate === "hang") return this.#wait(Effect.sleep(hangMillis), ways, ways.cut)
    if (fate !== "frozen") ways.answer(fate)
  }

  #wait(until: Effect.Effect<void>, ways: Pick<Ways, "cut">, action: (at: number) => void): void {
    if (this.#waiting >= MAX_WAITING) return ways.cut()
    this.#waiting++
    this.#fork(
      Effect.andThen(
        until,
        Effect.map(Clock.currentTimeMillis, (at) => {
          this.#waiting--
          action(at)
        })
      )
    )
  }

  #fork(effect: Effect.Effect<void>): void {
    Effect.runForkWith(this.#context)(Effect.forkScoped(effect)) // tidy-ok: a socket's callback enters Effect here
  }
}
