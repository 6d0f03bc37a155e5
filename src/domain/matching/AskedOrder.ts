// An order as a client writes it, in decimals, and as the engine takes it, in ticks and lots.
import * as Result from "effect/Result"
import * as Money from "../Money.ts"
import type { Side, TimeInForce } from "../Order.ts"
import { fromText, type Grid, priceGrid, quantityGrid } from "../Units.ts"
import { AMOUNT_LIMIT } from "./Amounts.ts"
import type { Listing, SelfTradePrevention } from "./Listing.ts"
import { AMOUNT_DECIMALS, type Amount, type NewOrder, type OrderType } from "./Order.ts"
import * as Rejection from "./Rejection.ts"

/** Decimals are plain texts, as Binance takes them; what is left out is not asked for. */
export interface AskedOrder {
  readonly clientOrderId: string
  readonly side: Side
  readonly type: OrderType
  readonly timeInForce?: TimeInForce
  readonly quantity?: string
  readonly quoteOrderQty?: string
  readonly price?: string
  readonly stopPrice?: string
  readonly icebergQty?: string
  /** Basis points. */
  readonly trailingDelta?: number
  /** The symbol's default where it is left out. */
  readonly selfTradePreventionMode?: SelfTradePrevention
  readonly strategyId?: number
  readonly strategyType?: number
}

const UNIT = Money.decimal("0.00000001")
const PLAIN = /^\d{1,20}(?:\.\d{1,20})?$/

/**
 * Reads orders for one listing. A price off the tick or beyond what can be counted fails PRICE_FILTER, a quantity off the step LOT_SIZE;
 * bounds are the engine's to check. What is no plain decimal is an invalid price or quantity.
 */
export const reader = (listing: Listing): ((asked: AskedOrder) => Result.Result<NewOrder, Rejection.Rejection>) => {
  const price = priceGrid(listing.instrument)
  const quantity = quantityGrid(listing.instrument)
  return (asked) => {
    const ticks = units(asked.price, price, Rejection.invalidPrice, "PRICE_FILTER")
    const stopTicks = units(asked.stopPrice, price, Rejection.invalidPrice, "PRICE_FILTER")
    const lots = units(asked.quantity, quantity, Rejection.invalidQuantity, "LOT_SIZE")
    const icebergLots = units(asked.icebergQty, quantity, Rejection.invalidQuantity, "LOT_SIZE")
    const quote = quoteUnits(asked.quoteOrderQty)
    for (const read of [ticks, stopTicks, lots, icebergLots, quote])
      if (typeof read === "object") return Result.fail(read)
    return Result.succeed({
      clientOrderId: asked.clientOrderId,
      side: asked.side,
      type: asked.type,
      timeInForce: asked.timeInForce ?? "GTC",
      lots: lots as number,
      quote: quote as Amount,
      ticks: ticks as number,
      stopTicks: stopTicks as number,
      trailingBips: asked.trailingDelta ?? 0,
      icebergLots: icebergLots as number,
      stp: asked.selfTradePreventionMode ?? listing.defaultStp,
      ...(asked.strategyId === undefined ? {} : { strategyId: asked.strategyId }),
      ...(asked.strategyType === undefined ? {} : { strategyType: asked.strategyType })
    })
  }
}

const units = (
  text: string | undefined,
  grid: Grid,
  malformed: Rejection.Rejection,
  filter: Rejection.FilterName
): number | Rejection.Rejection => {
  if (text === undefined) return 0
  return PLAIN.test(text) ? (fromText(text, grid) ?? Rejection.filterFailure(filter)) : malformed
}

const quoteUnits = (text: string | undefined): Amount | Rejection.Rejection => {
  if (text === undefined) return 0n
  const value = PLAIN.test(text) ? Money.parse(text) : undefined
  if (value === undefined) return Rejection.invalidQuantity
  if (Money.decimalsOf(value) > AMOUNT_DECIMALS) return Rejection.quotePrecision
  const amount = Money.toUnits(value, UNIT)
  return amount > AMOUNT_LIMIT ? Rejection.quoteOverflow : amount
}
