// The market as it is now: Binance's public streams and klines. No key needed.
import { Cause, Clock, Effect, Layer, Option, Queue, Schedule, Stream, type Scope } from "effect"
import type { Instrument } from "../../domain/Instrument.ts"
import type { MarketMessage } from "../../domain/Market.ts"
import { MarketSource, MarketSourceError } from "../../ports/MarketSource.ts"
import * as ExchangeInfo from "./ExchangeInfo.ts"
import { DepthFollower } from "./DepthFollower.ts"
import * as HttpCalls from "./HttpCalls.ts"
import * as Klines from "./Klines.ts"
import { type Proxy, socketOptions } from "./Proxy.ts"
import * as PublicRest from "./PublicRest.ts"
import * as Sdk from "./Sdk.ts"
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
const SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"]

/** Messages waiting for the market layer. When it falls this far behind, the connection is made anew: a hole would be worse. */
const BUFFER = 50_000
/** A liquid market is never this silent: the connection is dead even if nobody closed it. */
const SILENCE_MILLIS = 30_000
/** Levels a side asked for: weight 50 of 6,000 a minute. */
const SNAPSHOT_LEVELS = 1_000

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
      const rest = yield* PublicRest.connect(options.restUrl ?? REST_URL, options.proxy)
      const instruments = yield* fetchInstruments(rest, options.symbols ?? SYMBOLS)
      const symbols = [...instruments.keys()]
      const translator = new Translate.Translator(instruments)
      return MarketSource.of({
        badge: { kind: "live", label: labelOf(options.restUrl ?? REST_URL) },
        instruments,
        messages: streams(rest, translator, options, symbols),
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

type MessageQueue = Queue.Queue<MarketMessage, MarketSourceError | Cause.Done>

const streams = (
  rest: PublicRest.PublicRest,
  translator: Translate.Translator,
  { proxy, streamUrl = STREAM_URL }: LiveOptions,
  symbols: ReadonlyArray<string>
): Stream.Stream<MarketMessage, MarketSourceError> =>
  Stream.callback<MarketMessage, MarketSourceError>(
    Effect.fnUntraced(function* (queue) {
      const clock = yield* Clock.Clock
      const fail = (message: string) =>
        void Queue.failCauseUnsafe(queue, Cause.fail(new MarketSourceError({ message })))
      const say = (message: MarketMessage) => {
        if (!Queue.offerUnsafe(queue, message))
          fail("The market fell behind Binance's streams, so they are opened anew.")
      }
      // At most one entry a symbol is waiting, so none is ever dropped.
      const wanted = yield* Queue.dropping<DepthFollower>(symbols.length)
      const asked = new Set<DepthFollower>()
      const want = (follower: DepthFollower) => {
        if (asked.has(follower)) return
        asked.add(follower)
        Queue.offerUnsafe(wanted, follower)
      }
      const followers = new Map(symbols.map((symbol) => [symbol, new DepthFollower(symbol, want)]))
      const heard = { at: clock.currentTimeMillisUnsafe() }
      for (const symbol of symbols) say({ _tag: "Restarted", symbol, at: heard.at })
      const onFrame = (frame: unknown) => {
        heard.at = clock.currentTimeMillisUnsafe()
        if (isShutdown(frame)) return fail("Binance is closing the connection, so it is opened anew.")
        const message = translator.message(frame, heard.at, [])
        if (message === undefined) return
        if (message._tag === "DepthDiff") {
          const { symbol, at } = message.diff
          if (followers.get(symbol)?.follow(message.diff) === "gap") say({ _tag: "Restarted", symbol, at })
        }
        say(message)
      }
      yield* connect(streamUrl, proxy, symbols, onFrame, fail)
      yield* Effect.forkScoped(
        Effect.raceFirst(
          Effect.forever(
            Effect.flatMap(Queue.take(wanted), (follower) => {
              asked.delete(follower)
              return resync(rest, translator, follower, queue)
            })
          ),
          watchSilence(heard)
        ).pipe(Effect.catch((error) => Queue.fail(queue, error)))
      )
    }),
    { bufferSize: BUFFER, strategy: "dropping" }
  )

const watchSilence = (heard: { readonly at: number }): Effect.Effect<never, MarketSourceError> =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep(SILENCE_MILLIS / 3)
      const now = yield* Clock.currentTimeMillis
      if (now - heard.at > SILENCE_MILLIS) {
        return yield* new MarketSourceError({ message: "Binance's streams went silent, so they are opened anew." })
      }
    }
  })

const isShutdown = (frame: unknown): boolean =>
  typeof frame === "object" && frame !== null && "e" in frame && frame.e === "serverShutdown"

/** The documented procedure: a snapshot older than the first diff kept is asked for again. */
const resync = (
  rest: PublicRest.PublicRest,
  translator: Translate.Translator,
  follower: DepthFollower,
  queue: MessageQueue
): Effect.Effect<void, MarketSourceError> =>
  Effect.gen(function* () {
    const frame = yield* rest.get("api/v3/depth", { symbol: follower.symbol, limit: SNAPSHOT_LEVELS })
    const message = translator.snapshot(follower.symbol, frame, yield* Clock.currentTimeMillis)
    if (message?._tag !== "DepthSnapshot" || !follower.join(message.snapshot.updateId)) {
      return yield* new MarketSourceError({ message: `No usable depth snapshot of ${follower.symbol} came.` })
    }
    yield* Queue.offer(queue, message)
  }).pipe(Effect.retry(Schedule.exponential("250 millis").pipe(Schedule.upTo({ times: 5 }))))

/**
 * One socket for all streams. The SDK's own reconnecting is kept out by a delay it never reaches: a lost connection fails the stream,
 * and the market layer starts over with fresh books.
 */
const connect = (
  streamUrl: string,
  proxy: Proxy,
  symbols: ReadonlyArray<string>,
  onFrame: (frame: unknown) => void,
  fail: (message: string) => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { WebsocketClient } = yield* Sdk.load
    const silent = { trace: () => {}, info: () => {}, error: () => {} }
    const client = yield* Effect.acquireRelease(
      Effect.sync(
        () =>
          new WebsocketClient(
            {
              wsUrl: streamUrl,
              reconnectTimeout: 3_600_000,
              beautify: false,
              wsOptions: socketOptions(proxy, streamUrl)
            },
            silent
          )
      ),
      (open) =>
        Effect.sync(() => {
          open.removeAllListeners()
          open.closeAll(true)
        })
    )
    const message = `The connection to ${streamUrl} was lost or refused.`
    const lost = () => fail(message)
    client.on("message", onFrame)
    client.on("reconnecting", lost)
    client.on("close", lost)
    client.on("exception", lost)
    const topics = symbols.flatMap((symbol) =>
      ["trade", "bookTicker", "depth@100ms"].map((stream) => `${symbol.toLowerCase()}@${stream}`)
    )
    // It resolves on connecting and may never do so; a failure shows as an event.
    void client.subscribe(topics, "main").catch(lost)
  })
