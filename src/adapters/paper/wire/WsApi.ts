// The WebSocket API on /ws-api/v3: requests and answers in JSON frames, through the same gate as REST.
import { Clock, Effect, type Scope } from "effect"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { type RawData, WebSocketServer } from "ws"
import type { FaultAnswer } from "../faults/FaultAnswer.ts"
import type { FaultHooks } from "../faults/Faults.ts"
import type { Venue } from "../Venue.ts"
import type { Desk } from "./Desk.ts"
import { type Endpoint, JsonText, stamp } from "./Endpoint.ts"
import type { Asking, Gate } from "./Gate.ts"
import type { Keyring } from "./Keyring.ts"
import { PLAIN_WS, SIGNED_WS } from "./Params.ts"
import * as RawParams from "./RawParams.ts"
import { addressOf } from "./Rest.ts"
import { sessionEndpoints } from "./SessionEndpoints.ts"
import { wsPayload } from "./Signature.ts"
import * as Wire from "./WireError.ts"
import { isWireError, type WireError } from "./WireError.ts"
import { MAX_UNANSWERED, type SessionCaller, WsSession } from "./WsSession.ts"

/** Connections at once; one more is refused. */
const MAX_CONNECTIONS = 10_000
/** Bytes of a request. */
const MAX_MESSAGE = 65_536
const PING_EVERY = "20 seconds"
/** No connection lives longer. */
const LONGEST_LIFE_MILLIS = 24 * 60 * 60_000

const METHOD_PREFIX = "v3/"

interface Parts {
  readonly gate: Gate
  readonly keyring: Keyring
  readonly venue: Venue["Service"]
  readonly desk: Desk
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly faults: FaultHooks
}

/** What one frame asks. `id` is as it goes back. */
interface Asked {
  readonly id: string
  readonly method: string
  readonly params: object
}

export class WsApi {
  private readonly parts: Parts
  private readonly methods: ReadonlyMap<string, Endpoint<SessionCaller>>
  private readonly sessions = new Set<WsSession>()
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: false,
    autoPong: false,
    clientTracking: false
  })

  /** Pings its connections, cuts those that have died or are a day old, and says goodbye to the rest when the scope closes. */
  static readonly make = Effect.fnUntraced(function* (parts: Parts): Effect.fn.Return<WsApi, never, Scope.Scope> {
    const api = new WsApi(parts)
    yield* Effect.forkScoped(Effect.forever(Effect.delay(api.keepAlive, PING_EVERY)))
    const undo = parts.keyring.onRevoked((keyId) => api.revoke(keyId))
    yield* Effect.addFinalizer(() => Effect.sync(undo))
    yield* Effect.addFinalizer(() => Effect.sync(() => api.shutDown()))
    return api
  })

  private constructor(parts: Parts) {
    this.parts = parts
    const { desk, endpoints, keyring, venue } = parts
    const own = sessionEndpoints(keyring, venue, (symbol) => desk.scale(symbol))
    const named = [...endpoints, ...own].flatMap((one) => (one.ws === undefined ? [] : [[one.ws, one] as const]))
    this.methods = new Map(named as ReadonlyArray<readonly [string, Endpoint<SessionCaller>]>)
    if (this.methods.size !== named.length) throw new Error("two endpoints share a method")
  }

  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    const url = request.url ?? "/"
    const [path, query = ""] = url.split("?", 2)
    if (path !== "/ws-api/v3") return false
    const { gate, venue } = this.parts
    const address = addressOf(request)
    const usage = () => gate.limits.usage(address, venue.now())
    const refused = this.sessions.size >= MAX_CONNECTIONS ? Wire.overloaded : gate.limits.connect(usage(), venue.now())
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused.status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
      return true
    }
    const asked = new URLSearchParams(query)
    this.server.handleUpgrade(request, socket, head, (ws) =>
      this.open(
        new WsSession(ws, usage, this.parts.faults, {
          micros: asked.get("timeUnit")?.toUpperCase() === "MICROSECOND",
          returnRateLimits: asked.get("returnRateLimits") !== "false",
          address,
          connectedSince: venue.now()
        })
      )
    )
    return true
  }

  private open(session: WsSession): void {
    const { socket } = session
    const { faults, venue } = this.parts
    this.sessions.add(session)
    session.attached = faults.attach(
      {
        target: () => session.target,
        announceShutdown: () => announceShutdown(session, venue.now()),
        close: (code, reason) => socket.close(code, reason),
        reset: () => socket.terminate()
      },
      venue.now()
    )
    socket.on("message", (data, isBinary) => {
      session.heard()
      this.receive(session, data, isBinary)
    })
    socket.on("pong", () => session.heard())
    socket.on("ping", (payload) => {
      if (socket.readyState === socket.OPEN && !faults.frozen(session.target)) socket.pong(payload)
    })
    // What is wrong with a connection also closes it.
    socket.on("error", () => {})
    socket.on("close", () => {
      this.sessions.delete(session)
      session.attached?.detach()
      this.parts.gate.run(session.unsubscribe(this.parts.venue.now(), () => true))
    })
  }

  private receive(session: WsSession, data: RawData, isBinary: boolean): void {
    const asked = isBinary ? Wire.invalidJson : parse(data)
    if (isWireError(asked)) return this.reply(session, "null", asked, undefined, "", session.returnRateLimits)
    const name = asked.method.startsWith(METHOD_PREFIX) ? asked.method.slice(METHOD_PREFIX.length) : asked.method
    const endpoint = this.methods.get(name)
    const raw = RawParams.fromJson(asked.params)
    const limits = isWireError(raw) ? undefined : raw.get("returnRateLimits")
    const shown = limits === undefined ? session.returnRateLimits : limits === "true"
    const refuse = (error: WireError) => this.reply(session, asked.id, error, endpoint, "", shown)
    if (endpoint === undefined) return refuse(Wire.unknownMethod)
    if (isWireError(raw)) return refuse(raw)
    if (session.unanswered >= MAX_UNANSWERED) return refuse(Wire.overloaded)
    const keyId = raw.get("apiKey")
    const asking: Asking = {
      raw,
      usage: session.usage(),
      micros: session.micros,
      others: endpoint.security === "NONE" ? PLAIN_WS : SIGNED_WS,
      keyId,
      address: session.address,
      payload: () => wsPayload(raw),
      encoding: "utf8",
      session: session.logon?.open
    }
    session.unanswered++
    const { faults, gate, venue } = this.parts
    const call = { apiKey: keyId ?? asking.session?.key.keyId, route: name, at: venue.now() }
    session.metKey(call.apiKey, call.at)
    const answered = (answer: unknown, account: string) => {
      session.unanswered--
      this.reply(session, asked.id, answer, endpoint, account, shown)
    }
    const ways = {
      answer: (answer: FaultAnswer) => answered(instead(answer, venue.now()), ""),
      cut: () => session.socket.terminate()
    }
    const execute = () =>
      gate.serve(endpoint, asking, { session }, (answer, account) => {
        const outcome = { executed: Wire.wasExecuted(answer), answer }
        faults.after(call, outcome, ways, (seen) => answered(seen, account))
      })
    faults.before(call, ways, execute)
  }

  private reply(
    session: WsSession,
    id: string,
    answer: unknown,
    endpoint: Endpoint<never> | Endpoint<SessionCaller> | undefined,
    account: string,
    rateLimits: boolean
  ): void {
    const limits = rateLimits ? `,"rateLimits":${JSON.stringify(this.counts(session, endpoint, account))}` : ""
    if (isWireError(answer)) {
      const { code, message, retry, status } = answer
      const data = answer.data ?? retry
      const error = JSON.stringify(data === undefined ? { code, msg: message } : { code, msg: message, data })
      return session.send(`{"id":${id},"status":${status},"error":${error}${limits}}`)
    }
    const result = answer instanceof JsonText ? answer.text : JSON.stringify(answer)
    session.send(`{"id":${id},"status":200,"result":${result}${limits}}`)
  }

  private counts(
    session: WsSession,
    endpoint: Pick<Endpoint, "orders"> | undefined,
    account: string
  ): ReadonlyArray<object> {
    const { gate, venue } = this.parts
    const { ordersPer10Seconds, ordersPerDay, weightPerMinute } = gate.limits.sizes
    const weight = {
      rateLimitType: "REQUEST_WEIGHT",
      interval: "MINUTE",
      intervalNum: 1,
      limit: weightPerMinute,
      count: session.usage().weight
    }
    if (endpoint?.orders === undefined || account === "") return [weight]
    const count = gate.limits.orders(account, venue.now())
    const orders = { rateLimitType: "ORDERS" }
    return [
      { ...orders, interval: "SECOND", intervalNum: 10, limit: ordersPer10Seconds, count: count.tenSeconds },
      { ...orders, interval: "DAY", intervalNum: 1, limit: ordersPerDay, count: count.day },
      weight
    ]
  }

  private readonly keepAlive = Effect.map(Clock.currentTimeMillis, (millis) => {
    const now = this.parts.venue.now()
    for (const session of this.sessions) {
      if (now - session.connectedSince >= LONGEST_LIFE_MILLIS) session.socket.close(1001, "a day has passed")
      else if (!this.parts.faults.frozen(session.target) && !session.ping(String(millis))) session.socket.terminate()
    }
  })

  /** A key that was revoked logs off whoever is logged on with it, and every subscription that it opened ends. */
  private revoke(keyId: string): void {
    const { code, message, status } = Wire.notPermitted
    for (const session of this.sessions) {
      if (session.logon?.open.key.keyId === keyId) {
        session.logon = undefined
        session.send(`{"id":null,"status":${status},"error":${JSON.stringify({ code, msg: message })}}`)
      }
      this.parts.gate.run(session.unsubscribe(this.parts.venue.now(), (_id, by) => by.keyId === keyId))
    }
  }

  private shutDown(): void {
    const now = this.parts.venue.now()
    for (const session of this.sessions) {
      announceShutdown(session, now)
      session.socket.close(1001, "the server is stopping")
    }
  }
}

const announceShutdown = (session: WsSession, now: number): void =>
  session.send(`{"event":${JSON.stringify({ e: "serverShutdown", E: stamp(session, now) })}}`)

/** What a fault says instead of the true answer. */
const instead = ({ code, message, retryAfter, status }: FaultAnswer, now: number): WireError =>
  new Wire.WireError(status, code, message, retryAfter === undefined ? {} : { retry: { serverTime: now, retryAfter } })

const parse = (data: RawData): Asked | WireError => {
  const text = Buffer.isBuffer(data) ? data.toString("utf8") : ""
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return Wire.invalidJson
  }
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) return Wire.invalidJson
  const { id = null, method, params = {} } = frame as { id?: unknown; method?: unknown; params?: unknown }
  const legalId =
    id === null || Number.isSafeInteger(id) || (typeof id === "string" && /^[a-zA-Z0-9\-_]{0,36}$/.test(id))
  if (!legalId || typeof method !== "string") return Wire.invalidJson
  if (typeof params !== "object" || params === null || Array.isArray(params)) return Wire.invalidJson
  return { id: JSON.stringify(id), method, params }
}
