// One connection to the WebSocket API: who has logged on, what it is subscribed to, and how much waits to be sent to it.
import { Effect, Exit, Queue, Scope } from "effect"
import type { WebSocket } from "ws"
import { type Target, USER_STREAM } from "../faults/Fault.ts"
import type { FaultHooks } from "../faults/Faults.ts"
import type { Attached } from "../faults/StreamFaults.ts"
import type { Venue } from "../Venue.ts"
import { type Caller, stamp } from "./Endpoint.ts"
import type { Usage } from "./Limits.ts"
import type { Scale } from "./Scale.ts"
import type { OpenKey } from "./Signature.ts"
import { userEvent } from "./UserEvents.ts"

/** Bytes waiting for a slow reader before its connection is cut. */
const MAX_BACKLOG = 8 * 1024 * 1024
/** Requests of one connection under way at once. */
export const MAX_UNANSWERED = 1_000
/** Subscriptions at a time, and over a connection's life. */
export const MAX_SUBSCRIPTIONS = 1_000
export const MAX_SUBSCRIPTIONS_EVER = 65_535
/** Pings without a pong, 20 seconds apart, before a connection counts as dead. */
const MAX_UNANSWERED_PINGS = 3

/** A caller of an endpoint that works on its own connection. */
export interface SessionCaller extends Caller {
  readonly session: WsSession
}

/** What opened a subscription, and so ends it. */
export interface OpenedBy {
  readonly keyId: string
  /** By the key's logon, not by a signature of its own. */
  readonly logon: boolean
}

interface Subscription {
  readonly account: string
  readonly by: OpenedBy
  readonly scope: Scope.Closeable
}

export interface Logon {
  readonly open: OpenKey
  /** Epoch milliseconds. */
  readonly since: number
}

export class WsSession {
  readonly socket: WebSocket
  readonly usage: () => Usage
  /** Times in microseconds, asked for by `?timeUnit=MICROSECOND`. */
  readonly micros: boolean
  readonly returnRateLimits: boolean
  readonly address: string
  readonly connectedSince: number
  logon: Logon | undefined
  unanswered = 0
  /** What faults know this connection by. */
  attached: Attached | undefined
  private readonly faults: FaultHooks
  /** The key last used here. */
  private keyId: string | undefined
  private readonly subscriptions = new Map<number, Subscription>()
  private nextSubscription = 0
  private pings = 0

  constructor(
    socket: WebSocket,
    usage: () => Usage,
    faults: FaultHooks,
    of: Pick<WsSession, "micros" | "returnRateLimits" | "address" | "connectedSince">
  ) {
    this.socket = socket
    this.usage = usage
    this.faults = faults
    this.micros = of.micros
    this.returnRateLimits = of.returnRateLimits
    this.address = of.address
    this.connectedSince = of.connectedSince
  }

  /** A reader that lets too much pile up is cut off: it would miss events anyway, and must ask anew. */
  send(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    if (this.socket.bufferedAmount > MAX_BACKLOG) return this.socket.terminate()
    this.socket.send(text)
  }

  sendEvent(subscriptionId: number, event: object): void {
    this.send(`{"subscriptionId":${subscriptionId},"event":${JSON.stringify(event)}}`)
  }

  heard(): void {
    this.pings = 0
  }

  /** Whether it still answers. `payload` comes back with the pong. */
  ping(payload: string): boolean {
    if (this.pings >= MAX_UNANSWERED_PINGS) return false
    this.pings++
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping(payload)
    return true
  }

  get target(): Target {
    return { apiKey: this.keyId, streams: this.subscriptions.size > 0 ? [USER_STREAM] : [] }
  }

  /** A request came by this key. */
  metKey(keyId: string | undefined, now: number): void {
    if (keyId === undefined || keyId === this.keyId) return
    this.keyId = keyId
    this.attached?.changed(now)
  }

  get subscriptionIds(): ReadonlyArray<number> {
    return [...this.subscriptions.keys()]
  }

  get mayNotSubscribe(): boolean {
    return this.subscriptions.size >= MAX_SUBSCRIPTIONS || this.nextSubscription >= MAX_SUBSCRIPTIONS_EVER
  }

  isSubscribedTo(account: string): boolean {
    for (const subscription of this.subscriptions.values()) if (subscription.account === account) return true
    return false
  }

  /** The new subscription's id. Its first event comes after this has been answered. */
  subscribe(
    venue: Venue["Service"],
    scaleOf: (symbol: string) => Scale,
    account: string,
    by: OpenedBy
  ): Effect.Effect<number> {
    return Effect.gen({ self: this }, function* () {
      const id = this.nextSubscription++
      const scope = yield* Scope.make()
      this.subscriptions.set(id, { account, by, scope })
      const events = yield* Scope.provide(venue.accountEvents(account), scope)
      const target = { apiKey: this.keyId, account, streams: [USER_STREAM] }
      const forward = Effect.gen({ self: this }, function* () {
        while (true) {
          for (const batch of yield* Queue.takeAll(events)) {
            const views = batch
              .map((event) => userEvent(event, scaleOf, venue.now(), this))
              .filter((view) => view !== undefined)
            const send = (view: object) => this.sendEvent(id, view)
            if (this.faults.quiet) views.forEach(send)
            else yield* this.faults.deliver(target, views, send)
          }
        }
      })
      // What was lost cannot be told any more: whoever reconnects asks for what stands.
      const cut = Effect.sync(() => this.socket.close(1011, "events were lost"))
      yield* Effect.forkIn(
        Effect.catchCause(forward, () => cut),
        scope
      )
      this.attached?.changed(venue.now())
      return id
    })
  }

  /** Ends those that `which` picks, each with a last event; whether there were any. */
  unsubscribe(now: number, which: (id: number, by: OpenedBy) => boolean): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const ended = [...this.subscriptions].filter(([id, { by }]) => which(id, by))
      for (const [id] of ended) this.subscriptions.delete(id)
      return Effect.forEach(
        ended,
        ([id, { scope }]) =>
          Effect.andThen(
            Scope.close(scope, Exit.void),
            Effect.sync(() => this.sendEvent(id, { e: "eventStreamTerminated", E: stamp(this, now) }))
          ),
        { discard: true }
      ).pipe(Effect.as(ended.length > 0))
    })
  }
}
