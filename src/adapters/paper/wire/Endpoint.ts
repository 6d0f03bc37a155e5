// One request that the exchange answers, over REST and over the WebSocket API alike.
import type { Effect } from "effect"
import type { ParamSpec, Values } from "./Params.ts"
import type { WireError } from "./WireError.ts"

export type Method = "GET" | "POST" | "PUT" | "DELETE"

/** `TRADE` needs a key that may trade, `USER_DATA` one that may read; both are signed. */
export type Security = "NONE" | "TRADE" | "USER_DATA"

/** Who asks, and when. */
export interface Caller {
  /** Epoch milliseconds on the exchange's clock when the request was taken up. */
  readonly now: number
  /** The account of the key; empty where the endpoint's security is NONE. */
  readonly account: string
  /** The key that the request names, checked or not; undefined for none. */
  readonly keyId: string | undefined
  /** Times go out in microseconds (X-MBX-TIME-UNIT, `timeUnit`). */
  readonly micros: boolean
  /** Where the account may not place another order now: what to say (-1015). Only endpoints with `ownOrderLimit` see it set. */
  readonly overOrderLimit: WireError | undefined
}

/** A time as this caller wants it: milliseconds or microseconds. -1, "never", stays. */
export const stamp = (caller: Pick<Caller, "micros">, millis: number): number =>
  caller.micros && millis > 0 ? millis * 1000 : millis

/** An answer whose JSON text is ready: sent as it is, so that a large one is printed once for many callers. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A JSON value, or a `JsonText`. An `Exit` (`Effect.succeed`, `Effect.fail`) is answered without starting a fiber. */
export type Answer = Effect.Effect<unknown, WireError>

interface EndpointOf<V, C> {
  /** Method and path: `POST /api/v3/order`. */
  readonly rest?: `${Method} /${string}`
  /** The method of the WebSocket API: `order.place`. */
  readonly ws?: string
  readonly security: Security
  /** Of the address's request weight in a minute. Where parameters decide, requests with wrong ones weigh 1. */
  readonly weight: number | ((values: V) => number)
  /** Weighs nothing when it succeeds (since 2026-04-02, orders and cancels). */
  readonly freeOnSuccess?: true
  /** How much it adds to the account's unfilled orders when it succeeds; 0 where absent. */
  readonly orders?: number
  /** It deals with `Caller.overOrderLimit` itself, instead of being refused before it runs. */
  readonly ownOrderLimit?: true
  readonly run: (values: V, caller: C) => Answer
}

/** As the transports see it. */
export interface Endpoint<C extends Caller = Caller> extends EndpointOf<never, C> {
  readonly params: ParamSpec
}

/** `run` and `weight` get the values of exactly the parameters named. */
export const endpoint = <const S extends ParamSpec, C extends Caller = Caller>(
  of: EndpointOf<Values<S>, C> & { readonly params: S }
): Endpoint<C> => of as unknown as Endpoint<C>
