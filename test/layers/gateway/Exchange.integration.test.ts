import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect } from "effect"
import { Layer } from "effect"
import { AccountId } from "../../../src/domain/Ids.ts"
import { Events } from "../../../src/ports/Events.ts"
import { exchangeState } from "../../kit/Messages.ts"
import { call, person, serve } from "../../kit/Served.ts"

const testnet = { EXCHANGE: "binance", BINANCE_ENV: "testnet" } as const

const standing = Effect.gen(function* () {
  const served = yield* serve(Layer.empty, testnet)
  const { publishExchange } = Context.get(served.context, Events)
  const ann = yield* person(served, "ann")
  const bob = yield* person(served, "bob")
  const show = (token: string, query = "") => call(served.base, "GET", `/api/exchange${query}`, { token })
  return { ann, bob, publishExchange, served, show, now: yield* Clock.currentTimeMillis }
})

describe("how the desk stands with the exchange", () => {
  it.live("is shown with the budget of the caller's own account, and of nobody else's", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { ann, bob, now, publishExchange, show } = yield* standing
        const orders = [{ accountId: AccountId.make(ann.accountId), tenSeconds: 3, day: 40, stoppedUntil: now + 5_000 }]
        yield* publishExchange({ ...exchangeState, at: now, orders })
        const shown = yield* show(ann.token)
        assert.strictEqual(shown.status, 200)
        assert.deepStrictEqual(shown.body, {
          environment: "testnet",
          budget: {
            at: now,
            clockOffsetMillis: -12,
            weight: exchangeState.weight,
            orders: {
              tenSeconds: { used: 3, limit: 100 },
              day: { used: 40, limit: 200_000 },
              stoppedUntil: now + 5_000
            },
            lanes: [
              { lane: "cancel", waiting: 0, shed: 0, lastShedAt: null },
              { lane: "read", waiting: 2, shed: 7, lastShedAt: exchangeState.lanes[1]?.lastShedAt }
            ],
            stoppedUntil: exchangeState.stoppedUntil,
            bannedUntil: exchangeState.bannedUntil
          }
        })
        const other = (yield* show(bob.token)).body.budget.orders
        assert.deepStrictEqual([other.tenSeconds.used, other.day.used, other.stoppedUntil], [0, 0, null])
        assert.strictEqual((yield* show(bob.token, `?accountId=${ann.accountId}`)).status, 403)
      })
    )
  )

  it.live("is not known where no executor was heard of lately, or one that trades elsewhere", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { ann, now, publishExchange, show } = yield* standing
        const unknown = { environment: "testnet", budget: null }
        assert.deepStrictEqual((yield* show(ann.token)).body, unknown)
        yield* publishExchange({ ...exchangeState, at: now - 11_000 })
        assert.deepStrictEqual((yield* show(ann.token)).body, unknown)
        yield* publishExchange({ ...exchangeState, at: now, environment: "live" })
        assert.deepStrictEqual((yield* show(ann.token)).body, unknown)
      })
    )
  )

  it.live("is told to nobody without a token", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { served } = yield* standing
        assert.strictEqual((yield* call(served.base, "GET", "/api/exchange")).status, 401)
      })
    )
  )
})
