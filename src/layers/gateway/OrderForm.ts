// From what a caller sent to an intent the domain can judge: decimals exactly as written, or a sentence about what is wrong.
import { Effect } from "effect"
import type { OrderInput } from "../../contract/Http.ts"
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

/** Everything that is wrong is told at once, by field. */
export const intentOf = (input: OrderInput): Effect.Effect<Intent, Refusal<"BAD_REQUEST">> => {
  const wrong: Record<string, string> = {}
  const quantity = decimalOf(input.quantity)
  if (quantity === undefined) wrong["quantity"] = NUMBER_WANTED
  const price = input.price === undefined ? undefined : decimalOf(input.price)
  if (input.price !== undefined && price === undefined) wrong["price"] = NUMBER_WANTED
  if (input.type === "LIMIT" && input.price === undefined) wrong["price"] = "A LIMIT order needs a price."
  if (input.type === "MARKET" && input.price !== undefined) {
    wrong["price"] = "A MARKET order takes no price: leave it out, or send a LIMIT order."
  }
  if (input.type === "MARKET" && input.timeInForce !== undefined) {
    wrong["timeInForce"] = "A MARKET order takes no timeInForce: leave it out, or send a LIMIT order."
  }
  const [first] = Object.values(wrong)
  if (first !== undefined || quantity === undefined) return refuse("BAD_REQUEST", first ?? NUMBER_WANTED, wrong)
  const { side, symbol, timeInForce } = input
  return Effect.succeed(
    input.type === "MARKET" || price === undefined
      ? { type: "MARKET", symbol, side, quantity }
      : { type: "LIMIT", symbol, side, quantity, price, timeInForce: timeInForce ?? "GTC" }
  )
}

/** The wanted quantity of an amend. */
export const quantityOf = (input: string | number): Effect.Effect<Decimal, Refusal<"BAD_REQUEST">> => {
  const quantity = decimalOf(input)
  if (quantity !== undefined && Money.greaterThan(quantity, Money.zero)) return Effect.succeed(quantity)
  const wanted = quantity === undefined ? NUMBER_WANTED : "More than zero is wanted; to end the order, cancel it."
  return refuse("BAD_REQUEST", wanted, { quantity: wanted })
}

/** What the exchange's own filters say, before anything is stored. A market order's notional is judged by the last price. */
export const denialOf = (
  intent: Intent,
  instrument: Instrument.Instrument | undefined,
  quote: Quote | undefined
): DenialReason | undefined => {
  if (instrument === undefined) return { _tag: "UnknownSymbol", symbol: intent.symbol }
  const last = quote?.last === undefined ? undefined : Money.fromUnits(BigInt(quote.last), instrument.tickSize)
  const valid = Instrument.validate(instrument, intent, intent.type === "MARKET" ? last : undefined)
  return Result.isFailure(valid) ? valid.failure : undefined
}
