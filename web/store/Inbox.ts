// Collects what the socket says between two frames: newest wins per topic, private updates keep their order.
import type { BookView, KlineView, PriceView, ServerMessage, TradeView } from "../../src/contract/Feed.ts"
import type { AccountMessage } from "./Ledger.ts"

export interface Batch {
  readonly prices: Map<string, PriceView>
  readonly books: Map<string, BookView>
  /** By symbol, interval and openTime: a candle that closed and the one that opened after it both count. */
  readonly klines: Map<string, KlineView>
  readonly trades: Array<TradeView>
  readonly account: Array<AccountMessage>
  /** WELCOME, LIVE, LAGGING, ERROR: rare, in order. */
  readonly notes: Array<Exclude<ServerMessage, AccountMessage | { readonly type: `${string}_UPDATE` | "TRADE" }>>
}

export interface Inbox {
  readonly receive: (messages: ReadonlyArray<ServerMessage>) => void
  /** Applies what is waiting, now. */
  readonly flush: () => void
}

/** Trades kept for one flush: as many as the tape shows. Older ones fall out. */
const MAX_TRADES = 200
/** Waiting messages at which the flush is not left to the screen: a hidden page paints no frames. */
const MAX_WAITING = 2_000

const emptyBatch = (): Batch => ({
  prices: new Map(),
  books: new Map(),
  klines: new Map(),
  trades: [],
  account: [],
  notes: []
})

export const makeInbox = (schedule: (flush: () => void) => void, apply: (batch: Batch) => void): Inbox => {
  let batch = emptyBatch()
  let waiting = 0
  let scheduled = false

  const flush = () => {
    scheduled = false
    if (waiting === 0) return
    const full = batch
    batch = emptyBatch()
    waiting = 0
    apply(full)
  }

  const put = (message: ServerMessage) => {
    switch (message.type) {
      case "PRICE_UPDATE":
        return batch.prices.set(message.data.symbol, message.data)
      case "BOOK_UPDATE":
        return batch.books.set(message.data.symbol, message.data)
      case "KLINE_UPDATE": {
        const { symbol, interval, openTime } = message.data
        return batch.klines.set(`${symbol}:${interval}:${openTime}`, message.data)
      }
      case "TRADE":
        batch.trades.push(message.data)
        if (batch.trades.length > MAX_TRADES) batch.trades.shift()
        return
      case "SNAPSHOT":
        // Everything before it is contained in it.
        batch.account.length = 0
        return batch.account.push(message)
      case "ORDER_UPDATE":
      case "BALANCE_UPDATE":
      case "POSITION_UPDATE":
      case "ACCOUNT_UPDATE":
      case "DRIFT":
        return batch.account.push(message)
      case "PONG":
        return
      default:
        return batch.notes.push(message)
    }
  }

  return {
    flush,
    receive: (messages) => {
      for (const message of messages) put(message)
      waiting += messages.length
      if (waiting >= MAX_WAITING) return flush()
      if (scheduled || waiting === 0) return
      scheduled = true
      schedule(flush)
    }
  }
}
