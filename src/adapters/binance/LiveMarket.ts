// The market as it is now: Binance's public streams and klines. No key needed.
import { Effect, Layer, Option } from "effect"
import type { Instrument } from "../../domain/Instrument.ts"
import { MarketSource, MarketSourceError } from "../../ports/MarketSource.ts"
import * as ExchangeInfo from "./ExchangeInfo.ts"
import * as HttpCalls from "./HttpCalls.ts"
import * as Klines from "./Klines.ts"
import * as LiveStreams from "./LiveStreams.ts"
import { MarketPace } from "./MarketPace.ts"
import type { Proxy } from "./Proxy.ts"
import * as PublicRest from "./PublicRest.ts"
import * as SignedRest from "./SignedRest.ts"
import * as Translate from "./Translate.ts"

export interface LiveOptions {
  /** Bases without a slash at the end. */
  readonly restUrl?: string
  readonly streamUrl?: string
  readonly proxy?: Proxy
  readonly symbols?: ReadonlyArray<string>
}

const REST_URL = "https://api.binance.com"
const STREAM_URL = "wss://stream.binance.com:9443"
/** What the market shows, as long as nobody names other symbols. */
export const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"]

/** Whether Binance can be reached: one small call, three seconds. Never fails. */
export const probe = (options: LiveOptions = {}): Effect.Effect<boolean> =>
  HttpCalls.make(options.restUrl ?? REST_URL, options.proxy).pipe(
    Effect.flatMap((call) => call({ method: "GET", path: "/api/v3/ping", headers: {}, deadlineMillis: 3_000 })),
    Effect.map(({ status }) => status === 200),
    Effect.orElseSucceed(() => false),
    Effect.scoped
  )

/** Fails where Binance cannot be reached at the start, or does not know a symbol; the message says which. */
export const layer = (options: LiveOptions = {}): Layer.Layer<MarketSource, MarketSourceError> =>
  Layer.effect(
    MarketSource,
    Effect.gen(function* () {
      // Where this process trades at Binance too, both keep to the same limits.
      const shared = Option.getOrUndefined(yield* Effect.serviceOption(SignedRest.Shared))
      const rest = yield* PublicRest.connect(options.restUrl ?? REST_URL, options.proxy, shared?.governor)
      const instruments = yield* fetchInstruments(rest, options.symbols ?? SYMBOLS)
      const symbols = [...instruments.keys()]
      const translator = new Translate.Translator(instruments)
      return MarketSource.of({
        badge: { kind: "live", label: labelOf(options.restUrl ?? REST_URL) },
        instruments,
        messages: LiveStreams.messages({
          rest,
          translator,
          pace: new MarketPace(),
          baseUrl: options.streamUrl ?? STREAM_URL,
          proxy: options.proxy,
          symbols
        }),
        historyIsWhole: true,
        history: yield* Klines.history(rest, instruments),
        skipped: Effect.sync(() => translator.skipped)
      })
    })
  )

/** A testnet or a paper exchange may not list all of them, and refuses the whole question then: each is asked for alone. */
const fetchInstruments = Effect.fnUntraced(function* (rest: PublicRest.PublicRest, symbols: ReadonlyArray<string>) {
  const describe = (some: ReadonlyArray<string>) =>
    Effect.map(rest.get("api/v3/exchangeInfo", { symbols: JSON.stringify(some) }), rowsOf)
  const rows = yield* Effect.catch(describe(symbols), (error) =>
    Effect.forEach(symbols, (symbol) => Effect.option(describe([symbol]))).pipe(
      Effect.map((found) => found.flatMap(Option.toArray).flat()),
      Effect.filterOrFail(
        (found) => found.length > 0,
        () => error
      )
    )
  )
  const instruments = new Map<string, Instrument>()
  for (const row of rows) {
    const instrument = ExchangeInfo.instrument(row)
    if (instrument !== undefined) instruments.set(instrument.symbol, instrument)
  }
  const missing = symbols.filter((symbol) => !instruments.has(symbol))
  if (missing.length === symbols.length) {
    return yield* new MarketSourceError({ message: `Binance did not describe ${missing.join(", ")}.` })
  }
  if (missing.length > 0) yield* Effect.logWarning(`Binance does not list ${missing.join(", ")} here.`)
  return instruments as ReadonlyMap<string, Instrument>
})

const labelOf = (restUrl: string) =>
  restUrl === REST_URL ? "live Binance Spot" : `Binance Spot at ${new URL(restUrl).host}`

const rowsOf = (info: unknown): ReadonlyArray<unknown> => {
  const rows = typeof info === "object" && info !== null && "symbols" in info ? info.symbols : undefined
  return Array.isArray(rows) ? rows : []
}
