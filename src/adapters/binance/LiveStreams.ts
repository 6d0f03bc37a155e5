// The live market's messages: one connection for all streams, books resynced where diffs were lost, and a new connection before the old
// one ends, so that nobody sees the seam.
import { Cause, Clock, Context, Effect, Exit, Latch, Queue, Schedule, Scope, Stream } from "effect"
import type { MarketMessage, Trade } from "../../domain/Market.ts"
import { MarketSourceError } from "../../ports/MarketSource.ts"
import { DepthFollower } from "./DepthFollower.ts"
import type { MarketPace } from "./MarketPace.ts"
import type { Proxy } from "./Proxy.ts"
import type { PublicRest } from "./PublicRest.ts"
import * as QuietBooks from "./QuietBooks.ts"
import * as StreamSocket from "./StreamSocket.ts"
import type { Translator } from "./Translate.ts"
import * as Wire from "./Wire.ts"

export interface LiveStreamOptions {
  readonly rest: PublicRest
  readonly translator: Translator
  readonly pace: MarketPace
  /** Of the streams, without a slash at the end. */
  readonly baseUrl: string
  readonly proxy: Proxy
  readonly symbols: ReadonlyArray<string>
}

/** When a connection is followed by a new one; Binance ends each after 24 hours. A reference, so that a test need not wait as long. */
export const Rotation = Context.Reference("outcry/adapters/binance/Rotation", {
  defaultValue: () => ({
    afterMillis: 23 * 3_600_000,
    /** Both are heard for this long: what happened before the new one was there has come through the old one by then. */
    togetherMillis: 2_000
  })
})

/** Messages waiting for the market layer. When it falls this far behind, the connection is made anew: a hole would be worse. */
const BUFFER = 50_000
/** Levels a side asked for: weight 50 of 6,000 a minute. */
const SNAPSHOT_LEVELS = 1_000
/** Between attempts at a new connection, for as long as the old one lives. */
const patience = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("1 minute")])

/** What a symbol's streams are called. */
export const streamsOf = (symbol: string): ReadonlyArray<string> =>
  ["trade", "bookTicker", "depth@100ms"].map((stream) => `${symbol.toLowerCase()}@${stream}`)

type MessageQueue = Queue.Queue<MarketMessage, MarketSourceError | Cause.Done>

/** Fails when the connection is lost: the market layer starts it again, with fresh books. */
export const messages = (options: LiveStreamOptions): Stream.Stream<MarketMessage, MarketSourceError> =>
  Stream.callback<MarketMessage, MarketSourceError>(
    Effect.fnUntraced(function* (queue) {
      const { baseUrl, pace, proxy, rest, symbols, translator } = options
      const clock = yield* Clock.Clock
      const scope = yield* Effect.scope
      // At most one entry a symbol is waiting, so none is ever dropped.
      const wanted = yield* Queue.dropping<DepthFollower>(symbols.length)
      const asked = new Set<DepthFollower>()
      const want = (follower: DepthFollower) => {
        if (asked.has(follower)) return
        asked.add(follower)
        Queue.offerUnsafe(wanted, follower)
      }
      const hearing = new Hearing(translator, symbols, queue, want, () => clock.currentTimeMillisUnsafe())
      /** The newest connection that speaks: only its loss is one. */
      const line: { current: Scope.Closeable | undefined } = { current: undefined }
      const connect = Effect.gen(function* () {
        yield* pace.turn
        const own = yield* Scope.fork(scope)
        return yield* StreamSocket.open({
          baseUrl,
          proxy,
          streams: symbols.flatMap(streamsOf),
          onText: hearing.onText,
          onLost: (message) => {
            if (line.current === own) hearing.fail(message)
          }
        }).pipe(
          Scope.provide(own),
          Effect.onError((cause) => Scope.close(own, Exit.failCause(cause))),
          Effect.as(own)
        )
      })
      const rotate = Effect.gen(function* () {
        const { afterMillis, togetherMillis } = yield* Rotation
        line.current = yield* connect
        while (true) {
          yield* Effect.raceFirst(Effect.sleep(afterMillis), hearing.shutdown.await)
          const old = line.current
          line.current = yield* Effect.retry(connect, patience)
          yield* Effect.sleep(togetherMillis)
          yield* Scope.close(old, Exit.void)
          hearing.shutdown.closeUnsafe()
        }
      })
      const resyncs = Effect.forever(
        Effect.flatMap(Queue.take(wanted), (follower) => {
          asked.delete(follower)
          return resync(options, follower, queue)
        })
      )
      const quiet = QuietBooks.watch(rest, translator, hearing.followers, hearing.say)
      yield* Effect.forkScoped(
        Effect.raceFirst(rotate, Effect.raceFirst(resyncs, quiet)).pipe(
          Effect.catch((error) => Queue.fail(queue, error))
        )
      )
    }),
    { bufferSize: BUFFER, strategy: "dropping" }
  )

/** Frames to messages, what two connections both say only once. */
class Hearing {
  readonly followers: ReadonlyArray<DepthFollower>
  /** Open once the exchange has announced that it will end the connection. */
  readonly shutdown = Latch.makeUnsafe()
  private readonly bySymbol: ReadonlyMap<string, DepthFollower>
  private readonly tradeIds = new Map<string, number>()
  private readonly translator: Translator
  private readonly queue: MessageQueue
  private readonly now: () => number

  constructor(
    translator: Translator,
    symbols: ReadonlyArray<string>,
    queue: MessageQueue,
    want: (follower: DepthFollower) => void,
    now: () => number
  ) {
    this.translator = translator
    this.queue = queue
    this.now = now
    this.followers = symbols.map((symbol) => new DepthFollower(symbol, want))
    this.bySymbol = new Map(this.followers.map((follower) => [follower.symbol, follower]))
    for (const symbol of symbols) this.say({ _tag: "Restarted", symbol, at: now() })
  }

  readonly fail = (message: string): void => {
    Queue.failCauseUnsafe(this.queue, Cause.fail(new MarketSourceError({ message })))
  }

  readonly say = (message: MarketMessage): void => {
    if (!Queue.offerUnsafe(this.queue, message))
      this.fail("The market fell behind Binance's streams, so they are opened anew.")
  }

  readonly onText = (text: string): void => {
    let frame: unknown
    try {
      frame = JSON.parse(text)
    } catch {
      return this.translator.torn()
    }
    const message = this.translator.message(frame, this.now(), [])
    if (message === undefined) {
      if (Wire.isShutdown(frame)) this.shutdown.openUnsafe()
    } else if (message._tag === "DepthDiff") {
      const { symbol, at } = message.diff
      const place = this.bySymbol.get(symbol)?.follow(message.diff)
      if (place === "old") return
      if (place === "gap") this.say({ _tag: "Restarted", symbol, at })
      this.say(message)
    } else if (message._tag !== "Trade" || this.isNew(message.trade)) this.say(message)
  }

  private isNew({ symbol, tradeId }: Trade): boolean {
    const id = Number(tradeId)
    if (id <= (this.tradeIds.get(symbol) ?? -1)) return false
    this.tradeIds.set(symbol, id)
    return true
  }
}

/** The documented procedure: a snapshot older than the first diff kept is asked for again. */
const resync = (
  { rest, translator }: LiveStreamOptions,
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
