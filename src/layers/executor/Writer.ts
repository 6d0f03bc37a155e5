// The account as the journal has it, and the one way to change it: journal, then memory, then watchers, then the exchange.
import { Effect, Latch, Option } from "effect"
import * as Account from "../../domain/Account.ts"
import type { CallRecord } from "../../domain/CallRecord.ts"
import type { AccountId } from "../../domain/Ids.ts"
import type { Events } from "../../ports/Events.ts"
import type { Journal, JournalError, NotTheWriter } from "../../ports/Journal.ts"
import { Milestone } from "../../ports/Milestone.ts"
import type { Calls } from "./Calls.ts"
import type { Turn } from "./Turn.ts"

/** Events between two snapshots: what a start reads per account at most. */
const SNAPSHOT_EVERY = 500
/** Records of calls that wait for a step to be stored with; more of them are stored without one. */
const MAX_RECORDS = 64

export interface Writer {
  readonly account: () => Account.Account
  readonly commit: (turn: Turn, calls: Calls) => Effect.Effect<void, JournalError | NotTheWriter>
  /** Open while records wait for a step to be stored with. */
  readonly waiting: Latch.Latch
  /** Stores what waits for a step that has not come. */
  readonly flush: Effect.Effect<void, JournalError | NotTheWriter>
}

export const load = Effect.fnUntraced(function* (
  accountId: AccountId,
  { events, journal }: { readonly journal: Journal["Service"]; readonly events: Events["Service"] },
  assetsOf: Account.AssetsOf
): Effect.fn.Return<Writer, JournalError> {
  const reached = yield* Milestone
  const history = yield* journal.load(accountId)
  let account = history.events.reduce(
    (state, recorded) => Account.evolve(state, recorded, assetsOf),
    Option.match(history.snapshot, { onNone: () => Account.empty(accountId), onSome: Account.fromSnapshot })
  )
  let snapshotSeq = Option.match(history.snapshot, { onNone: () => 0, onSome: ({ seq }) => seq })
  /** Nothing is decided by them, so they never cost a write of their own on the way of an order. */
  let records: Array<CallRecord> = []
  const waiting = Latch.makeUnsafe()

  const append = Effect.fnUntraced(function* (turn: Pick<Turn, "account" | "updates" | "receipts">) {
    const due = turn.account.seq - snapshotSeq >= SNAPSHOT_EVERY
    const calls = records
    records = []
    waiting.closeUnsafe()
    yield* journal.append({
      accountId,
      afterSeq: account.seq,
      updates: turn.updates,
      receipts: turn.receipts,
      ...(calls.length === 0 ? {} : { calls }),
      ...(due ? { snapshot: Account.toSnapshot(turn.account) } : {})
    })
    if (due) snapshotSeq = turn.account.seq
  })

  return {
    account: () => account,
    waiting,
    commit: Effect.fnUntraced(function* (turn, calls) {
      records.push(...turn.records)
      if (turn.isEmpty && records.length <= MAX_RECORDS) {
        if (records.length > 0) waiting.openUnsafe()
        return
      }
      reached("step decided")
      yield* append(turn)
      reached("step stored")
      account = turn.account
      reached("step remembered")
      if (turn.updates.length > 0) yield* events.publish(turn.updates)
      reached("step published")
      yield* calls.make(turn)
    }),
    flush: Effect.suspend(() => (records.length === 0 ? Effect.void : append({ account, updates: [], receipts: [] })))
  }
})

/** How long a record waits for a step at most. */
export const FLUSH_AFTER = "1 second"
