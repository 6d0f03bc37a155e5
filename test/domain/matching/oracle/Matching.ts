// One order meets the book: users' orders and the outside market's levels, best price first; at one price users first, by time.
import type { TradeCause } from "../../../../src/domain/matching/Event.ts"
import type { Side } from "../../../../src/domain/Order.ts"
import { ended, endSibling, expire } from "./Endings.ts"
import * as Funds from "./Funds.ts"
import { mark } from "./Paths.ts"
import type { Run } from "./Run.ts"
import { bestOutside, nextTradeId, note, rehearsal, takeOutside } from "./Run.ts"
import type { NaiveOrder } from "./State.ts"
import { asGood, close, hasPrice, opposite, queue, remaining } from "./State.ts"
import { lastTradeAt } from "./Stops.ts"

/** Users' best resting order or the outside market's best level on the side that this taker meets. */
const best = (run: Run, side: Side): { ticks: number; lots: number; maker: NaiveOrder | undefined } | undefined => {
  const [maker] = queue(run.state, run.symbol, opposite(side))
  const outside = bestOutside(run, side)
  if (maker !== undefined && (outside === undefined || asGood(side, maker.ticks, outside.ticks))) {
    return { ticks: maker.ticks, lots: maker.shown, maker }
  }
  return outside === undefined ? undefined : { ...outside, maker: undefined }
}

/** Whether an order at this price would trade at once. */
export const crosses = (run: Run, side: Side, ticks: number): boolean => {
  const found = best(run, side)
  return found !== undefined && asGood(side, found.ticks, ticks)
}

/** Trades until nothing is left, nothing is in reach, or, of an order by quote, the quote buys or sells nothing more. */
export const match = (run: Run, taker: NaiveOrder, quote?: bigint): void => {
  const limited = hasPrice(taker.type)
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  for (;;) {
    const found = best(run, taker.side)
    if (found === undefined || (limited && !asGood(taker.side, found.ticks, taker.ticks))) return
    const wanted =
      quote === undefined
        ? remaining(taker)
        : Number((quote - taker.executedQuote) / Funds.quoteAmount(listing, found.ticks, 1))
    const { maker } = found
    if (wanted === 0) return
    if (maker !== undefined && maker.account === taker.account && taker.stp !== "NONE") {
      // How much a quote would buy or sell past an order that ends the taker is nobody's question.
      if (quote !== undefined && (taker.stp === "EXPIRE_TAKER" || taker.stp === "EXPIRE_BOTH")) return
      // What is prevented costs nothing: the quote is still there for what comes after.
      prevent(run, taker, maker, quote === undefined ? wanted : remaining(maker))
    } else {
      const lots = Math.min(wanted, found.lots)
      if (maker === undefined) takeOutside(run, taker.side, found.ticks, lots)
      mark(run, maker === undefined ? "walked the outside market" : "crossed with a user")
      if (maker?.account === taker.account) mark(run, "STP NONE")
      trade(run, { taker, maker, ticks: found.ticks, lots, cause: maker === undefined ? "walked" : "crossed" })
    }
    if (taker.status !== "NEW" && taker.status !== "PARTIALLY_FILLED") return
  }
}

export interface Meeting {
  readonly taker: NaiveOrder | undefined
  readonly maker: NaiveOrder | undefined
  readonly ticks: number
  readonly lots: number
  readonly cause: TradeCause
}

export const trade = (run: Run, meeting: Meeting): void => {
  const { taker, maker, ticks, lots, cause } = meeting
  const tradeId = nextTradeId(run)
  const takerSide = taker === undefined ? opposite(maker!.side) : taker.side
  run.prints.push({ symbol: run.symbol, tradeId, ticks, lots, takerSide, cause })
  if (maker !== undefined) fill(run, maker, tradeId, true, meeting)
  const before = run.due.length
  if (taker !== undefined) fill(run, taker, tradeId, false, meeting)
  // The taker's own list comes after the stops that its trade triggers: they were there before.
  const activated = run.due.splice(before)
  lastTradeAt(run, ticks)
  run.due.push(...activated)
}

const fill = (run: Run, order: NaiveOrder, tradeId: number, isMaker: boolean, meeting: Meeting): void => {
  const { state } = run
  const { ticks, lots, cause } = meeting
  const listing = Funds.listingOfSymbol(state, order.symbol)
  const { baseAsset, quoteAsset } = listing.instrument
  const base = Funds.baseAmount(listing, lots)
  const quote = Funds.quoteAmount(listing, ticks, lots)
  const rates = Funds.ratesOf(state, order.account, order.symbol)
  const received = order.side === "BUY" ? { asset: baseAsset, amount: base } : { asset: quoteAsset, amount: quote }
  const paid = order.side === "BUY" ? { asset: quoteAsset, amount: quote } : { asset: baseAsset, amount: base }
  const commission = Funds.commissionOn(received.amount, isMaker ? rates.maker : rates.taker)
  Funds.credit(state, order.account, received.asset, received.amount - commission)
  Funds.credit(state, order.account, paid.asset, -paid.amount)

  endSibling(run, order)
  order.executedLots += lots
  order.executedQuote += quote
  order.updatedAt = run.at
  const done = remaining(order) === 0
  if (done) close(state, order, "FILLED", run.at)
  else order.status = "PARTIALLY_FILLED"
  note(run, order, "TRADE", {
    trade: {
      tradeId,
      ticks,
      lots,
      quote,
      maker: isMaker,
      commission,
      commissionAsset: received.asset,
      cause
    }
  })
  if (done) ended(run, order)
  else if (isMaker) shrinkSlice(run, order, lots)
}

/** A used-up slice of an iceberg is replaced behind everything at its price. */
const shrinkSlice = (run: Run, order: NaiveOrder, lots: number): void => {
  order.shown -= lots
  if (order.shown > 0) return
  mark(run, "iceberg slice refreshed")
  show(run, order)
}

const visible = (order: NaiveOrder): number =>
  order.icebergLots === 0 ? remaining(order) : Math.min(order.icebergLots, remaining(order))

/** A new order, or a new slice of one, goes to the back. */
export const show = (run: Run, order: NaiveOrder): void => {
  order.shown = visible(order)
  order.arrival = run.state.nextArrival++
  order.ahead = run.market.outside.lotsAtPrice(order.side, order.ticks)
}

/** Self-trade prevention: the taker's mode decides. */
const prevent = (run: Run, taker: NaiveOrder, maker: NaiveOrder, wanted: number): void => {
  const preventedMatchId = run.state.nextPreventedId++
  const { ticks } = maker
  const stop = (order: NaiveOrder, lots: number, isMaker: boolean): void => {
    order.preventedLots += lots
    order.updatedAt = run.at
    const done = remaining(order) === 0
    if (done) close(run.state, order, "EXPIRED_IN_MATCH", run.at)
    const counterOrderId = isMaker ? taker.orderId : maker.orderId
    note(run, order, "TRADE_PREVENTION", {
      prevented: { preventedMatchId, lots, ticks, counterOrderId, maker: isMaker }
    })
    if (done) ended(run, order)
    else endSibling(run, order)
    if (done) return
    if (isMaker) shrinkSlice(run, order, lots)
  }
  const whole = remaining(maker)
  const smaller = Math.min(wanted, maker.shown)
  mark(run, `STP ${taker.stp}`)
  switch (taker.stp) {
    case "EXPIRE_TAKER":
      stop(taker, wanted, false)
      return
    case "EXPIRE_MAKER":
      stop(maker, whole, true)
      return
    case "EXPIRE_BOTH":
      stop(maker, whole, true)
      stop(taker, wanted, false)
      return
    case "DECREMENT":
    case "TRANSFER":
      stop(maker, smaller, true)
      stop(taker, smaller, false)
      return
    case "NONE":
      throw new Error("nothing to prevent")
  }
}

/** What a market order would do to its account, were there money enough: quote amount traded. */
export const costOf = (run: Run, orderId: number): bigint => {
  const trial = rehearsal(run)
  const taker = trial.state.orders.find((order) => order.orderId === orderId)!
  const before = taker.executedQuote
  match(trial, taker)
  return taker.executedQuote - before
}

const fillsWhole = (run: Run, orderId: number): boolean => {
  const trial = rehearsal(run)
  const taker = trial.state.orders.find((order) => order.orderId === orderId)!
  match(trial, taker)
  const filled = taker.executedLots === taker.lots
  if (!filled && trial.steps.some(({ type }) => type === "TRADE_PREVENTION")) mark(run, "FOK missed for own orders")
  mark(run, filled ? "FOK filled" : "FOK missed")
  return filled
}

/** An order starts to work: it takes what it may, and what is left rests or expires. */
export const work = (run: Run, order: NaiveOrder): void => {
  if (order.timeInForce === "FOK" && !fillsWhole(run, order.orderId)) {
    expire(run, order, "UNFILLED_FOK_ORDER_EXPIRED")
    return
  }
  match(run, order)
  if (order.status !== "NEW" && order.status !== "PARTIALLY_FILLED") return
  if (!hasPrice(order.type)) {
    mark(run, "market order ran dry")
    expire(run, order, "INSUFFICIENT_LIQUIDITY")
  } else if (order.timeInForce === "IOC") {
    mark(run, "IOC remainder expired")
    expire(run, order, "UNFILLED_IOC_QUANTITY_EXPIRED")
  } else {
    if (order.executedLots > 0) mark(run, "resting remainder after a partial take")
    order.resting = true
    show(run, order)
  }
}
