// The rows that one commit of the journal becomes, table by table, as the statement reads them.
import { Schema } from "effect"
import { AccountSnapshot, type Blindness } from "../../domain/Account.ts"
import type { Balance } from "../../domain/Balance.ts"
import type { CallRecord } from "../../domain/CallRecord.ts"
import type { Command } from "../../domain/Command.ts"
import { GENESIS } from "../../domain/EventChain.ts"
import type { Fill } from "../../domain/Fill.ts"
import type { AccountId, CommandId, OrderId } from "../../domain/Ids.ts"
import { isClosed, type Order } from "../../domain/Order.ts"
import type { Position } from "../../domain/Position.ts"
import { encodeDecimal, encodeHold, encodeIntent, VERSION } from "../../domain/StoredEvent.ts"
import { chain as chained } from "../../ports/EventHash.ts"
import type { Batch, SubmitItem } from "./JournalBatch.ts"

/**
 * Every row is a JSON array with its columns in this order: names would be half of the text, to be written here and read there for each
 * row. `orders` are new ones, `changes` the next states of known ones.
 */
export const columns = {
  commands: [
    "account_id text",
    "command_id text",
    "user_id text",
    "command jsonb",
    "at bigint",
    "trace_id text",
    "receipt jsonb"
  ],
  heads: ["account_id text", "after_seq bigint"],
  events: [
    "account_id text",
    "seq bigint",
    "at bigint",
    "trace_id text",
    "version smallint",
    "event jsonb",
    "hash bytea"
  ],
  ends: ["account_id text", "seq bigint", "hash bytea"],
  receipts: ["account_id text", "command_id text", "receipt jsonb"],
  orders: [
    "account_id text",
    "order_id text",
    "client_order_id text",
    "user_id text",
    "intent jsonb",
    "created_at bigint",
    "external text",
    "exchange_order_id text",
    "status text",
    "is_open boolean",
    "executed_quantity numeric",
    "executed_quote numeric",
    "hold jsonb",
    "trade_ids jsonb",
    "reason text",
    "updated_at bigint",
    "flights jsonb",
    "resolution jsonb",
    "triggered_at bigint",
    "list jsonb",
    "amends integer",
    "replaces text"
  ],
  changes: [
    "account_id text",
    "order_id text",
    "amended text",
    "exchange_order_id text",
    "status text",
    "is_open boolean",
    "executed_quantity numeric",
    "executed_quote numeric",
    "hold jsonb",
    "trade_ids jsonb",
    "reason text",
    "updated_at bigint",
    "flights jsonb",
    "resolution jsonb",
    "triggered_at bigint",
    "list jsonb",
    "amends integer"
  ],
  calls: [
    "account_id text",
    "order_id text",
    "call text",
    "sent_at bigint",
    "answered_at bigint",
    "outcome text",
    "detail text"
  ],
  blindness: ["account_id text", "since bigint", "reason text"],
  fills: [
    "account_id text",
    "seq bigint",
    "order_id text",
    "trade_id text",
    "symbol text",
    "side text",
    "price numeric",
    "quantity numeric",
    "fee numeric",
    "fee_asset text",
    "liquidity text",
    "at bigint"
  ],
  positions: [
    "account_id text",
    "symbol text",
    "quantity numeric",
    "cost numeric",
    "realised numeric",
    "fees jsonb",
    "seq bigint"
  ],
  balances: ["account_id text", "asset text", "free numeric", "held numeric", "seq bigint"],
  snapshots: ["account_id text", "seq bigint", "snapshot jsonb"]
} as const

export type Table = keyof typeof columns
type Row = ReadonlyArray<unknown>
/** The last event of an account in the commit, and its hash. */
type End = readonly [accountId: AccountId, seq: number, hash: string]
/** A row as JSON already: the text of an event is made once, for its hash and for its row. */
type Text = string
type RowOf<T extends Table> = T extends "ends" ? End : T extends "events" ? Text : Row
export type Rows = { readonly [T in Table]: ReadonlyArray<RowOf<T>> }
type Building = { readonly [T in Table]: Array<RowOf<T>> }

/**
 * Read models keep the last state of a key within the commit: an order that was sent and filled in it is one row. `isHead` tells that
 * the account is known to end there; the others' ends are looked up. `hashAt` gives the hash of the event that a chain goes on from;
 * `undefined` where there is no such event.
 */
export const rowsOf = (
  batch: Batch,
  isHead: (accountId: AccountId, seq: number) => boolean,
  hashAt: (accountId: AccountId, seq: number) => string | undefined
): Rows => {
  const rows: Building = {
    commands: [],
    heads: [],
    events: [],
    ends: [],
    receipts: [],
    orders: [],
    changes: [],
    calls: [],
    blindness: [],
    fills: [],
    positions: [],
    balances: [],
    snapshots: []
  }
  for (const [first] of batch.submits.values()) if (first !== undefined) rows.commands.push(commandRow(first))
  // In the order of the accounts: two processes that meet on the same rows then wait for each other instead of deadlocking.
  const accountIds = [...batch.chains.keys()].toSorted((a, b) => (a < b ? -1 : 1))
  for (const accountId of accountIds) {
    const chain = batch.chains.get(accountId) ?? []
    const afterSeq = chain[0]?.append.afterSeq ?? 0
    // A step without events cannot collide with anybody's, so its place is always looked up.
    const collides = chain.every((item) => item.append.updates.length > 0)
    const hash = afterSeq === 0 ? GENESIS : hashAt(accountId, afterSeq)
    // No account ends there: the step is refused, even if the event that it follows on is written meanwhile.
    if (hash === undefined && hasEvents(chain)) rows.heads.push([accountId, -1])
    else if (!collides || !isHead(accountId, afterSeq)) rows.heads.push([accountId, afterSeq])
    addChain(rows, accountId, chain, hash ?? GENESIS)
  }
  return rows
}

type Chain = Batch["chains"] extends ReadonlyMap<AccountId, infer Chain> ? Chain : never

export const hasEvents = (chain: Chain): boolean => chain.some(({ append }) => append.updates.length > 0)

/** The last state of a key within a commit, and where it was reached; only that is written. */
interface Last<A> {
  readonly seq: number
  readonly state: A
}

const addChain = (rows: Building, accountId: AccountId, chain: Chain, before: string): void => {
  let end: readonly [seq: number, hash: string] | undefined
  const decided = new Set<CommandId>()
  const created = new Set<OrderId>()
  const amended = new Set<OrderId>()
  const orders = new Map<OrderId, Order>()
  let blindness: Blindness | null | undefined
  const positions = new Map<string, Last<Position>>()
  const balances = new Map<string, Last<Balance>>()
  for (const { append } of chain) {
    for (const receipt of append.receipts) {
      if (decided.has(receipt.commandId)) continue
      decided.add(receipt.commandId)
      rows.receipts.push([accountId, receipt.commandId, receipt])
    }
    for (const call of append.calls ?? []) rows.calls.push([accountId, ...callRow(call)])
    for (const update of append.updates) {
      const { at, balances: changed, blind, event, order, position, seq, traceId } = update
      const link = chained(end?.[1] ?? before, accountId, update)
      rows.events.push(
        `[${JSON.stringify(accountId)},${seq},${at},${JSON.stringify(traceId)},${VERSION},${link.event},"${link.hash}"]`
      )
      end = [seq, link.hash]
      if (order !== undefined) {
        if (BEGINNINGS.has(event._tag)) created.add(order.orderId)
        if (event._tag === "OrderAmended" || event._tag === "OrderSized") amended.add(order.orderId)
        if (event._tag === "OrderFilled") rows.fills.push(fillRow(accountId, seq, order, event.fill))
        orders.set(order.orderId, order)
      }
      if (position !== undefined) positions.set(position.symbol, { seq, state: position })
      for (const balance of changed) balances.set(balance.asset, { seq, state: balance })
      if (blind !== undefined) blindness = blind
    }
    const { snapshot } = append
    if (snapshot !== undefined) rows.snapshots.push([accountId, snapshot.seq, encodeSnapshot(snapshot)])
  }
  if (end !== undefined) rows.ends.push([accountId, ...end])
  if (blindness !== undefined) rows.blindness.push([accountId, blindness?.since, blindness?.reason])
  for (const [orderId, order] of orders) {
    if (created.has(orderId)) rows.orders.push(orderRow(accountId, order))
    else
      rows.changes.push([
        accountId,
        orderId,
        amended.has(orderId) ? encodeDecimal(order.intent.quantity) : null,
        ...progressOf(order),
        ...rareOf(order.list, order.amends)
      ])
  }
  for (const { seq, state } of positions.values()) rows.positions.push(positionRow(accountId, seq, state))
  for (const { seq, state } of balances.values()) {
    rows.balances.push([accountId, state.asset, encodeDecimal(state.free), encodeDecimal(state.held), seq])
  }
}

/** Events that begin an order. */
const BEGINNINGS: ReadonlySet<string> = new Set(["OrderSubmitted", "OrderDenied", "OrderAdopted"])

const callRow = ({ answeredAt, call, detail, orderId, outcome, sentAt }: CallRecord): Row => [
  orderId,
  call,
  sentAt,
  answeredAt,
  outcome,
  detail
]

const encodeSnapshot = Schema.encodeSync(AccountSnapshot)

/** By hand like an event, and tested like it. */
export const encodeCommand = (command: Command): typeof Command.Encoded =>
  command._tag === "PlaceOrder"
    ? { ...command, intent: encodeIntent(command.intent) }
    : command._tag === "ReplaceOrder"
      ? encodeReplace(command)
      : command._tag === "AmendOrder"
        ? { ...command, quantity: encodeDecimal(command.quantity) }
        : command._tag === "PlaceList"
          ? { ...command, legs: command.legs.map((leg) => ({ ...leg, intent: encodeIntent(leg.intent) })) }
          : command

const encodeReplace = ({ executedQuantity, ...command }: Extract<Command, { readonly _tag: "ReplaceOrder" }>) => ({
  ...command,
  intent: encodeIntent(command.intent),
  ...(executedQuantity === undefined ? {} : { executedQuantity: encodeDecimal(executedQuantity) })
})

const commandRow = ({ envelope: { accountId, at, command, commandId, traceId, userId }, refused }: SubmitItem): Row => [
  accountId,
  commandId,
  userId,
  encodeCommand(command),
  at,
  traceId,
  refused
]

const orderRow = (accountId: AccountId, order: Order): Row => [
  accountId,
  order.orderId,
  order.clientOrderId,
  order.userId,
  encodeIntent(order.intent),
  order.createdAt,
  order.external,
  ...progressOf(order),
  ...rareOf(order.list, order.amends, order.replaces)
]

/** The columns of an order that change as it goes on. */
const progressOf = (order: Order): Row => [
  order.exchangeOrderId,
  order.status,
  !isClosed(order.status),
  encodeDecimal(order.executedQuantity),
  encodeDecimal(order.executedQuote),
  encodeHold(order.hold),
  order.tradeIds,
  order.reason,
  order.updatedAt,
  order.flights?.map((flight) =>
    flight.quantity === undefined ? flight : { ...flight, quantity: encodeDecimal(flight.quantity) }
  ),
  order.resolution,
  order.triggeredAt
]

/** What few orders have: last, and left out where there is none. A row that is shorter says so as well. */
const rareOf = (...values: Row): Row => values.slice(0, values.findLastIndex((value) => value !== undefined) + 1)

const fillRow = (accountId: AccountId, seq: number, { intent, orderId }: Order, fill: Fill): Row => [
  accountId,
  seq,
  orderId,
  fill.tradeId,
  intent.symbol,
  intent.side,
  encodeDecimal(fill.price),
  encodeDecimal(fill.quantity),
  encodeDecimal(fill.fee),
  fill.feeAsset,
  fill.liquidity,
  fill.at
]

const positionRow = (accountId: AccountId, seq: number, position: Position): Row => [
  accountId,
  position.symbol,
  encodeDecimal(position.quantity),
  encodeDecimal(position.cost),
  encodeDecimal(position.realised),
  Object.fromEntries(Object.entries(position.fees).map(([asset, fee]) => [asset, encodeDecimal(fee)])),
  seq
]
