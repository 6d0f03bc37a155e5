// The rows that one commit of the journal becomes, table by table, as the statement reads them.
import { Schema } from "effect"
import { AccountSnapshot } from "../../domain/Account.ts"
import type { Balance } from "../../domain/Balance.ts"
import type { Command, Envelope } from "../../domain/Command.ts"
import { Event } from "../../domain/Event.ts"
import type { Fill } from "../../domain/Fill.ts"
import type { AccountId, CommandId, OrderId } from "../../domain/Ids.ts"
import * as Money from "../../domain/Money.ts"
import { type Hold, type Intent, isClosed, type Order } from "../../domain/Order.ts"
import type { Position } from "../../domain/Position.ts"
import type { Batch } from "./JournalBatch.ts"

/**
 * Every row is a JSON array with its columns in this order: names would be half of the text, to be written here and read there for each
 * row. `orders` are new ones, `changes` the next states of known ones.
 */
export const columns = {
  commands: ["account_id text", "command_id text", "user_id text", "command jsonb", "at bigint", "trace_id text"],
  heads: ["account_id text", "after_seq bigint"],
  events: ["account_id text", "seq bigint", "at bigint", "trace_id text", "event jsonb"],
  receipts: ["account_id text", "command_id text", "receipt jsonb"],
  orders: [
    "account_id text",
    "order_id text",
    "client_order_id text",
    "user_id text",
    "intent jsonb",
    "created_at bigint",
    "exchange_order_id text",
    "status text",
    "is_open boolean",
    "executed_quantity numeric",
    "executed_quote numeric",
    "hold jsonb",
    "trade_ids jsonb",
    "reason text",
    "updated_at bigint"
  ],
  changes: [
    "account_id text",
    "order_id text",
    "exchange_order_id text",
    "status text",
    "is_open boolean",
    "executed_quantity numeric",
    "executed_quote numeric",
    "hold jsonb",
    "trade_ids jsonb",
    "reason text",
    "updated_at bigint"
  ],
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
export type Rows = Readonly<Record<Table, ReadonlyArray<Row>>>

/**
 * Read models keep the last state of a key within the commit: an order that was sent and filled in it is one row. `isHead` tells that
 * the account is known to end there; the others' ends are looked up.
 */
export const rowsOf = (batch: Batch, isHead: (accountId: AccountId, seq: number) => boolean): Rows => {
  const rows: Record<Table, Array<Row>> = {
    commands: [],
    heads: [],
    events: [],
    receipts: [],
    orders: [],
    changes: [],
    fills: [],
    positions: [],
    balances: [],
    snapshots: []
  }
  for (const [first] of batch.submits.values()) if (first !== undefined) rows.commands.push(commandRow(first.envelope))
  // In the order of the accounts: two processes that meet on the same rows then wait for each other instead of deadlocking.
  const accountIds = [...batch.chains.keys()].toSorted((a, b) => (a < b ? -1 : 1))
  for (const accountId of accountIds) {
    const chain = batch.chains.get(accountId) ?? []
    const afterSeq = chain[0]?.append.afterSeq ?? 0
    // A step without events cannot collide with anybody's, so its place is always looked up.
    const collides = chain.every((item) => item.append.updates.length > 0)
    if (!collides || !isHead(accountId, afterSeq)) rows.heads.push([accountId, afterSeq])
    addChain(rows, accountId, chain)
  }
  return rows
}

/** The last state of a key within a commit, and where it was reached; only that is written. */
interface Last<A> {
  readonly seq: number
  readonly state: A
}

const addChain = (
  rows: Record<Table, Array<Row>>,
  accountId: AccountId,
  chain: Batch["chains"] extends ReadonlyMap<AccountId, infer Chain> ? Chain : never
): void => {
  const decided = new Set<CommandId>()
  const created = new Set<OrderId>()
  const orders = new Map<OrderId, Order>()
  const positions = new Map<string, Last<Position>>()
  const balances = new Map<string, Last<Balance>>()
  for (const { append } of chain) {
    for (const receipt of append.receipts) {
      if (decided.has(receipt.commandId)) continue
      decided.add(receipt.commandId)
      rows.receipts.push([accountId, receipt.commandId, receipt])
    }
    for (const { at, balances: changed, event, order, position, seq, traceId } of append.updates) {
      rows.events.push([accountId, seq, at, traceId, encodeEvent(event)])
      if (order !== undefined) {
        if (event._tag === "OrderSubmitted" || event._tag === "OrderDenied") created.add(order.orderId)
        if (event._tag === "OrderFilled") rows.fills.push(fillRow(accountId, seq, order, event.fill))
        orders.set(order.orderId, order)
      }
      if (position !== undefined) positions.set(position.symbol, { seq, state: position })
      for (const balance of changed) balances.set(balance.asset, { seq, state: balance })
    }
    const { snapshot } = append
    if (snapshot !== undefined) rows.snapshots.push([accountId, snapshot.seq, encodeSnapshot(snapshot)])
  }
  for (const [orderId, order] of orders) {
    if (created.has(orderId)) rows.orders.push(orderRow(accountId, order))
    else rows.changes.push([accountId, orderId, ...progressOf(order)])
  }
  for (const { seq, state } of positions.values()) rows.positions.push(positionRow(accountId, seq, state))
  for (const { seq, state } of balances.values()) {
    rows.balances.push([accountId, state.asset, plain(state.free), plain(state.held), seq])
  }
}

// What every order writes is encoded by hand, at a third of the cost; that it is what the schemas would write, or refuse, is tested.

/** Throws on what could not be read back: more than 20 digits on a side. */
const plain = (value: Money.Decimal): string => {
  const text = Money.format(value)
  if (text.length > 20 && Money.parse(text) === undefined) throw new Error(`${text} has too many digits to be stored`)
  return text
}

const encodeIntent = (intent: Intent): typeof Intent.Encoded =>
  intent.type === "MARKET"
    ? { ...intent, quantity: plain(intent.quantity) }
    : { ...intent, quantity: plain(intent.quantity), price: plain(intent.price) }

const encodeHold = ({ amount, asset }: Hold): typeof Hold.Encoded => ({ asset, amount: plain(amount) })

const encodeFill = (fill: Fill): typeof Fill.Encoded => ({
  ...fill,
  price: plain(fill.price),
  quantity: plain(fill.quantity),
  fee: plain(fill.fee)
})

const encodeRare = Schema.encodeSync(Event)
const encodeSnapshot = Schema.encodeSync(AccountSnapshot)

export const encodeCommand = (command: Command): typeof Command.Encoded =>
  command._tag === "PlaceOrder" ? { ...command, intent: encodeIntent(command.intent) } : command

export const encodeEvent = (event: Event): typeof Event.Encoded => {
  switch (event._tag) {
    case "OrderSubmitted":
      return { ...event, intent: encodeIntent(event.intent), hold: encodeHold(event.hold) }
    case "OrderAccepted":
      return event
    case "OrderFilled":
      return { ...event, fill: encodeFill(event.fill) }
    default:
      return encodeRare(event)
  }
}

const commandRow = ({ accountId, at, command, commandId, traceId, userId }: Envelope): Row => [
  accountId,
  commandId,
  userId,
  encodeCommand(command),
  at,
  traceId
]

const orderRow = (accountId: AccountId, order: Order): Row => [
  accountId,
  order.orderId,
  order.clientOrderId,
  order.userId,
  encodeIntent(order.intent),
  order.createdAt,
  ...progressOf(order)
]

/** The columns of an order that change as it goes on. */
const progressOf = (order: Order): Row => [
  order.exchangeOrderId,
  order.status,
  !isClosed(order.status),
  plain(order.executedQuantity),
  plain(order.executedQuote),
  encodeHold(order.hold),
  order.tradeIds,
  order.reason,
  order.updatedAt
]

const fillRow = (accountId: AccountId, seq: number, { intent, orderId }: Order, fill: Fill): Row => [
  accountId,
  seq,
  orderId,
  fill.tradeId,
  intent.symbol,
  intent.side,
  plain(fill.price),
  plain(fill.quantity),
  plain(fill.fee),
  fill.feeAsset,
  fill.liquidity,
  fill.at
]

const positionRow = (accountId: AccountId, seq: number, position: Position): Row => [
  accountId,
  position.symbol,
  plain(position.quantity),
  plain(position.cost),
  plain(position.realised),
  Object.fromEntries(Object.entries(position.fees).map(([asset, fee]) => [asset, plain(fee)])),
  seq
]
