// The journal and the blotter in memory, over one store: what tests run on, and the plainest statement of what both must do.
import { Clock, Effect, Layer, Option } from "effect"
import type { AccountSnapshot, Blindness } from "../domain/Account.ts"
import type { Balance } from "../domain/Balance.ts"
import type { CallRecord } from "../domain/CallRecord.ts"
import { type Envelope, isAbout, type Receipt, sameRequest } from "../domain/Command.ts"
import type { Recorded } from "../domain/Event.ts"
import { GENESIS, type Head, type Link } from "../domain/EventChain.ts"
import { type AccountId, clientOrderIdOf, type CommandId } from "../domain/Ids.ts"
import * as Money from "../domain/Money.ts"
import { isClosed, type Order } from "../domain/Order.ts"
import type { Position } from "../domain/Position.ts"
import { VERSION } from "../domain/StoredEvent.ts"
import { type BookedFill, Blotter, type OrdersQuery } from "./Blotter.ts"
import { chain } from "./EventHash.ts"
import { type Append, Journal, NotTheWriter, type Stored, type Submitted } from "./Journal.ts"

/** Snapshots kept of an account. */
const SNAPSHOTS_KEPT = 8

interface StoredCommand {
  readonly envelope: Envelope
  readonly storedAt: number
  receipt: Receipt | undefined
}

export interface StoredAccount {
  readonly commands: Map<CommandId, StoredCommand>
  readonly events: Array<Recorded>
  /** The events as a store has them. */
  readonly links: Array<Link>
  head: Head | undefined
  readonly snapshots: Array<AccountSnapshot>
  readonly orders: Map<string, Order>
  readonly fills: Array<BookedFill & { readonly seq: number }>
  readonly positions: Map<string, Position>
  readonly balances: Map<string, Balance>
  readonly calls: Array<CallRecord>
  blind: Blindness | undefined
}

/** `Journal` and `Blotter`. Grows for as long as it lives and dies with the process: not for a desk. */
export const layerMemory: Layer.Layer<Journal | Blotter> = Layer.suspend(() => layerOn(new Map()))

/** The same, over a store that its owner can reach into. */
export const layerOn = (accounts: Map<AccountId, StoredAccount>): Layer.Layer<Journal | Blotter> => {
  const accountOf = (accountId: AccountId): StoredAccount => {
    const found = accounts.get(accountId)
    if (found !== undefined) return found
    const empty: StoredAccount = {
      commands: new Map(),
      events: [],
      links: [],
      head: undefined,
      snapshots: [],
      orders: new Map(),
      fills: [],
      positions: new Map(),
      balances: new Map(),
      calls: [],
      blind: undefined
    }
    accounts.set(accountId, empty)
    return empty
  }
  return Layer.merge(Layer.succeed(Journal, journal(accounts, accountOf)), Layer.succeed(Blotter, blotter(accountOf)))
}

const journal = (
  accounts: ReadonlyMap<AccountId, StoredAccount>,
  accountOf: (accountId: AccountId) => StoredAccount
): Journal["Service"] => ({
  submit: (envelope, refused) =>
    Effect.map(Clock.currentTimeMillis, (now) => submit(accountOf(envelope.accountId), envelope, refused, now)),
  command: (accountId, commandId) =>
    Effect.sync(() => Option.map(Option.fromNullishOr(accountOf(accountId).commands.get(commandId)), storedOf)),
  append: (step) =>
    Effect.suspend(() => {
      assertNumbered(step)
      const account = accountOf(step.accountId)
      if (account.events.length !== step.afterSeq) {
        return Effect.fail(new NotTheWriter({ accountId: step.accountId, expectedSeq: step.afterSeq }))
      }
      append(account, step)
      return Effect.void
    }),
  load: (accountId, atSeq = Number.MAX_SAFE_INTEGER) =>
    Effect.sync(() => {
      const { events, snapshots } = accountOf(accountId)
      const snapshot = snapshots.findLast((candidate) => candidate.seq <= atSeq)
      return { snapshot: Option.fromNullishOr(snapshot), events: events.slice(snapshot?.seq ?? 0) }
    }),
  eventsAfter: (accountId, afterSeq, limit) =>
    Effect.sync(() => accountOf(accountId).events.slice(afterSeq, afterSeq + limit)),
  links: (accountId, afterSeq, limit) =>
    Effect.sync(() =>
      accountOf(accountId)
        .links.filter(({ seq }) => seq > afterSeq)
        .toSorted((a, b) => a.seq - b.seq)
        .slice(0, limit)
    ),
  head: (accountId) => Effect.sync(() => Option.fromNullishOr(accountOf(accountId).head)),
  accountAfter: (after) =>
    Effect.sync(() => {
      const [first] = [...accounts]
        .filter(([, { head, links }]) => links.length > 0 || head !== undefined)
        .map(([accountId]) => accountId)
        .filter((accountId) => after === undefined || accountId > after)
        .toSorted()
      return Option.fromNullishOr(first)
    }),
  receipt: (accountId, commandId) =>
    Effect.sync(() => Option.fromNullishOr(accountOf(accountId).commands.get(commandId)?.receipt)),
  undecided: ({ accountId, limit, minAgeMillis }) =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      (accountId === undefined ? [...accounts.values()] : [accountOf(accountId)])
        .flatMap((account) => Array.from(account.commands.values()))
        .filter((command) => command.receipt === undefined && command.storedAt <= now - minAgeMillis)
        .toSorted((a, b) => a.storedAt - b.storedAt)
        .slice(0, limit)
        .map((command) => command.envelope)
    ),
  countUndecided: (accountId) =>
    Effect.sync(
      () => [...accountOf(accountId).commands.values()].filter((command) => command.receipt === undefined).length
    ),
  knowsOrder: (accountId, orderId) => Effect.sync(() => accountOf(accountId).orders.has(orderId)),
  booked: (accountId, symbol, tradeIds) =>
    Effect.sync(() => {
      const fills = accountOf(accountId).fills.filter((fill) => fill.symbol === symbol)
      const known = new Set(fills.map(({ tradeId }) => tradeId))
      return new Set(tradeIds.filter((tradeId) => known.has(tradeId)))
    }),
  trail: (accountId, orderId, limit) =>
    Effect.sync(() => {
      const { calls, commands, events } = accountOf(accountId)
      return {
        commands: [...commands.values()]
          .filter(({ envelope }) => isAbout(envelope.command, orderId))
          .slice(0, limit)
          .map(({ envelope, receipt }) => ({ envelope, ...(receipt === undefined ? {} : { receipt }) })),
        events: events.filter(({ event }) => "orderId" in event && event.orderId === orderId).slice(0, limit),
        calls: calls.filter((call) => call.orderId === orderId).slice(0, limit)
      }
    }),
  accountsWithOpenOrders: Effect.sync(() =>
    [...accounts]
      .filter(([, account]) => [...account.orders.values()].some((order) => !isClosed(order.status)))
      .map(([accountId]) => accountId)
      .toSorted()
  )
})

const storedOf = ({ envelope, receipt }: StoredCommand): Stored => ({
  envelope,
  ...(receipt === undefined ? {} : { receipt })
})

const submit = (account: StoredAccount, envelope: Envelope, refused: Receipt | undefined, now: number): Submitted => {
  const stored = account.commands.get(envelope.commandId)
  if (stored !== undefined) {
    return sameRequest(stored.envelope.command, envelope.command)
      ? { _tag: "Repeated", ...storedOf(stored) }
      : { _tag: "Conflicting" }
  }
  account.commands.set(envelope.commandId, { envelope, storedAt: now, receipt: refused })
  return { _tag: "New" }
}

const assertNumbered = (step: Append): void => {
  step.updates.forEach((update, index) => {
    if (update.seq === step.afterSeq + 1 + index && update.accountId === step.accountId) return
    throw new Error(`update ${update.seq} of ${update.accountId} does not follow ${step.accountId}'s ${step.afterSeq}`)
  })
}

const append = (account: StoredAccount, step: Append): void => {
  for (const update of step.updates) {
    const { at, balances, blind, event, order, position, seq, traceId } = update
    const link = chain(account.head?.hash ?? GENESIS, step.accountId, update)
    account.events.push({ seq, at, traceId, event })
    account.links.push({
      seq,
      at,
      traceId,
      version: VERSION,
      event: JSON.parse(link.event) as unknown,
      hash: link.hash
    })
    account.head = { seq, hash: link.hash, chainedFrom: account.head?.chainedFrom ?? 1 }
    if (order !== undefined) account.orders.set(order.orderId, order)
    if (position !== undefined) account.positions.set(position.symbol, position)
    for (const balance of balances) account.balances.set(balance.asset, balance)
    if (blind !== undefined) account.blind = blind ?? undefined
    if (event._tag === "OrderFilled" && order !== undefined) {
      const { side, symbol } = order.intent
      account.fills.push({ ...event.fill, orderId: order.orderId, symbol, side, seq })
    }
  }
  for (const receipt of step.receipts) {
    const command = account.commands.get(receipt.commandId)
    if (command !== undefined) command.receipt ??= receipt
  }
  account.calls.push(...(step.calls ?? []))
  if (step.snapshot === undefined) return
  account.snapshots.push(step.snapshot)
  account.snapshots.splice(0, account.snapshots.length - SNAPSHOTS_KEPT)
}

const blotter = (accountOf: (accountId: AccountId) => StoredAccount): Blotter["Service"] => ({
  orders: (query) => Effect.sync(() => orders(accountOf(query.accountId), query)),
  order: (accountId, orderId) =>
    Effect.sync(() =>
      Option.fromNullishOr(allOrders(accountOf(accountId)).find((candidate) => candidate.orderId === orderId))
    ),
  ordersById: (accountId, orderIds) =>
    Effect.sync(() => orderIds.flatMap((orderId) => accountOf(accountId).orders.get(orderId) ?? [])),
  orderCounts: (accountId) =>
    Effect.sync(() => {
      const all = [...accountOf(accountId).orders.values()]
      const closed = all.filter(({ status }) => isClosed(status)).length
      return { open: all.length - closed, closed }
    }),
  fills: ({ accountId, beforeSeq, limit, orderId, symbol }) =>
    Effect.sync(() =>
      accountOf(accountId)
        .fills.filter(
          (fill) =>
            (symbol === undefined || fill.symbol === symbol) &&
            (orderId === undefined || fill.orderId === orderId) &&
            (beforeSeq === undefined || fill.seq < beforeSeq)
        )
        .toReversed()
        .slice(0, limit)
    ),
  state: (accountId) =>
    Effect.sync(() => {
      const account = accountOf(accountId)
      return {
        seq: account.events.length,
        orders: [...account.orders.values()]
          .filter((order) => !isClosed(order.status))
          .toSorted(({ orderId: a }, { orderId: b }) => compare(a, b)),
        positions: [...account.positions.values()].toSorted(({ symbol: a }, { symbol: b }) => compare(a, b)),
        balances: [...account.balances.values()].toSorted(({ asset: a }, { asset: b }) => compare(a, b)),
        ...(account.blind === undefined ? {} : { blind: account.blind })
      }
    })
})

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const orders = (account: StoredAccount, { before, limit, state, symbol }: OrdersQuery): ReadonlyArray<Order> =>
  allOrders(account)
    .filter(
      (order) =>
        (state === "all" || (state === "open") === !isClosed(order.status)) &&
        (symbol === undefined || order.intent.symbol === symbol) &&
        (before === undefined || order.orderId < before)
    )
    // Order ids are version 7 UUIDs: the greater is the later.
    .toSorted(({ orderId: a }, { orderId: b }) => compare(b, a))
    .slice(0, limit)

const allOrders = (account: StoredAccount): ReadonlyArray<Order> => [
  ...account.orders.values(),
  ...[...account.commands.values()].flatMap(({ envelope, receipt }) => (receipt === undefined ? waiting(envelope) : []))
]

const waiting = (envelope: Envelope): ReadonlyArray<Order> => {
  const { command } = envelope
  if (command._tag === "PlaceOrder") return [pending(envelope, command)]
  if (command._tag === "ReplaceOrder") return [{ ...pending(envelope, command), replaces: command.replaces }]
  if (command._tag !== "PlaceList") return []
  const { kind, legs, listId } = command
  return legs.map((leg) => ({ ...pending(envelope, leg), list: { listId, kind, role: leg.role } }))
}

const pending = ({ at, userId }: Envelope, { intent, orderId }: Pick<Order, "intent" | "orderId">): Order => ({
  orderId,
  clientOrderId: clientOrderIdOf(orderId),
  userId,
  intent,
  status: "PENDING",
  executedQuantity: Money.zero,
  executedQuote: Money.zero,
  hold: { asset: "", amount: Money.zero },
  tradeIds: [],
  createdAt: at,
  updatedAt: at
})
