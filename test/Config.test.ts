import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result } from "effect"
import { parse, type Setting, settings, type Values } from "../src/Config.ts"
import * as Money from "../src/domain/Money.ts"

type Given = Partial<Record<Setting, string>>

const parsed = (given: Given): Effect.Effect<Values> => Effect.orDie(parse(given))

const refusal = (given: Given) =>
  Effect.map(Effect.result(parse(given)), (result) =>
    Result.match(result, { onSuccess: () => "accepted", onFailure: ({ message }) => message })
  )

const split: Given = { DATABASE_URL: "postgres://desk:hunter2hunter2@db/desk", REDIS_URL: "redis://bus" }

describe("Config", () => {
  it.effect("runs everything in one process on paper where nothing is set", () =>
    Effect.gen(function* () {
      const values = yield* parsed({})
      assert.strictEqual(values.port, 3000)
      assert.deepStrictEqual([...values.roles], ["gateway", "executor", "broadcaster", "market"])
      assert.deepStrictEqual(values.market, { kind: "auto" })
      assert.isUndefined(values.databaseUrl)
      assert.strictEqual(values.exchange, "paper")
      assert.deepStrictEqual(
        values.paperBalances.map(({ amount, asset }) => `${asset} ${Money.format(amount)}`),
        ["USDT 100000", "BTC 1", "ETH 10"]
      )
    })
  )

  it.effect("reads every form of a market", () =>
    Effect.gen(function* () {
      const market = (text: string) => Effect.map(parsed({ MARKET: text }), (values) => values.market)
      assert.deepStrictEqual(yield* market("live"), { kind: "live" })
      assert.deepStrictEqual(yield* market("sim"), { kind: "sim", seed: 1 })
      assert.deepStrictEqual(yield* market("sim:42"), { kind: "sim", seed: 42 })
      assert.deepStrictEqual(yield* market("replay:a.gz"), { kind: "replay", files: ["a.gz"], speed: 1 })
      assert.deepStrictEqual(yield* market("replay:a.gz, b;speed=2.5"), {
        kind: "replay",
        files: ["a.gz", "b"],
        speed: 2.5
      })
    })
  )

  it.effect("reads the paper exchange's knobs exactly", () =>
    Effect.gen(function* () {
      const values = yield* parsed({ PAPER_FEES: "0.00075, 0.001", PAPER_QUEUE: "0.5", PAPER_PORT: "3080" })
      assert.deepStrictEqual(values.paperFees, { maker: 75_000, taker: 100_000 })
      assert.strictEqual(values.paperQueue, 500)
      assert.strictEqual(values.paperPort, 3080)
      assert.strictEqual((yield* parsed({})).paperAdminPort, undefined)
      assert.strictEqual((yield* parsed({ PAPER_LIMITS: "tenth" })).paperLimits, "tenth")
    })
  )

  it.effect("names the setting and what would do, for every value it cannot use", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [Setting, string]> = [
        ["PORT", "65536"],
        ["PORT", "3000.5"],
        ["SERVER", "apache"],
        ["ROLES", "gateway,janitor"],
        ["MARKET", "replay:"],
        ["MARKET", "replay:a.gz;speed=0"],
        ["MARKET", "sim:x"],
        ["EXCHANGE", "kraken"],
        ["PAPER_BALANCES", "USDT"],
        ["PAPER_BALANCES", "USDT:-1"],
        ["PAPER_FEES", "0.001"],
        ["PAPER_FEES", "0.001,1"],
        ["PAPER_FEES", "1e-3,0.001"],
        ["PAPER_LATENCY", "-1"],
        ["PAPER_QUEUE", "1.001"],
        ["PAPER_QUEUE", "0.00001"],
        ["PAPER_PORT", "http"],
        ["PAPER_ADMIN_PORT", "65536"],
        ["PAPER_LIMITS", "maybe"],
        ["AUTH_LIMIT", "0"],
        ["ORDER_LIMIT", "many"],
        ["MAX_ORDER_NOTIONAL", "1e9"],
        ["PRICE_COLLAR", "-0.1"],
        ["TRUST_PROXY", "perhaps"],
        ["LOG_LEVEL", "loud"],
        ["LOG_FORMAT", "xml"]
      ]
      for (const [name, value] of wrong) {
        const message = yield* refusal({ [name]: value })
        assert.match(message, new RegExp(`^${name}=.*wanted\\.$`), `${name}=${value}`)
      }
    })
  )

  it.effect("sends orders to Binance only where all of it is meant", () =>
    Effect.gen(function* () {
      const testnet = yield* parsed({ EXCHANGE: "binance" })
      assert.strictEqual(testnet.environment, "testnet")
      assert.deepStrictEqual(testnet.binance, {
        restUrl: "https://testnet.binance.vision",
        wsApiUrl: "wss://ws-api.testnet.binance.vision",
        streamUrl: "wss://stream.testnet.binance.vision",
        proxy: undefined
      })
      // Not judged by a made-up market for want of a network.
      assert.deepStrictEqual(testnet.market, { kind: "live" })
      const real = { EXCHANGE: "binance", BINANCE_ENV: "live" }
      assert.match(yield* refusal(real), /BINANCE_LIVE=real-money/)
      assert.match(
        yield* refusal({ ...real, BINANCE_LIVE: "real-money", MARKET: "sim" }),
        /^MARKET="sim" cannot be used/
      )
      assert.strictEqual((yield* parsed({ ...real, BINANCE_LIVE: "real-money" })).environment, "live")
      const paper = yield* parsed({ BINANCE_ENV: "testnet" })
      assert.deepStrictEqual([paper.environment, paper.binance.restUrl], ["paper", "https://api.binance.com"])
    })
  )

  it.effect("takes a proxy for Binance, and never repeats one, which may hold a password", () =>
    Effect.gen(function* () {
      for (const text of [
        "http://proxy:3128",
        "https://u:p%40ss@proxy.example.org",
        "socks5://[::1]:1080",
        "socks5h://p"
      ]) {
        const { binance } = yield* parsed({ BINANCE_PROXY: text })
        assert.strictEqual(binance.proxy === undefined ? "" : Redacted.value(binance.proxy), text)
        assert.notInclude(String(binance.proxy), "proxy")
      }
      const wrong = [
        "proxy:3128",
        "ftp://u:pass@proxy",
        "http://u:pass@proxy/path",
        "socks5://u:pa%zz@proxy",
        "http://?"
      ]
      for (const text of [...wrong, `socks5://u:${"p".repeat(256)}@proxy`]) {
        const message = yield* refusal({ BINANCE_PROXY: text })
        assert.match(message, /^BINANCE_PROXY cannot be used: .* is wanted/)
        assert.notInclude(message, text)
      }
    })
  )

  it.effect("sends keys over an open line to this machine only", () =>
    Effect.gen(function* () {
      const rest = (text: string) => Effect.map(parsed({ BINANCE_REST_URL: text }), ({ binance }) => binance.restUrl)
      assert.strictEqual(yield* rest("http://127.0.0.1:3080/"), "http://127.0.0.1:3080")
      assert.strictEqual(yield* rest("https://proxy.example.org/binance"), "https://proxy.example.org/binance")
      const [host, scheme] = ["proxy.example.org", "http"]
      for (const wrong of [
        `${scheme}://${host}`,
        "binance",
        "ws://127.0.0.1",
        `https://a:b@${host}`,
        "https://x?y=1"
      ]) {
        assert.match(yield* refusal({ BINANCE_REST_URL: wrong }), /^BINANCE_REST_URL=.* cannot be used/)
      }
      assert.match(yield* refusal({ BINANCE_WS_API_URL: `ws://${host}` }), /^BINANCE_WS_API_URL=/)
    })
  )

  it.effect("does not split a desk that could not meet again", () =>
    Effect.gen(function* () {
      assert.match(yield* refusal({ ROLES: "gateway" }), /DATABASE_URL and REDIS_URL/)
      assert.match(yield* refusal({ ...split, ROLES: "gateway" }), /same OUTCRY_SECRET/)
      assert.strictEqual(yield* refusal({ ...split, ROLES: "executor,market" }), "accepted")
      const secret = "x".repeat(32)
      assert.strictEqual(yield* refusal({ ...split, ROLES: "gateway", OUTCRY_SECRET: secret }), "accepted")
    })
  )

  it.effect("shows no secret, neither in a refusal nor in what it read", () =>
    Effect.gen(function* () {
      const message = yield* refusal({ OUTCRY_SECRET: "hunter2" })
      assert.match(message, /at least 32 characters/)
      assert.notInclude(message, "hunter2")
      const values = yield* parsed({ ...split, OUTCRY_SECRET: "hunter2".repeat(5) })
      assert.notInclude(JSON.stringify(values), "hunter2")
      assert.strictEqual(Redacted.value(values.databaseUrl ?? Redacted.make("")), split.DATABASE_URL)
    })
  )

  it("describes every setting in a sentence", () => {
    for (const [name, [, sentence]] of Object.entries(settings)) assert.match(sentence, /\.$/, name)
  })

  it.effect("refuses a setting of the paper exchange where there is none", () =>
    Effect.gen(function* () {
      const given: Given = {
        PAPER_PORT: "3080",
        PAPER_ADMIN_PORT: "3081",
        PAPER_LIMITS: "off",
        PAPER_BALANCES: "USDT:1",
        PAPER_FEES: "0,0",
        PAPER_LATENCY: "5",
        PAPER_QUEUE: "0"
      }
      for (const [name, value] of Object.entries(given)) {
        assert.strictEqual(yield* refusal({ [name]: value }), "accepted")
        const message = yield* refusal({ EXCHANGE: "binance", [name]: value })
        assert.match(message, new RegExp(`^${name} is of the paper exchange`))
      }
      assert.strictEqual(yield* refusal({ EXCHANGE: "binance", PAPER_LIMITS: "on", PAPER_PORT: "" }), "accepted")
    })
  )
})
