// The way in for every command: bounded, journaled, and only then the doorbell.
import { Context, Effect, Layer, Metric, type Option } from "effect"
import type { Envelope, Receipt } from "../../domain/Command.ts"
import type { AccountId, CommandId } from "../../domain/Ids.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import { CommandQueue } from "../../ports/CommandQueue.ts"
import { Journal, type JournalError, type Stored, type Submitted } from "../../ports/Journal.ts"
import { Milestone } from "../../ports/Milestone.ts"

/** Commands of one account that may wait for a decision. */
export const MAX_UNDECIDED = 512
/** Accounts counted at once; a forgotten one is asked about anew. */
const COUNTED = 10_000

const submitted = Metric.counter("outcry_commands_submitted_total", {
  description: "Commands made durable",
  incremental: true
})
const refused = Metric.counter("outcry_commands_refused_total", {
  description: "Commands refused because too many of the account wait for a decision",
  incremental: true
})

/** Too many commands of this account wait for a decision. Nothing was stored. */
export interface MailboxFull {
  readonly _tag: "MailboxFull"
}

export class Gateway extends Context.Service<
  Gateway,
  {
    /**
     * Durable when it returns. A repeated command id gets what was stored the first time. What is refused already is stored with its receipt,
     * and goes no further.
     */
    readonly submit: (envelope: Envelope, refused?: Receipt) => Effect.Effect<Submitted, MailboxFull | JournalError>
    /** What stands under a command id, decided or not. */
    readonly stored: (accountId: AccountId, commandId: CommandId) => Effect.Effect<Option.Option<Stored>, JournalError>
  }
>()("outcry/layers/gateway/Gateway") {
  static readonly layer = Layer.effect(
    Gateway,
    Effect.gen(function* () {
      const journal = yield* Journal
      const queue = yield* CommandQueue
      const reached = yield* Milestone
      // What may be undecided at most: known to be so at the last look, plus everything since. An account not counted is looked at first.
      const pending = new LeastRecent<AccountId, { atMost: number }>(COUNTED)

      const look = Effect.fnUntraced(function* (accountId: AccountId) {
        const atMost = yield* journal.countUndecided(accountId)
        pending.set(accountId, { atMost: atMost + 1 })
        if (atMost < MAX_UNDECIDED) return
        yield* Metric.update(refused, 1)
        return yield* Effect.fail<MailboxFull>({ _tag: "MailboxFull" })
      })
      const room = (accountId: AccountId) =>
        Effect.suspend(() => {
          const count = pending.get(accountId)
          if (count === undefined || count.atMost >= MAX_UNDECIDED) return look(accountId)
          count.atMost++
          return Effect.void
        })

      return {
        submit: Effect.fnUntraced(function* (envelope, refused) {
          if (refused !== undefined) return yield* journal.submit(envelope, refused)
          yield* room(envelope.accountId)
          reached("command received")
          const stored = yield* journal.submit(envelope)
          if (stored._tag !== "New") return stored
          reached("command stored")
          yield* Metric.update(submitted, 1)
          // False costs latency only: the executor sweeps the journal for what it was not told.
          yield* queue.offer(envelope)
          reached("doorbell rung")
          return stored
        }),
        stored: journal.command
      }
    })
  )
}
