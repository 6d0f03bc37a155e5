// An exchange behind a bad line, asked the way the desk asks one: what may have happened is looked for and never sent again blindly, a cut
// stream is opened anew and what it missed is asked for. The cards of the suite then see the exchange, not the line.
import { Clock, Effect, Option, Queue, Result, type Scope } from "effect"
import type { AccountId, ClientOrderId } from "../../src/domain/Ids.ts"
import * as Money from "../../src/domain/Money.ts"
import type { ExchangeOrder, Report } from "../../src/domain/Report.ts"
import type { Intent } from "../../src/domain/Order.ts"
import type { ApprovedList, ApprovedOrder } from "../../src/domain/Risk.ts"
import type { Exchange, ExchangeError, ReportsLost } from "../../src/ports/Exchange.ts"

type Service = Exchange["Service"]

const FIRST_WAIT_MILLIS = 100
const LONGEST_WAIT_MILLIS = 4_000
const NO_SUCH_ORDER_SENT = /Unknown order sent/

/** An answer that stays what it is. A call refused for its time (-1021) was not made, and by now the desk knows the time. */
const isFinal = ({ reason }: ExchangeError): boolean => reason._tag === "Refused" && reason.code !== -1021

const waitFor = ({ reason }: ExchangeError, turn: number): number =>
  reason._tag === "RateLimited" ? reason.retryAfterMillis : Math.min(FIRST_WAIT_MILLIS * 2 ** turn, LONGEST_WAIT_MILLIS)

/** Until there is an answer that means something: asking twice does no harm. */
const asked = <A, R>(ask: Effect.Effect<A, ExchangeError, R>): Effect.Effect<A, ExchangeError, R> =>
  Effect.gen(function* () {
    for (let turn = 0; ; turn++) {
      const result = yield* Effect.result(ask)
      if (Result.isSuccess(result)) return result.success
      if (isFinal(result.failure)) return yield* Effect.fail(result.failure)
      yield* Effect.sleep(waitFor(result.failure, turn))
    }
  })

/** Why it was refused went with the answer. */
const LOST = { refused: "lost" }

const isClosed = ({ status }: ExchangeOrder) => status !== "NEW" && status !== "PARTIALLY_FILLED"

/** An order that was sent; `isLater` of one that waits for the working order of its list. */
interface Sent {
  readonly intent: Intent
  readonly isLater: boolean
}

/** What an order as it stands now must have been reported as. */
const storyOf = (order: ExchangeOrder, { intent, isLater }: Sent): ReadonlyArray<Report> => {
  const { at, clientOrderId, exchangeOrderId, executedQuantity, fills, quantity, status, symbol } = order
  const about = { clientOrderId, exchangeOrderId, symbol, at }
  const end: ReadonlyArray<Report> =
    status === "CANCELED"
      ? [{ _tag: "Canceled", ...about, executedQuantity, quantity }]
      : status === "EXPIRED"
        ? [{ _tag: "Expired", ...about, executedQuantity, quantity, reason: "" }]
        : []
  const waits = order.stopPrice !== undefined || order.trailingDelta !== undefined
  const pending: ReadonlyArray<Report> = isLater ? [{ _tag: "Accepted", ...about, working: false, pending: true }] : []
  if (order.isPending === true) return pending
  return [
    ...pending,
    { _tag: "Accepted", ...about, working: !waits },
    ...(waits && order.isWorking ? [{ _tag: "Accepted" as const, ...about, working: true }] : []),
    ...(Money.equals(quantity, intent.quantity) || Money.isZero(intent.quantity)
      ? []
      : [{ _tag: "Amended" as const, ...about, quantity }]),
    ...fills.map((fill): Report => ({ _tag: "Filled", ...about, fill })),
    ...end
  ]
}

const nameOf = (report: Report): string => {
  const order = `${report._tag} ${report.exchangeOrderId ?? report.clientOrderId}`
  if (report._tag === "Accepted") return `${order} ${report.pending === true ? "pending" : report.working !== false}`
  if (report._tag === "Filled") return `${order} ${report.fill.tradeId}`
  return report._tag === "Amended" ? `${order} ${Money.format(report.quantity)}` : order
}

/** The same exchange, asked once `ready` ends. */
export const after = (ready: Effect.Effect<void>, exchange: Service): Service => ({
  ...exchange,
  replace: (...given) => Effect.andThen(ready, exchange.replace(...given)),
  submitList: (...given) => Effect.andThen(ready, exchange.submitList(...given)),
  submit: (...given) => Effect.andThen(ready, exchange.submit(...given)),
  cancel: (...given) => Effect.andThen(ready, exchange.cancel(...given)),
  amend: (...given) => Effect.andThen(ready, exchange.amend(...given)),
  query: (...given) => Effect.andThen(ready, exchange.query(...given)),
  openOrders: (...given) => Effect.andThen(ready, exchange.openOrders(...given)),
  trades: (...given) => Effect.andThen(ready, exchange.trades(...given)),
  balances: (...given) => Effect.andThen(ready, exchange.balances(...given))
})

export const patient = (exchange: Service): Service => {
  const sent = new Map<AccountId, Map<ClientOrderId, Sent>>()
  const ids = new Map<ClientOrderId, string>()
  const find = (accountId: AccountId, symbol: string, clientOrderId: ClientOrderId) =>
    asked(exchange.query(accountId, symbol, { clientOrderId }))

  /** Absent: it may be sent again, because it never arrived, or because it cannot be taken twice. */
  const fate = Effect.fnUntraced(function* ({ accountId, clientOrderId, intent }: ApprovedOrder, sentAt: number) {
    const before = ids.get(clientOrderId)
    for (let turn = 0; ; turn++) {
      const askedAt = yield* Clock.currentTimeMillis
      const found = Option.getOrUndefined(yield* find(accountId, intent.symbol, clientOrderId))
      if (found !== undefined && found.exchangeOrderId !== before) return found
      if (found !== undefined && !isClosed(found)) return undefined
      if (askedAt - sentAt > exchange.absenceProvenAfterMillis) return undefined
      yield* Effect.sleep(Math.min(FIRST_WAIT_MILLIS * 2 ** turn, LONGEST_WAIT_MILLIS))
    }
  })

  const note = ({ accountId, clientOrderId, intent }: ApprovedOrder, isLater = false): Sent => {
    const known = sent.get(accountId) ?? new Map<ClientOrderId, Sent>()
    const noted = { intent, isLater }
    sent.set(accountId, known.set(clientOrderId, noted))
    return noted
  }

  const submit = Effect.fnUntraced(function* (order: ApprovedOrder) {
    const noted = note(order)
    for (let turn = 0; ; turn++) {
      const sentAt = yield* Clock.currentTimeMillis
      const result = yield* Effect.result(exchange.submit(order))
      const found =
        Result.isFailure(result) && result.failure.reason._tag === "OutcomeUnknown"
          ? yield* fate(order, sentAt)
          : undefined
      const reports = found === undefined ? undefined : storyOf(found, noted)
      const taken = Result.isSuccess(result) ? result.success : reports
      if (taken !== undefined) {
        const [accepted] = taken
        if (accepted?.exchangeOrderId !== undefined) ids.set(order.clientOrderId, accepted.exchangeOrderId)
        return taken
      }
      if (Result.isFailure(result)) {
        if (isFinal(result.failure)) return yield* Effect.fail(result.failure)
        if (result.failure.reason._tag !== "OutcomeUnknown") yield* Effect.sleep(waitFor(result.failure, turn))
      }
    }
  })

  /** Of what orders that go out together came to, where nobody answered: all of them, or none. */
  const submitList = Effect.fnUntraced(function* (list: ApprovedList) {
    const legs = list.legs.map(({ order, role }) => ({
      order,
      noted: note(order, list.kind !== "OCO" && role !== "working")
    }))
    for (let turn = 0; ; turn++) {
      const sentAt = yield* Clock.currentTimeMillis
      const result = yield* Effect.result(exchange.submitList(list))
      if (Result.isSuccess(result)) return result.success
      if (isFinal(result.failure)) return yield* Effect.fail(result.failure)
      if (result.failure.reason._tag !== "OutcomeUnknown") {
        yield* Effect.sleep(waitFor(result.failure, turn))
        continue
      }
      const stories: Array<Report> = []
      for (const { noted, order } of legs) {
        const found = yield* fate(order, sentAt)
        if (found !== undefined) stories.push(...storyOf(found, noted))
      }
      if (stories.length > 0) return stories
    }
  })

  /** Both halves by evidence, where nobody answered; sent again where neither was done. */
  const replace: Service["replace"] = Effect.fnUntraced(function* (accountId, old, by) {
    const noted = note(by)
    for (let turn = 0; ; turn++) {
      const sentAt = yield* Clock.currentTimeMillis
      const result = yield* Effect.result(exchange.replace(accountId, old, by))
      if (Result.isSuccess(result)) return result.success
      if (isFinal(result.failure)) return yield* Effect.fail(result.failure)
      if (result.failure.reason._tag !== "OutcomeUnknown") {
        yield* Effect.sleep(waitFor(result.failure, turn))
        continue
      }
      const found = yield* fate(by, sentAt)
      if (found !== undefined) {
        return { cancel: "done", placed: found.status === "REJECTED" ? LOST : storyOf(found, noted) }
      }
      const before = yield* asked(exchange.query(accountId, by.intent.symbol, old.ref))
      if (Option.exists(before, ({ status }) => status === "CANCELED")) {
        return { cancel: "done", placed: LOST }
      }
    }
  })

  /** Of a call that does no harm twice: until its answer means something. `done` says whether an earlier, unanswered one did it. */
  const changed = Effect.fnUntraced(function* (
    call: Effect.Effect<void, ExchangeError>,
    done: (refusal: string) => Effect.Effect<boolean, ExchangeError>
  ) {
    let inDoubt = false
    for (let turn = 0; ; turn++) {
      const result = yield* Effect.result(call)
      if (Result.isSuccess(result)) return
      const { reason } = result.failure
      if (reason._tag === "Refused" && isFinal(result.failure)) {
        if (inDoubt && (yield* done(reason.message))) return
        return yield* Effect.fail(result.failure)
      }
      inDoubt ||= reason._tag === "OutcomeUnknown"
      yield* Effect.sleep(waitFor(result.failure, turn))
    }
  })

  const listening = Effect.fnUntraced(function* (accountId: AccountId) {
    const told = new Set<string>()
    const heard = yield* Queue.unbounded<Report, ReportsLost>()
    const tell = (report: Report) => {
      const name = nameOf(report)
      if (told.has(name)) return
      told.add(name)
      Queue.offerUnsafe(heard, report)
    }
    const missed = Effect.gen(function* () {
      for (const [clientOrderId, order] of sent.get(accountId) ?? []) {
        const found = yield* find(accountId, order.intent.symbol, clientOrderId)
        if (Option.isSome(found)) for (const report of storyOf(found.value, order)) tell(report)
      }
    })
    const follow = (queue: Queue.Dequeue<Report, ReportsLost>) =>
      Effect.ignore(Effect.forever(Effect.map(Queue.take(queue), tell)))
    const again = Effect.scoped(
      Effect.gen(function* () {
        const queue = yield* asked(exchange.reports(accountId))
        yield* missed
        yield* follow(queue)
      })
    )
    const first = yield* asked(exchange.reports(accountId))
    yield* Effect.forkScoped(Effect.andThen(follow(first), Effect.forever(again)))
    return heard as Queue.Dequeue<Report, ReportsLost>
  }) satisfies (accountId: AccountId) => Effect.Effect<unknown, ExchangeError, Scope.Scope>

  return {
    ...exchange,
    open: (accountId) => asked(exchange.open(accountId)),
    submit,
    submitList,
    replace,
    cancel: (accountId, symbol, ref) =>
      Effect.flatMap(asked(exchange.query(accountId, symbol, ref)), (before) =>
        changed(exchange.cancel(accountId, symbol, ref), (refusal) =>
          Effect.succeed(NO_SUCH_ORDER_SENT.test(refusal) && Option.exists(before, (order) => !isClosed(order)))
        )
      ),
    amend: (accountId, symbol, ref, quantity) =>
      Effect.flatMap(asked(exchange.query(accountId, symbol, ref)), (before) =>
        changed(exchange.amend(accountId, symbol, ref, quantity), () =>
          Effect.map(asked(exchange.query(accountId, symbol, ref)), (after) =>
            [before, after].every(Option.isSome)
              ? !Money.equals(Option.getOrThrow(before).quantity, quantity) &&
                Money.equals(Option.getOrThrow(after).quantity, quantity)
              : false
          )
        )
      ),
    query: (accountId, symbol, ref) => asked(exchange.query(accountId, symbol, ref)),
    openOrders: (accountId) => asked(exchange.openOrders(accountId)),
    trades: (accountId, symbol, after) => asked(exchange.trades(accountId, symbol, after)),
    balances: (accountId) => asked(exchange.balances(accountId)),
    reports: listening
  }
}
