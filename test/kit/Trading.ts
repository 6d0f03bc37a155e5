// Ready-made trading values for tests: one instrument, one account, envelopes with readable ids.
import { OPEN_ACCOUNT, type Envelope } from "../../src/domain/Command.ts"
import { AccountId, CommandId, ListId, OrderId, UserId } from "../../src/domain/Ids.ts"
import type { Instrument } from "../../src/domain/Instrument.ts"
import type { ListKind, ListRole } from "../../src/domain/ListLink.ts"
import type { AskedList } from "../../src/domain/ListRules.ts"
import * as Money from "../../src/domain/Money.ts"
import type { Intent, Side, TimeInForce } from "../../src/domain/Order.ts"
import type { RiskContext, RiskLimits } from "../../src/domain/Risk.ts"

const { decimal } = Money

export const btcusdt: Instrument = {
  symbol: "BTCUSDT",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  trading: true,
  tickSize: decimal("0.01"),
  minPrice: decimal("0.01"),
  maxPrice: decimal("1000000"),
  stepSize: decimal("0.00001"),
  minQuantity: decimal("0.00001"),
  maxQuantity: decimal("9000"),
  maxMarketQuantity: decimal("100"),
  minNotional: decimal("5"),
  maxNotional: decimal("9000000"),
  bidMultiplierUp: decimal("5"),
  bidMultiplierDown: decimal("0.2"),
  askMultiplierUp: decimal("5"),
  askMultiplierDown: decimal("0.2"),
  maxOpenOrders: 200,
  makerFeeRate: decimal("0.001"),
  takerFeeRate: decimal("0.001")
}

export const accountId = AccountId.make("account-1")
export const userId = UserId.make("user-1")

/** The nth order of a test: a well-formed UUID that reads as its number. */
export const orderId = (n: number): OrderId => OrderId.make(`00000000-0000-7000-8000-${String(n).padStart(12, "0")}`)

export const market = (side: Side, quantity: string): Intent => ({
  type: "MARKET",
  symbol: "BTCUSDT",
  side,
  quantity: decimal(quantity)
})

export const limit = (side: Side, quantity: string, price: string, timeInForce: TimeInForce = "GTC"): Intent => ({
  type: "LIMIT",
  symbol: "BTCUSDT",
  side,
  quantity: decimal(quantity),
  price: decimal(price),
  timeInForce
})

export const byQuote = (side: Side, quoteQuantity: string): Intent => ({
  type: "MARKET",
  symbol: "BTCUSDT",
  side,
  quantity: Money.zero,
  quoteQuantity: decimal(quoteQuantity)
})

export const maker = (side: Side, quantity: string, price: string, shown?: string): Intent => ({
  type: "LIMIT_MAKER",
  symbol: "BTCUSDT",
  side,
  quantity: decimal(quantity),
  price: decimal(price),
  ...(shown === undefined ? {} : { icebergQuantity: decimal(shown) })
})

interface Trigger {
  readonly stopPrice?: string
  readonly trailingDelta?: number
}

const triggerOf = ({ stopPrice, trailingDelta }: Trigger) => ({
  ...(stopPrice === undefined ? {} : { stopPrice: decimal(stopPrice) }),
  ...(trailingDelta === undefined ? {} : { trailingDelta })
})

export const stop = (
  type: "STOP_LOSS" | "TAKE_PROFIT",
  side: Side,
  quantity: string,
  trigger: Trigger
): Extract<Intent, { readonly type: "STOP_LOSS" | "TAKE_PROFIT" }> => ({
  type,
  symbol: "BTCUSDT",
  side,
  quantity: decimal(quantity),
  ...triggerOf(trigger)
})

export const stopLimit = (
  type: "STOP_LOSS_LIMIT" | "TAKE_PROFIT_LIMIT",
  side: Side,
  quantity: string,
  price: string,
  trigger: Trigger
): Extract<Intent, { readonly type: "STOP_LOSS_LIMIT" | "TAKE_PROFIT_LIMIT" }> => ({
  type,
  symbol: "BTCUSDT",
  side,
  quantity: decimal(quantity),
  price: decimal(price),
  timeInForce: "GTC",
  ...triggerOf(trigger)
})

export const place = (n: number, intent: Intent, at = 0): Envelope => ({
  commandId: CommandId.make(`place-${n}`),
  accountId,
  userId,
  at,
  traceId: "",
  command: { _tag: "PlaceOrder", orderId: orderId(n), intent }
})

/** Legs with their numbers, in the order of `ROLES`. */
type NumberedLegs = ReadonlyArray<readonly [role: ListRole, n: number, intent: Intent]>

export const asked = (n: number, kind: ListKind, legs: NumberedLegs): AskedList => ({
  listId: ListId.make(orderId(n).replace("-8000-", "-9000-")),
  kind,
  legs: legs.map(([role, leg, intent]) => ({ role, orderId: orderId(leg), intent }))
})

export const placeList = (n: number, kind: ListKind, legs: NumberedLegs, at = 0): Envelope => ({
  commandId: CommandId.make(`list-${n}`),
  accountId,
  userId,
  at,
  traceId: "",
  command: { _tag: "PlaceList", ...asked(n, kind, legs) }
})

export const replace = (old: number, n: number, intent: Intent, executed?: string): Envelope => ({
  commandId: CommandId.make(`replace-${n}`),
  accountId,
  userId,
  at: 0,
  traceId: "",
  command: {
    _tag: "ReplaceOrder",
    orderId: orderId(n),
    replaces: orderId(old),
    intent,
    ...(executed === undefined ? {} : { executedQuantity: decimal(executed) })
  }
})

export const cancel = (n: number, at = 0): Envelope => ({
  commandId: CommandId.make(`cancel-${n}`),
  accountId,
  userId,
  at,
  traceId: "",
  command: { _tag: "CancelOrder", orderId: orderId(n) }
})

export const amend = (n: number, quantity: string, at = 0): Envelope => ({
  commandId: CommandId.make(`amend-${n}-${quantity}`),
  accountId,
  userId,
  at,
  traceId: "",
  command: { _tag: "AmendOrder", orderId: orderId(n), quantity: decimal(quantity) }
})

export const open = (at = 0): Envelope => ({
  commandId: OPEN_ACCOUNT,
  accountId,
  userId,
  at,
  traceId: "",
  command: { _tag: "OpenAccount" }
})

export const limits: RiskLimits = {
  maxOrderNotional: decimal("1000000"),
  maxOpenOrders: 500,
  collar: decimal("0.1")
}

export const context = (price = "60000"): RiskContext => ({
  instrument: btcusdt,
  referencePrice: decimal(price),
  worstPrice: decimal(price),
  limits
})
