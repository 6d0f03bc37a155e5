// The paper exchange's journal in memory: what tests run on, and the plainest statement of what a journal must do.
import { Effect, Layer, Option } from "effect"
import type { OrderRef } from "../domain/matching/Command.ts"
import {
  type AmendmentRecord,
  type EngineSnapshot,
  type JournalEntry,
  type ListRecord,
  type OrderRecord,
  type Page,
  type PaperCommit,
  PaperJournal,
  PaperJournalError,
  type PreventedRecord,
  type TradeRecord
} from "./PaperJournal.ts"

/** What outlives a process. Grows for as long as it lives: not for a desk. */
export class Store {
  readonly entries: Array<JournalEntry> = []
  snapshot: EngineSnapshot | undefined
  readonly orders = new Map<number, OrderRecord>()
  readonly lists = new Map<number, ListRecord>()
  readonly trades: Array<TradeRecord> = []
  readonly amendments: Array<AmendmentRecord> = []
  readonly prevented: Array<PreventedRecord> = []
  /** Which life may write: the newest that has loaded. */
  epoch = 0
}

/** One process's hold on a store. Several over the same store are the lives of one exchange. */
export const life = (store: Store): PaperJournal["Service"] => {
  let epoch: number | undefined
  return {
    commit: (commit) =>
      Effect.suspend(() => {
        epoch ??= ++store.epoch
        if (epoch !== store.epoch) return refuse("Another paper exchange has taken the journal over", true)
        if (commit.entries.some((entry, index) => entry.seq !== store.entries.length + 1 + index)) {
          return refuse("The entries do not follow the journal's last one")
        }
        write(store, commit)
        return Effect.void
      }),
    load: Effect.sync(() => {
      epoch = ++store.epoch
      return { snapshot: Option.fromNullishOr(store.snapshot), entries: store.entries.slice(store.snapshot?.seq ?? 0) }
    }),
    ...reads(store)
  }
}

/** For tests: gone with the process. */
export const layerMemory: Layer.Layer<PaperJournal> = Layer.effect(
  PaperJournal,
  Effect.sync(() => life(new Store()))
)

const refuse = (why: string, takenOver = false) =>
  Effect.fail(new PaperJournalError({ message: `${why}; nothing was committed.`, takenOver }))

const write = (store: Store, commit: PaperCommit): void => {
  store.entries.push(...commit.entries)
  for (const order of commit.orders) store.orders.set(order.orderId, order)
  for (const list of commit.lists) store.lists.set(list.listId, list)
  store.trades.push(...commit.trades)
  store.amendments.push(...commit.amendments)
  store.prevented.push(...commit.prevented)
  store.snapshot = commit.snapshot ?? store.snapshot
}

const reads = (store: Store): Omit<PaperJournal["Service"], "commit" | "load"> => ({
  entries: (fromSeq, limit) => Effect.sync(() => store.entries.slice(fromSeq - 1, fromSeq - 1 + limit)),
  order: (account, symbol, ref) =>
    Effect.sync(() =>
      Option.fromNullishOr(
        [...store.orders.values()]
          .filter((order) => order.account === account && order.symbol === symbol && isMeant(order, ref))
          .toSorted((a, b) => b.orderId - a.orderId)[0]
      )
    ),
  orders: (account, symbol, page) =>
    Effect.sync(() =>
      paged(
        [...store.orders.values()].filter((order) => order.account === account && order.symbol === symbol),
        (order) => order.orderId,
        (order) => order.createdAt,
        page
      )
    ),
  trades: (account, symbol, page) =>
    Effect.sync(() =>
      paged(
        store.trades.filter(
          (trade) =>
            trade.account === account &&
            trade.symbol === symbol &&
            (page.orderId === undefined || trade.orderId === page.orderId)
        ),
        (trade) => trade.tradeId,
        (trade) => trade.at,
        page
      )
    ),
  list: (account, { listClientOrderId, listId }) =>
    Effect.sync(() =>
      Option.fromNullishOr(
        [...store.lists.values()]
          .filter(
            (list) =>
              list.account === account &&
              (listId !== undefined || listClientOrderId !== undefined) &&
              (listId === undefined || list.listId === listId) &&
              (listClientOrderId === undefined || list.listClientOrderId === listClientOrderId)
          )
          .toSorted((a, b) => b.listId - a.listId)[0]
      )
    ),
  lists: (account, page) =>
    Effect.sync(() =>
      paged(
        [...store.lists.values()].filter((list) => list.account === account),
        (list) => list.listId,
        (list) => list.at,
        page
      )
    ),
  amendments: (account, symbol, orderId, page) =>
    Effect.sync(() =>
      paged(
        store.amendments.filter((row) => row.account === account && row.symbol === symbol && row.orderId === orderId),
        (row) => row.executionId,
        (row) => row.at,
        page
      )
    ),
  prevented: (account, symbol, by, limit) =>
    Effect.sync(() =>
      store.prevented
        .filter(
          (row) =>
            row.account === account &&
            row.symbol === symbol &&
            ("preventedMatchId" in by
              ? row.preventedMatchId === by.preventedMatchId
              : row.takerOrderId === by.orderId && row.preventedMatchId >= (by.fromId ?? 0))
        )
        .toSorted((a, b) => a.preventedMatchId - b.preventedMatchId)
        .slice(0, limit)
    )
})

const isMeant = (order: OrderRecord, { clientOrderId, orderId }: OrderRef): boolean =>
  (orderId !== undefined || clientOrderId !== undefined) &&
  (orderId === undefined || order.orderId === orderId) &&
  (clientOrderId === undefined || order.clientOrderId === clientOrderId)

const paged = <A>(
  rows: ReadonlyArray<A>,
  idOf: (row: A) => number,
  atOf: (row: A) => number,
  { endTime = Infinity, fromId, limit, startTime }: Page
): ReadonlyArray<A> => {
  const found = rows
    .filter((row) => idOf(row) >= (fromId ?? 0) && atOf(row) >= (startTime ?? 0) && atOf(row) <= endTime)
    .toSorted((a, b) => idOf(a) - idOf(b))
  return fromId === undefined && startTime === undefined ? found.slice(-limit) : found.slice(0, limit)
}
