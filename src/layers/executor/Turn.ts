// One turn of an account: messages in, and what must be durable before anything else happens. Synchronous; nothing leaves it.
import { Option } from "effect"
import * as Account from "../../domain/Account.ts"
import type { Balance } from "../../domain/Balance.ts"
import { type Envelope, orderIdOf, type Receipt } from "../../domain/Command.ts"
import * as Decide from "../../domain/Decide.ts"
import type { Event } from "../../domain/Event.ts"
import type { OrderId } from "../../domain/Ids.ts"
import * as Money from "../../domain/Money.ts"
import type { Order } from "../../domain/Order.ts"
import type { ExchangeOrder, Report } from "../../domain/Report.ts"
import type { ApprovedOrder, RiskContext } from "../../domain/Risk.ts"
import type { Message } from "./Message.ts"

/** Reports have no trace of their own: they follow from an exchange, not from a person. */
const NO_TRACE = ""

export interface Surroundings {
  readonly assetsOf: Account.AssetsOf
  /** The market and the limits at this moment, for one command. */
  readonly contextOf: (envelope: Envelope) => RiskContext
}

export class Turn {
  account: Account.Account
  readonly updates: Array<Account.AccountUpdate> = []
  readonly receipts: Array<Receipt> = []
  /** Side effects, for after the journal. */
  readonly submits: Array<ApprovedOrder> = []
  readonly cancels: Array<Order> = []
  /** Orders whose call was not answered: evidence must be sought. */
  readonly doubts: Array<Order> = []
  readonly #now: number
  readonly #surroundings: Surroundings

  /** `now` is epoch milliseconds: one moment for the whole turn. */
  constructor(account: Account.Account, now: number, surroundings: Surroundings) {
    this.account = account
    this.#now = now
    this.#surroundings = surroundings
  }

  get isEmpty(): boolean {
    return this.updates.length === 0 && this.receipts.length === 0
  }

  apply(message: Message): void {
    switch (message._tag) {
      case "Command":
        return this.#command(message.envelope)
      case "Report":
        return this.#report(message.report)
      case "CallRefused": {
        const { call, clientOrderId, reason } = message
        const _tag = call === "submit" ? "Rejected" : "CancelRejected"
        return this.#report({ _tag, clientOrderId, reason, at: this.#now })
      }
      case "NoAnswer": {
        const order = Account.orderOf(this.account, message.orderId)
        if (order !== undefined) this.doubts.push(order)
        return this.#record(Decide.onNoAnswer(this.account, message.orderId, message.call, message.reason))
      }
      case "Evidence":
        return this.settle(message.orderId, message.found)
      case "Wake":
        return
    }
  }

  /** What a query about an order found; none means that it never arrived. */
  settle(orderId: OrderId, found: Option.Option<ExchangeOrder>): void {
    const order = Account.orderOf(this.account, orderId)
    if (order === undefined) return
    const reports = Option.match(found, {
      onSome: (known) => Decide.reportsOf(order, known),
      onNone: (): ReadonlyArray<Report> => [
        {
          _tag: "Rejected",
          clientOrderId: order.clientOrderId,
          reason: "It never reached the exchange: the exchange was asked and does not know it.",
          at: this.#now
        }
      ]
    })
    for (const one of reports) this.#report(one)
  }

  /** Takes the exchange's total of an asset as the truth. Answers by how much ours was off. */
  adopt(theirs: Balance): Money.Decimal {
    const ours = Account.balanceOf(this.account, theirs.asset)
    const drift = Money.subtract(Money.add(theirs.free, theirs.held), Money.add(ours.free, ours.held))
    if (!Money.isZero(drift)) {
      this.#record([{ _tag: "BalanceAdjusted", asset: theirs.asset, free: Money.add(ours.free, drift) }])
    }
    return drift
  }

  #command(envelope: Envelope): void {
    const decision = Decide.decide(this.account, envelope, this.#surroundings.contextOf(envelope), this.#now)
    this.#record(decision.events, envelope.traceId)
    const orderId = orderIdOf(envelope.command)
    this.receipts.push({
      commandId: envelope.commandId,
      ...(orderId === undefined ? {} : { orderId }),
      outcome: decision.denied === undefined ? "accepted" : "denied",
      ...(decision.denied === undefined ? {} : { reason: decision.denied }),
      seq: this.account.seq,
      at: this.#now
    })
    if (decision.submit !== undefined) this.submits.push(decision.submit)
    if (decision.cancel !== undefined) this.cancels.push(decision.cancel)
  }

  #report(heard: Report): void {
    this.#record(Decide.onReport(this.account, heard))
  }

  #record(events: ReadonlyArray<Event>, traceId: string = NO_TRACE): void {
    for (const event of events) {
      const recorded = { seq: this.account.seq + 1, at: this.#now, traceId, event }
      const step = Account.step(this.account, recorded, this.#surroundings.assetsOf)
      this.account = step.account
      this.updates.push(step.update)
    }
  }
}
