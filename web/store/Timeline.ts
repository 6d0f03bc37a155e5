// The story of one order, asked for when somebody opens it and again whenever the order moves.
import { computed, effect, signal } from "@preact/signals"
import type { OrderHistory } from "../../src/contract/History.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import * as Account from "./Account.ts"
import * as Accounts from "./Accounts.ts"
import * as Api from "./Api.ts"
import * as Remote from "./Remote.ts"

export const opened = signal<string | undefined>(undefined)
export const story = signal<Remote.Remote<OrderHistory>>(Remote.loading)

/** The order as the feed has it; `undefined` for one older than what this page holds. */
export const orderOf = (orderId: string): OrderView | undefined =>
  Account.ledger.value.open.get(orderId) ?? Account.history.value.find((order) => order.orderId === orderId)

const load = async (orderId: string): Promise<void> => {
  try {
    const found = await Api.get<OrderHistory>(
      Accounts.within(`/api/trading/orders/${encodeURIComponent(orderId)}/history`, Accounts.current.peek())
    )
    if (opened.peek() === orderId) story.value = Remote.live(found)
  } catch (error) {
    if (opened.peek() === orderId) story.value = Remote.failed(story.peek(), Api.sentenceOf(error))
  }
}

/** An order in doubt is asked about without a word on the feed: its story is read again this often. */
const DOUBT_MILLIS = 2_000

/** Reads along for as long as an order is open; the result ends it. */
export const follow = (): (() => void) => {
  let timer: ReturnType<typeof setInterval> | undefined
  let shown: string | undefined
  // The ledger is a new one at every word of the feed; the order in it is the same until it moves.
  const moved = computed(() => (opened.value === undefined ? undefined : orderOf(opened.value)))
  const stop = effect(() => {
    const orderId = opened.value
    const order = moved.value
    clearInterval(timer)
    if (orderId !== shown) story.value = Remote.loading
    shown = orderId
    if (orderId === undefined) return
    void load(orderId)
    if (order?.status === "UNKNOWN") timer = setInterval(() => void load(orderId), DOUBT_MILLIS)
  })
  return () => {
    stop()
    clearInterval(timer)
    opened.value = undefined
  }
}
