// Binance's market streams over WebSocket: `/ws`, `/ws/<stream>/…` and `/stream?streams=<stream>/…`. Upgrades come from whoever owns the port.
import { Clock, Context, Effect, Layer, Option, Schedule } from "effect"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { WebSocketServer } from "ws"
import { LeastRecent } from "../../../domain/LeastRecent.ts"
import { Faults } from "../faults/Faults.ts"
import { noFaults } from "../faults/NoFaults.ts"
import { Message } from "./Message.ts"
import { serverShutdown, type Unit } from "./Payloads.ts"
import { PublicMarket } from "./PublicMarket.ts"
import { BINANCE_LIMITS, type StreamLimits } from "./StreamLimits.ts"
import { Streams } from "./Streams.ts"
import { StreamSession } from "./StreamSession.ts"

/** The fast pace of books. */
const TICK = "100 millis"
const TICKS_A_SECOND = 10
/** Addresses whose attempts are counted at once; beyond it the one quiet for longest starts anew. */
const MAX_ADDRESSES = 50_000

interface Attempts {
  since: number
  count: number
}

export interface StreamCounts {
  readonly connections: number
  /** Payloads encoded so far; each serves every subscriber of its stream. */
  readonly encodings: number
  /** Bytes that wait for the slowest reader. */
  readonly longestBacklogBytes: number
}

export class StreamServer extends Context.Service<
  StreamServer,
  {
    /**
     * Takes an HTTP upgrade where its path is a stream's: false for any other path, which is then the caller's. Attempts are counted by
     * the connection's remote address.
     */
    readonly upgrade: (request: IncomingMessage, wire: Duplex, head: Buffer) => boolean
    readonly counts: () => StreamCounts
    /** Tells every connection `serverShutdown` and closes it (1001); later ones are refused. Also done when the scope closes. */
    readonly shutDown: Effect.Effect<void>
  }
>()("outcry/adapters/paper/market/StreamServer") {
  static readonly layer = (limits: StreamLimits = BINANCE_LIMITS): Layer.Layer<StreamServer, never, PublicMarket> =>
    Layer.effect(StreamServer, make(limits))
}

/** What an upgrade's address asks for; `undefined` where it is no stream's. A plus in it is a plus, as in `+08:00`. */
export const requested = (
  url: string
): { readonly names: ReadonlyArray<string>; readonly combined: boolean; readonly unit: Unit } | undefined => {
  const [path = "", query = ""] = url.split("?", 2)
  const params = new Map(
    query.split("&").map((pair) => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)])
  )
  const unit: Unit = /^microsecond$/i.test(params.get("timeUnit") ?? "") ? "micros" : "millis"
  const split = (text: string) =>
    text
      .split("/")
      .map(decoded)
      .filter((name) => name !== "")
  if (path === "/ws" || path.startsWith("/ws/")) return { names: split(path.slice(4)), combined: false, unit }
  if (path !== "/stream" && path !== "/stream/") return undefined
  return { names: split(decoded(params.get("streams") ?? "")), combined: true, unit }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const refuse = (wire: Duplex, status: string, retryAfter: number): void => {
  wire.on("error", () => undefined)
  wire.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nRetry-After: ${retryAfter}\r\nContent-Length: 0\r\n\r\n`)
}

/** A defect in one round is logged, and the next round comes. */
const outliving = (what: string, round: Effect.Effect<void>) =>
  Effect.catchCause(round, (cause) => Effect.logError(`The streams' ${what} were left out once`, cause))

/** Serves until the scope closes. */
export const make = Effect.fnUntraced(function* (limits: StreamLimits) {
  const market = yield* PublicMarket
  const faults = Option.getOrElse(yield* Effect.serviceOption(Faults), () => noFaults)
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const streams = new Streams(market)
  const sessions = new Set<StreamSession>()
  const attempts = new LeastRecent<string, Attempts>(MAX_ADDRESSES)
  const server = new WebSocketServer({
    noServer: true,
    autoPong: false,
    perMessageDeflate: false,
    maxPayload: limits.inboundBytes
  })
  let closing = false
  let held: Array<StreamSession> = []
  const release = () => {
    const sessions = held
    held = []
    for (const session of sessions) session.release()
  }
  const onHeld = (session: StreamSession) => {
    if (held.length === 0) queueMicrotask(release)
    held.push(session)
  }
  const farewell = () => new Message("!serverShutdown", (unit) => serverShutdown(market.now(), unit))
  /** Seconds to wait where the address has tried too often; undefined where it may connect. */
  const overAttempts = (address: string): number | undefined => {
    const at = now()
    let counted = attempts.get(address)
    if (counted === undefined || at - counted.since >= limits.attemptWindowMillis) {
      counted = { since: at, count: 0 }
      attempts.set(address, counted)
    }
    if (++counted.count <= limits.attemptsPerAddress) return undefined
    return Math.max(1, Math.ceil((counted.since + limits.attemptWindowMillis - at) / 1_000))
  }
  const upgrade = (request: IncomingMessage, wire: Duplex, head: Buffer): boolean => {
    const wanted = requested(request.url ?? "/")
    if (wanted === undefined) return false
    const wait = overAttempts(request.socket.remoteAddress ?? "")
    if (wait !== undefined) refuse(wire, "429 Too Many Requests", wait)
    else if (closing || sessions.size >= limits.connections) refuse(wire, "503 Service Unavailable", 1)
    else {
      server.handleUpgrade(request, wire, head, (socket) => {
        const session = new StreamSession({ socket, wire, streams, limits, now, faults, farewell, onHeld, ...wanted })
        sessions.add(session)
        socket.on("close", () => {
          session.leave()
          sessions.delete(session)
        })
        session.begin(wanted.names)
      })
    }
    return true
  }
  const shutDown = Effect.sync(() => {
    closing = true
    const message = farewell()
    for (const session of sessions) session.shutDown(message)
  })
  yield* Effect.acquireRelease(
    Effect.sync(() => market.watch(streams)),
    (stop) => Effect.andThen(Effect.sync(stop), shutDown)
  )
  let ticks = 0
  const books = Effect.sync(() => {
    ticks = (ticks + 1) % TICKS_A_SECOND
    streams.tellBooks(ticks === 0)
    if (ticks !== 0) return
    const at = now()
    for (const session of sessions) session.check(at)
  })
  // Two loops: reading old candles for one stream must not hold up the books of others, nor the pings.
  yield* Effect.forkScoped(Effect.repeat(outliving("books", books), Schedule.fixed(TICK)))
  yield* Effect.forkScoped(
    Effect.repeat(outliving("candles and tickers", streams.tellSecond()), Schedule.fixed("1 second"))
  )
  return StreamServer.of({
    upgrade,
    counts: () => {
      let longest = 0
      for (const session of sessions) longest = Math.max(longest, session.backlog)
      return { connections: sessions.size, encodings: streams.encodings, longestBacklogBytes: longest }
    },
    shutDown
  })
})
