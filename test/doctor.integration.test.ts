// The doctor as a real process: what it says of a desk that is well, and of each thing that may be wrong.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted } from "effect"
import { spawn } from "node:child_process"
import * as path from "node:path"
import * as SecretFile from "../src/adapters/files/SecretFile.ts"
import { Faults } from "../src/adapters/paper/faults/Faults.ts"
import { marketEndpoints } from "../src/adapters/paper/market/MarketEndpoints.ts"
import { PublicMarket } from "../src/adapters/paper/market/PublicMarket.ts"
import { NO_LIMITS } from "../src/adapters/paper/market/StreamLimits.ts"
import { StreamServer } from "../src/adapters/paper/market/StreamServer.ts"
import { WireServer } from "../src/adapters/paper/wire/WireServer.ts"
import * as Database from "../src/adapters/postgres/Database.ts"
import * as PgVault from "../src/adapters/postgres/PgVault.ts"
import { AccountId } from "../src/domain/Ids.ts"
import { Store } from "../src/ports/MemoryPaperJournal.ts"
import { PaperKeys } from "../src/ports/PaperKeys.ts"
import { type ExchangeKeys, Vault } from "../src/ports/Vault.ts"
import * as Desk from "./kit/Desk.ts"
import { freePort } from "./kit/FreePort.ts"
import * as Paper from "./kit/Paper.ts"
import { generous } from "./kit/PaperVault.ts"
import { config, temporaryFolder } from "./kit/Postgres.ts"

const cli = path.resolve(import.meta.dirname, "../dist/cli.js")

interface Said {
  readonly code: number | null
  /** By check: its health, and what it says with what to do. */
  readonly checks: ReadonlyMap<string, string>
  readonly failed: ReadonlyArray<string>
  readonly printed: string
}

/** Needs a build. */
const doctor = (settings: Desk.Settings, ...args: ReadonlyArray<string>): Effect.Effect<Said> =>
  Effect.promise(async () => {
    const PORT = String(await freePort())
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [cli, "doctor", ...args], {
        env: { PATH: process.env["PATH"], MARKET: "sim:1", PORT, ...settings },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let printed = ""
      child.stdout.on("data", (chunk: Buffer) => void (printed += chunk.toString()))
      child.stderr.on("data", (chunk: Buffer) => void (printed += chunk.toString()))
      child.once("error", reject)
      child.once("exit", (code) => {
        if (!args.includes("--json")) return resolve({ code, printed, checks: new Map(), failed: [] })
        const lines = printed
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
        const { failed, mayTrade } = lines.at(-1)
        assert.strictEqual(mayTrade, failed.length === 0)
        const checks = new Map(lines.slice(0, -1).map((one) => [one.check, [one.health, one.says, one.do].join(" ")]))
        return resolve({ code, printed, checks, failed })
      })
    })
  })

const nobody = Effect.map(Effect.promise(freePort), (port) => `127.0.0.1:${port}`)

/** The paper exchange with all of its wire, and a key to it for every account. */
const exchange = Layer.unwrap(
  Effect.gen(function* () {
    const endpoints = marketEndpoints(yield* PublicMarket)
    const { upgrade } = yield* StreamServer
    return WireServer.layer({ port: 0, host: "127.0.0.1", limits: false, endpoints, upgrades: [upgrade] })
  })
).pipe(
  Layer.provide(StreamServer.layer(NO_LIMITS)),
  Layer.provide(PublicMarket.layer),
  Layer.provideMerge(generous),
  Layer.provideMerge(PaperKeys.layerMemory),
  Layer.provideMerge(Paper.life(new Store())),
  Layer.provideMerge(Faults.layerOf(1))
)

/** A data directory with these keys in it, as a desk leaves it. */
const withKeys = Effect.fnUntraced(function* (keys: ReadonlyMap<AccountId, ExchangeKeys>) {
  const folder = yield* temporaryFolder
  const vault = PgVault.layer.pipe(
    Layer.provide(Database.layer),
    Layer.provide(SecretFile.layer),
    Layer.provide(config({ DATA_DIR: folder }))
  )
  yield* Effect.gen(function* () {
    const { put } = yield* Vault
    for (const [account, pair] of keys) yield* put(account, pair)
  }).pipe(Effect.provide(vault, { local: true }))
  return folder
})

describe("outcry doctor", () => {
  it.live(
    "finds nothing wrong with a desk on paper, before it runs and while it does",
    () =>
      Effect.gen(function* () {
        const DATA_DIR = yield* temporaryFolder
        const PORT = String(yield* Effect.promise(freePort))
        const before = yield* doctor({ DATA_DIR, PORT })
        assert.strictEqual(before.code, 0, before.printed)
        assert.match(before.printed, /^ok {4}node: /)
        assert.match(before.printed, /\nThis desk may trade\.\n$/)
        yield* Effect.acquireRelease(
          Effect.promise(() => Desk.start({ DATA_DIR, PORT })),
          ({ stop }) => Effect.promise(stop)
        )
        const during = yield* doctor({ DATA_DIR, PORT }, "--json")
        assert.match(during.checks.get("desk") ?? "", /^ok It runs at .* and takes orders/)
        assert.deepStrictEqual([during.code, during.failed], [0, []])
        assert.match(during.checks.get("database") ?? "", /^ok A desk is running on it \(process \d+\)/)
      }),
    180_000
  )

  it.live("names every wrong setting, and none that is right", () =>
    Effect.gen(function* () {
      const { code, printed } = yield* doctor({ PORT: "abc", MARKET: "nix", LOG_LEVEL: "debug", PRICE_COLLAR: "-1" })
      assert.strictEqual(code, 1)
      const named = printed.match(/^fail {2}settings: (\w+)/gm)
      assert.deepStrictEqual(
        named,
        ["PORT", "MARKET", "PRICE_COLLAR"].map((name) => `fail  settings: ${name}`)
      )
      assert.match(printed, /\nThis desk may not trade: settings\.\n$/)
    })
  )

  it.live("says which of the database and Redis is away, and no password", () =>
    Effect.gen(function* () {
      const DATABASE_URL = `postgres://ann:hunter22@${yield* nobody}/desk`
      const REDIS_URL = `redis://:hunter23@${yield* nobody}`
      const { checks, code, failed, printed } = yield* doctor({ DATABASE_URL, REDIS_URL }, "--json")
      assert.deepStrictEqual([code, failed], [1, ["database", "redis"]])
      assert.match(checks.get("database") ?? "", /DATABASE_URL could not be opened.*Start PostgreSQL/)
      assert.match(checks.get("redis") ?? "", /does not answer at REDIS_URL/)
      assert.notMatch(printed, /hunter2/)
    })
  )

  it.live("says that Binance cannot be reached, and what may be in the way", () =>
    Effect.gen(function* () {
      const away = yield* nobody
      const settings = {
        DATA_DIR: yield* temporaryFolder,
        EXCHANGE: "binance",
        BINANCE_REST_URL: `http://${away}`,
        BINANCE_WS_API_URL: `ws://${away}`
      }
      const { checks, code, failed } = yield* doctor(settings, "--json")
      assert.deepStrictEqual([code, failed], [1, ["rest", "websocket api"]])
      assert.match(checks.get("rest") ?? "", /ECONNREFUSED.*BINANCE_PROXY/)
      const proxied = yield* doctor({ ...settings, BINANCE_PROXY: `http://u:hunter24@${yield* nobody}` }, "--json")
      assert.match(proxied.checks.get("rest") ?? "", /The proxy of BINANCE_PROXY cannot be used \(ECONNREFUSED\)/)
      assert.match(proxied.checks.get("websocket api") ?? "", /The proxy of BINANCE_PROXY cannot be used/)
      assert.notInclude(proxied.printed, "hunter24")
    })
  )

  it.live(
    "tries the stored keys, and says why one does not trade",
    () =>
      Effect.gen(function* () {
        const [{ url }, keys, faults] = [yield* WireServer, yield* PaperKeys, yield* Faults]
        const { get } = yield* Vault
        const [ann, bob] = [AccountId.make("account-0"), AccountId.make("account-1")]
        const pairs = new Map<AccountId, ExchangeKeys>()
        for (const account of [ann, bob]) pairs.set(account, Option.getOrThrow(yield* get(account)))
        const revoke = (account: AccountId) =>
          keys.revoke(account, Redacted.value(pairs.get(account)?.apiKey ?? Redacted.make("")))
        const settings = {
          DATA_DIR: yield* withKeys(pairs),
          EXCHANGE: "binance",
          MARKET: "live",
          BINANCE_REST_URL: url,
          BINANCE_WS_API_URL: url.replace("http", "ws"),
          BINANCE_STREAM_URL: url.replace("http", "ws")
        }
        const well = yield* doctor(settings, "--json")
        assert.deepStrictEqual([well.code, well.failed], [0, []], well.printed)
        assert.match(well.checks.get("keys") ?? "", /^ok 2 of 2 may trade/)
        assert.match(well.checks.get("database") ?? "", /up to date/)
        assert.match(well.checks.get("clock") ?? "", /^ok This machine's clock is \d+ ms/)
        assert.match(well.checks.get("streams") ?? "", /^ok/)
        assert.match(well.checks.get("websocket api") ?? "", /^ok/)
        assert.match(well.checks.get("filters") ?? "", /BTCUSDT/)

        // The other's still works, so the desk as a whole may trade.
        assert.isTrue(yield* revoke(ann))
        const one = yield* doctor(settings, "--json")
        assert.deepStrictEqual([one.code, one.failed], [0, []])
        assert.match(
          one.checks.get("keys") ?? "",
          /^warn 1 of 2 cannot trade\. Account account-0: .*live, testnet and demo/
        )
        assert.isTrue(yield* revoke(bob))
        const both = yield* doctor(settings, "--json")
        assert.deepStrictEqual([both.code, both.failed], [1, ["keys"]])
        assert.match(both.checks.get("keys") ?? "", /^fail 2 of 2 cannot trade/)

        // The secret that sealed them is gone, and Binance does not serve this place.
        yield* faults.geoBlock({}, { times: 1_000 })
        const secret = "another secret than the one that sealed them"
        const closed = yield* doctor({ ...settings, OUTCRY_SECRET: secret }, "--json")
        assert.strictEqual(closed.code, 1)
        assert.match(closed.checks.get("keys") ?? "", /^fail 2 of 2 .* not sealed .* by this installation's secret/)
        assert.match(closed.checks.get("rest") ?? "", /does not serve this location \(451\): set BINANCE_PROXY/)
        const secrets = [...pairs.values()].flatMap(({ apiKey, secretKey }) => [apiKey, secretKey].map(Redacted.value))
        for (const { printed } of [well, one, both, closed]) {
          for (const text of [secret, ...secrets]) assert.notInclude(printed, text)
        }
      }).pipe(Effect.provide(Layer.fresh(exchange))),
    240_000
  )
})
