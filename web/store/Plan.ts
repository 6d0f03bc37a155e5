// Orders that belong together, in the plainest form: an exit takes profit or stops the loss, a bracket enters and has its exit placed then.
// Pure, in the words of the house's rules.
import * as Result from "effect/Result"
import type { SymbolView } from "../../src/contract/Http.ts"
import { type DenialReason, sentence } from "../../src/domain/Denial.ts"
import { ListId, OrderId } from "../../src/domain/Ids.ts"
import { validate } from "../../src/domain/Instrument.ts"
import type { ListRole } from "../../src/domain/ListLink.ts"
import { besideMarket, unfit } from "../../src/domain/ListRules.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent, Side } from "../../src/domain/Order.ts"
import * as Draft from "./Draft.ts"
import type { Surroundings } from "./Preview.ts"
import { instrumentOf } from "./Rules.ts"

export type Plan = "EXIT" | "BRACKET"
export const PLANS: Readonly<Record<Plan, string>> = {
  EXIT: "Exit: take profit or stop loss",
  BRACKET: "Bracket: entry, then its exit"
}

export type Field = "quantity" | "price" | "takeProfit" | "stopLoss"
export const NAMES: Readonly<Record<Field, string>> = {
  quantity: "Quantity",
  price: "Entry",
  takeProfit: "Take profit",
  stopLoss: "Stop loss"
}
export const FIELDS: Readonly<Record<Plan, ReadonlyArray<Field>>> = {
  EXIT: ["takeProfit", "stopLoss", "quantity"],
  BRACKET: ["price", "takeProfit", "stopLoss", "quantity"]
}

export interface PlanDraft {
  readonly plan: Plan
  /** Of the exit, or of the entry of a bracket. */
  readonly side: Side
  readonly texts: Readonly<Record<Field, string>>
}

export interface Leg {
  readonly role: ListRole
  readonly intent: Intent
}

export interface Planned {
  /** `undefined` while something is missing or in the way. */
  readonly legs: ReadonlyArray<Leg> | undefined
  /** What the exit trades: of a bracket that buys, what is left after the commission of its entry. */
  readonly exitQuantity: Money.Decimal | undefined
  /** In the quote asset: what the exit brings or costs there, and for a bracket what is won or lost. */
  readonly atProfit: Money.Decimal | undefined
  readonly atStop: Money.Decimal | undefined
  readonly problem: string | undefined
  readonly field: Field | undefined
}

export const allowed = ({ allows }: SymbolView): ReadonlyArray<Plan> =>
  allows.oco ? (allows.oto ? ["EXIT", "BRACKET"] : ["EXIT"]) : []

export const exitSide = ({ plan, side }: Pick<PlanDraft, "plan" | "side">): Side =>
  plan === "EXIT" ? side : side === "BUY" ? "SELL" : "BUY"

export const planned = (draft: PlanDraft, symbol: SymbolView, around: Surroundings): Planned => {
  const { plan } = draft
  const given = (field: Field) => Draft.read(draft.texts[field])
  const [quantity, entry] = [given("quantity"), plan === "BRACKET" ? given("price") : undefined]
  const [profit, stop] = [given("takeProfit"), given("stopLoss")]
  const typo = FIELDS[plan].find((field) => draft.texts[field].trim() !== "" && given(field) === undefined)
  const exitQuantity = quantity && leftAfterFee(draft, quantity, symbol)
  const legs =
    quantity === undefined || exitQuantity === undefined || profit === undefined || stop === undefined
      ? undefined
      : legsOf(draft, symbol.symbol, { quantity, exitQuantity, entry, profit, stop })
  const reason = legs && (denialOf(draft, legs, symbol, around) ?? short(draft, legs, symbol, around))
  const worth = (price: Money.Decimal | undefined) => worthOf(draft, price, entry, exitQuantity)
  return {
    legs: reason === undefined && typo === undefined ? legs : undefined,
    exitQuantity,
    atProfit: worth(profit),
    atStop: worth(stop),
    problem: typo === undefined ? reason && sentence(reason) : `${NAMES[typo]}: a number is wanted, such as 0.015.`,
    field: typo
  }
}

const floorTo = (value: Money.Decimal, step: Money.Decimal): Money.Decimal =>
  Money.fromUnits(Money.wholeUnits(value, step), step)

const leftAfterFee = ({ plan, side }: PlanDraft, quantity: Money.Decimal, symbol: SymbolView): Money.Decimal => {
  if (plan === "EXIT" || side === "SELL") return quantity
  const rate = Money.max(Money.decimal(symbol.makerFeeRate), Money.decimal(symbol.takerFeeRate))
  return floorTo(Money.subtract(quantity, Money.multiply(quantity, rate)), Money.decimal(symbol.stepSize))
}

interface Figures {
  readonly quantity: Money.Decimal
  readonly exitQuantity: Money.Decimal
  readonly entry: Money.Decimal | undefined
  readonly profit: Money.Decimal
  readonly stop: Money.Decimal
}

const legsOf = (draft: PlanDraft, symbol: string, figures: Figures): ReadonlyArray<Leg> | undefined => {
  const side = exitSide(draft)
  const terms = { symbol, side, quantity: figures.exitQuantity }
  const wins: Intent = { type: "LIMIT_MAKER", ...terms, price: figures.profit }
  const loses: Intent = { type: "STOP_LOSS", ...terms, stopPrice: figures.stop }
  const [above, below] = side === "SELL" ? [wins, loses] : [loses, wins]
  const exit: ReadonlyArray<Leg> = [
    { role: "above", intent: above },
    { role: "below", intent: below }
  ]
  if (draft.plan === "EXIT") return exit
  const { entry: price, quantity } = figures
  if (price === undefined) return undefined
  const working = { type: "LIMIT", symbol, side: draft.side, quantity, price, timeInForce: "GTC" } as const
  return [{ role: "working", intent: working }, ...exit]
}

const denialOf = (
  { plan }: PlanDraft,
  legs: ReadonlyArray<Leg>,
  symbol: SymbolView,
  { last }: Surroundings
): DenialReason | undefined => {
  const instrument = instrumentOf(symbol)
  const reference = typeof last === "string" ? Money.parse(last) : undefined
  for (const { intent } of legs) {
    const valid = validate(instrument, intent, reference)
    if (Result.isFailure(valid)) return valid.failure
  }
  const asked = {
    listId: ListId.make(""),
    kind: plan === "EXIT" ? ("OCO" as const) : ("OTOCO" as const),
    legs: legs.map((leg) => ({ ...leg, orderId: OrderId.make("") }))
  }
  return unfit(instrument, asked) ?? besideMarket(asked, reference)
}

/** What is paid with at once: the entry of a bracket, or the dearer of the two. */
const short = (
  { plan }: PlanDraft,
  legs: ReadonlyArray<Leg>,
  symbol: SymbolView,
  { freeBase, freeQuote }: Surroundings
): DenialReason | undefined => {
  const now = plan === "EXIT" ? legs : legs.slice(0, 1)
  const needs = now.map(({ intent }) =>
    intent.side === "SELL"
      ? intent.quantity
      : Money.multiply("price" in intent ? intent.price : (stopOf(intent) ?? Money.zero), intent.quantity)
  )
  const needed = needs.reduce(Money.max, Money.zero)
  const [asset, free] = now[0]?.intent.side === "BUY" ? [symbol.quoteAsset, freeQuote] : [symbol.baseAsset, freeBase]
  if (free === undefined || !Money.lessThan(Money.decimal(free), needed)) return undefined
  return { _tag: "InsufficientBalance", asset, needed, free: Money.decimal(free) }
}

const stopOf = (intent: Intent): Money.Decimal | undefined => ("stopPrice" in intent ? intent.stopPrice : undefined)

const worthOf = (
  draft: PlanDraft,
  price: Money.Decimal | undefined,
  entry: Money.Decimal | undefined,
  quantity: Money.Decimal | undefined
): Money.Decimal | undefined => {
  if (price === undefined || quantity === undefined) return undefined
  if (draft.plan === "EXIT") return Money.multiply(price, quantity)
  if (entry === undefined) return undefined
  const gain = draft.side === "BUY" ? Money.subtract(price, entry) : Money.subtract(entry, price)
  return Money.multiply(gain, quantity)
}
