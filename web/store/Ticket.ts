// The order being written: its fields, what it would cost, and the verbs that fill it in and send it.
import { computed, effect, type Signal, signal } from "@preact/signals"
import * as Money from "../../src/domain/Money.ts"
import {
  icebergQuantityOf,
  type Intent,
  type OrderType,
  priceOf,
  quoteQuantityOf,
  type Side,
  stopPriceOf,
  type TimeInForce,
  timeInForceOf,
  trailingDeltaOf
} from "../../src/domain/Order.ts"
import type { LegInput } from "../../src/contract/OrderInputs.ts"
import * as Figure from "../ui/Figure.ts"
import * as Account from "./Account.ts"
import * as Accounts from "./Accounts.ts"
import * as Draft from "./Draft.ts"
import * as Market from "./Market.ts"
import * as Orders from "./Orders.ts"
import * as Plan from "./Plan.ts"
import * as Preview from "./Preview.ts"

export const side = signal<Side>("BUY")
export const type = signal<OrderType>("LIMIT")
/** What is written instead of a single order. */
export const plan = signal<Plan.Plan | undefined>(undefined)
export const timeInForce = signal<TimeInForce>("GTC")
/** What is typed, by field. */
export const texts: Readonly<Record<Draft.Field, Signal<string>>> = {
  quantity: signal(""),
  price: signal(""),
  stopPrice: signal(""),
  trailingDelta: signal(""),
  icebergQuantity: signal("")
}
const { price, quantity } = texts
/** Of a plan, beside the quantity and the entry's price. */
const planned: Readonly<Record<"takeProfit" | "stopLoss", Signal<string>>> = {
  takeProfit: signal(""),
  stopLoss: signal("")
}
export const planTexts: Readonly<Record<Plan.Field, Signal<string>>> = { quantity, price, ...planned }
/** A market order says what to spend or to receive, rather than how much to trade. */
export const byQuote = signal(false)

const draft = computed<Draft.Draft>(() => ({
  side: side.value,
  type: type.value,
  quantity: quantity.value,
  price: price.value,
  timeInForce: timeInForce.value,
  stopPrice: texts.stopPrice.value,
  // What does not show is not meant.
  trailingDelta: shows("trailingDelta") ? texts.trailingDelta.value : "",
  icebergQuantity: shows("icebergQuantity") ? texts.icebergQuantity.value : "",
  byQuote: byQuote.value
}))

/** Types that the symbol takes. */
export const types = computed<ReadonlyArray<OrderType>>(() => Market.instrument.value?.allows.orderTypes ?? [])

/** Whether the ticket shows a field: the type has it, and the symbol allows it. */
export const shows = (field: Draft.Field): boolean => {
  const allows = Market.instrument.value?.allows
  if (field === "trailingDelta" && allows?.trailingStop === false) return false
  if (field === "icebergQuantity" && (allows?.iceberg === false || timeInForce.value !== "GTC")) return false
  return Draft.has(type.value, field)
}

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

/** The orders of the plan, where one is written. */
export const plannedOrders = computed(() => {
  const instrument = Market.instrument.value
  const chosen = plan.value
  if (instrument === undefined || chosen === undefined) return undefined
  const written = Object.fromEntries(Object.entries(planTexts).map(([field, text]) => [field, text.value]))
  const drawn = { plan: chosen, side: side.value, texts: written as Record<Plan.Field, string> }
  return Plan.planned(drawn, instrument, around.value)
})

/** What can be spent on this side, and its asset. */
export const free = computed(() => {
  const instrument = Market.instrument.value
  return side.value === "BUY"
    ? { amount: around.value.freeQuote, asset: instrument?.quoteAsset ?? "" }
    : { amount: around.value.freeBase, asset: instrument?.baseAsset ?? "" }
})

const wordOf = (way: Side, inside: unknown): string => {
  const word = way === "BUY" ? "Buy" : "Sell"
  return inside === undefined ? word : word.toLowerCase()
}

/** The verb with everything it will do: `Buy 0.05 BTC · PAPER`. */
export const verb = computed(() => {
  const instrument = Market.instrument.value
  const word = { EXIT: "Exit: ", BRACKET: "Bracket: ", ONE: "" }[plan.value ?? "ONE"] + wordOf(side.value, plan.value)
  const amount = Draft.read(quantity.value)
  const isQuote = type.value === "MARKET" && byQuote.value
  const unit = isQuote ? ` ${instrument?.quoteAsset ?? ""} of` : ""
  const what = amount === undefined || !Money.isPositive(amount) ? "" : ` ${Money.format(amount)}${unit}`
  const where = Market.badge.value?.environment.toUpperCase()
  return `${word}${what} ${instrument?.baseAsset ?? ""}${where === undefined ? "" : ` · ${where}`}`
})

export const choose = (next: Side): void => {
  side.value = next
  Orders.refusal.value = undefined
}

export const chooseType = (next: OrderType): void => {
  plan.value = undefined
  type.value = next
  Orders.refusal.value = undefined
}

/** Orders that belong together, instead of one. */
export const choosePlan = (next: Plan.Plan): void => {
  plan.value = next
  type.value = "LIMIT"
  Orders.refusal.value = undefined
}

/** A price picked from the book or the chart: exact, on the tick, so it is meant as the price that is being written, or as a limit. */
export const pickPrice = (text: string): void => {
  if (type.peek() === "STOP_LOSS" || type.peek() === "TAKE_PROFIT") {
    texts.stopPrice.value = text
    return
  }
  if (type.peek() === "MARKET") type.value = "LIMIT"
  price.value = text
}

export const pickShare = (percent: 25 | 50 | 75 | 100): void => {
  const instrument = Market.instrument.peek()
  const text = instrument && Preview.share(percent, draft.peek(), instrument, around.peek())
  if (text !== undefined) quantity.value = text
}

/** Moves what a plan's field says by whole ticks or steps. */
export const nudgePlan = (field: Plan.Field, steps: number): void => {
  const instrument = Market.instrument.peek()
  if (instrument !== undefined)
    moved(planTexts[field], field === "quantity" ? instrument.stepSize : instrument.tickSize, steps)
}

const moved = (text: Signal<string>, step: string, steps: number): void => {
  const now = Draft.read(text.peek() === "" ? "0" : text.peek())
  if (now === undefined) return
  const next = Money.add(now, Money.multiply(Money.decimal(step), Money.decimal(String(steps))))
  if (!Money.isNegative(next)) text.value = Money.format(next)
}

/** Moves a price by whole ticks, a quantity by whole steps and a trail by basis points, never below zero. */
export const nudge = (field: Draft.Field, steps: number): void => {
  const instrument = Market.instrument.peek()
  if (instrument === undefined) return
  const isPrice = field === "price" || field === "stopPrice"
  moved(texts[field], field === "trailingDelta" ? "1" : isPrice ? instrument.tickSize : instrument.stepSize, steps)
}

/** Why it cannot be sent whatever it says. */
export const blocked = computed(() =>
  type.value === "MARKET" && Market.stale.value !== undefined
    ? `${Market.stale.value} A market order would be refused until it is heard again.`
    : undefined
)

/** `shown` is the account that the ticket names: an order goes there or nowhere. */
export const submit = (shown: string | undefined): void => {
  if (plan.peek() !== undefined) return submitPlan(shown)
  const ready = preview.peek()?.intent
  if (shown !== Accounts.current.peek() || blocked.peek() !== undefined) return
  if (ready === undefined || Orders.intent.peek() !== undefined) return
  void Orders.place(bodyOf(ready))
}

const submitPlan = (shown: string | undefined): void => {
  const legs = plannedOrders.peek()?.legs
  if (legs === undefined || shown !== Accounts.current.peek() || Orders.intent.peek() !== undefined) return
  void Orders.place(listBodyOf(legs))
}

/** The orders of a plan as they are sent. */
const listBodyOf = (legs: ReadonlyArray<Plan.Leg>): Orders.ListBody => {
  const bodies = new Map(legs.map(({ intent, role }) => [role, bodyOf(intent)]))
  const [working, above, below] = (["working", "above", "below"] as const).map((role) => bodies.get(role))
  if (above === undefined || below === undefined) throw new Error("a plan has two orders that end each other")
  const { quantity = "", side: exit, symbol } = above
  const pair = { side: exit, quantity, above: termsOf(above), below: termsOf(below) }
  if (working === undefined) return { type: "OCO", symbol, ...pair }
  const entry = { side: working.side, quantity: working.quantity ?? "", ...termsOf(working) }
  return { type: "OTOCO", symbol, working: entry, pending: pair }
}

/** What of a plan's order its list does not say for it. */
const termsOf = ({ price: limit, stopPrice, timeInForce: timing, type: kind }: Orders.OrderBody): LegInput => ({
  type: kind,
  ...(limit === undefined ? {} : { price: limit }),
  ...(stopPrice === undefined ? {} : { stopPrice }),
  ...(timing === undefined ? {} : { timeInForce: timing })
})

/** As it is sent: decimals are strings. */
const bodyOf = (intent: Intent): Orders.OrderBody => {
  const quote = quoteQuantityOf(intent)
  const timing = timeInForceOf(intent)
  const trail = trailingDeltaOf(intent)
  const decimals = {
    quantity: quote === undefined ? intent.quantity : undefined,
    quoteQuantity: quote,
    price: priceOf(intent),
    stopPrice: stopPriceOf(intent),
    icebergQuantity: icebergQuantityOf(intent)
  }
  const written = Object.entries(decimals).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Money.format(value)] as const]
  )
  return {
    symbol: intent.symbol,
    side: intent.side,
    type: intent.type,
    ...Object.fromEntries(written),
    ...(timing === undefined ? {} : { timeInForce: timing }),
    ...(trail === undefined ? {} : { trailingDelta: trail })
  }
}

/** What the ticket says an intent was, when it has to be named. */
export const describe = (body: Orders.Body): string => {
  if (Orders.isList(body)) {
    const { quantity, side: way } = body.type === "OCO" ? body : body.working
    return `${way === "BUY" ? "Buy" : "Sell"} ${Figure.grouped(String(quantity))} ${body.symbol}, ${body.type === "OCO" ? "as an exit" : "with its exit"}`
  }
  const verb = body.side === "BUY" ? "Buy" : "Sell"
  const what =
    body.quantity === undefined
      ? `${body.symbol} for ${Figure.grouped(body.quoteQuantity ?? "")}`
      : `${Figure.grouped(body.quantity)} ${body.symbol}`
  const price = body.price === undefined ? "at market" : `at ${Figure.grouped(body.price)}`
  const trigger = body.stopPrice === undefined ? "" : ` once ${Figure.grouped(body.stopPrice)} is reached`
  return `${verb} ${what} ${price}${trigger}`
}

/** A new symbol has its own prices and sizes: the fields start empty, the price at the market once it is known. */
export const watch = (): (() => void) => {
  let last: string | undefined
  let priced: string | undefined
  const stops = [
    effect(() => {
      const now = Market.symbol.value
      if (now === last) return
      last = now
      for (const text of [...Object.values(texts), ...Object.values(planned)]) text.value = ""
      plan.value = undefined
      if (!types.value.includes(type.peek())) type.value = "LIMIT"
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
