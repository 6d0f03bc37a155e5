// The rows that clients may ask for later, from what a command did. Made at once: the engine's own orders go on changing.
import type { Command } from "../../domain/matching/Command.ts"
import type { EngineEvent, Execution, ListStatus } from "../../domain/matching/Event.ts"
import { copyOf, type Order } from "../../domain/matching/Order.ts"
import type {
  AmendmentRecord,
  ListRecord,
  OrderRecord,
  PaperCommit,
  PreventedRecord,
  TradeRecord
} from "../../ports/PaperJournal.ts"

export type ProjectedRows = Pick<PaperCommit, "orders" | "lists" | "trades" | "amendments" | "prevented">

export const NO_ROWS: ProjectedRows = { orders: [], lists: [], trades: [], amendments: [], prevented: [] }

/** `amendedFrom` is what an amended order's lots were before. */
export const project = (events: ReadonlyArray<EngineEvent>, amendedFrom: number | undefined): ProjectedRows => {
  const orders = new Map<number, OrderRecord>()
  const lists: Array<ListRecord> = []
  const trades: Array<TradeRecord> = []
  const amendments: Array<AmendmentRecord> = []
  const prevented: Array<PreventedRecord> = []
  for (const event of events) {
    if (event._tag === "ListStatus") lists.push(listRecord(event))
    if (event._tag !== "Execution") continue
    // Of an order with several executions one copy is enough: it is the same order, as it stands after all of them.
    if (!orders.has(event.order.orderId)) orders.set(event.order.orderId, copyOf(event.order))
    if (event.trade !== undefined) trades.push(tradeRecord(event, event.trade))
    if (event.type === "REPLACED" && amendedFrom !== undefined) amendments.push(amendmentRecord(event, amendedFrom))
    if (event.prevented !== undefined) {
      const record = preventedRecord(event, event.prevented)
      if (!prevented.some(({ preventedMatchId }) => preventedMatchId === record.preventedMatchId))
        prevented.push(record)
    }
  }
  return { orders: [...orders.values()], lists, trades, amendments, prevented }
}

/** The lots an amend starts from, if it is one and its order is open. */
export const amendedLots = (
  command: Command,
  openOrder: (account: string, symbol: string, ref: { orderId?: number; clientOrderId?: string }) => Order | undefined
): number | undefined =>
  command._tag === "Amend" ? openOrder(command.account, command.symbol, command.order)?.lots : undefined

const tradeRecord = ({ at, order }: Execution, trade: NonNullable<Execution["trade"]>): TradeRecord => ({
  account: order.account,
  symbol: order.symbol,
  tradeId: trade.tradeId,
  orderId: order.orderId,
  listId: order.listId,
  ticks: trade.ticks,
  lots: trade.lots,
  quote: trade.quote,
  commission: trade.commission,
  commissionAsset: trade.commissionAsset,
  at,
  buyer: order.side === "BUY",
  maker: trade.maker,
  cause: trade.cause
})

const listRecord = ({ at, list, orders, status, type }: ListStatus): ListRecord => ({
  account: list.account,
  symbol: list.symbol,
  listId: list.listId,
  listClientOrderId: list.listClientOrderId,
  contingency: list.contingency,
  statusType: type,
  status,
  at,
  orders
})

const amendmentRecord = (
  { at, clientOrderId, executionId, lots, order, originalClientOrderId }: Execution,
  originalLots: number
): AmendmentRecord => ({
  account: order.account,
  symbol: order.symbol,
  orderId: order.orderId,
  executionId,
  originalClientOrderId: originalClientOrderId ?? clientOrderId,
  newClientOrderId: clientOrderId,
  originalLots,
  newLots: lots,
  at
})

/** Told of the orders that it changed, of two the taker first: the maker alone is changed by EXPIRE_MAKER only. */
const preventedRecord = (
  { at, order }: Execution,
  { counterOrderId, lots, maker, preventedMatchId, ticks }: NonNullable<Execution["prevented"]>
): PreventedRecord => ({
  account: order.account,
  symbol: order.symbol,
  preventedMatchId,
  takerOrderId: maker ? counterOrderId : order.orderId,
  makerOrderId: maker ? order.orderId : counterOrderId,
  stp: maker ? "EXPIRE_MAKER" : order.stp,
  ticks,
  lots,
  at
})
