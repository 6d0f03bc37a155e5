// What a caller asks for, as it is sent: one order, a smaller one, or orders that belong together.
import * as Schema from "effect/Schema"
import { OrderType, Side, TimeInForce } from "../domain/Order.ts"

/** A decimal as a string, or as a JSON number, which is then read by its shortest decimal text. */
const DecimalInput = Schema.Union([Schema.String.check(Schema.isMaxLength(64)), Schema.Number])
export const Symbol = Schema.String.check(Schema.isMaxLength(20))
export const AccountIdInput = Schema.String.check(Schema.isMaxLength(64))

export const OrderInput = Schema.Struct({
  symbol: Symbol,
  side: Side,
  type: OrderType,
  /** Wanted, but for a MARKET order that says its quoteQuantity. */
  quantity: Schema.optionalKey(DecimalInput),
  /** MARKET only, instead of the quantity: how much of the quote asset to spend or to receive. */
  quoteQuantity: Schema.optionalKey(DecimalInput),
  /** Wanted for LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT; refused for the others. */
  price: Schema.optionalKey(DecimalInput),
  /** GTC where LIMIT, STOP_LOSS_LIMIT or TAKE_PROFIT_LIMIT name none; refused for the others. */
  timeInForce: Schema.optionalKey(TimeInForce),
  /** Of STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT, which want this, trailingDelta, or both. */
  stopPrice: Schema.optionalKey(DecimalInput),
  /** Basis points that the trigger trails the market by. */
  trailingDelta: Schema.optionalKey(Schema.Int),
  /** Of orders with a price that are GTC: how much shows in the book at a time. */
  icebergQuantity: Schema.optionalKey(DecimalInput),
  /** The caller's default account where absent. */
  accountId: Schema.optionalKey(AccountIdInput)
})
export type OrderInput = typeof OrderInput.Type

/** A resting limit order gets smaller and keeps its place; anything else is a cancel and a new order. */
export const AmendInput = Schema.Struct({
  /** What it is to be worth in all, the executed part included: less than now, more than was executed. */
  quantity: DecimalInput
})
export type AmendInput = typeof AmendInput.Type

/** In the place of another order, of its symbol and side. */
const { accountId: _, side: __, symbol: ___, ...replaceFields } = OrderInput.fields
export const ReplaceInput = Schema.Struct({
  ...replaceFields,
  /**
   * How much of the replaced order had traded when the new quantity was chosen; absent: nothing. Where it is more by now, neither happens:
   * the new quantity would come on top of it.
   */
  executedQuantity: Schema.optionalKey(DecimalInput)
})
export type ReplaceInput = typeof ReplaceInput.Type

/** An order of a list, in the words of one alone. */
const LegInput = Schema.Struct({
  type: OrderType,
  price: Schema.optionalKey(DecimalInput),
  timeInForce: Schema.optionalKey(TimeInForce),
  stopPrice: Schema.optionalKey(DecimalInput),
  trailingDelta: Schema.optionalKey(Schema.Int),
  icebergQuantity: Schema.optionalKey(DecimalInput)
})
export type LegInput = typeof LegInput.Type

const sized = { side: Side, quantity: DecimalInput }
const OwnLegInput = Schema.Struct({ ...sized, ...LegInput.fields })
/** Above and below the market's price: the one where it wins, the other where it loses. */
const pair = { above: LegInput, below: LegInput }
const ofList = { symbol: Symbol, accountId: Schema.optionalKey(AccountIdInput) }

/**
 * OCO: two orders of one side and quantity that end each other. OTO: `pending` is placed once `working`, a LIMIT or a LIMIT_MAKER, has
 * filled. OTOCO: an OCO is placed then. Cancelling one of the orders ends all of them.
 */
export const ListInput = Schema.Union([
  Schema.Struct({ type: Schema.Literal("OCO"), ...ofList, ...sized, ...pair }),
  Schema.Struct({ type: Schema.Literal("OTO"), ...ofList, working: OwnLegInput, pending: OwnLegInput }),
  Schema.Struct({
    type: Schema.Literal("OTOCO"),
    ...ofList,
    working: OwnLegInput,
    pending: Schema.Struct({ ...sized, ...pair })
  })
])
export type ListInput = typeof ListInput.Type
