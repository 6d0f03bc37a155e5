// One turn of an account: messages in, and what must be durable before anything else happens. Synchronous; nothing leaves it.
import * as Account from "../../domain/Account.ts"
import { adopt } from "../../domain/Adopt.ts"
import type { Balance } from "../../domain/Balance.ts"
import type { CallRecord } from "../../domain/CallRecord.ts"
import { type Envelope, orderIdOf, type Receipt } from "../../domain/Command.ts"
import * as Decide from "../../domain/Decide.ts"
import type { Event } from "../../domain/Event.ts"
import * as Hear from "../../domain/Hear.ts"
import type { OrderId } from "../../domain/Ids.ts"
import * as Money from "../../domain/Money.ts"
import { type Call, flightOf, type Order, type Source } from "../../domain/Order.ts"
import type { ExchangeOrder, Report } from "../../domain/Report.ts"
import type { ApprovedList, ApprovedOrder, RiskContext } from "../../domain/Risk.ts"
import type { Message } from "./Message.ts"
import type { Survey } from "./Survey.ts"

/** Reports have no trace of their own: they follow from an exchange, not from a person. */
const NO_TRACE = ""

export interface Surroundings {
  readonly assetsOf: Account.AssetsOf
  /** The market and the limits at this moment, for one command. */
  readonly contextOf: (account: Account.Account, envelope: Envelope, now: number) => RiskContext
  readonly clockOffsetMillis: () => number
}

/** By asset, how far the exchange's total was from ours when it was last looked at. */
export type Suspicions = ReadonlyMap<string, string>

/** An order of somebody else, and those of its trades that stand in the journal. */
export interface Adoption {
  readonly found: ExchangeOrder
  readonly booked: ReadonlySet<string>
}

export class Turn {
  account: Account.Account
  readonly updates: Array<Account.AccountUpdate> = []
  readonly receipts: Array<Receipt> = []
  readonly records: Array<CallRecord> = []
  /** Side effects, for after the journal. */
  readonly submits: Array<ApprovedOrder> = []
  readonly lists: Array<ApprovedList> = []
  readonly replaces: Array<NonNullable<Decide.Decision["replace"]>> = []
  readonly cancels: Array<Order> = []
  readonly amends: Array<NonNullable<Decide.Decision["amend"]>> = []
  /** Orders about which evidence must be sought: a call was not answered, or fills are missing. */
  readonly doubts: Array<OrderId> = []
  readonly strangers: Array<Hear.Stranger> = []
  readonly now: number
  readonly #surroundings: Surroundings

  /** `now` is epoch milliseconds: one moment for the whole turn. */
  constructor(account: Account.Account, now: number, surroundings: Surroundings) {
    this.account = account
    this.now = now
    this.#surroundings = surroundings
  }

  get isEmpty(): boolean {
    return this.updates.length === 0 && this.receipts.length === 0
  }

  command(envelope: Envelope): void {
    const { clockOffsetMillis, contextOf } = this.#surroundings
    const context = contextOf(this.account, envelope, this.now)
    const decision = Decide.decide(this.account, envelope, context, this.now, clockOffsetMillis())
    this.#record(decision.events, envelope.traceId)
    const orderId = orderIdOf(envelope.command)
    this.receipts.push({
      commandId: envelope.commandId,
      ...(orderId === undefined ? {} : { orderId }),
      outcome: decision.denied === undefined ? "accepted" : "denied",
      ...(decision.denied === undefined ? {} : { reason: decision.denied }),
      seq: this.account.seq,
      at: this.now
    })
    if (decision.submit !== undefined) this.submits.push(decision.submit)
    if (decision.replace !== undefined) this.replaces.push(decision.replace)
    if (decision.submitList !== undefined) this.lists.push(decision.submitList)
    if (decision.cancel !== undefined) this.cancels.push(decision.cancel)
    if (decision.amend !== undefined) this.amends.push(decision.amend)
  }

  report(report: Report): void {
    const { events, incomplete, stranger } = Hear.hear(this.account, report)
    this.#record(events)
    if (incomplete !== undefined) this.doubts.push(incomplete.orderId)
    if (stranger !== undefined) this.strangers.push(stranger)
  }

  /** How a call ended. */
  call(message: Extract<Message, { readonly _tag: "Answered" | "CallRefused" | "NoAnswer" }>): void {
    const { answeredAt, call, orderId, sentAt } = message
    const [outcome, detail] =
      message._tag === "Answered"
        ? (["answered", ""] as const)
        : ([message._tag === "NoAnswer" ? "lost" : "refused", message.reason] as const)
    this.records.push({ orderId, call, sentAt, answeredAt, outcome, detail })
    switch (message._tag) {
      case "Answered":
        return message.reports.forEach((report) => this.report(report))
      case "CallRefused":
        return this.#refused(orderId, call, message.reason)
      case "NoAnswer":
        this.doubts.push(orderId)
        return this.#record(Hear.onNoAnswer(this.account, orderId, call, message.reason))
    }
  }

  #refused(orderId: OrderId, call: Call, reason: string): void {
    const order = Account.orderOf(this.account, orderId)
    // The order has moved on: what refused the call is not news of it.
    if (order === undefined || flightOf(order, call) === undefined) return
    const { clientOrderId, intent } = order
    const _tag = ({ submit: "Rejected", cancel: "CancelRejected", amend: "AmendRejected" } as const)[call]
    this.report({ _tag, clientOrderId, symbol: intent.symbol, reason, at: this.now, from: "answer" })
    // A cancel or an amend is refused where there is nothing left to change: the order's end may not have been heard here.
    if (call !== "submit") this.doubts.push(orderId)
  }

  /** What a query proves, judged by where the order stands now. */
  evidence(orderId: OrderId, asked: Hear.Asked, from: Exclude<Source, "stream" | "answer">): void {
    const order = Account.orderOf(this.account, orderId)
    if (order === undefined) return
    const { reports, settled } = Hear.assess(order, asked)
    // By our own id: the exchange may know the order by another one since an amend of somebody else.
    for (const report of reports) this.report({ ...report, clientOrderId: order.clientOrderId, from })
    if (!settled && from === "survey") this.doubts.push(orderId)
  }

  /** Follows an order of somebody else. `booked` are the trades of it that stand in the journal. */
  adopt(found: ExchangeOrder, booked: ReadonlySet<string>): void {
    const adopted = adopt(this.account, found, this.#surroundings.assetsOf(found.symbol), booked)
    if (adopted === undefined) return
    const { events, orderId } = adopted
    this.#record(events)
    // The last fill has closed it, where it is filled.
    if (Account.orderOf(this.account, orderId) === undefined) return
    if (found.status === "CANCELED") this.#record([{ _tag: "OrderCanceled", orderId, from: "survey" }])
    if (found.status === "EXPIRED" || found.status === "REJECTED") {
      this.#record([{ _tag: "OrderExpired", orderId, reason: "It ended before the desk saw it.", from: "survey" }])
    }
  }

  survey({ answers, cause, seen }: Survey, adoptions: ReadonlyArray<Adoption>): void {
    const before = this.account.seq
    for (const { asked, orderId } of answers) this.evidence(orderId, asked, "survey")
    for (const { booked, found } of adoptions) this.adopt(found, booked)
    const differences = this.account.seq - before
    const news = seen.filter(({ symbol, tradeId }) => this.account.seen[symbol] !== tradeId)
    if (differences > 0 || news.length > 0) this.#record([{ _tag: "Surveyed", cause, seen: news, differences }])
  }

  /**
   * Holds the exchange's totals against ours. A difference is settled to the exchange's word once it was seen twice; answers by those
   * seen for the first time.
   */
  totals(balances: ReadonlyArray<Balance>, suspected: Suspicions): Suspicions {
    const found = new Map<string, string>()
    const opening = Account.isUnopened(this.account)
    for (const theirs of allOf(this.account, balances)) {
      const ours = Account.balanceOf(this.account, theirs.asset)
      const [oursTotal, theirsTotal] = [ours, theirs].map(({ free, held }) => Money.add(free, held)) as [
        Money.Decimal,
        Money.Decimal
      ]
      const off = Money.subtract(theirsTotal, oursTotal)
      if (Money.isZero(off)) continue
      const free = Money.add(ours.free, off)
      if (opening) this.#record([{ _tag: "BalanceAdjusted", asset: theirs.asset, free }])
      else if (suspected.get(theirs.asset) !== Money.format(off)) found.set(theirs.asset, Money.format(off))
      else {
        const drift = { ours: oursTotal, theirs: theirsTotal }
        this.#record([{ _tag: "BalanceAdjusted", asset: theirs.asset, free, drift }])
      }
    }
    return found
  }

  /** Calls that were in flight when an earlier life ended: they may have arrived or not. */
  orphaned(): void {
    for (const { flights = [], orderId } of Hear.openOrders(this.account)) {
      for (const { call } of flights) {
        this.#record(Hear.onNoAnswer(this.account, orderId, call, "The desk stopped before the exchange answered."))
      }
      if (flights.length > 0) this.doubts.push(orderId)
    }
  }

  blinded(reason: string): void {
    if (this.account.blind?.reason !== reason) this.#record([{ _tag: "SightLost", reason }])
  }

  sighted(): void {
    if (this.account.blind !== undefined) this.#record([{ _tag: "SightRegained" }])
  }

  #record(events: ReadonlyArray<Event>, traceId: string = NO_TRACE): void {
    for (const event of events) {
      const recorded = { seq: this.account.seq + 1, at: this.now, traceId, event }
      const step = Account.step(this.account, recorded, this.#surroundings.assetsOf)
      this.account = step.account
      this.updates.push(step.update)
    }
  }
}

/** Every asset that one of the two has. */
const allOf = (account: Account.Account, theirs: ReadonlyArray<Balance>): ReadonlyArray<Balance> => {
  const known = new Set(theirs.map(({ asset }) => asset))
  const gone = Object.keys(account.balances).filter((asset) => !known.has(asset))
  return [...theirs, ...gone.map((asset) => ({ asset, free: Money.zero, held: Money.zero }))]
}
