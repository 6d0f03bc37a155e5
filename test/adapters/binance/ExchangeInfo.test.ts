import { assert, describe, it } from "@effect/vitest"
import { instrument } from "../../../src/adapters/binance/ExchangeInfo.ts"
import { allowanceOf } from "../../../src/domain/Instrument.ts"

const row = {
  symbol: "BTCUSDT",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  orderTypes: ["LIMIT", "LIMIT_MAKER", "STOP_LOSS_LIMIT", "TELEPORT"],
  icebergAllowed: true,
  ocoAllowed: true,
  allowTrailingStop: false,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01", maxPrice: "1000000", tickSize: "0.01" },
    { filterType: "LOT_SIZE", minQty: "0.00001", maxQty: "9000", stepSize: "0.00001" },
    { filterType: "ICEBERG_PARTS", limit: 10 },
    { filterType: "MAX_NUM_ALGO_ORDERS", maxNumAlgoOrders: 5 },
    {
      filterType: "TRAILING_DELTA",
      minTrailingAboveDelta: 10,
      maxTrailingAboveDelta: 2000,
      minTrailingBelowDelta: 20,
      maxTrailingBelowDelta: 1000
    },
    { filterType: "T_PLUS_SELL" }
  ]
}

describe("a symbol of exchangeInfo", () => {
  it("allows what its row says and nothing else, within its filters", () => {
    const found = instrument(row)
    assert(found !== undefined)
    const { amend, iceberg, icebergParts, maxIcebergOrders, maxStopOrders, oco, orderTypes, oto, quoteQuantity } =
      allowanceOf(found)
    assert.deepStrictEqual(orderTypes, ["LIMIT", "LIMIT_MAKER", "STOP_LOSS_LIMIT"])
    assert.deepStrictEqual(
      { amend, iceberg, oco, oto, quoteQuantity },
      { amend: false, iceberg: true, oco: true, oto: false, quoteQuantity: false }
    )
    assert.deepStrictEqual([icebergParts, maxStopOrders], [10, 5])
    assert.strictEqual(maxIcebergOrders, Number.MAX_SAFE_INTEGER, "no filter, no limit")
    const { trailingAbove, trailingBelow, trailingStop } = allowanceOf(found)
    assert.isFalse(trailingStop)
    assert.deepStrictEqual(
      [trailingAbove, trailingBelow],
      [
        { minimum: 10, maximum: 2000 },
        { minimum: 20, maximum: 1000 }
      ]
    )
  })
})
