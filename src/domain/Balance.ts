// What an account owns of one asset: free to use, or held back for its own open orders.
import * as Schema from "effect/Schema"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"

/** free + held = total, at every event (I6). */
export const Balance = Schema.Struct({ asset: Schema.String, free: Money.DecimalString, held: Money.DecimalString })
export type Balance = typeof Balance.Type

export const empty = (asset: string): Balance => ({ asset, free: Money.zero, held: Money.zero })

export const total = (balance: Balance): Decimal => Money.add(balance.free, balance.held)

/** Sets `amount` aside for an order. */
export const hold = (balance: Balance, amount: Decimal): Balance => ({
  ...balance,
  free: Money.subtract(balance.free, amount),
  held: Money.add(balance.held, amount)
})

/** Gives back what an order no longer needs. */
export const release = (balance: Balance, amount: Decimal): Balance => hold(balance, Money.negate(amount))

export const pay = (balance: Balance, amount: Decimal): Balance => ({
  ...balance,
  free: Money.subtract(balance.free, amount)
})

export const receive = (balance: Balance, amount: Decimal): Balance => ({
  ...balance,
  free: Money.add(balance.free, amount)
})
