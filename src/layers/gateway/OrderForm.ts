// From what a caller sent to an intent the domain can judge: decimals exactly as written, or a sentence about what is wrong.
import { Effect } from "effect"
import type { OrderInput } from "../../contract/OrderInputs.ts"
import type { DenialReason } from "../../domain/Denial.ts"
import * as Instrument from "../../domain/Instrument.ts"
import type { Decimal } from "../../domain/Money.ts"
import * as Money from "../../domain/Money.ts"
import type { Intent } from "../../domain/Order.ts"
import type { Quote } from "../../domain/Market.ts"
import * as Result from "effect/Result"
import { type Refusal, refuse } from "./Refusal.ts"

/** `1e-7`, as JavaScript and others write small and large numbers. */
const EXPONENT = /^(-?)(\d{1,20})(?:\.(\d{1,20}))?[eE]([+-]?\d{1,3})$/

/**
 * A decimal from a string, or from a JSON number by its shortest decimal text. Exponents are written out digit by digit, so nothing is
 * rounded. `undefined` for what is no finite decimal, or needs more than 20 digits on a side.
 */
export const decimalOf = (input: string | number): Decimal | undefined => {
  const text = typeof input === "string" ? input.trim() : String(input)
  const plain = Money.parse(text)
  if (plain !== undefined) return plain
  const found = EXPONENT.exec(text)
  if (found === null) return undefined
  const [, sign = "", whole = "", fraction = "", power = "0"] = found
  const digits = whole + fraction
  const point = whole.length + Number(power)
  const shifted =
    point <= 0
      ? `0.${"0".repeat(-point)}${digits}`
      : point >= digits.length
        ? digits + "0".repeat(point - digits.length)
        : `${digits.slice(0, point)}.${digits.slice(point)}`
  const [front = "", back = ""] = shifted.split(".")
  const tidy = `${front.replace(/^0+(?=\d)/, "")}${back.replace(/0+$/, "") === "" ? "" : `.${back.replace(/0+$/, "")}`}`
  return Money.parse(sign + tidy)
}

const NUMBER_WANTED = "A decimal number is wanted, such as 0.015, with at most 20 digits before and after the point."

type Type = OrderInput["type"]
type Field = "quantity" | "quoteQuantity" | "price" | "timeInForce" | "stopPrice" | "trailingDelta" | "icebergQuantity"

const STOPS: ReadonlyArray<Field> = ["stopPrice", "trailingDelta"]
/** What each type takes beside what it must have. */
const TAKES: { readonly [T in Type]: { readonly must: ReadonlyArray<Field>; readonly may: ReadonlyArray<Field> } } = {
  MARKET: { must: [], may: ["quantity", "quoteQuantity"] },
  LIMIT: { must: ["quantity", "price"], may: ["timeInForce", "icebergQuantity"] },
  LIMIT_MAKER: { must: ["quantity", "price"], may: ["icebergQuantity"] },
  STOP_LOSS: { must: ["quantity"], may: STOPS },
  TAKE_PROFIT: { must: ["quantity"], may: STOPS },
  STOP_LOSS_LIMIT: { must: ["quantity", "price"], may: ["timeInForce", "icebergQuantity", ...STOPS] },
  TAKE_PROFIT_LIMIT: { must: ["quantity", "price"], may: ["timeInForce", "icebergQuantity", ...STOPS] }
}
const FIELDS: ReadonlyArray<Field> = [
  "quantity",
  "quoteQuantity",
  "price",
  "timeInForce",
  "stopPrice",
  "trailingDelta",
  "icebergQuantity"
]
const DECIMALS = ["quantity", "quoteQuantity", "price", "stopPrice", "icebergQuantity"] as const

/** By field, what is missing and what the type does not take. */
const misfits = (input: OrderInput): Record<string, string> => {
  const { type } = input
  const { may, must } = TAKES[type]
  const wrong: Record<string, string> = {}
  for (const field of FIELDS) {
    const isGiven = input[field] !== undefined
    if (must.includes(field) && !isGiven) wrong[field] = `A ${type} order needs a ${field}.`
    if (isGiven && !must.includes(field) && !may.includes(field)) {
      wrong[field] = `A ${type} order takes no ${field}: leave it out, or send another type.`
    }
  }
  const isStop = may.includes("stopPrice")
  if (isStop && input.stopPrice === undefined && input.trailingDelta === undefined) {
    wrong["stopPrice"] = `A ${type} order needs a stopPrice, a trailingDelta, or both.`
  }
  const amounts = [input.quantity, input.quoteQuantity].filter((amount) => amount !== undefined).length
  if (type === "MARKET" && amounts !== 1)
    wrong["quantity"] = "A MARKET order needs a quantity or a quoteQuantity, one of the two."
  return wrong
}

/** Everything that is wrong is told at once, by field. */
export const intentOf = (input: OrderInput): Effect.Effect<Intent, Refusal<"BAD_REQUEST">> => {
  const wrong = misfits(input)
  const given: { [F in (typeof DECIMALS)[number]]?: Decimal } = {}
  for (const field of DECIMALS) {
    const text = input[field]
    const value = text === undefined ? undefined : decimalOf(text)
    if (value !== undefined) given[field] = value
    else if (text !== undefined) wrong[field] = NUMBER_WANTED
  }
  const [first] = Object.values(wrong)
  if (first !== undefined) return refuse("BAD_REQUEST", first, wrong)
  const { icebergQuantity, price = Money.zero, quantity = Money.zero, quoteQuantity, stopPrice } = given
  const { side, symbol, timeInForce = "GTC", trailingDelta, type } = input
  const terms = { symbol, side, quantity }
  const iceberg = icebergQuantity === undefined ? {} : { icebergQuantity }
  const trigger = {
    ...(stopPrice === undefined ? {} : { stopPrice }),
    ...(trailingDelta === undefined ? {} : { trailingDelta })
  }
  switch (type) {
    case "MARKET":
      return Effect.succeed({ type, ...terms, ...(quoteQuantity === undefined ? {} : { quoteQuantity }) })
    case "LIMIT":
      return Effect.succeed({ type, ...terms, price, timeInForce, ...iceberg })
    case "LIMIT_MAKER":
      return Effect.succeed({ type, ...terms, price, ...iceberg })
    case "STOP_LOSS":
    case "TAKE_PROFIT":
      return Effect.succeed({ type, ...terms, ...trigger })
    case "STOP_LOSS_LIMIT":
    case "TAKE_PROFIT_LIMIT":
      return Effect.succeed({ type, ...terms, price, timeInForce, ...trigger, ...iceberg })
  }
}

/** The wanted quantity of an amend. */
export const quantityOf = (input: string | number): Effect.Effect<Decimal, Refusal<"BAD_REQUEST">> => {
  const quantity = decimalOf(input)
  if (quantity !== undefined && Money.greaterThan(quantity, Money.zero)) return Effect.succeed(quantity)
  const wanted = quantity === undefined ? NUMBER_WANTED : "More than zero is wanted; to end the order, cancel it."
  return refuse("BAD_REQUEST", wanted, { quantity: wanted })
}

/** How much of an order had traded, as whoever replaces it knew. */
export const executedOf = (
  input: string | number | undefined
): Effect.Effect<{ readonly executedQuantity?: Decimal }, Refusal<"BAD_REQUEST">> => {
  if (input === undefined) return Effect.succeed({})
  const executedQuantity = decimalOf(input)
  return executedQuantity === undefined || Money.isNegative(executedQuantity)
    ? refuse("BAD_REQUEST", NUMBER_WANTED, { executedQuantity: NUMBER_WANTED })
    : Effect.succeed({ executedQuantity })
}

/** What the exchange's own filters say, before anything is stored. The notional of an order without a limit price is judged by the last price. */
export const denialOf = (
  intent: Intent,
  instrument: Instrument.Instrument | undefined,
  quote: Quote | undefined
): DenialReason | undefined => {
  if (instrument === undefined) return { _tag: "UnknownSymbol", symbol: intent.symbol }
  const last = quote?.last === undefined ? undefined : Money.fromUnits(BigInt(quote.last), instrument.tickSize)
  const valid = Instrument.validate(instrument, intent, last)
  return Result.isFailure(valid) ? valid.failure : undefined
}
