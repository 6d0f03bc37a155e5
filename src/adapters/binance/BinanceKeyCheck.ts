// What Binance says of keys before they are stored: known there, able to sign, whose they are, and what they may do.
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { Config } from "../../Config.ts"
import type { ExchangeError } from "../../ports/Exchange.ts"
import { type CheckedKeys, KeyCheck, KeyNotChecked, KeyRefused } from "../../ports/KeyCheck.ts"
import * as SignedRest from "./SignedRest.ts"
import { type Signer, signerOf } from "./Signing.ts"
import * as Wire from "./TradingWire.ts"
import { isNothingThere, OUTSIDE_WINDOW, refusalCode } from "./Verdict.ts"

/** Whoever waits for the answer looks at a form. */
const PATIENCE = "20 seconds"
/** In a header nothing else can stand. */
const KEY_TEXT = /^[\x21-\x7e]{1,256}$/

const decodeAccount = Schema.decodeUnknownOption(Wire.KeyAccount)
const decodeRights = Schema.decodeUnknownOption(Wire.KeyRights)

const make = Effect.gen(function* () {
  const { environment } = yield* Config
  const rest = yield* SignedRest.Shared
  const name = `Binance ${environment}`

  const ask = (signer: Signer, path: string) =>
    Effect.mapError(
      rest.question(signer, path, path.startsWith("/api") ? { omitZeroBalances: "true" } : {}, "read"),
      (error) => (isNothingThere(error) ? error : refusedBy(name, error))
    )
  const absent = (error: ExchangeError | KeyRefused | KeyNotChecked) =>
    error._tag === "ExchangeError" ? notChecked(error.reason._tag === "Refused" ? error.reason.message : name) : error

  /** Testnet and demo do not tell the rights of a key, only those of its account. */
  const rightsOf = (signer: Signer) =>
    ask(signer, "/sapi/v1/account/apiRestrictions").pipe(
      Effect.map(Option.some),
      Effect.catchIf(
        (error) => error._tag === "ExchangeError",
        () => Effect.succeedNone
      ),
      Effect.mapError(absent)
    )

  const checked = Effect.fnUntraced(function* (signer: Signer, acceptWithdrawals: boolean) {
    yield* Effect.mapError(rest.prepared, (error) => refusedBy(name, error))
    const account = decodeAccount(yield* Effect.mapError(ask(signer, "/api/v3/account"), absent))
    if (Option.isNone(account)) return yield* notChecked(`The answer of ${name} cannot be read: the account.`)
    const { canTrade, canWithdraw, uid } = account.value
    if (!canTrade) return yield* refused("apiKey", `${name} does not let the account of this key trade.`)
    const told = yield* rightsOf(signer)
    const warnings: Array<string> = []
    if (Option.isNone(told)) {
      warnings.push(
        `${name} does not tell what this key may do: see to it that it may trade${canWithdraw ? " and not withdraw" : ""}.`
      )
    } else {
      const rights = decodeRights(told.value)
      if (Option.isNone(rights)) return yield* notChecked(`The answer of ${name} cannot be read: the key's rights.`)
      const { enableSpotAndMarginTrading, enableWithdrawals, ipRestrict } = rights.value
      if (!enableSpotAndMarginTrading) {
        return yield* refused("apiKey", `This key may not trade: enable spot trading for it at ${name}.`)
      }
      if (enableWithdrawals && !acceptWithdrawals) return yield* withdraws
      if (enableWithdrawals) warnings.push("This key can withdraw money. The desk never needs that.")
      if (!ipRestrict) {
        warnings.push("This key works from any address: restrict it to the address of this desk at Binance.")
      }
    }
    return Option.some<CheckedKeys>({ exchange: exchangeOf(environment), uid: String(uid), warnings })
  })

  return KeyCheck.of({
    check: Effect.fn("BinanceKeyCheck.check")(function* (keys, acceptWithdrawals) {
      if (!KEY_TEXT.test(Redacted.value(keys.apiKey))) return yield* refused("apiKey", MALFORMED)
      const signer = signerOf(keys)
      if (signer === undefined) return yield* refused("secretKey", UNREADABLE)
      return yield* Effect.timeoutOrElse(checked(signer, acceptWithdrawals), {
        duration: PATIENCE,
        orElse: () => notChecked(`${name} did not answer in time.`)
      })
    })
  })
})

/** The name under which `ExchangeAccounts` knows it. */
export const exchangeOf = (environment: string): string => `binance ${environment}`

const MALFORMED = "That is not the form of a Binance API key: copy it whole, without spaces."
const UNREADABLE =
  "That private key cannot be read: RSA or Ed25519 in PEM, without a passphrase, is wanted; for an HMAC key, its secret as it was shown."
const WITHDRAWS = "This key can withdraw money, which the desk never needs: take that right away at Binance, or insist."

const refused = (half: "apiKey" | "secretKey", message: string) => Effect.fail(new KeyRefused({ half, message }))
const withdraws = Effect.fail(new KeyRefused({ half: "apiKey", message: WITHDRAWS, onlyWithdraws: true }))
const notChecked = (why: string) => new KeyNotChecked({ message: `The key could not be checked. ${why}` })

/** Which half is wrong, by Binance's code (REST API, "Error codes", -10xx and -20xx); anything else says nothing of the keys. */
const refusedBy = (name: string, error: ExchangeError): KeyRefused | KeyNotChecked => {
  const { reason } = error
  const wrong = (half: "apiKey" | "secretKey", message: string) => new KeyRefused({ half, message })
  switch (refusalCode(error)) {
    case -2014:
      return wrong("apiKey", MALFORMED)
    case -2008:
      return wrong("apiKey", `This key is not known at ${name}; keys of live, testnet and demo are different.`)
    case -2015:
      return wrong(
        "apiKey",
        `${name} does not take this key. It is not known there (keys of live, testnet and demo are different), it is tied to other addresses than this desk's, or it may not read the account.`
      )
    case -1022:
      return wrong("secretKey", `This secret does not belong to the key: ${name} does not take its signature.`)
    case OUTSIDE_WINDOW:
      return notChecked("The clock of this machine and that of Binance differ too much.")
  }
  switch (reason._tag) {
    case "RateLimited":
      return notChecked("Binance has been asked too much; try again in a minute.")
    case "Refused":
      return reason.code === 0 ? notChecked(reason.message) : wrong("apiKey", `${name} says: ${reason.message}`)
    default:
      return notChecked(reason.message)
  }
}

/** Asks by the same REST, and within the same limits, as the process's trading. */
export const layer: Layer.Layer<KeyCheck, never, Config> = Layer.effect(KeyCheck, make).pipe(
  Layer.provide(SignedRest.layer)
)
