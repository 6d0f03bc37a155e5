// What happened, for whoever watches: account updates and market changes. Never the truth: a reader that sees a gap asks the journal.
import { Context, Effect, Layer, Queue, type Scope } from "effect"
import type { AccountUpdate } from "../domain/Account.ts"
import type { ExchangeState } from "../domain/ExchangeState.ts"
import { LeastRecent } from "../domain/LeastRecent.ts"
import { longer, type Stop } from "../domain/Stop.ts"
import type { MarketUpdate } from "../domain/MarketUpdate.ts"

/** How well this process hears the others. Within one process nothing is ever missed on the way. */
export interface Hearing {
  readonly connected: boolean
  /** Grows each time account updates of another process may have been lost: whoever shows accounts then asks the journal. */
  readonly losses: number
}

export class Events extends Context.Service<
  Events,
  {
    /** After the journal, in the account's order. Never blocks and never fails: a slow reader loses the oldest. */
    readonly publish: (updates: ReadonlyArray<AccountUpdate>) => Effect.Effect<void>
    /** All accounts from now on. Sliding: a gap in an account's `seq` means something was lost. */
    readonly subscribe: Effect.Effect<Queue.Dequeue<AccountUpdate>, never, Scope.Scope>
    readonly publishMarket: (updates: ReadonlyArray<MarketUpdate>) => Effect.Effect<void>
    /** All market changes from now on. Sliding: newest wins. */
    readonly subscribeMarket: Effect.Effect<Queue.Dequeue<MarketUpdate>, never, Scope.Scope>
    /** How this process stands with the exchange; told from time to time, the newest counts. */
    readonly publishExchange: (state: ExchangeState) => Effect.Effect<void>
    /** What each process said last, in no order. One that has ended is still among them. */
    readonly exchange: Effect.Effect<ReadonlyArray<ExchangeState>>
    /** The exchange wants nothing from an address for a while: every process of the desk that calls from there must know. */
    readonly publishStop: (stop: Stop) => Effect.Effect<void>
    /** Of this address: the last that was told, also before, and all from now on. Sliding; each says all that those before it said. */
    readonly subscribeStops: (address: string) => Effect.Effect<Queue.Dequeue<Stop>, never, Scope.Scope>
    readonly hearing: Effect.Effect<Hearing>
  }
>()("outcry/ports/Events") {
  /** For one process. */
  static readonly layerMemory = Layer.effect(
    Events,
    Effect.sync(() => makeMemory())
  )
}

/** Updates one reader may fall behind before it loses the oldest. */
export const READER_CAPACITY = 8192

/** Processes whose word about the exchange is kept. */
const MAX_PROCESSES = 64

/** Addresses that a stop is kept of. A process calls from one. */
const MAX_ADDRESSES = 16
/** Stops one reader may fall behind. */
const STOPS_CAPACITY = 16

/** Of this process, where it says something itself. */
const HERE = ""

/** The events of one process: each reader has its own sliding queue, so a slow one costs the publisher nothing. */
export const makeMemory = (capacity: number = READER_CAPACITY): Memory => {
  const accounts = fanOut<AccountUpdate>(capacity)
  const market = fanOut<MarketUpdate>(capacity)
  const stops = fanOut<Stop>(STOPS_CAPACITY)
  const stopped = new LeastRecent<string, Stop>(MAX_ADDRESSES)
  const hearStop = (heard: Stop) => {
    const known = stopped.get(heard.address)
    const stop = longer(heard, known)
    if (stop.until === known?.until && stop.bannedUntil === known.bannedUntil) return
    stopped.set(stop.address, stop)
    stops.offer([stop])
  }
  const exchanges = new LeastRecent<string, ExchangeState>(MAX_PROCESSES)
  return {
    hearExchange: (origin, state) => exchanges.set(origin, state),
    publishExchange: (state) => Effect.sync(() => exchanges.set(HERE, state)),
    exchange: Effect.sync(() => [...exchanges.values()]),
    hearStop,
    stopOf: (address) => stopped.get(address),
    publishStop: (stop) => Effect.sync(() => hearStop(stop)),
    subscribeStops: (address) =>
      Effect.tap(stops.subscribe, (reader) =>
        Effect.sync(() => {
          const stop = stopped.get(address)
          if (stop !== undefined) Queue.offerUnsafe(reader, stop)
        })
      ),
    publish: accounts.publish,
    subscribe: accounts.subscribe,
    publishMarket: market.publish,
    subscribeMarket: market.subscribe,
    hearing: Effect.succeed({ connected: true, losses: 0 })
  }
}

export type Memory = Events["Service"] & {
  /** What another process said. */
  readonly hearExchange: (origin: string, state: ExchangeState) => void
  readonly hearStop: (stop: Stop) => void
  /** The last that was told of an address, whether it still holds or not. */
  readonly stopOf: (address: string) => Stop | undefined
}

const fanOut = <A>(capacity: number) => {
  const readers = new Set<Queue.Queue<A>>()
  const offer = (updates: ReadonlyArray<A>): void => {
    for (const reader of readers) Queue.offerAllUnsafe(reader, updates)
  }
  return {
    offer,
    publish: (updates: ReadonlyArray<A>) => Effect.sync(() => offer(updates)),
    subscribe: Effect.acquireRelease(
      Effect.tap(Queue.sliding<A>(capacity), (reader) => Effect.sync(() => readers.add(reader))),
      (reader) =>
        Effect.andThen(
          Effect.sync(() => readers.delete(reader)),
          Queue.shutdown(reader)
        )
    )
  }
}
