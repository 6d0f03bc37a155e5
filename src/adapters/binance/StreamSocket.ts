// One socket to Binance's market streams: every frame as it came, and one sentence when it is gone. Without the SDK, which parses frames
// before anyone can count or keep them.
import { Clock, Effect, type Scope } from "effect"
import { WebSocket } from "ws"
import { MarketSourceError } from "../../ports/MarketSource.ts"
import { type Proxy, socketOptions } from "./Proxy.ts"

/** From dialling to the answer to the subscription. */
const OPEN_TIMEOUT = "10 seconds"
/** Binance closes a connection that says more than five things a second, pings included. */
const PING_MILLIS = 5_000
/** Two pings without an answer, and no frame either: the connection is dead even if nobody closed it. */
const SILENCE_MILLIS = 11_000
/** The largest real frame is far below. */
const MAX_FRAME = 4_000_000
const SUBSCRIBE_ID = 1

export interface StreamOptions {
  /** `wss://…`, without a slash at the end. */
  readonly baseUrl: string
  readonly proxy: Proxy
  readonly streams: ReadonlyArray<string>
  readonly onText: (text: string) => void
  /** Called once, after it was open: it is no use any more. */
  readonly onLost: (message: string) => void
}

/** Succeeds once it is subscribed to all streams; ends with the scope. */
export const open = ({
  baseUrl,
  onLost,
  onText,
  proxy,
  streams
}: StreamOptions): Effect.Effect<void, MarketSourceError, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const socket = yield* Effect.acquireRelease(
      Effect.try({
        try: () =>
          new WebSocket(`${baseUrl}/stream`, {
            ...socketOptions(proxy, baseUrl),
            perMessageDeflate: false,
            maxPayload: MAX_FRAME
          }),
        catch: () => new MarketSourceError({ message: `${baseUrl} is no address of a stream.` })
      }),
      (socket) =>
        Effect.sync(() => {
          socket.removeAllListeners()
          // It may still fail while it closes.
          socket.on("error", () => undefined)
          socket.terminate()
        })
    )
    let heardAt = clock.currentTimeMillisUnsafe()
    const alive = () => void (heardAt = clock.currentTimeMillisUnsafe())
    socket.on("ping", alive)
    socket.on("pong", alive)
    yield* subscribed(socket, streams, (text) => {
      alive()
      onText(text)
    }).pipe(
      Effect.timeoutOrElse({ duration: OPEN_TIMEOUT, orElse: () => Effect.fail("it did not answer in time") }),
      Effect.mapError((why) => new MarketSourceError({ message: `No streams from ${baseUrl}: ${why}.` }))
    )
    const lost = () => onLost(`The connection to ${baseUrl} was lost.`)
    socket.once("close", lost)
    const watch = Effect.gen(function* () {
      do {
        socket.ping()
        yield* Effect.sleep(PING_MILLIS)
      } while ((yield* Clock.currentTimeMillis) - heardAt <= SILENCE_MILLIS && socket.readyState === WebSocket.OPEN)
      onLost(`The connection to ${baseUrl} went silent.`)
    })
    yield* Effect.forkScoped(watch)
  })

/** Resolves with the exchange's answer to the subscription. Fails with a phrase. */
const subscribed = (
  socket: WebSocket,
  streams: ReadonlyArray<string>,
  onText: (text: string) => void
): Effect.Effect<void, string> =>
  Effect.callback<void, string>((resume) => {
    let waiting = true
    const settle = (outcome: Effect.Effect<void, string>) => {
      waiting = false
      resume(outcome)
    }
    socket.on("open", () => socket.send(JSON.stringify({ method: "SUBSCRIBE", params: streams, id: SUBSCRIBE_ID })))
    socket.on("message", (data: Buffer) => {
      const text = data.toString()
      onText(text)
      if (!waiting) return
      const answer = answerOf(text)
      if (answer !== undefined) settle(answer === "yes" ? Effect.void : Effect.fail(answer))
    })
    socket.on("error", (error) => waiting && settle(Effect.fail(`it cannot be reached (${codeOf(error)})`)))
    socket.on("close", () => waiting && settle(Effect.fail("it closed the connection at once")))
  })

const answerOf = (text: string): string | undefined => {
  try {
    const { error, id, result } = Object(JSON.parse(text)) as { error?: unknown; id?: unknown; result?: unknown }
    if (id !== SUBSCRIBE_ID) return undefined
    if (error === undefined && result === null) return "yes"
    const { msg } = Object(error) as { msg?: unknown }
    return `it refused the subscription (${String(msg ?? "no reason given").slice(0, 200)})`
  } catch {
    return undefined
  }
}

const codeOf = (error: Error): string => {
  const { code } = error as { code?: unknown }
  return typeof code === "string" ? code : error.message.slice(0, 100)
}
