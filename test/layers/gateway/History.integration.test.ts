import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { AccountId } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { type Answer, call, type Person, person, serve, type Served, tradeAt } from "../../kit/Served.ts"

interface Desk extends Served {
  readonly ann: Person
  readonly bob: Person
}

const desk = <A>(use: (desk: Desk) => Effect.Effect<A>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const served = yield* serve(Layer.empty)
      Context.get(served.context, MarketData).apply(tradeAt(6_000_000))
      return yield* use({ ...served, ann: yield* person(served, "ann"), bob: yield* person(served, "bob") })
    })
  )

const ORDERS = "/api/trading/orders"
const NOTHING = "01912f5c-0000-7000-8000-000000000001"
const resting = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", quantity: "0.01", price: "59000" }

const rest = ({ ann, base }: Desk) =>
  Effect.map(call(base, "POST", ORDERS, { token: ann.token, json: resting }), ({ body }) => body.orderId as string)

const history = ({ base }: Desk, { token }: Pick<Person, "token">, orderId: string, query = "") =>
  call(base, "GET", `${ORDERS}/${orderId}/history${query}`, { token })

const amend = ({ ann, base }: Desk, orderId: string, quantity: unknown, key?: string) =>
  call(base, "PATCH", `${ORDERS}/${orderId}`, {
    token: ann.token,
    json: { quantity },
    ...(key === undefined ? {} : { headers: { "idempotency-key": key } })
  })

const undecided = ({ ann, context }: Desk) =>
  Effect.orDie(Context.get(context, Journal).countUndecided(AccountId.make(ann.accountId)))

const codeOf = ({ body, status }: Answer) => [status, body.error?.code]

describe("the history of an order", () => {
  it.live("tells what was asked from the first moment on", () =>
    desk((it) =>
      Effect.gen(function* () {
        const orderId = yield* rest(it)
        yield* amend(it, orderId, "0.005")
        const { body, status } = yield* history(it, it.ann, orderId)
        assert.deepStrictEqual([status, body.orderId, body.complete], [200, orderId, true])
        assert.deepStrictEqual(
          body.rows.map(({ sentence, source, userId, what }: any) => [what, source, userId, sentence]),
          [
            [
              "PlaceOrder",
              "user",
              it.ann.userId,
              "Asked to place: BUY 0.01 BTCUSDT at 59000, GTC. It waits for the desk's decision."
            ],
            [
              "AmendOrder",
              "user",
              it.ann.userId,
              "Asked to make it smaller: 0.005 in all. It waits for the desk's decision."
            ]
          ]
        )
      })
    )
  )

  it.live("is for its own account only", () =>
    desk((it) =>
      Effect.gen(function* () {
        const orderId = yield* rest(it)
        assert.deepStrictEqual(codeOf(yield* history(it, it.bob, orderId)), [404, "ORDER_NOT_FOUND"])
        const named = `?accountId=${it.ann.accountId}`
        assert.deepStrictEqual(codeOf(yield* history(it, it.bob, orderId, named)), [403, "ACCOUNT_FORBIDDEN"])
        assert.deepStrictEqual(codeOf(yield* history(it, { token: "nobody" }, orderId)), [401, "TOKEN_INVALID"])
      })
    )
  )

  it.live("is not there for an order that never was, whatever was asked of it", () =>
    desk((it) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(codeOf(yield* history(it, it.ann, NOTHING)), [404, "ORDER_NOT_FOUND"])
        assert.deepStrictEqual(codeOf(yield* amend(it, NOTHING, "0.005", "a-1")), [404, "ORDER_NOT_FOUND"])
        assert.deepStrictEqual(codeOf(yield* history(it, it.ann, NOTHING)), [404, "ORDER_NOT_FOUND"])
      })
    )
  )
})

describe("a smaller quantity", () => {
  it.live("is durable under its key, and the key holds against anything else", () =>
    desk((it) =>
      Effect.gen(function* () {
        const orderId = yield* rest(it)
        const first = yield* amend(it, orderId, "0.005", "a-1")
        assert.deepStrictEqual([first.status, first.body], [200, { orderId, status: "PENDING" }])
        assert.deepStrictEqual((yield* amend(it, orderId, "0.0050", "a-1")).body, first.body)
        assert.strictEqual(yield* undecided(it), 2)
        assert.deepStrictEqual(codeOf(yield* amend(it, orderId, "0.004", "a-1")), [409, "IDEMPOTENCY_CONFLICT"])
        const path = `${ORDERS}/${orderId}`
        const headers = { "idempotency-key": "a-1" }
        const cancel = yield* call(it.base, "DELETE", path, { token: it.ann.token, headers })
        assert.deepStrictEqual(codeOf(cancel), [409, "IDEMPOTENCY_CONFLICT"])
      })
    )
  )

  it.live("is a number above zero, or nothing is stored", () =>
    desk((it) =>
      Effect.gen(function* () {
        const orderId = yield* rest(it)
        for (const quantity of ["0", "0.00", 0, "-1", -0.5, "much", "", null, true, undefined]) {
          const refused = yield* amend(it, orderId, quantity, "a-1")
          assert.deepStrictEqual(codeOf(refused), [400, "BAD_REQUEST"], String(quantity))
          assert.property(refused.body.error.fields, "quantity")
        }
        assert.strictEqual(yield* undecided(it), 1)
      })
    )
  )
})
