// What may be asked for in one symbol, beyond prices and quantities: order types, their options, and how many may be open (Binance Spot,
// exchangeInfo).
import * as Schema from "effect/Schema"
import { OrderType } from "./Order.ts"

/** Basis points. */
const DeltaRange = Schema.Struct({ minimum: Schema.Int, maximum: Schema.Int })

export const Allowance = Schema.Struct({
  orderTypes: Schema.Array(OrderType),
  iceberg: Schema.Boolean,
  /** MARKET by quote quantity. */
  quoteQuantity: Schema.Boolean,
  trailingStop: Schema.Boolean,
  amend: Schema.Boolean,
  oco: Schema.Boolean,
  oto: Schema.Boolean,
  cancelReplace: Schema.Boolean,
  /** ICEBERG_PARTS, and open orders of an account and symbol at most: MAX_NUM_ICEBERG_ORDERS, _ALGO_ORDERS, _ORDER_LISTS. */
  icebergParts: Schema.Int,
  maxIcebergOrders: Schema.Int,
  maxStopOrders: Schema.Int,
  maxOrderLists: Schema.Int,
  /** MAX_NUM_ORDER_AMENDS of one order. */
  maxAmends: Schema.Int,
  /** TRAILING_DELTA of what a rise triggers, and of what a fall does. */
  trailingAbove: DeltaRange,
  trailingBelow: DeltaRange
})
export type Allowance = typeof Allowance.Type

/** What a liquid pair has at Binance Spot: everything. Recordings and the simulation state nothing else. */
export const EVERYTHING: Allowance = {
  orderTypes: [...OrderType.literals],
  iceberg: true,
  quoteQuantity: true,
  trailingStop: true,
  amend: true,
  oco: true,
  oto: true,
  cancelReplace: true,
  icebergParts: 100,
  maxIcebergOrders: 200,
  maxStopOrders: 5,
  maxOrderLists: 20,
  maxAmends: 10,
  trailingAbove: { minimum: 10, maximum: 2000 },
  trailingBelow: { minimum: 10, maximum: 2000 }
}
