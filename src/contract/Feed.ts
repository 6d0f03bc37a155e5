// The feed: one WebSocket a user at `/ws` (also `/prices`). JSON text frames; a frame may hold one message or an array of them.
import * as Schema from "effect/Schema"
import type { Interval } from "../domain/Candle.ts"
import type { Staleness } from "../domain/Staleness.ts"
import type { BadgeView, BalanceView, BlindView, CandleView, OrderView, PositionView, PrivateMessage } from "./Views.ts"

/** Topics a client subscribes to. Private updates need no subscription: they follow from the token. */
export type Topic = `price:${string}` | `book:${string}` | `trade:${string}` | `kline:${string}:${Interval}`

/** Topics one socket may hold; more are refused with an ERROR. */
export const MAX_TOPICS = 100
/** Bytes of one client message; a longer one closes the socket with 1009. */
export const MAX_CLIENT_MESSAGE = 16_384

const TopicName = Schema.String.check(
  Schema.isPattern(/^(?:price|book|trade):[A-Z0-9]{1,20}$|^kline:[A-Z0-9]{1,20}:[0-9]{1,2}[smhdwM]$/, {
    expected: "price:SYMBOL, book:SYMBOL, trade:SYMBOL or kline:SYMBOL:INTERVAL"
  })
)

/**
 * What a client may say. AUTH carries the token where it is not in `?token=`; `from` is the last `seq` the client has seen (also
 * `?from=`): updates after it follow without a gap, or a SNAPSHOT where they are too many.
 */
export const ClientMessage = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("AUTH"),
    token: Schema.String,
    accountId: Schema.optionalKey(Schema.String),
    from: Schema.optionalKey(Schema.Int)
  }),
  Schema.Struct({ type: Schema.Literal("SUBSCRIBE"), topics: Schema.Array(TopicName) }),
  Schema.Struct({ type: Schema.Literal("UNSUBSCRIBE"), topics: Schema.Array(TopicName) }),
  Schema.Struct({ type: Schema.Literal("PING") })
])
export type ClientMessage = typeof ClientMessage.Type

export interface PriceView {
  readonly symbol: string
  readonly price: string | null
  readonly bid: string | null
  readonly bidQuantity: string | null
  readonly ask: string | null
  readonly askQuantity: string | null
  /** False while the book cannot be known: show the numbers dimmed. */
  readonly synced: boolean
  readonly at: number
  /** Set while nobody should act on these numbers: why, and when its book was last heard of. `domain/Staleness.ts` has the sentence. */
  readonly stale: Staleness | null
}

/** Best first: `[price, quantity]`. */
export interface BookView {
  readonly symbol: string
  readonly updateId: number
  readonly bids: ReadonlyArray<readonly [string, string]>
  readonly asks: ReadonlyArray<readonly [string, string]>
  readonly synced: boolean
  readonly at: number
}

export interface TradeView {
  readonly symbol: string
  readonly tradeId: string
  readonly price: string
  readonly quantity: string
  /** The taker's side. */
  readonly side: "BUY" | "SELL"
  readonly at: number
}

export interface KlineView extends CandleView {
  readonly symbol: string
  readonly interval: Interval
  readonly closed: boolean
}

/** Everything of an account at one seq; replaces whatever the client held. `orders` are the open ones. */
export interface SnapshotView {
  readonly accountId: string
  readonly orders: ReadonlyArray<OrderView>
  readonly positions: ReadonlyArray<PositionView>
  readonly balances: ReadonlyArray<BalanceView>
  readonly blind: BlindView | null
}

export interface WelcomeView {
  readonly accountId: string | null
  readonly badge: BadgeView
  /** Epoch milliseconds on the server. */
  readonly serverTime: number
}

export type MarketFeedMessage =
  | { readonly type: "PRICE_UPDATE"; readonly data: PriceView }
  | { readonly type: "BOOK_UPDATE"; readonly data: BookView }
  | { readonly type: "KLINE_UPDATE"; readonly data: KlineView }
  | { readonly type: "TRADE"; readonly data: TradeView }

export type ServerMessage =
  | PrivateMessage
  | MarketFeedMessage
  /** First message after the socket opened, and again after AUTH. */
  | { readonly type: "WELCOME"; readonly data: WelcomeView }
  | { readonly type: "SNAPSHOT"; readonly seq: number; readonly data: SnapshotView }
  /** All updates up to `seq` have been sent: the client is level with the server. */
  | { readonly type: "LIVE"; readonly seq: number }
  /** Private updates are delayed or were lost between processes; a SNAPSHOT or LIVE ends it. */
  | { readonly type: "LAGGING"; readonly data: { readonly message: string } }
  | { readonly type: "ERROR"; readonly data: { readonly code: string; readonly message: string } }
  | { readonly type: "PONG"; readonly data: { readonly serverTime: number } }
