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

const fieldOf = ({ _tag }: DenialReason): string | undefined =>
  _tag.startsWith("Quantity") || _tag.startsWith("Notional")
    ? "quantity"
    : _tag.startsWith("Price")
      ? "price"
      : _tag === "UnknownSymbol" || _tag === "NotTrading"
        ? "symbol"
        : undefined

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
