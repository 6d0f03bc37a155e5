// One connection to the WebSocket API that is subscribed to an account's events. It says what it hears, and once that it is over.
import { Clock, Deferred, Effect, Option, Schema, type Scope } from "effect"
import { WebSocket } from "ws"
import type { Report } from "../../domain/Report.ts"
import { ExchangeError, Refused } from "../../ports/Exchange.ts"
import { reportOf } from "./OrderWords.ts"
import { discard, notConnected, openSocket, textOf } from "./OpenSocket.ts"
import type { Proxy } from "./Proxy.ts"
import { RECV_WINDOW_MILLIS } from "./SignedRest.ts"
import { type Signer, signedParams } from "./Signing.ts"
import * as Wire from "./TradingWire.ts"
import { OUTSIDE_WINDOW, refusalCode } from "./Verdict.ts"

export interface ConnectionOptions {
  /** `wss://…/ws-api/v3`. */
  readonly url: string
  readonly proxy: Proxy
  readonly signer: Signer
  /** Now on the exchange's clock, epoch milliseconds. */
  readonly timestamp: Effect.Effect<number>
}

/** Called synchronously, in the order in which it was said. */
export interface Listener {
  /** `key` is the same whichever connection says it, and another one for everything else that happens to the account. */
  readonly report: (key: string, report: Report) => void
  /** It will be over in some minutes. */
  readonly closing: () => void
  /** Nothing is said after this; of a connection that was subscribed. `orderly`: the other side has ended it, after all that it had to say. */
  readonly over: (message: string, orderly: boolean) => void
}

export interface StreamConnection {
  /** Done once the other side has answered to a question asked now: whatever it had sent before was heard. */
  readonly answered: Effect.Effect<void>
}

const SUBSCRIBED_WITHIN = "4 seconds"
/** Binance pings every 20 s; we ask too. A connection that is silent for longer than this is dead. */
const PING_EVERY_MILLIS = 10_000
const SILENCE_MILLIS = 30_000
/** Ids of our requests. */
const LOGON = 1
const SUBSCRIBE = 2
const SUBSCRIBE_SIGNED = 3
/** Ends that the other side meant: a normal one, going away, a restart (RFC 6455, 7.4.1). */
const ORDERLY = new Set([1000, 1001, 1012])

const decodeFrame = Schema.decodeUnknownOption(Schema.fromJsonString(Wire.Frame))
const decodeReport = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ event: Wire.ExecutionReport })))

/** Succeeds once the subscription is acknowledged; the listener may have heard something by then. */
export const open = Effect.fnUntraced(function* (
  options: ConnectionOptions,
  listener: Listener
): Effect.fn.Return<StreamConnection, ExchangeError, Scope.Scope> {
  const clock = yield* Clock.Clock
  const subscribed = yield* Deferred.make<void, ExchangeError>()
  const heard = { at: clock.currentTimeMillisUnsafe() }
  let isOver = false
  const end = (message: string, orderly: boolean, refusal?: ExchangeError) => {
    if (isOver) return
    isOver = true
    const isNone = Deferred.doneUnsafe(subscribed, Effect.fail(refusal ?? notConnected(message)))
    if (!isNone) listener.over(message, orderly)
  }
  const socket = yield* openSocket(options.url, options.proxy, "private stream")
  const aheadMillis = (yield* options.timestamp) - clock.currentTimeMillisUnsafe()
  const ask = (id: number, method: string, isSigned: boolean) => {
    const times = { recvWindow: RECV_WINDOW_MILLIS, timestamp: clock.currentTimeMillisUnsafe() + aheadMillis }
    const params = isSigned ? signedParams(options.signer, times) : {}
    socket.send(JSON.stringify({ id, method, params }))
  }
  const subscribeSigned = () => ask(SUBSCRIBE_SIGNED, "userDataStream.subscribe.signature", true)
  const onReply = ({ id, refusal }: Reply) => {
    if (refusal === undefined) {
      if (id === LOGON) ask(SUBSCRIBE, "userDataStream.subscribe", false)
      else Deferred.doneUnsafe(subscribed, Effect.void)
      return
    }
    const mayBeSigned = id === LOGON || id === SUBSCRIBE
    if (mayBeSigned && refusalCode(refusal.error) !== OUTSIDE_WINDOW) subscribeSigned()
    else end(refusal.message, false, refusal.error)
  }
  socket.on("message", (data, isBinary) => {
    heard.at = clock.currentTimeMillisUnsafe()
    if (isOver) return
    const found = isBinary ? UNREADABLE : read(textOf(data))
    switch (found._tag) {
      case "Reply":
        return onReply(found)
      case "Report":
        return listener.report(found.key, found.report)
      case "Closing":
        return listener.closing()
      case "Over":
        return end(found.message, false)
      case "Nothing":
        return
    }
  })
  socket.on("ping", () => void (heard.at = clock.currentTimeMillisUnsafe()))
  socket.on("pong", () => void (heard.at = clock.currentTimeMillisUnsafe()))
  socket.on("error", () => end("The private stream from Binance broke.", false))
  socket.on("close", (code) => end(`Binance's private stream ended (${code}).`, ORDERLY.has(code)))
  // A connection that is logged on hears when its key is revoked.
  if (options.signer.kind === "ED25519") ask(LOGON, "session.logon", true)
  else subscribeSigned()
  yield* Deferred.await(subscribed).pipe(
    Effect.timeoutOrElse({
      duration: SUBSCRIBED_WITHIN,
      orElse: () => Effect.fail(notConnected("Binance did not answer the subscription in time."))
    }),
    Effect.onError(() => Effect.sync(() => discard(socket)))
  )
  yield* Effect.forkScoped(watch(socket, heard, (message) => end(message, false)))
  return { answered: answered(socket) }
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

const QUESTION = Buffer.from("all said?")

const answered = (socket: WebSocket): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const onPong = (payload: Buffer) => {
      if (QUESTION.equals(payload)) resume(Effect.void)
    }
    socket.on("pong", onPong)
    if (socket.readyState === WebSocket.OPEN) socket.ping(QUESTION)
    return Effect.sync(() => socket.off("pong", onPong))
  })

/** To one of our requests, or, without one, about the key. */
interface Reply {
  readonly _tag: "Reply"
  readonly id: unknown
  readonly refusal?: { readonly message: string; readonly error: ExchangeError }
}

type Found =
  | Reply
  | { readonly _tag: "Closing" | "Nothing" }
  | { readonly _tag: "Report"; readonly key: string; readonly report: Report }
  | { readonly _tag: "Over"; readonly message: string }

const NOTHING: Found = { _tag: "Nothing" }
const over = (message: string): Extract<Found, { readonly _tag: "Over" }> => ({ _tag: "Over", message })
const UNREADABLE = over("Binance's private stream said something that cannot be read.")

const read = (text: string): Found => {
  const frame = Option.getOrUndefined(decodeFrame(text))
  if (frame === undefined) return UNREADABLE
  if (frame.event !== undefined) return eventIn(text, frame.event.e)
  const isOurs = frame.id === LOGON || frame.id === SUBSCRIBE || frame.id === SUBSCRIBE_SIGNED
  if (isOurs && frame.status === 200) return { _tag: "Reply", id: frame.id }
  // What was asked for was refused, or the key behind it was revoked.
  const { code, msg } = frame.error ?? { code: 0, msg: `status ${String(frame.status)}` }
  const message = `Binance refused the private stream: ${msg.slice(0, 200)} (${code}).`
  return {
    _tag: "Reply",
    id: frame.id,
    refusal: { message, error: new ExchangeError({ reason: new Refused({ code, message }) }) }
  }
}

const eventIn = (text: string, name: string): Found => {
  switch (name) {
    case "executionReport": {
      const event = Option.getOrUndefined(decodeReport(text))?.event
      const report = event === undefined ? "unreadable" : reportOf(event)
      if (event === undefined || report === "unreadable") return UNREADABLE
      return report === undefined ? NOTHING : { _tag: "Report", key: keyOf(event), report }
    }
    case "serverShutdown":
      return { _tag: "Closing" }
    case "eventStreamTerminated":
      return over("Binance has ended the private stream.")
    default:
      return NOTHING
  }
}

/** The execution id alone is said to be enough; with what it is about, no two executions can be taken for one. */
const keyOf = ({ I, i, s, t, x }: Wire.ExecutionReport): string => `${s} ${I} ${x} ${i} ${t}`
