// The fields of the ticket as typed, which of them each type of order has, and the order that they make.
import * as Money from "../../src/domain/Money.ts"
import type { Intent, OrderType, Side, TimeInForce } from "../../src/domain/Order.ts"

/** Fields that are typed. */
export type Field = "quantity" | "price" | "stopPrice" | "trailingDelta" | "icebergQuantity"

export interface Draft {
  readonly side: Side
  readonly type: OrderType
  readonly quantity: string
  readonly price: string
  readonly timeInForce: TimeInForce
  readonly stopPrice?: string
  readonly trailingDelta?: string
  readonly icebergQuantity?: string
  /** The quantity of a market order is an amount of the quote asset. */
  readonly byQuote?: boolean
}

export const NAMES: Readonly<Record<Field, string>> = {
  quantity: "Quantity",
  price: "Price",
  stopPrice: "Trigger",
  trailingDelta: "Trail",
  icebergQuantity: "Show"
}

export const TYPES: Readonly<Record<OrderType, string>> = {
  LIMIT: "Limit",
  MARKET: "Market",
  LIMIT_MAKER: "Limit, maker only",
  STOP_LOSS: "Stop loss",
  STOP_LOSS_LIMIT: "Stop loss, limit",
  TAKE_PROFIT: "Take profit",
  TAKE_PROFIT_LIMIT: "Take profit, limit"
}

const FIELDS: Readonly<Record<OrderType, ReadonlyArray<Field>>> = {
  LIMIT: ["price", "icebergQuantity"],
  MARKET: [],
  LIMIT_MAKER: ["price", "icebergQuantity"],
  STOP_LOSS: ["stopPrice", "trailingDelta"],
  STOP_LOSS_LIMIT: ["stopPrice", "trailingDelta", "price", "icebergQuantity"],
  TAKE_PROFIT: ["stopPrice", "trailingDelta"],
  TAKE_PROFIT_LIMIT: ["stopPrice", "trailingDelta", "price", "icebergQuantity"]
}

export const has = (type: OrderType, field: Field): boolean => field === "quantity" || FIELDS[type].includes(field)

export const hasTimeInForce = (type: OrderType): boolean => has(type, "price") && type !== "LIMIT_MAKER"

/** Reads a typed number. A comma is refused, not guessed at: it means thousands to one reader and decimals to another. */
export const read = (text: string): Money.Decimal | undefined => Money.parse(text.trim().replace(/^\./, "0."))

/** What was typed in a field that the type has; blank is nothing. */
const typed = (draft: Draft, field: Field): string => (has(draft.type, field) ? (draft[field] ?? "").trim() : "")

export const decimalOf = (draft: Draft, field: Field): Money.Decimal | undefined => read(typed(draft, field))

const WHOLE = /^\d{1,6}$/

/** The first field with something in it that cannot be read. */
export const typoOf = (draft: Draft): { readonly field: Field; readonly message: string } | undefined => {
  for (const field of ["price", "stopPrice", "quantity", "icebergQuantity"] as const) {
    const text = typed(draft, field)
    if (text !== "" && read(text) === undefined) return { field, message: wrong(NAMES[field], text) }
  }
  const trail = typed(draft, "trailingDelta")
  return trail === "" || WHOLE.test(trail)
    ? undefined
    : {
        field: "trailingDelta",
        message: `${NAMES.trailingDelta}: whole basis points are wanted; 100 are one per cent.`
      }
}

const wrong = (name: string, text: string) =>
  text.includes(",")
    ? `${name}: write decimals with a point and thousands without a comma.`
    : `${name}: that is not a number.`

/** `undefined` while something that the type needs is missing or cannot be read. */
export const intentOf = (draft: Draft, symbol: string): Intent | undefined => {
  const quantity = decimalOf(draft, "quantity")
  if (quantity === undefined || typoOf(draft) !== undefined) return undefined
  const { side, timeInForce, type } = draft
  if (type === "MARKET") {
    return draft.byQuote === true
      ? { type, symbol, side, quantity: Money.zero, quoteQuantity: quantity }
      : { type, symbol, side, quantity }
  }
  const terms = { symbol, side, quantity }
  const shown = decimalOf(draft, "icebergQuantity")
  const iceberg = shown === undefined ? {} : { icebergQuantity: shown }
  const stopPrice = decimalOf(draft, "stopPrice")
  const trail = typed(draft, "trailingDelta")
  const trigger = {
    ...(stopPrice === undefined ? {} : { stopPrice }),
    ...(trail === "" ? {} : { trailingDelta: Number(trail) })
  }
  const price = decimalOf(draft, "price")
  switch (type) {
    case "LIMIT":
      return price && { type, ...terms, price, timeInForce, ...iceberg }
    case "LIMIT_MAKER":
      return price && { type, ...terms, price, ...iceberg }
    case "STOP_LOSS":
    case "TAKE_PROFIT":
      return stopPrice === undefined && trail === "" ? undefined : { type, ...terms, ...trigger }
    case "STOP_LOSS_LIMIT":
    case "TAKE_PROFIT_LIMIT":
      if (stopPrice === undefined && trail === "") return undefined
      return price && { type, ...terms, price, timeInForce, ...trigger, ...iceberg }
  }
}
