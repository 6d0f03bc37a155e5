// A change of an order that rests or waits: a smaller one keeps its place in the book, anything else is a new order in its place.
import * as Result from "effect/Result"
import { signal } from "@preact/signals"
import type { SymbolView } from "../../src/contract/Http.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import { sentence } from "../../src/domain/Denial.ts"
import { validate } from "../../src/domain/Instrument.ts"
import * as Money from "../../src/domain/Money.ts"
import * as Account from "./Account.ts"
import * as Accounts from "./Accounts.ts"
import * as Api from "./Api.ts"
import * as Draft from "./Draft.ts"
import * as Market from "./Market.ts"
import * as Notices from "./Notices.ts"
import * as Orders from "./Orders.ts"
import { instrumentOf } from "./Rules.ts"

export type Field = "price" | "stopPrice" | "quantity"
export type Texts = Readonly<Record<Field, string>>

export type Wanted =
  | { readonly is: "same" }
  | { readonly is: "wrong"; readonly why: string }
  | { readonly is: "smaller"; readonly quantity: string }
  | { readonly is: "another"; readonly order: Omit<Orders.OrderBody, "accountId"> }

/** What is being typed, and for which order. */
export const open = signal<{ readonly orderId: string; readonly texts: Texts } | undefined>(undefined)

export const begin = ({ orderId, price, quantity, stopPrice = "" }: OrderView): void => {
  open.value = { orderId, texts: { price: price ?? "", stopPrice, quantity } }
}

export const type = (field: Field, text: string): void => {
  const now = open.peek()
  if (now !== undefined) open.value = { ...now, texts: { ...now.texts, [field]: text } }
}

export const close = (): void => void (open.value = undefined)

/** Whether it rests or waits at the exchange, with nothing under way. */
export const isChangeable = ({ status, type }: OrderView): boolean =>
  type !== "MARKET" && (status === "NEW" || status === "PARTIALLY_FILLED")

/** What has begun to fill, or is tied to others, gives its place to no other: what it would leave behind is not known beforehand. */
const isReplaceable = ({ external, isWorking, list, status }: OrderView, symbol: SymbolView | undefined): boolean =>
  status === "NEW" &&
  list === undefined &&
  external === undefined &&
  isWorking !== true &&
  symbol?.allows.cancelReplace === true

/** What can be typed. */
export const fieldsOf = (order: OrderView, symbol: SymbolView | undefined): ReadonlyArray<Field> => [
  ...(isReplaceable(order, symbol) && order.price !== null ? (["price"] as const) : []),
  ...(isReplaceable(order, symbol) && order.stopPrice !== undefined ? (["stopPrice"] as const) : []),
  "quantity"
]

const NUMBER_WANTED = "a number is wanted, such as 0.015."

/** What typing `texts` comes to. `last` is the market's price, where it is known. */
export const wantedOf = (
  order: OrderView,
  symbol: SymbolView | undefined,
  texts: Texts,
  last: string | null | undefined
): Wanted => {
  const fields = fieldsOf(order, symbol)
  const typo = fields.find((field) => Draft.read(texts[field]) === undefined)
  if (typo !== undefined) return { is: "wrong", why: `${Draft.NAMES[typo]}: ${NUMBER_WANTED}` }
  const changed = fields.filter((field) => !same(texts[field], order[field]))
  if (changed.length === 0) return { is: "same" }
  const quantity = Draft.read(texts.quantity) ?? Money.zero
  const isSmaller = Money.lessThan(quantity, Money.decimal(order.quantity))
  const isSizeOnly = changed.length === 1 && changed[0] === "quantity"
  const isLeft = Money.greaterThan(quantity, Money.decimal(order.executedQuantity))
  if (isSizeOnly && isSmaller && isLeft && symbol?.allows.amend !== false) {
    return { is: "smaller", quantity: Money.format(quantity) }
  }
  if (!isReplaceable(order, symbol)) return { is: "wrong", why: onlySmaller(order) }
  return another(order, symbol, texts, last)
}

const same = (typed: string, before: string | null | undefined): boolean => {
  const [a, b] = [Draft.read(typed), Draft.read(before ?? "")]
  return a !== undefined && b !== undefined && Money.equals(a, b)
}

const onlySmaller = ({ executedQuantity, list, quantity }: OrderView): string => {
  const why =
    list === undefined
      ? ""
      : " An order of a list can only be made smaller; to move it, cancel them and send them again."
  return `More than ${executedQuantity} and less than ${quantity} is wanted.${why}`
}

const another = (
  order: OrderView,
  symbol: SymbolView | undefined,
  texts: Texts,
  last: string | null | undefined
): Wanted => {
  const { icebergQuantity, side, timeInForce, trailingDelta, type } = order
  const draft: Draft.Draft = {
    side,
    type,
    ...texts,
    timeInForce: timeInForce ?? "GTC",
    ...(trailingDelta === undefined ? {} : { trailingDelta: String(trailingDelta) }),
    ...(icebergQuantity === undefined ? {} : { icebergQuantity })
  }
  const intent = Draft.intentOf(draft, order.symbol)
  if (intent === undefined || symbol === undefined) return { is: "wrong", why: `The new order: ${NUMBER_WANTED}` }
  const refused = Result.getFailure(validate(instrumentOf(symbol), intent, Money.parse(last ?? "")))
  if (refused._tag === "Some") return { is: "wrong", why: sentence(refused.value) }
  const texted = (value: Money.Decimal | undefined) => (value === undefined ? undefined : Money.format(value))
  const price = texted(Draft.decimalOf(draft, "price"))
  const stopPrice = texted(Draft.decimalOf(draft, "stopPrice"))
  return {
    is: "another",
    order: {
      symbol: order.symbol,
      side,
      type,
      quantity: Money.format(intent.quantity),
      ...(price === undefined ? {} : { price }),
      ...(stopPrice === undefined ? {} : { stopPrice }),
      ...(trailingDelta === undefined ? {} : { trailingDelta }),
      ...(icebergQuantity === undefined ? {} : { icebergQuantity }),
      ...(timeInForce === null || !Draft.hasTimeInForce(type) ? {} : { timeInForce })
    }
  }
}

export const symbolOf = (name: string): SymbolView | undefined =>
  Market.symbols.value.data?.find(({ symbol }) => symbol === name)

/** What is typed now comes to this. */
export const now = (order: OrderView, texts: Texts): Wanted =>
  wantedOf(order, symbolOf(order.symbol), texts, Market.priceOf(order.symbol).value?.price)

/** Sends it. A refusal is told; the feed tells the rest. */
export const send = async (order: OrderView): Promise<void> => {
  const typed = open.peek()
  if (typed?.orderId !== order.orderId) return
  const wanted = now(order, typed.texts)
  if (wanted.is === "wrong") return Notices.say("bad", "Not changed", wanted.why)
  close()
  if (wanted.is === "same") return
  const headers = { "idempotency-key": Orders.newKey() }
  const path = Orders.pathOf(order.orderId)
  const accountId = Accounts.current.peek()
  try {
    if (wanted.is === "smaller") return await Api.patch(path, { quantity: wanted.quantity }, headers)
    const { side: _, symbol: __, ...terms } = wanted.order
    const { orderId, status } = await Api.put<Orders.Accepted>(path, terms, headers)
    if (Accounts.current.peek() === accountId) Account.placed(Orders.pendingView(orderId, status, wanted.order))
  } catch (error) {
    Notices.failed("changed", error)
  }
}
