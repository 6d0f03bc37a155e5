// The bus between processes: names and messages. JSON text, decimals as strings, times epoch milliseconds.
import * as Schema from "effect/Schema"
import { type AccountUpdate, Blindness } from "../domain/Account.ts"
import { Balance } from "../domain/Balance.ts"
import { type Interval, intervals } from "../domain/Candle.ts"
import { Envelope } from "../domain/Command.ts"
import { Event } from "../domain/Event.ts"
import { ExchangeState } from "../domain/ExchangeState.ts"
import { AccountId } from "../domain/Ids.ts"
import { Instrument } from "../domain/Instrument.ts"
import type { MarketUpdate } from "../domain/MarketUpdate.ts"
import * as Money from "../domain/Money.ts"
import { Staleness } from "../domain/Staleness.ts"
import { Stop } from "../domain/Stop.ts"
import { type Intent, Order, OrderStatus, priceOf, Side } from "../domain/Order.ts"
import { Position } from "../domain/Position.ts"

/** Stream of one lane's commands. Each entry has one field, `ENVELOPE_FIELD`, with an `Envelope`. */
export const orderSubmit = (lane: number): string => `commands:order:submit:${lane}`
export const ENVELOPE_FIELD = "envelope"
/** The consumer group of every lane. */
export const EXECUTORS = "executors"

/** Pub/Sub: one `OrderStatusMessage` each time an order changes. For programs outside the desk. */
export const ORDER_STATUS = "events:order:status"
/** Pub/Sub: `AccountsMessage`, everything that changed in any account, between our own processes. */
export const ACCOUNTS = "events:account"
/** Pub/Sub: `MarketMessage`, every change of the processed market, between our own processes. */
export const MARKET = "events:market"

/** Pub/Sub: `ExchangeMessage`, how an executor stands with the exchange, between our own processes. */
export const EXCHANGE = "events:exchange"

/** Pub/Sub: `StopMessage`, that the exchange wants nothing from an address for a while, between our own processes. */
export const STOPS = "events:stops"
/** Key with a `StopMessage`, which lasts as long as the stop: for a process that comes later. */
export const stopOf = (address: string): string => `exchange:stop:${address}`

/** Key with a `BadgeMessage`: which market is showing. */
export const MARKET_BADGE = "market:badge"
/** Key with an `InstrumentsMessage`. */
export const MARKET_INSTRUMENTS = "market:instruments"
/** Hash by symbol of `LastMessage`: where the market stands, for a process that comes later than its last change. */
export const MARKET_LAST = "market:last"
/** Sorted set of `CandleMessage`, scored by open time. The candle in progress is the last. */
export const klines = (symbol: string, interval: Interval): string => `market:klines:${symbol}:${interval}`
/** Candles a set holds; older ones are trimmed. */
export const KLINES_KEPT = 1500

export const EnvelopeMessage = Schema.fromJsonString(Envelope)

export const OrderStatusMessage = Schema.Struct({
  orderId: Schema.String,
  /** Who asked for the order; the account where that is not known. */
  userId: Schema.String,
  status: OrderStatus,
  symbol: Schema.String,
  side: Side,
  quantity: Schema.String,
  /** Limit price; null for an order without one. */
  price: Schema.NullOr(Schema.String),
  timestamp: Schema.Finite
})
export type OrderStatusMessage = typeof OrderStatusMessage.Type

/** What `update` is to an outside listener; `undefined` where it changed no order. */
export const orderStatus = ({ accountId, at, order }: AccountUpdate): OrderStatusMessage | undefined =>
  order === undefined
    ? undefined
    : {
        orderId: order.orderId,
        userId: order.userId ?? accountId,
        status: order.status,
        symbol: order.intent.symbol,
        side: order.intent.side,
        quantity: Money.format(order.intent.quantity),
        price: limitOf(order.intent),
        timestamp: at
      }

const limitOf = (intent: Intent): string | null => {
  const price = priceOf(intent)
  return price === undefined ? null : Money.format(price)
}

const AccountUpdateMessage = Schema.Struct({
  accountId: AccountId,
  seq: Schema.Int,
  at: Schema.Finite,
  traceId: Schema.String,
  event: Event,
  order: Schema.optionalKey(Order),
  balances: Schema.Array(Balance),
  position: Schema.optionalKey(Position),
  blind: Schema.optionalKey(Schema.NullOr(Blindness))
}) satisfies Schema.Codec<AccountUpdate, unknown>

/** `origin` names the sending process, which skips its own messages: its readers have them already. */
export const AccountsMessage = Schema.fromJsonString(
  Schema.Struct({
    origin: Schema.String,
    updates: Schema.Array(AccountUpdateMessage),
    /** The sender could not send some earlier updates: readers must not trust what they hold. */
    missed: Schema.optionalKey(Schema.Boolean)
  })
)

export const ExchangeMessage = Schema.fromJsonString(Schema.Struct({ origin: Schema.String, state: ExchangeState }))

export const StopMessage = Schema.fromJsonString(Schema.Struct({ origin: Schema.String, stop: Stop }))

const Level = Schema.Struct({ ticks: Schema.Int, lots: Schema.Int })

const Candle = Schema.Struct({
  openTime: Schema.Finite,
  closeTime: Schema.Finite,
  open: Schema.Int,
  high: Schema.Int,
  low: Schema.Int,
  close: Schema.Int,
  volume: Schema.Int,
  quoteUnits: Schema.BigIntFromString,
  trades: Schema.Int,
  takerBuyVolume: Schema.Int
})
export const CandleMessage = Schema.fromJsonString(Candle)

const MarketUpdateMessage = Schema.TaggedUnion({
  Price: {
    quote: Schema.Struct({
      symbol: Schema.String,
      last: Schema.optionalKey(Schema.Int),
      bid: Schema.optionalKey(Level),
      ask: Schema.optionalKey(Level),
      synced: Schema.Boolean,
      at: Schema.Finite,
      stale: Schema.optionalKey(Staleness)
    })
  },
  Trade: {
    trade: Schema.Struct({
      symbol: Schema.String,
      tradeId: Schema.String,
      ticks: Schema.Int,
      lots: Schema.Int,
      takerSide: Side,
      at: Schema.Finite
    })
  },
  Kline: {
    symbol: Schema.String,
    interval: Schema.Literals(intervals),
    candle: Candle,
    closed: Schema.Boolean
  },
  Book: {
    symbol: Schema.String,
    updateId: Schema.Int,
    bids: Schema.Array(Level),
    asks: Schema.Array(Level),
    synced: Schema.Boolean,
    at: Schema.Finite
  }
}) satisfies Schema.Codec<MarketUpdate, unknown>

export const MarketMessage = Schema.fromJsonString(
  Schema.Struct({ origin: Schema.String, updates: Schema.Array(MarketUpdateMessage) })
)

/** The newest `Price` and `Book` of one symbol. */
export const LastMessage = Schema.fromJsonString(Schema.Array(MarketUpdateMessage))

export const BadgeMessage = Schema.fromJsonString(
  Schema.Struct({
    kind: Schema.Literals(["live", "sim", "replay"]),
    label: Schema.String,
    notice: Schema.optionalKey(Schema.String)
  })
)

export const InstrumentsMessage = Schema.fromJsonString(Schema.Array(Instrument))
