// The market for anyone who asks, and how the desk itself is doing. No token needed.
import { Clock, Effect, Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Config } from "../../Config.ts"
import { Api } from "../../contract/Http.ts"
import { badgeView, bookView, candleView, priceView, symbolView } from "../../contract/MarketViews.ts"
import { AccountId, CommandId } from "../../domain/Ids.ts"
import { Journal } from "../../ports/Journal.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { Supervisor } from "../Supervisor.ts"
import { refusal, refuse } from "./Refusal.ts"

const DEFAULT_CANDLES = 500
const DEFAULT_LEVELS = 20

const marketHandlers = HttpApiBuilder.group(
  Api,
  "market",
  Effect.fnUntraced(function* (group) {
    const { environment } = yield* Config
    const market = yield* MarketData
    const supervisor = yield* Supervisor
    const badge = Effect.map(market.badge, (shown) => badgeView(environment, shown))
    const instrumentOf = (symbol: string) => {
      const instrument = market.instrument(symbol)
      return instrument === undefined
        ? refuse("SYMBOL_NOT_FOUND", "That symbol is not traded here. GET /api/market/symbols lists what is.", {
            symbol: "not traded here"
          })
        : Effect.succeed(instrument)
    }
    return group.handleAll({
      symbols: Effect.fnUntraced(function* () {
        const instruments = yield* market.instruments
        return { symbols: [...instruments.values()].map(symbolView), badge: yield* badge }
      }),
      klines: Effect.fnUntraced(function* ({ query }) {
        const instrument = yield* instrumentOf(query.symbol)
        const { interval, limit = DEFAULT_CANDLES, symbol } = query
        const end = query.end ?? (yield* Clock.currentTimeMillis)
        const candles = yield* Effect.catch(market.candles({ symbol, interval, end, limit }), () =>
          refuse("MARKET_UNAVAILABLE", "The candles cannot be had from the market right now. Try again shortly.")
        )
        return { candles: candles.map((candle) => candleView(instrument, candle)) }
      }),
      price: ({ query }) =>
        Effect.map(instrumentOf(query.symbol), (instrument) => priceView(instrument, market.quote(query.symbol))),
      book: ({ query }) =>
        Effect.map(instrumentOf(query.symbol), (instrument) =>
          bookView(instrument, market.depth(query.symbol, query.levels ?? DEFAULT_LEVELS))
        ),
      status: Effect.fnUntraced(function* () {
        const layers = yield* supervisor.states
        return {
          badge: yield* badge,
          layers: layers.map(({ name, restarts, since, state }) => ({ name, restarts, since, state })),
          serverTime: yield* Clock.currentTimeMillis
        }
      })
    })
  })
)

const probe = { accountId: AccountId.make("readiness"), commandId: CommandId.make("readiness") }

const healthHandlers = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function* (group) {
    const journal = yield* Journal
    const market = yield* MarketData
    const supervisor = yield* Supervisor
    return group.handleAll({
      live: () => Effect.succeed({ live: true as const }),
      ready: Effect.fnUntraced(function* () {
        const missing: Record<string, string> = {}
        yield* Effect.catch(Effect.timeout(journal.receipt(probe.accountId, probe.commandId), "2 seconds"), () =>
          Effect.sync(() => {
            missing["journal"] = "The store does not answer."
          })
        )
        if ((yield* market.instruments).size === 0) missing["market"] = "The market is not known yet."
        for (const { name, state } of yield* supervisor.states) {
          if (state !== "running") missing[name] = `The layer is ${state}.`
        }
        if (Object.keys(missing).length === 0) return { ready: true as const }
        return yield* Effect.fail(refusal("NOT_READY", Object.values(missing).join(" "), missing))
      })
    })
  })
)

/** The handlers of `/api/market` and `/health`. */
export const layer = Layer.mergeAll(marketHandlers, healthHandlers)
