import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { SignJWT } from "jose"
import { AccountId } from "../../../src/domain/Ids.ts"
import { MAX_UNDECIDED } from "../../../src/layers/gateway/Submit.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import { Secret } from "../../../src/ports/Secret.ts"
import { Vault } from "../../../src/ports/Vault.ts"
import { type Answer, call, type Person, person, serve, type Served, tradeAt } from "../../kit/Served.ts"
import type { Setting } from "../../../src/Config.ts"

interface Desk extends Served {
  readonly ann: Person
  readonly bob: Person
}

/** A served gateway, a market at 60,000, and two people. */
const desk = <A>(use: (desk: Desk) => Effect.Effect<A>, settings: Partial<Record<Setting, string>> = {}) =>
  Effect.scoped(
    Effect.gen(function* () {
      const served = yield* serve(Layer.empty, settings)
      Context.get(served.context, MarketData).apply(tradeAt(6_000_000))
      return yield* use({ ...served, ann: yield* person(served, "ann"), bob: yield* person(served, "bob") })
    })
  )

const order = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.01" }
const resting = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", quantity: "0.01", price: "59000" }

const place = ({ ann, base }: Desk, json: unknown, headers: Record<string, string> = {}) =>
  call(base, "POST", "/api/trading/orders", { token: ann.token, json, headers })

const register = ({ base }: Desk, json: unknown) => call(base, "POST", "/auth/register", { json })

const market = ({ base }: Desk, path: string) => call(base, "GET", `/api/market/${path}`)

const undecided = (served: Served, { accountId }: Person) =>
  Effect.orDie(Context.get(served.context, Journal).countUndecided(AccountId.make(accountId)))

const assertRefused = (answer: Answer, status: number, code: string, field?: string) => {
  assert.strictEqual(answer.status, status, JSON.stringify(answer.body))
  assert.strictEqual(answer.body.error.code, code)
  assert.isAbove(answer.body.error.message.length, 5)
  if (field !== undefined) assert.property(answer.body.error.fields, field)
}

describe("placing an order", () => {
  it.live("answers PENDING once the command is durable, and shows the order", () =>
    desk((it) =>
      Effect.gen(function* () {
        const placed = yield* place(it, order)
        assert.strictEqual(placed.status, 201)
        assert.match(placed.body.orderId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        assert.deepStrictEqual(placed.body, { orderId: placed.body.orderId, status: "PENDING" })
        assert.strictEqual(yield* undecided(it, it.ann), 1)
        const shown = yield* call(it.base, "GET", `/api/trading/orders/${placed.body.orderId}`, { token: it.ann.token })
        assert.strictEqual(shown.body.status, "PENDING")
        assert.strictEqual(shown.body.quantity, "0.01")
        const listed = yield* call(it.base, "GET", "/api/trading/orders?state=open&limit=5", { token: it.ann.token })
        assert.strictEqual(listed.body.orders.length, 1)
      })
    )
  )

  it.live("reads decimals exactly, as strings, as numbers and with exponents", () =>
    desk((it) =>
      Effect.gen(function* () {
        for (const [quantity, shown] of [
          ["0.01000", "0.01"],
          [0.01, "0.01"],
          ["1e-2", "0.01"],
          ["1.5E-3", "0.0015"],
          [1e-2, "0.01"],
          ["0.2e1", "2"]
        ] as const) {
          const placed = yield* place(it, { ...resting, quantity })
          assert.strictEqual(placed.status, 201, JSON.stringify([quantity, placed.body]))
          const order = yield* call(it.base, "GET", `/api/trading/orders/${placed.body.orderId}`, {
            token: it.ann.token
          })
          assert.strictEqual(order.body.quantity, shown)
        }
      })
    )
  )

  it.live("says no to every bad input with a clear 4xx, and stores nothing", () =>
    desk((it) =>
      Effect.gen(function* () {
        const raw = (body: string) => call(it.base, "POST", "/api/trading/orders", { token: it.ann.token, raw: body })
        assertRefused(yield* raw('{"symbol": "BTC'), 400, "MALFORMED_JSON")
        assertRefused(yield* raw(""), 400, "BAD_REQUEST")
        assertRefused(
          yield* raw('{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":NaN}'),
          400,
          "MALFORMED_JSON"
        )
        assertRefused(
          yield* raw('{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":1e400}'),
          400,
          "BAD_REQUEST",
          "quantity"
        )
        const refused: ReadonlyArray<readonly [unknown, string, string]> = [
          [{ ...order, symbol: "NOPE" }, "UNKNOWN_SYMBOL", "symbol"],
          [{ ...order, quantity: "0" }, "QUANTITY_NOT_POSITIVE", "quantity"],
          [{ ...order, quantity: 0 }, "QUANTITY_NOT_POSITIVE", "quantity"],
          [{ ...order, quantity: "-1" }, "QUANTITY_NOT_POSITIVE", "quantity"],
          [{ ...order, quantity: "NaN" }, "BAD_REQUEST", "quantity"],
          [{ ...order, quantity: "Infinity" }, "BAD_REQUEST", "quantity"],
          [{ ...order, quantity: "1e400" }, "BAD_REQUEST", "quantity"],
          [{ ...order, quantity: null }, "BAD_REQUEST", "quantity"],
          [{ ...order, quantity: "0.010000001" }, "QUANTITY_OFF_STEP", "quantity"],
          [{ ...order, quantity: "0.00001" }, "NOTIONAL_TOO_SMALL", "quantity"],
          [{ ...order, quantity: undefined }, "BAD_REQUEST", "quantity"],
          [{ ...resting, quantity: "0.00001" }, "NOTIONAL_TOO_SMALL", "quantity"],
          [{ ...resting, price: "59000.001" }, "PRICE_OFF_TICK", "price"],
          [{ ...resting, price: undefined }, "BAD_REQUEST", "price"],
          [{ ...order, price: "1" }, "BAD_REQUEST", "price"],
          [{ ...order, timeInForce: "GTC" }, "BAD_REQUEST", "timeInForce"],
          [{ ...order, side: "HOLD" }, "BAD_REQUEST", "side"],
          [{ ...order, stopPrice: "1" }, "BAD_REQUEST", "stopPrice"],
          [{ symbol: "BTCUSDT" }, "BAD_REQUEST", "side"]
        ]
        for (const [json, code, field] of refused) assertRefused(yield* place(it, json), 400, code, field)
        const all = yield* place(it, { symbol: 7 })
        assert.includeMembers(Object.keys(all.body.error.fields), ["symbol", "side", "type"])
        const text = yield* call(it.base, "POST", "/api/trading/orders", {
          token: it.ann.token,
          raw: "x",
          headers: { "content-type": "text/plain" }
        })
        assertRefused(text, 415, "UNSUPPORTED_MEDIA_TYPE")
        const huge = JSON.stringify({ ...order, symbol: "X".repeat(2_000_000) })
        assertRefused(yield* raw(huge), 413, "BODY_TOO_LARGE")
        assertRefused(
          yield* place(it, order, { "idempotency-key": "no spaces" }),
          400,
          "BAD_REQUEST",
          "idempotency-key"
        )
        assert.strictEqual(yield* undecided(it, it.ann), 0)
      })
    )
  )

  it.live("answers a repeated Idempotency-Key with the first order, even where the market would refuse it now", () =>
    desk((it) =>
      Effect.gen(function* () {
        const key = { "idempotency-key": "k-1" }
        const small = { ...order, quantity: "0.0001" }
        const first = yield* place(it, small, key)
        const again = yield* place(it, { ...small, quantity: 0.0001 }, key)
        assert.deepStrictEqual([again.status, again.body], [first.status, first.body])
        assertRefused(yield* place(it, { ...small, quantity: "0.0002" }, key), 409, "IDEMPOTENCY_CONFLICT")
        // Now 0.0001 BTC is worth less than the smallest order.
        Context.get(it.context, MarketData).apply(tradeAt(100_000, 2))
        assertRefused(yield* place(it, small), 400, "NOTIONAL_TOO_SMALL")
        assert.deepStrictEqual((yield* place(it, small, key)).body, first.body)
        assertRefused(yield* place(it, { ...small, quantity: "0.0002" }, key), 409, "IDEMPOTENCY_CONFLICT")
        assert.strictEqual(yield* undecided(it, it.ann), 1)
      })
    )
  )

  it.live("refuses with 429 once too many commands wait, keeps those, and still answers a repeat", () =>
    desk((it) =>
      Effect.gen(function* () {
        const first = yield* place(it, order, { "idempotency-key": "first" })
        yield* Effect.forEach(Array.from({ length: MAX_UNDECIDED - 1 }), () => place(it, order), { concurrency: 16 })
        const full = yield* place(it, order)
        assertRefused(full, 429, "MAILBOX_FULL")
        assert.strictEqual(full.headers.get("retry-after"), "1")
        assert.strictEqual(yield* undecided(it, it.ann), MAX_UNDECIDED)
        assert.deepStrictEqual((yield* place(it, order, { "idempotency-key": "first" })).body, first.body)
        const other = yield* call(it.base, "POST", "/api/trading/orders", { token: it.bob.token, json: order })
        assert.strictEqual(other.status, 201)
      })
    )
  )

  it.live("limits orders per second and user, with Retry-After", () =>
    desk(
      (it) =>
        Effect.gen(function* () {
          const answers = yield* Effect.forEach(Array.from({ length: 8 }), () => place(it, order), { concurrency: 8 })
          const refused = answers.filter(({ status }) => status === 429)
          assert.isAtLeast(refused.length, 1)
          assertRefused(refused[0]!, 429, "RATE_LIMITED")
          assert.strictEqual(refused[0]!.headers.get("retry-after"), "1")
        }),
      { ORDER_LIMIT: "2" }
    )
  )
})

describe("an order of someone", () => {
  it.live("can be cancelled by its owner: the cancel is durable, and repeatable", () =>
    desk((it) =>
      Effect.gen(function* () {
        const { body } = yield* place(it, resting)
        const path = `/api/trading/orders/${body.orderId}`
        const cancel = (headers = {}) => call(it.base, "DELETE", path, { token: it.ann.token, headers })
        const first = yield* cancel({ "idempotency-key": "c-1" })
        assert.deepStrictEqual([first.status, first.body], [200, { orderId: body.orderId, status: "PENDING" }])
        assert.deepStrictEqual((yield* cancel({ "idempotency-key": "c-1" })).body, first.body)
        assert.strictEqual(yield* undecided(it, it.ann), 2)
      })
    )
  )

  it.live("does not exist for anybody else", () =>
    desk((it) =>
      Effect.gen(function* () {
        const { body } = yield* place(it, resting)
        for (const path of [`/api/trading/orders/${body.orderId}`, "/api/trading/orders/nonsense"]) {
          for (const method of ["GET", "DELETE"]) {
            assertRefused(yield* call(it.base, method, path, { token: it.bob.token }), 404, "ORDER_NOT_FOUND")
          }
        }
        const named = `?accountId=${it.ann.accountId}`
        for (const path of ["orders", "positions", "balances", "trades", "account"]) {
          const answer = yield* call(it.base, "GET", `/api/trading/${path}${named}`, { token: it.bob.token })
          assertRefused(answer, 403, "ACCOUNT_FORBIDDEN")
        }
        const placed = yield* call(it.base, "POST", "/api/trading/orders", {
          token: it.bob.token,
          json: { ...order, accountId: it.ann.accountId }
        })
        assertRefused(placed, 403, "ACCOUNT_FORBIDDEN")
      })
    )
  )
})

describe("a token", () => {
  it.live("is needed, must be ours, and must be fresh", () =>
    desk((it) =>
      Effect.gen(function* () {
        const ask = (token?: string) =>
          call(it.base, "GET", "/api/trading/account", token === undefined ? {} : { token })
        assert.strictEqual((yield* ask(it.ann.token)).body.accountId, it.ann.accountId)
        assertRefused(yield* ask(), 401, "UNAUTHORIZED")
        assertRefused(yield* ask("nonsense"), 401, "TOKEN_INVALID")
        const { signingKey } = Context.get(it.context, Secret)
        const sign = (key: Uint8Array, expiresAt: number, algorithm = "HS256") =>
          Effect.promise(() =>
            new SignJWT({ email: "ann@example.org" })
              .setProtectedHeader({ alg: algorithm })
              .setSubject(it.ann.userId)
              .setIssuedAt()
              .setExpirationTime(expiresAt)
              .sign(key)
          )
        const soon = 4_000_000_000
        assert.strictEqual((yield* ask(yield* sign(signingKey, soon))).status, 200)
        assertRefused(yield* ask(yield* sign(signingKey, 1_000_000)), 401, "TOKEN_EXPIRED")
        assertRefused(yield* ask(yield* sign(new Uint8Array(32), soon)), 401, "TOKEN_INVALID")
        assertRefused(yield* ask(yield* sign(signingKey, soon, "HS512")), 401, "TOKEN_INVALID")
        const [, claims] = it.ann.token.split(".")
        const none = Buffer.from('{"alg":"none"}').toString("base64url")
        assertRefused(yield* ask(`${none}.${claims}.`), 401, "TOKEN_INVALID")
      })
    )
  )
})

describe("registering and logging in", () => {
  const someone = { email: "Carol@Example.org", password: "correct horse" }

  it.live("gives a token that works, once per address, and one answer to every wrong login", () =>
    desk((it) =>
      Effect.gen(function* () {
        const registered = yield* call(it.base, "POST", "/auth/register", { json: someone })
        assert.strictEqual(registered.status, 201)
        assert.strictEqual(registered.body.user.email, "carol@example.org")
        const again = yield* call(it.base, "POST", "/auth/register", {
          json: { ...someone, email: "CAROL@example.org" }
        })
        assertRefused(again, 409, "EMAIL_TAKEN", "email")
        const login = yield* call(it.base, "POST", "/auth/login", { json: someone })
        assert.strictEqual(login.body.user.id, registered.body.user.id)
        const account = yield* call(it.base, "GET", "/api/trading/account", { token: login.body.token })
        assert.strictEqual(account.body.accounts.length, 1)
        const wrong = yield* call(it.base, "POST", "/auth/login", { json: { ...someone, password: "wrong horse" } })
        const nobody = yield* call(it.base, "POST", "/auth/login", {
          json: { ...someone, email: "nobody@example.org" }
        })
        assertRefused(wrong, 401, "LOGIN_FAILED")
        assert.deepStrictEqual(nobody.body, wrong.body)
        assert.notInclude(JSON.stringify([registered.body, login.body]), "argon2")
      })
    )
  )

  it.live("refuses what cannot be an account, by field", () =>
    desk((it) =>
      Effect.gen(function* () {
        assertRefused(yield* register(it, { ...someone, password: "short" }), 400, "BAD_REQUEST", "password")
        assertRefused(yield* register(it, { ...someone, email: "nobody" }), 400, "BAD_REQUEST", "email")
        assertRefused(
          yield* register(it, { ...someone, email: `${"a".repeat(300)}@b.org` }),
          400,
          "BAD_REQUEST",
          "email"
        )
        assertRefused(yield* register(it, { ...someone, binanceApiKey: "k" }), 400, "BAD_REQUEST", "binanceSecretKey")
      })
    )
  )

  it.live("keeps exchange keys for the account, and never shows them", () =>
    desk((it) =>
      Effect.gen(function* () {
        const keys = { binanceApiKey: "api-key-1", binanceSecretKey: "secret-key-1" }
        const registered = yield* call(it.base, "POST", "/auth/register", { json: { ...someone, ...keys } })
        const account = yield* call(it.base, "GET", "/api/trading/account", { token: registered.body.token })
        assert.strictEqual(account.body.badge.environment, "paper")
        const kept = yield* Effect.orDie(Context.get(it.context, Vault).get(AccountId.make(account.body.accountId)))
        assert.strictEqual(Redacted.value(Option.getOrThrow(kept).secretKey), "secret-key-1")
        assert.notInclude(JSON.stringify([registered.body, account.body]), "key-1")
      })
    )
  )

  it.live("is limited per address, with Retry-After", () =>
    desk(
      (it) =>
        Effect.gen(function* () {
          for (let attempt = 0; attempt < 3; attempt++) {
            const answer = yield* call(it.base, "POST", "/auth/login", { json: { email: "a@b.org", password: "x" } })
            assert.strictEqual(answer.status, 401)
          }
          const limited = yield* call(it.base, "POST", "/auth/login", { json: { email: "a@b.org", password: "x" } })
          assertRefused(limited, 429, "RATE_LIMITED")
          assert.isAtLeast(Number(limited.headers.get("retry-after")), 600)
        }),
      { AUTH_LIMIT: "3" }
    )
  )
})

describe("everything else", () => {
  it.live("fails in the same shape: no route, wrong method", () =>
    desk((it) =>
      Effect.gen(function* () {
        assertRefused(yield* call(it.base, "GET", "/nothing"), 404, "NOT_FOUND")
        assertRefused(yield* call(it.base, "GET", "/api/market/nothing"), 404, "NOT_FOUND")
        const wrong = yield* call(it.base, "PUT", "/api/trading/orders", { token: it.ann.token, json: {} })
        assertRefused(wrong, 405, "METHOD_NOT_ALLOWED")
        assert.strictEqual(wrong.headers.get("allow"), "POST, GET")
      })
    )
  )

  it.live("shows the market without a token", () =>
    desk((it) =>
      Effect.gen(function* () {
        const symbols = yield* market(it, "symbols")
        assert.deepInclude(symbols.body.symbols[0], { symbol: "BTCUSDT", tickSize: "0.01", priceDecimals: 2 })
        assert.deepStrictEqual(symbols.body.badge, {
          environment: "paper",
          market: "sim",
          label: "test market",
          notice: null
        })
        assert.strictEqual((yield* market(it, "price?symbol=BTCUSDT")).body.price, "60000.00")
        assert.deepStrictEqual((yield* market(it, "book?symbol=BTCUSDT&levels=5")).body.bids, [])
        const klines = yield* market(it, "klines?symbol=BTCUSDT&interval=1m&limit=10")
        assert.strictEqual(klines.body.candles[0].close, "60000.00")
        assertRefused(yield* market(it, "klines?symbol=BTCUSDT&interval=7m"), 400, "BAD_REQUEST", "interval")
        assertRefused(yield* market(it, "klines?symbol=BTCUSDT&interval=1m&limit=5000"), 400, "BAD_REQUEST", "limit")
        assertRefused(yield* market(it, "price?symbol=NOPE"), 404, "SYMBOL_NOT_FOUND")
        assert.strictEqual((yield* market(it, "status")).status, 200)
      })
    )
  )

  it.live("says whether the desk lives and can take orders, and counts", () =>
    desk((it) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* call(it.base, "GET", "/health/live")).status, 200)
        assert.strictEqual((yield* call(it.base, "GET", "/health/ready")).status, 200)
        yield* place(it, order)
        const metrics = yield* call(it.base, "GET", "/metrics")
        assert.match(metrics.body, /outcry_commands_submitted_total \d+/)
      })
    )
  )

  it.live("describes itself, without a script", () =>
    desk((it) =>
      Effect.gen(function* () {
        const spec = yield* call(it.base, "GET", "/openapi.json")
        assert.property(spec.body.paths, "/api/trading/orders")
        const page = yield* call(it.base, "GET", "/docs")
        assert.include(page.body, "/api/trading/orders/{orderId}")
        assert.notInclude(page.body, "<script")
      })
    )
  )

  it.live("carries security headers, and CORS headers only for listed origins", () =>
    desk(
      (it) =>
        Effect.gen(function* () {
          const ask = (origin: string) => call(it.base, "GET", "/api/trading/account", { headers: { origin } })
          const listed = yield* ask("https://desk.example")
          assert.strictEqual(listed.headers.get("access-control-allow-origin"), "https://desk.example")
          assert.strictEqual(listed.headers.get("x-content-type-options"), "nosniff")
          assert.notInclude(listed.headers.get("content-security-policy")!.split("style-src")[0]!, "unsafe")
          assert.isNull((yield* ask("https://elsewhere.example")).headers.get("access-control-allow-origin"))
          const preflight = yield* call(it.base, "OPTIONS", "/api/trading/orders", {
            headers: { origin: "https://desk.example", "access-control-request-method": "POST" }
          })
          assert.strictEqual(preflight.status, 204)
        }),
      { CORS_ORIGINS: "https://desk.example" }
    )
  )
})
