// From a client's decimals to the whole ticks and lots of the engine, refused in the wire's words.
import { Result } from "effect"
import { type AskedOrder, reader } from "../../../domain/matching/AskedOrder.ts"
import type { Listing } from "../../../domain/matching/Listing.ts"
import type { NewOrder } from "../../../domain/matching/Order.ts"
import { filterFailure, invalidPrice, invalidQuantity } from "../../../domain/matching/Rejection.ts"
import { fromText, type Grid, quantityGrid } from "../../../domain/Units.ts"
import * as Wire from "./WireError.ts"
import type { WireError } from "./WireError.ts"

const offStep = Wire.ofRejection(filterFailure("LOT_SIZE"))
const noQuantity = Wire.ofRejection(invalidQuantity)
const noPrice = Wire.ofRejection(invalidPrice)

/** Converts for one symbol, so that its grids are worked out once. */
export class NewOrders {
  private readonly quantities: Grid
  private readonly read: ReturnType<typeof reader>

  constructor(listing: Listing) {
    this.quantities = quantityGrid(listing.instrument)
    this.read = reader(listing)
  }

  /** A positive quantity in lots. */
  lots(text: string): number | WireError {
    const lots = fromText(text, this.quantities)
    return lots === undefined ? offStep : lots === 0 ? noQuantity : lots
  }

  /** A zero that was sent is refused here: to the engine it would mean that nothing was. */
  of(asked: AskedOrder): NewOrder | WireError {
    const converted = this.read(asked)
    if (Result.isFailure(converted)) return Wire.ofRejection(converted.failure)
    const order = converted.success
    if (asked.quantity !== undefined && order.lots === 0) return noQuantity
    if (asked.quoteOrderQty !== undefined && order.quote === 0n) return noQuantity
    if (asked.price !== undefined && order.ticks === 0) return noPrice
    return asked.stopPrice !== undefined && order.stopTicks === 0 ? noPrice : order
  }
}
