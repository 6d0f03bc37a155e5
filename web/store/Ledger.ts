// What this page holds of its account, as the feed made it: snapshot, then updates. Pure, so that it can be checked against the server.
import type { SnapshotView } from "../../src/contract/Feed.ts"
import type {
  BalanceView,
  BlindView,
  DriftView,
  OrderView,
  PositionView,
  PrivateMessage
} from "../../src/contract/Views.ts"
import { isClosed } from "../../src/domain/Order.ts"

export type AccountMessage =
  PrivateMessage | { readonly type: "SNAPSHOT"; readonly seq: number; readonly data: SnapshotView }

export interface Ledger {
  /** Orders that can still change. */
  readonly open: ReadonlyMap<string, OrderView>
  /** Closed orders, newest first. */
  readonly history: ReadonlyArray<OrderView>
  readonly positions: ReadonlyMap<string, PositionView>
  readonly balances: ReadonlyMap<string, BalanceView>
  /** The desk does not hear the exchange about this account. */
  readonly blind: BlindView | undefined
}

/** One order that is not what it was. */
export interface OrderChange {
  readonly before: OrderView | undefined
  readonly after: OrderView
}

export interface Applied {
  readonly ledger: Ledger
  readonly changes: ReadonlyArray<OrderChange>
  /** Open orders that a snapshot no longer has: they were closed while no one was looking. */
  readonly vanished: boolean
  /** Totals that were found to differ from the exchange's. */
  readonly drifts: ReadonlyArray<DriftView>
}

export const empty: Ledger = {
  open: new Map(),
  history: [],
  positions: new Map(),
  balances: new Map(),
  blind: undefined
}

/** Closed orders kept in memory; older ones are a page away. */
export const MAX_HISTORY = 500

export const apply = (ledger: Ledger, messages: ReadonlyArray<AccountMessage>): Applied => {
  let open = new Map(ledger.open)
  let history = ledger.history
  let positions = new Map(ledger.positions)
  let balances = new Map(ledger.balances)
  let { blind } = ledger
  let vanished = false
  const drifts: Array<DriftView> = []
  const changes: Array<OrderChange> = []
  for (const message of messages) {
    switch (message.type) {
      case "SNAPSHOT": {
        const next = new Map(message.data.orders.map((order) => [order.orderId, order]))
        vanished ||= [...open.keys()].some((orderId) => !next.has(orderId))
        open = next
        positions = new Map(message.data.positions.map((position) => [position.symbol, position]))
        balances = new Map(message.data.balances.map((balance) => [balance.asset, balance]))
        blind = message.data.blind ?? undefined
        break
      }
      case "BALANCE_UPDATE":
        balances.set(message.data.asset, message.data)
        break
      case "POSITION_UPDATE":
        positions.set(message.data.symbol, message.data)
        break
      case "ACCOUNT_UPDATE":
        blind = message.data.blind ?? undefined
        break
      case "DRIFT":
        drifts.push(message.data)
        break
      case "ORDER_UPDATE": {
        const after = message.data
        const before = open.get(after.orderId) ?? history.find((order) => order.orderId === after.orderId)
        if (before?.status !== after.status || before.executedQuantity !== after.executedQuantity) {
          changes.push({ before, after })
        }
        if (isClosed(after.status)) {
          open.delete(after.orderId)
          history = mergeHistory(history, [after])
        } else if (before === undefined || !isClosed(before.status)) {
          open.set(after.orderId, after)
        }
      }
    }
  }
  return { ledger: { open, history, positions, balances, blind }, changes, vanished, drifts }
}

/** An order just answered PENDING: shown at once, unless the feed was faster. */
export const place = (ledger: Ledger, order: OrderView): Ledger =>
  ledger.open.has(order.orderId) || ledger.history.some(({ orderId }) => orderId === order.orderId)
    ? ledger
    : { ...ledger, open: new Map(ledger.open).set(order.orderId, order) }

/** Puts closed orders into the history: one an id, the later version wins, newest first. */
export const mergeHistory = (
  history: ReadonlyArray<OrderView>,
  others: ReadonlyArray<OrderView>
): ReadonlyArray<OrderView> => {
  const byId = new Map(history.map((order) => [order.orderId, order]))
  for (const other of others) {
    const held = byId.get(other.orderId)
    if (held === undefined || other.updatedAt >= held.updatedAt) byId.set(other.orderId, other)
  }
  return [...byId.values()].toSorted((a, b) => b.createdAt - a.createdAt).slice(0, MAX_HISTORY)
}
