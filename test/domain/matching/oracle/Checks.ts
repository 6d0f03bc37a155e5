// What is checked before an order is taken, in the order of the rules: symbol, what the symbol supports, filters, then what only the
// engine knows.
import type { Listing } from "../../../../src/domain/matching/Listing.ts"
import type { NewOrder } from "../../../../src/domain/matching/Order.ts"
import * as Reject from "../../../../src/domain/matching/Rejection.ts"
import type { Rejection } from "../../../../src/domain/matching/Rejection.ts"
import * as Money from "../../../../src/domain/Money.ts"
import type { Decimal } from "../../../../src/domain/Money.ts"
import * as Funds from "./Funds.ts"
import { crosses } from "./Matching.ts"
import type { Run } from "./Run.ts"
import { refuse } from "./Run.ts"
import { firesAbove, hasPrice, isStop, openOrders, remaining } from "./State.ts"
import { reached } from "./Stops.ts"

export const known = (run: Run, account: string): void => {
  if (run.state.accounts.every(({ id }) => id !== account)) refuse(Reject.unknownAccount)
  if (run.state.listings.every(({ instrument }) => instrument.symbol !== run.symbol)) refuse(Reject.invalidSymbol)
}

export const supported = (run: Run, orders: ReadonlyArray<NewOrder>): void => {
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  if (listing.status !== "TRADING") refuse(Reject.marketClosed)
  const wrong = orders.flatMap((order): ReadonlyArray<Rejection> => [
    ...(order.icebergLots > 0 && !listing.icebergAllowed ? [Reject.icebergUnsupported] : []),
    ...(order.trailingBips > 0 && !listing.trailingAllowed ? [Reject.trailingUnsupported] : []),
    ...(order.quote > 0n && !listing.quoteOrderQtyAllowed ? [Reject.quoteUnsupported] : []),
    ...(listing.allowedStps.has(order.stp) ? [] : [Reject.invalidStp])
  ])
  if (wrong.length > 0) refuse(...wrong)
}

const within = (value: Decimal, min: Decimal, max: Decimal, step: Decimal): boolean =>
  !Money.lessThan(value, min) &&
  (Money.isZero(max) || !Money.greaterThan(value, max)) &&
  Money.isMultipleOf(value, step)

const priceFilters = (listing: Listing, order: NewOrder, reference: bigint): ReadonlyArray<Rejection> => {
  const { instrument } = listing
  const priceOf = (ticks: number) => Money.fromUnits(BigInt(ticks), instrument.tickSize)
  const inFilter = (ticks: number) =>
    within(priceOf(ticks), instrument.minPrice, instrument.maxPrice, instrument.tickSize)
  const wrong: Array<Rejection> = []
  if (hasPrice(order.type)) {
    if (!inFilter(order.ticks)) wrong.push(Reject.filterFailure("PRICE_FILTER"))
    const [up, down] =
      order.side === "BUY"
        ? [instrument.bidMultiplierUp, instrument.bidMultiplierDown]
        : [instrument.askMultiplierUp, instrument.askMultiplierDown]
    const around = Money.decimal(Money.format(Money.fromUnits(reference, Money.decimal("0.00000001"))))
    const price = priceOf(order.ticks)
    const tooHigh = Money.isPositive(up) && Money.greaterThan(price, Money.multiply(around, up))
    const tooLow = Money.isPositive(down) && Money.lessThan(price, Money.multiply(around, down))
    if (reference > 0n && (tooHigh || tooLow)) wrong.push(Reject.filterFailure("PERCENT_PRICE_BY_SIDE"))
  }
  if (order.stopTicks > 0 && !inFilter(order.stopTicks)) wrong.push(Reject.filterFailure("PRICE_FILTER"))
  return wrong
}

const quantityFilters = (listing: Listing, order: NewOrder): ReadonlyArray<Rejection> => {
  const { instrument } = listing
  if (order.quote > 0n) return []
  const sizeOf = (lots: number) => Money.fromUnits(BigInt(lots), instrument.stepSize)
  const inFilter = (lots: number) =>
    within(sizeOf(lots), instrument.minQuantity, instrument.maxQuantity, instrument.stepSize)
  const wrong: Array<Rejection> = []
  if (!inFilter(order.lots)) wrong.push(Reject.filterFailure("LOT_SIZE"))
  if (order.icebergLots > 0) {
    if (!inFilter(order.icebergLots)) wrong.push(Reject.filterFailure("LOT_SIZE"))
    const parts = Math.ceil(order.lots / order.icebergLots)
    if (parts > listing.icebergParts) wrong.push(Reject.filterFailure("ICEBERG_PARTS"))
  }
  const inMarketFilter = within(
    sizeOf(order.lots),
    listing.minMarketQuantity,
    instrument.maxMarketQuantity,
    listing.marketStep
  )
  if (order.type === "MARKET" && !inMarketFilter) wrong.push(Reject.filterFailure("MARKET_LOT_SIZE"))
  return wrong
}

/** Orders without a price of their own are judged at the reference price, quote orders by their quote. */
const notionalFilter = (listing: Listing, order: NewOrder, reference: bigint): ReadonlyArray<Rejection> => {
  const { instrument } = listing
  const base = Funds.baseAmount(listing, order.lots)
  const priced = hasPrice(order.type)
  const notional = priced
    ? Funds.quoteAmount(listing, order.ticks, order.lots)
    : order.quote > 0n
      ? order.quote
      : (base * reference) / 100_000_000n
  const tooSmall = (priced || listing.minNotionalToMarket) && notional < Funds.units(instrument.minNotional)
  const tooLarge =
    (priced || listing.maxNotionalToMarket) &&
    Money.isPositive(instrument.maxNotional) &&
    notional > Funds.units(instrument.maxNotional)
  return tooSmall || tooLarge ? [Reject.filterFailure("NOTIONAL")] : []
}

const trailingFilter = (listing: Listing, order: NewOrder): ReadonlyArray<Rejection> => {
  if (order.trailingBips === 0) return []
  const { min, max } = firesAbove(order) ? listing.trailingAbove : listing.trailingBelow
  const inside = order.trailingBips >= min && order.trailingBips <= max
  return inside ? [] : [Reject.filterFailure("TRAILING_DELTA")]
}

/** The filters of the orders themselves; several may fail at once, and nothing says which is told. */
export const filters = (run: Run, orders: ReadonlyArray<NewOrder>): void => {
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  const { reference } = run.market
  const wrong = orders.flatMap((order): ReadonlyArray<Rejection> => {
    if (order.lots === 0 && order.quote === 0n) return [Reject.invalidQuantity, Reject.filterFailure("LOT_SIZE")]
    if (hasPrice(order.type) && order.ticks === 0) return [Reject.invalidPrice, Reject.filterFailure("PRICE_FILTER")]
    if (order.icebergLots > 0 && order.icebergLots >= order.lots) return [Reject.icebergTooLarge]
    return [
      ...priceFilters(listing, order, reference),
      ...quantityFilters(listing, order),
      ...notionalFilter(listing, order, reference),
      ...trailingFilter(listing, order)
    ]
  })
  if (wrong.length > 0) refuse(...wrong)
}

/** What an amend can break: only the quantity changes. */
export const sizes = (run: Run, order: NewOrder): void => {
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  const wrong = [...quantityFilters(listing, order), ...notionalFilter(listing, order, run.market.reference)]
  if (wrong.length > 0) refuse(...wrong)
}

export const freshIds = (run: Run, account: string, ids: ReadonlyArray<string>): void => {
  const open = openOrders(run.state, account, run.symbol)
  const taken = ids.some((id) => open.some((order) => order.clientOrderId === id))
  if (taken || new Set(ids).size < ids.length) refuse(Reject.duplicateOrder)
}

/** Open orders of this account and symbol, these included, against the counts a symbol allows. */
export const counts = (run: Run, account: string, orders: ReadonlyArray<NewOrder>, isList: boolean): void => {
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  const open = openOrders(run.state, account, run.symbol)
  const all: ReadonlyArray<Pick<NewOrder, "type" | "icebergLots">> = [...open, ...orders]
  const lists = run.state.lists.filter((list) => list.account === account && list.symbol === run.symbol)
  const addsStop = orders.some(({ type }) => isStop(type))
  const addsIceberg = orders.some(({ icebergLots }) => icebergLots > 0)
  const wrong: Array<Rejection> = []
  // A MARKET order never stays open.
  const added = orders.filter(({ type }) => type !== "MARKET").length
  if (added > 0 && open.length + added > listing.instrument.maxOpenOrders)
    wrong.push(Reject.countFailure("MAX_NUM_ORDERS"))
  if (addsStop && all.filter(({ type }) => isStop(type)).length > listing.maxAlgoOrders) {
    wrong.push(Reject.countFailure("MAX_NUM_ALGO_ORDERS"))
  }
  if (addsIceberg && all.filter(({ icebergLots }) => icebergLots > 0).length > listing.maxIcebergOrders) {
    wrong.push(Reject.countFailure("MAX_NUM_ICEBERG_ORDERS"))
  }
  if (isList && lists.length + 1 > listing.maxOrderLists) wrong.push(Reject.countFailure("MAX_NUM_ORDER_LISTS"))
  if (exceedsPosition(run, account, orders)) {
    wrong.push(Reject.countFailure("MAX_POSITION"), Reject.filterFailure("MAX_POSITION"))
  }
  if (wrong.length > 0) refuse(...wrong)
}

/** Base that is owned, and that open and new BUY orders may still bring. */
const exceedsPosition = (run: Run, account: string, orders: ReadonlyArray<NewOrder>): boolean => {
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  const limit = Funds.units(listing.maxPosition)
  const buys = orders.filter(({ side }) => side === "BUY")
  if (limit === 0n || buys.length === 0) return false
  const open = openOrders(run.state, account, run.symbol).filter(({ side }) => side === "BUY")
  const lots = [...open.map(remaining), ...buys.map((order) => order.lots)].reduce((sum, lots) => sum + lots, 0)
  const owned = Funds.owned(run.state, account, listing.instrument.baseAsset)
  return owned + Funds.baseAmount(listing, lots) > limit
}

/** LIMIT_MAKER must not take, a stop must not be satisfied already. */
export const placeable = (run: Run, order: NewOrder): Rejection | undefined => {
  const { lastTicks } = run
  if (order.type === "LIMIT_MAKER" && crosses(run, order.side, order.ticks)) return Reject.wouldMatch
  if (isStop(order.type) && order.stopTicks > 0 && lastTicks > 0 && reached(order, lastTicks))
    return Reject.wouldTrigger
  return undefined
}
