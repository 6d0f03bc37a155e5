// What one commit of the journal holds: which submits and appends go together, and the rows they become.
import { Deferred, Exit, Schema } from "effect"
import { AccountSnapshot } from "../../domain/Account.ts"
import { Balance } from "../../domain/Balance.ts"
import { Command, type Envelope, orderIdOf, Receipt } from "../../domain/Command.ts"
import { Event } from "../../domain/Event.ts"
import * as Fill from "../../domain/Fill.ts"
import type { AccountId, CommandId } from "../../domain/Ids.ts"
import { isClosed, Order } from "../../domain/Order.ts"
import { Position } from "../../domain/Position.ts"
import { type Append, JournalError, type NotTheWriter, type Submitted } from "../../ports/Journal.ts"

export interface SubmitItem {
  readonly _tag: "Submit"
  readonly envelope: Envelope
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

const encodeCommand = Schema.encodeSync(Command)
const encodeEvent = Schema.encodeSync(Event)
const encodeReceipt = Schema.encodeSync(Receipt)
const encodeOrder = Schema.encodeSync(Order)
const encodeFill = Schema.encodeSync(Fill.Fill)
const encodePosition = Schema.encodeSync(Position)
const encodeBalance = Schema.encodeSync(Balance)
const encodeSnapshot = Schema.encodeSync(AccountSnapshot)

/** One list of rows a table, as JSON: the statement reads them with `jsonb_to_recordset`. */
export interface Rows {
  readonly commands: ReadonlyArray<object>
  readonly heads: ReadonlyArray<object>
  readonly events: ReadonlyArray<object>
  readonly receipts: ReadonlyArray<object>
  readonly orders: ReadonlyArray<object>
  readonly fills: ReadonlyArray<object>
  readonly positions: ReadonlyArray<object>
  readonly balances: ReadonlyArray<object>
  readonly snapshots: ReadonlyArray<object>
}

/** The last state of a key within a commit; only that is encoded. */
interface Keyed<A> {
  readonly accountId: AccountId
  readonly seq: number
  readonly last: A
}

/**
 * Read models keep the last state of a key within the commit: an order that was sent and filled in it is one row. `isHead` tells that
 * the account is known to end there; the others' ends are looked up.
 */
export const rowsOf = (batch: Batch, isHead: (accountId: AccountId, seq: number) => boolean): Rows => {
  const commands = [...batch.submits.values()].flatMap(([first]) =>
    first === undefined ? [] : [commandRow(first.envelope)]
  )
  const heads: Array<object> = []
  const events: Array<object> = []
  const receipts = new Map<string, object>()
  const fills: Array<object> = []
  const orders = new Map<string, Keyed<Order>>()
  const positions = new Map<string, Keyed<Position>>()
  const balances = new Map<string, Keyed<Balance>>()
  const snapshots = new Map<AccountId, object>()
  // In the order of the accounts: two processes that meet on the same rows then wait for each other instead of deadlocking.
  const accountIds = [...batch.chains.keys()].toSorted((a, b) => (a < b ? -1 : 1))
  for (const accountId of accountIds) {
    const chain = batch.chains.get(accountId) ?? []
    const afterSeq = chain[0]?.append.afterSeq ?? 0
    // A step without events cannot collide with anybody's, so its place is always looked up.
    const collides = chain.every((item) => item.append.updates.length > 0)
    if (!collides || !isHead(accountId, afterSeq)) heads.push({ accountId, afterSeq })
    for (const { append } of chain) {
      for (const receipt of append.receipts) {
        const { commandId } = receipt
        const key = keyOf(accountId, commandId)
        if (!receipts.has(key)) receipts.set(key, { accountId, commandId, receipt: encodeReceipt(receipt) })
      }
      if (append.snapshot !== undefined) {
        snapshots.set(accountId, { accountId, seq: append.snapshot.seq, snapshot: encodeSnapshot(append.snapshot) })
      }
      for (const update of append.updates) {
        const { event, order, position, seq } = update
        events.push({ accountId, seq, at: update.at, traceId: update.traceId, event: encodeEvent(event) })
        if (order !== undefined) {
          orders.set(`${accountId} ${order.orderId}`, { accountId, seq, last: order })
        }
        if (event._tag === "OrderFilled" && order !== undefined) {
          const { side, symbol } = order.intent
          fills.push({ accountId, seq, orderId: order.orderId, symbol, side, ...encodeFill(event.fill) })
        }
        if (position !== undefined) {
          positions.set(`${accountId} ${position.symbol}`, { accountId, seq, last: position })
        }
        for (const balance of update.balances) {
          balances.set(`${accountId} ${balance.asset}`, { accountId, seq, last: balance })
        }
      }
    }
  }
  return {
    commands,
    heads,
    events,
    receipts: [...receipts.values()],
    orders: Array.from(orders.values(), ({ accountId, last }) => {
      return { accountId, isOpen: !isClosed(last.status), ...encodeOrder(last) }
    }),
    fills,
    positions: Array.from(positions.values(), ({ accountId, last, seq }) => ({
      accountId,
      seq,
      ...encodePosition(last)
    })),
    balances: Array.from(balances.values(), ({ accountId, last, seq }) => ({ accountId, seq, ...encodeBalance(last) })),
    snapshots: [...snapshots.values()]
  }
}

const commandRow = (envelope: Envelope): object => ({
  accountId: envelope.accountId,
  commandId: envelope.commandId,
  orderId: orderIdOf(envelope.command),
  userId: envelope.userId,
  at: envelope.at,
  traceId: envelope.traceId,
  kind: envelope.command._tag,
  ...(envelope.command._tag === "PlaceOrder" ? { symbol: envelope.command.intent.symbol } : {}),
  command: encodeCommand(envelope.command)
})

/** A step is numbered without a gap, or it is not a step: such a mistake of ours must never reach the journal. */
export const assertNumbered = (append: Append): void => {
  append.updates.forEach((update, index) => {
    if (update.seq === append.afterSeq + 1 + index && update.accountId === append.accountId) return
    throw new Error(
      `update ${update.seq} of ${update.accountId} does not follow ${append.accountId}'s ${append.afterSeq}`
    )
  })
}
