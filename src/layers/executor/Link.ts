// An account's link to its exchange: subscribe, survey, listen; and again whenever the stream is lost or cannot be trusted.
import { type Cause, Clock, Deferred, Effect, Exit, Option, Queue, Result, Schedule, Scope } from "effect"
import { isUnopened } from "../../domain/Account.ts"
import type { SurveyCause } from "../../domain/Event.ts"
import type { Report } from "../../domain/Report.ts"
import { sentence } from "../../domain/Shut.ts"
import type { ExchangeError, ReportsLost } from "../../ports/Exchange.ts"
import type { JournalError } from "../../ports/Journal.ts"
import { Milestone } from "../../ports/Milestone.ts"
import type { Inbox } from "../Mailbox.ts"
import type { Message } from "./Message.ts"
import type { StreamWatch } from "./StreamWatch.ts"
import * as Survey from "./Survey.ts"

/** A start waits this long for the exchange; then the account takes commands blind. */
const START_WITHIN = "5 seconds"
const SURVEY_EVERY_MILLIS = 300_000
/** Totals that differ, or that could not be told, are looked at again after this, then after twice as long, and so on. */
const SECOND_LOOK_MILLIS = 5_000
/** How often the totals are read again where trades came between. */
const LOOKS = 3

const patience = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("2 seconds")]).pipe(
  Schedule.jittered
)

export interface Options extends Survey.Surveyor {
  readonly inbox: Inbox<Message>
  readonly watch: StreamWatch
  /** Of the actor whose link this is. */
  readonly life: symbol
  /** Handles a message at once: only before the mailbox is read. */
  readonly handle: (message: Message) => Effect.Effect<void, unknown>
}

type Deliver = (message: Message) => Effect.Effect<void>

interface Connection {
  readonly scope: Scope.Closeable
  /** Why it ended. */
  readonly lost: Deferred.Deferred<string>
}

/**
 * The first attempt is awaited and its findings are handled before this returns (I9). From then on the link is kept in the background; what
 * it finds goes through the mailbox. Fails where an account that is not open yet cannot ask what it has: it takes no commands then.
 */
export const start = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<void, ExchangeError | JournalError | Cause.TimeoutError, Scope.Scope> {
  const { account, handle, inbox, life } = options
  const directly: Deliver = (message) => Effect.orDie(handle(message))
  const first = yield* Effect.result(Effect.timeout(connect(options, "start", directly), START_WITHIN))
  if (Result.isFailure(first)) {
    const shut = shutReason(options)
    if (isUnopened(account()) && shut === undefined) return yield* Effect.fail(first.failure)
    yield* Effect.logWarning("the exchange could not be asked at the start", first.failure)
    yield* directly({ _tag: "Blinded", life, reason: shut ?? "The exchange could not be asked at the start." })
  } else yield* directly({ _tag: "Sighted", life })
  const begun = Result.isSuccess(first) ? first.success : undefined
  yield* Effect.forkScoped(keep(options, (message) => inbox.put([message]), begun))
})

/** In a sentence, why no waiting will do. */
const shutReason = ({ accountId, exchange }: Options): string | undefined => {
  const why = exchange.shut?.(accountId)
  return why === undefined || why === "notLive" ? undefined : sentence(why)
}

const keep = Effect.fnUntraced(function* (options: Options, deliver: Deliver, first: Connection | undefined) {
  const { life } = options
  let connection = first
  let cause: SurveyCause = "reconnect"
  while (true) {
    if (connection === undefined) {
      connection = yield* Effect.retry(attempt(options, cause, deliver), patience).pipe(Effect.orDie)
      yield* deliver({ _tag: "Sighted", life })
    }
    const reason: string = yield* Effect.raceFirst(Deferred.await(connection.lost), lateness(options.watch))
    cause = reason === LATE ? "blind" : "reconnect"
    yield* deliver({ _tag: "Blinded", life, reason })
    yield* Scope.close(connection.scope, Exit.void)
    connection = undefined
  }
})

/** Says so where no waiting will do. */
const attempt = (options: Options, cause: SurveyCause, deliver: Deliver) =>
  Effect.tapError(connect(options, cause, deliver), () => {
    const shut = shutReason(options)
    return shut === undefined ? Effect.void : deliver({ _tag: "Blinded", life: options.life, reason: shut })
  })

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
    const agreed = yield* survey(options, cause, deliver)
    yield* Effect.forkScoped(surveying(options, agreed))
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

/** Answers by whether all was seen and the totals agree, once everything it found was handled. */
const survey = Effect.fnUntraced(function* (options: Options, cause: SurveyCause, deliver: Deliver) {
  const reached = yield* Milestone
  // A new account opens with the exchange's balances; only what happens after that is news.
  const { seq: before } = options.account()
  if (isUnopened(options.account())) yield* compareTotals(options, deliver, before)
  const taken = yield* Survey.take(options, cause)
  reached("survey taken")
  const done = yield* Deferred.make<number>()
  yield* deliver({ _tag: "Survey", survey: taken, done })
  const seq = yield* Deferred.await(done)
  reached("survey settled")
  const agreed = seq === 0 || (yield* compareTotals(options, deliver, seq))
  return agreed && taken.complete
})

/** From time to time, and soon again where it did not agree. An exchange that does not answer now is asked the next time. */
const surveying = Effect.fnUntraced(function* (options: Options, agreedAtFirst: boolean) {
  const deliver: Deliver = (message) => options.inbox.put([message])
  let agreed = agreedAtFirst
  for (let wait = SECOND_LOOK_MILLIS; ; wait = agreed ? SECOND_LOOK_MILLIS : Math.min(2 * wait, SURVEY_EVERY_MILLIS)) {
    yield* Effect.sleep(agreed ? SURVEY_EVERY_MILLIS : wait)
    agreed = yield* survey(options, "period", deliver).pipe(
      Effect.catch((error) => Effect.as(Effect.logWarning("a survey got no answer; it is tried again", error), false))
    )
  }
})

/** While no trade is made and nothing happens to the account: else the two are not of one moment. */
const compareTotals = Effect.fnUntraced(function* (options: Options, deliver: Deliver, seq: number) {
  let asOfSeq = seq
  for (let look = 0; look < LOOKS; look++) {
    const balances = yield* Survey.totals(options)
    const now = options.account().seq
    if (Option.isSome(balances) && now === asOfSeq) {
      const done = yield* Deferred.make<boolean>()
      yield* deliver({ _tag: "Totals", asOfSeq, balances: balances.value, done })
      return yield* Deferred.await(done)
    }
    asOfSeq = now
  }
  return false
})
