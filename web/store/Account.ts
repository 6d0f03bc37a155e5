// The account at the desk: orders, positions, balances from the feed; older orders and fills from REST.
import { computed, effect, signal, untracked } from "@preact/signals"
import type { FillView, OrderView } from "../../src/contract/Views.ts"
import * as Accounts from "./Accounts.ts"
import * as Api from "./Api.ts"
import * as Connection from "./Connection.ts"
import * as Ledger from "./Ledger.ts"
import * as Notices from "./Notices.ts"
import * as Remote from "./Remote.ts"

export const ledger = signal<Ledger.Ledger>(Ledger.empty)
const known = signal(false)

/** How far positions, balances and open orders can be trusted. */
export const status = computed<"loading" | "live" | "stale">(() =>
  !known.value ? "loading" : Connection.state.value === "live" ? "live" : "stale"
)

/** Newest first. */
export const openOrders = computed(() => [...ledger.value.open.values()].toSorted((a, b) => b.createdAt - a.createdAt))
export const unknownOrders = computed(() => openOrders.value.filter((order) => order.status === "UNKNOWN"))
export const positions = computed(() =>
  [...ledger.value.positions.values()].toSorted((a, b) => a.symbol.localeCompare(b.symbol))
)
export const balances = computed(() =>
  [...ledger.value.balances.values()].toSorted((a, b) => a.asset.localeCompare(b.asset))
)
/** Set while the desk does not hear the exchange about this account. */
export const blind = computed(() => ledger.value.blind)
export const history = computed(() => ledger.value.history)
export const historyStatus = signal<Remote.Remote<true>>(Remote.loading)
/** Newest first. */
export const fills = signal<Remote.Remote<ReadonlyArray<FillView>>>(Remote.loading)

const PAGE = 100
const MAX_FILLS = 500
/** Fills of one order come in a burst: one question for all of them. */
const FILLS_DELAY_MILLIS = 150

const mergeFills = (held: ReadonlyArray<FillView>, others: ReadonlyArray<FillView>): ReadonlyArray<FillView> => {
  const byId = new Map([...held, ...others].map((fill) => [`${fill.symbol}:${fill.tradeId}`, fill]))
  return [...byId.values()].toSorted((a, b) => b.seq - a.seq || b.at - a.at).slice(0, MAX_FILLS)
}

let watches = 0
/** Whether another account, or nobody, is on the screen by now: what was asked for this one is then not shown. */
const era = (): (() => boolean) => {
  const begun = watches
  return () => begun !== watches
}

const here = (path: string) => Accounts.within(path, Accounts.current.peek())

const loadFills = async (): Promise<void> => {
  const isOver = era()
  try {
    const { trades } = await Api.get<{ trades: ReadonlyArray<FillView> }>(here(`/api/trading/trades?limit=${PAGE}`))
    if (isOver()) return
    fills.value = Remote.live(mergeFills(fills.peek().data ?? [], trades))
  } catch (error) {
    if (isOver()) return
    fills.value = Remote.failed(fills.peek(), Api.sentenceOf(error))
  }
}

export const moreFills = signal(true)
export const loadOlderFills = async (): Promise<void> => {
  const oldest = fills.peek().data?.at(-1)
  if (oldest === undefined) return
  const isOver = era()
  const path = here(`/api/trading/trades?limit=${PAGE}&beforeSeq=${oldest.seq}`)
  const { trades } = await Api.get<{ trades: ReadonlyArray<FillView> }>(path).catch(() => ({ trades: [] }))
  if (isOver()) return
  const next = mergeFills(fills.peek().data ?? [], trades)
  moreFills.value = trades.length === PAGE && next.length < MAX_FILLS
  fills.value = Remote.live(next)
}

const ordersPage = async (query: string): Promise<ReadonlyArray<OrderView>> =>
  (await Api.get<{ orders: ReadonlyArray<OrderView> }>(here(`/api/trading/orders?${query}&limit=${PAGE}`))).orders

const loadHistory = async (): Promise<void> => {
  const isOver = era()
  try {
    const orders = await ordersPage("state=closed")
    if (isOver()) return
    ledger.value = { ...ledger.peek(), history: Ledger.mergeHistory(ledger.peek().history, orders) }
    historyStatus.value = Remote.live(true)
  } catch (error) {
    if (isOver()) return
    historyStatus.value = Remote.failed(historyStatus.peek(), Api.sentenceOf(error))
  }
}

export const moreHistory = signal(true)
export const loadOlderHistory = async (): Promise<void> => {
  const oldest = ledger.peek().history.at(-1)
  if (oldest === undefined) return
  const isOver = era()
  const orders = await ordersPage(`state=closed&before=${oldest.orderId}`).catch(() => [])
  if (isOver()) return
  const next = Ledger.mergeHistory(ledger.peek().history, orders)
  moreHistory.value = orders.length === PAGE && next.length < Ledger.MAX_HISTORY
  ledger.value = { ...ledger.peek(), history: next }
}

let fillsTimer: ReturnType<typeof setTimeout> | undefined
const fillsSoon = (): void => {
  fillsTimer ??= setTimeout(() => {
    fillsTimer = undefined
    void loadFills()
  }, FILLS_DELAY_MILLIS)
}

Connection.onBatch((incoming) => {
  if (incoming.account.length === 0) return
  const applied = Ledger.apply(ledger.peek(), incoming.account)
  ledger.value = applied.ledger
  if (incoming.account.some(({ type }) => type === "SNAPSHOT")) known.value = true
  Notices.announce(applied.changes)
  applied.drifts.forEach(Notices.drifted)
  const executed = applied.changes.some(
    ({ before, after }) => (before?.executedQuantity ?? "0") !== after.executedQuantity
  )
  if (executed) fillsSoon()
  if (applied.vanished) void loadHistory()
})

export const placed = (order: OrderView): void => {
  ledger.value = Ledger.place(ledger.peek(), order)
}

/** The feed allows a hundred topics; the rest of the positions would show no live mark. */
const MAX_MARKS = 80

/** Follows the account from now on; the result ends it and forgets everything. */
export const watch = (): (() => void) => {
  const marked = computed(() => positions.value.map(({ symbol }) => symbol).join(" "))
  const stops = [
    effect(() => {
      if (Connection.ups.value === 0) return
      untracked(() => void Promise.all([loadHistory(), loadFills()]))
    }),
    effect(() => {
      const leaves = marked.value
        .split(" ")
        .filter((symbol) => symbol !== "")
        .slice(0, MAX_MARKS)
        .map((symbol) => Connection.subscribe(`price:${symbol}`))
      return () => leaves.forEach((leave) => leave())
    })
  ]
  return () => {
    watches++
    stops.forEach((stop) => stop())
    clearTimeout(fillsTimer)
    fillsTimer = undefined
    known.value = false
    ledger.value = Ledger.empty
    historyStatus.value = Remote.loading
    fills.value = Remote.loading
    moreFills.value = moreHistory.value = true
  }
}
