// Whether exchange keys are good for trading here, asked before anything of them is stored.
import { Context, Effect, Layer, Option, Schema } from "effect"
import type { ExchangeKeys } from "./Vault.ts"

/** What the exchange says of keys that are good. */
export interface CheckedKeys {
  /** "binance testnet", and the account there: what `ExchangeAccounts` ties an account to. */
  readonly exchange: string
  readonly uid: string
  /** Sentences for the owner: what would be better about the keys. */
  readonly warnings: ReadonlyArray<string>
}

/** Not good; `half` is the one that the sentence is about. */
export class KeyRefused extends Schema.TaggedError<KeyRefused>()("KeyRefused", {
  half: Schema.Literals(["apiKey", "secretKey"]),
  message: Schema.String,
  /** Good but for the right to withdraw: taken where the owner insists. */
  onlyWithdraws: Schema.optionalKey(Schema.Literal(true))
}) {}

/** The exchange could not be asked, so nothing is known of the keys. */
export class KeyNotChecked extends Schema.TaggedError<KeyNotChecked>()("KeyNotChecked", { message: Schema.String }) {}

export class KeyCheck extends Context.Service<
  KeyCheck,
  {
    /** None where orders go nowhere that asks for keys. `acceptWithdrawals`: the owner insists on a key that can take money out. */
    readonly check: (
      keys: ExchangeKeys,
      acceptWithdrawals: boolean
    ) => Effect.Effect<Option.Option<CheckedKeys>, KeyRefused | KeyNotChecked>
  }
>()("outcry/ports/KeyCheck") {
  /** For desks on paper. */
  static readonly layerNone = Layer.succeed(KeyCheck, { check: () => Effect.succeedNone })
}
