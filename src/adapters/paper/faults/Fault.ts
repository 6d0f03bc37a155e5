// The faults the paper exchange can have on request: a closed list of verbs, each with a sentence, and to whom a fault happens.
import { Effect, Schema } from "effect"

/** The longest any fault makes anybody wait. */
export const MAX_FAULT_MILLIS = 600_000

const Millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_FAULT_MILLIS }))

/**
 * How an answer is kept from its caller: the socket cut, 502 and 504 as a proxy says them, -1007 ("execution status unknown"), or
 * silence until `hangMillis` have passed and the socket is cut.
 */
export const Loss = Schema.Literals(["cut", "502", "504", "-1007", "hang"])
export type Loss = typeof Loss.Type

/** How long a delay is: always the same, uniform between two bounds, or exponential around a mean and cut at a longest. */
export const Timing = Schema.Union([
  Schema.Struct({ millis: Millis }),
  Schema.Struct({ minMillis: Millis, maxMillis: Millis }).check(
    Schema.makeFilter(({ minMillis, maxMillis }) => minMillis <= maxMillis || "minMillis must not exceed maxMillis")
  ),
  Schema.Struct({ meanMillis: Millis, maxMillis: Millis })
])
export type Timing = typeof Timing.Type

const losing = Schema.Struct({
  how: Loss.pipe(Schema.withDecodingDefault(Effect.succeed("cut" as const))),
  hangMillis: Millis.pipe(Schema.withDecodingDefault(Effect.succeed(60_000)))
})
const nothing = Schema.Struct({})
const Seconds = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 259_200 }))

const Key = Schema.String.check(Schema.isMaxLength(128))
const CallScope = Schema.Struct({
  apiKey: Schema.optionalKey(Key),
  /** "POST /api/v3/order", or a method of the WebSocket API: "order.place". */
  route: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(128)))
})
const StreamScope = Schema.Struct({
  apiKey: Schema.optionalKey(Key),
  /** A stream by its name ("btcusdt@trade"); "user" is the user-data stream. */
  stream: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(128)))
})
const MarketScope = Schema.Struct({
  account: Schema.optionalKey(Key),
  symbol: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(64)))
})
const KeyScope = Schema.Struct({ apiKey: Schema.optionalKey(Key) })

/** Whom a fault concerns: only what is named has to match. */
export type CallScope = typeof CallScope.Type
export type StreamScope = typeof StreamScope.Type
export type MarketScope = typeof MarketScope.Type
export type KeyScope = typeof KeyScope.Type
export type Scope = CallScope & StreamScope & MarketScope

interface Verb<P extends Schema.Top> {
  readonly sentence: string
  readonly params: P
  readonly scope: Schema.Codec<Scope, unknown>
  /** A state rather than something that happens once: it holds until it is cleared, unless `times` says otherwise. */
  readonly lasting: boolean
  /** Which calls it concerns where its scope names no route. */
  readonly routes: "any" | "trading" | "placing" | "queries"
  /** Which streams, where its scope names none. */
  readonly streams: "any" | "user"
}

const verb = <P extends Schema.Top>(
  sentence: string,
  params: P,
  rest: Partial<Pick<Verb<P>, "lasting" | "routes" | "scope" | "streams">> = {}
): Verb<P> => ({ sentence, params, scope: CallScope, lasting: false, routes: "any", streams: "any", ...rest })

export const verbs = {
  loseAck: verb("The call is executed; its answer is lost.", losing, { routes: "trading" }),
  loseRequest: verb("The call is not executed, and its caller cannot know.", losing, { routes: "trading" }),
  delay: verb(
    "The call waits before it is executed, or its answer does.",
    Schema.Struct({
      before: Schema.Literals(["execution", "answer"]).pipe(
        Schema.withDecodingDefault(Effect.succeed("execution" as const))
      ),
      timing: Timing
    })
  ),
  skewClock: verb(
    "The exchange's clock is ahead by `millis` (behind, where negative): -1021 for whoever keeps the right time.",
    Schema.Struct({ millis: Schema.Int.check(Schema.isBetween({ minimum: -86_400_000, maximum: 86_400_000 })) }),
    { lasting: true, scope: KeyScope }
  ),
  rateLimit: verb(
    "429 with -1003 and Retry-After: too much request weight.",
    Schema.Struct({ retryAfterSeconds: Seconds.pipe(Schema.withDecodingDefault(Effect.succeed(10))) })
  ),
  ban: verb(
    "418 with -1003 and Retry-After: the address is banned.",
    Schema.Struct({ retryAfterSeconds: Seconds.pipe(Schema.withDecodingDefault(Effect.succeed(120))) })
  ),
  tooManyOrders: verb(
    "429 with -1015: too many new orders.",
    Schema.Struct({
      limit: Schema.Int.check(Schema.isGreaterThan(0)).pipe(Schema.withDecodingDefault(Effect.succeed(100))),
      interval: Schema.Literals(["10 SECOND", "1 DAY"]).pipe(
        Schema.withDecodingDefault(Effect.succeed("10 SECOND" as const))
      ),
      retryAfterSeconds: Seconds.pipe(Schema.withDecodingDefault(Effect.succeed(10)))
    }),
    { routes: "placing" }
  ),
  refuseBalance: verb("-2010: the account has insufficient balance, whatever it has.", nothing, { routes: "placing" }),
  stopFillingAfter: verb(
    "Orders get `lots` more from the market, then nothing: partial fills that stop.",
    Schema.Struct({ lots: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })) }),
    { lasting: true, scope: MarketScope }
  ),
  duplicateEvents: verb(
    "An event is delivered `copies` times more.",
    Schema.Struct({
      copies: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })).pipe(
        Schema.withDecodingDefault(Effect.succeed(1))
      )
    }),
    { scope: StreamScope, streams: "user" }
  ),
  reorderEvents: verb(
    "Events that belong together arrive in reverse; one that is alone comes `lateMillis` late, behind those after it.",
    Schema.Struct({ lateMillis: Millis.pipe(Schema.withDecodingDefault(Effect.succeed(250))) }),
    { scope: StreamScope, streams: "user" }
  ),
  dropEvents: verb("An event is never delivered.", nothing, { scope: StreamScope, streams: "user" }),
  delayEvents: verb("Events wait; their order stays.", Schema.Struct({ timing: Timing }), {
    scope: StreamScope,
    streams: "user"
  }),
  silence: verb("A stream says nothing more, but answers pings.", nothing, { lasting: true, scope: StreamScope }),
  cutStream: verb(
    "Streams that are open are cut; where none is, the next one to open.",
    Schema.Struct({
      how: Schema.Literals(["close", "reset"]).pipe(Schema.withDecodingDefault(Effect.succeed("reset" as const)))
    }),
    { scope: StreamScope }
  ),
  rotate: verb("Streams end as they do after 24 hours.", nothing, { scope: StreamScope }),
  shutdown: verb(
    "Streams hear `serverShutdown` and are closed `graceMillis` later.",
    Schema.Struct({ graceMillis: Millis.pipe(Schema.withDecodingDefault(Effect.succeed(1_000))) }),
    { scope: StreamScope }
  ),
  freeze: verb("The whole exchange stands still: no answer, no event, no pong, until it is thawed.", nothing, {
    lasting: true,
    scope: KeyScope
  }),
  html: verb(
    "A proxy's page of HTML instead of an answer; the call is not executed.",
    Schema.Struct({ status: Schema.Literals([403, 503]).pipe(Schema.withDecodingDefault(Effect.succeed(403))) })
  ),
  geoBlock: verb("451: not served at this location.", nothing),
  hideOrders: verb(
    "Queries do not see an order (-2013) for `millis` after it was placed.",
    Schema.Struct({ millis: Millis }),
    { lasting: true, routes: "queries" }
  )
}

export type VerbName = keyof typeof verbs
export const verbNames = Object.keys(verbs) as ReadonlyArray<VerbName>

export type Params<V extends VerbName> = (typeof verbs)[V]["params"]["Type"]

export const USER_STREAM = "user"

/** What a fault may happen to. */
export interface Target {
  readonly apiKey?: string | undefined
  readonly route?: string
  readonly account?: string
  readonly symbol?: string
  readonly streams?: ReadonlyArray<string>
}

const often = {
  /** How often it happens before it is spent: 1, or without end for lasting faults and where a `share` is given. */
  times: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 }))),
  /** Of what matches, this part is hit, by dice that fall the same way in every run. */
  share: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** Of the dice; the registry's own where none is given. */
  seed: Schema.optionalKey(Schema.Int)
}

/** A fault to be set, before it has an id. */
export interface Wanted<V extends VerbName = VerbName> {
  readonly verb: V
  readonly params: Params<V>
  readonly scope: Scope
  readonly times?: number
  readonly share?: number
  readonly seed?: number
}

const wantedOf = (name: VerbName): Schema.Codec<Wanted, unknown> =>
  Schema.Struct({
    verb: Schema.Literal(name),
    params: (verbs[name].params as Schema.Codec<unknown>).pipe(Schema.withDecodingDefault(Effect.succeed({}))),
    scope: verbs[name].scope.pipe(Schema.withDecodingDefault(Effect.succeed({}))),
    ...often
  }) as never

/** `{"verb": "loseAck", "scope": {"apiKey": "…"}, "params": {"how": "504"}, "times": 2}`: what each verb takes; all but it may be left out. */
export const wantedFaults = Object.fromEntries(verbNames.map((name) => [name, wantedOf(name)])) as Readonly<
  Record<VerbName, Schema.Codec<Wanted, unknown>>
>

export const isVerb = (name: unknown): name is VerbName => typeof name === "string" && Object.hasOwn(verbs, name)
