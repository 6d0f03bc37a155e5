// A listing as plain JSON: decimals as text, sets as sorted lists.
import * as Schema from "effect/Schema"
import { Instrument } from "../Instrument.ts"
import * as Money from "../Money.ts"
import type { Listing, SelfTradePrevention } from "./Listing.ts"
import type { OrderType } from "./Order.ts"

const encodeInstrument = Schema.encodeSync(Instrument)
const decodeInstrument = Schema.decodeUnknownSync(Instrument)

export const toJson = (listing: Listing) => ({
  ...listing,
  instrument: encodeInstrument(listing.instrument),
  orderTypes: [...listing.orderTypes].toSorted(),
  allowedStps: [...listing.allowedStps].toSorted(),
  minMarketQuantity: Money.format(listing.minMarketQuantity),
  marketStep: Money.format(listing.marketStep),
  maxPosition: Money.format(listing.maxPosition),
  maxBase: Money.format(listing.maxBase),
  maxQuote: Money.format(listing.maxQuote)
})

export type ListingJson = ReturnType<typeof toJson>

export const fromJson = (json: ListingJson): Listing => ({
  ...json,
  instrument: decodeInstrument(json.instrument),
  orderTypes: new Set<OrderType>(json.orderTypes),
  allowedStps: new Set<SelfTradePrevention>(json.allowedStps),
  minMarketQuantity: Money.decimal(json.minMarketQuantity),
  marketStep: Money.decimal(json.marketStep),
  maxPosition: Money.decimal(json.maxPosition),
  maxBase: Money.decimal(json.maxBase),
  maxQuote: Money.decimal(json.maxQuote)
})
