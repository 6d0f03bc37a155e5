// How often one caller may ask. Fixed windows in a bounded table: the limiter of Effect keeps every key for ever.
import { Clock, Context, Effect, Layer } from "effect"
import type { HttpServerRequest } from "effect/http"
import { isIPv6 } from "node:net"
import { Config } from "../../Config.ts"
import type { UserId } from "../../domain/Ids.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import { type Refusal, refuseForNow } from "./Refusal.ts"

/** Callers counted at once; beyond it the one quiet for longest is forgotten. */
const CALLERS = 50_000
const AUTH_WINDOW_MILLIS = 15 * 60 * 1000
const ORDER_WINDOW_MILLIS = 1000

interface Window {
  count: number
  endsAt: number
}

/** Milliseconds to wait, or 0 where the call is within the limit. */
const take = (
  windows: LeastRecent<string, Window>,
  key: string,
  limit: number,
  length: number,
  now: number
): number => {
  const window = windows.get(key)
  if (window === undefined || window.endsAt <= now) {
    windows.set(key, { count: 1, endsAt: now + length })
    return 0
  }
  if (window.count >= limit) return window.endsAt - now
  window.count++
  return 0
}

/** Who an address stands for: one IPv4 host, or the /64 that one IPv6 household or server has. */
export const callerOf = (address: string): string => {
  const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address
  if (!isIPv6(plain)) return plain
  const [head = "", tail] = plain.split("%", 1)[0]!.toLowerCase().split("::")
  const front = head === "" ? [] : head.split(":")
  const back = tail === undefined || tail === "" ? [] : tail.split(":")
  const groups =
    tail === undefined
      ? front
      : [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill("0"), ...back]
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")
}

type Limited = Effect.Effect<void, Refusal<"RATE_LIMITED">>

/** The message is only worded when it is needed: nearly every call is within its limit. */
const within = (wait: number, message: () => string): Limited =>
  wait === 0 ? Effect.void : refuseForNow("RATE_LIMITED", message(), wait)

export class Limits extends Context.Service<
  Limits,
  {
    /** `AUTH_LIMIT` per address in 15 minutes. */
    readonly auth: (request: HttpServerRequest.HttpServerRequest) => Limited
    /** `ORDER_LIMIT` per user and second. */
    readonly order: (userId: UserId) => Limited
  }
>()("outcry/layers/gateway/Limits") {
  static readonly layer = Layer.effect(
    Limits,
    Effect.gen(function* () {
      const { authLimit, orderLimit } = yield* Config
      const addresses = new LeastRecent<string, Window>(CALLERS)
      const users = new LeastRecent<string, Window>(CALLERS)
      return {
        auth: ({ remoteAddress }) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            const key = remoteAddress._tag === "Some" ? callerOf(remoteAddress.value) : "?"
            const wait = take(addresses, key, authLimit, AUTH_WINDOW_MILLIS, now)
            return within(
              wait,
              () => `Too many attempts from this address. Try again in ${Math.ceil(wait / 60_000)} min.`
            )
          }),
        order: (userId) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            within(
              take(users, userId, orderLimit, ORDER_WINDOW_MILLIS, now),
              () => `More than ${orderLimit} orders in a second. Nothing was placed; try again in a second.`
            )
          )
      }
    })
  )
}
