// Who hears of what the venue did: accounts by their queues, the public market by listeners. Only what is durable is told.
import { Cause, Effect, Queue, type Scope } from "effect"
import type { EngineEvent, LevelChanged, PublicTrade } from "../../domain/matching/Event.ts"
import { EventsLost } from "./Venue.ts"

/** Commands whose events wait for one reader; a slower one is cut off and must ask anew. */
const WAITING = 4096

type Told = ReadonlyArray<EngineEvent>
type Subscriber = Queue.Queue<Told, EventsLost>
type PublicEvent = PublicTrade | LevelChanged

const lost = (why: string) => Cause.fail(new EventsLost({ message: `The subscription was closed: ${why}.` }))

export class Subscriptions {
  private readonly accounts = new Map<string, Set<Subscriber>>()
  private listeners: ReadonlyArray<(event: PublicEvent) => void> = []
  /** Users' visible levels as the listeners know them. No more than there are levels with open orders. */
  private readonly levels = new Map<string, LevelChanged>()

  readonly subscribe = (account: string): Effect.Effect<Queue.Dequeue<Told, EventsLost>, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.map(Queue.bounded<Told, EventsLost>(WAITING), (subscriber) => {
        const set = this.accounts.get(account) ?? new Set()
        this.accounts.set(account, set.add(subscriber))
        return subscriber
      }),
      (subscriber) =>
        Effect.sync(() => {
          const set = this.accounts.get(account)
          set?.delete(subscriber)
          if (set?.size === 0) this.accounts.delete(account)
        })
    )

  listen(listener: (event: PublicEvent) => void): () => void {
    for (const level of this.levels.values()) listener(level)
    this.listeners = [...this.listeners, listener]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener)
    }
  }

  /** One command's events. */
  tell(events: Told): void {
    for (const event of events)
      if (event._tag === "PublicTrade" || event._tag === "LevelChanged") this.tellPublic(event)
    if (this.accounts.size === 0) return
    for (const [account, own] of byAccount(events)) {
      for (const subscriber of Array.from(this.accounts.get(account) ?? [])) {
        if (Queue.offerUnsafe(subscriber, own)) continue
        Queue.failCauseUnsafe(subscriber, lost("it was slower than its events"))
      }
    }
  }

  /** The levels as they stand now, where commands that nobody was told of may have come between. */
  restate(levels: ReadonlyArray<LevelChanged>): void {
    const gone = new Map(this.levels)
    for (const level of levels) {
      gone.delete(keyOf(level))
      if (this.levels.get(keyOf(level))?.lots !== level.lots) this.tellPublic(level)
    }
    for (const level of gone.values()) this.tellPublic({ ...level, lots: 0 })
  }

  /** Ends every account's subscription. */
  cutOff(why: string): void {
    // A reader that hears of it may subscribe anew before this goes on: those are not meant.
    for (const set of Array.from(this.accounts.values())) {
      for (const subscriber of Array.from(set)) Queue.failCauseUnsafe(subscriber, lost(why))
    }
  }

  private tellPublic(event: PublicEvent): void {
    if (event._tag === "LevelChanged") {
      if (event.lots === 0) this.levels.delete(keyOf(event))
      else this.levels.set(keyOf(event), event)
    }
    for (const listener of this.listeners) listener(event)
  }
}

const keyOf = ({ side, symbol, ticks }: LevelChanged) => `${symbol} ${side} ${ticks}`

const accountOf = (event: EngineEvent): string | undefined => {
  switch (event._tag) {
    case "Execution":
      return event.order.account
    case "ListStatus":
      return event.list.account
    case "BalancesChanged":
    case "Deposited":
      return event.account
    case "PublicTrade":
    case "LevelChanged":
      return undefined
  }
}

const byAccount = (events: Told): ReadonlyMap<string, ReadonlyArray<EngineEvent>> => {
  const own = new Map<string, Array<EngineEvent>>()
  for (const event of events) {
    const account = accountOf(event)
    if (account === undefined) continue
    const known = own.get(account)
    if (known === undefined) own.set(account, [event])
    else known.push(event)
  }
  return own
}
