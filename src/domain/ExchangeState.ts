// What a process that sends orders says of its dealings with the exchange: clock, limits, and what had to be held back.
import * as Schema from "effect/Schema"
import { AccountId } from "./Ids.ts"

const Environment = Schema.Literals(["paper", "testnet", "demo", "live"])

/** Times are epoch milliseconds on the process's clock. */
export const ExchangeState = Schema.Struct({
  environment: Environment,
  at: Schema.Finite,
  /** How far the exchange's clock is ahead. */
  clockOffsetMillis: Schema.Finite,
  /** Of the process's address, other programs' share included. */
  weight: Schema.Struct({ used: Schema.Int, limit: Schema.Int, resetsAt: Schema.Finite }),
  /** Of each account. */
  orderLimits: Schema.Struct({ tenSeconds: Schema.Int, day: Schema.Int }),
  /** Accounts of which any order counts now. */
  orders: Schema.Array(
    Schema.Struct({
      accountId: AccountId,
      tenSeconds: Schema.Int,
      day: Schema.Int,
      /** The exchange takes no order of it until then. */
      stoppedUntil: Schema.optionalKey(Schema.Finite)
    })
  ),
  /** The lane that goes first is first. */
  lanes: Schema.Array(
    Schema.Struct({
      lane: Schema.String,
      waiting: Schema.Int,
      /** Calls refused since the start, and when one was the last time. */
      shed: Schema.Int,
      lastShedAt: Schema.optionalKey(Schema.Finite)
    })
  ),
  /** The exchange wants nothing from this address until then. */
  stoppedUntil: Schema.optionalKey(Schema.Finite),
  bannedUntil: Schema.optionalKey(Schema.Finite)
})
export type ExchangeState = typeof ExchangeState.Type
