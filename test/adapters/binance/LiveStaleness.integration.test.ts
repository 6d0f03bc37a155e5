// The live market over real sockets and the test's clock: what the paper exchange's wire does to it, and what the desk says of that.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as LiveMarket from "../../../src/adapters/binance/LiveMarket.ts"
import { Faults } from "../../../src/adapters/paper/faults/Faults.ts"
import * as Payloads from "../../../src/adapters/paper/market/Payloads.ts"
import * as Account from "../../../src/domain/Account.ts"
import { sentence } from "../../../src/domain/Denial.ts"
import * as Risk from "../../../src/domain/Risk.ts"
import { riskContext } from "../../../src/layers/executor/RiskView.ts"
import * as Market from "../../../src/layers/market/Market.ts"
import { Supervisor } from "../../../src/layers/Supervisor.ts"
import { Events } from "../../../src/ports/Events.ts"
import { MarketData } from "../../../src/ports/MarketData.ts"
import * as PublicBinance from "../../kit/PublicBinance.ts"
import { accountId, limits, market, orderId, place } from "../../kit/Trading.ts"
import { diff, served, snapshot, START, trade } from "../paper/market/Stage.ts"

const symbolRow = {
  symbol: "BTCUSDT",
  status: "TRADING",
  orderTypes: ["LIMIT", "MARKET"],
  baseAsset: "BTC",
  quoteAsset: "USDT",
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01000000", maxPrice: "1000000.00000000", tickSize: "0.01000000" },
    { filterType: "LOT_SIZE", minQty: "0.00001000", maxQty: "9000.00000000", stepSize: "0.00001000" }
  ]
}

type Stage = Effect.Success<ReturnType<typeof served>>

interface On {
  readonly faults: Faults["Service"]
  readonly exchange: Stage
  readonly desk: MarketData["Service"]
  readonly why: () => string
  /** Lets a tenth of a second pass at a time, on the clock and on the sockets, until it holds. */
  readonly until: (holds: () => boolean, each?: () => void) => Effect.Effect<void>
}

const onDesk = <A, E>(body: (on: On) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.gen(function* () {
    const faults = yield* Faults
    const exchange = yield* served()
    exchange.say(snapshot(1, [[9_900, 1_000]], [[10_100, 1_000]]), trade(1, 10_000, 1))
    const rest = yield* PublicBinance.start
    rest.answers.set("/api/v3/exchangeInfo", () => ({ symbols: [symbolRow] }))
    rest.answers.set("/api/v3/depth", (query) =>
      JSON.parse(Payloads.depth(exchange.btc, Number(query.get("limit") ?? "100")))
    )
    rest.answers.set("/api/v3/klines", () => [])
    const live = LiveMarket.layer({ restUrl: rest.restUrl, streamUrl: exchange.base, symbols: ["BTCUSDT"] })
    const ports = Layer.mergeAll(MarketData.layerMemory, Events.layerMemory, Supervisor.layer)
    const built = yield* Layer.build(Market.layer.pipe(Layer.provideMerge(ports), Layer.provide(live)))
    const desk = Context.get(built, MarketData)
    yield* TestClock.adjust(0)
    const until = (holds: () => boolean, each: () => void = () => undefined): Effect.Effect<void> =>
      Effect.gen(function* () {
        for (let turn = 0; !holds(); turn++) {
          assert.isBelow(turn, 3_000, "it never came")
          each()
          yield* TestClock.adjust("100 millis")
          // Once this answer is here, what was sent before it has come too.
          yield* Effect.promise(() => fetch(`${rest.restUrl}/api/v3/ping`).then((response) => response.text()))
        }
      })
    return yield* body({ faults, exchange, desk, why: () => desk.quote("BTCUSDT")?.stale?.why ?? "fresh", until })
  }).pipe(Effect.provide(Layer.fresh(Faults.layerOf(7))))

/** The exchange's book and tape go on. */
const moving = (exchange: Stage) => {
  let id = 1
  return () => {
    id++
    exchange.say(diff(id, [[9_900 - (id % 5), id]], []), trade(id, 10_000, 1))
  }
}

const verdictOf = (desk: MarketData["Service"], now: number) => {
  const intent = market("BUY", "0.01")
  const context = riskContext(desk, "BTCUSDT", place(1, intent), limits, now)
  return Result.match(Risk.approve(Account.empty(accountId), { orderId: orderId(1), intent }, context), {
    onSuccess: () => "approved",
    onFailure: (reason) => (reason._tag === "MarketStale" ? sentence(reason) : reason._tag)
  })
}

describe("the live market", () => {
  it.effect("is stale while the exchange stands still, and its market orders are denied with the reason", () =>
    onDesk(({ desk, exchange, faults, until, why }) =>
      Effect.gen(function* () {
        const move = moving(exchange)
        yield* until(() => why() === "fresh", move)
        assert.strictEqual(verdictOf(desk, START), "InsufficientBalance", "the price is no hindrance")
        yield* faults.freeze
        yield* until(() => why() === "down", move)
        const { heardAt } = desk.quote("BTCUSDT")?.stale ?? { heardAt: 0 }
        assert.isFalse(desk.quote("BTCUSDT")?.synced, "nothing can be bought from the old book")
        assert.strictEqual(
          verdictOf(desk, heardAt + 14_000),
          "The price of BTCUSDT is stale: its market cannot be reached, last heard 14 s ago. Nothing was sent. Wait until it is heard again; cancels go through."
        )
        yield* faults.thaw
        yield* until(() => why() === "fresh", move)
      })
    )
  )

  it.effect("does not take a stream that is stuck for a quiet market", () =>
    onDesk(({ exchange, faults, until, why }) =>
      Effect.gen(function* () {
        const move = moving(exchange)
        yield* until(() => why() === "fresh", move)
        const silences = []
        for (const stream of ["depth@100ms", "bookTicker"]) {
          silences.push(yield* faults.silence({ stream: `btcusdt@${stream}` }))
        }
        yield* until(() => why() !== "fresh", move)
        for (const { clear } of silences) yield* clear
        // Whatever it has begun with meanwhile, in the end it follows the stream again.
        let steady = 0
        yield* until(() => (steady = why() === "fresh" ? steady + 1 : 0) > 200, move)
      })
    )
  )

  it.effect("takes a book that nothing happens to for what it is, for as long as it lasts", () =>
    onDesk(({ exchange, until, why }) =>
      Effect.gen(function* () {
        // Not a single change since the connection was made.
        yield* until(() => why() === "fresh")
        let turns = 0
        yield* until(
          () => ++turns > 600,
          () => assert.strictEqual(why(), "fresh")
        )
        const move = moving(exchange)
        let moved = 0
        yield* until(
          () => ++moved > 30,
          () => {
            move()
            assert.strictEqual(why(), "fresh")
          }
        )
      })
    )
  )
})
