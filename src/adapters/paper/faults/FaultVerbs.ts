// The verbs by name, as a test says them.
import type { Effect } from "effect"
import type {
  CallScope,
  KeyScope,
  Loss,
  MarketScope,
  Params,
  Scope,
  StreamScope,
  Timing,
  VerbName,
  Wanted
} from "./Fault.ts"
import type { FaultHandle } from "./FaultHandle.ts"
import type { TooManyFaults } from "./FaultRegistry.ts"

/** Whose calls: an API key's, or those of a narrower scope. */
export type Calls = string | CallScope
/** Whose streams; of events the user's own, where no other is named. */
export type Streams = string | StreamScope

/** How often, or what part of what matches. */
export interface Often {
  readonly times?: number
  readonly share?: number
  readonly seed?: number
}

type Setting = Effect.Effect<FaultHandle, TooManyFaults>

export interface FaultVerbs {
  /** The next order, change or cancel is executed; its answer never comes. */
  readonly loseNextAck: (whom: Calls, how?: Loss, often?: Often) => Setting
  /** The next order, change or cancel is not executed, and its caller cannot know. */
  readonly loseNextRequest: (whom: Calls, how?: Loss, often?: Often) => Setting
  readonly delay: (whom: Calls, timing: Timing, before?: Params<"delay">["before"], often?: Often) => Setting
  /** Until cleared. Positive: the exchange is ahead, so callers are too late. */
  readonly skewClock: (millis: number, whom?: string | KeyScope) => Setting
  readonly rateLimit: (whom: Calls, retryAfterSeconds?: number, often?: Often) => Setting
  readonly ban: (whom: Calls, retryAfterSeconds?: number, often?: Often) => Setting
  readonly tooManyOrders: (whom: Calls, often?: Often) => Setting
  readonly refuseBalance: (whom: Calls, often?: Often) => Setting
  /** Until cleared: orders get `lots` more from the market, then nothing. */
  readonly stopFillingAfter: (lots: number, scope: MarketScope) => Setting
  readonly duplicateEvents: (whom: Streams, copies?: number, often?: Often) => Setting
  readonly reorderEvents: (whom: Streams, lateMillis?: number, often?: Often) => Setting
  readonly dropEvents: (whom: Streams, often?: Often) => Setting
  readonly delayEvents: (whom: Streams, timing: Timing, often?: Often) => Setting
  /** Until cleared. Pings are still answered. */
  readonly silence: (whom: Streams) => Setting
  /** What is open now, or the next to open. */
  readonly cutStream: (whom: Streams, how?: Params<"cutStream">["how"]) => Setting
  readonly rotate: (whom?: Streams) => Setting
  readonly shutdown: (graceMillis?: number, whom?: Streams) => Setting
  /** Until thawed: clear the handle, or `thaw`. */
  readonly freeze: Setting
  readonly thaw: Effect.Effect<void>
  readonly html: (whom: Calls, status?: 403 | 503, often?: Often) => Setting
  readonly geoBlock: (whom: Calls, often?: Often) => Setting
  /** Until cleared: queries see an order only `millis` after it was placed. */
  readonly hideOrders: (whom: Calls, millis: number) => Setting
}

const scopeOf = (whom: string | Scope): Scope => (typeof whom === "string" ? { apiKey: whom } : whom)

/** Longer than any client is patient. */
const HANG_MILLIS = 60_000

export const verbsOf = (set: (wanted: Wanted) => Setting, thaw: Effect.Effect<void>): FaultVerbs => {
  const on = <V extends VerbName>(verb: V, scope: Scope, params: Params<V>, often: Often = {}): Setting =>
    set({ verb, scope, params, ...often } as Wanted)
  return {
    loseNextAck: (whom, how = "cut", often) => on("loseAck", scopeOf(whom), { how, hangMillis: HANG_MILLIS }, often),
    loseNextRequest: (whom, how = "cut", often) =>
      on("loseRequest", scopeOf(whom), { how, hangMillis: HANG_MILLIS }, often),
    delay: (whom, timing, before = "execution", often) => on("delay", scopeOf(whom), { before, timing }, often),
    skewClock: (millis, whom = {}) => on("skewClock", scopeOf(whom), { millis }),
    rateLimit: (whom, retryAfterSeconds = 10, often) => on("rateLimit", scopeOf(whom), { retryAfterSeconds }, often),
    ban: (whom, retryAfterSeconds = 120, often) => on("ban", scopeOf(whom), { retryAfterSeconds }, often),
    tooManyOrders: (whom, often) =>
      on("tooManyOrders", scopeOf(whom), { limit: 100, interval: "10 SECOND", retryAfterSeconds: 10 }, often),
    refuseBalance: (whom, often) => on("refuseBalance", scopeOf(whom), {}, often),
    stopFillingAfter: (lots, scope) => on("stopFillingAfter", scope, { lots }),
    duplicateEvents: (whom, copies = 1, often) => on("duplicateEvents", scopeOf(whom), { copies }, often),
    reorderEvents: (whom, lateMillis = 250, often) => on("reorderEvents", scopeOf(whom), { lateMillis }, often),
    dropEvents: (whom, often) => on("dropEvents", scopeOf(whom), {}, often),
    delayEvents: (whom, timing, often) => on("delayEvents", scopeOf(whom), { timing }, often),
    silence: (whom) => on("silence", scopeOf(whom), {}),
    cutStream: (whom, how = "reset") => on("cutStream", scopeOf(whom), { how }),
    rotate: (whom = {}) => on("rotate", scopeOf(whom), {}),
    shutdown: (graceMillis = 1_000, whom = {}) => on("shutdown", scopeOf(whom), { graceMillis }),
    freeze: on("freeze", {}, {}),
    thaw,
    html: (whom, status = 403, often) => on("html", scopeOf(whom), { status }, often),
    geoBlock: (whom, often) => on("geoBlock", scopeOf(whom), {}, often),
    hideOrders: (whom, millis) => on("hideOrders", scopeOf(whom), { millis })
  }
}
