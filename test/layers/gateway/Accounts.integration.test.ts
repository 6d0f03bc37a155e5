// Accounts of a served desk that trades over Binance's wire: their keys come and go, there are several a person, and real money is switched on.
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import * as BinanceExchange from "../../../src/adapters/binance/BinanceExchange.ts"
import * as BinanceKeyCheck from "../../../src/adapters/binance/BinanceKeyCheck.ts"
import { Venue } from "../../../src/adapters/paper/Venue.ts"
import { WireServer } from "../../../src/adapters/paper/wire/WireServer.ts"
import type { Setting } from "../../../src/Config.ts"
import { Broadcaster } from "../../../src/layers/broadcaster/Broadcaster.ts"
import * as FeedRoute from "../../../src/layers/broadcaster/FeedRoute.ts"
import * as Executor from "../../../src/layers/executor/Executor.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import { freshHmacKey, PaperKeys } from "../../../src/ports/PaperKeys.ts"
import * as FeedClient from "../../kit/FeedClient.ts"
import * as Paper from "../../kit/Paper.ts"
import { call, person, serve } from "../../kit/Served.ts"
import * as Settings from "../../kit/Settings.ts"
import * as StillMarket from "../../kit/StillMarket.ts"

const UNIT = 100_000_000n
const wire = WireServer.layer({ port: 0, host: "127.0.0.1", limits: false }).pipe(
  Layer.provideMerge(PaperKeys.layerMemory),
  Layer.provideMerge(Layer.suspend(() => Paper.life(new Store())))
)

const make = Effect.gen(function* () {
  const { url } = yield* WireServer
  const keys = yield* PaperKeys
  const venue = yield* Venue
  const still = (market: MarketData["Service"]) => {
    StillMarket.book(market, [[60_000, 5_000_000]], [[60_010, 5_000_000]])
    StillMarket.trade(market, "BUY", 60_000, 1)
  }
  still(yield* MarketData)
  const serveWith = Effect.fnUntraced(function* (more: Partial<Record<Setting, string>> = {}) {
    const settings = {
      EXCHANGE: "binance",
      BINANCE_REST_URL: url,
      BINANCE_WS_API_URL: url.replace("http", "ws"),
      ...more
    } as const
    const config = Settings.layer(settings)
    const executor = Executor.layer.pipe(Layer.provide(BinanceExchange.layer.pipe(Layer.provide(config))))
    const feed = FeedRoute.layer.pipe(Layer.provide(Broadcaster.layer))
    const keyCheck = BinanceKeyCheck.layer.pipe(Layer.provide(config))
    const desk = yield* serve(Layer.merge(executor, feed), settings, keyCheck as unknown as Layer.Layer<never>)
    still(Context.get(desk.context, MarketData))
    return desk
  })
  /** A key to that account of the exchange, which has money. */
  const hmacKey = Effect.fnUntraced(function* (account: string) {
    if (!venue.knows(account)) {
      const balances = [{ asset: "BTC", amount: UNIT }]
      yield* Effect.orDie(venue.execute({ _tag: "OpenAccount", account, balances }))
    }
    const key = yield* freshHmacKey({ account, label: "", mayRead: true, mayTrade: true, createdAt: 0 })
    yield* Effect.orDie(keys.add(key))
    return { binanceApiKey: key.keyId, binanceSecretKey: Redacted.value(key.material.secret) }
  })
  const revoke = (account: string, keyId: string) => Effect.orDie(keys.revoke(account, keyId))
  return { desk: yield* serveWith(), serveWith, hmacKey, revoke }
})

class World extends Context.Service<World, Effect.Success<typeof make>>()("test/Accounts/World") {}

const register = (base: string, name: string, keys: object) =>
  call(base, "POST", "/auth/register", {
    json: { email: `${name}@example.org`, password: "correct horse battery", ...keys }
  })

const ENDED = new Set(["FILLED", "DENIED", "REJECTED", "CANCELED", "EXPIRED"])

/** How a market order ends, and why. */
const ending = Effect.fnUntraced(function* (
  base: string,
  token: string,
  account: { readonly accountId?: string } = {}
) {
  const json = { symbol: "BTCUSDT", side: "SELL", type: "MARKET", quantity: "0.01", ...account }
  const query = account.accountId === undefined ? "" : `?accountId=${account.accountId}`
  const placed = yield* call(base, "POST", "/api/trading/orders", { token, json })
  assert.strictEqual(placed.status, 201, JSON.stringify(placed.body))
  const { body } = yield* call(base, "GET", `/api/trading/orders/${placed.body.orderId}${query}`, { token }).pipe(
    Effect.repeat({ until: (answer) => ENDED.has(answer.body.status) })
  )
  return { status: body.status as string, reason: (body.reason ?? "") as string }
})

const filled = (base: string, token: string) => Effect.map(ending(base, token), ({ status }) => status)

/** Tries again until an order ends like that; returns why it did. */
const endsAs = (base: string, token: string, status: string, account: { readonly accountId?: string } = {}) =>
  ending(base, token, account).pipe(
    Effect.repeat({ until: (order) => order.status === status }),
    Effect.map(({ reason }) => reason)
  )

/** Tries again until an order is denied for this. */
const deniedFor = (base: string, token: string, why: RegExp) =>
  Effect.repeat(endsAs(base, token, "DENIED"), { until: (reason) => why.test(reason) })

interface Row {
  readonly accountId: string
  readonly name: string
  readonly keysStored: boolean
  readonly live: boolean
}
const asks = (base: string, token: string, method: string, path: string, json?: object) =>
  call(base, method, `/api/trading/accounts${path}`, { token, ...(json === undefined ? {} : { json }) })
const accountsOf = (base: string, token: string) =>
  Effect.map(asks(base, token, "GET", ""), ({ body }) => body.accounts as ReadonlyArray<Row>)

layer(Layer.effect(World, make).pipe(Layer.provide(wire)), { excludeTestServices: true, timeout: "60 seconds" })(
  "exchange keys",
  (it) => {
    it.effect(
      "can be removed and replaced: meanwhile orders are denied, and the account says why it does not see",
      () =>
        Effect.gen(function* () {
          const { desk, hmacKey } = yield* World
          const first = yield* hmacKey("eve")
          const { token } = (yield* register(desk.base, "eve", first)).body
          assert.strictEqual(yield* filled(desk.base, token), "FILLED")
          const [own] = yield* accountsOf(desk.base, token)
          const path = `/${own?.accountId}/keys`
          assert.strictEqual((yield* asks(desk.base, token, "DELETE", path)).status, 200)
          assert.match(yield* endsAs(desk.base, token, "DENIED"), /No exchange key is stored.*Nothing was sent/)
          const feed = yield* FeedClient.connect(desk.base, `?token=${token}`)
          yield* feed.until(() => feed.heard.some(({ data }) => /No exchange key/.test(data?.blind?.reason ?? "")))
          assert.deepInclude((yield* accountsOf(desk.base, token))[0], { keysStored: false })
          const others = yield* asks(desk.base, token, "PUT", path, yield* hmacKey("eva"))
          assert.deepStrictEqual([others.status, others.body.error.code], [409, "EXCHANGE_ACCOUNT_MOVED"])
          const wrong = yield* asks(desk.base, token, "PUT", path, { ...first, binanceSecretKey: "wrong" })
          assert.deepStrictEqual([wrong.status, wrong.body.error.code], [400, "KEY_REFUSED"])
          assert.strictEqual((yield* asks(desk.base, token, "PUT", path, yield* hmacKey("eve"))).status, 200)
          yield* endsAs(desk.base, token, "FILLED")
        })
    )

    it.effect("that the exchange has revoked get every order denied, until another key takes their place", () =>
      Effect.gen(function* () {
        const { desk, hmacKey, revoke } = yield* World
        const key = yield* hmacKey("fred")
        const { token } = (yield* register(desk.base, "fred", key)).body
        assert.strictEqual(yield* filled(desk.base, token), "FILLED")
        yield* revoke("fred", key.binanceApiKey)
        // Its private stream ends at once: until the desk has asked why, it says no more than that it does not see.
        yield* deniedFor(desk.base, token, /does not take the key of this account/)
        const [own] = yield* accountsOf(desk.base, token)
        const replaced = yield* asks(desk.base, token, "PUT", `/${own?.accountId}/keys`, yield* hmacKey("fred"))
        assert.strictEqual(replaced.status, 200)
        yield* endsAs(desk.base, token, "FILLED")
      })
    )

    it.effect("open more accounts of the same person, each for its own account there, and for nobody else", () =>
      Effect.gen(function* () {
        const { desk, hmacKey } = yield* World
        const gina = (yield* register(desk.base, "gina", yield* hmacKey("gina"))).body.token
        const more = { name: "Second", ...(yield* hmacKey("gina-2")) }
        const added = yield* asks(desk.base, gina, "POST", "", more)
        assert.strictEqual(added.status, 201, JSON.stringify(added.body))
        const { accountId } = added.body
        yield* endsAs(desk.base, gina, "FILLED", { accountId })
        const listed = yield* accountsOf(desk.base, gina)
        assert.deepStrictEqual(
          listed.map(({ keysStored, live, name }) => [name, keysStored, live]),
          [
            ["Main", true, false],
            ["Second", true, false]
          ]
        )
        const again = yield* asks(desk.base, gina, "POST", "", { ...more, ...(yield* hmacKey("gina-2")) })
        assert.deepStrictEqual([again.status, again.body.error.code], [409, "EXCHANGE_ACCOUNT_TAKEN"])
        const hugo = (yield* register(desk.base, "hugo", yield* hmacKey("hugo"))).body.token
        for (const [method, path, body] of [
          ["DELETE", "keys", undefined],
          ["PUT", "keys", yield* hmacKey("hugo-2")],
          ["PUT", "live", { live: true }]
        ] as const) {
          const refused = yield* asks(desk.base, hugo, method, `/${accountId}/${path}`, body)
          assert.deepStrictEqual([refused.status, refused.body.error.code], [403, "ACCOUNT_FORBIDDEN"])
        }
        const live = yield* asks(desk.base, gina, "PUT", `/${accountId}/live`, { live: true })
        assert.match(live.body.error.message, /does not trade real money/)
      })
    )

    it.effect("of real money trade only once their owner has switched it on, and no more once it is off", () =>
      Effect.gen(function* () {
        const { hmacKey, serveWith } = yield* World
        const desk = yield* serveWith({ BINANCE_ENV: "live", BINANCE_LIVE: "real-money", MARKET: "live" })
        const { token } = (yield* register(desk.base, "ida", yield* hmacKey("ida"))).body
        const { reason, status } = yield* ending(desk.base, token)
        assert.strictEqual(status, "DENIED")
        assert.match(reason, /does not trade real money until its owner switches that on/)
        const [own] = yield* accountsOf(desk.base, token)
        const path = `/${own?.accountId}/live`
        assert.strictEqual((yield* asks(desk.base, token, "PUT", path, { live: true })).status, 200)
        yield* endsAs(desk.base, token, "FILLED")
        assert.strictEqual((yield* asks(desk.base, token, "PUT", path, { live: false })).status, 200)
        // Until the desk knows, orders are filled, or denied once there is nothing left to sell.
        yield* deniedFor(desk.base, token, /real money/)
      }).pipe(Effect.scoped)
    )
  }
)

describe("on paper", () => {
  it.live("a person opens more accounts without keys, each with a book of its own, and a wrong input opens none", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const desk = yield* serve(Layer.empty)
        const [ann, bob] = [yield* person(desk, "ann"), yield* person(desk, "bob")]
        for (const [json, field] of [
          [{}, "name"],
          [{ name: " " }, "name"],
          [{ name: "x".repeat(41) }, "name"],
          [{ name: "Second", binanceApiKey: "half" }, "binanceSecretKey"]
        ] as const) {
          const refused = yield* asks(desk.base, ann.token, "POST", "", json)
          assert.strictEqual(refused.status, 400)
          assert.property(refused.body.error.fields, field)
        }
        const unnamed = yield* asks(desk.base, ann.token, "POST", "", { name: " Second" })
        assert.match(String(unnamed.body.error.fields?.["name"]), /a name of 1 to 40 characters/)
        const added = yield* asks(desk.base, ann.token, "POST", "", { name: "Second" })
        assert.strictEqual(added.status, 201, JSON.stringify(added.body))
        const { accountId } = added.body
        const names = (yield* accountsOf(desk.base, ann.token)).map(({ name }) => name)
        assert.deepStrictEqual(names, ["Main", "Second"])
        // It is opened like the first one, by a command of its own.
        const waiting = yield* Context.get(desk.context, Journal).undecided({ accountId, minAgeMillis: 0, limit: 9 })
        assert.deepStrictEqual(
          waiting.map(({ command }) => command._tag),
          ["OpenAccount"]
        )
        const balances = `/api/trading/balances?accountId=${accountId}`
        assert.strictEqual((yield* call(desk.base, "GET", balances, { token: ann.token })).status, 200)
        assert.strictEqual((yield* call(desk.base, "GET", balances, { token: bob.token })).status, 403)
        assert.strictEqual((yield* accountsOf(desk.base, bob.token)).length, 1)
        const live = yield* asks(desk.base, ann.token, "PUT", `/${accountId}/live`, { live: true })
        assert.strictEqual(live.status, 400)
      }).pipe(Effect.orDie)
    )
  )
})
