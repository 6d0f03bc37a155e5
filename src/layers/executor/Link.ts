// An account's link to its exchange: subscribe, survey, listen; and again whenever the stream is lost or cannot be trusted.
import { Cause, Clock, Deferred, Effect, Exit, Option, Queue, Schedule, Scope } from "effect"
import type { SurveyCause } from "../../domain/Event.ts"
import type { Report } from "../../domain/Report.ts"
import type { ReportsLost } from "../../ports/Exchange.ts"
import { Milestone } from "../../ports/Milestone.ts"
import type { Inbox } from "../Mailbox.ts"
import type { Message } from "./Message.ts"
import type { StreamWatch } from "./StreamWatch.ts"
import * as Survey from "./Survey.ts"

/** A start waits this long for the exchange; then the account takes commands blind. */
const START_WITHIN = "5 seconds"
const SURVEY_EVERY = "5 minutes"
/** A difference between the totals is looked at again after this, before it is believed. */
const SECOND_LOOK = "5 seconds"
/** How often the totals are read again where trades came between. */
const LOOKS = 3

const patience = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("2 seconds")]).pipe(
  Schedule.jittered
)

export interface Options extends Survey.Surveyor {
  readonly inbox: Inbox<Message>
  readonly watch: StreamWatch
  /** Handles a message at once: only before the mailbox is read. */
  readonly handle: (message: Message) => Effect.Effect<void, unknown>
  /** Differences between the totals that were seen once. */
  readonly isSuspicious: () => boolean
}

type Deliver = (message: Message) => Effect.Effect<void>

interface Connection {
  readonly scope: Scope.Closeable
  /** Why it ended. */
  readonly lost: Deferred.Deferred<string>
}

/**
 * The first attempt is awaited and its findings are handled before this returns (I9). From then on the link is kept in the background; what
 * it finds goes through the mailbox.
 */
export const start = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<void, never, Scope.Scope> {
  const { handle, inbox } = options
  const directly: Deliver = (message) => Effect.orDie(handle(message))
  const first = yield* connect(options, "start", directly).pipe(
    Effect.timeout(START_WITHIN),
    Effect.map(Option.some),
    Effect.catch((error) =>
      Effect.as(Effect.logWarning("the exchange could not be asked at the start", error), Option.none())
    )
  )
  if (Option.isNone(first))
    yield* directly({ _tag: "Blinded", reason: "The exchange could not be asked at the start." })
  else yield* directly({ _tag: "Sighted" })
  yield* Effect.forkScoped(keep(options, (message) => inbox.put([message]), Option.getOrUndefined(first)))
})

const keep = Effect.fnUntraced(function* (options: Options, deliver: Deliver, first: Connection | undefined) {
  let connection = first
  let cause: SurveyCause = "reconnect"
  while (true) {
    if (connection === undefined) {
      const begun = connect(options, cause, settled(deliver))
      connection = yield* Effect.retry(begun, patience).pipe(Effect.orDie)
      yield* deliver({ _tag: "Sighted" })
    }
    const reason = yield* Effect.raceFirst(Deferred.await(connection.lost), lateness(options.watch))
    cause = reason === LATE ? "blind" : "reconnect"
    yield* deliver({ _tag: "Blinded", reason })
    yield* Scope.close(connection.scope, Exit.void)
    connection = undefined
  }
})

/** A survey is handled once its deferred is done; everything else once it is in line. */
const settled =
  (deliver: Deliver): Deliver =>
  (message) =>
    message._tag === "Survey"
      ? Effect.andThen(deliver(message), Effect.asVoid(Deferred.await(message.done)))
      : deliver(message)

/** In a scope of its own, which is closed where it does not come about. */
const connect = Effect.fnUntraced(function* (options: Options, cause: SurveyCause, deliver: Deliver) {
  const parent = yield* Effect.scope
  const scope = yield* Scope.fork(parent)
  const lost = yield* Deferred.make<string>()
  yield* Effect.gen(function* () {
    const { accountId, exchange, inbox, watch } = options
    watch.forget()
    yield* exchange.open(accountId)
    // Subscribed before anything is asked: what happens in between comes twice rather than never, and once is kept (I7).
    yield* listen(yield* exchange.reports(accountId), inbox, lost)
    yield* survey(options, cause, deliver)
    yield* Effect.forkScoped(surveying(options))
  }).pipe(
    Scope.provide(scope),
    Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)))
  )
  return { scope, lost } satisfies Connection
})

/** Brings the exchange's reports into the mailbox. */
const listen = (
  reports: Queue.Dequeue<Report, ReportsLost>,
  inbox: Inbox<Message>,
  lost: Deferred.Deferred<string>
): Effect.Effect<void, never, Scope.Scope> =>
  Queue.takeAll(reports).pipe(
    Effect.flatMap((heard) => inbox.put(heard.map((report) => ({ _tag: "Report", report })))),
    Effect.forever,
    Effect.catchTag("ReportsLost", ({ message }) => Deferred.succeed(lost, message)),
    Effect.forkScoped,
    Effect.asVoid
  )

const LATE = "An order that the exchange has taken did not show on its stream."

const lateness = (watch: StreamWatch): Effect.Effect<string> =>
  watch.awaiting.await.pipe(
    Effect.andThen(Effect.sleep("1 second")),
    Effect.andThen(Clock.currentTimeMillis),
    Effect.map((now) => watch.isLate(now)),
    Effect.repeat({ until: (late) => late }),
    Effect.as(LATE)
  )

const survey = Effect.fnUntraced(function* (options: Options, cause: SurveyCause, deliver: Deliver) {
  const reached = yield* Milestone
  // A new account opens with the exchange's balances; only what happens after that is news.
  if (options.account().seq === 0) yield* compareTotals(options, deliver, 0)
  const taken = yield* Survey.take(options, cause)
  reached("survey taken")
  const done = yield* Deferred.make<number>()
  yield* deliver({ _tag: "Survey", survey: taken, done })
  const seq = yield* Deferred.await(done)
  reached("survey settled")
  if (seq > 0) yield* compareTotals(options, deliver, seq)
})

/** From time to time, and soon again where the totals did not agree. An exchange that does not answer now is asked the next time. */
const surveying = (options: Options) => {
  const deliver = settled((message) => options.inbox.put([message]))
  return Effect.suspend(() => Effect.sleep(options.isSuspicious() ? SECOND_LOOK : SURVEY_EVERY)).pipe(
    Effect.andThen(survey(options, "period", deliver)),
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.logWarning("a survey of the account got no answer; it is tried again", cause)
    ),
    Effect.forever
  )
}

/** While no trade is made and nothing happens to the account: else the two are not of one moment. */
const compareTotals = Effect.fnUntraced(function* (options: Options, deliver: Deliver, seq: number) {
  let asOfSeq = seq
  for (let look = 0; look < LOOKS; look++) {
    const balances = yield* Survey.totals(options)
    const now = options.account().seq
    if (Option.isSome(balances) && now === asOfSeq) {
      return yield* deliver({ _tag: "Totals", asOfSeq, balances: balances.value })
    }
    asOfSeq = now
  }
})
