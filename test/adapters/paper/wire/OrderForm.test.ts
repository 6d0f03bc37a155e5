// Which parameters each order type takes, and how decimals become the engine's whole numbers and back.
import { assert, describe, it } from "@effect/vitest"
import { NewOrders } from "../../../../src/adapters/paper/wire/NewOrders.ts"
import { askedOf, orderSpec, type Given } from "../../../../src/adapters/paper/wire/OrderForm.ts"
import { decode } from "../../../../src/adapters/paper/wire/Params.ts"
import * as RawParams from "../../../../src/adapters/paper/wire/RawParams.ts"
import { amountText, Scale } from "../../../../src/adapters/paper/wire/Scale.ts"
import { isWireError } from "../../../../src/adapters/paper/wire/WireError.ts"
import { liquidPair } from "../../../../src/domain/Instrument.ts"
import { listingOf } from "../../../../src/domain/matching/Listing.ts"
import { decimal } from "../../../../src/domain/Money.ts"

const listing = listingOf(
  liquidPair({
    symbol: "BTCUSDT",
    baseAsset: "BTC",
    quoteAsset: "USDT",
    tickSize: decimal("0.01"),
    stepSize: decimal("0.00001")
  })
)
const orders = new NewOrders(listing)
const scale = new Scale(listing)

/** The engine's order for a query, or `code text` of the refusal. */
const asked = (query: string) => {
  const raw = RawParams.fromForm(`symbol=BTCUSDT&side=BUY&${query}`, "")
  const values = isWireError(raw) ? raw : decode(orderSpec, raw)
  if (isWireError(values)) return `${values.code} ${values.message}`
  const form = askedOf(values, "", {
    side: values.side,
    type: values.type,
    quantity: values.quantity,
    quantityName: "quantity",
    quoteOrderQty: values.quoteOrderQty,
    stp: values.selfTradePreventionMode
  } as Given)
  const order = isWireError(form) ? form : orders.of(form)
  return isWireError(order) ? `${order.code} ${order.message}` : order
}

const missing = (name: string) => `-1102 Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`
const notRequired = (name: string) => `-1106 Parameter '${name}' sent when not required.`
const STOP = "-1102 Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!"

describe("an order's parameters", () => {
  it("become whole ticks, lots and units", () => {
    assert.deepInclude(
      asked(
        "type=LIMIT&timeInForce=IOC&quantity=0.00100000&price=61837.63&newClientOrderId=me&strategyId=-7&strategyType=1000000"
      ),
      {
        clientOrderId: "me",
        type: "LIMIT",
        timeInForce: "IOC",
        lots: 100,
        ticks: 6183763,
        quote: 0n,
        stp: "EXPIRE_MAKER",
        strategyId: -7,
        strategyType: 1000000
      }
    )
    assert.deepInclude(asked("type=MARKET&quoteOrderQty=12345678901.00000001&selfTradePreventionMode=EXPIRE_BOTH"), {
      timeInForce: "GTC",
      lots: 0,
      quote: 1234567890100000001n,
      stp: "EXPIRE_BOTH"
    })
    const stop = "type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=2&stopPrice=3&trailingDelta=100&icebergQty=0.1"
    assert.deepInclude(asked(stop), { stopTicks: 300, trailingBips: 100, icebergLots: 10_000 })
    const unnamed = asked("type=MARKET&quantity=1")
    assert.match(typeof unnamed === "string" ? unnamed : unnamed.clientOrderId, /^[A-Za-z0-9]{22}$/)
  })

  it("must be there for their type", () => {
    assert.strictEqual(asked("type=LIMIT&quantity=1&price=1"), missing("timeInForce"))
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTC&quantity=1"), missing("price"))
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTC&price=1"), missing("quantity"))
    assert.strictEqual(asked("type=LIMIT_MAKER&quantity=1"), missing("price"))
    assert.strictEqual(
      asked("type=MARKET"),
      "-1102 Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"
    )
    for (const type of ["STOP_LOSS", "TAKE_PROFIT"]) assert.strictEqual(asked(`type=${type}&quantity=1`), STOP)
    for (const type of ["STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]) {
      assert.strictEqual(asked(`type=${type}&quantity=1&price=1&timeInForce=GTC`), STOP)
      assert.strictEqual(asked(`type=${type}&quantity=1&stopPrice=1&timeInForce=GTC`), missing("price"))
    }
  })

  it("may not be there for a type that has no use for them", () => {
    assert.strictEqual(asked("type=MARKET&quantity=1&timeInForce=GTC"), notRequired("timeInForce"))
    assert.strictEqual(asked("type=MARKET&quantity=1&price=1"), notRequired("price"))
    assert.strictEqual(
      asked("type=MARKET&quantity=1&quoteOrderQty=1"),
      "-1128 Combination of optional parameters invalid."
    )
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTC&quantity=1&price=1&stopPrice=1"), notRequired("stopPrice"))
    assert.strictEqual(asked("type=LIMIT_MAKER&timeInForce=GTC&quantity=1&price=1"), notRequired("timeInForce"))
    assert.strictEqual(asked("type=STOP_LOSS&quantity=1&stopPrice=1&price=1"), notRequired("price"))
    assert.strictEqual(asked("type=LIMIT&timeInForce=IOC&quantity=1&price=1&icebergQty=0.1"), notRequired("icebergQty"))
  })

  it("are refused in the words of their own rule", () => {
    const limit = "type=LIMIT&timeInForce=GTC&quantity=1&price=1"
    assert.strictEqual(asked("type=limit"), "-1116 Invalid orderType.")
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTX&quantity=1&price=1"), "-1115 Invalid timeInForce.")
    assert.strictEqual(asked(`${limit}&newClientOrderId=`), "-1118 New client order ID was empty.")
    assert.strictEqual(asked(`${limit}&strategyType=999999`), "-1134 strategyType was less than 1000000.")
    assert.strictEqual(
      asked(`${limit}&pegPriceType=PRIMARY_PEG`),
      "-2010 Pegged orders are not supported for this symbol."
    )
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTC&quantity=1&price=1.001"), "-1013 Filter failure: PRICE_FILTER")
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTC&quantity=0.000001&price=1"), "-1013 Filter failure: LOT_SIZE")
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTC&quantity=0&price=1"), "-1013 Invalid quantity.")
    assert.strictEqual(asked("type=LIMIT&timeInForce=GTC&quantity=1&price=0.00"), "-1013 Invalid price.")
  })
})

describe("whole numbers as decimals", () => {
  it("print with eight places, exactly", () => {
    assert.strictEqual(scale.price(6183763), "61837.63000000")
    assert.strictEqual(scale.price(0), "0.00000000")
    assert.strictEqual(scale.quantity(100), "0.00100000")
    assert.strictEqual(amountText(1n), "0.00000001")
    assert.strictEqual(amountText(-123456789012345678n), "-1234567890.12345678")
    assert.strictEqual(amountText(scale.quote(6183763, 100)), "61.83763000")
    const whole = new Scale(listingOf({ ...listing.instrument, tickSize: decimal("1"), stepSize: decimal("10") }))
    assert.strictEqual(whole.price(7), "7.00000000")
    assert.strictEqual(whole.quantity(7), "70.00000000")
    assert.strictEqual(amountText(whole.quote(7, 7)), "490.00000000")
  })
})
