// What an order would cost and whether it would be taken, worked out before it is sent. Exact, pure, in the words of the house's rules.
import * as Result from "effect/Result"
import type { BookView } from "../../src/contract/Feed.ts"
import { type DenialReason, sentence } from "../../src/domain/Denial.ts"
import { validate } from "../../src/domain/Instrument.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent } from "../../src/domain/Order.ts"
import type { SymbolView } from "../../src/contract/Http.ts"
import { instrumentOf } from "./Rules.ts"

export type Side = "BUY" | "SELL"
export type TimeInForce = "GTC" | "IOC" | "FOK"
type Levels = BookView["bids"]

/** The fields of the ticket, as typed. */
export interface Draft {
  readonly side: Side
  readonly type: "MARKET" | "LIMIT"
  readonly quantity: string
  readonly price: string
  readonly timeInForce: TimeInForce
}

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
  readonly field: "quantity" | "price" | undefined
}

/** Reads a typed number. A comma is refused, not guessed at: it means thousands to one reader and decimals to another. */
export const read = (text: string): Money.Decimal | undefined => Money.parse(text.trim().replace(/^\./, "0."))

const decimalOf = (text: string | null | undefined): Money.Decimal | undefined =>
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

export const preview = (draft: Draft, symbol: SymbolView, around: Surroundings): Preview => {
  const instrument = instrumentOf(symbol)
  const quantity = read(draft.quantity)
  const limit = draft.type === "LIMIT" ? read(draft.price) : undefined
  const last = decimalOf(around.last)
  const walked =
    draft.type === "MARKET" && quantity !== undefined && Money.isPositive(quantity)
      ? walk(around.levels, quantity)
      : undefined
  const liquidity = draft.type === "MARKET" || crosses(draft.side, limit, around.levels) ? "taker" : "maker"
  const feeRate = liquidity === "maker" ? instrument.makerFeeRate : instrument.takerFeeRate
  const notional = notionalOf(quantity, limit, walked?.cost, draft.type === "MARKET" ? last : undefined)
  const received = draft.side === "BUY" ? quantity : notional
  const intent = intentOf(draft, symbol, quantity, limit)
  const worst = limit ?? walked?.worst ?? last
  const reason =
    intent === undefined
      ? undefined
      : (refusalOf(Result.getFailure(validate(instrument, intent, last))) ?? short(intent, symbol, worst, around))
  const typo = typoOf(draft, quantity, limit)
  return {
    intent: reason === undefined ? intent : undefined,
    notional,
    estimated: draft.type === "MARKET",
    liquidity,
    feeRate,
    fee: received === undefined ? undefined : Money.multiply(received, feeRate),
    feeAsset: draft.side === "BUY" ? symbol.baseAsset : symbol.quoteAsset,
    problem: typo?.message ?? (reason === undefined ? undefined : sentence(reason)),
    field: typo?.field ?? (reason === undefined ? undefined : fieldOf(reason))
  }
}

const notionalOf = (
  quantity: Money.Decimal | undefined,
  limit: Money.Decimal | undefined,
  walked: Money.Decimal | undefined,
  last: Money.Decimal | undefined
): Money.Decimal | undefined => {
  if (walked !== undefined) return walked
  const price = limit ?? last
  return quantity === undefined || price === undefined ? undefined : Money.multiply(quantity, price)
}

const intentOf = (
  draft: Draft,
  { symbol }: SymbolView,
  quantity: Money.Decimal | undefined,
  price: Money.Decimal | undefined
): Intent | undefined => {
  if (quantity === undefined) return undefined
  if (draft.type === "MARKET") return { type: "MARKET", symbol, side: draft.side, quantity }
  return price === undefined
    ? undefined
    : { type: "LIMIT", symbol, side: draft.side, quantity, price, timeInForce: draft.timeInForce }
}

const refusalOf = (failure: ReturnType<typeof Result.getFailure<void, DenialReason>>): DenialReason | undefined =>
  failure._tag === "Some" ? failure.value : undefined

const short = (
  intent: Intent,
  symbol: SymbolView,
  worst: Money.Decimal | undefined,
  { freeBase, freeQuote }: Surroundings
): DenialReason | undefined => {
  const [asset, free] = intent.side === "BUY" ? [symbol.quoteAsset, freeQuote] : [symbol.baseAsset, freeBase]
  const needed = intent.side === "SELL" ? intent.quantity : worst && Money.multiply(worst, intent.quantity)
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

const wrong = (name: string, text: string) =>
  text.includes(",")
    ? `${name}: write decimals with a point and thousands without a comma.`
    : `${name}: that is not a number.`

const typoOf = (
  draft: Draft,
  quantity: Money.Decimal | undefined,
  limit: Money.Decimal | undefined
): { readonly field: "quantity" | "price"; readonly message: string } | undefined => {
  if (draft.type === "LIMIT" && draft.price.trim() !== "" && limit === undefined) {
    return { field: "price", message: wrong("Price", draft.price) }
  }
  if (draft.quantity.trim() !== "" && quantity === undefined) {
    return { field: "quantity", message: wrong("Quantity", draft.quantity) }
  }
  return undefined
}

const fieldOf = (reason: DenialReason): "quantity" | "price" => (reason._tag.startsWith("Price") ? "price" : "quantity")

/** Left unspent by a market buy of everything, as the book moves while the order travels: two in a thousand. */
const MARKET_BUY_SHARE = Money.decimal("0.998")

/**
 * The largest quantity on the step that `percent` of the free balance pays for, as text; `undefined` while balance or price is
 * not known. A market buy is priced at the worst level it would reach, as the desk's own risk check does.
 */
export const share = (
  percent: 25 | 50 | 75 | 100,
  draft: Draft,
  symbol: SymbolView,
  around: Surroundings
): string | undefined => {
  const free = draft.side === "BUY" ? around.freeQuote : around.freeBase
  if (free === undefined) return undefined
  const budget = Money.divide(Money.multiply(Money.decimal(free), Money.decimal(String(percent))), Money.decimal("100"))
  const quantity =
    draft.side === "SELL"
      ? budget
      : draft.type === "LIMIT"
        ? affordable(budget, read(draft.price))
        : affordableOnBook(Money.multiply(budget, MARKET_BUY_SHARE), around)
  return quantity === undefined ? undefined : Money.format(floorTo(quantity, Money.decimal(symbol.stepSize)))
}

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
  return best ?? affordable(budget, decimalOf(last))
}

const floorTo = (value: Money.Decimal, step: Money.Decimal): Money.Decimal => {
  const scale = Math.max(value.scale, step.scale)
  const units = (of: Money.Decimal) => of.value * 10n ** BigInt(scale - of.scale)
  return Money.fromUnits(units(value) / units(step), step)
}
