// Orders that belong together, as people of a simulated world send them: near enough to fill, to be triggered, and to be wrong.
import type { ListKind, ListRole } from "../../src/domain/ListLink.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent, Side } from "../../src/domain/Order.ts"
import type { Dice } from "./Dice.ts"
import { symbols, type Walk } from "./Market.ts"

interface Listed {
  readonly kind: ListKind
  readonly legs: ReadonlyArray<{ readonly role: ListRole; readonly intent: Intent }>
}

export const listOf = (dice: Dice, walk: Walk): Listed => {
  const symbol = dice.pick(symbols)
  const side = dice.pick(["BUY", "SELL"] as const)
  const other: Side = side === "BUY" ? "SELL" : "BUY"
  const quantity = quantityOf(dice)
  const working = workingOf(dice, walk, { symbol, side, quantity })
  switch (dice.below(3)) {
    case 0:
      return { kind: "OCO", legs: pairOf(dice, walk, { symbol, side, quantity }) }
    case 1: {
      const terms = { symbol, side: dice.chance(0.8) ? other : side, quantity: pendingQuantity(dice, quantity) }
      return {
        kind: "OTO",
        legs: [
          { role: "working", intent: working },
          { role: "pending", intent: pendingOf(dice, walk, terms) }
        ]
      }
    }
    default: {
      const terms = { symbol, side: other, quantity: pendingQuantity(dice, quantity) }
      return { kind: "OTOCO", legs: [{ role: "working", intent: working }, ...pairOf(dice, walk, terms)] }
    }
  }
}

interface Terms {
  readonly symbol: string
  readonly side: Side
  readonly quantity: Money.Decimal
}

const quantityOf = (dice: Dice): Money.Decimal => Money.decimal(`0.${String(dice.between(2, 120)).padStart(3, "0")}`)

/** A commission is taken from what is bought: some sell a little less than that, and others cannot pay when their time comes. */
const pendingQuantity = (dice: Dice, quantity: Money.Decimal): Money.Decimal =>
  dice.chance(0.6) ? Money.truncate(Money.multiply(quantity, Money.decimal("0.99")), 4) : quantity

const near = (dice: Dice, walk: Walk, symbol: string, least: number, most: number): Money.Decimal =>
  Money.decimal(String(walk.mid(symbol) + dice.between(least, most)))

const workingOf = (dice: Dice, walk: Walk, terms: Terms): Intent => {
  const price = near(dice, walk, terms.symbol, -8, 8)
  if (dice.chance(0.2)) return { type: "LIMIT_MAKER", ...terms, price }
  return { type: "LIMIT", ...terms, price, timeInForce: dice.chance(0.15) ? "IOC" : "GTC" }
}

const pendingOf = (dice: Dice, walk: Walk, terms: Terms): Intent => {
  switch (dice.below(3)) {
    case 0:
      return { type: "MARKET", ...terms }
    case 1:
      return { type: "STOP_LOSS", ...terms, stopPrice: near(dice, walk, terms.symbol, -8, 8) }
    default:
      return { type: "LIMIT", ...terms, price: near(dice, walk, terms.symbol, -10, 10), timeInForce: "GTC" }
  }
}

/** A sale wins above and loses below, a purchase the other way round. */
const pairOf = (dice: Dice, walk: Walk, terms: Terms): Listed["legs"] => {
  const reach = dice.chance(0.1) ? -3 : 1
  const upper = near(dice, walk, terms.symbol, reach, 12)
  const lower = near(dice, walk, terms.symbol, -12, -reach)
  const [profitAt, stopAt] = terms.side === "SELL" ? [upper, lower] : [lower, upper]
  const profit: Intent = dice.chance(0.7)
    ? { type: "LIMIT_MAKER", ...terms, price: profitAt }
    : dice.chance(0.5)
      ? { type: "TAKE_PROFIT", ...terms, stopPrice: profitAt }
      : { type: "TAKE_PROFIT_LIMIT", ...terms, price: profitAt, stopPrice: profitAt, timeInForce: "GTC" }
  const worse = Money.decimal(String(terms.side === "SELL" ? -2 : 2))
  const stop: Intent = dice.chance(0.6)
    ? { type: "STOP_LOSS", ...terms, stopPrice: stopAt }
    : { type: "STOP_LOSS_LIMIT", ...terms, price: Money.add(stopAt, worse), stopPrice: stopAt, timeInForce: "GTC" }
  const [above, below] = terms.side === "SELL" ? [profit, stop] : [stop, profit]
  return [
    { role: "above", intent: above },
    { role: "below", intent: below }
  ]
}
