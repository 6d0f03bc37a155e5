// What the desk tells the page, as its tests have it: a symbol, and an order that rests.
import type { SymbolView } from "../../src/contract/Http.ts"
import type { OrderView } from "../../src/contract/Views.ts"
import { EVERYTHING } from "../../src/domain/Allowance.ts"

export const symbol: SymbolView = {
  symbol: "BTCUSDT",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  trading: true,
  tickSize: "0.01",
  minPrice: "0.01",
  maxPrice: "1000000",
  stepSize: "0.00001",
  minQuantity: "0.00001",
  maxQuantity: "9000",
  minNotional: "5",
  priceDecimals: 2,
  quantityDecimals: 5,
  makerFeeRate: "0.0008",
  takerFeeRate: "0.001",
  allows: EVERYTHING
}

export const order = (change: Partial<OrderView> = {}): OrderView => ({
  orderId: "o1",
  clientOrderId: "oc1",
  exchangeOrderId: null,
  symbol: "BTCUSDT",
  side: "BUY",
  type: "LIMIT",
  timeInForce: "GTC",
  quantity: "0.05",
  price: "61000",
  status: "NEW",
  executedQuantity: "0",
  averagePrice: null,
  reason: null,
  createdAt: 1,
  updatedAt: 1,
  ...change
})
