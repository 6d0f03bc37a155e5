// The account's calls to the exchange: the last thing that happens to a decision, and only its failure needs telling.
import { Effect } from "effect"
import type { Order } from "../../domain/Order.ts"
import type { ApprovedOrder } from "../../domain/Risk.ts"
import type { Exchange, ExchangeError } from "../../ports/Exchange.ts"
import type { Inbox } from "../Mailbox.ts"
import type { Call, Message } from "./Message.ts"

type Named = Pick<Order, "orderId" | "clientOrderId">

/** A call that succeeds says nothing: the exchange's reports carry the rest. One that breaks may have arrived, like one without an answer. */
export const make = (exchange: Exchange["Service"], inbox: Inbox<Message>) => {
  const told = (call: Call, order: Named, made: Effect.Effect<void, ExchangeError>) =>
    made.pipe(
      Effect.catch((error) => inbox.put([messageOf(call, order, error)])),
      Effect.catchDefect((defect) =>
        Effect.andThen(
          Effect.logError(`the ${call} of order ${order.orderId} broke off`, defect),
          inbox.put([{ _tag: "NoAnswer", orderId: order.orderId, call, reason: "The call broke off on our side." }])
        )
      )
    )
  return {
    submit: (order: ApprovedOrder) => told("submit", order, exchange.submit(order)),
    cancel: (accountId: ApprovedOrder["accountId"], order: Order) =>
      told("cancel", order, exchange.cancel(accountId, order.intent.symbol, order.clientOrderId))
  }
}

const messageOf = (call: Call, { clientOrderId, orderId }: Named, { reason }: ExchangeError): Message => {
  switch (reason._tag) {
    case "OutcomeUnknown":
      return { _tag: "NoAnswer", orderId, call, reason: reason.message }
    case "Refused":
    case "NotSent":
      return { _tag: "CallRefused", clientOrderId, call, reason: reason.message }
    case "RateLimited": {
      const seconds = Math.ceil(reason.retryAfterMillis / 1000)
      const text = `The exchange asks to wait ${seconds} s; nothing was sent.`
      return { _tag: "CallRefused", clientOrderId, call, reason: text }
    }
  }
}
