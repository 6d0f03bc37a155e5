// The only writer of one account: commands, reports, answers and evidence pass through here one at a time (I5).
import { Clock, Effect, Option, Queue, type Scope } from "effect"
import * as Account from "../../domain/Account.ts"
import * as Decide from "../../domain/Decide.ts"
import type { AccountId } from "../../domain/Ids.ts"
import * as Money from "../../domain/Money.ts"
import type { RiskLimits } from "../../domain/Risk.ts"
import type { Events } from "../../ports/Events.ts"
import type { Exchange, ReportsLost } from "../../ports/Exchange.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { MarketData } from "../../ports/MarketData.ts"
import type { Report } from "../../domain/Report.ts"
import type { Actor, Inbox } from "../Mailbox.ts"
import * as Calls from "./Calls.ts"
import { Decided } from "./Decided.ts"
import { Evidence } from "./Evidence.ts"
import type { Message } from "./Message.ts"
import { riskContext } from "./RiskView.ts"
import { type Surroundings, Turn } from "./Turn.ts"

/** Events between two snapshots: what a start reads per account at most. */
const SNAPSHOT_EVERY = 500
/** Waiting commands a start takes up at once; the sweep brings the others. */
const WAITING = 10_000

export interface Dependencies {
  readonly journal: Journal["Service"]
  readonly events: Events["Service"]
  readonly exchange: Exchange["Service"]
  readonly market: MarketData["Service"]
  readonly limits: RiskLimits
}

/** Starts and recovers alike (I9): read the journal, ask the exchange, settle the difference, then take commands. */
export const make = Effect.fnUntraced(function* (
  accountId: AccountId,
  inbox: Inbox<Message>,
  dependencies: Dependencies
): Effect.fn.Return<Actor<Message>, unknown, Scope.Scope> {
  const { exchange, journal } = dependencies
  const surroundings = surroundingsOf(dependencies)
  const writer = yield* load(accountId, dependencies, surroundings, Calls.make(exchange, inbox))
  const decided = new Decided(yield* Clock.currentTimeMillis)
  const evidence = yield* Evidence.make({ accountId, exchange, inbox })
  const turn = Effect.map(Clock.currentTimeMillis, (now) => new Turn(writer.account(), now, surroundings))

  /** `undefined` where only the journal can tell. */
  const isDecided = ({ again, envelope }: Extract<Message, { readonly _tag: "Command" }>): boolean | undefined =>
    decided.has(envelope) || (again || decided.mayHaveForgotten(envelope) ? undefined : false)

  const handle = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>) {
    const now = yield* turn
    for (const message of messages) {
      if (message._tag === "Command") {
        const { envelope } = message
        const settled = isDecided(message) ?? Option.isSome(yield* journal.receipt(accountId, envelope.commandId))
        decided.add(envelope)
        if (settled) continue
      }
      now.apply(message)
    }
    yield* writer.commit(now)
    for (const order of now.doubts) evidence.seek(order)
  })

  // Subscribed before anything is asked: what happens in between comes twice rather than never, and once is kept (I7).
  yield* exchange.open(accountId)
  const reports = yield* exchange.reports(accountId)
  const settling = yield* turn
  yield* evidence.gather(Decide.openOrders(settling.account), (orderId, found) => settling.settle(orderId, found))
  yield* writer.commit(settling)
  // With an order open a fill could be in the exchange's balances and still be on its way here: it would be booked twice.
  if (Decide.openOrders(writer.account()).length === 0) {
    const adopting = yield* turn
    for (const balance of yield* exchange.balances(accountId)) {
      const drift = adopting.adopt(balance)
      if (Money.isZero(drift) || writer.account().seq === 0) continue
      yield* Effect.logWarning(
        `balance drift of ${Money.format(drift)} ${balance.asset} settled to the exchange's word`,
        {
          accountId
        }
      )
    }
    yield* writer.commit(adopting)
  }
  const listening = yield* listen(reports, inbox)
  const waiting = yield* journal.undecided({ accountId, minAgeMillis: 0, limit: WAITING })
  yield* handle(waiting.map((envelope) => ({ _tag: "Command", envelope, again: true })))

  return {
    handle: (messages) => (listening.lost() ? Effect.die(new Error(REPORTS_LOST)) : handle(messages)),
    mayRetire: () => Decide.openOrders(writer.account()).length === 0
  }
})

/** Only a new life, which asks the exchange, can be trusted again. */
const REPORTS_LOST = "the exchange's reports were lost; recovering"

const surroundingsOf = ({ limits, market }: Dependencies): Surroundings => ({
  assetsOf: (symbol) => {
    const instrument = market.instrument(symbol)
    if (instrument === undefined) throw new Error(`the market no longer knows ${symbol}, which this account has traded`)
    return instrument
  },
  contextOf: (envelope) => riskContext(market, Decide.symbolOf(envelope), envelope, limits)
})

/** The account as the journal has it, and the one way to change it: journal, then memory, then watchers, then the exchange. */
const load = Effect.fnUntraced(function* (
  accountId: AccountId,
  { events, journal }: Dependencies,
  { assetsOf }: Surroundings,
  calls: ReturnType<typeof Calls.make>
) {
  const scope = yield* Effect.scope
  const history = yield* journal.load(accountId)
  let account = history.events.reduce(
    (state, recorded) => Account.evolve(state, recorded, assetsOf),
    Option.match(history.snapshot, { onNone: () => Account.empty(accountId), onSome: Account.fromSnapshot })
  )
  let snapshotSeq = Option.match(history.snapshot, { onNone: () => 0, onSome: ({ seq }) => seq })
  return {
    account: () => account,
    commit: Effect.fnUntraced(function* (turn: Turn) {
      if (turn.isEmpty) return
      const due = turn.account.seq - snapshotSeq >= SNAPSHOT_EVERY
      yield* journal.append({
        accountId,
        afterSeq: account.seq,
        updates: turn.updates,
        receipts: turn.receipts,
        ...(due ? { snapshot: Account.toSnapshot(turn.account) } : {})
      })
      if (due) snapshotSeq = turn.account.seq
      account = turn.account
      if (turn.updates.length > 0) yield* events.publish(turn.updates)
      for (const approved of turn.submits) yield* Effect.forkIn(calls.submit(approved), scope)
      for (const order of turn.cancels) yield* Effect.forkIn(calls.cancel(accountId, order), scope)
    })
  }
})

/** Brings the exchange's reports into the mailbox. */
const listen = Effect.fnUntraced(function* (reports: Queue.Dequeue<Report, ReportsLost>, inbox: Inbox<Message>) {
  let lost = false
  yield* Queue.takeAll(reports).pipe(
    Effect.flatMap((heard) => inbox.put(heard.map((report) => ({ _tag: "Report", report })))),
    Effect.forever,
    Effect.catchTag("ReportsLost", () => {
      lost = true
      return inbox.put([{ _tag: "Wake" }])
    }),
    Effect.forkScoped
  )
  return { lost: () => lost }
})
