// Puts everything that is stored of one order into one line of time.
import type { HistoryRow, HistorySource, OrderHistory } from "../../contract/History.ts"
import { callSentence, commandSentence, eventSentence } from "../../contract/HistoryWords.ts"
import type { Event } from "../../domain/Event.ts"
import type { OrderId } from "../../domain/Ids.ts"
import type { Trail } from "../../ports/Journal.ts"

/** Rows of each kind at most. Ask the journal for one more: by that it is known that there are more. */
export const MAX_ROWS = 500

/** Where an event of the desk's own came from is in itself; one that tells what the exchange said names how it was said. */
const OWN: ReadonlySet<Event["_tag"]> = new Set([
  "OrderSubmitted",
  "OrderDenied",
  "CancelSubmitted",
  "CancelDenied",
  "AmendSubmitted",
  "AmendDenied",
  "OrderUnknown",
  "Surveyed",
  "SightLost",
  "SightRegained",
  "BalanceAdjusted"
])

const sourceOf = (event: Event): HistorySource => {
  if (OWN.has(event._tag)) return "desk"
  if (event._tag === "OrderAdopted") return "survey"
  return ("from" in event ? event.from : undefined) ?? "stream"
}

/**
 * Of rows of one moment: what was asked, what a question to the exchange found, what followed from both, the call that it led to, and the
 * doubt which that left.
 */
const rankOf = (row: HistoryRow): number => {
  if (row.source === "user") return 0
  if (row.what === "query") return 1
  if (row.what === "OrderUnknown") return 4
  return row.seq === null ? 3 : 2
}

/** `trail` holds up to `MAX_ROWS + 1` of each kind. What is cut off one kind is cut off all of them: no gap in the middle looks like peace. */
export const storyOf = (orderId: OrderId, { calls, commands, events }: Trail): OrderHistory => {
  const kinds: ReadonlyArray<ReadonlyArray<HistoryRow>> = [
    commands.map(({ envelope, receipt }) => ({
      at: envelope.at,
      source: "user",
      what: envelope.command._tag,
      sentence: commandSentence(envelope.command, receipt),
      seq: null,
      traceId: envelope.traceId === "" ? null : envelope.traceId,
      userId: envelope.userId
    })),
    events.map(({ at, event, seq, traceId }) => ({
      at,
      source: sourceOf(event),
      what: event._tag,
      sentence: eventSentence(event),
      seq,
      traceId: traceId === "" ? null : traceId,
      userId: null
    })),
    calls.map((record) => ({
      at: record.answeredAt,
      source: record.call === "query" ? "query" : "answer",
      what: record.call,
      sentence: callSentence(record),
      seq: null,
      traceId: null,
      userId: null
    }))
  ]
  const cut = kinds.filter((kind) => kind.length > MAX_ROWS)
  const until = Math.min(...cut.map((kind) => kind[MAX_ROWS - 1]?.at ?? 0))
  const rows = kinds
    .flatMap((kind) => kind.slice(0, MAX_ROWS))
    .filter(({ at }) => at <= until)
    .toSorted((a, b) => a.at - b.at || rankOf(a) - rankOf(b) || (a.seq ?? 0) - (b.seq ?? 0))
  return { orderId, rows, complete: cut.length === 0 }
}
