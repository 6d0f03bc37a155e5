// How a socket that is behind gets level: from memory, from the journal, or by a snapshot. Never with a gap.
import { Effect, Option, Schedule } from "effect"
import * as Account from "../../domain/Account.ts"
import type { Recorded } from "../../domain/Event.ts"
import type { AccountId } from "../../domain/Ids.ts"
import { Blotter } from "../../ports/Blotter.ts"
import { Journal } from "../../ports/Journal.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { accountText, snapshotText } from "./Frames.ts"
import { MAX_RESUMED_EVENTS } from "./Limits.ts"
import type { Recent } from "./Recent.ts"
import type { Session } from "./Session.ts"

interface Reached {
  readonly texts: ReadonlyArray<string>
  readonly seq: number
}

const patience = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("2 seconds")])

/** `(session) => Effect`: runs until the session is level; while the store is away its client is told that it lags. */
export const make = Effect.fnUntraced(function* (recent: Recent) {
  const blotter = yield* Blotter
  const journal = yield* Journal
  const market = yield* MarketData

  const snapshot = (accountId: AccountId) =>
    Effect.map(blotter.state(accountId), (state): Reached => ({
      texts: [snapshotText(accountId, state)],
      seq: state.seq
    }))

  /** The updates after `from`, told by the same fold that wrote them. `undefined` where that cannot be done. */
  const replay = Effect.fnUntraced(function* (accountId: AccountId, from: number) {
    let later = yield* journal.eventsAfter(accountId, from, MAX_RESUMED_EVENTS + 1)
    if (later.length === 0) {
      const { seq } = yield* blotter.state(accountId)
      if (seq === from) return { texts: [], seq }
      // Ahead of us: a client of another life of this desk.
      if (seq < from) return undefined
      // Written between the two looks. A snapshot would leave out the orders it closed, and nobody would hear how they ended.
      later = yield* journal.eventsAfter(accountId, from, MAX_RESUMED_EVENTS + 1)
    }
    if (later.length > MAX_RESUMED_EVENTS) return undefined
    const history = yield* journal.load(accountId, from)
    const start = Option.match(history.snapshot, {
      onNone: () => Account.empty(accountId),
      onSome: Account.fromSnapshot
    })
    return fold(start, history.events, from, market.instrument)
  })

  const reach = Effect.fnUntraced(function* (accountId: AccountId, from: number | undefined) {
    if (from === undefined) return yield* snapshot(accountId)
    const known = recent.after(accountId, from)
    if (known !== undefined) return { texts: known.texts, seq: known.last }
    return (yield* replay(accountId, from)) ?? (yield* snapshot(accountId))
  })

  return Effect.fnUntraced(function* (session: Session) {
    while (true) {
      const { following } = session
      if (following?.behind === undefined) return
      const reached = yield* reach(following.accountId, following.behind.from).pipe(
        Effect.tapError(() =>
          Effect.sync(() => session.lag("The desk cannot reach its store: what you see may be old."))
        ),
        Effect.retry(patience),
        // The schedule has no end, so the error cannot come through.
        Effect.orDie
      )
      if (session.caughtUp(following, reached.texts, reached.seq)) return
      // Too much waits already: the writer asks again once the socket has taken some.
      if (following.behind?.from === undefined) return
    }
  })
})

const fold = (
  start: Account.Account,
  events: ReadonlyArray<Recorded>,
  from: number,
  instrumentOf: MarketData["Service"]["instrument"]
): Reached | undefined => {
  let account = start
  let delisted = false
  const assetsOf: Account.AssetsOf = (symbol) => {
    const instrument = instrumentOf(symbol)
    if (instrument === undefined) delisted = true
    return instrument ?? { baseAsset: "", quoteAsset: "" }
  }
  const texts: Array<string> = []
  for (const recorded of events) {
    if (recorded.seq !== account.seq + 1) return undefined
    const step = Account.step(account, recorded, assetsOf)
    account = step.account
    if (recorded.seq > from) texts.push(accountText(step.update))
  }
  return delisted || account.seq < from ? undefined : { texts, seq: account.seq }
}
