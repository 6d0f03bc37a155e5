// The private stream of one account over the WebSocket API, subscribed by signature. It ends with `ReportsLost` as soon as anything of it
// may have been missed; whoever listens then asks for everything and subscribes anew.
import { Cause, Clock, Deferred, Effect, Option, Queue, Schema, type Scope } from "effect"
import { type RawData, WebSocket } from "ws"
import type { Report } from "../../domain/Report.ts"
import { ExchangeError, NotSent, Refused, ReportsLost } from "../../ports/Exchange.ts"
import { reportOf } from "./OrderWords.ts"
import { RECV_WINDOW_MILLIS } from "./SignedRest.ts"
import { type Signer, signedParams } from "./Signing.ts"
import * as Wire from "./TradingWire.ts"

export interface StreamOptions {
  /** `wss://…/ws-api/v3`. */
  readonly url: string
  readonly signer: Signer
  /** Now on the exchange's clock, epoch milliseconds. */
  readonly timestamp: Effect.Effect<number>
}

/** Reports waiting for the reader. */
const REPORTS = 4_096
/** Bytes of a frame. */
const MAX_FRAME = 1024 * 1024
const OPENED_WITHIN = "4 seconds"
const SUBSCRIBED_WITHIN = "4 seconds"
/** Binance pings every 20 s; we ask too. A connection that is silent for longer than this is dead. */
const PING_EVERY_MILLIS = 10_000
const SILENCE_MILLIS = 30_000
const SUBSCRIBE = 1

const decodeFrame = Schema.decodeUnknownOption(Schema.fromJsonString(Wire.Frame))
const decodeReport = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ event: Wire.ExecutionReport })))

export const open = Effect.fnUntraced(function* (
  options: StreamOptions
): Effect.fn.Return<Queue.Dequeue<Report, ReportsLost>, ExchangeError, Scope.Scope> {
  const clock = yield* Clock.Clock
  const reports = yield* Queue.dropping<Report, ReportsLost>(REPORTS)
  const subscribed = yield* Deferred.make<void, ExchangeError>()
  const heard = { at: clock.currentTimeMillisUnsafe() }
  const lose = (message: string, refusal?: ExchangeError) => {
    Queue.failCauseUnsafe(reports, lostBecause(message))
    Deferred.doneUnsafe(subscribed, Effect.fail(refusal ?? notSubscribed(message)))
  }
  const socket = yield* connect(options.url)
  socket.on("message", (data, isBinary) => {
    heard.at = clock.currentTimeMillisUnsafe()
    const found = isBinary ? UNREADABLE : read(textOf(data))
    switch (found._tag) {
      case "Subscribed":
        return void Deferred.doneUnsafe(subscribed, Effect.void)
      case "Report":
        if (!Queue.offerUnsafe(reports, found.report)) lose("The desk fell behind Binance's private stream.")
        return
      case "Over":
        return lose(found.message, found.refusal)
      case "Nothing":
        return
    }
  })
  socket.on("ping", () => void (heard.at = clock.currentTimeMillisUnsafe()))
  socket.on("pong", () => void (heard.at = clock.currentTimeMillisUnsafe()))
  socket.on("error", () => lose("The private stream from Binance broke."))
  socket.on("close", (code) => lose(`Binance's private stream ended (${code}).`))
  const params = signedParams(options.signer, {
    recvWindow: RECV_WINDOW_MILLIS,
    timestamp: yield* options.timestamp
  })
  socket.send(JSON.stringify({ id: SUBSCRIBE, method: "userDataStream.subscribe.signature", params }))
  yield* Deferred.await(subscribed).pipe(
    Effect.timeoutOrElse({
      duration: SUBSCRIBED_WITHIN,
      orElse: () => Effect.fail(notSubscribed("Binance did not answer the subscription in time."))
    })
  )
  yield* Effect.forkScoped(watch(socket, heard, lose))
  return reports
})

const watch = (socket: WebSocket, heard: { readonly at: number }, lose: (message: string) => void) =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep(PING_EVERY_MILLIS)
      if (socket.readyState !== WebSocket.OPEN) return
      if ((yield* Clock.currentTimeMillis) - heard.at > SILENCE_MILLIS) {
        lose("Binance's private stream went silent.")
        return socket.terminate()
      }
      socket.ping()
    }
  })

const connect = (url: string): Effect.Effect<WebSocket, ExchangeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<WebSocket, ExchangeError>((resume) => {
      const socket = new WebSocket(url, { maxPayload: MAX_FRAME, perMessageDeflate: false, followRedirects: false })
      const refused = () => resume(Effect.fail(notSubscribed("Binance's private stream cannot be reached.")))
      socket.once("open", () => {
        socket.off("error", refused)
        resume(Effect.succeed(socket))
      })
      socket.once("error", refused)
      return Effect.sync(() => discard(socket))
    }).pipe(
      Effect.timeoutOrElse({
        duration: OPENED_WITHIN,
        orElse: () => Effect.fail(notSubscribed("Binance's private stream did not open in time."))
      })
    ),
    (socket) => Effect.sync(() => discard(socket)),
    { interruptible: true }
  )

const discard = (socket: WebSocket): void => {
  socket.removeAllListeners()
  // What is torn down while it connects says so by an error.
  socket.on("error", () => undefined)
  socket.terminate()
}

type Found =
  | { readonly _tag: "Subscribed" | "Nothing" }
  | { readonly _tag: "Report"; readonly report: Report }
  | { readonly _tag: "Over"; readonly message: string; readonly refusal?: ExchangeError }

const NOTHING: Found = { _tag: "Nothing" }
const over = (message: string): Extract<Found, { readonly _tag: "Over" }> => ({ _tag: "Over", message })
const UNREADABLE = over("Binance's private stream said something that cannot be read.")

const read = (text: string): Found => {
  const frame = Option.getOrUndefined(decodeFrame(text))
  if (frame === undefined) return UNREADABLE
  if (frame.event !== undefined) return eventIn(text, frame.event.e)
  if (frame.id === SUBSCRIBE && frame.status === 200) return { _tag: "Subscribed" }
  // The subscription was refused, or the key behind it was revoked.
  const { code, msg } = frame.error ?? { code: 0, msg: `status ${String(frame.status)}` }
  const message = `Binance refused the private stream: ${msg.slice(0, 200)} (${code}).`
  return { _tag: "Over", message, refusal: new ExchangeError({ reason: new Refused({ code, message }) }) }
}

const eventIn = (text: string, name: string): Found => {
  switch (name) {
    case "executionReport": {
      const decoded = Option.getOrUndefined(decodeReport(text))
      const report = decoded === undefined ? "unreadable" : reportOf(decoded.event)
      if (report === "unreadable") return UNREADABLE
      return report === undefined ? NOTHING : { _tag: "Report", report }
    }
    case "serverShutdown":
      return over("Binance is closing the private stream.")
    case "eventStreamTerminated":
      return over("Binance has ended the private stream.")
    default:
      return NOTHING
  }
}

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString("utf8")

const notSubscribed = (message: string) => new ExchangeError({ reason: new NotSent({ message }) })
const lostBecause = (message: string) => Cause.fail(new ReportsLost({ message }))
