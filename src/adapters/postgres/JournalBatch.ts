// What one commit of the journal holds: which submits and appends go together.
import { Deferred, Exit } from "effect"
import type { Envelope, Receipt } from "../../domain/Command.ts"
import type { AccountId, CommandId } from "../../domain/Ids.ts"
import { type Append, JournalError, type NotTheWriter, type Submitted } from "../../ports/Journal.ts"

export interface SubmitItem {
  readonly _tag: "Submit"
  readonly envelope: Envelope
  readonly refused: Receipt | undefined
  readonly reply: Deferred.Deferred<Submitted, JournalError>
}

export interface AppendItem {
  readonly _tag: "Append"
  readonly append: Append
  readonly reply: Deferred.Deferred<void, JournalError | NotTheWriter>
}

export type Item = SubmitItem | AppendItem

export const fail = (item: Item, message: string): void =>
  void (item._tag === "Submit"
    ? Deferred.doneUnsafe(item.reply, Exit.fail(new JournalError({ message })))
    : Deferred.doneUnsafe(item.reply, Exit.fail(new JournalError({ message }))))

/** Submits by account and command id, first come first; appends by account, each starting where the one before it ends. */
export interface Batch {
  readonly submits: ReadonlyMap<string, ReadonlyArray<SubmitItem>>
  readonly chains: ReadonlyMap<AccountId, ReadonlyArray<AppendItem>>
}

/** Updates in one commit: a commit stays a matter of milliseconds, however much a single account has to say. */
const MAX_UPDATES = 4_096

export const keyOf = (accountId: AccountId, commandId: CommandId): string => `${accountId} ${commandId}`

export const seqAfter = (append: Append): number => append.afterSeq + append.updates.length

/**
 * Sorts items into one commit and those that must wait for the next: an append that does not follow on the one before it, one that
 * carries the receipt of a command stored only now, and what would make the commit too large.
 */
export const gather = (items: ReadonlyArray<Item>): { readonly batch: Batch; readonly later: ReadonlyArray<Item> } => {
  const submits = new Map<string, Array<SubmitItem>>()
  const chains = new Map<AccountId, Array<AppendItem>>()
  const later: Array<Item> = []
  const waiting = new Set<AccountId>()
  let updates = 0
  for (const item of items) {
    if (item._tag === "Submit") {
      const key = keyOf(item.envelope.accountId, item.envelope.commandId)
      const same = submits.get(key)
      if (same === undefined) submits.set(key, [item])
      else same.push(item)
      continue
    }
    const { append } = item
    const chain = chains.get(append.accountId)
    const before = chain?.at(-1)
    const fits =
      !waiting.has(append.accountId) &&
      (before === undefined || seqAfter(before.append) === append.afterSeq) &&
      (updates === 0 || updates + append.updates.length <= MAX_UPDATES) &&
      !append.receipts.some((receipt) => submits.has(keyOf(append.accountId, receipt.commandId)))
    if (!fits) {
      waiting.add(append.accountId)
      later.push(item)
      continue
    }
    updates += append.updates.length
    if (chain === undefined) chains.set(append.accountId, [item])
    else chain.push(item)
  }
  return { batch: { submits, chains }, later }
}

export const isEmpty = (batch: Batch): boolean => batch.submits.size === 0 && batch.chains.size === 0

export const itemsOf = (batch: Batch): ReadonlyArray<Item> => [
  ...[...batch.submits.values()].flat(),
  ...[...batch.chains.values()].flat()
]

/** A step is numbered without a gap, or it is not a step: such a mistake of ours must never reach the journal. */
export const assertNumbered = (append: Append): void => {
  append.updates.forEach((update, index) => {
    if (update.seq === append.afterSeq + 1 + index && update.accountId === append.accountId) return
    throw new Error(
      `update ${update.seq} of ${update.accountId} does not follow ${append.accountId}'s ${append.afterSeq}`
    )
  })
}
