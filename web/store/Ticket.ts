// The order being written: its fields, what it would cost, and the verbs that fill it in and send it.
import { computed, effect, signal } from "@preact/signals"
import * as Money from "../../src/domain/Money.ts"
import * as Figure from "../ui/Figure.ts"
import * as Account from "./Account.ts"
import * as Market from "./Market.ts"
import * as Orders from "./Orders.ts"
import * as Preview from "./Preview.ts"

export const side = signal<Preview.Side>("BUY")
export const type = signal<"MARKET" | "LIMIT">("LIMIT")
export const quantity = signal("")
export const price = signal("")
export const timeInForce = signal<Preview.TimeInForce>("GTC")

const draft = computed<Preview.Draft>(() => ({
  side: side.value,
  type: type.value,
  quantity: quantity.value,
  price: price.value,
  timeInForce: timeInForce.value
}))

const around = computed<Preview.Surroundings>(() => {
  const instrument = Market.instrument.value
  const { balances } = Account.ledger.value
  // An account that was never used has no balances at all yet: that is no reason to say no.
  const known = Account.status.value !== "loading" && balances.size > 0
  const free = (asset: string | undefined) =>
    known && asset !== undefined ? (balances.get(asset)?.free ?? "0") : undefined
  return {
    last: Market.price.value?.price,
    levels: (side.value === "BUY" ? Market.book.value?.asks : Market.book.value?.bids) ?? [],
    freeBase: free(instrument?.baseAsset),
    freeQuote: free(instrument?.quoteAsset)
  }
})

export const preview = computed(() =>
  Market.instrument.value === undefined
    ? undefined
    : Preview.preview(draft.value, Market.instrument.value, around.value)
)

/** What can be spent on this side, and its asset. */
export const free = computed(() => {
  const instrument = Market.instrument.value
  return side.value === "BUY"
    ? { amount: around.value.freeQuote, asset: instrument?.quoteAsset ?? "" }
    : { amount: around.value.freeBase, asset: instrument?.baseAsset ?? "" }
})

/** The verb with everything it will do: `Buy 0.05 BTC · PAPER`. */
export const verb = computed(() => {
  const instrument = Market.instrument.value
  const word = side.value === "BUY" ? "Buy" : "Sell"
  const amount = Preview.read(quantity.value)
  const what = amount === undefined || !Money.isPositive(amount) ? "" : ` ${Money.format(amount)}`
  const where = Market.badge.value?.environment.toUpperCase()
  return `${word}${what} ${instrument?.baseAsset ?? ""}${where === undefined ? "" : ` · ${where}`}`
})

export const choose = (next: Preview.Side): void => {
  side.value = next
  Orders.refusal.value = undefined
}

export const chooseType = (next: "MARKET" | "LIMIT"): void => {
  type.value = next
  Orders.refusal.value = undefined
}

/** A price picked from the book or the chart: exact, on the tick, so it is meant as a limit. */
export const pickPrice = (text: string): void => {
  type.value = "LIMIT"
  price.value = text
}

export const pickShare = (percent: 25 | 50 | 75 | 100): void => {
  const instrument = Market.instrument.peek()
  const text = instrument && Preview.share(percent, draft.peek(), instrument, around.peek())
  if (text !== undefined) quantity.value = text
}

/** Moves a price by whole ticks or a quantity by whole steps, never below zero. */
export const nudge = (field: "price" | "quantity", steps: number): void => {
  const instrument = Market.instrument.peek()
  const text = field === "price" ? price : quantity
  const now = Preview.read(text.peek() === "" ? "0" : text.peek())
  if (instrument === undefined || now === undefined) return
  const step = Money.decimal(field === "price" ? instrument.tickSize : instrument.stepSize)
  const next = Money.add(now, Money.multiply(step, Money.decimal(String(steps))))
  if (!Money.isNegative(next)) text.value = Money.format(next)
}

export const submit = (): void => {
  const ready = preview.peek()?.intent
  if (ready === undefined || Orders.intent.peek() !== undefined) return
  void Orders.place({
    symbol: ready.symbol,
    side: ready.side,
    type: ready.type,
    quantity: Money.format(ready.quantity),
    ...(ready.type === "LIMIT" ? { price: Money.format(ready.price), timeInForce: ready.timeInForce } : {})
  })
}

/** What the ticket says an intent was, when it has to be named. */
export const describe = (body: Orders.OrderBody): string =>
  `${body.side === "BUY" ? "Buy" : "Sell"} ${Figure.grouped(body.quantity)} ${body.symbol} ${
    body.price === undefined ? "at market" : `at ${Figure.grouped(body.price)}`
  }`

/** A new symbol has its own prices and sizes: the fields start empty, the price at the market once it is known. */
export const watch = (): (() => void) => {
  let last: string | undefined
  let priced: string | undefined
  const stops = [
    effect(() => {
      const now = Market.symbol.value
      if (now === last) return
      last = now
      quantity.value = ""
      price.value = ""
    }),
    effect(() => {
      const now = Market.price.value
      // Once a symbol: a field that was emptied by hand stays empty.
      if (now === undefined || now.price === null || now.symbol === priced) return
      priced = now.symbol
      if (price.peek() === "") price.value = now.price
    })
  ]
  return () => stops.forEach((stop) => stop())
}
