// What a trade does to its orders, their owners' money and the tape.
import type { TradeCause } from "./Event.ts"
import type { Side } from "../Order.ts"
import { share } from "./Amounts.ts"
import { fireLeg, legClosed } from "./Contingency.ts"
import { MARKET_WORKING_WHILE_TRADING, WORKING_ON_LAST_FILL } from "./OpenPoints.ts"
import { isMarket, type OpenOrder, opposite, remainingOf } from "./OpenOrder.ts"
import type { Amount } from "./Order.ts"
import { close, refresh, shrink } from "./Resting.ts"
import { TOUCHED_BASE, TOUCHED_QUOTE } from "./Seat.ts"
import type { Step } from "./Step.ts"

/** Two users meet at the maker's price. */
export const cross = (step: Step, taker: OpenOrder, maker: OpenOrder, lots: number): void => {
  const { scale } = step.book.rules
  const { ticks } = maker
  const base = scale.baseOf(lots)
  const quote = scale.quoteOf(ticks, lots)
  const tradeId = step.nextTradeId()
  if (maker.list !== undefined) fireLeg(step, maker)
  fillTaker(step, taker, ticks, lots, base, quote, tradeId, "crossed")
  fillMaker(step, maker, lots, base, quote, tradeId, "crossed")
  step.publicTrade(tradeId, ticks, lots, taker.side, "crossed")
  traded(step, ticks)
}

/** A taker meets an outside level. False where the exchange cannot hold what it would bring in. */
export const walk = (step: Step, taker: OpenOrder, ticks: number, lots: number): boolean => {
  const { scale } = step.book.rules
  const base = scale.baseOf(lots)
  const quote = scale.quoteOf(ticks, lots)
  if (!exchangeOutside(step, taker.side, base, quote)) return false
  const tradeId = step.nextTradeId()
  step.walkOutside(taker.side, lots)
  fillTaker(step, taker, ticks, lots, base, quote, tradeId, "walked")
  step.publicTrade(tradeId, ticks, lots, taker.side, "walked")
  traded(step, ticks)
  return true
}

/** The outside market takes a resting order, at the order's price. False as for `walk`. */
export const fillFromOutside = (step: Step, maker: OpenOrder, lots: number, cause: TradeCause): boolean => {
  const { scale } = step.book.rules
  const { ticks } = maker
  const base = scale.baseOf(lots)
  const quote = scale.quoteOf(ticks, lots)
  if (!exchangeOutside(step, maker.side, base, quote)) return false
  const tradeId = step.nextTradeId()
  if (maker.list !== undefined) fireLeg(step, maker)
  fillMaker(step, maker, lots, base, quote, tradeId, cause)
  step.publicTrade(tradeId, ticks, lots, opposite(maker.side), cause)
  traded(step, ticks)
  return true
}

const exchangeOutside = (step: Step, side: Side, base: Amount, quote: Amount): boolean => {
  const { book } = step
  const { ledger } = step.state
  const buys = side === "BUY"
  if (!ledger.hasRoomFor(buys ? book.baseId : book.quoteId, buys ? base : quote)) return false
  if (buys) {
    ledger.fromOutside(book.baseId, base)
    ledger.toOutside(book.quoteId, quote)
  } else {
    ledger.fromOutside(book.quoteId, quote)
    ledger.toOutside(book.baseId, base)
  }
  return true
}

/** A taker pays from what is free: what it had locked was freed before it began to match. */
const fillTaker = (
  step: Step,
  taker: OpenOrder,
  ticks: number,
  lots: number,
  base: Amount,
  quote: Amount,
  tradeId: number,
  cause: TradeCause
): void => {
  const { ledger } = step.state
  const { seat } = taker
  const buys = taker.side === "BUY"
  const received = buys ? base : quote
  const commission = share(received, seat.takerRate)
  ledger.spendFree(buys ? seat.quoteSlot : seat.baseSlot, buys ? quote : base)
  ledger.receive(
    buys ? seat.baseSlot : seat.quoteSlot,
    buys ? step.book.baseId : step.book.quoteId,
    received,
    commission
  )
  step.touch(seat, TOUCHED_BASE | TOUCHED_QUOTE)
  taker.executedLots += lots
  taker.executedQuote = BigInt.asIntN(64, taker.executedQuote + quote)
  const filled = remainingOf(taker) === 0
  taker.status = filled ? "FILLED" : "PARTIALLY_FILLED"
  const working = filled ? WORKING_ON_LAST_FILL : isMarket(taker.type) ? MARKET_WORKING_WHILE_TRADING : true
  const { baseAsset, quoteAsset } = step.book.rules.listing.instrument
  step.execution(taker, "TRADE", working, {
    tradeId,
    ticks,
    lots,
    quote,
    maker: false,
    commission,
    commissionAsset: buys ? baseAsset : quoteAsset,
    cause
  })
}

/** A maker pays from what it locked. Floors of parts can sum to less than the floor of the whole: that much is freed. */
const fillMaker = (
  step: Step,
  maker: OpenOrder,
  lots: number,
  base: Amount,
  quote: Amount,
  tradeId: number,
  cause: TradeCause
): void => {
  const { ledger } = step.state
  const { seat, ticks } = maker
  const { scale, listing } = step.book.rules
  const buys = maker.side === "BUY"
  const left = remainingOf(maker) - lots
  if (buys) {
    ledger.spendLocked(seat.quoteSlot, quote)
    if (scale.quoteDivisor !== 1) {
      const held = scale.quoteOf(ticks, left + lots) - scale.quoteOf(ticks, left)
      ledger.unlock(seat.quoteSlot, held - quote)
    }
  } else ledger.spendLocked(seat.baseSlot, base)
  const received = buys ? base : quote
  const commission = share(received, seat.makerRate)
  ledger.receive(
    buys ? seat.baseSlot : seat.quoteSlot,
    buys ? step.book.baseId : step.book.quoteId,
    received,
    commission
  )
  step.touch(seat, TOUCHED_BASE | TOUCHED_QUOTE)
  maker.executedLots += lots
  maker.executedQuote = BigInt.asIntN(64, maker.executedQuote + quote)
  shrink(step, maker, lots)
  if (left === 0) {
    maker.holdsLock = false
    close(step, maker, "FILLED")
  } else {
    maker.status = "PARTIALLY_FILLED"
    if (maker.visible === 0) refresh(step, maker)
  }
  const { baseAsset, quoteAsset } = listing.instrument
  step.execution(maker, "TRADE", left === 0 ? WORKING_ON_LAST_FILL : true, {
    tradeId,
    ticks,
    lots,
    quote,
    maker: true,
    commission,
    commissionAsset: buys ? baseAsset : quoteAsset,
    cause
  })
  if (left === 0 && maker.list !== undefined) legClosed(step, maker)
}

/** After each trade: lists that ended are told of, and the price may trigger what waits for it. */
const traded = (step: Step, ticks: number): void => {
  if (step.ended.length > 0) step.tellEnded()
  observe(step, ticks)
}

/** The last trade's price is now this. */
export const observe = (step: Step, ticks: number): void => {
  step.lastTicks = ticks
  const { triggers } = step.book
  if (!triggers.moves(ticks)) return
  const fired = triggers.fire(ticks, (order) => {
    order.trailingAt = step.at
  })
  for (const order of fired) step.due.push(order)
}
