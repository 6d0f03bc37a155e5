// Asking for orders that belong together, or for one in another's place: what is taken, and what is told of what is not.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { AccountId } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { call, type Person, person, serve, type Served, tradeAt } from "../../kit/Served.ts"

interface Desk extends Served {
  readonly ann: Person
}

const desk = <A>(use: (desk: Desk) => Effect.Effect<A>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const served = yield* serve(Layer.empty)
      Context.get(served.context, MarketData).apply(tradeAt(6_000_000))
      return yield* use({ ...served, ann: yield* person(served, "ann") })
    })
  )

const oco = {
  type: "OCO",
  symbol: "BTCUSDT",
  side: "SELL",
  quantity: "0.1",
  above: { type: "LIMIT_MAKER", price: "61000" },
  below: { type: "STOP_LOSS_LIMIT", price: 58990, stopPrice: "59000" }
}
const otoco = {
  type: "OTOCO",
  symbol: "BTCUSDT",
  working: { type: "LIMIT", side: "BUY", quantity: "0.1", price: "59500" },
  pending: { side: "SELL", quantity: "0.1", above: oco.above, below: oco.below }
}

const place = ({ ann, base }: Desk, json: unknown, headers: Record<string, string> = {}) =>
  call(base, "POST", "/api/trading/order-lists", { token: ann.token, json, headers })

const undecided = (served: Desk) =>
  Effect.orDie(Context.get(served.context, Journal).countUndecided(AccountId.make(served.ann.accountId)))

describe("replacing an order", () => {
  const replace = ({ ann, base }: Desk, orderId: string, json: unknown, headers: Record<string, string> = {}) =>
    call(base, "PUT", `/api/trading/orders/${orderId}`, { token: ann.token, json, headers })

  it.live("answers PENDING with the id of the new order, which has the symbol and the side of the old one", () =>
    desk((it) =>
      Effect.gen(function* () {
        const json = { symbol: "BTCUSDT", side: "SELL", type: "LIMIT", quantity: "0.1", price: "61000" }
        const old = yield* call(it.base, "POST", "/api/trading/orders", { token: it.ann.token, json })
        const terms = { type: "LIMIT", quantity: "0.2", price: "60500" }
        const headers = { "idempotency-key": "nearer" }
        const placed = yield* replace(it, old.body.orderId, terms, headers)
        assert.strictEqual(placed.status, 201, JSON.stringify(placed.body))
        assert.notStrictEqual(placed.body.orderId, old.body.orderId)
        const again = yield* replace(it, old.body.orderId, terms, headers)
        assert.deepStrictEqual(again.body, placed.body)
        const { orderId } = placed.body
        const { body } = yield* call(it.base, "GET", `/api/trading/orders/${orderId}`, { token: it.ann.token })
        assert.deepStrictEqual(
          [body.status, body.side, body.symbol, body.price, body.replaces],
          ["PENDING", "SELL", "BTCUSDT", "60500", old.body.orderId]
        )
        assert.strictEqual(yield* undecided(it), 2)
      })
    )
  )

  it.live("is refused for an order that is not there, and for terms that are none", () =>
    desk((it) =>
      Effect.gen(function* () {
        const terms = { type: "LIMIT", quantity: "0.2", price: "60500" }
        const missing = yield* replace(it, "01912f5c-0000-7000-8000-000000000001", terms)
        assert.deepStrictEqual([missing.status, missing.body.error.code], [404, "ORDER_NOT_FOUND"])
        const json = { symbol: "BTCUSDT", side: "SELL", type: "LIMIT", quantity: "0.1", price: "61000" }
        const { body } = yield* call(it.base, "POST", "/api/trading/orders", { token: it.ann.token, json })
        for (const [wrong, code] of [
          [{ ...terms, price: undefined }, "BAD_REQUEST"],
          [{ ...terms, side: "BUY" }, "BAD_REQUEST"],
          [{ ...terms, executedQuantity: "some" }, "BAD_REQUEST"],
          [{ ...terms, executedQuantity: "-1" }, "BAD_REQUEST"],
          [{ ...terms, quantity: "0" }, "QUANTITY_NOT_POSITIVE"]
        ] as const) {
          const answer = yield* replace(it, body.orderId, wrong)
          assert.deepStrictEqual([answer.status, answer.body.error.code], [400, code])
        }
        assert.strictEqual(yield* undecided(it), 1)
      })
    )
  )
})

describe("placing an order list", () => {
  it.live("answers PENDING with an id for each of its orders, and shows them", () =>
    desk((it) =>
      Effect.gen(function* () {
        const placed = yield* place(it, otoco)
        assert.strictEqual(placed.status, 201, JSON.stringify(placed.body))
        const { listId, orders, status } = placed.body
        assert.strictEqual(status, "PENDING")
        assert.deepStrictEqual(
          orders.map((one: { role: string }) => one.role),
          ["working", "above", "below"]
        )
        assert.strictEqual(yield* undecided(it), 1)
        const [, , { orderId }] = orders
        const { body } = yield* call(it.base, "GET", `/api/trading/orders/${orderId}`, { token: it.ann.token })
        assert.deepStrictEqual(
          [body.status, body.type, body.price, body.stopPrice, body.list],
          ["PENDING", "STOP_LOSS_LIMIT", "58990", "59000", { listId, kind: "OTOCO", role: "below" }]
        )
        const history = yield* call(it.base, "GET", `/api/trading/orders/${orderId}/history`, { token: it.ann.token })
        assert.match(history.body.rows[0].sentence, /Asked to place an OTOCO of 3 orders/)
      })
    )
  )

  it.live("gives the same answer to the same key, and refuses the key to another request", () =>
    desk((it) =>
      Effect.gen(function* () {
        const headers = { "idempotency-key": "once" }
        const first = yield* place(it, oco, headers)
        const again = yield* place(it, { ...oco, quantity: 0.1 }, headers)
        assert.deepStrictEqual([again.status, again.body], [201, first.body])
        const other = yield* place(it, { ...oco, quantity: "0.2" }, headers)
        assert.deepStrictEqual([other.status, other.body.error.code], [409, "IDEMPOTENCY_CONFLICT"])
        const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", quantity: "0.1", price: "59000" }
        const single = yield* call(it.base, "POST", "/api/trading/orders", {
          token: it.ann.token,
          json: order,
          headers
        })
        assert.strictEqual(single.body.error.code, "IDEMPOTENCY_CONFLICT")
        assert.strictEqual(yield* undecided(it), 1)
      })
    )
  )

  it.live("says no before anything is stored, with the order and the field that is wrong", () =>
    desk((it) =>
      Effect.gen(function* () {
        const wrong: ReadonlyArray<readonly [object, string, string?]> = [
          [{ ...oco, above: { type: "LIMIT_MAKER" } }, "BAD_REQUEST", "above.price"],
          [{ ...oco, below: { type: "STOP_LOSS", price: "1", stopPrice: "59000" } }, "BAD_REQUEST", "below.price"],
          [{ ...oco, quantity: "many" }, "BAD_REQUEST", "above.quantity"],
          [
            { ...otoco, pending: { ...otoco.pending, below: { type: "STOP_LOSS" } } },
            "BAD_REQUEST",
            "pending.below.stopPrice"
          ],
          [{ ...oco, type: "OPO" }, "BAD_REQUEST"],
          [{ ...oco, working: otoco.working }, "BAD_REQUEST"],
          [{ ...oco, above: oco.below, below: oco.above }, "LIST_LEG_WRONG"],
          [{ ...otoco, working: { type: "MARKET", side: "BUY", quantity: "0.1" } }, "LIST_LEG_WRONG"],
          [{ ...oco, above: { type: "LIMIT_MAKER", price: "58000" } }, "LIST_PRICES_CROSSED"],
          [{ ...oco, quantity: "0.00001" }, "NOTIONAL_TOO_SMALL"],
          [{ ...oco, symbol: "XYZ" }, "UNKNOWN_SYMBOL"]
        ]
        for (const [json, code, field] of wrong) {
          const { body, status } = yield* place(it, json)
          assert.deepStrictEqual([status, body.error.code], [400, code], JSON.stringify(body))
          if (field !== undefined) assert.property(body.error.fields, field)
        }
        assert.strictEqual(yield* undecided(it), 0)
      })
    )
  )

  it.live("keeps its refusal under its key", () =>
    desk((it) =>
      Effect.gen(function* () {
        const headers = { "idempotency-key": "refused" }
        const json = { ...oco, above: oco.below, below: oco.above }
        const first = yield* place(it, json, headers)
        const again = yield* place(it, json, headers)
        assert.deepStrictEqual([first.status, again.body], [400, first.body])
        assert.strictEqual(yield* undecided(it), 0)
      })
    )
  )
})
