// The paper exchange's records as rows. Written by hand, because every paper order passes here: short keys, and what most orders do
// not have is left out. Read by schema.
import { Schema } from "effect"
import { Side, TimeInForce } from "../../domain/Order.ts"
import { selfTradePreventions } from "../../domain/matching/Listing.ts"
import type {
  AmendmentRecord,
  JournalEntry,
  ListRecord,
  OrderRecord,
  PaperCommit,
  PreventedRecord,
  TradeRecord
} from "../../ports/PaperJournal.ts"

/** The rows of one commit by table, each table one JSON array; a table without rows is not there. */
export type Rows = Partial<Record<Table, string>>
export type Table = "entries" | "orders" | "trades" | "lists" | "amendments" | "prevented" | "snapshot"

export const rowsOf = (commit: PaperCommit): Rows => {
  const rows: Rows = {}
  const add = <A>(table: Table, records: ReadonlyArray<A>, rowOf: (record: A) => object) => {
    if (records.length > 0) rows[table] = JSON.stringify(records.map(rowOf))
  }
  add("entries", commit.entries, entryRow)
  // A statement may touch a row once: the last state of it stands for all.
  add(
    "orders",
    lastOf(commit.orders, (order) => order.orderId),
    orderRow
  )
  add("trades", commit.trades, tradeRow)
  add(
    "lists",
    lastOf(commit.lists, (list) => list.listId),
    listRow
  )
  add("amendments", commit.amendments, amendmentRow)
  add("prevented", commit.prevented, preventedRow)
  add("snapshot", commit.snapshot === undefined ? [] : [commit.snapshot], ({ hash, seq, state }) => ({
    q: seq,
    h: hash,
    b: state
  }))
  return rows
}

const lastOf = <A>(records: ReadonlyArray<A>, idOf: (record: A) => number): ReadonlyArray<A> =>
  records.length < 2 ? records : [...new Map(records.map((record) => [idOf(record), record])).values()]

const entryRow = ({ at, body, seq }: JournalEntry) => ({ q: seq, t: at, b: body })

/** What equals this is not written. */
const unless = <A>(value: A, usual: A): A | undefined => (value === usual ? undefined : value)
const unlessZero = (amount: bigint): string | undefined => (amount === 0n ? undefined : String(amount))

const orderRow = (order: OrderRecord) => ({
  a: order.account,
  s: order.symbol,
  i: order.orderId,
  c: order.clientOrderId,
  t: order.createdAt,
  b: {
    s: order.side,
    t: order.type,
    f: unless(order.timeInForce, "GTC"),
    x: order.status,
    n: order.lots,
    p: unless(order.ticks, 0),
    q: unlessZero(order.quote),
    st: unless(order.stopTicks, 0),
    tb: unless(order.trailingBips, 0),
    ib: unless(order.icebergLots, 0),
    stp: unless(order.stp, "EXPIRE_MAKER"),
    si: order.strategyId,
    sy: order.strategyType,
    l: unless(order.listId, -1),
    e: unless(order.executedLots, 0),
    eq: unlessZero(order.executedQuote),
    pl: unless(order.preventedLots, 0),
    w: order.working ? undefined : 0,
    // Most orders work from the moment they come.
    wt: unless(order.workingAt, order.createdAt),
    tt: unless(order.trailingAt, -1),
    u: unless(order.updatedAt, order.createdAt),
    er: order.expiry
  }
})

const tradeRow = (trade: TradeRecord) => ({
  a: trade.account,
  s: trade.symbol,
  i: trade.tradeId,
  o: trade.orderId,
  t: trade.at,
  b: {
    p: trade.ticks,
    n: trade.lots,
    q: String(trade.quote),
    c: String(trade.commission),
    ca: trade.commissionAsset,
    l: unless(trade.listId, -1),
    b: trade.buyer ? 1 : 0,
    m: trade.maker ? 1 : 0,
    w: trade.cause
  }
})

const listRow = ({ account, at, listClientOrderId, listId, ...body }: ListRecord) => ({
  a: account,
  i: listId,
  c: listClientOrderId,
  t: at,
  b: body
})

const amendmentRow = ({ account, at, executionId, orderId, symbol, ...body }: AmendmentRecord) => ({
  a: account,
  s: symbol,
  o: orderId,
  i: executionId,
  t: at,
  b: body
})

const preventedRow = ({ account, preventedMatchId, symbol, takerOrderId, ...body }: PreventedRecord) => ({
  a: account,
  s: symbol,
  i: preventedMatchId,
  o: takerOrderId,
  b: body
})

const Flag = Schema.Literals([0, 1])
const AmountText = Schema.String.check(Schema.isPattern(/^-?\d{1,40}$/))

const StoredOrder = Schema.Struct({
  account: Schema.String,
  symbol: Schema.String,
  orderId: Schema.Int,
  clientOrderId: Schema.String,
  createdAt: Schema.Int,
  body: Schema.Struct({
    s: Side,
    t: Schema.Literals([
      "LIMIT",
      "LIMIT_MAKER",
      "MARKET",
      "STOP_LOSS",
      "STOP_LOSS_LIMIT",
      "TAKE_PROFIT",
      "TAKE_PROFIT_LIMIT"
    ]),
    f: Schema.optionalKey(TimeInForce),
    x: Schema.Literals([
      "PENDING_NEW",
      "NEW",
      "PARTIALLY_FILLED",
      "FILLED",
      "CANCELED",
      "REJECTED",
      "EXPIRED",
      "EXPIRED_IN_MATCH"
    ]),
    n: Schema.Int,
    p: Schema.optionalKey(Schema.Int),
    q: Schema.optionalKey(AmountText),
    st: Schema.optionalKey(Schema.Int),
    tb: Schema.optionalKey(Schema.Int),
    ib: Schema.optionalKey(Schema.Int),
    stp: Schema.optionalKey(Schema.Literals(selfTradePreventions)),
    si: Schema.optionalKey(Schema.Int),
    sy: Schema.optionalKey(Schema.Int),
    l: Schema.optionalKey(Schema.Int),
    e: Schema.optionalKey(Schema.Int),
    eq: Schema.optionalKey(AmountText),
    pl: Schema.optionalKey(Schema.Int),
    w: Schema.optionalKey(Flag),
    wt: Schema.optionalKey(Schema.Int),
    tt: Schema.optionalKey(Schema.Int),
    u: Schema.optionalKey(Schema.Int),
    er: Schema.optionalKey(
      Schema.Literals([
        "REJECTED",
        "EXCHANGE_CANCELED",
        "OCO_TRIGGER",
        "OTO_PHASE_ONE_EXPIRED",
        "UNFILLED_IOC_QUANTITY_EXPIRED",
        "UNFILLED_FOK_ORDER_EXPIRED",
        "INSUFFICIENT_LIQUIDITY"
      ])
    )
  })
})

export const decodeOrders = Schema.decodeUnknownEffect(Schema.Array(StoredOrder))

export const orderOf = ({ body, ...row }: typeof StoredOrder.Type): OrderRecord => ({
  ...row,
  side: body.s,
  type: body.t,
  timeInForce: body.f ?? "GTC",
  status: body.x,
  lots: body.n,
  ticks: body.p ?? 0,
  quote: BigInt(body.q ?? 0),
  stopTicks: body.st ?? 0,
  trailingBips: body.tb ?? 0,
  icebergLots: body.ib ?? 0,
  stp: body.stp ?? "EXPIRE_MAKER",
  ...(body.si === undefined ? {} : { strategyId: body.si }),
  ...(body.sy === undefined ? {} : { strategyType: body.sy }),
  listId: body.l ?? -1,
  executedLots: body.e ?? 0,
  executedQuote: BigInt(body.eq ?? 0),
  preventedLots: body.pl ?? 0,
  working: body.w !== 0,
  workingAt: body.wt ?? row.createdAt,
  trailingAt: body.tt ?? -1,
  updatedAt: body.u ?? row.createdAt,
  expiry: body.er
})

const StoredTrade = Schema.Struct({
  account: Schema.String,
  symbol: Schema.String,
  tradeId: Schema.Int,
  orderId: Schema.Int,
  at: Schema.Int,
  body: Schema.Struct({
    p: Schema.Int,
    n: Schema.Int,
    q: AmountText,
    c: AmountText,
    ca: Schema.String,
    l: Schema.optionalKey(Schema.Int),
    b: Flag,
    m: Flag,
    w: Schema.Literals(["walked", "queue", "through", "crossed"])
  })
})

export const decodeTrades = Schema.decodeUnknownEffect(Schema.Array(StoredTrade))

export const tradeOf = ({ body, ...row }: typeof StoredTrade.Type): TradeRecord => ({
  ...row,
  listId: body.l ?? -1,
  ticks: body.p,
  lots: body.n,
  quote: BigInt(body.q),
  commission: BigInt(body.c),
  commissionAsset: body.ca,
  buyer: body.b === 1,
  maker: body.m === 1,
  cause: body.w
})

const StoredList = Schema.Struct({
  account: Schema.String,
  listId: Schema.Int,
  listClientOrderId: Schema.String,
  at: Schema.Int,
  body: Schema.Struct({
    symbol: Schema.String,
    contingency: Schema.Literals(["OCO", "OTO"]),
    statusType: Schema.Literals(["RESPONSE", "EXEC_STARTED", "UPDATED", "ALL_DONE"]),
    status: Schema.Literals(["EXECUTING", "ALL_DONE", "REJECT"]),
    orders: Schema.Array(Schema.Struct({ orderId: Schema.Int, clientOrderId: Schema.String }))
  })
})

export const decodeLists = Schema.decodeUnknownEffect(Schema.Array(StoredList))
export const listOf = ({ body, ...row }: typeof StoredList.Type): ListRecord => ({ ...row, ...body })

const StoredAmendment = Schema.Struct({
  account: Schema.String,
  symbol: Schema.String,
  orderId: Schema.Int,
  executionId: Schema.Int,
  at: Schema.Int,
  body: Schema.Struct({
    originalClientOrderId: Schema.String,
    newClientOrderId: Schema.String,
    originalLots: Schema.Int,
    newLots: Schema.Int
  })
})

export const decodeAmendments = Schema.decodeUnknownEffect(Schema.Array(StoredAmendment))
export const amendmentOf = ({ body, ...row }: typeof StoredAmendment.Type): AmendmentRecord => ({ ...row, ...body })

const StoredPrevented = Schema.Struct({
  account: Schema.String,
  symbol: Schema.String,
  preventedMatchId: Schema.Int,
  takerOrderId: Schema.Int,
  body: Schema.Struct({
    makerOrderId: Schema.Int,
    stp: Schema.String,
    ticks: Schema.Int,
    lots: Schema.Int,
    at: Schema.Int
  })
})

export const decodePrevented = Schema.decodeUnknownEffect(Schema.Array(StoredPrevented))
export const preventedOf = ({ body, ...row }: typeof StoredPrevented.Type): PreventedRecord => ({ ...row, ...body })
