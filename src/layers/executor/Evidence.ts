// Finds out what became of orders in doubt: by asking the exchange, never by sending again (I4).
import { Clock, Effect, FiberSet, Option, type Scope } from "effect"
import type { CallRecord } from "../../domain/CallRecord.ts"
import { absenceProvenAt, type Asked, assess, refOf, type Stranger } from "../../domain/Hear.ts"
import type { AccountId, OrderId } from "../../domain/Ids.ts"
import { type Call, flightOf, type Order } from "../../domain/Order.ts"
import { isWhole } from "../../domain/Report.ts"
import type { Exchange } from "../../ports/Exchange.ts"
import { Milestone } from "../../ports/Milestone.ts"
import type { Inbox } from "../Mailbox.ts"
import type { Message } from "./Message.ts"
import { HEARD_WITHIN_MILLIS } from "./StreamWatch.ts"

/** Between two questions about the same order: 0.25 s, doubling to 5 s, and one right when absence becomes evidence. */
const FIRST_MILLIS = 250
const MOST_MILLIS = 5_000
/** Questions about one order that are kept for its history; the later ones are asked all the same. */
const RECORDED = 20
/** Strangers asked about at once; a further one is found by the next survey. */
const MAX_STRANGERS = 64
/** How often one is asked about, over some 20 seconds; then the next survey finds it. */
const ENCOUNTERS = 8

export interface Evidence {
  /** Asks in the background until nothing about the order is in doubt. One search per order. */
  readonly seek: (orderId: OrderId) => void
  /** Asks about the order where the stream does not tell within a bound what an answered call has done. */
  readonly expect: (orderId: OrderId, call: Call) => void
  /** Asks for an order that is not ours. */
  readonly meet: (stranger: Stranger) => void
}

export const make = Effect.fnUntraced(function* (options: {
  readonly accountId: AccountId
  readonly exchange: Exchange["Service"]
  readonly inbox: Inbox<Message>
  /** As it stands at this moment; `undefined` once it is closed. */
  readonly orderOf: (orderId: OrderId) => Order | undefined
}): Effect.fn.Return<Evidence, never, Scope.Scope> {
  const { accountId, exchange, inbox, orderOf } = options
  const reached = yield* Milestone
  const run = yield* FiberSet.makeRuntime<never>()
  const searching = new Set<OrderId>()
  /** Orders in no doubt that something is missing of: fills of one that has ended, or what an answered call has done. */
  const incomplete = new Set<OrderId>()
  const meeting = new Set<string>()

  const ask = Effect.fnUntraced(function* (order: Order, attempt: number) {
    const sentAt = yield* Clock.currentTimeMillis
    const { clockOffsetMillis, absenceProvenAfterMillis } = exchange
    const isDue = provenAt(order, absenceProvenAfterMillis) <= sentAt + clockOffsetMillis()
    const record = (outcome: CallRecord["outcome"], detail: string) =>
      Effect.map(Clock.currentTimeMillis, (answeredAt): CallRecord => ({
        orderId: order.orderId,
        call: "query",
        sentAt,
        answeredAt,
        outcome,
        detail
      }))
    const asked = Effect.gen(function* () {
      // Asked before the question itself, so that what the answer misses had its time.
      const at = isDue ? yield* exchange.time : Number.NEGATIVE_INFINITY
      const found = yield* exchange.query(accountId, order.intent.symbol, refOf(order))
      return { found, at, absenceProvenAfterMillis } satisfies Asked
    })
    reached("evidence asked for")
    const answer = yield* asked.pipe(
      Effect.map((known) => ({ known })),
      Effect.catch((error) => Effect.succeed({ failure: error.reason._tag })),
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError(`the query of order ${order.orderId} broke off`, defect), { failure: "Broken" })
      )
    )
    if ("failure" in answer) {
      if (attempt < RECORDED) yield* inbox.put([{ _tag: "NotAsked", record: yield* record("lost", answer.failure) }])
      return
    }
    const { known } = answer
    const { settled } = assess(order, known)
    if (settled) incomplete.delete(order.orderId)
    const outcome = Option.isSome(known.found) ? "found" : "absent"
    const detail = Option.match(known.found, {
      onNone: () => (settled ? "proven" : "not proven yet"),
      onSome: ({ status }) => status
    })
    yield* inbox.put([
      { _tag: "Evidence", orderId: order.orderId, asked: known, record: yield* record(outcome, detail) }
    ])
  })

  /** The order, if there is something left to ask about it. */
  const wanted = (orderId: OrderId): Order | undefined => {
    const order = orderOf(orderId)
    if (order === undefined) incomplete.delete(orderId)
    return incomplete.has(orderId) || order?.flights?.some(({ doubt }) => doubt !== undefined) === true
      ? order
      : undefined
  }

  const search = Effect.fnUntraced(function* (orderId: OrderId) {
    for (let attempt = 0, wait = FIRST_MILLIS; ; attempt++, wait = Math.min(2 * wait, MOST_MILLIS)) {
      const order = wanted(orderId)
      if (order === undefined) {
        // In one go with the look: a doubt that comes now starts a search of its own.
        searching.delete(orderId)
        return
      }
      const askedAt = (yield* Clock.currentTimeMillis) + exchange.clockOffsetMillis()
      yield* ask(order, attempt)
      const now = (yield* Clock.currentTimeMillis) + exchange.clockOffsetMillis()
      const proof = provenAt(order, exchange.absenceProvenAfterMillis)
      // A question that was asked a moment too early to be proof is asked again at once, not a whole wait later.
      yield* Effect.sleep(proof > askedAt ? Math.min(wait, Math.max(0, proof - now)) : wait)
    }
  })

  /** Until the exchange shows it with all of its fills: which of them are still to be booked is told by the others (I7). */
  const encounter = ({ exchangeOrderId, symbol }: Stranger, key: string) =>
    Effect.gen(function* () {
      for (
        let attempt = 0, wait = FIRST_MILLIS;
        attempt < ENCOUNTERS;
        attempt++, wait = Math.min(2 * wait, MOST_MILLIS)
      ) {
        const found = yield* exchange.query(accountId, symbol, { exchangeOrderId })
        if (Option.isSome(found) && isWhole(found.value)) {
          return yield* inbox.put([{ _tag: "Stranger", found: found.value }])
        }
        yield* Effect.sleep(wait)
      }
    }).pipe(
      // The next survey finds it.
      Effect.catchCause((cause) => Effect.logDebug("no answer to a query about an order that is not ours", cause)),
      Effect.ensuring(Effect.sync(() => meeting.delete(key)))
    )

  const seek = (orderId: OrderId): void => {
    const order = orderOf(orderId)
    if (order === undefined) return
    if (order.flights?.some(({ doubt }) => doubt !== undefined) !== true) incomplete.add(orderId)
    if (searching.has(orderId)) return
    searching.add(orderId)
    run(search(orderId))
  }

  return {
    seek,
    expect: (orderId, call) => {
      const look = Effect.sync(() => {
        const order = orderOf(orderId)
        if (order !== undefined && flightOf(order, call) !== undefined) seek(orderId)
      })
      run(Effect.delay(look, HEARD_WITHIN_MILLIS))
    },
    meet: (stranger) => {
      const key = `${stranger.symbol} ${stranger.exchangeOrderId}`
      if (meeting.has(key) || meeting.size >= MAX_STRANGERS) return
      meeting.add(key)
      run(encounter(stranger, key))
    }
  }
})

/** When the first call in doubt can be known not to have arrived, on the exchange's clock. */
const provenAt = ({ flights = [] }: Order, absenceProvenAfterMillis: number): number =>
  flights.reduce(
    (first, flight) =>
      flight.doubt === undefined ? first : Math.min(first, absenceProvenAt(flight, absenceProvenAfterMillis)),
    Number.POSITIVE_INFINITY
  )
