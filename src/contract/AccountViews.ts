// Accounts and their exchange keys on the wire: keys go in and never come out.
import * as Schema from "effect/Schema"

/** An RSA or Ed25519 secret is a private key in PEM. */
const ExchangeKey = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(4096))
export const exchangeKeys = {
  binanceApiKey: Schema.optionalKey(ExchangeKey),
  binanceSecretKey: Schema.optionalKey(ExchangeKey),
  /** A key that can withdraw money is refused without it. */
  acceptWithdrawals: Schema.optionalKey(Schema.Boolean)
}
/** What would be better about the keys, a sentence each. */
export const Warnings = Schema.Array(Schema.String)

/** What its owner calls an account. */
export const AccountName = Schema.String.check(
  Schema.isPattern(/^\S(?:.{0,38}\S)?$/u, {
    expected: "a name of 1 to 40 characters, without a blank at either end"
  })
)

export const AccountFields = {
  accountId: Schema.String,
  name: Schema.String,
  exchange: Schema.Literals(["paper", "binance"]),
  role: Schema.Literals(["owner", "trader", "viewer"])
}

export const AccountRow = Schema.Struct({
  ...AccountFields,
  keysStored: Schema.Boolean,
  /** Whether its owner lets it trade real money; it does so only where the desk does. */
  live: Schema.Boolean
})
export type AccountRow = typeof AccountRow.Type
