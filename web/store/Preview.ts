// What an order would cost and whether it would be taken, worked out before it is sent. Exact, pure, in the words of the house's rules.
import * as Result from "effect/Result"
import type { BookView } from "../../src/contract/Feed.ts"
import { type DenialReason, sentence } from "../../src/domain/Denial.ts"
import { validate } from "../../src/domain/Instrument.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent, Side } from "../../src/domain/Order.ts"
import type { SymbolView } from "../../src/contract/Http.ts"
import * as Draft from "./Draft.ts"
import { instrumentOf } from "./Rules.ts"

type Levels = BookView["bids"]

/** The market and the money at the moment of the preview. */
export interface Surroundings {
  readonly last: string | null | undefined
  /** The side of the book this order would take from, best first. */
  readonly levels: Levels
  readonly freeBase: string | undefined
  readonly freeQuote: string | undefined
}

export interface Preview {
  readonly intent: Intent | undefined
  /** Price × quantity in the quote asset; for a market order over the visible book. */
  readonly notional: Money.Decimal | undefined
  readonly estimated: boolean
  readonly liquidity: "maker" | "taker"
  readonly feeRate: Money.Decimal
  /** In the asset that is received, as the exchange charges it. */
  readonly fee: Money.Decimal | undefined
  readonly feeAsset: string
  /** What is in the way, said once something was typed. */
  readonly problem: string | undefined
  readonly field: Draft.Field | undefined
}

const decimalIn = (text: string | null | undefined): Money.Decimal | undefined =>
  typeof text === "string" ? Money.parse(text) : undefined

/** What `quantity` costs on the visible book; `undefined` where the book is not that deep. */
export const walk = (
  levels: Levels,
  quantity: Money.Decimal
): { readonly cost: Money.Decimal; readonly worst: Money.Decimal } | undefined => {
  let left = quantity
  let cost = Money.zero
  for (const [price, size] of levels) {
    const worst = Money.decimal(price)
    const taken = Money.min(left, Money.decimal(size))
    cost = Money.add(cost, Money.multiply(worst, taken))
    left = Money.subtract(left, taken)
    if (!Money.isPositive(left)) return { cost, worst }
  }
  return undefined
}

export const preview = (draft: Draft.Draft, symbol: SymbolView, around: Surroundings): Preview => {
  const instrument = instrumentOf(symbol)
  const byQuote = draft.type === "MARKET" && draft.byQuote === true
  const amount = Draft.decimalOf(draft, "quantity")
  const limit = Draft.decimalOf(draft, "price") ?? Draft.decimalOf(draft, "stopPrice")
  const last = decimalIn(around.last)
  const isMarket = draft.type === "MARKET"
  const walked =
    isMarket && !byQuote && amount !== undefined && Money.isPositive(amount) ? walk(around.levels, amount) : undefined
  const liquidity = takes(draft, limit, around.levels) ? "taker" : "maker"
  const feeRate = liquidity === "maker" ? instrument.makerFeeRate : instrument.takerFeeRate
  const notional = byQuote ? amount : notionalOf(amount, limit, walked?.cost, last)
  const best = decimalIn(around.levels[0]?.[0]) ?? last
  const quantity = byQuote ? amount && best && Money.divide(amount, best, symbol.quantityDecimals) : amount
  const received = draft.side === "BUY" ? quantity : notional
  const intent = Draft.intentOf(draft, symbol.symbol)
  const worst = limit ?? walked?.worst ?? best
  const reason =
    intent === undefined
      ? undefined
      : (refusalOf(Result.getFailure(validate(instrument, intent, last))) ??
        short(draft.side, draft.side === "SELL" ? quantity : byQuote ? amount : product(worst, amount), symbol, around))
  const typo = Draft.typoOf(draft)
  return {
    intent: reason === undefined ? intent : undefined,
    notional,
    estimated: isMarket || !Draft.has(draft.type, "price"),
    liquidity,
    feeRate,
    fee: received === undefined ? undefined : Money.multiply(received, feeRate),
    feeAsset: draft.side === "BUY" ? symbol.baseAsset : symbol.quoteAsset,
    problem: typo?.message ?? (reason === undefined ? undefined : sentence(reason)),
    field: typo?.field ?? (reason === undefined ? undefined : fieldOf(reason))
  }
}

/** Whether it would pay a taker's fee: what is triggered is taken to. */
const takes = (draft: Draft.Draft, limit: Money.Decimal | undefined, levels: Levels): boolean => {
  if (draft.type === "LIMIT_MAKER") return false
  return draft.type !== "LIMIT" || crosses(draft.side, limit, levels)
}

const product = (a: Money.Decimal | undefined, b: Money.Decimal | undefined): Money.Decimal | undefined =>
  a === undefined || b === undefined ? undefined : Money.multiply(a, b)

const notionalOf = (
  quantity: Money.Decimal | undefined,
  limit: Money.Decimal | undefined,
  walked: Money.Decimal | undefined,
  last: Money.Decimal | undefined
): Money.Decimal | undefined => walked ?? product(quantity, limit ?? last)

const refusalOf = (failure: ReturnType<typeof Result.getFailure<void, DenialReason>>): DenialReason | undefined =>
  failure._tag === "Some" ? failure.value : undefined

const short = (
  side: Side,
  needed: Money.Decimal | undefined,
  symbol: SymbolView,
  { freeBase, freeQuote }: Surroundings
): DenialReason | undefined => {
  const [asset, free] = side === "BUY" ? [symbol.quoteAsset, freeQuote] : [symbol.baseAsset, freeBase]
  // Balances that are not known yet are no reason to say no: the desk will.
  if (free === undefined || needed === undefined) return undefined
  const owned = Money.decimal(free)
  return Money.lessThan(owned, needed) ? { _tag: "InsufficientBalance", asset, needed, free: owned } : undefined
}

const crosses = (side: Side, limit: Money.Decimal | undefined, levels: Levels): boolean => {
  const best = levels[0]
  if (limit === undefined || best === undefined) return false
  const opposite = Money.decimal(best[0])
  return side === "BUY" ? Money.compare(limit, opposite) >= 0 : Money.compare(limit, opposite) <= 0
}

const fieldOf = ({ _tag }: DenialReason): Draft.Field => {
  if (_tag.startsWith("Price")) return "price"
  if (_tag.startsWith("StopPrice")) return "stopPrice"
  if (_tag.startsWith("Trailing")) return "trailingDelta"
  return _tag.startsWith("Iceberg") ? "icebergQuantity" : "quantity"
}

/** Left unspent by a market buy of everything, as the book moves while the order travels: two in a thousand. */
const MARKET_BUY_SHARE = Money.decimal("0.998")

/**
 * The largest quantity on the step that `percent` of the free balance pays for, as text; `undefined` while balance or price is
 * not known. A market buy is priced at the worst level it would reach, as the desk's own risk check does.
 */
export const share = (
  percent: 25 | 50 | 75 | 100,
  draft: Draft.Draft,
  symbol: SymbolView,
  around: Surroundings
): string | undefined => {
  const free = draft.side === "BUY" ? around.freeQuote : around.freeBase
  if (free === undefined) return undefined
  const budget = Money.divide(Money.multiply(Money.decimal(free), Money.decimal(String(percent))), Money.decimal("100"))
  if (draft.type === "MARKET" && draft.byQuote === true) {
    const best = decimalIn(around.levels[0]?.[0]) ?? decimalIn(around.last)
    const worth = draft.side === "BUY" ? budget : product(budget, best)
    return worth && Money.format(Money.truncate(worth, symbol.priceDecimals))
  }
  const quantity =
    draft.side === "SELL"
      ? budget
      : draft.type !== "MARKET"
        ? affordable(budget, limitIn(draft, around))
        : affordableOnBook(Money.multiply(budget, MARKET_BUY_SHARE), around)
  return quantity === undefined ? undefined : Money.format(floorTo(quantity, Money.decimal(symbol.stepSize)))
}

/** What the desk would hold for one unit of it. */
const limitIn = (draft: Draft.Draft, { last }: Surroundings): Money.Decimal | undefined =>
  Draft.has(draft.type, "price")
    ? Draft.decimalOf(draft, "price")
    : (Draft.decimalOf(draft, "stopPrice") ?? decimalIn(last))

const affordable = (budget: Money.Decimal, price: Money.Decimal | undefined): Money.Decimal | undefined =>
  price === undefined || !Money.isPositive(price) ? undefined : Money.divide(budget, price)

const affordableOnBook = (budget: Money.Decimal, { levels, last }: Surroundings): Money.Decimal | undefined => {
  let depth = Money.zero
  let best: Money.Decimal | undefined
  for (const [price, size] of levels) {
    depth = Money.add(depth, Money.decimal(size))
    const here = Money.min(depth, Money.divide(budget, Money.decimal(price)))
    best = best === undefined ? here : Money.max(best, here)
  }
  return best ?? affordable(budget, decimalIn(last))
}

const floorTo = (value: Money.Decimal, step: Money.Decimal): Money.Decimal => {
  const scale = Math.max(value.scale, step.scale)
  const units = (of: Money.Decimal) => of.value * 10n ** BigInt(scale - of.scale)
  return Money.fromUnits(units(value) / units(step), step)
}
