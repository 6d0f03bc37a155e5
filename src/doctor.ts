// outcry doctor: what is wrong with this desk and what to do about it, a line a check. It changes nothing.
import { Console, type Context, Effect, Fiber, Layer, Option, Schema, type Scope } from "effect"
import type { SqlClient } from "effect/sql"
import * as fs from "node:fs"
import * as path from "node:path"
import * as SecretFile from "./adapters/files/SecretFile.ts"
import * as Inspection from "./adapters/postgres/Inspection.ts"
import * as PgVault from "./adapters/postgres/PgVault.ts"
import type { DatabaseError } from "./adapters/postgres/Database.ts"
import { Config, problems, type Setting, settings, type Values } from "./Config.ts"
import type { AccountId } from "./domain/Ids.ts"
import type { Instrument } from "./domain/Instrument.ts"
import * as Machine from "./machine.ts"
import { fail, type Finding, ok, warn } from "./machine.ts"
import type { ExchangeError } from "./ports/Exchange.ts"
import { KeyCheck } from "./ports/KeyCheck.ts"
import { Vault } from "./ports/Vault.ts"
import { reachable } from "./venue.ts"

/** The verdict: something failed. It was printed. */
export class MayNotTrade extends Schema.TaggedError<MayNotTrade>()("MayNotTrade", { message: Schema.String }) {}

type Flags = Partial<Record<Setting, string>>
type Binance = typeof import("./adapters/binance/Checkup.ts")

interface Check {
  readonly name: string
  readonly finding: Effect.Effect<Finding, never, Scope.Scope>
  /** Seconds. */
  readonly within?: number
}

/** Of one check, in seconds. */
const WITHIN = 10
/** Opening the embedded database on a busy machine takes the longest. */
const DATABASE_WITHIN = 45
/** Accounts whose keys are tried; more would take more than seconds. */
const MAX_KEYS = 200
/** Further off, nothing that is stamped here can be believed. */
const ABSURD_MILLIS = 5 * 60_000
const LARGE_MILLIS = 1_000

export const doctor = (flags: Flags, json: boolean): Effect.Effect<void, MayNotTrade> =>
  Effect.gen(function* () {
    const failing = new Set<string>()
    const print = (name: string, { advice, health, says }: Finding) => {
      if (health === "fail") failing.add(name)
      return Console.log(
        json
          ? JSON.stringify({ check: name, health, says, ...(advice === undefined ? {} : { do: advice }) })
          : `${health.padEnd(4)}  ${name}: ${says}${advice === undefined ? "" : ` ${advice}`}`
      )
    }
    yield* print("node", Machine.node(process.version))
    yield* print("open files", Machine.openFiles(Machine.openFileLimit()))
    const wrong = yield* problems(flags)
    for (const message of wrong) yield* print("settings", fail(message, "Correct it, and run this again."))
    if (wrong.length === 0) {
      const config = yield* Effect.orDie(Effect.provide(Config, Config.layer(flags)))
      yield* print("settings", settingsFinding(config))
      const begun = yield* Effect.forEach(yield* checks(config), (check) =>
        Effect.map(Effect.forkChild(bounded(check)), (fiber) => ({ fiber, name: check.name }))
      )
      for (const { fiber, name } of begun) yield* print(name, yield* Fiber.join(fiber))
    }
    const failed = [...failing]
    const verdict = failed.length === 0 ? "This desk may trade." : `This desk may not trade: ${failed.join(", ")}.`
    yield* Console.log(json ? JSON.stringify({ mayTrade: failed.length === 0, failed, says: verdict }) : verdict)
    if (failed.length > 0) return yield* new MayNotTrade({ message: verdict })
  }).pipe(Effect.scoped)

/** A check ends in time, whatever it meets; what it could not foresee is told by its kind only, since it may quote a secret. */
const bounded = ({ finding, within = WITHIN }: Check): Check["finding"] =>
  finding.pipe(
    Effect.timeoutOrElse({
      duration: within * 1_000,
      orElse: () => Effect.succeed(fail(`There was no answer within ${within} s.`, "Look at what it talks to."))
    }),
    Effect.catchDefect((defect) =>
      Effect.succeed(
        fail(
          `This could not be looked at (${defect instanceof Error ? defect.name : "no reason was given"}).`,
          "Start the desk to see more."
        )
      )
    )
  )

const settingsFinding = ({ environment, roles }: Values): Finding =>
  ok(
    `All ${Object.keys(settings).length} can be used. Orders go to: ${nameOf(environment)}. This process is: ${[...roles].join(", ")}.`
  )

const nameOf = (environment: Values["environment"]) =>
  environment === "paper" ? "the paper exchange" : `Binance ${environment}`

const checks = Effect.fnUntraced(function* (config: Values) {
  const { databaseUrl, exchange, market, redisUrl } = config
  const provided = Effect.provideService(Inspection.inspect, Config, config)
  const inspection = yield* Effect.cached(provided)
  const asksBinance = exchange === "binance" || market.kind === "live" || market.kind === "auto"
  const local: ReadonlyArray<Check> = [
    { name: "disk", finding: Effect.sync(() => Machine.disk(config)) },
    { name: "database", finding: databaseFinding(inspection, databaseUrl === undefined), within: DATABASE_WITHIN },
    { name: "desk", finding: deskFinding(config) },
    ...(redisUrl === undefined ? [] : [{ name: "redis", finding: redisFinding(redisUrl) }]),
    ...(market.kind === "replay" ? [{ name: "market", finding: replayFinding(market.files) }] : []),
    ...(market.kind === "sim" ? [{ name: "market", finding: Effect.succeed(ok("Simulated.")) }] : [])
  ]
  return asksBinance ? [...local, ...(yield* binanceChecks(config, inspection))] : local
})

type Looked = Effect.Effect<Inspection.Inspection, DatabaseError, Scope.Scope>

const databaseFinding = (inspection: Looked, isEmbedded: boolean): Check["finding"] =>
  Effect.match(inspection, {
    onFailure: ({ message }) =>
      fail(message, isEmbedded ? "Look at DATA_DIR." : "Start PostgreSQL, or correct DATABASE_URL."),
    onSuccess: (found) => {
      switch (found._tag) {
        case "Held":
          return ok(`A desk is running on it (process ${found.pid}), so it was not opened.`)
        case "Missing":
          return ok("There is none yet; the first start makes it.")
        case "Open": {
          const { isWritable, pending, unknown } = found
          if (unknown.length > 0) {
            return fail(
              `It was written by a newer Outcry (migration ${unknown.join(", ")}).`,
              "Start that version, or a newer one: this one would not understand what it reads."
            )
          }
          if (!isWritable) {
            return fail(
              "It can be read, but not written.",
              "Connect to the primary, as a user who may write and make tables."
            )
          }
          return pending.length === 0
            ? ok("It can be read and written, and is up to date.")
            : ok(`It can be read and written. The next start brings it up to date (${pending.join(", ")}).`)
        }
      }
    }
  })

const decodeNotReady = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))
)

/** What a desk that runs where this one would says of itself. */
const deskFinding = ({ host, port }: Values): Check["finding"] => {
  const url = `http://${reachable(host)}:${port}`
  const asked = Effect.tryPromise(async (signal) => {
    const response = await fetch(`${url}/health/ready`, { signal })
    return { status: response.status, text: await response.text() }
  })
  return Effect.match(Effect.timeout(asked, "3 seconds"), {
    onFailure: () => ok(`None answers at ${url}.`),
    onSuccess: ({ status, text }) => {
      if (status === 200 && text.includes('"ready"')) return ok(`It runs at ${url} and takes orders.`)
      const why = Option.map(decodeNotReady(text), ({ error }) => error.message)
      return Option.match(why, {
        onNone: () => warn(`Another program answers at ${url}.`, "Stop it, or set PORT."),
        onSome: (message) => fail(`It runs at ${url} and takes no orders: ${message}`, "Its log says more.")
      })
    }
  })
}

const redisFinding = (url: NonNullable<Values["redisUrl"]>): Check["finding"] =>
  Effect.flatMap(
    Effect.promise(() => import("./adapters/redis/RedisClient.ts")),
    ({ ping }) =>
      Effect.match(ping(url), {
        onSuccess: () => ok("It answers."),
        onFailure: () =>
          fail(
            "Redis does not answer at REDIS_URL: processes do not hear each other or the market.",
            "Start it, or correct REDIS_URL; without REDIS_URL one process needs none."
          )
      })
  )

const replayFinding = (files: ReadonlyArray<string>): Check["finding"] =>
  Effect.sync(() => {
    const missing = files.filter((file) => !fs.existsSync(file))
    return missing.length === 0
      ? ok(`${files.length} recording(s) are there.`)
      : fail(`The recording ${missing[0]} is not there.`, "Correct MARKET.")
  })

const binanceChecks = Effect.fnUntraced(function* (config: Values, inspection: Looked) {
  const Binance = yield* Effect.promise(() => import("./adapters/binance/Checkup.ts"))
  const { binance, exchange, market } = config
  const reached = yield* Effect.cached(Binance.reach(binance))
  // Without a network, a paper desk whose market was left open shows a simulated one.
  const unreached = (error: ExchangeError): Finding =>
    market.kind === "auto"
      ? warn(Binance.sentenceOf(error), "The market will be a simulated one.")
      : fail(Binance.sentenceOf(error), networkAdvice(Binance.sentenceOf(error)))
  const heard = (says: string, work: Effect.Effect<unknown, ExchangeError, Scope.Scope>): Check["finding"] =>
    Effect.match(work, { onFailure: unreached, onSuccess: () => ok(says) })
  const known = Effect.flatMap(reached, Binance.instruments)
  const trading: ReadonlyArray<Check> = [
    { name: "websocket api", finding: heard("It opens and answers.", Binance.webSocketApi(binance)) },
    { name: "keys", finding: keysFinding(config, Binance, reached, inspection), within: DATABASE_WITHIN }
  ]
  const found: ReadonlyArray<Check> = [
    { name: "rest", finding: heard(`${new URL(binance.restUrl).host} answers.`, reached) },
    {
      name: "clock",
      finding: Effect.match(reached, {
        onFailure: () => warn("Binance's clock could not be asked.", "See above."),
        onSuccess: clockFinding
      })
    },
    ...(market.kind === "live" || market.kind === "auto"
      ? [{ name: "streams", finding: heard("They open.", Binance.marketStreams(binance)) }]
      : []),
    {
      name: "filters",
      finding: filtersFinding(
        Binance,
        Effect.orElseSucceed(known, () => undefined),
        inspection
      )
    }
  ]
  return exchange === "binance" ? [...found, ...trading] : found
})

/** Sentences that say already what to do are left alone. */
const networkAdvice = (says: string): string =>
  says.includes("BINANCE_")
    ? "Then run this again."
    : "Look at the network of this machine, the addresses BINANCE_REST_URL, BINANCE_WS_API_URL and BINANCE_STREAM_URL, and BINANCE_PROXY."

const clockFinding = ({ offsetMillis }: { readonly offsetMillis: number }): Finding => {
  const off = Math.abs(offsetMillis)
  const says = `This machine's clock is ${off} ms ${offsetMillis > 0 ? "behind" : "ahead of"} Binance's.`
  if (off <= LARGE_MILLIS) return ok(says)
  return off <= ABSURD_MILLIS
    ? warn(says, "The desk reckons with it; set the clock by NTP all the same.")
    : fail(says, "Set the clock by NTP: what is stamped here would be wrong.")
}

const filtersFinding = (
  { shown }: Binance,
  known: Effect.Effect<ReadonlyMap<string, Instrument> | undefined, never, Scope.Scope>,
  inspection: Looked
): Check["finding"] =>
  Effect.gen(function* () {
    const all = yield* known
    if (all === undefined) return warn("Binance's list of symbols could not be read.", "See above.")
    const held = yield* fromDatabase(inspection, Inspection.symbolsHeld, [])
    const unlisted = held.filter((symbol) => !all.has(symbol))
    if (unlisted.length > 0) {
      return warn(
        `${unlisted.join(", ")}: held here, and not listed there any more.`,
        "They can only be settled at Binance itself."
      )
    }
    const trading = shown.filter((symbol) => all.get(symbol)?.trading === true)
    if (trading.length === 0) {
      return fail(`None of ${shown.join(", ")} trades there now.`, "Wait, or look at BINANCE_REST_URL.")
    }
    const says = `Read now: ${all.size} symbols. Of those shown here, ${trading.join(", ")} trade.`
    return trading.length === shown.length ? ok(says) : warn(says, "A desk on this market shows only those.")
  })

/** `otherwise` where there is no database to ask. */
const fromDatabase = <A>(
  inspection: Looked,
  question: Effect.Effect<A, unknown, SqlClient.SqlClient>,
  otherwise: A
): Effect.Effect<A, never, Scope.Scope> =>
  Effect.flatMap(inspection, (found) =>
    found._tag === "Open" && found.pending.length === 0
      ? Effect.provideContext(question, found.client)
      : Effect.succeed(otherwise)
  ).pipe(Effect.orElseSucceed(() => otherwise))

const keysFinding = (
  config: Values,
  Binance: Binance,
  reached: Effect.Effect<import("./adapters/binance/Checkup.ts").Reached, ExchangeError, Scope.Scope>,
  inspection: Looked
): Check["finding"] =>
  Effect.gen(function* () {
    const found = yield* Effect.option(inspection)
    if (Option.isNone(found)) return warn("The stored keys could not be read.", "See database above.")
    if (found.value._tag === "Held") {
      return warn(
        "The running desk holds them, so they were not tried.",
        "Its pages say which account is not connected."
      )
    }
    const accounts = yield* fromDatabase(inspection, Inspection.accountsWithKeys(MAX_KEYS), [])
    if (found.value._tag !== "Open" || accounts.length === 0) {
      return warn("Nobody has stored a key yet.", "Register with binanceApiKey and binanceSecretKey to trade.")
    }
    if (config.secret === undefined && !fs.existsSync(path.join(config.dataDir, "secret"))) {
      return fail(
        "Keys are stored, but the secret that opens them is not there.",
        "Restore DATA_DIR/secret, or set OUTCRY_SECRET as it was."
      )
    }
    const there = yield* Effect.option(reached)
    const { layer } = yield* Effect.promise(() => import("./adapters/binance/BinanceKeyCheck.ts"))
    const tried = yield* Effect.forEach(accounts, tryOf(Binance, there), { concurrency: 4 }).pipe(
      Effect.provide([vaultOf(config, found.value.client), Layer.provide(layer, Layer.succeed(Config, config))]),
      Effect.result
    )
    if (tried._tag === "Failure") return fail(tried.failure.message, "Then run this again.")
    const refusals = tried.success.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]))
    const good = accounts.length - refusals.length
    if (refusals.length === 0) {
      if (Option.isNone(there)) return warn("They open, and could not be tried.", "See rest above.")
      const [advice] = tried.success.flatMap(({ warnings }) => warnings)
      return { ...ok(`${good} of ${good} may trade.`), ...(advice === undefined ? {} : { advice }) }
    }
    const says = `${refusals.length} of ${accounts.length} cannot trade. ${refusals[0]}`
    const advice = "Store a key that may trade and allows this address."
    return good === 0 ? fail(says, advice) : warn(says, advice)
  })

const vaultOf = (config: Values, client: Context.Context<SqlClient.SqlClient>) =>
  PgVault.layer.pipe(
    Layer.provide(Layer.succeedContext(client)),
    Layer.provide(SecretFile.layer.pipe(Layer.provide(Layer.succeed(Config, config))))
  )

interface Tried {
  /** The sentence why the account's key does not open, or does not trade. */
  readonly refusal?: string
  readonly warnings: ReadonlyArray<string>
}

/** Without an exchange to ask, the keys are only opened. */
const tryOf =
  (Binance: Binance, reached: Option.Option<import("./adapters/binance/Checkup.ts").Reached>) =>
  (accountId: AccountId): Effect.Effect<Tried, never, Vault | KeyCheck> =>
    Effect.gen(function* () {
      const keys = yield* (yield* Vault).get(accountId)
      if (Option.isNone(keys) || Option.isNone(reached)) return { warnings: [] }
      // That it can take money out is for its owner to know; it trades all the same.
      const checked = yield* (yield* KeyCheck).check(keys.value, true)
      yield* Binance.mayPlace(reached.value, keys.value)
      return { warnings: Option.match(checked, { onNone: () => [], onSome: ({ warnings }) => warnings }) }
    }).pipe(
      Effect.catch((error) => {
        const why = error._tag === "ExchangeError" ? Binance.sentenceOf(error) : error.message
        return Effect.succeed({ refusal: `Account ${accountId}: ${why}`, warnings: [] })
      })
    )
