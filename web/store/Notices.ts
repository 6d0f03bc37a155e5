// Short lines about what just happened, shown in a corner and gone by themselves.
import { signal } from "@preact/signals"
import * as Api from "./Api.ts"
import type { OrderChange } from "./Ledger.ts"
import * as Money from "../../src/domain/Money.ts"
import type { DriftView, OrderView } from "../../src/contract/Views.ts"
import * as Figure from "../ui/Figure.ts"

export interface Notice {
  readonly id: number
  readonly tone: "good" | "bad" | "doubt" | "plain"
  readonly title: string
  readonly text: string
}

export const notices = signal<ReadonlyArray<Notice>>([])

/** Notices on the screen at once; the oldest make room. */
const MAX_NOTICES = 4
const SHORT_MILLIS = 6_000
const LONG_MILLIS = 15_000
let lastId = 0

export const say = (tone: Notice["tone"], title: string, text: string): void => {
  const id = ++lastId
  notices.value = [...notices.peek(), { id, tone, title, text }].slice(-MAX_NOTICES)
  setTimeout(() => dismiss(id), tone === "bad" || tone === "doubt" ? LONG_MILLIS : SHORT_MILLIS)
}

/** What was said was about the account before. */
export const clear = (): void => void (notices.value = [])

export const dismiss = (id: number): void => {
  notices.value = notices.peek().filter((notice) => notice.id !== id)
}

const verb = (order: OrderView) => (order.side === "BUY" ? "Buy" : "Sell")

/** How a cancel or an amend ended that left the order at work, with nothing executed meanwhile. */
const afterCall = (before: OrderView, after: OrderView, what: string): Omit<Notice, "id"> | undefined => {
  if (before.status === "CANCELING") {
    return { tone: "bad", title: "Not cancelled", text: `${what}: the exchange refused the cancel.` }
  }
  if (before.status !== "AMENDING") return undefined
  return before.quantity === after.quantity
    ? { tone: "bad", title: "Not reduced", text: `${what}: it stands as before.` }
    : { tone: "plain", title: "Reduced", text: `${what} in all` }
}

/** What a person wants to be told about an order, or nothing. */
export const noticeOf = ({ before, after }: OrderChange): Omit<Notice, "id"> | undefined => {
  const what = `${verb(after)} ${after.quantity} ${after.symbol}`
  const at = after.averagePrice === null ? "" : ` at ${Figure.grouped(after.averagePrice)}`
  switch (after.status) {
    case "FILLED":
      return { tone: "good", title: "Filled", text: `${what}${at}` }
    case "PARTIALLY_FILLED":
      if (before !== undefined && before.executedQuantity === after.executedQuantity)
        return afterCall(before, after, what)
      // An order may fill in a hundred pieces: the first is news, and the last.
      if (before?.status === "PARTIALLY_FILLED") return undefined
      return { tone: "good", title: "Partly filled", text: `${what}: ${after.executedQuantity}${at}` }
    case "DENIED":
      return { tone: "bad", title: "Denied by the desk", text: `${what}: ${after.reason ?? "no reason given."}` }
    case "REJECTED":
      return { tone: "bad", title: "Rejected by the exchange", text: `${what}: ${after.reason ?? "no reason given."}` }
    case "EXPIRED":
      return { tone: "plain", title: "Expired", text: `${what}${after.reason === null ? "" : `: ${after.reason}`}` }
    case "CANCELED":
      return { tone: "plain", title: "Cancelled", text: what }
    case "UNKNOWN":
      return { tone: "doubt", title: "Outcome unknown", text: `${what}: the desk is asking the exchange.` }
    case "NEW":
      if (before?.status === "CANCELING" || before?.status === "AMENDING") return afterCall(before, after, what)
      if (before?.isWorking === false && after.isWorking === true) {
        return { tone: "plain", title: "Triggered", text: `${what}: it works now.` }
      }
      if (after.isWorking === false && before?.status !== "NEW" && before?.status !== "UNKNOWN") {
        return { tone: "plain", title: "Waiting", text: `${what}, for its trigger` }
      }
      return after.price !== null && before?.status !== "NEW" && before?.status !== "UNKNOWN"
        ? { tone: "plain", title: "Working", text: `${what} at ${Figure.grouped(after.price ?? "")}` }
        : undefined
    default:
      return undefined
  }
}

/** How a call about an order failed. Whoever got no answer is not told that nothing was done. */
export const failureOf = (done: "changed" | "cancelled", error: unknown): Omit<Notice, "id"> => {
  const text = Api.sentenceOf(error)
  return Api.mayHaveHappened(error)
    ? {
        tone: "doubt",
        title: `Not known whether it was ${done}`,
        text: `${text} Look at the order before you ask again.`
      }
    : { tone: "bad", title: `Not ${done}`, text }
}

export const failed = (done: "changed" | "cancelled", error: unknown): void => {
  const { text, title, tone } = failureOf(done, error)
  say(tone, title, text)
}

export const drifted = ({ asset, difference, exchange, ours }: DriftView): void =>
  say(
    "doubt",
    `${asset} was not as the exchange has it`,
    `${ours} here, ${exchange} at the exchange: ${Figure.signed(Money.decimal(difference), 8)}. The exchange's stands now.`
  )

export const announce = (changes: ReadonlyArray<OrderChange>): void => {
  for (const change of changes) {
    const notice = noticeOf(change)
    if (notice !== undefined) say(notice.tone, notice.title, notice.text)
  }
}
