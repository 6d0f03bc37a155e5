// One execution of an order: a trade at the exchange with our order on one side.
import * as Schema from "effect/Schema"
import { DecimalString } from "./Money.ts"

export const Fill = Schema.Struct({
  /** The exchange's trade id. A fill is counted once by (account, symbol, trade id) (I7). */
  tradeId: Schema.String,
  price: DecimalString,
  quantity: DecimalString,
  /** Commission, in the asset it was charged in. */
  fee: DecimalString,
  feeAsset: Schema.String,
  liquidity: Schema.Literals(["maker", "taker"]),
  /** Epoch milliseconds on the exchange's clock. */
  at: Schema.Finite
})
export type Fill = typeof Fill.Type
