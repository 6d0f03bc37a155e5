// Why our own rules said no. A closed union: every screen, receipt and test names its members, none invents text.
import * as Schema from "effect/Schema"
import { DecimalString, format } from "./Money.ts"
import { ListKind, ListRole } from "./ListLink.ts"
import * as Shut from "./Shut.ts"
import * as Staleness from "./Staleness.ts"
import { StaleWhy } from "./Staleness.ts"
import { OrderType } from "./Order.ts"

export const DenialReason = Schema.TaggedUnion({
  UnknownSymbol: { symbol: Schema.String },
  NotTrading: { symbol: Schema.String },
  QuantityNotPositive: {},
  QuantityTooSmall: { minimum: DecimalString },
  QuantityTooLarge: { maximum: DecimalString },
  QuantityOffStep: { step: DecimalString },
  PriceNotPositive: {},
  PriceTooLow: { minimum: DecimalString },
  PriceTooHigh: { maximum: DecimalString },
  PriceOffTick: { tick: DecimalString },
  OrderTypeNotAllowed: { symbol: Schema.String, type: OrderType },
  QuoteQuantityNotAllowed: { symbol: Schema.String },
  QuoteQuantityNotPositive: {},
  QuoteQuantityOffStep: { step: DecimalString },
  /** A stop order needs a stop price, a trailing delta, or both. */
  StopPriceMissing: {},
  StopPriceNotPositive: {},
  StopPriceOutOfRange: { lowest: DecimalString, highest: DecimalString },
  StopPriceOffTick: { tick: DecimalString },
  TrailingDeltaNotAllowed: { symbol: Schema.String },
  TrailingDeltaOutOfRange: { minimum: Schema.Int, maximum: Schema.Int },
  IcebergNotAllowed: { symbol: Schema.String },
  IcebergNeedsGtc: {},
  IcebergTooSmall: { minimum: DecimalString },
  IcebergTooLarge: { below: DecimalString },
  IcebergOffStep: { step: DecimalString },
  IcebergTooManyParts: { maximum: Schema.Int },
  NotionalTooSmall: { minimum: DecimalString },
  NotionalTooLarge: { maximum: DecimalString },
  PriceOutsideCollar: { lowest: DecimalString, highest: DecimalString },
  InsufficientBalance: { asset: Schema.String, needed: DecimalString, free: DecimalString },
  TooManyOpenOrders: { maximum: Schema.Int },
  TooManyStopOrders: { symbol: Schema.String, maximum: Schema.Int },
  TooManyIcebergOrders: { symbol: Schema.String, maximum: Schema.Int },
  ListNotAllowed: { symbol: Schema.String, kind: ListKind },
  /** An order that may not stand there in a list. */
  ListLegWrong: { role: ListRole },
  ListPricesCrossed: { above: DecimalString, below: DecimalString },
  /** An OCO has one order on each side of the price. */
  ListBesideMarket: { price: DecimalString },
  TooManyOrderLists: { symbol: Schema.String, maximum: Schema.Int },
  /** No price to judge a MARKET order by: the market is not known yet, or it went silent. */
  MarketUnavailable: { symbol: Schema.String },
  /** The price this order would be judged by is old: see domain/Staleness.ts. `heardMillisAgo` is absent where it was never heard. */
  MarketStale: { symbol: Schema.String, why: StaleWhy, heardMillisAgo: Schema.optionalKey(Schema.Finite) },
  /** Waited longer than a person would still want it: decided only after a long outage. */
  TooLate: { waitedMillis: Schema.Int },
  UnknownOrder: {},
  OrderAlreadyClosed: {},
  /** In doubt: a cancel could not be told from the order's own fate. */
  OrderInDoubt: {},
  /** The exchange cannot be seen: what a market order would do now is not known. */
  Blind: { since: Schema.Finite },
  /** The account cannot trade until a person has done something about it. */
  AccountShut: { why: Shut.ShutWhy },
  NotAmendable: {},
  /** Of this order: never there, or as often as is allowed already. */
  AmendNotAllowed: { symbol: Schema.String },
  /** An amend only makes an order smaller, and not smaller than what was executed. */
  AmendOutOfRange: { above: DecimalString, below: DecimalString },
  AmendInFlight: {},
  NotReplaceable: {},
  /** More of it has traded than the caller knew. */
  ReplacedTraded: { executed: DecimalString, known: DecimalString },
  ReplaceNotAllowed: { symbol: Schema.String }
})
export type DenialReason = typeof DenialReason.Type

const PAIR_WANTED =
  "The two orders that end each other need one side and one quantity: where they win a LIMIT_MAKER, TAKE_PROFIT or TAKE_PROFIT_LIMIT, where they lose a STOP_LOSS or STOP_LOSS_LIMIT. A sale wins above the market, a purchase below."
const LEG_WANTED: { readonly [R in typeof ListRole.Type]: string } = {
  working: "The working order of a list must be a LIMIT or a LIMIT_MAKER.",
  pending: "The pending order of a list needs a quantity; a quoteQuantity cannot wait.",
  above: PAIR_WANTED,
  below: PAIR_WANTED
}

/** One sentence a person can act on. */
export const sentence = (reason: DenialReason): string =>
  DenialReason.match(reason, {
    UnknownSymbol: ({ symbol }) => `${symbol} is not traded here. GET /api/market/symbols lists what is.`,
    NotTrading: ({ symbol }) => `${symbol} is not open for trading at the exchange right now.`,
    QuantityNotPositive: () => "The quantity must be greater than zero.",
    QuantityTooSmall: ({ minimum }) => `The quantity is too small: at least ${format(minimum)}.`,
    QuantityTooLarge: ({ maximum }) => `The quantity is too large: at most ${format(maximum)}.`,
    QuantityOffStep: ({ step }) => `The quantity must be a multiple of ${format(step)}.`,
    PriceNotPositive: () => "The price must be greater than zero.",
    PriceTooLow: ({ minimum }) => `The price is too low: at least ${format(minimum)}.`,
    PriceTooHigh: ({ maximum }) => `The price is too high: at most ${format(maximum)}.`,
    PriceOffTick: ({ tick }) => `The price must be a multiple of ${format(tick)}.`,
    OrderTypeNotAllowed: ({ symbol, type }) => `${symbol} takes no orders of the type ${type}.`,
    QuoteQuantityNotAllowed: ({ symbol }) =>
      `${symbol} takes no market orders by quoteQuantity: send the quantity instead.`,
    QuoteQuantityNotPositive: () => "The quoteQuantity must be greater than zero.",
    QuoteQuantityOffStep: ({ step }) => `The quoteQuantity must be a multiple of ${format(step)}.`,
    StopPriceMissing: () => "A stop order needs a stopPrice, a trailingDelta, or both.",
    StopPriceNotPositive: () => "The stopPrice must be greater than zero.",
    StopPriceOutOfRange: ({ lowest, highest }) =>
      `The stopPrice must be between ${format(lowest)} and ${format(highest)}.`,
    StopPriceOffTick: ({ tick }) => `The stopPrice must be a multiple of ${format(tick)}.`,
    TrailingDeltaNotAllowed: ({ symbol }) =>
      `${symbol} takes no trailing stops: send a stopPrice without trailingDelta.`,
    TrailingDeltaOutOfRange: ({ minimum, maximum }) =>
      `The trailingDelta must be between ${minimum} and ${maximum} basis points.`,
    IcebergNotAllowed: ({ symbol }) => `${symbol} takes no iceberg orders: leave icebergQuantity out.`,
    IcebergNeedsGtc: () => "An order with an icebergQuantity must be GTC.",
    IcebergTooSmall: ({ minimum }) => `The icebergQuantity is too small: at least ${format(minimum)}.`,
    IcebergTooLarge: ({ below }) => `The icebergQuantity must be less than the quantity, ${format(below)}.`,
    IcebergOffStep: ({ step }) => `The icebergQuantity must be a multiple of ${format(step)}.`,
    IcebergTooManyParts: ({ maximum }) =>
      `The icebergQuantity is too small for this quantity: the order may show in at most ${maximum} parts.`,
    NotionalTooSmall: ({ minimum }) => `Price × quantity is too small: at least ${format(minimum)}.`,
    NotionalTooLarge: ({ maximum }) => `Price × quantity is too large: at most ${format(maximum)}.`,
    PriceOutsideCollar: ({ lowest, highest }) =>
      `The price is too far from the market: between ${format(lowest)} and ${format(highest)} is allowed now.`,
    InsufficientBalance: ({ asset, needed, free }) =>
      `Not enough ${asset}: ${format(needed)} needed, ${format(free)} free.`,
    TooManyOpenOrders: ({ maximum }) => `Too many open orders: at most ${maximum}. Cancel one first.`,
    TooManyStopOrders: ({ symbol, maximum }) =>
      `Too many open stop orders in ${symbol}: at most ${maximum}. Cancel one first.`,
    TooManyIcebergOrders: ({ symbol, maximum }) =>
      `Too many open iceberg orders in ${symbol}: at most ${maximum}. Cancel one first.`,
    ListNotAllowed: ({ kind, symbol }) => `${symbol} takes no ${kind} lists: send the orders one by one.`,
    ListLegWrong: ({ role }) => LEG_WANTED[role],
    ListPricesCrossed: ({ above, below }) =>
      `The prices are the wrong way round: the upper one, ${format(above)}, must be above the lower one, ${format(below)}.`,
    ListBesideMarket: ({ price }) =>
      `The market's price, ${format(price)}, must lie between the two orders: one above it, one below it.`,
    TooManyOrderLists: ({ symbol, maximum }) =>
      `Too many open order lists in ${symbol}: at most ${maximum}. Cancel one first.`,
    MarketUnavailable: ({ symbol }) =>
      `No current price for ${symbol}: a market order would be blind. Use a limit order or wait.`,
    MarketStale: ({ symbol, why, heardMillisAgo }) =>
      `${Staleness.sentence(symbol, why, heardMillisAgo)} Nothing was sent. Wait until it is heard again; cancels go through.`,
    TooLate: ({ waitedMillis }) =>
      `The desk could only look at this order ${Math.round(waitedMillis / 1000)} s after you sent it, so it was not sent on.`,
    UnknownOrder: () => "There is no such order in this account.",
    OrderAlreadyClosed: () => "The order is closed already; there is nothing left to cancel.",
    OrderInDoubt: () =>
      "The order is in doubt and the desk is asking the exchange. Ask again once that is settled, within seconds.",
    Blind: () =>
      "The desk cannot see the exchange right now, so an order without a price of its own would be blind. Use a limit order, or wait until the desk sees again.",
    AccountShut: ({ why }) => `${Shut.sentence(why)} Nothing was sent.`,
    NotAmendable: () => "Only an order that rests or waits at the exchange can be amended.",
    AmendNotAllowed: ({ symbol }) =>
      `${symbol} allows no further amend of this order: put another in its place, or cancel it and send a new one.`,
    AmendOutOfRange: ({ above, below }) =>
      `An amend makes an order smaller: the new quantity must be above ${format(above)} and below ${format(below)}.`,
    AmendInFlight: () => "An amend of this order is on its way already. Wait for its answer.",
    NotReplaceable: () =>
      "Only an order that rests or waits at the exchange, of no list and with nothing on its way, can be replaced, by one of its symbol and side.",
    ReplacedTraded: ({ executed, known }) =>
      `Of the order ${format(executed)} has traded by now, not ${format(known)}: nothing was changed. Take that off the new quantity, say executedQuantity ${format(executed)}, and send it again.`,
    ReplaceNotAllowed: ({ symbol }) => `Orders in ${symbol} cannot be replaced: cancel it and send a new one.`
  })
