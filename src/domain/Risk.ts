// What the house allows before anything leaves it. Only this file makes an ApprovedOrder, and only that can reach an exchange.
import * as HashMap from "effect/HashMap"
import * as Result from "effect/Result"
import { type Account, balanceOf } from "./Account.ts"
import type { DenialReason } from "./Denial.ts"
import { type AccountId, type ClientOrderId, clientOrderIdOf, type ListId, type OrderId } from "./Ids.ts"
import * as Instrument from "./Instrument.ts"
import type { ListKind, ListRole } from "./ListLink.ts"
import * as ListRules from "./ListRules.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import type { ShutWhy } from "./Shut.ts"
import { OLD_MILLIS, type StaleWhy } from "./Staleness.ts"
import { type Hold, icebergQuantityOf, type Intent, isStop, priceOf, quoteQuantityOf, stopPriceOf } from "./Order.ts"

declare const approved: unique symbol

/** Evidence that the rules were asked. Nothing else can build one. */
export interface ApprovedOrder {
  readonly [approved]: true
  readonly accountId: AccountId
  readonly orderId: OrderId
  readonly clientOrderId: ClientOrderId
  readonly intent: Intent
  readonly hold: Hold
}

/** All of a list's orders, each by the same rules as one alone. */
export interface ApprovedList {
  readonly accountId: AccountId
  readonly listId: ListId
  readonly kind: ListKind
  readonly symbol: string
  readonly legs: ReadonlyArray<{ readonly role: ListRole; readonly order: ApprovedOrder }>
}

export interface RiskLimits {
  /** Price × quantity of one order at most, in its quote asset. */
  readonly maxOrderNotional: Decimal
  /** Open orders of an account at most, over all symbols. */
  readonly maxOpenOrders: number
  /** A limit price may be this share of the reference price worse than the market: 0.1 is ten per cent. */
  readonly collar: Decimal
}

/** The market at the moment of the decision, read once and passed in: the decision itself asks nobody. */
export interface RiskContext {
  readonly instrument: Instrument.Instrument | undefined
  /** Last price; `undefined` while the market is not known. */
  readonly referencePrice: Decimal | undefined
  /** The worst price this quantity would reach on the visible book now; `undefined` without a book that deep. */
  readonly worstPrice: Decimal | undefined
  /** Set while the symbol's numbers are too old to act on; `heardMillisAgo` undefined: never heard. */
  readonly stale?: { readonly why: StaleWhy; readonly heardMillisAgo: number | undefined } | undefined
  /** Set while the account cannot trade at all. */
  readonly shut?: ShutWhy | undefined
  readonly limits: RiskLimits
}

/** Held on top of the estimate for a market buy, since the book moves while the order travels: one per cent. */
const MARKET_MARGIN = Money.decimal("1.01")
const ONE = Money.decimal("1")
/** Decimals of a hold that has to be divided for. */
const HOLD_SCALE = 8

/** The account, age of the market, filters, collar, order notional, open orders, balance: in that order, the first that fails is the answer. */
export const approve = (
  account: Account,
  order: { readonly orderId: OrderId; readonly intent: Intent },
  context: RiskContext
): Result.Result<ApprovedOrder, DenialReason> => {
  const { intent } = order
  const judged = judge(account, intent, context, ALONE)
  if (Result.isFailure(judged)) return Result.fail(judged.failure)
  const hold = holdFor(account, judged.success, intent)
  if (Result.isFailure(hold)) return Result.fail(hold.failure)
  return Result.succeed(approvedWith(account, order, hold.success))
}

/**
 * Each order as if it were alone, with the others of its list beside it; then what the exchange locks at once: for the two that end each
 * other what the dearer one needs, and nothing for what waits for the working order.
 */
export const approveList = (
  account: Account,
  asked: ListRules.AskedList,
  context: RiskContext
): Result.Result<ApprovedList, DenialReason> => {
  const { kind, legs, listId } = asked
  const { instrument } = context
  const symbol = legs[0]?.intent.symbol ?? ""
  if (context.shut !== undefined) return Result.fail({ _tag: "AccountShut", why: context.shut })
  if (instrument === undefined) return Result.fail({ _tag: "UnknownSymbol", symbol })
  const unfit = ListRules.unfit(instrument, asked)
  if (unfit !== undefined) return Result.fail(unfit)
  const working = legs.find(({ role }) => role === "working")
  // What waits meets the market where the working order has filled.
  const filledAt = working === undefined ? undefined : priceOf(working.intent)
  const later = filledAt === undefined ? context : { ...context, referencePrice: filledAt }
  const approved: Array<ApprovedList["legs"][number]> = []
  const wanted: Array<Need> = []
  for (const { intent, orderId, role } of legs) {
    const others = approved.map(({ order }) => order.intent)
    const judged = judge(account, intent, role === "working" ? context : later, others)
    if (Result.isFailure(judged)) return Result.fail(judged.failure)
    const need = needOf(instrument, intent, judged.success)
    if (role !== "pending" && (kind === "OCO" || role === "working")) wanted.push(need)
    const amount = need.isEstimate ? Money.multiply(need.needed, MARKET_MARGIN) : need.needed
    approved.push({ role, order: approvedWith(account, { orderId, intent }, { asset: need.asset, amount }) })
  }
  const refused =
    ListRules.besideMarket(asked, context.referencePrice) ??
    ListRules.tooMany(account, instrument) ??
    wanted.map((need) => unaffordable(account, need)).find((reason) => reason !== undefined)
  if (refused !== undefined) return Result.fail(refused)
  return Result.succeed({ accountId: account.accountId, listId, kind, symbol, legs: approved })
}

const approvedWith = (
  { accountId }: Account,
  { intent, orderId }: { readonly orderId: OrderId; readonly intent: Intent },
  hold: Hold
): ApprovedOrder => {
  const fields: Omit<ApprovedOrder, typeof approved> = {
    accountId,
    orderId,
    clientOrderId: clientOrderIdOf(orderId),
    intent,
    hold
  }
  return fields as ApprovedOrder
}

/** What it is worth, once every rule but the balance has let it through. */
interface Judged {
  readonly instrument: Instrument.Instrument
  readonly notional: Decimal
  readonly price: Decimal
}

const ALONE: ReadonlyArray<Intent> = []

/** `others` are asked for with it, and count as open. */
const judge = (
  account: Account,
  intent: Intent,
  context: RiskContext,
  others: ReadonlyArray<Intent>
): Result.Result<Judged, DenialReason> => {
  const { instrument, referencePrice } = context
  if (context.shut !== undefined) return Result.fail({ _tag: "AccountShut", why: context.shut })
  if (instrument === undefined) return Result.fail({ _tag: "UnknownSymbol", symbol: intent.symbol })
  if (account.blind !== undefined && goesByTheMarket(intent)) {
    return Result.fail({ _tag: "Blind", since: account.blind.since })
  }
  const old = tooOld(intent, context)
  if (old !== undefined) return Result.fail(old)
  const filtered = Instrument.validate(instrument, intent, referencePrice)
  if (Result.isFailure(filtered)) return Result.fail(filtered.failure)
  const price = worthPrice(intent, context)
  if (price === undefined) return Result.fail({ _tag: "MarketUnavailable", symbol: intent.symbol })
  const notional = quoteQuantityOf(intent) ?? Money.multiply(price, intent.quantity)
  const refused =
    outsideCollar(intent, instrument, context) ??
    tooLarge(notional, context.limits) ??
    tooMany(account, intent, instrument, context.limits, others)
  return refused === undefined ? Result.succeed({ instrument, notional, price }) : Result.fail(refused)
}

/** Neither a limit nor a trigger: what it does depends on the market of that moment alone. */
const goesByTheMarket = (intent: Intent): boolean => priceOf(intent) === undefined && stopPriceOf(intent) === undefined

/** An order without a price of its own needs the book as it is now; any other is judged by the last price, which stays good for a moment. */
const tooOld = (intent: Intent, { referencePrice, stale }: RiskContext): DenialReason | undefined => {
  if (stale === undefined) return undefined
  const { heardMillisAgo, why } = stale
  const judged = referencePrice !== undefined && (heardMillisAgo ?? Number.POSITIVE_INFINITY) > OLD_MILLIS
  if (!goesByTheMarket(intent) && !judged) return undefined
  const heard = heardMillisAgo === undefined ? {} : { heardMillisAgo }
  return { _tag: "MarketStale", symbol: intent.symbol, why, ...heard }
}

/** What one unit is judged at: the limit, else the trigger, else what the market asks now. */
const worthPrice = (intent: Intent, { referencePrice, worstPrice }: RiskContext): Decimal | undefined =>
  priceOf(intent) ?? stopPriceOf(intent) ?? (isStop(intent) ? referencePrice : (worstPrice ?? referencePrice))

const tooLarge = (notional: Decimal, { maxOrderNotional }: RiskLimits): DenialReason | undefined =>
  Money.greaterThan(notional, maxOrderNotional) ? { _tag: "NotionalTooLarge", maximum: maxOrderNotional } : undefined

/** Ours over all symbols; then MAX_NUM_ORDERS, which counts what can rest, and those of its kind (MAX_NUM_ALGO_ORDERS, _ICEBERG_ORDERS). */
const tooMany = (
  account: Account,
  intent: Intent,
  instrument: Instrument.Instrument,
  limits: RiskLimits,
  others: ReadonlyArray<Intent>
): DenialReason | undefined => {
  if (HashMap.size(account.orders) + others.length >= limits.maxOpenOrders) {
    return { _tag: "TooManyOpenOrders", maximum: limits.maxOpenOrders }
  }
  if (intent.type === "MARKET") return undefined
  const { symbol } = intent
  const count = (counts: (open: Intent) => boolean) =>
    HashMap.reduce(account.orders, others.filter(counts).length, (sum, open) =>
      open.intent.symbol === symbol && counts(open.intent) ? sum + 1 : sum
    )
  if (count(({ type }) => type !== "MARKET") >= instrument.maxOpenOrders) {
    return { _tag: "TooManyOpenOrders", maximum: instrument.maxOpenOrders }
  }
  const { maxIcebergOrders, maxStopOrders } = Instrument.allowanceOf(instrument)
  if (isStop(intent) && count(isStop) >= maxStopOrders) {
    return { _tag: "TooManyStopOrders", symbol, maximum: maxStopOrders }
  }
  const isIceberg = (open: Intent) => icebergQuantityOf(open) !== undefined
  return isIceberg(intent) && count(isIceberg) >= maxIcebergOrders
    ? { _tag: "TooManyIcebergOrders", symbol, maximum: maxIcebergOrders }
    : undefined
}

/**
 * Our collar on the dangerous side, and the exchange's PERCENT_PRICE_BY_SIDE on both. A stop order's limit works from its trigger on, so
 * that the collar is drawn around that. Orders without a limit have no price to judge.
 */
const outsideCollar = (
  intent: Intent,
  instrument: Instrument.Instrument,
  { limits, referencePrice }: RiskContext
): DenialReason | undefined => {
  const price = priceOf(intent)
  if (price === undefined || referencePrice === undefined) return undefined
  const buying = intent.side === "BUY"
  const around = stopPriceOf(intent) ?? referencePrice
  const up = buying ? instrument.bidMultiplierUp : instrument.askMultiplierUp
  const down = buying ? instrument.bidMultiplierDown : instrument.askMultiplierDown
  const filterHigh = Money.isZero(up) ? undefined : Money.multiply(referencePrice, up)
  const collarHigh = buying ? Money.multiply(around, Money.add(ONE, limits.collar)) : undefined
  const lowest = Money.max(
    Money.multiply(referencePrice, down),
    buying ? Money.zero : Money.multiply(around, Money.subtract(ONE, limits.collar))
  )
  const highest =
    filterHigh === undefined ? collarHigh : collarHigh === undefined ? filterHigh : Money.min(filterHigh, collarHigh)
  const tooHigh = highest !== undefined && Money.greaterThan(price, highest)
  return tooHigh || Money.lessThan(price, lowest)
    ? { _tag: "PriceOutsideCollar", lowest, highest: highest ?? instrument.maxPrice }
    : undefined
}

interface Need {
  readonly asset: string
  readonly needed: Decimal
  /** A market order locks nothing at the exchange: what it takes is an estimate, but for a purchase by quote quantity, which spends no more. */
  readonly isEstimate: boolean
}

const needOf = (
  { baseAsset, quoteAsset }: Instrument.Instrument,
  intent: Intent,
  { notional, price }: Pick<Judged, "notional" | "price">
): Need => {
  const buying = intent.side === "BUY"
  const byQuote = quoteQuantityOf(intent) !== undefined
  return {
    asset: buying ? quoteAsset : baseAsset,
    needed: buying ? notional : byQuote ? Money.divide(notional, price, HOLD_SCALE) : intent.quantity,
    isEstimate: intent.type === "MARKET" && buying !== byQuote
  }
}

const unaffordable = (account: Account, { asset, needed }: Need): DenialReason | undefined => {
  const { free } = balanceOf(account, asset)
  return Money.lessThan(free, needed) ? { _tag: "InsufficientBalance", asset, needed, free } : undefined
}

/** What the exchange locks; of an estimate a little more, where there is more. */
const holdFor = (account: Account, judged: Judged, intent: Intent): Result.Result<Hold, DenialReason> => {
  const need = needOf(judged.instrument, intent, judged)
  const refused = unaffordable(account, need)
  if (refused !== undefined) return Result.fail(refused)
  const { asset, isEstimate, needed } = need
  const amount = isEstimate ? Money.min(balanceOf(account, asset).free, Money.multiply(needed, MARKET_MARGIN)) : needed
  return Result.succeed({ asset, amount })
}
