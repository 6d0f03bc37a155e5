// The private stream of one account, without an end of its own: each connection is followed by a new one before it ends. Whoever listens
// hears `ReportsLost` only where something may have been missed, asks for everything then, and subscribes anew.
import { Cause, Clock, Context, Deferred, Effect, Exit, Metric, Queue, Random, Schedule, Scope } from "effect"
import type { Report } from "../../domain/Report.ts"
import { ExchangeError, NotSent, ReportsLost } from "../../ports/Exchange.ts"
import { Handover } from "./Handover.ts"
import type { Listener, StreamConnection } from "./StreamConnection.ts"

const HOUR = 3_600_000

/** When a connection is followed by a new one; Binance ends each after 24 hours. A reference, so that a test need not wait as long. */
export const Renewal = Context.Reference("outcry/adapters/binance/Renewal", {
  defaultValue: () => ({
    afterMillis: 20 * HOUR,
    /** Later by a part of this, another one each time: the accounts do not renew all at once. */
    spreadMillis: 3 * HOUR,
    /** Both tell for this long: what happened before the new one was there has come by then, through the old one. */
    togetherMillis: 5_000
  })
})

/** Reports waiting for the reader. */
const REPORTS = 4_096
/** What the new connection has said, the old one says within this, or it cannot be relied on. */
const BEHIND_MILLIS = 1_000
/** Between attempts at a new connection, for as long as the old one lives. */
const patience = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")])

export const renewed = Metric.counter("outcry_binance_streams_renewed_total", {
  description: "Private streams that went on over a new connection without a gap",
  incremental: true
})

/** Succeeds once the connection is subscribed. */
type Connect = (listener: Listener) => Effect.Effect<StreamConnection, ExchangeError, Scope.Scope>

interface Line {
  readonly scope: Scope.Closeable
  readonly closing: Deferred.Deferred<void>
  readonly over: Deferred.Deferred<string>
  /** Once it is subscribed. */
  connection: StreamConnection | undefined
}

export const open = Effect.fnUntraced(function* (
  connect: Connect,
  renewal: typeof Renewal.Service,
  /** Ends it from this side, for the reason it gives. */
  ended: Effect.Effect<string> = Effect.never
): Effect.fn.Return<Queue.Dequeue<Report, ReportsLost>, ExchangeError, Scope.Scope> {
  const parent = yield* Effect.scope
  const reports = yield* Queue.dropping<Report, ReportsLost>(REPORTS)
  const newLine = Effect.map(Scope.fork(parent), (scope): Line => {
    return { scope, closing: Deferred.makeUnsafe(), over: Deferred.makeUnsafe(), connection: undefined }
  })
  const relay = new Relay(yield* Clock.Clock, reports, yield* newLine)
  const subscribe = (line: Line) =>
    connect(relay.listener(line)).pipe(
      Scope.provide(line.scope),
      Effect.map((connection) => void (line.connection = connection))
    )

  /** The old one lives: what it had to say before the new one was there is said by the end of this. */
  const together = (old: Line) =>
    Effect.andThen(Effect.sleep(renewal.togetherMillis), old.connection?.answered ?? Effect.void)

  /** Fails where the new one ends before it leads. */
  const renew = Effect.gen(function* () {
    const [old, line] = [relay.leading, yield* newLine]
    relay.follow(line)
    const wait = Effect.raceFirst(together(old), Deferred.await(old.over))
    yield* Effect.raceFirst(
      Effect.andThen(subscribe(line), wait),
      Effect.flatMap(Deferred.await(line.over), (message) => Effect.fail(noConnection(message)))
    ).pipe(
      Effect.onExit((exit) => {
        if (Exit.isSuccess(exit)) return Effect.void
        relay.drop(line)
        return Scope.close(line.scope, exit)
      })
    )
    // Where the old one has ended, the new one leads already.
    if (relay.leading === old) relay.turn()
    yield* Scope.close(old.scope, Exit.void)
    if (relay.leading === line) yield* Metric.update(renewed, 1)
  })

  const renewals = Effect.gen(function* () {
    while (true) {
      const age = renewal.afterMillis + (yield* Random.nextBetween(0, renewal.spreadMillis))
      yield* Effect.raceFirst(Effect.sleep(age), Deferred.await(relay.leading.closing))
      yield* renew.pipe(
        Effect.tapError((error) =>
          Effect.logWarning("a private stream could not be renewed; it is tried again", error)
        ),
        Effect.retry(patience)
      )
    }
  })
  yield* subscribe(relay.leading)
  yield* Effect.forkScoped(Effect.raceFirst(renewals, Deferred.await(relay.lost)))
  yield* Effect.forkScoped(Effect.map(ended, (message) => relay.lose(message)))
  return reports
})

/** Of the one or two connections that there are, what the reader hears. */
class Relay {
  readonly lost: Deferred.Deferred<void> = Deferred.makeUnsafe()
  readonly #handover = new Handover()
  readonly #clock: Clock.Clock
  readonly #reports: Queue.Queue<Report, ReportsLost>
  #leading: Line
  #following: Line | undefined

  constructor(clock: Clock.Clock, reports: Queue.Queue<Report, ReportsLost>, first: Line) {
    this.#clock = clock
    this.#reports = reports
    this.#leading = first
  }

  get leading(): Line {
    return this.#leading
  }

  listener(line: Line): Listener {
    return {
      report: (key, report) => {
        if (line === this.#leading) this.#handOn(this.#handover.led(key, report))
        else if (line === this.#following && !this.#handover.followed(key, report, this.#now)) this.lose(BEHIND)
      },
      closing: () => void Deferred.doneUnsafe(line.closing, Effect.void),
      over: (message, orderly) => {
        // Ended by the other side, it has said all; torn, nobody knows.
        if (line === this.#leading) {
          if (orderly && this.#following?.connection !== undefined) this.turn()
          else this.lose(message)
        }
        // Last: whoever waits for it goes on within this call.
        Deferred.doneUnsafe(line.over, Effect.succeed(message))
      }
    }
  }

  follow(line: Line): void {
    this.#following = line
  }

  /** Goes on with the one that leads alone. */
  drop(line: Line): void {
    if (line !== this.#following) return
    this.#following = undefined
    this.#handover.forget()
  }

  /** The one that follows leads from now on. */
  turn(): void {
    if (this.#following === undefined) return
    if (this.#handover.lags(this.#now - BEHIND_MILLIS)) return this.lose(BEHIND)
    this.#leading = this.#following
    this.#following = undefined
    for (const report of this.#handover.turn()) this.#handOn(report)
  }

  get #now(): number {
    return this.#clock.currentTimeMillisUnsafe()
  }

  #handOn(report: Report | undefined): void {
    if (report === undefined || Queue.offerUnsafe(this.#reports, report)) return
    this.lose("The desk fell behind Binance's private stream.")
  }

  lose(message: string): void {
    Queue.failCauseUnsafe(this.#reports, Cause.fail(new ReportsLost({ message })))
    Deferred.doneUnsafe(this.lost, Effect.void)
  }
}

const BEHIND = "Binance's private stream told less than a second one to the same account."

const noConnection = (message: string) => new ExchangeError({ reason: new NotSent({ message }) })
