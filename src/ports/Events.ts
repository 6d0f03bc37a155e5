// What happened, for whoever watches: account updates and market changes. Never the truth: a reader that sees a gap asks the journal.
import { Context, Effect, Layer, Queue, type Scope } from "effect"
import type { AccountUpdate } from "../domain/Account.ts"
import type { ExchangeState } from "../domain/ExchangeState.ts"
import { LeastRecent } from "../domain/LeastRecent.ts"
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

/** Of this process, where it says something itself. */
const HERE = ""

/** The events of one process: each reader has its own sliding queue, so a slow one costs the publisher nothing. */
export const makeMemory = (capacity: number = READER_CAPACITY): Memory => {
  const accounts = fanOut<AccountUpdate>(capacity)
  const market = fanOut<MarketUpdate>(capacity)
  const exchanges = new LeastRecent<string, ExchangeState>(MAX_PROCESSES)
  return {
    hearExchange: (origin, state) => exchanges.set(origin, state),
    publishExchange: (state) => Effect.sync(() => exchanges.set(HERE, state)),
    exchange: Effect.sync(() => [...exchanges.values()]),
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
}

const fanOut = <A>(capacity: number) => {
  const readers = new Set<Queue.Queue<A>>()
  return {
    publish: (updates: ReadonlyArray<A>) =>
      Effect.sync(() => {
        for (const reader of readers) Queue.offerAllUnsafe(reader, updates)
      }),
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
