// Amounts of an asset as people write them, and as the engine books them: whole numbers of 10^-8.
import { Schema, SchemaTransformation } from "effect"
import type { Amount } from "../../../domain/matching/Order.ts"
import * as Money from "../../../domain/Money.ts"
import { amountOf, decimalOf } from "../DeskWords.ts"

/** `undefined` for what is no plain decimal, or has more than eight places. */
const amountIn = (text: string): Amount | undefined => {
  const parsed = Money.parse(text)
  if (parsed === undefined) return undefined
  const amount = amountOf(parsed)
  return Money.equals(decimalOf(amount), parsed) ? amount : undefined
}

export const textOf = (amount: Amount): string => Money.format(decimalOf(amount))

/** A string on the wire: JSON's numbers are floats in most hands. */
export const AmountText: Schema.Codec<Amount, string> = Schema.String.check(
  Schema.makeFilter((text) => amountIn(text) !== undefined || "Expected a decimal in a string, at most eight places")
).pipe(
  Schema.decodeTo(
    Schema.BigInt,
    SchemaTransformation.transform({ decode: (text) => amountIn(text) ?? 0n, encode: textOf })
  )
)

export const Asset = Schema.String.check(
  Schema.isPattern(/^[A-Z0-9]{1,20}$/, { expected: "an asset in capitals, such as USDT" })
)
export const AccountName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._:-]{1,64}$/, { expected: "an account: up to 64 letters, digits and . _ : -" })
)

/** `{"USDT": "1000", "BTC": "0.5"}`, none negative. */
export const Balances = Schema.Record(
  Asset,
  AmountText.check(Schema.makeFilter((amount) => amount >= 0n || "Expected no negative balance"))
)
