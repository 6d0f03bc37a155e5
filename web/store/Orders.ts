// Sending and cancelling orders. An intent has one key from the click until its answer is known, however often it is sent.
import { signal } from "@preact/signals"
import type { AcceptedList } from "../../src/contract/Http.ts"
import type { ListInput } from "../../src/contract/OrderInputs.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import type { ListRole } from "../../src/domain/ListLink.ts"
import { isStop, type OrderType, type Side, type TimeInForce } from "../../src/domain/Order.ts"
import * as Account from "./Account.ts"
import * as Accounts from "./Accounts.ts"
import * as Api from "./Api.ts"
import * as Connection from "./Connection.ts"
import * as Notices from "./Notices.ts"

export interface OrderBody {
  /** The account on the screen when it was sent; it goes there however long it takes, and whatever is looked at by then. */
  readonly accountId?: string
  readonly symbol: string
  readonly side: Side
  readonly type: OrderType
  readonly quantity?: string
  readonly quoteQuantity?: string
  readonly price?: string
  readonly timeInForce?: TimeInForce
  readonly stopPrice?: string
  /** Basis points. */
  readonly trailingDelta?: number
  readonly icebergQuantity?: string
}

/** Orders that belong together, as they are sent. */
export type ListBody = Extract<ListInput, { readonly type: "OCO" | "OTOCO" }>
export type Body = OrderBody | ListBody

export interface Intent {
  /** The `Idempotency-Key`: the same key gets the same answer, so sending again is safe. */
  readonly key: string
  readonly body: Body
  readonly state: "sending" | "unsure"
  readonly message?: string
}

const KEY = "outcry.intent"

/** An unanswered intent outlives a reload of the page: its key must not be lost with the tab. */
const restore = (): Intent | undefined => {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Intent | null
    return stored === null
      ? undefined
      : { ...stored, state: "unsure", message: "The page was reloaded before the answer came." }
  } catch {
    return undefined
  }
}

export const intent = signal<Intent | undefined>(typeof sessionStorage === "undefined" ? undefined : restore())
/** Why the last order was refused before it was taken. */
export const refusal = signal<string | undefined>(undefined)
export const cancelling = signal<ReadonlySet<string>>(new Set())

const keep = (next: Intent | undefined): void => {
  intent.value = next
  if (next === undefined) sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, JSON.stringify(next))
}

/** `crypto.randomUUID` exists on secure origins only, and a desk on the local network may have none. */
export const newKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

export const place = (body: Body): Promise<void> => {
  const accountId = Accounts.current.peek()
  if (intent.peek() !== undefined) return Promise.resolve()
  return send(newKey(), accountId === undefined ? body : { ...body, accountId })
}

/** Another account is looked at by now: its ticket must not say what became of this order. */
const isElsewhere = ({ accountId }: Body): boolean => accountId !== undefined && accountId !== Accounts.current.peek()

/** Sends the unanswered intent again, with the key it had. */
export const retry = (): Promise<void> => {
  const now = intent.peek()
  return now?.state === "unsure" ? send(now.key, now.body) : Promise.resolve()
}

export const discard = (): void => {
  if (intent.peek()?.state === "unsure") keep(undefined)
}

export const isList = (body: Body): body is ListBody => body.type === "OCO" || body.type === "OTOCO"

export type Accepted = { readonly orderId: string; readonly status: OrderView["status"] }

/** One order or more, each as it is shown until the feed tells of it. */
const sent = async (key: string, body: Body): Promise<ReadonlyArray<OrderView>> => {
  const headers = { "idempotency-key": key }
  if (!isList(body)) {
    const { orderId, status } = await Api.post<Accepted>("/api/trading/orders", body, headers)
    return [pendingView(orderId, status, body)]
  }
  const { listId, orders, status } = await Api.post<AcceptedList>("/api/trading/order-lists", body, headers)
  return orders.map(({ orderId, role }) => ({
    ...pendingView(orderId, status, legIn(body, role)),
    list: { listId, kind: body.type, role }
  }))
}

/** As it would be sent alone. */
const legIn = (body: ListBody, role: ListRole): OrderBody => {
  const { symbol } = body
  if (body.type === "OTOCO" && role === "working") return { symbol, ...body.working } as OrderBody
  const { above, below, quantity, side } = body.type === "OTOCO" ? body.pending : body
  return { symbol, side, quantity, ...(role === "above" ? above : below) } as OrderBody
}

const send = async (key: string, body: Body): Promise<void> => {
  const clickedAt = performance.now()
  refusal.value = undefined
  keep({ key, body, state: "sending" })
  try {
    const pending = await sent(key, body)
    Connection.pendingMillis.value = performance.now() - clickedAt
    if (!isElsewhere(body)) pending.forEach(Account.placed)
    keep(undefined)
  } catch (error) {
    if (Api.mayHaveHappened(error)) {
      return keep({ key, body, state: "unsure", message: Api.sentenceOf(error) })
    }
    keep(undefined)
    const why =
      error instanceof Api.Refused && Object.keys(error.fields).length > 0
        ? [...new Set([error.message, ...Object.values(error.fields)])].join(" ")
        : Api.sentenceOf(error)
    if (isElsewhere(body)) Notices.say("bad", `Refused in ${Accounts.nameOf(body.accountId)}`, why)
    else refusal.value = why
  }
}

/** As it is shown until the feed tells of it. */
export const pendingView = (orderId: string, status: OrderView["status"], body: OrderBody): OrderView => ({
  orderId,
  clientOrderId: "",
  exchangeOrderId: null,
  symbol: body.symbol,
  side: body.side,
  type: body.type,
  timeInForce: body.timeInForce ?? null,
  quantity: body.quantity ?? "0",
  price: body.price ?? null,
  status,
  executedQuantity: "0",
  averagePrice: null,
  reason: null,
  createdAt: Date.now() + Connection.clockOffsetMillis.peek(),
  updatedAt: 0,
  ...termsIn(body)
})

const termsIn = ({
  icebergQuantity,
  quoteQuantity,
  stopPrice,
  trailingDelta,
  type
}: OrderBody): Partial<OrderView> => ({
  ...(quoteQuantity === undefined ? {} : { quoteQuantity }),
  ...(stopPrice === undefined ? {} : { stopPrice }),
  ...(trailingDelta === undefined ? {} : { trailingDelta }),
  ...(icebergQuantity === undefined ? {} : { icebergQuantity }),
  ...(isStop({ type }) ? { isWorking: false } : {})
})

/** Of an order of the account on the screen. */
export const pathOf = (orderId: string) =>
  Accounts.within(`/api/trading/orders/${encodeURIComponent(orderId)}`, Accounts.current.peek())

/** What was about the account before; an unanswered order stays, with the account that it is for. */
export const leave = (): void => {
  refusal.value = undefined
}

export const cancel = async (orderId: string): Promise<void> => {
  if (cancelling.peek().has(orderId)) return
  cancelling.value = new Set(cancelling.peek()).add(orderId)
  try {
    await Api.remove(pathOf(orderId))
  } catch (error) {
    Notices.failed("cancelled", error)
  } finally {
    const left = new Set(cancelling.peek())
    left.delete(orderId)
    cancelling.value = left
  }
}
