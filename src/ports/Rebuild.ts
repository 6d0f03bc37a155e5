// Rebuilds an account from its journal, from the first event on, and holds the read models against it.
import { Effect, Schema } from "effect"
import type { Recorded } from "../domain/Event.ts"
import type { AccountId } from "../domain/Ids.ts"
import type { Order } from "../domain/Order.ts"
import * as Replay from "../domain/Replay.ts"
import type { Blotter, BlotterError } from "./Blotter.ts"
import type { Journal, JournalError } from "./Journal.ts"

/** Events read at once. */
const PAGE = 1_000

/** The journal contradicts itself: no account comes out of it. */
export class ReplayFailed extends Schema.TaggedError<ReplayFailed>()("ReplayFailed", { message: Schema.String }) {}

/** The last event that counts: a number, or a time in epoch milliseconds. */
export type Until = { readonly seq: number } | { readonly at: number }

const isPast = (until: Until, { at, seq }: Recorded): boolean => ("seq" in until ? seq > until.seq : at > until.at)

/** The account as it was after the last event up to `until`: the events before the first that is past it. */
export const rebuild = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  accountId: AccountId,
  until?: Until
): Effect.fn.Return<Replay.Replay, JournalError | ReplayFailed> {
  let replay = Replay.begin(accountId)
  while (true) {
    const events = yield* journal.eventsAfter(accountId, replay.account.seq, PAGE)
    const end = until === undefined ? -1 : events.findIndex((recorded) => isPast(until, recorded))
    replay = (yield* applied(replay, end === -1 ? events : events.slice(0, end))).replay
    if (end !== -1 || events.length < PAGE) return replay
  }
})

export interface Comparison {
  readonly replay: Replay.Replay
  /** The first difference between the journal and the read models; `undefined` where there is none. */
  readonly difference: string | undefined
}

/** All of the account, and whether the read models say the same. Where others write meanwhile, all of it must see one moment of the store. */
export const compare = Effect.fnUntraced(function* (
  journal: Journal["Service"],
  blotter: Blotter["Service"],
  accountId: AccountId
): Effect.fn.Return<Comparison, JournalError | BlotterError | ReplayFailed> {
  let replay = Replay.begin(accountId)
  let difference: string | undefined
  while (true) {
    const after = replay.account.seq
    const events = yield* journal.eventsAfter(accountId, after, PAGE)
    const { finals, replay: next } = yield* applied(replay, events)
    replay = next
    if (events.length > 0) difference ??= yield* compareFinals(blotter, accountId, after, events.length, finals)
    if (events.length < PAGE) break
  }
  difference ??= yield* compareState(blotter, replay)
  return { replay, difference }
})

const applied = (replay: Replay.Replay, events: ReadonlyArray<Recorded>) =>
  Effect.try({
    try: () => {
      const finals: Array<Replay.Final> = []
      let now = replay
      for (const recorded of events) {
        const step = Replay.apply(now, recorded)
        now = step.replay
        finals.push(step.final)
      }
      return { replay: now, finals }
    },
    catch: (error) =>
      new ReplayFailed({
        message: `The journal of ${replay.account.accountId} contradicts itself: ${error instanceof Error ? error.message : String(error)}.`
      })
  })

/** Fills and closed orders never change again: they are compared page by page. */
const compareFinals = Effect.fnUntraced(function* (
  blotter: Blotter["Service"],
  accountId: AccountId,
  after: number,
  count: number,
  finals: ReadonlyArray<Replay.Final>
) {
  const closed = finals.flatMap(({ order }) => order ?? [])
  const orders =
    closed.length === 0
      ? []
      : yield* blotter.ordersById(
          accountId,
          closed.map(({ orderId }) => orderId)
        )
  const wrongOrder = Replay.difference("orders", ordersShown(closed), ordersShown(orders))
  if (wrongOrder !== undefined) return wrongOrder
  const booked = yield* blotter.fills({ accountId, beforeSeq: after + count + 1, limit: count })
  return Replay.difference(
    "fills",
    fillsShown(finals.flatMap(({ fill }) => fill ?? [])),
    fillsShown(booked.filter(({ seq }) => seq > after))
  )
})

const ordersShown = (orders: ReadonlyArray<Order>) =>
  Object.fromEntries(orders.map((order) => [order.orderId, Replay.orderShown(order)]))

const fillsShown = (fills: ReadonlyArray<Replay.Booked>) =>
  Object.fromEntries(fills.map((fill) => [fill.seq, Replay.fillShown(fill)]))

/** What still changes, and that the tables have no more rows than the journal explains. */
const compareState = Effect.fnUntraced(function* (blotter: Blotter["Service"], replay: Replay.Replay) {
  const { accountId, seq } = replay.account
  const state = Replay.stateShown(yield* blotter.state(accountId))
  const [lastFill] = yield* blotter.fills({ accountId, limit: 1 })
  return (
    Replay.difference("account", Replay.shown(replay), state) ??
    Replay.difference("closed orders", replay.closedOrders, (yield* blotter.orderCounts(accountId)).closed) ??
    (lastFill === undefined || lastFill.seq <= seq
      ? undefined
      : Replay.difference("fills", undefined, fillsShown([lastFill])))
  )
})
