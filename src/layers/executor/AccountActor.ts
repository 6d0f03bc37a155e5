// The only writer of one account: commands, reports, answers and evidence pass through here one at a time (I5).
import { Clock, Effect, Option, Queue, type Scope } from "effect"
import * as Account from "../../domain/Account.ts"
import type { Envelope, Receipt } from "../../domain/Command.ts"
import * as Decide from "../../domain/Decide.ts"
import type { Event } from "../../domain/Event.ts"
import type { AccountId, OrderId } from "../../domain/Ids.ts"
import * as Money from "../../domain/Money.ts"
import type { Order } from "../../domain/Order.ts"
import type { ExchangeOrder, Report } from "../../domain/Report.ts"
import type { ApprovedOrder, RiskLimits } from "../../domain/Risk.ts"
import { Events } from "../../ports/Events.ts"
import { Exchange, type ExchangeError } from "../../ports/Exchange.ts"
import { Journal } from "../../ports/Journal.ts"
import { MarketData } from "../../ports/MarketData.ts"
import type { Actor, Inbox } from "../Mailbox.ts"
import { Decided } from "./Decided.ts"
import { Evidence } from "./Evidence.ts"
import { riskContext } from "./RiskView.ts"

export type Message =
  /** `again`: not known to be its first delivery, so the journal is asked for a receipt. */
  | { readonly _tag: "Command"; readonly envelope: Envelope; readonly again: boolean }
  | { readonly _tag: "Report"; readonly report: Report }
  /** The exchange refused a call, or it never left: definite, nothing was executed. */
  | {
      readonly _tag: "CallRefused"
      readonly order: Order["clientOrderId"]
      readonly call: "submit" | "cancel"
      readonly reason: string
    }
  | {
      readonly _tag: "NoAnswer"
      readonly orderId: OrderId
      readonly call: "submit" | "cancel"
      readonly reason: string
    }
  /** What a query by client order id found; none only once absence counts as evidence (I4). */
  | { readonly _tag: "Evidence"; readonly orderId: OrderId; readonly found: Option.Option<ExchangeOrder> }
  /** Wakes the actor, which recovers by itself. */
  | { readonly _tag: "Wake" }

/** Events between two snapshots: what a start reads per account at most. */
const SNAPSHOT_EVERY = 500

/** Reports have no trace of their own: they follow from an exchange, not from a person. */
const NO_TRACE = ""

export interface Dependencies {
  readonly journal: Journal["Service"]
  readonly events: Events["Service"]
  readonly exchange: Exchange["Service"]
  readonly market: MarketData["Service"]
  readonly limits: RiskLimits
}

interface Batch {
  account: Account.Account
  readonly updates: Array<Account.AccountUpdate>
  readonly receipts: Array<Receipt>
  readonly submits: Array<ApprovedOrder>
  readonly cancels: Array<Order>
}

/** Starts and recovers alike (I9): read the journal, ask the exchange, settle the difference, then take commands. */
export const make = Effect.fnUntraced(function* (
  accountId: AccountId,
  inbox: Inbox<Message>,
  dependencies: Dependencies
): Effect.fn.Return<Actor<Message>, unknown, Scope.Scope> {
  const { events, exchange, journal, limits, market } = dependencies
  const scope = yield* Effect.scope
  const assetsOf: Account.AssetsOf = (symbol) => {
    const instrument = market.instrument(symbol)
    if (instrument === undefined) throw new Error(`the market no longer knows ${symbol}, which this account has traded`)
    return instrument
  }
  const history = yield* journal.load(accountId)
  let account = history.events.reduce(
    (state, recorded) => Account.evolve(state, recorded, assetsOf),
    Option.match(history.snapshot, { onNone: () => Account.empty(accountId), onSome: Account.fromSnapshot })
  )
  let snapshotSeq = Option.match(history.snapshot, { onNone: () => 0, onSome: ({ seq }) => seq })
  const decided = new Decided(yield* Clock.currentTimeMillis)
  const evidence = yield* Evidence.make({ accountId, exchange, inbox })
  let reportsLost = false

  const record = (batch: Batch, list: ReadonlyArray<Event>, now: number, traceId: string) => {
    for (const event of list) {
      const recorded = { seq: batch.account.seq + 1, at: now, traceId, event }
      const step = Account.step(batch.account, recorded, assetsOf)
      batch.account = step.account
      batch.updates.push(step.update)
    }
  }

  const command = (batch: Batch, envelope: Envelope, now: number) => {
    decided.add(envelope)
    const context = riskContext(market, Decide.symbolOf(envelope), envelope, limits)
    const decision = Decide.decide(batch.account, envelope, context, now)
    record(batch, decision.events, now, envelope.traceId)
    batch.receipts.push({
      commandId: envelope.commandId,
      orderId: envelope.command.orderId,
      outcome: decision.denied === undefined ? "accepted" : "denied",
      ...(decision.denied === undefined ? {} : { reason: decision.denied }),
      seq: batch.account.seq,
      at: now
    })
    if (decision.submit !== undefined) batch.submits.push(decision.submit)
    if (decision.cancel !== undefined) batch.cancels.push(decision.cancel)
  }

  const report = (batch: Batch, heard: Report, now: number) =>
    record(batch, Decide.onReport(batch.account, heard), now, NO_TRACE)

  const settle = (batch: Batch, orderId: OrderId, found: Option.Option<ExchangeOrder>, now: number) => {
    const order = Account.orderOf(batch.account, orderId)
    if (order === undefined) return
    const reports = Option.match(found, {
      onSome: (known) => Decide.reportsOf(order, known),
      onNone: (): ReadonlyArray<Report> => [
        {
          _tag: "Rejected",
          clientOrderId: order.clientOrderId,
          reason: "It never reached the exchange: the exchange was asked and does not know it.",
          at: now
        }
      ]
    })
    for (const one of reports) report(batch, one, now)
  }

  const apply = (batch: Batch, message: Message, now: number) => {
    switch (message._tag) {
      case "Command":
        return command(batch, message.envelope, now)
      case "Report":
        return report(batch, message.report, now)
      case "CallRefused": {
        const _tag = message.call === "submit" ? "Rejected" : "CancelRejected"
        return report(batch, { _tag, clientOrderId: message.order, reason: message.reason, at: now }, now)
      }
      case "NoAnswer":
        evidence.seek(message.orderId, batch.account)
        return record(
          batch,
          Decide.onNoAnswer(batch.account, message.orderId, message.call, message.reason),
          now,
          NO_TRACE
        )
      case "Evidence":
        return settle(batch, message.orderId, message.found, now)
      case "Wake":
        return
    }
  }

  const commit = Effect.fnUntraced(function* (batch: Batch) {
    if (batch.updates.length > 0 || batch.receipts.length > 0) {
      const due = batch.account.seq - snapshotSeq >= SNAPSHOT_EVERY
      yield* journal.append({
        accountId,
        afterSeq: account.seq,
        updates: batch.updates,
        receipts: batch.receipts,
        ...(due ? { snapshot: Account.toSnapshot(batch.account) } : {})
      })
      if (due) snapshotSeq = batch.account.seq
    }
    account = batch.account
    if (batch.updates.length > 0) yield* events.publish(batch.updates)
    for (const approved of batch.submits) yield* Effect.forkIn(submit(approved), scope)
    for (const order of batch.cancels) yield* Effect.forkIn(cancel(order), scope)
  })

  const answer =
    (orderId: OrderId, clientOrderId: Order["clientOrderId"], call: "submit" | "cancel") => (error: ExchangeError) =>
      inbox.put(
        error.reason._tag === "OutcomeUnknown"
          ? { _tag: "NoAnswer", orderId, call, reason: error.reason.message }
          : { _tag: "CallRefused", order: clientOrderId, call, reason: refusal(error) }
      )

  const submit = (approved: ApprovedOrder) =>
    exchange.submit(approved).pipe(Effect.catch(answer(approved.orderId, approved.clientOrderId, "submit")))

  const cancel = (order: Order) =>
    exchange
      .cancel(accountId, order.intent.symbol, order.clientOrderId)
      .pipe(Effect.catch(answer(order.orderId, order.clientOrderId, "cancel")))

  const freshBatch = (): Batch => ({ account, updates: [], receipts: [], submits: [], cancels: [] })

  /** Balances as the exchange has them: opens a new account, and settles drift once nothing is in doubt. */
  const adoptBalances = Effect.gen(function* () {
    const theirs = yield* exchange.balances(accountId)
    const now = yield* Clock.currentTimeMillis
    const batch = freshBatch()
    for (const balance of theirs) {
      const ours = Account.balanceOf(account, balance.asset)
      const drift = Money.subtract(Money.add(balance.free, balance.held), Money.add(ours.free, ours.held))
      if (Money.isZero(drift)) continue
      if (account.seq > 0) {
        yield* Effect.logWarning(
          `balance drift of ${Money.format(drift)} ${balance.asset} settled to the exchange's word`
        )
      }
      record(
        batch,
        [{ _tag: "BalanceAdjusted", asset: balance.asset, free: Money.add(ours.free, drift) }],
        now,
        NO_TRACE
      )
    }
    yield* commit(batch)
  })

  const handle = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>) {
    const now = yield* Clock.currentTimeMillis
    const batch = freshBatch()
    for (const message of messages) {
      if (message._tag === "Command") {
        const { envelope } = message
        if (decided.has(envelope)) continue
        if (message.again || decided.mayHaveForgotten(envelope)) {
          const receipt = yield* journal.receipt(accountId, envelope.commandId)
          if (Option.isSome(receipt)) {
            decided.add(envelope)
            continue
          }
        }
      }
      apply(batch, message, now)
    }
    yield* commit(batch)
  })

  // Subscribed before anything is asked: what happens in between comes twice rather than never, and once is kept (I7).
  yield* exchange.open(accountId)
  const reports = yield* exchange.reports(accountId)
  const inDoubt = yield* evidence.gather(Decide.openOrders(account), (orderId, found) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const batch = freshBatch()
      settle(batch, orderId, found, now)
      return commit(batch)
    })
  )
  if (inDoubt === 0) yield* adoptBalances
  yield* Queue.take(reports).pipe(
    Effect.flatMap((heard) => inbox.put({ _tag: "Report", report: heard })),
    Effect.forever,
    Effect.catchTag("ReportsLost", () => {
      reportsLost = true
      return inbox.put({ _tag: "Wake" })
    }),
    Effect.forkScoped
  )
  const waiting = yield* journal.undecided({ accountId, minAgeMillis: 0, limit: 10_000 })
  yield* handle(waiting.map((envelope) => ({ _tag: "Command", envelope, again: true })))

  return {
    handle: (messages) =>
      // Reports were lost: only a new life, which asks the exchange, can be trusted again.
      reportsLost ? Effect.die(new Error("the exchange's reports were lost; recovering")) : handle(messages),
    mayRetire: () => Decide.openOrders(account).length === 0
  }
})

const refusal = (error: ExchangeError): string => {
  switch (error.reason._tag) {
    case "Refused":
    case "NotSent":
      return error.reason.message
    case "RateLimited":
      return `The exchange asks to wait ${Math.ceil(error.reason.retryAfterMillis / 1000)} s; nothing was sent.`
    case "OutcomeUnknown":
      return "No answer came."
  }
}
