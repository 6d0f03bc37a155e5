// HttpServer on uWebSockets.js: one native callback a request, one fiber, one corked write.
import { Context, Effect, Fiber, Layer, Scope } from "effect"
import { HttpEffect, HttpServer, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { NetAddress } from "effect/net"
import type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket, us_socket_context_t } from "uWebSockets.js"
import {
  type Listen,
  type ListenError,
  MAX_BODY_BYTES,
  MAX_DISCARDED_BYTES,
  SHUTDOWN_MILLIS,
  SOCKET_BACKPRESSURE_LIMIT,
  SOCKET_IDLE_SECONDS,
  whyRefused
} from "./Listen.ts"
import { readHead, type UwsExchange, UwsRequest } from "./UwsRequest.ts"
import { respond } from "./UwsResponse.ts"
import { UwsConnection, type UwsUser } from "./UwsSocket.ts"

type Uws = typeof import("uWebSockets.js") & { readonly _cfg?: (option: string) => void }

/** The binary does not load here: another Node version, or it was not installed. */
export const load: Effect.Effect<Uws, unknown> = Effect.tryPromise(() => import("uWebSockets.js"))

/** What one `serve` needs of the listener: where requests go, and what is open. */
interface Listener {
  handle: ((exchange: UwsExchange, request: UwsRequest) => void) | undefined
  readonly connections: Set<UwsConnection>
  inFlight: number
  /** Called whenever a request or a socket ended. */
  onIdle: (() => void) | undefined
}

/** Listens until the layer's scope closes. A port of 0 takes a free one. */
export const layer = (listen: Listen): Layer.Layer<HttpServer.HttpServer, ListenError> =>
  Layer.effect(HttpServer.HttpServer, make(listen))

const make = Effect.fnUntraced(function* (
  listen: Listen
): Effect.fn.Return<HttpServer.HttpServer["Service"], ListenError, Scope.Scope> {
  // Whoever chooses this layer has seen it load: Server.ts asks first.
  const uws = yield* Effect.orDie(load)
  // Keeps the server's name and version out of every answer.
  uws._cfg?.("silent")
  const listener: Listener = { handle: undefined, connections: new Set(), inFlight: 0, onIdle: undefined }
  const app = uws.App()
  register(app, listener)
  yield* Effect.addFinalizer(() => Effect.sync(() => app.close()))
  const token = yield* Effect.callback<us_listen_socket, ListenError>((resume) => {
    // Exclusive: without it two servers share a port in silence and each gets half of the requests.
    const exclusive = 1
    const native = app as unknown as {
      listen: (host: string, port: number, options: number, done: (token: us_listen_socket | false) => void) => void
    }
    native.listen(listen.host, listen.port, exclusive, (token) =>
      resume(
        token === false ? Effect.flatMap(whyRefused(listen), (error) => Effect.fail(error)) : Effect.succeed(token)
      )
    )
  })
  const port = uws.us_socket_local_port(token as never)
  let listening = true
  const stopListening = Effect.sync(() => {
    if (listening) uws.us_listen_socket_close(token)
    listening = false
  })
  const host = /^[\d.]+$|:/.test(listen.host) ? listen.host : "127.0.0.1"
  return HttpServer.make({
    address: NetAddress.inetAddressFromIpStringUnsafe(host, port),
    serve: Effect.fnUntraced(function* (httpApp, middleware) {
      const scope = yield* Effect.scope
      const fibers = yield* Scope.fork(scope, "parallel")
      const handled = HttpEffect.toHandled(httpApp, finish, middleware)
      const context = yield* Effect.context<never>()
      listener.handle = (exchange, request) => {
        // tidy-ok: a native callback enters Effect here, with the context of whoever serves.
        const fiber = Effect.runForkWith(Context.add(context, HttpServerRequest.HttpServerRequest, request))(handled) // tidy-ok: foreign callback
        if (fiber.pollUnsafe() !== undefined) return
        listener.inFlight++
        Fiber.runIn(fiber, fibers)
        exchange.abort = () => fiber.interruptUnsafe(undefined, HttpServerError.ClientAbort.annotation)
        fiber.addObserver(() => {
          listener.inFlight--
          listener.onIdle?.()
        })
      }
      yield* Scope.addFinalizer(scope, Effect.andThen(stopListening, settle(listener)))
    })
  })
})

/** Says goodbye to every socket and waits, for a bounded time, until nothing is open. */
const settle = (listener: Listener): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const check = () => {
      if (listener.inFlight === 0 && listener.connections.size === 0) resume(Effect.void)
    }
    listener.onIdle = check
    for (const connection of listener.connections) connection.end(1001, "the server is stopping")
    check()
  }).pipe(
    Effect.timeoutOption(SHUTDOWN_MILLIS),
    Effect.andThen(
      Effect.sync(() => {
        listener.onIdle = undefined
        listener.handle = undefined
      })
    )
  )

const finish = (
  request: HttpServerRequest.HttpServerRequest,
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<unknown> => {
  const exchange = request.source as UwsExchange
  if (exchange.connection === undefined) return respond(exchange, request.method, response)
  // The handler of an upgraded request has ended, so its socket ends too: well, by shutdown, or by a defect.
  exchange.connection.end(response.status < 400 ? 1000 : response.status === 503 ? 1001 : 1011)
  return Effect.succeed(upgraded)
}

const upgraded = HttpServerResponse.empty({ status: 101 })

const register = (app: TemplatedApp, listener: Listener): void => {
  app.any("/*", (native, request) => {
    const method = request.getCaseSensitiveMethod().toUpperCase()
    const { headers, url } = readHead(request)
    const exchange = makeExchange(native, undefined)
    const announced = headers["content-length"]
    const dispatch = () => dispatchTo(listener, exchange, new UwsRequest(exchange, method, url, headers))
    if ((announced === undefined || announced === "0") && headers["transfer-encoding"] === undefined) return dispatch()
    receive(exchange, announced === undefined ? 0 : Number(announced), dispatch)
  })
  app.ws<UwsUser>("/*", {
    // Twice what a client may send: a longer message than allowed then gets its close code (1009) instead of a cut line.
    maxPayloadLength: 65_536,
    idleTimeout: SOCKET_IDLE_SECONDS,
    sendPingsAutomatically: true,
    compression: 0,
    maxBackpressure: SOCKET_BACKPRESSURE_LIMIT,
    closeOnBackpressureLimit: true,
    upgrade: (native, request, context) => upgrade(listener, native, request, context),
    open: (ws) => ws.getUserData().connection.onOpen(ws),
    message: (ws, message, isBinary) => ws.getUserData().connection.onMessage(message, isBinary),
    drain: (ws) => ws.getUserData().connection.onDrain(),
    close: (ws, code, reason) => ws.getUserData().connection.onClose(code, Buffer.from(reason).toString("utf8"))
  })
}

const upgrade = (
  listener: Listener,
  native: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t
): void => {
  const { headers, url } = readHead(request)
  const exchange = makeExchange(native, () => {
    const connection = new UwsConnection(() => {
      listener.connections.delete(connection)
      listener.onIdle?.()
    })
    listener.connections.add(connection)
    native.cork(() =>
      native.upgrade<UwsUser>(
        { connection },
        headers["sec-websocket-key"] ?? "",
        headers["sec-websocket-protocol"] ?? "",
        headers["sec-websocket-extensions"] ?? "",
        context
      )
    )
    return connection
  })
  dispatchTo(listener, exchange, new UwsRequest(exchange, "GET", url, headers))
}

const makeExchange = (native: HttpResponse, handshake: UwsExchange["handshake"]): UwsExchange => {
  const exchange: UwsExchange = {
    native,
    done: false,
    body: undefined,
    bodyTooLarge: false,
    closeAfter: false,
    handshake,
    connection: undefined,
    abort: undefined
  }
  native.onAborted(() => {
    exchange.done = true
    exchange.abort?.()
  })
  return exchange
}

const dispatchTo = (listener: Listener, exchange: UwsExchange, request: UwsRequest): void => {
  if (listener.handle !== undefined) return listener.handle(exchange, request)
  exchange.done = true
  exchange.native.cork(() => exchange.native.writeStatus("503 Service Unavailable").endWithoutBody(0, true))
}

/**
 * Takes the body in, then hands the request on. A body over the limit is dropped as it comes, and handed on as too large when it
 * has ended, or when there is so much of it that reading on would be a favour to nobody.
 */
const receive = (exchange: UwsExchange, announced: number, dispatch: () => void): void => {
  let size = 0
  let chunks: Array<Buffer> = []
  let dispatched = false
  const hand = () => {
    dispatched = true
    dispatch()
  }
  const refuse = (cut: boolean) => {
    chunks = []
    exchange.bodyTooLarge = true
    exchange.closeAfter = cut
  }
  if (announced > MAX_DISCARDED_BYTES) {
    refuse(true)
    return hand()
  }
  exchange.native.onData((chunk, isLast) => {
    if (dispatched || exchange.done) return
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) refuse(size > MAX_DISCARDED_BYTES)
    // The chunk is only valid during the call.
    else chunks.push(Buffer.from(new Uint8Array(chunk)))
    if (exchange.closeAfter) return hand()
    if (!isLast) return
    const [only] = chunks
    exchange.body = chunks.length === 1 ? only : Buffer.concat(chunks)
    hand()
  })
}
