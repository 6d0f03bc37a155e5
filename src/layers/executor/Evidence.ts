// Finds out what became of orders in doubt: by asking the exchange for our client order id, never by sending again (I4).
import { Clock, Effect, FiberMap, Option, Schedule, type Scope } from "effect"
import type { AccountId, OrderId } from "../../domain/Ids.ts"
import type { Order } from "../../domain/Order.ts"
import type { ExchangeOrder } from "../../domain/Report.ts"
import type { Exchange } from "../../ports/Exchange.ts"
import type { Inbox } from "../Mailbox.ts"
import type { Message } from "./Message.ts"

/** Between two questions about the same order: 0.25 s, doubling to 5 s. */
const patience = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered
)

/** Questions asked at once when an account starts. */
const CONCURRENCY = 8

export interface Evidence {
  /** Asks in the background until there is evidence; it arrives as an `Evidence` message. One search per order. */
  readonly seek: (order: Order) => void
  /** Asks once for every order and hands over what is evidence; goes on seeking the rest. */
  readonly gather: (
    orders: ReadonlyArray<Order>,
    found: (orderId: OrderId, order: Option.Option<ExchangeOrder>) => void
  ) => Effect.Effect<void>
}

type Answer = { readonly known: false } | { readonly known: true; readonly found: Option.Option<ExchangeOrder> }

const make = Effect.fnUntraced(function* (options: {
  readonly accountId: AccountId
  readonly exchange: Exchange["Service"]
  readonly inbox: Inbox<Message>
}): Effect.fn.Return<Evidence, never, Scope.Scope> {
  const { accountId, exchange, inbox } = options
  const searches = yield* FiberMap.make<OrderId>()
  const run = yield* FiberMap.runtime(searches)<never>()

  const ask = (order: Order): Effect.Effect<Answer> =>
    Effect.gen(function* () {
      const found = yield* exchange.query(accountId, order.intent.symbol, order.clientOrderId)
      if (Option.isSome(found)) return { known: true, found } as const
      // An order the exchange has acknowledged cannot be absent; an unacknowledged one only after the exchange's own delays.
      const age = (yield* Clock.currentTimeMillis) - order.updatedAt
      return order.exchangeOrderId === undefined && age >= exchange.absenceProvenAfterMillis
        ? ({ known: true, found } as const)
        : ({ known: false } as const)
    }).pipe(
      Effect.catch((error) => Effect.as(Effect.logDebug("no answer to a query", error), { known: false } as const)),
      // Nobody else would ask about this order again before the next start.
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError(`the query of order ${order.orderId} broke off`, defect), { known: false } as const)
      )
    )

  const search = (order: Order) =>
    ask(order).pipe(
      Effect.flatMap((answer) => (answer.known ? Effect.succeed(answer.found) : Effect.fail("not yet" as const))),
      Effect.retry(patience),
      Effect.flatMap((found) => inbox.put([{ _tag: "Evidence", orderId: order.orderId, found }])),
      Effect.orDie
    )

  const seek = (order: Order) => void run(order.orderId, search(order), { onlyIfMissing: true })

  return {
    seek,
    gather: Effect.fnUntraced(function* (orders, found) {
      const answers = yield* Effect.forEach(orders, ask, { concurrency: CONCURRENCY })
      answers.forEach((answer, index) => {
        const order = orders[index]
        if (order === undefined) return
        if (answer.known) found(order.orderId, answer.found)
        else seek(order)
      })
    })
  }
})

export const Evidence = { make }
