// What every server of ours promises alike: limits, the caller's address, and a sentence when the port cannot be had.
import { Effect, Option, Schema, type Scope } from "effect"
import { HttpServer, HttpServerRequest, type HttpServerResponse } from "effect/http"
import { createServer } from "node:net"

/** `port` 0 takes a free one; the server's `address` tells which. */
export interface Listen {
  readonly port: number
  readonly host: string
}

/** Bytes of a request body; a longer one is answered 413. */
export const MAX_BODY_BYTES = 1_048_576
/** A body over the limit is read and dropped up to this much, so that its sender hears the answer; beyond it the connection closes. */
export const MAX_DISCARDED_BYTES = 8 * MAX_BODY_BYTES
/** Bytes waiting in a WebSocket before a writer waits for its reader. */
export const SOCKET_HIGH_WATER = 262_144
/** Bytes waiting in a WebSocket before it is given up: one write may pass the high-water mark, a stuck reader may not grow for ever. */
export const SOCKET_BACKPRESSURE_LIMIT = 16_777_216
/** Messages a client may be ahead of whoever reads them; one more closes the socket with 1013. */
export const SOCKET_UNREAD_MESSAGES = 256
/** Seconds without a sign of life before a WebSocket is dropped; pings go out in between. */
export const SOCKET_IDLE_SECONDS = 60
/** How long a stopping server waits for requests and sockets to end by themselves, in milliseconds. */
export const SHUTDOWN_MILLIS = 3_000

export class ListenError extends Schema.TaggedError<ListenError>()("ListenError", { message: Schema.String }) {}

const sentences: Record<string, string> = {
  EADDRINUSE: "another program is using that port. Stop it, or set PORT to another",
  EACCES: "this user may not open that port. Ports below 1024 need rights; set PORT to a higher one",
  EADDRNOTAVAIL: "this machine has no such address. Set HOST to 127.0.0.1, or 0.0.0.0 for every interface",
  ENOTFOUND: "that host name is unknown. Set HOST to 127.0.0.1, or 0.0.0.0 for every interface"
}

/** A refusal to listen in words. `code` is the system's error code, where one is known. */
export const listenError = ({ host, port }: Listen, code: string | undefined): ListenError =>
  new ListenError({
    message: `Cannot listen on ${host}:${port}: ${sentences[code ?? ""] ?? `the system refused (${code ?? "no reason given"})`}.`
  })

/** Why the system does not give out the port, asked the plain way: uWebSockets.js only says no. */
export const whyRefused = (listen: Listen): Effect.Effect<ListenError> =>
  Effect.callback((resume) => {
    const probe = createServer()
    const done = (code: string | undefined) => resume(Effect.succeed(listenError(listen, code)))
    probe.once("error", (error: NodeJS.ErrnoException) => done(error.code))
    probe.listen(listen.port, listen.host, () => probe.close(() => done(undefined)))
  })

type Server = HttpServer.HttpServer["Service"]
type App = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  unknown,
  HttpServerRequest.HttpServerRequest | Scope.Scope
>

/** The same server, with every app it serves changed by `wrap` first. */
export const wrapApps = (server: Server, wrap: (app: App) => App): Server =>
  HttpServer.make({
    address: server.address,
    serve: (app, middleware) => server.serve(wrap(app), middleware as never)
  })

/**
 * The same server, with the caller's address taken from X-Forwarded-For: the last entry, which is the one our own proxy wrote.
 * Anything before it is the caller's own claim.
 */
export const behindProxy = (server: Server): Server =>
  wrapApps(server, Effect.updateService(HttpServerRequest.HttpServerRequest, forwarded))

const forwarded = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest => {
  const address = request.headers["x-forwarded-for"]?.split(",").at(-1)?.trim()
  return address === undefined || address === ""
    ? request
    : request.modify({ remoteAddress: Option.some(address), peerAddress: request.remoteAddress })
}
