// What faults make of streams: the events on their way to a reader, and the connections themselves.
import { Clock, Effect } from "effect"
import { millisOf } from "./Dice.ts"
import type { Target } from "./Fault.ts"
import type { FaultRegistry } from "./FaultRegistry.ts"

/** A WebSocket of a client, as its transport makes it known. */
export interface Connection {
  /** Now: what it is subscribed to may change. */
  readonly target: () => Target
  /** Says `serverShutdown`, in the form of its kind of stream. */
  readonly announceShutdown: () => void
  /** A close frame with this code. */
  readonly close: (code: number, reason: string) => void
  /** No close frame. */
  readonly reset: () => void
}

export interface Attached {
  /** To be called when the target has changed. */
  readonly changed: (at: number) => void
  readonly detach: () => void
}

/** One event on its way to one reader. */
export interface Delivery<E> {
  readonly event: E
  /** Before this event and all that follow. */
  readonly waitMillis: number
  /** This event alone is late; those after it pass. */
  readonly lateMillis: number
}

/** Going away (RFC 6455, 7.4.1). */
const GOING_AWAY = 1001

export class StreamFaults {
  readonly #registry: FaultRegistry
  readonly #later: (millis: number, action: () => void) => void
  /** As many as the transports let in. */
  readonly #connections = new Set<Connection>()

  constructor(registry: FaultRegistry, later: (millis: number, action: () => void) => void) {
    this.#registry = registry
    this.#later = later
  }

  /** What is delivered of events that belong together: dropped, then repeated, then out of order, then delayed. */
  events<E>(target: Target, at: number, batch: ReadonlyArray<E>): ReadonlyArray<Delivery<E>> {
    const registry = this.#registry
    const kept = batch.flatMap((event) => this.#copies(target, at, event))
    if (kept.length === 0) return []
    const reorder = registry.hit("reorderEvents", target, at)
    const lateMillis = reorder !== undefined && kept.length === 1 ? reorder.params.lateMillis : 0
    if (reorder !== undefined) {
      if (kept.length > 1) kept.reverse()
      reorder.record(kept.length > 1 ? `${kept.length} events in reverse` : `an event ${lateMillis} ms late`)
    }
    let waitMillis = 0
    for (const hit of registry.hits("delayEvents", target, at)) {
      const millis = millisOf(hit.params.timing, hit.uniform)
      hit.record(`${millis} ms before ${kept.length} events`)
      waitMillis += millis
    }
    return kept.map((event, index) => ({ event, waitMillis: index === 0 ? waitMillis : 0, lateMillis }))
  }

  #copies<E>(target: Target, at: number, event: E): Array<E> {
    const drop = this.#registry.hit("dropEvents", target, at)
    if (drop !== undefined) {
      drop.record("an event was dropped")
      return []
    }
    const again = this.#registry.hit("duplicateEvents", target, at)
    if (again === undefined) return [event]
    again.record(`an event came ${again.params.copies + 1} times`)
    return Array.from({ length: again.params.copies + 1 }, () => event)
  }

  /** Sends what is delivered of a batch, when and in which order it is. Returns once the next batch may be begun. */
  deliver<E>(target: Target, batch: ReadonlyArray<E>, send: (event: E) => void): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#registry.over("freeze", target)
      const at = yield* Clock.currentTimeMillis
      for (const { event, lateMillis, waitMillis } of this.events(target, at, batch)) {
        if (waitMillis > 0) yield* Effect.sleep(waitMillis)
        if (this.silenced(target, at)) continue
        if (lateMillis > 0) this.#later(lateMillis, () => send(event))
        else send(event)
      }
    })
  }

  silenced(target: Target, at: number): boolean {
    const hit = this.#registry.hit("silence", target, at)
    hit?.record("a message was not sent")
    return hit !== undefined
  }

  /** An open connection can be cut or shut down from now on; what stands already happens to it at once. */
  attach(connection: Connection, at: number): Attached {
    this.#connections.add(connection)
    this.#meet(connection, at)
    return {
      changed: (later) => {
        if (this.#connections.has(connection)) this.#meet(connection, later)
      },
      detach: () => void this.#connections.delete(connection)
    }
  }

  /** How many of the open connections a scope covers. */
  count(covers: (target: Target) => boolean): number {
    return [...this.#connections].filter((connection) => covers(connection.target())).length
  }

  /** Lets the open connections meet what stands. */
  act(at: number): void {
    for (const connection of this.#connections) this.#meet(connection, at)
  }

  #meet(connection: Connection, at: number): void {
    if (this.#registry.quiet) return
    const target = connection.target()
    const cut = this.#registry.hit("cutStream", target, at)
    if (cut !== undefined) {
      this.#connections.delete(connection)
      if (cut.params.how === "reset") connection.reset()
      else connection.close(GOING_AWAY, "")
      return cut.record(`a stream was cut (${cut.params.how})`)
    }
    const rotate = this.#registry.hit("rotate", target, at)
    if (rotate !== undefined) {
      this.#connections.delete(connection)
      connection.close(GOING_AWAY, "24 hours are over")
      return rotate.record("a stream reached its end")
    }
    const shutdown = this.#registry.hit("shutdown", target, at)
    if (shutdown === undefined) return
    this.#connections.delete(connection)
    connection.announceShutdown()
    shutdown.record("a stream heard serverShutdown")
    this.#later(shutdown.params.graceMillis, () => connection.close(GOING_AWAY, "server shutdown"))
  }
}
