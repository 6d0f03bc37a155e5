// Binance counts and bans by address: what it tells one process of the desk stops all of them that call from there.
import { Clock, Effect, Queue, Redacted, type Scope } from "effect"
import { credible, isCredible, type Stop } from "../../domain/Stop.ts"
import type { Events } from "../../ports/Events.ts"
import type { Governor, Stopped } from "./Governor.ts"
import type { Proxy } from "./Proxy.ts"

/** Without what a proxy's address may hold beside: a password. Processes with one setting are taken to call from one address. */
export const addressOf = (restUrl: string, proxy: Proxy): string => {
  const { host } = new URL(restUrl)
  return proxy === undefined ? host : `${host} by ${new URL(Redacted.value(proxy)).host}`
}

export const tell =
  (events: Events["Service"], address: string) =>
  (stopped: Stopped): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => events.publishStop(credible({ address, ...stopped }, now)))

/** A stop that holds already is known before this returns: a process that starts does not call into it. */
export const hear = Effect.fnUntraced(function* (
  events: Events["Service"],
  address: string,
  governor: Governor
): Effect.fn.Return<void, never, Scope.Scope> {
  const reader = yield* events.subscribeStops(address)
  const obey = (stops: ReadonlyArray<Stop>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.forEach(
        stops.filter((stop) => stop.address === address && isCredible(stop, now)),
        governor.othersWait,
        { discard: true }
      )
    )
  yield* obey(yield* Queue.clear(reader))
  yield* Queue.takeAll(reader).pipe(Effect.flatMap(obey), Effect.forever, Effect.forkScoped)
})
