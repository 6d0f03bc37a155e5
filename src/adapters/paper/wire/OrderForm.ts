// An order as a client writes it: the parameters of an order or of a list's leg, and which of them each order type takes.
import type { AskedOrder } from "../../../domain/matching/AskedOrder.ts"
import type { SelfTradePrevention } from "../../../domain/matching/Listing.ts"
import { selfTradePreventions } from "../../../domain/matching/Listing.ts"
import type { OrderType } from "../../../domain/matching/Order.ts"
import type { Side } from "../../../domain/Order.ts"
import { freshClientId } from "./FreshIds.ts"
import * as Params from "./Params.ts"
import { oneOf, optional, type ParamSpec, required } from "./Params.ts"
import * as Wire from "./WireError.ts"
import { isWireError, WireError } from "./WireError.ts"

export const sides = ["BUY", "SELL"] as const
export const timesInForce = ["GTC", "IOC", "FOK"] as const
export const orderTypes = [
  "LIMIT",
  "MARKET",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT",
  "LIMIT_MAKER"
] as const

export const side = oneOf(sides, Wire.invalidSide)
export const orderType = oneOf(orderTypes, Wire.invalidOrderType)
export const timeInForce = oneOf(timesInForce, Wire.invalidTimeInForce)
export const selfTradePrevention = oneOf(selfTradePreventions)

const LEAST_STRATEGY_TYPE = 1_000_000
const strategyType: Params.Reader<number> = (name, text) => {
  const value = Params.integer(name, text)
  return isWireError(value) || value >= LEAST_STRATEGY_TYPE ? value : Wire.strategyTypeTooSmall
}

/** Pegged prices are not offered (`pegInstructionsAllowed` is false); the parameters are known, so that the refusal says so. */
const pegPriceType = oneOf(["PRIMARY_PEG", "MARKET_PEG"])
const pegOffsetType = oneOf(["PRICE_LEVEL"])
const notPegged = new WireError(400, -2010, "Pegged orders are not supported for this symbol.")

/** `price` of an order, `abovePrice` of a list's leg. */
const named = (prefix: string, name: string): string =>
  prefix === "" ? name : prefix + name[0]?.toUpperCase() + name.slice(1)

/** The parameters that an order and every leg of a list have alike, but for the prefix. */
export const termsSpec = (prefix: string): ParamSpec => ({
  [named(prefix, "timeInForce")]: optional(timeInForce),
  [named(prefix, "price")]: optional(Params.decimal),
  [prefix === "" ? "newClientOrderId" : named(prefix, "clientOrderId")]: optional(
    Params.clientId,
    prefix === "" ? Wire.emptyNewClientId : undefined
  ),
  [named(prefix, "strategyId")]: optional(Params.long),
  [named(prefix, "strategyType")]: optional(strategyType),
  [named(prefix, "stopPrice")]: optional(Params.decimal),
  [named(prefix, "trailingDelta")]: optional(Params.integer),
  [named(prefix, "icebergQty")]: optional(Params.decimal),
  [named(prefix, "pegPriceType")]: optional(pegPriceType),
  [named(prefix, "pegOffsetType")]: optional(pegOffsetType),
  [named(prefix, "pegOffsetValue")]: optional(Params.integer)
})

export const orderSpec = {
  symbol: required(Params.symbol),
  side: required(side),
  type: required(orderType),
  quantity: optional(Params.decimal),
  quoteOrderQty: optional(Params.decimal),
  ...termsSpec(""),
  newOrderRespType: optional(oneOf(["ACK", "RESULT", "FULL"])),
  selfTradePreventionMode: optional(selfTradePrevention)
} as const

/** What a leg has from its list rather than under its own prefix. */
export interface Given {
  readonly side: Side
  readonly type: OrderType
  readonly quantity: string | undefined
  /** The parameter that `quantity` came from, for refusals. */
  readonly quantityName: string
  readonly quoteOrderQty?: string | undefined
  readonly stp: SelfTradePrevention | undefined
}

/** Parameters of an order that its record carries under the same name. */
const carried = [
  "timeInForce",
  "price",
  "stopPrice",
  "trailingDelta",
  "icebergQty",
  "strategyId",
  "strategyType"
] as const

/** The order that these values describe, or why its type cannot have them. Without a client id the exchange makes one up. */
export const askedOf = (
  values: Readonly<Record<string, unknown>>,
  prefix: string,
  given: Given
): AskedOrder | WireError => {
  const clientId = values[prefix === "" ? "newClientOrderId" : named(prefix, "clientOrderId")]
  const asked: Record<string, unknown> = {
    clientOrderId: clientId ?? freshClientId(),
    side: given.side,
    type: given.type
  }
  if (given.quantity !== undefined) asked["quantity"] = given.quantity
  if (given.quoteOrderQty !== undefined) asked["quoteOrderQty"] = given.quoteOrderQty
  if (given.stp !== undefined) asked["selfTradePreventionMode"] = given.stp
  for (const name of carried) {
    const value = values[named(prefix, name)]
    if (value !== undefined) asked[name] = value
  }
  const pegged = (name: string) => values[named(prefix, name)] !== undefined
  if (pegged("pegPriceType") || pegged("pegOffsetType")) return notPegged
  if (pegged("pegOffsetValue")) return Wire.notRequired(named(prefix, "pegOffsetValue"))
  const order = asked as unknown as AskedOrder
  return wrongShape(order, prefix, given.quantityName) ?? order
}

type Field = "timeInForce" | "price" | "quoteOrderQty" | "stopPrice" | "trailingDelta" | "icebergQty"

/** What a type must have besides a quantity, and what it may not have (REST API, "New order", "Additional mandatory parameters"). */
const shapes: Record<OrderType, { readonly must: ReadonlyArray<Field>; readonly never: ReadonlyArray<Field> }> = {
  LIMIT: { must: ["timeInForce", "price"], never: ["quoteOrderQty", "stopPrice", "trailingDelta"] },
  LIMIT_MAKER: { must: ["price"], never: ["timeInForce", "quoteOrderQty", "stopPrice", "trailingDelta"] },
  MARKET: { must: [], never: ["timeInForce", "price", "stopPrice", "trailingDelta", "icebergQty"] },
  STOP_LOSS: { must: [], never: ["timeInForce", "price", "quoteOrderQty", "icebergQty"] },
  TAKE_PROFIT: { must: [], never: ["timeInForce", "price", "quoteOrderQty", "icebergQty"] },
  STOP_LOSS_LIMIT: { must: ["timeInForce", "price"], never: ["quoteOrderQty"] },
  TAKE_PROFIT_LIMIT: { must: ["timeInForce", "price"], never: ["quoteOrderQty"] }
}

const wrongShape = (asked: AskedOrder, prefix: string, quantityName: string): WireError | undefined => {
  const { must, never } = shapes[asked.type]
  for (const field of must) if (asked[field] === undefined) return Wire.missing(named(prefix, field))
  for (const field of never) if (asked[field] !== undefined) return Wire.notRequired(named(prefix, field))
  if (asked.type === "MARKET" && quantityName === "quantity") {
    if (asked.quantity === undefined && asked.quoteOrderQty === undefined) {
      return Wire.missingEither("quantity", "quoteOrderQty")
    }
    if (asked.quantity !== undefined && asked.quoteOrderQty !== undefined) return Wire.badCombination
  } else if (asked.quantity === undefined) {
    return Wire.missing(quantityName)
  }
  const waits = asked.type.startsWith("STOP_LOSS") || asked.type.startsWith("TAKE_PROFIT")
  if (waits && asked.stopPrice === undefined && asked.trailingDelta === undefined) {
    return Wire.missingEither(named(prefix, "stopPrice"), named(prefix, "trailingDelta"))
  }
  // An iceberg that is not good till cancelled makes no sense to the exchange; LIMIT_MAKER always is.
  const iceberg = asked.icebergQty !== undefined && asked.timeInForce !== undefined && asked.timeInForce !== "GTC"
  if (!iceberg) return undefined
  const name = named(prefix, "icebergQty")
  return /above|below/i.test(prefix) ? Wire.icebergNeedsGtc(name) : Wire.notRequired(name)
}
