// How the desk stands with the exchange, for whoever is logged in: clock, limits, and what had to be held back.
import * as Schema from "effect/Schema"
import type { ExchangeState } from "../domain/ExchangeState.ts"
import type { AccountId } from "../domain/Ids.ts"

const Used = Schema.Struct({ used: Schema.Int, limit: Schema.Int })

/** Times are epoch milliseconds on the desk's clock. */
export const BudgetView = Schema.Struct({
  at: Schema.Finite,
  /** How far the exchange's clock is ahead. */
  clockOffsetMillis: Schema.Finite,
  /** Of the desk's address; other programs there use it too. */
  weight: Schema.Struct({ used: Schema.Int, limit: Schema.Int, resetsAt: Schema.Finite }),
  /** Of the account. */
  orders: Schema.Struct({
    tenSeconds: Used,
    day: Used,
    /** The exchange takes no order of the account until then. */
    stoppedUntil: Schema.NullOr(Schema.Finite)
  }),
  /** Calls that wait for room, and that were refused for want of it since the start. What goes first is first. */
  lanes: Schema.Array(
    Schema.Struct({
      lane: Schema.String,
      waiting: Schema.Int,
      shed: Schema.Int,
      lastShedAt: Schema.NullOr(Schema.Finite)
    })
  ),
  /** The exchange wants nothing from the desk until then. */
  stoppedUntil: Schema.NullOr(Schema.Finite),
  bannedUntil: Schema.NullOr(Schema.Finite)
})
export type BudgetView = typeof BudgetView.Type

export const ExchangeView = Schema.Struct({
  environment: Schema.Literals(["paper", "testnet", "demo", "live"]),
  /** Null where the exchange has no limits, or where no process that sends orders was heard of lately. */
  budget: Schema.NullOr(BudgetView)
})
export type ExchangeView = typeof ExchangeView.Type

export const budgetView = (state: ExchangeState, accountId: AccountId): BudgetView => {
  const { at, bannedUntil, clockOffsetMillis, lanes, orderLimits, orders, stoppedUntil, weight } = state
  const own = orders.find((one) => one.accountId === accountId)
  return {
    at,
    clockOffsetMillis,
    weight,
    orders: {
      tenSeconds: { used: own?.tenSeconds ?? 0, limit: orderLimits.tenSeconds },
      day: { used: own?.day ?? 0, limit: orderLimits.day },
      stoppedUntil: own?.stoppedUntil ?? null
    },
    lanes: lanes.map(({ lastShedAt, ...lane }) => ({ ...lane, lastShedAt: lastShedAt ?? null })),
    stoppedUntil: stoppedUntil ?? null,
    bannedUntil: bannedUntil ?? null
  }
}
