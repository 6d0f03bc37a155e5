// The way of a request from its transport to its endpoint and back, the same for REST and the WebSocket API: limits, key, signature,
// timing, parameters, order limit, and then what it asks for (in that order).
import { Cause, type Context, Effect, Exit } from "effect"
import type { FaultHooks } from "../faults/Faults.ts"
import type { Answer, Caller, Endpoint } from "./Endpoint.ts"
import type { Keyring } from "./Keyring.ts"
import type { Limits, Usage } from "./Limits.ts"
import { decode, type ParamSpec, type Values } from "./Params.ts"
import type { RawParams } from "./RawParams.ts"
import { isSignedBy, type OpenKey } from "./Signature.ts"
import { checkTiming } from "./Timing.ts"
import * as Wire from "./WireError.ts"
import { isWireError, type WireError } from "./WireError.ts"

/** Requests under way at once, of everybody together; one more is told that the exchange is overloaded. */
const MAX_UNDER_WAY = 20_000
/** After so many seconds a caller is told that nobody knows (REST API: "Timeout waiting for response"). */
const PATIENCE_SECONDS = 10

export interface Asking {
  readonly raw: RawParams
  /** Whose usage the weight is counted on. */
  readonly usage: Usage
  readonly micros: boolean
  /** Parameters besides the endpoint's own that the transport reads. */
  readonly others: ReadonlyArray<string>
  readonly keyId: string | undefined
  /** Where it comes from: a key may be tied to addresses. */
  readonly address: string
  /** What was signed. Only asked for where a signature is due. */
  readonly payload: () => string
  readonly encoding: "latin1" | "utf8"
  /** The key of a session that has logged on: requests without a key of their own need no signature. */
  readonly session: OpenKey | undefined
}

/** Of a request that was let in, with the account it acts for (empty for none). */
export type Done = (answer: unknown, account: string) => void

interface UnderWay {
  readonly done: Done
  readonly account: string
  readonly since: number
  answered: boolean
}

export class Gate {
  private readonly keyring: Keyring
  readonly limits: Limits
  private readonly now: () => number
  private readonly context: Context.Context<never>
  private readonly faults: FaultHooks
  private readonly underWay = new Set<UnderWay>()
  private seconds = 0
  private onIdle: (() => void) | undefined

  constructor(
    keyring: Keyring,
    limits: Limits,
    now: () => number,
    context: Context.Context<never>,
    faults: FaultHooks
  ) {
    this.keyring = keyring
    this.limits = limits
    this.now = now
    this.context = context
    this.faults = faults
  }

  /** Tells those who have waited too long that the outcome is unknown. Runs for as long as the scope lives. */
  readonly watch: Effect.Effect<never> = Effect.suspend(() =>
    Effect.forever(
      Effect.andThen(
        Effect.sleep("1 second"),
        Effect.sync(() => {
          this.seconds++
          for (const one of this.underWay) {
            // Oldest first, as a set keeps them.
            if (one.since + PATIENCE_SECONDS > this.seconds) break
            this.answer(one, Wire.timedOut)
          }
        })
      )
    )
  )

  /** Completes once nothing is under way. */
  readonly idle: Effect.Effect<void> = Effect.callback((resume) => {
    const check = () => {
      if (this.underWay.size === 0) resume(Effect.void)
    }
    this.onIdle = check
    check()
  })

  /** For callbacks of sockets: starts what needs no answer. */
  run(effect: Effect.Effect<unknown>): void {
    Effect.runForkWith(this.context)(effect) // tidy-ok: a socket's callback enters Effect here
  }

  /** Calls `done` exactly once, at once where nothing has to be waited for. */
  serve<C extends Caller>(endpoint: Endpoint<C>, asking: Asking, extra: Omit<C, keyof Caller>, done: Done): void {
    const now = this.now()
    const refused = this.limits.arrive(asking.usage, now)
    if (refused !== undefined) return done(refused, "")
    if (endpoint.security === "NONE") return this.enter(endpoint, asking, extra, "", now, done)
    if (asking.keyId === undefined && asking.session !== undefined) {
      return this.admit(endpoint, asking, extra, asking.session, false, now, done)
    }
    const found = this.keyring.find(asking.keyId, now)
    this.finish(found, "", done, (key) => this.admit(endpoint, asking, extra, key, true, now, done))
  }

  private admit<C extends Caller>(
    endpoint: Endpoint<C>,
    asking: Asking,
    extra: Omit<C, keyof Caller>,
    open: OpenKey,
    signed: boolean,
    now: number,
    done: Done
  ): void {
    const { key } = open
    const { raw } = asking
    const permitted = endpoint.security === "TRADE" ? key.mayTrade : key.mayRead
    const fromHere = key.addresses.length === 0 || key.addresses.includes(asking.address)
    const wrong =
      permitted && fromHere
        ? ((signed ? wrongSignature(open, asking) : undefined) ?? checkTiming(raw, this.clock(key.keyId, now)))
        : Wire.notPermitted
    if (wrong === undefined) return this.enter(endpoint, asking, extra, key.account, now, done)
    asking.usage.weight += typeof endpoint.weight === "number" ? endpoint.weight : 1
    done(wrong, key.account)
  }

  private enter<C extends Caller>(
    endpoint: Endpoint<C>,
    asking: Asking,
    extra: Omit<C, keyof Caller>,
    account: string,
    now: number,
    done: Done
  ): void {
    const { usage } = asking
    const values = decode(endpoint.params, asking.raw, asking.others)
    const weight =
      typeof endpoint.weight === "number" ? endpoint.weight : isWireError(values) ? 1 : endpoint.weight(values as never)
    const heavy = this.limits.weigh(usage, weight, now)
    if (heavy !== undefined) return done(heavy, account)
    if (isWireError(values)) return done(values, account)
    const orders = endpoint.orders ?? 0
    const over = orders === 0 ? undefined : this.limits.overOrders(account, orders, now)
    if (over !== undefined && endpoint.ownOrderLimit !== true) return done(over, account)
    const counted = over === undefined ? orders : 0
    if (counted > 0) this.limits.takeOrders(account, counted, now)
    // Whoever asks for the time without a key sees the clock that timestamps are judged by.
    const shown = endpoint.security === "NONE" ? this.clock(asking.keyId, now) : now
    const caller = {
      ...extra,
      now: shown,
      account,
      keyId: asking.keyId,
      micros: asking.micros,
      overOrderLimit: over
    } as unknown as C
    const run = endpoint.run as (values: Values<ParamSpec>, caller: C) => Answer
    const finished = (outcome: unknown) => {
      if (isWireError(outcome)) {
        // An outcome nobody knows keeps its count: the order may stand. So does a cancel-replace of which a half was tried.
        const kept = outcome.status >= 500 || outcome.data !== undefined
        if (counted > 0 && !kept) this.limits.giveBack(account, counted, now)
      } else if (endpoint.freeOnSuccess === true) {
        usage.weight = Math.max(0, usage.weight - weight)
      }
      done(outcome, account)
    }
    this.finish(
      this.started(() => run(values, caller)),
      account,
      finished,
      finished
    )
  }

  /** The exchange's clock as this key meets it, epoch milliseconds. */
  private clock(apiKey: string | undefined, now: number): number {
    return this.faults.quiet ? now : now + this.faults.clockSkewMillis({ apiKey }, now)
  }

  /** An endpoint that throws is broken, and answered like any other defect. */
  private started(run: () => Answer): Answer {
    try {
      return run()
    } catch (defect) {
      return Effect.die(defect)
    }
  }

  /** Runs what has to be run, and goes on with its value, or ends with its refusal. */
  private finish<A>(
    effect: Effect.Effect<A, WireError>,
    account: string,
    refuse: Done,
    proceed: (value: A) => void
  ): void {
    if (Exit.isExit(effect)) return this.settle(effect as Exit.Exit<A, WireError>, account, refuse, proceed)
    if (this.underWay.size >= MAX_UNDER_WAY) return refuse(Wire.overloaded, account)
    const one: UnderWay = { done: refuse, account, since: this.seconds, answered: false }
    this.underWay.add(one)
    const fiber = Effect.runForkWith(this.context)(effect) // tidy-ok: a socket's callback enters Effect here
    fiber.addObserver((exit) => {
      this.underWay.delete(one)
      if (!one.answered) this.settle(exit, account, refuse, proceed)
      this.onIdle?.()
    })
  }

  /** A defect, or an interruption by shutdown: nobody knows what came of it. */
  private settle<A>(exit: Exit.Exit<A, WireError>, account: string, refuse: Done, proceed: (value: A) => void): void {
    if (Exit.isSuccess(exit)) return proceed(exit.value)
    const refusal = exit.cause.reasons.find((reason) => reason._tag === "Fail")
    if (refusal !== undefined) return refuse(refusal.error, account)
    if (Cause.hasDies(exit.cause)) {
      Effect.runForkWith(this.context)(Effect.logError("An endpoint of the wire failed", exit.cause)) // tidy-ok: said from a callback
    }
    refuse(Wire.unknownFailure, account)
  }

  private answer(one: UnderWay, error: WireError): void {
    one.answered = true
    this.underWay.delete(one)
    one.done(error, one.account)
    this.onIdle?.()
  }
}

const wrongSignature = (open: OpenKey, { encoding, payload, raw }: Asking): WireError | undefined => {
  const signature = raw.get("signature")
  if (signature === undefined || signature === "") return Wire.missing("signature")
  return isSignedBy(open, payload(), encoding, signature) ? undefined : Wire.badSignature
}
