import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as PaperExchange from "../../../src/adapters/paper/PaperExchange.ts"
import * as VenueEngine from "../../../src/adapters/paper/VenueEngine.ts"
import { OPEN_ACCOUNT } from "../../../src/domain/Command.ts"
import { AccountId } from "../../../src/domain/Ids.ts"
import { Broadcaster } from "../../../src/layers/broadcaster/Broadcaster.ts"
import * as FeedRoute from "../../../src/layers/broadcaster/FeedRoute.ts"
import * as Executor from "../../../src/layers/executor/Executor.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import * as MemoryPaperJournal from "../../../src/ports/MemoryPaperJournal.ts"
import { connect } from "../../kit/FeedClient.ts"
import { call, serve, type Served } from "../../kit/Served.ts"

const executor = Executor.layer.pipe(
  Layer.provide(PaperExchange.layer),
  Layer.provide(VenueEngine.layer()),
  Layer.provide(MemoryPaperJournal.layerMemory),
  Layer.orDie
)
const feed = FeedRoute.layer.pipe(Layer.provide(Broadcaster.layer))
const someone = { email: "dora@example.org", password: "correct horse" }

const accountOf = ({ base }: Served, token: string) =>
  Effect.map(call(base, "GET", "/api/trading/account", { token }), ({ body }) => AccountId.make(body.accountId))

describe("a new account", () => {
  it.live("has its paper balances without an order, in the feed and over REST", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const served = yield* serve(Layer.merge(executor, feed), { PAPER_BALANCES: "USDT:2500.5,BTC:3" })
        const { token } = (yield* call(served.base, "POST", "/auth/register", { json: someone })).body
        const client = yield* connect(served.base, `?token=${token}`)
        const balances = () => {
          const known = new Map<string, unknown>()
          for (const { data, type } of client.heard) {
            const told = type === "SNAPSHOT" ? data.balances : type === "BALANCE_UPDATE" ? [data] : []
            for (const { asset, free, held } of told) known.set(asset, [free, held])
          }
          return Object.fromEntries(known)
        }
        yield* client.until(() => Object.keys(balances()).length === 2)
        assert.deepStrictEqual(balances(), { USDT: ["2500.5", "0"], BTC: ["3", "0"] })
        const shown = yield* call(served.base, "GET", "/api/trading/balances", { token })
        assert.deepStrictEqual(
          shown.body.balances.map(({ asset, free }: { asset: string; free: string }) => [asset, free]),
          [
            ["BTC", "3"],
            ["USDT", "2500.5"]
          ]
        )
        const orders = yield* call(served.base, "GET", "/api/trading/orders", { token })
        assert.deepStrictEqual(orders.body.orders, [])
      })
    )
  )

  it.live("is opened by one command, whoever logs in how often, and no Idempotency-Key can take its place", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const served = yield* serve(Layer.empty)
        const { token } = (yield* call(served.base, "POST", "/auth/register", { json: someone })).body
        for (let n = 0; n < 2; n++) yield* call(served.base, "POST", "/auth/login", { json: someone })
        const accountId = yield* accountOf(served, token)
        const waiting = yield* Context.get(served.context, Journal).undecided({ accountId, minAgeMillis: 0, limit: 9 })
        assert.deepStrictEqual(
          waiting.map(({ command }) => command),
          [{ _tag: "OpenAccount" }]
        )
        const order = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", quantity: "0.01", price: "59000" }
        const headers = { "idempotency-key": OPEN_ACCOUNT }
        const taken = yield* call(served.base, "POST", "/api/trading/orders", { token, json: order, headers })
        assert.strictEqual(taken.status, 400)
      }).pipe(Effect.orDie)
    )
  )
})
