// The account's calls to the exchange: the last thing that happens to a decision. How each ended goes back into the mailbox.
import { Clock, Effect, Fiber, type Scope } from "effect"
import type { AccountId, OrderId } from "../../domain/Ids.ts"
import type { Decimal } from "../../domain/Money.ts"
import * as Money from "../../domain/Money.ts"
import { refOf } from "../../domain/Hear.ts"
import { type Call, type Order, SEND_WITHIN_MILLIS } from "../../domain/Order.ts"
import type { Report } from "../../domain/Report.ts"
import type { ApprovedList, ApprovedOrder } from "../../domain/Risk.ts"
import type { Exchange, ExchangeError, Replaced } from "../../ports/Exchange.ts"
import { Milestone } from "../../ports/Milestone.ts"
import type { Inbox } from "../Mailbox.ts"
import type { Message } from "./Message.ts"
import type { Turn } from "./Turn.ts"

export interface Calls {
  /** Makes the calls that a step decided, in the background; the step is durable by now. */
  readonly make: (turn: Turn) => Effect.Effect<void>
}

/** A call that breaks may have arrived, like one without an answer. */
export const make = Effect.fnUntraced(function* (
  accountId: AccountId,
  exchange: Exchange["Service"],
  inbox: Inbox<Message>
): Effect.fn.Return<Calls, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const reached = yield* Milestone
  /** Orders whose submit has not ended. */
  const submitting = new Map<OrderId, Fiber.Fiber<void>>()

  const told = Effect.fnUntraced(function* (
    call: Call,
    orderId: OrderId,
    made: Effect.Effect<ReadonlyArray<Report>, ExchangeError>,
    /** Of a list: each of its orders hears how the one call ended. */
    legs?: ApprovedList["legs"]
  ) {
    const sentAt = yield* Clock.currentTimeMillis
    const message = yield* made.pipe(
      Effect.map((reports): Untimed => ({ _tag: "Answered", reports })),
      Effect.catch((error) => Effect.succeed(untimed(error))),
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError(`the ${call} of order ${orderId} broke off`, defect), BROKE_OFF)
      )
    )
    reached("call made")
    const answeredAt = yield* Clock.currentTimeMillis
    const ended = { ...message, orderId, call, sentAt, answeredAt }
    yield* inbox.put(legs === undefined ? [ended] : legs.map(({ order }) => ofLeg(ended, order)))
    reached("call answered")
  })

  /** What waited too long for the journal is not sent any more: nobody could tell then until when it may still arrive (I4). */
  const inTime = (
    turn: Turn,
    call: Call,
    orderId: OrderId,
    made: Effect.Effect<ReadonlyArray<Report>, ExchangeError>,
    legs?: ApprovedList["legs"]
  ): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - turn.now <= SEND_WITHIN_MILLIS) return told(call, orderId, made, legs)
      const late = { _tag: "CallRefused", orderId, call, reason: TOO_SLOW, sentAt: now, answeredAt: now } as const
      return inbox.put(legs === undefined ? [late] : legs.map(({ order }) => ofLeg(late, order)))
    })

  const submit = (turn: Turn, order: ApprovedOrder) =>
    Effect.ensuring(
      inTime(turn, "submit", order.orderId, exchange.submit(order)),
      Effect.sync(() => submitting.delete(order.orderId))
    )

  const submitList = (turn: Turn, list: ApprovedList) => {
    const { legs } = list
    const [first] = legs
    if (first === undefined) return Effect.void
    return Effect.ensuring(
      inTime(turn, "submit", first.order.orderId, exchange.submitList(list), legs),
      Effect.sync(() => legs.forEach(({ order }) => submitting.delete(order.orderId)))
    )
  }

  /** One call about two orders: the cancel of the one, and the submit of the other. */
  const replace = Effect.fnUntraced(function* (turn: Turn, { by, order }: Replacing) {
    const sentAt = yield* Clock.currentTimeMillis
    const made =
      sentAt - turn.now > SEND_WITHIN_MILLIS
        ? Effect.succeed(bothOf({ _tag: "CallRefused", reason: TOO_SLOW }))
        : exchange.replace(accountId, { ref: refOf(order), isUntraded: Money.isZero(order.executedQuantity) }, by).pipe(
            Effect.map(halvesOf),
            Effect.catch((error) => Effect.succeed(bothOf(untimed(error)))),
            Effect.catchDefect((defect) =>
              Effect.as(
                Effect.logError(`the replacement of order ${order.orderId} broke off`, defect),
                bothOf(BROKE_OFF)
              )
            )
          )
    const [cancel, placed] = yield* made
    reached("call made")
    const answeredAt = yield* Clock.currentTimeMillis
    yield* inbox.put([
      { ...placed, orderId: by.orderId, call: "submit", sentAt, answeredAt },
      { ...cancel, orderId: order.orderId, call: "cancel", sentAt, answeredAt }
    ])
    reached("call answered")
  })

  /** Behind the order itself: a cancel that overtakes it finds nothing to cancel. */
  const cancel = Effect.fnUntraced(function* (order: Order) {
    const before = submitting.get(order.orderId)
    if (before !== undefined) yield* Fiber.await(before)
    const made = exchange.cancel(accountId, order.intent.symbol, refOf(order))
    yield* told("cancel", order.orderId, Effect.as(made, []))
  })

  const amend = (turn: Turn, order: Order, quantity: Decimal) =>
    inTime(
      turn,
      "amend",
      order.orderId,
      Effect.as(exchange.amend(accountId, order.intent.symbol, refOf(order), quantity), [])
    )

  return {
    make: Effect.fnUntraced(function* (turn) {
      for (const order of turn.submits) {
        const fiber = yield* Effect.forkIn(submit(turn, order), scope)
        // It may have ended by now: then there is nothing to wait for.
        if (fiber.pollUnsafe() === undefined) submitting.set(order.orderId, fiber)
      }
      for (const list of turn.lists) {
        const fiber = yield* Effect.forkIn(submitList(turn, list), scope)
        if (fiber.pollUnsafe() !== undefined) continue
        for (const { order } of list.legs) submitting.set(order.orderId, fiber)
      }
      for (const replacing of turn.replaces) {
        const { orderId } = replacing.by
        const ended = Effect.sync(() => submitting.delete(orderId))
        const fiber = yield* Effect.forkIn(Effect.ensuring(replace(turn, replacing), ended), scope)
        if (fiber.pollUnsafe() === undefined) submitting.set(orderId, fiber)
      }
      for (const order of turn.cancels) yield* Effect.forkIn(cancel(order), scope)
      for (const { order, quantity } of turn.amends) yield* Effect.forkIn(amend(turn, order, quantity), scope)
    })
  }
})

type Replacing = Turn["replaces"][number]
type Ended = Extract<Message, { readonly _tag: "Answered" | "CallRefused" | "NoAnswer" }>

/** How the call of a list ended, as one of its orders hears it: an answer in its own words alone. */
const ofLeg = (ended: Ended, { clientOrderId, orderId }: ApprovedOrder): Ended =>
  ended._tag === "Answered"
    ? { ...ended, orderId, reports: ended.reports.filter((report) => report.clientOrderId === clientOrderId) }
    : { ...ended, orderId }

const TOO_SLOW = "The desk needed too long to store this, so it was not sent on."

type Untimed =
  | { readonly _tag: "Answered"; readonly reports: ReadonlyArray<Report> }
  | { readonly _tag: "CallRefused" | "NoAnswer"; readonly reason: string }

const BROKE_OFF: Untimed = { _tag: "NoAnswer", reason: "The call broke off on our side." }

type Halves = readonly [cancel: Untimed, placed: Untimed]

const bothOf = (ended: Untimed): Halves => [ended, ended]

const halvesOf = ({ cancel, placed }: Replaced): Halves => [
  cancel === "done" ? { _tag: "Answered", reports: [] } : { _tag: "CallRefused", reason: cancel.refused },
  "refused" in placed ? { _tag: "CallRefused", reason: placed.refused } : { _tag: "Answered", reports: placed }
]

const untimed = ({ reason }: ExchangeError): Untimed => {
  switch (reason._tag) {
    case "OutcomeUnknown":
      return { _tag: "NoAnswer", reason: reason.message }
    case "Refused":
    case "NotSent":
      return { _tag: "CallRefused", reason: reason.message }
    case "RateLimited": {
      const seconds = Math.ceil(reason.retryAfterMillis / 1000)
      return {
        _tag: "CallRefused",
        reason: `The exchange's limits leave no room for ${seconds} s, so this was not done. Send it again then.`
      }
    }
  }
}
