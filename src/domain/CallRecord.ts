// What became of a call to the exchange: kept beside the events, for whoever asks what happened to an order. Nothing is decided by it.
import * as Schema from "effect/Schema"
import { OrderId } from "./Ids.ts"
import { Call } from "./Order.ts"

/**
 * `answered`: the exchange took it. `refused`: it said no, or nothing was sent. `lost`: no answer that can be trusted. Of a query: `found`
 * with where the order stands, or `absent`.
 */
export const CallRecord = Schema.Struct({
  orderId: OrderId,
  call: Schema.Union([Call, Schema.Literal("query")]),
  /** Epoch milliseconds on our clock. */
  sentAt: Schema.Finite,
  answeredAt: Schema.Finite,
  outcome: Schema.Literals(["answered", "refused", "lost", "found", "absent"]),
  /** One sentence or word; empty where the outcome says it all. */
  detail: Schema.String
})
export type CallRecord = typeof CallRecord.Type
