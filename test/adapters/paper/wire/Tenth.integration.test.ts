// An exchange a tenth of Binance's size: it says so everywhere that a client looks.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { tenth } from "../../../../src/adapters/paper/wire/Limits.ts"
import { call, connect, exchange, limit, openAccount, place, quietMarket, send } from "./Wire.ts"

layer(exchange({ sizes: tenth }), { timeout: "20 seconds" })("an exchange with limits at a tenth", (it) => {
  it.effect("tells them in exchangeInfo, in an account's own count, and beside each answer of the WebSocket API", () =>
    Effect.gen(function* () {
      const limits = (rows: ReadonlyArray<any>) =>
        rows.map((row) => [row.rateLimitType, row.intervalNum, row.interval, row.limit].join(" "))
      const { body } = yield* send("GET /api/v3/exchangeInfo", { symbol: "BTCUSDT" })
      const orders = ["ORDERS 10 SECOND 10", "ORDERS 1 DAY 20000"]
      const weight = "REQUEST_WEIGHT 1 MINUTE 600"
      assert.deepStrictEqual(limits(body.rateLimits), [weight, ...orders, "RAW_REQUESTS 5 MINUTE 30000"])
      const ann = yield* openAccount()
      assert.deepStrictEqual(limits((yield* call(ann, "GET /api/v3/rateLimit/order")).body), orders)
      const link = yield* connect()
      assert.deepStrictEqual(limits((yield* link.ask("ping")).rateLimits), [weight])
    })
  )

  it.effect("refuses what goes over them", () =>
    Effect.gen(function* () {
      yield* quietMarket
      const ann = yield* openAccount()
      const crowded = Effect.gen(function* () {
        const orders = Array.from({ length: 11 }, () => place(ann, limit("BUY", "0.01", "50000")))
        return (yield* Effect.all(orders)).find(({ status }) => status === 429)?.body.msg
      })
      // Eleven can fall into two windows, twenty-two cannot fall into four.
      const told = (yield* crowded) ?? (yield* crowded)
      assert.strictEqual(told, "Too many new orders; current limit is 10 orders per 10 SECOND.")
    })
  )
})
