// How a handler says no: a code of the contract, a sentence, and the fields it is about.
import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import type { DenialReason } from "../../domain/Denial.ts"
import { sentence } from "../../domain/Denial.ts"
import { denialCode, type DenialCode } from "../../contract/Http.ts"

export interface Refusal<Code extends string> {
  readonly error: {
    readonly code: Code
    readonly message: string
    readonly fields?: Readonly<Record<string, string>>
  }
}

/** The status follows from the code: each code belongs to one in the contract. */
export const refusal = <const Code extends string>(
  code: Code,
  message: string,
  fields?: Readonly<Record<string, string>>
): Refusal<Code> => ({ error: { code, message, ...(fields === undefined ? {} : { fields }) } })

export const refuse = <const Code extends string>(
  code: Code,
  message: string,
  fields?: Readonly<Record<string, string>>
): Effect.Effect<never, Refusal<Code>> => Effect.fail(refusal(code, message, fields))

/** For a store that failed while it was only being read. */
export const storeAway = (): Effect.Effect<never, Refusal<"JOURNAL_UNAVAILABLE">> =>
  refuse("JOURNAL_UNAVAILABLE", "The desk cannot reach its store right now. Try again shortly.")

/** A no of our own rules, before the account was asked. */
export const refusalOf = (
  reason: DenialReason
): Refusal<Exclude<DenialCode, "MARKET_UNAVAILABLE">> | Refusal<"MARKET_UNAVAILABLE"> => {
  const message = sentence(reason)
  const code = denialCode(reason._tag)
  if (code === "MARKET_UNAVAILABLE") return refusal(code, message)
  const field = fieldOf(reason)
  return refusal(code, message, field === undefined ? undefined : { [field]: message })
}

/** By how the name of the reason begins; the first that fits. */
const FIELDS: ReadonlyArray<readonly [string, string]> = [
  ["Quantity", "quantity"],
  ["Notional", "quantity"],
  ["QuoteQuantity", "quoteQuantity"],
  ["Price", "price"],
  ["StopPrice", "stopPrice"],
  ["Trailing", "trailingDelta"],
  ["Iceberg", "icebergQuantity"],
  ["OrderType", "type"],
  ["UnknownSymbol", "symbol"],
  ["NotTrading", "symbol"]
]

const fieldOf = ({ _tag }: DenialReason): string | undefined => FIELDS.find(([start]) => _tag.startsWith(start))?.[1]

/** A refusal with `Retry-After`: whole seconds, at least one. */
export const refuseForNow = <const Code extends string>(
  code: Code,
  message: string,
  retryAfterMillis: number
): Effect.Effect<never, Refusal<Code>> =>
  Effect.withFiber((fiber) => {
    const seconds = String(Math.max(1, Math.ceil(retryAfterMillis / 1000)))
    HttpEffect.appendPreResponseHandlerUnsafe(fiber.context as never, (_, response) =>
      Effect.succeed(HttpServerResponse.setHeader(response, "retry-after", seconds))
    )
    return refuse(code, message)
  })
