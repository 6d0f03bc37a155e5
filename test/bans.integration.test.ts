// A desk of several processes at one address, on an exchange that bans it: what one is told stops the others, and those that start meanwhile.
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import { onTestFailed } from "vitest"
import type { Setting } from "../src/Config.ts"
import * as Client from "./kit/Client.ts"
import * as Desk from "./kit/Desk.ts"
import { startPaper } from "./kit/PaperProcess.ts"
import { describePostgres, PostgresServer } from "./kit/Postgres.ts"
import { describeRedis, RedisServer } from "./kit/Redis.ts"

/** Five starts of processes. */
const PATIENCE_MILLIS = 180_000

const HEARD = /told another process of this desk that this address is banned, for \d+ s/

const removed = (folder: string) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))

const world = Effect.gen(function* () {
  const database = yield* Effect.flatMap(PostgresServer, ({ createDatabase }) => createDatabase)
  const redis = yield* RedisServer
  const paper = yield* Effect.acquireRelease(
    Effect.promise(() => startPaper({ market: "sim:5", limits: "off" })),
    ({ dataDir, stop }) => Effect.andThen(Effect.promise(stop), removed(dataDir))
  )
  const folder = yield* Effect.acquireRelease(Effect.sync(Desk.temporaryDirectory), removed)
  const launch = (settings: Partial<Record<Setting, string>>) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const desk = Desk.launch({
          DATABASE_URL: database,
          REDIS_URL: redis.url,
          DATA_DIR: folder,
          EXCHANGE: "binance",
          MARKET: "live",
          BINANCE_REST_URL: paper.url,
          BINANCE_WS_API_URL: paper.wsUrl,
          BINANCE_STREAM_URL: paper.wsUrl,
          ...settings
        })
        onTestFailed(() => void process.stderr.write(`${settings.ROLES} said:\n${desk.output()}\n`))
        return desk
      }),
      (desk) => Effect.promise(desk.stop)
    )
  return { paper, launch }
})

const servers = Layer.mergeAll(PostgresServer.layer, RedisServer.layer)

describeRedis("a desk of several processes that is banned", () => {
  describePostgres("with a market of its own process", () => {
    layer(servers, { excludeTestServices: true, timeout: "2 minutes" })((it) => {
      it.effect(
        "stops calling in each of them, and in one that starts into the ban",
        () =>
          Effect.gen(function* () {
            const { launch, paper } = yield* world
            const market = yield* launch({ ROLES: "market" })
            yield* Effect.promise(() => market.ready)
            const trading = yield* launch({ ROLES: "gateway,broadcaster,executor" })
            const { url } = yield* Effect.promise(() => trading.ready)
            assert.notMatch(trading.output(), HEARD)
            const ban = { verb: "ban", scope: { route: "GET /api/v3/klines" }, params: { retryAfterSeconds: 600 } }
            yield* Effect.promise(() => paper.admin("POST", "/faults", ban))
            // The market meets it with what it asks for next: a restart asks for candles.
            yield* Effect.promise(market.kill)
            yield* launch({ ROLES: "market" })
            yield* Effect.promise(() =>
              Client.eventually(
                () => fetch(`${url}/health/live`).then(() => trading.output()),
                (printed) => HEARD.test(printed)
              )
            )
            const late = yield* launch({ ROLES: "executor" })
            yield* Effect.promise(() =>
              Client.eventually(
                () => fetch(`${url}/health/live`).then(() => late.output()),
                (printed) => HEARD.test(printed)
              )
            )
          }),
        PATIENCE_MILLIS
      )
    })
  })
})
