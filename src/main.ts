// The composition root: roles and backends by configuration, the one place where layers meet adapters.
import { Console, Effect, Layer, Logger, type PlatformError, References, Schedule } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { fileURLToPath } from "node:url"
import * as SecretFile from "./adapters/files/SecretFile.ts"
import * as JoseTokens from "./adapters/jose/JoseTokens.ts"
import * as PaperExchange from "./adapters/paper/PaperExchange.ts"
import type { OutcomeLost } from "./adapters/paper/Venue.ts"
import type { WireListenError } from "./adapters/paper/wire/WireServer.ts"
import * as Database from "./adapters/postgres/Database.ts"
import * as PgBlotter from "./adapters/postgres/PgBlotter.ts"
import * as PgExchangeAccounts from "./adapters/postgres/PgExchangeAccounts.ts"
import * as PgJournal from "./adapters/postgres/PgJournal.ts"
import * as PgPaperJournal from "./adapters/postgres/PgPaperJournal.ts"
import * as PgPaperKeys from "./adapters/postgres/PgPaperKeys.ts"
import * as PgUsers from "./adapters/postgres/PgUsers.ts"
import * as PgVault from "./adapters/postgres/PgVault.ts"
import * as Server from "./adapters/server/Server.ts"
import * as SimMarket from "./adapters/sim/SimMarket.ts"
import { Config, ConfigInvalid, type Setting, type Values } from "./Config.ts"
import { Broadcaster } from "./layers/broadcaster/Broadcaster.ts"
import * as FeedRoute from "./layers/broadcaster/FeedRoute.ts"
import * as Executor from "./layers/executor/Executor.ts"
import * as Pages from "./layers/gateway/Pages.ts"
import * as Routes from "./layers/gateway/Routes.ts"
import * as Market from "./layers/market/Market.ts"
import type { ListenError } from "./adapters/server/Listen.ts"
import { Supervisor } from "./layers/Supervisor.ts"
import { CommandQueue } from "./ports/CommandQueue.ts"
import { Events } from "./ports/Events.ts"
import type { Exchange } from "./ports/Exchange.ts"
import { ExchangeAccounts, type NotBound } from "./ports/ExchangeAccounts.ts"
import { KeyCheck } from "./ports/KeyCheck.ts"
import { MarketData } from "./ports/MarketData.ts"
import { Milestone } from "./ports/Milestone.ts"
import type { MarketSourceError } from "./ports/MarketSource.ts"
import type { PaperJournal, PaperJournalError } from "./ports/PaperJournal.ts"
import type { PaperKeys } from "./ports/PaperKeys.ts"
import type { SecretError } from "./ports/Secret.ts"
import type { Vault } from "./ports/Vault.ts"
import { marketKnown, reachable, venueOf } from "./venue.ts"

/** Ends the process between two steps, as a crash would. */
const killing = ({ killAt }: Values) => {
  if (killAt === undefined) return Layer.empty
  const [, atOnce, name] = /^(start:)?(.*)$/.exec(killAt) ?? []
  let armed = atOnce !== undefined
  const arm = () => {
    armed = true
    process.stdout.write("Armed.\n")
  }
  if (!armed) process.once("SIGUSR2", arm)
  return Layer.succeed(Milestone, (reached) => {
    if (armed && reached === name) process.kill(process.pid, "SIGKILL")
  })
}

/** The built page lies beside the built server. */
const PAGE = fileURLToPath(new URL("web", import.meta.url))

const SIM_SEED = 1

/** The format and the level that the settings name. */
export const logging = ({ logFormat, logLevel }: Values) =>
  Layer.mergeAll(
    Logger.layer([logFormat === "json" ? Logger.consoleJson : Logger.consolePretty()]),
    // Nobody collects spans yet, and one a request costs as much as a tenth of the request.
    Layer.succeed(References.TracerEnabled, false),
    Layer.succeed(
      References.MinimumLogLevel,
      ({ debug: "Debug", info: "Info", warn: "Warn", error: "Error", none: "None" } as const)[logLevel]
    )
  )

const storage = Layer.mergeAll(
  PgJournal.layer,
  PgBlotter.layer,
  PgUsers.layer,
  PgVault.layer,
  PgExchangeAccounts.layer,
  PgPaperJournal.layer,
  PgPaperKeys.layer
).pipe(Layer.provide(Database.layer))

// What only some desks need is loaded by those: an idle desk is measured by its memory.
const load = <A>(module: () => Promise<A>): Effect.Effect<A> => Effect.promise(module)
const loadLive = load(() => import("./adapters/binance/LiveMarket.ts"))
const loadSignedRest = load(() => import("./adapters/binance/SignedRest.ts"))
const loadBinance = load(() => import("./adapters/binance/BinanceExchange.ts"))
const loadKeyCheck = load(() => import("./adapters/binance/BinanceKeyCheck.ts"))
const loadRedis = load(() =>
  Promise.all([
    import("./adapters/redis/RedisClient.ts"),
    import("./adapters/redis/RedisCommandQueue.ts"),
    import("./adapters/redis/RedisEvents.ts"),
    import("./adapters/redis/RedisMarketData.ts"),
    import("./adapters/redis/RedisMarketPublisher.ts")
  ])
)

const source = Effect.fnUntraced(function* ({ binance, exchange, market }: Values) {
  switch (market.kind) {
    case "replay": {
      const ReplayMarket = yield* load(() => import("./adapters/binance/ReplayMarket.ts"))
      return ReplayMarket.layer({ files: market.files, speed: market.speed })
    }
    case "sim":
      return SimMarket.layer({ seed: market.seed })
    case "live": {
      const live = (yield* loadLive).layer(binance)
      return exchange === "binance" ? live.pipe(Layer.provide((yield* loadSignedRest).layer)) : live
    }
    case "auto": {
      const LiveMarket = yield* loadLive
      if (yield* LiveMarket.probe(binance)) return LiveMarket.layer(binance)
      const notice = "No network: this is a simulated market, not the real one."
      yield* Effect.logWarning(notice)
      return SimMarket.layer({ seed: SIM_SEED, notice })
    }
  }
})

const memory = Layer.mergeAll(CommandQueue.layerMemory, Events.layerMemory)

/** How the parts of the desk hear each other and the market: in memory, or through Redis. */
const connections = (config: Values) => {
  const { redisUrl } = config
  const market = MarketData.layerMemory.pipe(Layer.provideMerge(Layer.unwrap(source(config))))
  const running = Market.layer.pipe(Layer.provideMerge(market))
  if (redisUrl === undefined) return running.pipe(Layer.provideMerge(memory))
  return Layer.unwrap(
    Effect.map(loadRedis, ([{ RedisClient }, RedisCommandQueue, RedisEvents, RedisMarketData, RedisMarketPublisher]) =>
      (config.roles.has("market")
        ? RedisMarketPublisher.layer.pipe(Layer.provideMerge(running))
        : RedisMarketData.layer
      ).pipe(
        Layer.provideMerge(Layer.mergeAll(RedisCommandQueue.layer, RedisEvents.layer)),
        Layer.provide(RedisClient.layer(redisUrl))
      )
    )
  )
}

/** For a process that serves nothing over HTTP: whoever started it knows by this line that all its layers run. */
const announceRoles = ({ roles }: Values) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { states } = yield* Supervisor
      yield* Effect.repeat(states, {
        until: (layers) => layers.every(({ state }) => state === "running"),
        schedule: Schedule.spaced("100 millis")
      })
      yield* Console.log(`Outcry is ready: ${[...roles].join(", ")}.`)
    })
  )

const announce = Layer.effectDiscard(
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const { badge } = yield* MarketData
    const { environment } = yield* Config
    const { label, notice } = yield* badge
    const url =
      address._tag === "UnixPathAddress" ? address.path : `http://${reachable(String(address.address))}:${address.port}`
    yield* Console.log(
      `Outcry is ready at ${url}\nMarket: ${label}. Orders go to: ${environment === "paper" ? "paper" : `Binance ${environment}`}.`
    )
    if (notice !== undefined) yield* Console.log(notice)
  })
)

/** Who judges the keys that people bring. */
const keyCheck = ({ exchange }: Values): Layer.Layer<KeyCheck, never, Config> =>
  exchange === "paper" ? KeyCheck.layerNone : Layer.unwrap(Effect.map(loadKeyCheck, ({ layer }) => layer))

/** What this process serves over HTTP: page, API and health for a gateway, the feed for a broadcaster. */
const served = (config: Values) => {
  const { roles } = config
  const feed = FeedRoute.layer.pipe(Layer.provide(Broadcaster.layer))
  const pages = Layer.mergeAll(Routes.layer.pipe(Layer.provide(keyCheck(config))), Pages.layer(PAGE))
  const routes =
    roles.has("gateway") && roles.has("broadcaster") ? Layer.mergeAll(pages, feed) : roles.has("gateway") ? pages : feed
  const serving = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true })
  // Ready is said once requests are served, not when the port is open.
  return announce.pipe(Layer.provide(marketKnown), Layer.provideMerge(serving), Layer.provide(Server.layer))
}

type ExchangeNeeds = Config | ExchangeAccounts | MarketData | PaperJournal | PaperKeys | Vault

/** Where orders go. The accounts of a database are of one exchange: their books would be settled to another one's word. */
const exchangeOf = (config: Values): Layer.Layer<Exchange, StartError, ExchangeNeeds> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { onlyOf } = yield* ExchangeAccounts
      yield* onlyOf(config.exchange)
      const chosen: Layer.Layer<Exchange, StartError, ExchangeNeeds> =
        config.exchange === "paper"
          ? PaperExchange.layer.pipe(Layer.provide(venueOf(config)))
          : (yield* loadBinance).layer.pipe(Layer.provide(marketKnown))
      return chosen
    })
  )

const desk = (config: Values) => {
  const executor = config.roles.has("executor") ? Executor.layer.pipe(Layer.provide(exchangeOf(config))) : Layer.empty
  const serves = config.roles.has("gateway") || config.roles.has("broadcaster")
  return (serves ? Layer.merge(executor, served(config)) : Layer.provideMerge(announceRoles(config), executor)).pipe(
    Layer.provide(connections(config)),
    Layer.provide(JoseTokens.layer),
    Layer.provide(storage),
    Layer.provide(SecretFile.layer),
    Layer.provide(Supervisor.layer)
  )
}

/** The paper exchange alone, without a desk. */
const exchange = (config: Values) =>
  venueOf(config).pipe(
    Layer.provide(connections(config)),
    Layer.provide(storage),
    Layer.provide(SecretFile.layer),
    Layer.provide(Supervisor.layer)
  )

/** Why a desk cannot start; each message is a sentence for whoever started it. */
export type StartError =
  | ConfigInvalid
  | Database.DatabaseError
  | ListenError
  | PlatformError.PlatformError
  | MarketSourceError
  | NotBound
  | OutcomeLost
  | WireListenError
  | PaperJournalError
  | SecretError

type Flags = Partial<Record<Setting, string>>

/** Runs the desk until it is interrupted. Fails with one sentence where it cannot start. */
export const serve = (flags: Flags): Effect.Effect<never, StartError> =>
  Effect.gen(function* () {
    const config = yield* Config
    return yield* Layer.launch(desk(config)).pipe(Effect.provide(Layer.merge(logging(config), killing(config))))
  }).pipe(Effect.provide(Config.layer(flags)))

/** Runs the paper exchange alone until it is interrupted. */
export const paper = (flags: Flags): Effect.Effect<never, StartError> =>
  Effect.gen(function* () {
    const config = yield* Config
    return yield* Layer.launch(exchange(config)).pipe(Effect.provide(logging(config)))
  }).pipe(Effect.provide(Config.layer({ ...flags, EXCHANGE: "paper" })))
