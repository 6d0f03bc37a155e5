import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { call, type Person, person, serve, type Served, tradeAt } from "../../kit/Served.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { AccountId, CommandId } from "../../../src/domain/Ids.ts"

interface Desk extends Served {
  readonly ann: Person
}

/** A served gateway, a market at `ticks` × 100, and Ann. */
const desk = <A>(use: (desk: Desk) => Effect.Effect<A>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const served = yield* serve(Layer.empty)
      Context.get(served.context, MarketData).apply(tradeAt(100_000))
      return yield* use({ ...served, ann: yield* person(served, "ann") })
    })
  )

const small = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.0001" }

const place = ({ ann, base }: Desk, json: unknown, key?: string) =>
  call(base, "POST", "/api/trading/orders", {
    token: ann.token,
    json,
    ...(key === undefined ? {} : { headers: { "idempotency-key": key } })
  })

const cancel = ({ ann, base }: Desk, orderId: string, key: string) =>
  call(base, "DELETE", `/api/trading/orders/${orderId}`, { token: ann.token, headers: { "idempotency-key": key } })

const stored = ({ ann, context }: Desk, key: string) =>
  Effect.orDie(Context.get(context, Journal).command(AccountId.make(ann.accountId), CommandId.make(key)))

describe("a refusal under an Idempotency-Key", () => {
  it.live("is said again word for word, also when the order would be fine by now", () =>
    desk((it) =>
      Effect.gen(function* () {
        const first = yield* place(it, small, "k-1")
        assert.deepStrictEqual([first.status, first.body.error.code], [400, "NOTIONAL_TOO_SMALL"])
        // From here on 0.0001 BTC is worth enough.
        Context.get(it.context, MarketData).apply(tradeAt(6_000_000, 2))
        const again = yield* place(it, small, "k-1")
        assert.deepStrictEqual([again.status, again.body], [first.status, first.body])
        assert.strictEqual((yield* place(it, small, "k-2")).status, 201)
        assert.strictEqual((yield* place(it, small)).status, 201)
        const { body } = yield* call(it.base, "GET", "/api/trading/orders", { token: it.ann.token })
        assert.strictEqual(body.orders.length, 2, "the refused one is no order")
      })
    )
  )

  it.live("holds its key against another request", () =>
    desk((it) =>
      Effect.gen(function* () {
        yield* place(it, small, "k-1")
        for (const other of [
          yield* place(it, { ...small, quantity: "0.0002" }, "k-1"),
          yield* place(it, { ...small, quantity: "0.5" }, "k-1"),
          yield* cancel(it, "01912f5c-0000-7000-8000-000000000001", "k-1")
        ]) {
          assert.deepStrictEqual([other.status, other.body.error.code], [409, "IDEMPOTENCY_CONFLICT"])
        }
      })
    )
  )

  it.live("is kept of a cancel that found nothing", () =>
    desk((it) =>
      Effect.gen(function* () {
        const nothing = "01912f5c-0000-7000-8000-000000000001"
        const first = yield* cancel(it, nothing, "c-1")
        assert.deepStrictEqual([first.status, first.body.error.code], [404, "ORDER_NOT_FOUND"])
        assert.deepStrictEqual((yield* cancel(it, nothing, "c-1")).body, first.body)
        const { orderId } = (yield* place(it, { ...small, quantity: "0.5" })).body
        assert.strictEqual((yield* cancel(it, orderId, "c-1")).status, 409)
        assert.strictEqual((yield* cancel(it, orderId, "c-2")).status, 200)
      })
    )
  )

  it.live("is not kept where the request could not be read, or its sender not be known", () =>
    desk((it) =>
      Effect.gen(function* () {
        const unreadable = yield* place(it, { ...small, quantity: "much" }, "k-1")
        const anonymous = yield* place({ ...it, ann: { ...it.ann, token: "nobody" } }, small, "k-2")
        const incomplete = yield* place(it, { ...small, type: "LIMIT" }, "k-3")
        assert.deepStrictEqual([unreadable.status, anonymous.status, incomplete.status], [400, 401, 400])
        for (const key of ["k-1", "k-2", "k-3"]) {
          assert.strictEqual((yield* stored(it, key))._tag, "None")
          assert.strictEqual((yield* place(it, { ...small, quantity: "0.5" }, key)).status, 201)
        }
      })
    )
  )
})
