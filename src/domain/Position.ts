// What the fills of one symbol add up to: size, average entry, and profit net of fees.
import * as Schema from "effect/Schema"
import type { Fill } from "./Fill.ts"
import type { Instrument } from "./Instrument.ts"
import type { Decimal } from "./Money.ts"
import * as Money from "./Money.ts"
import type { Side } from "./Order.ts"

/**
 * The fold of the fills (I8). `quantity` is signed: what was bought less what was sold, net of commission taken in the base
 * asset, because that much is not owned. `cost` is what the open quantity cost at its entry prices (same sign as the quantity),
 * `realised` the profit of what was closed less every commission in base or quote, both in the quote asset.
 */
export const Position = Schema.Struct({
  symbol: Schema.String,
  quantity: Money.DecimalString,
  cost: Money.DecimalString,
  realised: Money.DecimalString,
  /** Commissions paid, by the asset they were charged in. */
  fees: Schema.Record(Schema.String, Money.DecimalString)
})
export type Position = typeof Position.Type

export const flat = (symbol: string): Position => ({
  symbol,
  quantity: Money.zero,
  cost: Money.zero,
  realised: Money.zero,
  fees: {}
})

/** Average entry price of the open quantity; `undefined` when flat. */
export const averageEntry = (position: Position): Decimal | undefined =>
  Money.isZero(position.quantity) ? undefined : Money.divide(position.cost, position.quantity)

/** What closing at `mark` would add to `realised`, before that trade's own fees. In the quote asset. */
export const unrealised = (position: Position, mark: Decimal): Decimal =>
  Money.subtract(Money.multiply(position.quantity, mark), position.cost)

/** Books one fill. Closing part of a position releases its cost in proportion; crossing zero opens the rest at the fill's price. */
export const book = (
  position: Position,
  side: Side,
  fill: Fill,
  assets: Pick<Instrument, "baseAsset" | "quoteAsset">
): Position => {
  const signed = side === "BUY" ? fill.quantity : Money.negate(fill.quantity)
  const change = fill.feeAsset === assets.baseAsset ? Money.subtract(signed, fill.fee) : signed
  const feeInQuote =
    fill.feeAsset === assets.quoteAsset
      ? fill.fee
      : fill.feeAsset === assets.baseAsset
        ? Money.multiply(fill.fee, fill.price)
        : Money.zero
  const moved = move(position, change, fill.price)
  return {
    symbol: position.symbol,
    quantity: moved.quantity,
    cost: moved.cost,
    realised: Money.subtract(Money.add(position.realised, moved.profit), feeInQuote),
    fees: { ...position.fees, [fill.feeAsset]: Money.add(position.fees[fill.feeAsset] ?? Money.zero, fill.fee) }
  }
}

const move = (position: Position, change: Decimal, price: Decimal) => {
  const quantity = Money.add(position.quantity, change)
  const opposite = Money.sign(position.quantity) * Money.sign(change) < 0
  if (!opposite) {
    return { quantity, cost: Money.add(position.cost, Money.multiply(change, price)), profit: Money.zero }
  }
  if (Money.compare(Money.abs(change), Money.abs(position.quantity)) >= 0) {
    // Closed entirely, perhaps reversed: the old cost goes, the rest starts at this price.
    const profit = Money.subtract(Money.multiply(position.quantity, price), position.cost)
    return { quantity, cost: Money.multiply(quantity, price), profit }
  }
  // What leaves takes its share of the cost with it. The rounding of that division stays inside `cost`, so nothing is lost.
  const released = Money.divide(Money.multiply(position.cost, Money.negate(change)), position.quantity)
  const profit = Money.subtract(Money.multiply(Money.negate(change), price), released)
  return { quantity, cost: Money.subtract(position.cost, released), profit }
}
