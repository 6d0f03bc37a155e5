// What happened to one order, as one line of time: what was asked, what the desk did, what the exchange said.
import * as Schema from "effect/Schema"

/**
 * Who it comes from. `user`: somebody asked. `desk`: our own decision, call or survey. The exchange by its private `stream`, by its `answer`
 * to a call, when it was asked about the order (`query`), or in a `survey` of everything.
 */
export const HistorySource = Schema.Literals(["user", "desk", "stream", "answer", "query", "survey"])
export type HistorySource = typeof HistorySource.Type

export const HistoryRow = Schema.Struct({
  /** Epoch milliseconds on the desk's clock. */
  at: Schema.Finite,
  source: HistorySource,
  /** `PlaceOrder`, `OrderFilled`, `query` …: the command, event or call as the journal names it. */
  what: Schema.String,
  /** For a person. */
  sentence: Schema.String,
  /** Of an event. */
  seq: Schema.NullOr(Schema.Int),
  /** Of commands and events; null where the exchange spoke unasked. */
  traceId: Schema.NullOr(Schema.String),
  /** Who asked. */
  userId: Schema.NullOr(Schema.String)
})
export type HistoryRow = typeof HistoryRow.Type

export const OrderHistory = Schema.Struct({
  orderId: Schema.String,
  /** Oldest first. */
  rows: Schema.Array(HistoryRow),
  /** False where there is more than is shown: the later part is missing then. */
  complete: Schema.Boolean
})
export type OrderHistory = typeof OrderHistory.Type
