// Every setting of the desk: name, default, one sentence. The only reader of the environment.
import { Config as C, ConfigProvider, Context, Effect, Layer, Redacted, Result, Schema } from "effect"
import { baseOf, isProxy } from "./domain/Address.ts"
import * as Money from "./domain/Money.ts"
import type { Decimal } from "./domain/Money.ts"

export const roles = ["gateway", "executor", "broadcaster", "market"] as const
export type Role = (typeof roles)[number]

/** Name → [default, sentence]. A flag of the same name in lower case, with dashes, overrides the variable. */
export const settings = {
  PORT: ["3000", "Port of the page, the API and the feed."],
  HOST: ["127.0.0.1", "Address to listen on; 0.0.0.0 for every interface."],
  SERVER: ["auto", "`uws` (uWebSockets.js), `node` (node:http), or `auto`: uws where its binary loads."],
  ROLES: ["all", "What this process does: any of gateway, executor, broadcaster, market, separated by commas."],
  DATA_DIR: ["./data", "Where the embedded database and the generated secret live."],
  DATABASE_URL: ["", "PostgreSQL to use; empty: PGlite embedded in DATA_DIR."],
  REDIS_URL: ["", "Redis between processes; empty: queues in memory, one process."],
  MARKET: ["", "`live`, `sim[:seed]` or `replay:<file>[,<file>…][;speed=N]`; empty: live, and sim without a network."],
  EXCHANGE: ["paper", "Where orders go: `paper`, or `binance` with the keys that each user registers with."],
  BINANCE_ENV: ["testnet", "Which Binance: `testnet`, `demo`, or `live`, which is real money."],
  BINANCE_LIVE: ["", "`real-money`: without it, BINANCE_ENV=live does not trade."],
  BINANCE_REST_URL: ["", "Another address for Binance's REST API, market data too; empty: that of BINANCE_ENV."],
  BINANCE_WS_API_URL: [
    "",
    "Another base for its WebSocket API, such as ws://127.0.0.1:3080; empty: that of BINANCE_ENV."
  ],
  BINANCE_STREAM_URL: ["", "Another base for its market streams; empty: that of BINANCE_ENV."],
  BINANCE_PROXY: ["", "Proxy for all that goes to Binance: http, https or `socks5://[user:password@]host[:port]`."],
  PAPER_BALANCES: ["USDT:100000,BTC:1,ETH:10", "What a new paper account starts with."],
  PAPER_FEES: ["", "Maker and taker commission of the paper exchange, `0.001,0.001`; empty: the instrument's own."],
  PAPER_LATENCY: ["0", "Milliseconds before an order meets the paper exchange's market."],
  PAPER_QUEUE: ["1", "Share of the market's lots at a price that stand before a new paper order there, 0 to 1."],
  PAPER_PORT: ["", "Port on which the paper exchange speaks the wire of Binance Spot; empty: it does not."],
  PAPER_ADMIN_PORT: ["", "Loopback port for keys, deposits and faults of the paper exchange; empty: none."],
  PAPER_LIMITS: [
    "on",
    "Binance's rate limits on the paper exchange's wire: `tenth`, a tenth of their size; `off`, none, for load tests."
  ],
  OUTCRY_SECRET: ["", "Seals exchange keys and signs tokens; empty: generated once into DATA_DIR/secret."],
  AUTH_LIMIT: ["100", "Requests to /auth per address in 15 minutes."],
  ORDER_LIMIT: ["100", "Orders and cancels per second and user."],
  MAX_ORDER_NOTIONAL: ["1000000", "Price × quantity of one order at most, in its quote asset."],
  MAX_OPEN_ORDERS: ["500", "Open orders of an account at most."],
  PRICE_COLLAR: ["0.1", "How much worse than the market a limit price may be, as a share: 0.1 is 10 %."],
  CORS_ORIGINS: ["", "Origins of other pages that may call the API, separated by commas."],
  TRUST_PROXY: ["off", "`on` takes the caller's address from X-Forwarded-For: only behind a proxy of your own."],
  LOG_LEVEL: ["info", "`debug`, `info`, `warn`, `error` or `none`."],
  LOG_FORMAT: ["text", "`text` or `json`."]
} as const satisfies Record<string, readonly [fallback: string, sentence: string]>
export type Setting = keyof typeof settings

/** Set by tests only: the milestone at which the process ends itself, once it was sent SIGUSR2, or at once where `start:` stands in front. */
const KILL_AT = "OUTCRY_TEST_KILL_AT"

export type MarketSetting =
  | { readonly kind: "auto" }
  | { readonly kind: "live" }
  | { readonly kind: "sim"; readonly seed: number }
  | { readonly kind: "replay"; readonly files: ReadonlyArray<string>; readonly speed: number }

export type Environment = "paper" | "testnet" | "demo" | "live"

/** Bases without a slash at the end. */
export interface BinanceUrls {
  readonly restUrl: string
  readonly wsApiUrl: string
  readonly streamUrl: string
}

/** How Binance is reached. */
export interface BinanceValues extends BinanceUrls {
  /** May hold a password. */
  readonly proxy: Redacted.Redacted | undefined
}

export interface Values {
  readonly port: number
  readonly host: string
  readonly server: "auto" | "uws" | "node"
  readonly roles: ReadonlySet<Role>
  readonly dataDir: string
  readonly databaseUrl: Redacted.Redacted | undefined
  readonly redisUrl: Redacted.Redacted | undefined
  readonly market: MarketSetting
  readonly exchange: "paper" | "binance"
  /** Where orders go, for every screen. */
  readonly environment: Environment
  /** Also where a live market comes from. */
  readonly binance: BinanceValues
  readonly paperBalances: ReadonlyArray<{ readonly asset: string; readonly amount: Decimal }>
  /** Parts of 10^-8; `undefined` leaves the instrument's own. */
  readonly paperFees: { readonly maker: number; readonly taker: number } | undefined
  readonly paperLatencyMillis: number
  /** Parts of a thousand. */
  readonly paperQueue: number
  readonly paperPort: number | undefined
  readonly paperAdminPort: number | undefined
  readonly paperLimits: "on" | "tenth" | "off"
  readonly secret: Redacted.Redacted | undefined
  readonly authLimit: number
  readonly orderLimit: number
  readonly maxOrderNotional: Decimal
  readonly maxOpenOrders: number
  readonly priceCollar: Decimal
  readonly corsOrigins: ReadonlyArray<string>
  readonly trustProxy: boolean
  readonly logLevel: "debug" | "info" | "warn" | "error" | "none"
  readonly logFormat: "text" | "json"
  /** Of tests only. */
  readonly killAt: string | undefined
}

/** A setting that cannot be used. The message names the setting, what it was, and what would do; never a secret's value. */
export class ConfigInvalid extends Schema.TaggedError<ConfigInvalid>()("ConfigInvalid", { message: Schema.String }) {}

export class Config extends Context.Service<Config, Values>()("outcry/Config") {
  /** Reads the environment, with `flags` (by setting name) in front of it. */
  static readonly layer = (flags: Partial<Record<Setting, string>> = {}): Layer.Layer<Config, ConfigInvalid> =>
    Layer.effect(Config, readEnvironment(flags))
}

const environment = (flags: Partial<Record<Setting, string>>) =>
  ConfigProvider.fromEnv({ env: { ...(process.env as Record<string, string>), ...flags } })

/** Every setting as it was given, or its default. */
const readAll = Effect.fnUntraced(function* (provider: ConfigProvider.ConfigProvider) {
  const raw = {} as Record<Setting, string>
  for (const name of Object.keys(settings) as ReadonlyArray<Setting>) {
    raw[name] = yield* C.String(name)
      .parse(provider)
      .pipe(
        Effect.map((text) => text.trim() || settings[name][0]),
        Effect.orElseSucceed(() => settings[name][0])
      )
  }
  return raw
})

/** A sentence about each setting that cannot be used, alone or together with the others; none where a desk would start. */
export const problems = Effect.fnUntraced(function* (flags: Partial<Record<Setting, string>>) {
  const given = yield* readAll(environment(flags))
  const failure = (some: Partial<Record<Setting, string>>) =>
    Effect.map(Effect.result(parse(some)), (parsed) => (Result.isFailure(parsed) ? [parsed.failure.message] : []))
  const found = new Set<string>()
  for (const [name, text] of Object.entries(given)) {
    // What it says of other settings is about the others: they are judged all together, below.
    const own = (yield* failure({ [name]: text })).filter(
      (message) => message.startsWith(`${name}=`) || message.startsWith(`${name} cannot`)
    )
    own.forEach((message) => found.add(message))
  }
  for (const message of yield* failure(given)) found.add(message)
  return [...found]
})

const readEnvironment = Effect.fnUntraced(function* (flags: Partial<Record<Setting, string>>) {
  const provider = environment(flags)
  const raw = yield* readAll(provider)
  const killAt = yield* C.String(KILL_AT)
    .parse(provider)
    .pipe(Effect.orElseSucceed(() => undefined))
  return { ...(yield* parse(raw)), killAt }
})

/** Decodes the raw settings. Separate from reading them, so that a test needs no environment. */
export const parse = Effect.fnUntraced(function* (
  given: Partial<Record<Setting, string>>
): Effect.fn.Return<Values, ConfigInvalid> {
  const raw = (name: Setting) => given[name] ?? settings[name][0]
  const wrong = (name: Setting, want: string) =>
    new ConfigInvalid({ message: `${name}=${JSON.stringify(raw(name).slice(0, 80))} cannot be used: ${want}.` })
  const whole = (name: Setting, least: number, most: number) => {
    const text = raw(name)
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
    return value >= least && value <= most
      ? Effect.succeed(value)
      : Effect.fail(wrong(name, `a whole number from ${least} to ${most} is wanted`))
  }
  const oneOf = <const T extends string>(name: Setting, allowed: ReadonlyArray<T>) => {
    const found = allowed.find((value) => value === raw(name).toLowerCase())
    return found === undefined
      ? Effect.fail(wrong(name, `one of ${allowed.join(", ")} is wanted`))
      : Effect.succeed(found)
  }
  const positive = (name: Setting) => {
    const value = Money.parse(raw(name))
    return value !== undefined && Money.isPositive(value)
      ? Effect.succeed(value)
      : Effect.fail(wrong(name, "a number greater than zero is wanted"))
  }
  const port = (name: Setting) => (raw(name) === "" ? Effect.succeed(undefined) : whole(name, 0, 65_535))
  const market = parseMarket(raw("MARKET"))
  if (market === undefined) {
    return yield* wrong("MARKET", "live, sim, sim:<seed> or replay:<file>[,<file>…][;speed=<number>] is wanted")
  }
  const paperBalances = parseBalances(raw("PAPER_BALANCES"))
  if (paperBalances === undefined) return yield* wrong("PAPER_BALANCES", "ASSET:amount,ASSET:amount is wanted")
  const paperFees = parseFees(raw("PAPER_FEES"))
  if (paperFees === "wrong") {
    return yield* wrong(
      "PAPER_FEES",
      "maker,taker as shares below 1 with at most 8 decimals, like 0.001,0.001, is wanted"
    )
  }
  const paperQueue = partsOf(raw("PAPER_QUEUE"), 3)
  if (paperQueue === undefined || paperQueue > 1000) {
    return yield* wrong("PAPER_QUEUE", "a share from 0 to 1 with at most 3 decimals is wanted")
  }
  const roleSet = parseRoles(raw("ROLES"))
  if (roleSet === undefined) return yield* wrong("ROLES", `all, or any of ${roles.join(", ")} is wanted`)
  if (roleSet.size < roles.length && (raw("DATABASE_URL") === "" || raw("REDIS_URL") === "")) {
    return yield* new ConfigInvalid({
      message: "ROLES splits the desk into processes, which need DATABASE_URL and REDIS_URL to meet."
    })
  }
  if (roleSet.has("gateway") !== roleSet.has("broadcaster") && raw("OUTCRY_SECRET") === "") {
    return yield* new ConfigInvalid({
      message:
        "A gateway and a broadcaster apart need the same OUTCRY_SECRET: the one signs the tokens that the other reads."
    })
  }
  const exchange = yield* oneOf("EXCHANGE", ["paper", "binance"])
  const binanceEnvironment = yield* oneOf("BINANCE_ENV", ["testnet", "demo", "live"])
  if (exchange === "binance" && binanceEnvironment === "live" && raw("BINANCE_LIVE") !== "real-money") {
    return yield* new ConfigInvalid({
      message: "BINANCE_ENV=live trades with real money. If that is meant, set BINANCE_LIVE=real-money too."
    })
  }
  if (exchange === "binance" && binanceEnvironment === "live" && !["auto", "live"].includes(market.kind)) {
    return yield* wrong("MARKET", "real money is only traded by the live market")
  }
  // What would be ignored is refused: nobody would listen where a client of the paper exchange was told to call.
  const paperOnly = paperSettings.find((name) => exchange === "binance" && raw(name) !== settings[name][0])
  if (paperOnly !== undefined) {
    return yield* new ConfigInvalid({
      message: `${paperOnly} is of the paper exchange, which a desk with EXCHANGE=binance does not run. Leave it out, or run \`outcry paper\` beside the desk.`
    })
  }
  // A desk on paper looks at the real market.
  const known = BINANCE[exchange === "binance" ? binanceEnvironment : "live"]
  const url = (name: Setting, fallback: string, scheme: "http" | "ws") => {
    const found = raw(name) === "" ? fallback : baseOf(raw(name), scheme)
    const want = `an address such as ${scheme}s://host is wanted; without encryption only on this machine`
    return found === undefined ? Effect.fail(wrong(name, want)) : Effect.succeed(found)
  }
  return {
    port: yield* whole("PORT", 0, 65_535),
    host: raw("HOST"),
    server: yield* oneOf("SERVER", ["auto", "uws", "node"]),
    roles: roleSet,
    dataDir: raw("DATA_DIR"),
    databaseUrl: raw("DATABASE_URL") === "" ? undefined : Redacted.make(raw("DATABASE_URL")),
    redisUrl: raw("REDIS_URL") === "" ? undefined : Redacted.make(raw("REDIS_URL")),
    // Orders that leave the house are never judged by a made-up market unless that was asked for.
    market: exchange === "binance" && market.kind === "auto" ? { kind: "live" } : market,
    exchange,
    environment: exchange === "paper" ? "paper" : binanceEnvironment,
    binance: {
      restUrl: yield* url("BINANCE_REST_URL", known.restUrl, "http"),
      wsApiUrl: yield* url("BINANCE_WS_API_URL", known.wsApiUrl, "ws"),
      streamUrl: yield* url("BINANCE_STREAM_URL", known.streamUrl, "ws"),
      proxy: yield* proxyOf(raw("BINANCE_PROXY"))
    },
    paperBalances,
    paperFees,
    paperLatencyMillis: yield* whole("PAPER_LATENCY", 0, 60_000),
    paperQueue,
    paperPort: yield* port("PAPER_PORT"),
    paperAdminPort: yield* port("PAPER_ADMIN_PORT"),
    paperLimits: yield* oneOf("PAPER_LIMITS", ["on", "tenth", "off"]),
    secret: yield* secret(raw("OUTCRY_SECRET")),
    authLimit: yield* whole("AUTH_LIMIT", 1, 1_000_000_000),
    orderLimit: yield* whole("ORDER_LIMIT", 1, 1_000_000_000),
    maxOrderNotional: yield* positive("MAX_ORDER_NOTIONAL"),
    maxOpenOrders: yield* whole("MAX_OPEN_ORDERS", 1, 100_000),
    priceCollar: yield* positive("PRICE_COLLAR"),
    corsOrigins: listOf(raw("CORS_ORIGINS")),
    trustProxy: (yield* oneOf("TRUST_PROXY", ["on", "off"])) === "on",
    logLevel: yield* oneOf("LOG_LEVEL", ["debug", "info", "warn", "error", "none"]),
    logFormat: yield* oneOf("LOG_FORMAT", ["text", "json"]),
    killAt: undefined
  }
})

const paperSettings = [
  "PAPER_PORT",
  "PAPER_ADMIN_PORT",
  "PAPER_LIMITS",
  "PAPER_BALANCES",
  "PAPER_FEES",
  "PAPER_LATENCY",
  "PAPER_QUEUE"
] as const satisfies ReadonlyArray<Setting>

const BINANCE: Readonly<Record<"testnet" | "demo" | "live", BinanceUrls>> = {
  testnet: {
    restUrl: "https://testnet.binance.vision",
    wsApiUrl: "wss://ws-api.testnet.binance.vision",
    streamUrl: "wss://stream.testnet.binance.vision"
  },
  demo: {
    restUrl: "https://demo-api.binance.com",
    wsApiUrl: "wss://demo-ws-api.binance.com",
    streamUrl: "wss://demo-stream.binance.com"
  },
  live: {
    restUrl: "https://api.binance.com",
    wsApiUrl: "wss://ws-api.binance.com:443",
    streamUrl: "wss://stream.binance.com:9443"
  }
}

/** Its value may hold a password, so it is never repeated. */
const proxyOf = (text: string): Effect.Effect<Redacted.Redacted | undefined, ConfigInvalid> => {
  if (text === "") return Effect.succeed(undefined)
  return isProxy(text)
    ? Effect.succeed(Redacted.make(text))
    : Effect.fail(
        new ConfigInvalid({
          message:
            "BINANCE_PROXY cannot be used: http://, https:// or socks5://, then [user:password@]host[:port], is wanted; %-encode what is special in a password."
        })
      )
}

/** A share as whole parts of 10^-decimals, exactly; `undefined` for what is none. */
const partsOf = (text: string, decimals: number): number | undefined => {
  const found = /^(\d)(?:\.(\d{1,8}))?$/.exec(text)
  const rest = found?.[2] ?? ""
  return found === null || rest.length > decimals ? undefined : Number(`${found[1]}${rest.padEnd(decimals, "0")}`)
}

const parseFees = (text: string): Values["paperFees"] | "wrong" => {
  if (text === "") return undefined
  const [maker, taker, ...rest] = listOf(text).map((share) => partsOf(share, 8))
  if (maker === undefined || taker === undefined || rest.length > 0) return "wrong"
  return maker < 1e8 && taker < 1e8 ? { maker, taker } : "wrong"
}

const secret = (text: string): Effect.Effect<Redacted.Redacted | undefined, ConfigInvalid> =>
  text === ""
    ? Effect.succeed(undefined)
    : text.length >= 32
      ? Effect.succeed(Redacted.make(text))
      : Effect.fail(new ConfigInvalid({ message: "OUTCRY_SECRET cannot be used: at least 32 characters are wanted." }))

const listOf = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")

const parseRoles = (text: string): ReadonlySet<Role> | undefined => {
  if (text === "all") return new Set(roles)
  const named = listOf(text)
  const known = named.filter((name): name is Role => (roles as ReadonlyArray<string>).includes(name))
  return known.length === named.length && known.length > 0 ? new Set(known) : undefined
}

const parseBalances = (text: string): Values["paperBalances"] | undefined => {
  const parsed = listOf(text).map((part) => {
    const [asset = "", amount = "", ...rest] = part.split(":")
    const value = Money.parse(amount)
    return /^[A-Z0-9]{1,20}$/.test(asset) && rest.length === 0 && value !== undefined && !Money.isNegative(value)
      ? { asset, amount: value }
      : undefined
  })
  return parsed.every((entry) => entry !== undefined) ? parsed : undefined
}

/** `live`, `sim[:seed]`, `replay:<file>[,<file>…][;speed=N]`, or nothing. `undefined` where it is none of these. */
const parseMarket = (text: string): MarketSetting | undefined => {
  if (text === "") return { kind: "auto" }
  if (text === "live") return { kind: "live" }
  const sim = /^sim(?::(\d{1,9}))?$/.exec(text)
  if (sim !== null) return { kind: "sim", seed: Number(sim[1] ?? "1") }
  if (!text.startsWith("replay:")) return undefined
  const [list = "", ...options] = text.slice("replay:".length).split(";")
  const files = listOf(list)
  let speed = 1
  for (const option of options) {
    const given = /^speed=(\d{1,4}(?:\.\d{1,3})?)$/.exec(option.trim())
    if (given === null) return undefined
    speed = Number(given[1])
  }
  return files.length === 0 || speed <= 0 ? undefined : { kind: "replay", files, speed }
}
