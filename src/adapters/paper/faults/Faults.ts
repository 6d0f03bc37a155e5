// Faults on a switch: what the transports and the venue ask at each step, and the verbs by which a test or an administrator sets them.
import { Clock, Context, Effect, Layer, type Scope } from "effect"
import { afterCall, beforeCall, type Call, type Verdict } from "./CallFaults.ts"
import type { Target, Wanted } from "./Fault.ts"
import type { FaultHandle } from "./FaultHandle.ts"
import {
  covers,
  type FaultOver,
  FaultRegistry,
  type FaultView,
  type Occurrence,
  TooManyFaults
} from "./FaultRegistry.ts"
import { type FaultVerbs, verbsOf } from "./FaultVerbs.ts"
import { LiquidityFaults } from "./LiquidityFaults.ts"
import { type Outcome, Passage, type Ways } from "./Passage.ts"
import { type Attached, type Connection, type Delivery, StreamFaults } from "./StreamFaults.ts"

/** What the transports and the venue ask. Times are epoch milliseconds. Each is one check while no fault stands. */
export interface FaultHooks {
  /** Nothing stands: every hook would say that all goes well. */
  readonly quiet: boolean
  readonly beforeCall: (call: Call) => Verdict
  /** `executed`: the call did what it asked, so that losing its answer leaves something behind. */
  readonly afterCall: (call: Call, executed: boolean) => Verdict
  /** Whether the exchange stands still for this target: nothing is sent, not even a pong. */
  readonly frozen: (target: Target) => boolean
  /** Runs an action at once, or when it does not stand still any more. */
  readonly whenThawed: (target: Target, action: () => void) => void
  /** To add to the exchange's clock wherever a timestamp is judged or the time is told. */
  readonly clockSkewMillis: (target: Target, at: number) => number
  /** `beforeCall`, with what it says done: goes on with `execute`, at once or later, unless the call is lost or refused first. */
  readonly before: (call: Call, ways: Ways, execute: () => void) => void
  /** `afterCall`, with what it says done: goes on with `send` and what of the answer may be seen, unless it is lost. */
  readonly after: (call: Call, outcome: Outcome, ways: Ways, send: (answer: unknown) => void) => void
  /** Runs an action after so many milliseconds, as long as the exchange lives: for what `events` says is late. */
  readonly later: (millis: number, action: () => void) => void
  /** What is delivered of events that belong together, in this order. */
  readonly events: <E>(target: Target, at: number, batch: ReadonlyArray<E>) => ReadonlyArray<Delivery<E>>
  /** `events` and `silenced`, with what they say done. Returns once the next batch may be begun. */
  readonly deliver: <E>(target: Target, batch: ReadonlyArray<E>, send: (event: E) => void) => Effect.Effect<void>
  /** Whether this message may not be sent; pings are answered all the same. */
  readonly silenced: (target: Target, at: number) => boolean
  /** Makes a connection known, so that it can be cut or shut down. */
  readonly attach: (connection: Connection, at: number) => Attached
  /** The outside market as a command of this account and symbol may take from it. */
  readonly limited: LiquidityFaults["limited"]
  /** What of the market's move reaches orders that rest. */
  readonly moved: LiquidityFaults["moved"]
  /** What came of it: counts what the market gave. */
  readonly told: LiquidityFaults["told"]
}

export interface FaultControl extends FaultVerbs {
  readonly set: (wanted: Wanted) => Effect.Effect<FaultHandle, TooManyFaults>
  readonly list: Effect.Effect<ReadonlyArray<FaultView>>
  readonly find: (id: string) => Effect.Effect<FaultView | undefined>
  readonly happened: (id: string, n: number) => Effect.Effect<Occurrence, FaultOver>
  /** Whether there was such a fault. What it holds up goes on. */
  readonly clear: (id: string) => Effect.Effect<boolean>
  readonly clearAll: Effect.Effect<void>
}

export class Faults extends Context.Service<Faults, FaultHooks & FaultControl>()(
  "outcry/adapters/paper/faults/Faults"
) {
  /** The same seed and the same calls meet the same faults. */
  static readonly layerOf = (seed: number): Layer.Layer<Faults> =>
    Layer.effect(
      Faults,
      Effect.map(Effect.context<Scope.Scope>(), (context) => {
        const registry = new FaultRegistry(seed)
        const passage = new Passage(registry, context)
        const streams = new StreamFaults(registry, (millis, action) => passage.later(millis, action))
        return Faults.of({
          ...hooksOf(registry, streams, passage),
          ...controlOf(registry, streams),
          get quiet() {
            return registry.quiet
          }
        })
      })
    )
}

const hooksOf = (registry: FaultRegistry, streams: StreamFaults, passage: Passage): Omit<FaultHooks, "quiet"> => {
  const liquidity = new LiquidityFaults(registry)
  return {
    beforeCall: (call) => beforeCall(registry, call),
    afterCall: (call, executed) => afterCall(registry, call, executed),
    frozen: (target) => registry.stands("freeze") && registry.matches("freeze", target),
    whenThawed: (target, action) => (registry.quiet ? action() : passage.whenThawed(target, action)),
    clockSkewMillis: (target, at) => {
      let skew = 0
      for (const hit of registry.hits("skewClock", target, at)) {
        hit.record(`the clock showed ${hit.params.millis} ms more`)
        skew += hit.params.millis
      }
      return skew
    },
    before: (call, ways, execute) => passage.before(call, ways, execute),
    after: (call, outcome, ways, send) => passage.after(call, outcome, ways, send),
    later: (millis, action) => passage.later(millis, action),
    events: (target, at, batch) => streams.events(target, at, batch),
    deliver: (target, batch, send) => streams.deliver(target, batch, send),
    silenced: (target, at) => streams.silenced(target, at),
    attach: (connection, at) => streams.attach(connection, at),
    limited: (outside, target, at) => liquidity.limited(outside, target, at),
    moved: (feed, engine) => liquidity.moved(feed, engine),
    told: (events) => liquidity.told(events)
  }
}

const CUTTING = new Set(["cutStream", "rotate", "shutdown"])

const controlOf = (registry: FaultRegistry, streams: StreamFaults): FaultControl => {
  const handle = (id: string): FaultHandle => ({
    id,
    happened: registry.happened(id, 1),
    happenedTimes: (n) => registry.happened(id, n),
    clear: Effect.sync(() => void registry.clear(id))
  })
  const set = Effect.fnUntraced(function* (wanted: Wanted) {
    const open = CUTTING.has(wanted.verb) ? streams.count((target) => covers(wanted, target)) : 0
    const everyone = open > 1 && wanted.times === undefined && wanted.share === undefined
    const id = registry.set(everyone ? { ...wanted, times: open } : wanted)
    if (id instanceof TooManyFaults) return yield* id
    if (CUTTING.has(wanted.verb)) streams.act(yield* Clock.currentTimeMillis)
    return handle(id)
  })
  const thaw = Effect.sync(() => {
    for (const { id, state, verb } of registry.list()) if (verb === "freeze" && state === "standing") registry.clear(id)
  })
  return {
    ...verbsOf(set, thaw),
    set,
    list: Effect.sync(() => registry.list()),
    find: (id) => Effect.sync(() => registry.find(id)),
    happened: (id, n) => registry.happened(id, n),
    clear: (id) => Effect.sync(() => registry.clear(id)),
    clearAll: Effect.sync(() => registry.clearAll())
  }
}
