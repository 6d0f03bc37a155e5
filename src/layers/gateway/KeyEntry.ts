// Exchange keys as they come in: both halves, asked about at the exchange, and only then worth storing.
import { Effect, Option, Redacted } from "effect"
import { KeyCheck } from "../../ports/KeyCheck.ts"
import type { ExchangeKeys } from "../../ports/Vault.ts"
import { type Refusal, refusal, refuse } from "./Refusal.ts"

export interface GivenKeys {
  readonly binanceApiKey?: string
  readonly binanceSecretKey?: string
  readonly acceptWithdrawals?: boolean
}

/** Either both halves or none; without the blanks that copying adds. */
export const keysOf = (given: GivenKeys): Effect.Effect<ExchangeKeys | undefined, Refusal<"BAD_REQUEST">> => {
  const [apiKey, secretKey] = [given.binanceApiKey?.trim(), given.binanceSecretKey?.trim()]
  if (apiKey === undefined && secretKey === undefined) return Effect.succeed(undefined)
  if (apiKey !== undefined && apiKey !== "" && secretKey !== undefined && secretKey !== "") {
    return Effect.succeed({ apiKey: Redacted.make(apiKey), secretKey: Redacted.make(secretKey) })
  }
  const missing = apiKey === undefined || apiKey === "" ? "binanceApiKey" : "binanceSecretKey"
  const message = "An exchange key has two halves: send both, or neither."
  return refuse("BAD_REQUEST", message, { [missing]: message })
}

/** What a desk at Binance says to whoever brings none. */
export const keysWanted = refuse(
  "BAD_REQUEST",
  "This desk trades at Binance: it wants binanceApiKey and binanceSecretKey. They are stored sealed.",
  { binanceApiKey: "wanted", binanceSecretKey: "wanted" }
)

const FIELDS = { apiKey: "binanceApiKey", secretKey: "binanceSecretKey" } as const

/** What the exchange says of the keys; `undefined` where none is asked. Nothing has been stored when it fails. */
export const checked = Effect.fnUntraced(function* (keys: ExchangeKeys, given: GivenKeys) {
  const { check } = yield* KeyCheck
  const found = yield* Effect.mapError(check(keys, given.acceptWithdrawals === true), (error) =>
    error._tag === "KeyRefused"
      ? refusal(error.onlyWithdraws ? "KEY_WITHDRAWS" : "KEY_REFUSED", error.message, {
          [FIELDS[error.half]]: error.message,
          ...(error.onlyWithdraws ? { acceptWithdrawals: "true takes the key all the same" } : {})
        })
      : refusal("EXCHANGE_UNAVAILABLE", `${error.message} Nothing was stored.`)
  )
  return Option.getOrUndefined(found)
})
