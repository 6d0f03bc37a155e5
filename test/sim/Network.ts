// The way to the exchange and back: calls that are late, lost or answered into the void, and a stream that is cut, silent or out of order.
import { Cause, Deferred, Effect, Exit, Option, Queue, type Scope } from "effect"
import type { ExchangeOrder, Report } from "../../src/domain/Report.ts"
import {
  Exchange,
  ExchangeError,
  NotSent,
  OutcomeUnknown,
  RateLimited,
  Refused,
  ReportsLost
} from "../../src/ports/Exchange.ts"
import type { World } from "./World.ts"

/** Of Binance: how long after its timestamp a call is taken, and how long it is worked on at most (BINANCE.md, 8). */
const RECV_WINDOW = 2_000
const WORKED_ON = 10_000
const MARGIN = 1_000
/** The desk gives up waiting. */
const CALL_DEADLINE = 5_000
const QUERY_DEADLINE = 2_000

type Service = Exchange["Service"]
type Kind = "order" | "query"

const fail = (reason: ExchangeError["reason"]) => Effect.fail(new ExchangeError({ reason }))

interface Stream {
  readonly lose: (why: string) => void
  silent: boolean
}

export class Network {
  up = true
  readonly #world: World
  readonly #real: Service
  readonly #streams = new Set<Stream>()

  constructor(world: World, real: Service) {
    this.#world = world
    this.#real = real
  }

  /** The exchange as a desk sees it that lives for as long as `alive` says. */
  exchange(alive: () => boolean): Service {
    const real = this.#real
    const { plan, time } = this.#world
    const offset = plan.clockOffset
    const call = <A>(kind: Kind, made: Effect.Effect<A, ExchangeError>) => this.#call(kind, made, alive)
    return Exchange.of({
      environment: "testnet",
      absenceProvenAfterMillis: RECV_WINDOW + WORKED_ON + MARGIN,
      clockOffsetMillis: () => offset,
      time: call(
        "query",
        Effect.sync(() => time.now + offset)
      ),
      instruments: real.instruments,
      open: () => Effect.void,
      submit: (order) => call("order", real.submit(order)),
      submitList: (list) => call("order", real.submitList(list)),
      replace: (...args) => call("order", real.replace(...args)),
      cancel: (...args) => call("order", real.cancel(...args)),
      amend: (...args) => call("order", real.amend(...args)),
      query: (...args) =>
        call(
          "query",
          Effect.map(real.query(...args), (found) => this.#visible(found))
        ),
      openOrders: (...args) => call("query", real.openOrders(...args)),
      trades: (...args) => call("query", real.trades(...args)),
      balances: (...args) => call("query", real.balances(...args)),
      reports: (accountId) => Effect.andThen(call("query", Effect.void), this.#reports(accountId, alive))
    })
  }

  cutStreams(): void {
    for (const stream of this.#streams) stream.lose("the connection was cut")
  }

  silenceStreams(): void {
    for (const stream of this.#streams) stream.silent = true
  }

  #call<A>(kind: Kind, made: Effect.Effect<A, ExchangeError>, alive: () => boolean) {
    return Effect.suspend((): Effect.Effect<A, ExchangeError> => {
      if (!alive()) return Effect.never
      const { dice, injected, plan, time } = this.#world
      if (!this.up) {
        injected.count("link: no connection")
        return Effect.andThen(Effect.sleep(dice.exponential(30)), fail(new NotSent({ message: "no connection" })))
      }
      if (kind === "order" && dice.chance(plan.rateLimited)) {
        injected.count("rate limited")
        return fail(new RateLimited({ retryAfterMillis: 1_000 }))
      }
      const began = time.now
      const reply = Deferred.makeUnsafe<A, ExchangeError>()
      this.#world.fork(this.#travel(kind, made, reply))
      const deadline = kind === "order" ? CALL_DEADLINE : QUERY_DEADLINE
      return Deferred.await(reply).pipe(
        Effect.timeoutOrElse({
          duration: deadline,
          orElse: () => {
            this.#world.obstacle(began, time.now)
            return fail(new OutcomeUnknown({ message: `no answer within ${deadline / 1000} s` }))
          }
        })
      )
    })
  }

  /** Goes on although whoever called may have died. */
  #travel<A>(kind: Kind, made: Effect.Effect<A, ExchangeError>, reply: Deferred.Deferred<A, ExchangeError>) {
    return Effect.gen({ self: this }, function* () {
      const { dice, injected, plan, time } = this.#world
      const stampedAt = time.now
      const slow = dice.chance(plan.slowNetwork)
      if (slow) injected.count("call late")
      yield* Effect.sleep(1 + dice.exponential(slow ? 1_200 : 8))
      if (dice.chance(plan.requestLost)) {
        injected.count("request lost")
        return yield* this.#broken(reply)
      }
      if (!this.up) return yield* this.#broken(reply)
      let exit: Exit.Exit<A, ExchangeError>
      if (kind === "order" && time.now > stampedAt + RECV_WINDOW) {
        injected.count("outside recvWindow")
        exit = Exit.fail(
          new ExchangeError({
            reason: new Refused({ code: -1021, message: "Timestamp for this request is outside of the recvWindow." })
          })
        )
      } else {
        if (kind === "order" && dice.chance(plan.slowExchange)) {
          injected.count("exchange slow")
          yield* Effect.sleep(dice.below(WORKED_ON - 100))
        }
        exit = yield* Effect.exit(made)
      }
      yield* Effect.sleep(1 + dice.exponential(slow ? 600 : 8))
      if (dice.chance(plan.answerLost)) {
        injected.count(kind === "order" ? "answer lost" : "query's answer lost")
        return yield* this.#broken(reply)
      }
      if (!this.up) return yield* this.#broken(reply)
      yield* Deferred.done(reply, exit)
    })
  }

  /** Whoever waits hears that the connection broke, or nothing. */
  #broken<A>(reply: Deferred.Deferred<A, ExchangeError>) {
    const { dice, injected, plan, time } = this.#world
    if (!dice.chance(plan.reset)) return Effect.void
    injected.count("connection reset")
    this.#world.obstacle(time.now, time.now)
    return Deferred.done(
      reply,
      Exit.fail(new ExchangeError({ reason: new OutcomeUnknown({ message: "the connection was reset" }) }))
    )
  }

  /** A query reads from a copy that lags. */
  #visible(found: Option.Option<ExchangeOrder>): Option.Option<ExchangeOrder> {
    const { dice, injected, plan, time } = this.#world
    if (Option.isNone(found)) return found
    const order = found.value
    if (plan.lateVisibility > 0 && order.createdAt > time.now - dice.below(plan.lateVisibility)) {
      injected.count("order not visible yet")
      return Option.none()
    }
    if (order.fills.length > 0 && order.at > time.now - 3_000 && dice.chance(plan.fillsLag)) {
      injected.count("fills not visible yet")
      return Option.some({ ...order, fills: order.fills.slice(0, -1) })
    }
    return found
  }

  #reports(
    accountId: Parameters<Service["reports"]>[0],
    alive: () => boolean
  ): Effect.Effect<Queue.Dequeue<Report, ReportsLost>, ExchangeError, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      const real = yield* this.#real.reports(accountId)
      const told = yield* Queue.bounded<Report, ReportsLost>(1024)
      const lose = (message: string) => {
        this.#streams.delete(stream)
        Queue.failCauseUnsafe(told, Cause.fail(new ReportsLost({ message })))
      }
      const stream: Stream = { lose, silent: false }
      this.#streams.add(stream)
      yield* Effect.addFinalizer(() => Effect.sync(() => void this.#streams.delete(stream)))
      if (!this.up) lose("the connection was cut")
      let level = 0
      const { dice, injected, time } = this.#world
      const deliver = (report: Report, at: number) =>
        time.at(at, () => {
          if (!alive() || !this.#streams.has(stream)) return
          if (!Queue.offerUnsafe(told, report)) lose("it was slower than its reports")
        })
      const pass = (report: Report): void => {
        if (stream.silent) return injected.count("event into silence")
        const { eventDropped, eventDuplicated, eventReordered, eventsLate } = this.#world.plan
        if (dice.chance(eventDropped)) return injected.count("event dropped")
        const late = dice.chance(eventsLate)
        if (late) injected.count("event late")
        const at = time.now + 1 + dice.exponential(late ? 1_500 : 6)
        if (dice.chance(eventReordered)) {
          injected.count("event out of order")
          deliver(report, at + dice.exponential(400))
        } else {
          level = Math.max(level, at)
          deliver(report, level)
        }
        if (!dice.chance(eventDuplicated)) return
        injected.count("event twice")
        deliver(report, at + dice.exponential(800))
      }
      yield* Queue.takeAll(real).pipe(
        Effect.map((reports) => reports.forEach(pass)),
        Effect.forever,
        Effect.catchTag("ReportsLost", ({ message }) => Effect.sync(() => lose(message))),
        Effect.forkScoped
      )
      return told
    })
  }
}
