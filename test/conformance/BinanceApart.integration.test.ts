// The desk's door to Binance and the exchange as two processes: every card of the suite over a clean line, then every card again over a line
// that loses answers, repeats events, cuts streams, tells the wrong time and allows a tenth of what Binance allows.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Redacted, Scope } from "effect"
import * as fs from "node:fs"
import * as BinanceExchange from "../../src/adapters/binance/BinanceExchange.ts"
import type { AccountId } from "../../src/domain/Ids.ts"
import { Exchange } from "../../src/ports/Exchange.ts"
import { ExchangeAccounts } from "../../src/ports/ExchangeAccounts.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import { Vault } from "../../src/ports/Vault.ts"
import * as OutsideMarket from "../kit/OutsideMarket.ts"
import { type ApiKey, type Paper, startPaper } from "../kit/PaperProcess.ts"
import { after, patient } from "../kit/PatientExchange.ts"
import * as Settings from "../kit/Settings.ts"
import { exchangeSuite } from "../suites/exchange.ts"

const START_MILLIS = 90_000

interface World {
  readonly paper: Paper
  readonly outside: OutsideMarket.OutsideMarket
  readonly heard: Effect.Effect<void>
  readonly close: () => Promise<void>
}

const begin = async (limits: string): Promise<World> => {
  const scope = Scope.makeUnsafe()
  const outside = await Effect.runPromise(Scope.provide(OutsideMarket.start, scope))
  const paper = await startPaper(
    { market: "live", limits },
    { BINANCE_REST_URL: outside.restUrl, BINANCE_STREAM_URL: outside.streamUrl }
  )
  const heard = await Effect.runPromise(Scope.provide(outside.listen(paper.wsUrl), scope))
  const close = async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await paper.stop()
    fs.rmSync(paper.dataDir, { recursive: true, force: true })
  }
  return { paper, outside, heard, close }
}

let opened = 0

/** A vault in which every account finds a key, to an account of 100,000 USDT and 1 BTC of its own; what it left open ends with the card. */
const generous = ({ paper }: World) =>
  Layer.effect(
    Vault,
    Effect.gen(function* () {
      const { get, put, ...rest } = yield* Vault
      const scope = yield* Effect.scope
      const made = Effect.fnUntraced(function* (accountId: AccountId) {
        const account = `${accountId}-${++opened}`
        const balances = { USDT: "100000", BTC: "1" }
        const key = (yield* Effect.promise(() => paper.admin("POST", "/keys", { account, balances }))) as ApiKey
        const leave = Effect.promise(() => paper.admin("POST", `/accounts/${account}/reset`, { balances: {} }))
        yield* Scope.addFinalizer(scope, leave)
        const pair = { apiKey: Redacted.make(key.apiKey), secretKey: Redacted.make(key.secret) }
        yield* put(accountId, pair)
        return Option.some(pair)
      })
      return {
        ...rest,
        put,
        get: (accountId: AccountId) =>
          Effect.flatMap(get(accountId), (known) =>
            Option.isSome(known) ? Effect.succeed(known) : Effect.orDie(made(accountId))
          )
      }
    })
  ).pipe(Layer.provide(Vault.layerMemory))

const wired = (world: World, line: (exchange: Exchange["Service"]) => Exchange["Service"]) => {
  const { outside, paper } = world
  const adapter = BinanceExchange.layer.pipe(
    Layer.provide(
      Settings.layer({ EXCHANGE: "binance", BINANCE_REST_URL: paper.url, BINANCE_WS_API_URL: paper.wsUrl })
    ),
    Layer.provide(generous(world)),
    Layer.provide(ExchangeAccounts.layerMemory)
  )
  return Layer.merge(
    Layer.effect(
      Exchange,
      Effect.map(Exchange, (exchange) => after(world.heard, line(exchange)))
    ).pipe(Layer.provide(adapter)),
    Layer.succeed(MarketData, outside.data)
  )
}

interface Weather {
  readonly happened: () => Promise<ReadonlyMap<string, number>>
  readonly stop: () => void
}

/** Long enough for a doubt, which ends after some 14 s, and for a minute without weight. */
const PATIENCE_MILLIS = 240_000

/** One answer in ten to an order, a cancel or an amend is lost, one event in twenty comes twice; now and then streams are cut and the clock jumps. */
const spoil = async ({ paper }: World, cutEveryMillis: number): Promise<Weather> => {
  const set = (fault: object) => paper.admin("POST", "/faults", fault) as Promise<{ readonly id: string }>
  for (const how of ["cut", "504", "-1007"]) await set({ verb: "loseAck", params: { how }, share: 0.035, seed: 7 })
  await set({ verb: "duplicateEvents", scope: { stream: "user" }, share: 0.05, seed: 7 })
  let skew = await set({ verb: "skewClock", params: { millis: 3_000 } })
  let cut = await set({ verb: "cutStream", scope: { stream: "user" } })
  let turns = 0
  const worse = async () => {
    turns++
    // One that found no stream to cut would wait for the next: they must not add up.
    await paper.admin("DELETE", `/faults/${cut.id}`)
    cut = await set({ verb: "cutStream", scope: { stream: "user" } })
    await paper.admin("DELETE", `/faults/${skew.id}`)
    skew = await set({ verb: "skewClock", params: { millis: turns % 2 === 0 ? 3_000 : -3_000 } })
  }
  const timer = setInterval(() => void worse(), cutEveryMillis)
  const happened = async () => {
    const { faults } = (await paper.admin("GET", "/faults")) as {
      faults: ReadonlyArray<{ readonly verb: string; readonly happened: number }>
    }
    const counts = new Map<string, number>()
    for (const { happened: times, verb } of faults) counts.set(verb, (counts.get(verb) ?? 0) + times)
    return counts
  }
  return { happened, stop: () => clearInterval(timer) }
}

describe("the desk and the exchange as two processes", () => {
  describe("over a clean line", () => {
    let world: World
    beforeAll(async () => void (world = await begin("off")), START_MILLIS)
    afterAll(() => world?.close())

    exchangeSuite(
      "binance",
      Layer.suspend(() => wired(world, (exchange) => exchange)),
      20_000
    )
  })

  describe.each([
    { line: "a bad line, at a tenth of Binance's limits", limits: "tenth", cutEveryMillis: 20_000, hands: [1] },
    // The dice fall on: no two hands meet the same trouble.
    { line: "a worse line", limits: "on", cutEveryMillis: 2_000, hands: [2, 3] }
  ])("over $line", ({ cutEveryMillis, hands, limits }) => {
    let world: World
    let weather: Weather
    beforeAll(async () => {
      world = await begin(limits)
      weather = await spoil(world, cutEveryMillis)
    }, START_MILLIS)
    afterAll(async () => {
      weather?.stop()
      await world?.close()
    })

    for (const hand of hands) {
      exchangeSuite(
        `binance, hand ${hand}`,
        Layer.suspend(() => wired(world, patient)),
        PATIENCE_MILLIS
      )
    }

    it("all of that did happen", async () => {
      const happened = await weather.happened()
      for (const verb of ["loseAck", "duplicateEvents", "cutStream"]) assert.isAbove(happened.get(verb) ?? 0, 0, verb)
    })
  })
})
