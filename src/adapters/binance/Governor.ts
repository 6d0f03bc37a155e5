// Lets calls to Binance through, as many as its limits and ours allow: the highest lane first, and nothing dropped without a word.
import { Clock, Deferred, Effect, Exit, FiberSet, Metric, Option, type Scope } from "effect"
import { SEND_WITHIN_MILLIS } from "../../domain/Order.ts"
import { ExchangeError, NotSent, type OutcomeUnknown, RateLimited } from "../../ports/Exchange.ts"
import { Budget, type Ending, type Ticket } from "./Budget.ts"
import type { CallCost } from "./CallCost.ts"
import type { HttpAnswer } from "./HttpCalls.ts"
import { isQuestion, type Lane, lanes } from "./Lanes.ts"
import { errorCode, retryAfterMillis, TOO_MANY_ORDERS } from "./Verdict.ts"
import { Waiting } from "./Waiting.ts"

/** Calls under way at once. Each lane of changes leaves some room to the ones before it. */
const MAX_QUESTIONS = 32
const MAX_CHANGES: Readonly<Partial<Record<Lane, number>>> = { cancel: 220, exit: 200, entry: 180 }
/** Questions that wait; one more, and the lowest is refused. */
const MAX_WAITING = 1_024
/** A question that would wait for longer is refused, with when to ask again. */
const QUESTION_WAITS_MILLIS = 5_000
/** When to ask again where there was no room among those under way. */
const AGAIN_MILLIS = 1_000

export interface Asked {
  readonly cost: CallCost
  /** Whose orders count. */
  readonly account: string | undefined
  /** A change that may come a moment late: it waits that long for room. */
  readonly patient: boolean
}

export interface LaneCount {
  readonly lane: Lane
  readonly waiting: number
  readonly shed: number
  readonly lastShedAt: number | undefined
}

/** Epoch milliseconds on our clock. */
export interface Stopped {
  readonly until: number
  /** In the past where it is no ban. */
  readonly bannedUntil: number
}

export interface Governor {
  readonly budget: Budget
  /** Makes the call once there is room for it, or fails without having made it: a change at once, a question after a while. */
  readonly through: (asked: Asked, call: Call) => Effect.Effect<HttpAnswer, ExchangeError>
  /** Waits for room for what is asked past REST, such as a stream, and counts it. */
  readonly spend: (cost: CallCost) => Effect.Effect<void, ExchangeError>
  /** Binance has said to wait, elsewhere than in an answer of `through`. */
  readonly toldToWait: (millis: number, banned: boolean) => Effect.Effect<void>
  /** Another process at this address was told to wait. */
  readonly othersWait: (stop: Stopped) => Effect.Effect<void>
  /** The lane that goes first is first. */
  readonly counts: () => ReadonlyArray<LaneCount>
}

type Call = Effect.Effect<HttpAnswer, NotSent | OutcomeUnknown>
type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

const shed = Metric.counter("outcry_binance_shed_total", {
  description: "Calls to Binance that the desk refused because there was no room for them",
  incremental: true
})
const waited = Metric.counter("outcry_binance_waited_total", {
  description: "Calls to Binance that waited for room",
  incremental: true
})
const told = Metric.counter("outcry_binance_told_to_wait_total", {
  description: "Times that Binance said to wait: 429 and 418 mean everybody, orders one account",
  incremental: true
})

const byLane = (metric: typeof shed) =>
  new Map(lanes.map((lane) => [lane, Metric.update(Metric.withAttributes(metric, { lane }), 1)]))
const countShed = byLane(shed)
const countWaited = byLane(waited)
const countTold = (said: "429" | "418" | "orders") => Metric.update(Metric.withAttributes(told, { said }), 1)

/** `offsetMillis`: how far Binance's clock is ahead of ours. `onStop` hears what Binance tells this process for everybody at its address. */
export const make = Effect.fnUntraced(function* (
  offsetMillis: () => number,
  onStop: (stopped: Stopped) => Effect.Effect<void> = () => Effect.void
): Effect.fn.Return<Governor, never, Scope.Scope> {
  const run = yield* FiberSet.makeRuntime<never>()
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const budget = new Budget(offsetMillis)
  const waiting = new Waiting<Waiter>(MAX_WAITING)
  const refusals = new Map(lanes.map((lane) => [lane, { shed: 0, lastShedAt: undefined as number | undefined }]))
  const underWay = { questions: 0, changes: 0 }
  /** When the waiting questions are looked at next. */
  let lookAt = Number.POSITIVE_INFINITY
  /** One that is let in may end before this returns, and make room: a thousand of those, each within the one before, are too deep. */
  let lettingIn = false

  const refuse = (lane: Lane, reason: RateLimited | NotSent): Effect.Effect<never, ExchangeError> =>
    Effect.suspend(() => {
      const { shed } = refusals.get(lane)!
      refusals.set(lane, { shed: shed + 1, lastShedAt: now() })
      return Effect.andThen(countShed.get(lane)!, Effect.fail(new ExchangeError({ reason })))
    })
  const later = (lane: Lane, millis: number) => refuse(lane, new RateLimited({ retryAfterMillis: Math.ceil(millis) }))

  const enter = ({ account, cost }: Asked): Ticket => {
    underWay[isQuestion(cost.lane) ? "questions" : "changes"]++
    return budget.take(cost, account, now())
  }
  const leave = (ticket: Ticket, ending: Ending): void => {
    underWay[isQuestion(ticket.cost.lane) ? "questions" : "changes"]--
    budget.settle(ticket, ending, now())
    letIn()
  }

  /** In their order: one that has no room holds up those behind it, which are lower or came later. */
  const letIn = (): void => {
    if (lettingIn) return
    lettingIn = true
    try {
      for (let next = waiting.first(); next !== undefined; next = waiting.first()) {
        if (underWay.questions >= MAX_QUESTIONS) return
        const wait = budget.wait(next.asked.cost, undefined, now())
        if (wait > 0) return lookAgain(wait)
        waiting.remove(next)
        next.ticket = enter(next.asked)
        Deferred.doneUnsafe(next.decided, Effect.void)
      }
    } finally {
      lettingIn = false
    }
  }
  const lookAgain = (wait: number): void => {
    const at = now() + wait
    if (at >= lookAt) return
    lookAt = at
    const look = () => {
      if (lookAt === at) lookAt = Number.POSITIVE_INFINITY
      letIn()
    }
    run(Effect.delay(Effect.sync(look), wait))
  }

  const change = (asked: Asked, restore: Restore): Effect.Effect<Ticket, ExchangeError> =>
    Effect.suspend(() => {
      const { lane } = asked.cost
      if (underWay.changes >= (MAX_CHANGES[lane] ?? 0)) return refuse(lane, new NotSent({ message: CROWDED }))
      const wait = budget.wait(asked.cost, asked.account, now())
      if (wait <= 0) return Effect.succeed(enter(asked))
      if (!asked.patient || wait > SEND_WITHIN_MILLIS) return later(lane, wait)
      return countWaited
        .get(lane)!
        .pipe(
          Effect.andThen(restore(Effect.sleep(wait))),
          Effect.andThen(change({ ...asked, patient: false }, restore))
        )
    })

  const question = (asked: Asked, restore: Restore): Effect.Effect<Ticket, ExchangeError> =>
    Effect.suspend(() => {
      const { cost } = asked
      const { lane } = cost
      const wait = budget.wait(cost, undefined, now())
      if (wait > QUESTION_WAITS_MILLIS) return later(lane, wait)
      if (wait <= 0 && underWay.questions < MAX_QUESTIONS && !waiting.before(lane)) return Effect.succeed(enter(asked))
      const waiter: Waiter = { asked, lane, decided: Deferred.makeUnsafe(), ticket: undefined }
      const excess = waiting.offer(waiter)
      if (excess !== undefined) Deferred.doneUnsafe(excess.decided, Effect.void)
      if (wait > 0) lookAgain(wait)
      const outcome = restore(Effect.timeoutOption(Deferred.await(waiter.decided), QUESTION_WAITS_MILLIS))
      return countWaited.get(lane)!.pipe(
        Effect.andThen(Effect.onInterrupt(outcome, () => Effect.sync(() => giveUp(waiter)))),
        Effect.andThen(
          Effect.suspend(() => {
            if (waiter.ticket !== undefined) return Effect.succeed(waiter.ticket)
            waiting.remove(waiter)
            return later(lane, Math.max(AGAIN_MILLIS, budget.wait(cost, undefined, now())))
          })
        )
      )
    })
  const giveUp = (waiter: Waiter): void => {
    if (waiter.ticket !== undefined) return leave(waiter.ticket, NEVER_SENT)
    waiting.remove(waiter)
    letIn()
  }

  const toldToWait = (millis: number, banned: boolean) =>
    Effect.suspend(() => {
      budget.stop(now() + millis, banned)
      return Effect.andThen(
        Effect.andThen(onStop(budget.stopped()), countTold(banned ? "418" : "429")),
        Effect.logWarning(
          `Binance ${banned ? "has banned this address for" : "asks everybody here to wait"} ${Math.ceil(millis / 1000)} s`
        )
      )
    })

  const othersWait = ({ bannedUntil, until }: Stopped) =>
    Effect.suspend(() => {
      const known = budget.stopped()
      if (until <= known.until && bannedUntil <= known.bannedUntil) return Effect.void
      budget.stop(until, false)
      budget.stop(bannedUntil, true)
      const seconds = Math.ceil((until - now()) / 1000)
      const what = bannedUntil > now() ? "this address is banned" : "everybody here has to wait"
      return Effect.logWarning(`Binance has told another process of this desk that ${what}, for ${seconds} s`)
    })

  const heard = (answer: HttpAnswer, account: string | undefined): Effect.Effect<void> => {
    if (answer.status !== 429 && answer.status !== 418) return Effect.void
    const millis = retryAfterMillis(answer)
    if (answer.status === 418) return toldToWait(millis, true)
    if (account === undefined || !TOO_MANY_ORDERS.has(errorCode(answer) ?? 0)) return toldToWait(millis, false)
    return Effect.suspend(() => {
      budget.stopOrders(account, now() + millis)
      return countTold("orders")
    })
  }

  const admit = (asked: Asked, restore: Restore) =>
    isQuestion(asked.cost.lane) ? question(asked, restore) : change(asked, restore)

  return {
    budget,
    through: (asked, call) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(admit(asked, restore), (ticket) =>
          restore(call).pipe(
            Effect.onExit((exit) =>
              Effect.andThen(
                Exit.isSuccess(exit) ? heard(exit.value, asked.account) : Effect.void,
                Effect.sync(() => leave(ticket, endingOf(exit)))
              )
            ),
            Effect.mapError((reason) => new ExchangeError({ reason }))
          )
        )
      ),
    spend: (cost) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.map(admit({ cost, account: undefined, patient: false }, restore), (ticket) =>
          leave(ticket, { sent: true, refused: false })
        )
      ),
    toldToWait,
    othersWait,
    counts: () => lanes.map((lane) => ({ lane, waiting: waiting.in(lane), ...refusals.get(lane)! }))
  }
})

interface Waiter {
  readonly asked: Asked
  readonly lane: Lane
  /** Let in, if it has a ticket by then; else others needed its place. */
  readonly decided: Deferred.Deferred<void>
  ticket: Ticket | undefined
}

const NEVER_SENT: Ending = { sent: false, refused: false }

const endingOf = (exit: Exit.Exit<HttpAnswer, NotSent | OutcomeUnknown>): Ending => {
  if (Exit.isFailure(exit)) {
    const error = Option.getOrUndefined(Exit.findErrorOption(exit))
    return { sent: error?._tag !== "NotSent", refused: false }
  }
  const { headers, status } = exit.value
  const count = (name: string): number | undefined => {
    const text = headers[name]
    return typeof text === "string" && /^\d{1,9}$/.test(text) ? Number(text) : undefined
  }
  return {
    sent: true,
    refused: status >= 400 && status < 500,
    weight: count("x-mbx-used-weight-1m"),
    tenSeconds: count("x-mbx-order-count-10s"),
    day: count("x-mbx-order-count-1d")
  }
}

const CROWDED = "Too many calls to Binance are under way; nothing was sent. Try again."
