// A request of uWebSockets.js as an Effect HttpServerRequest. The native request dies with its callback, so all of it is read there.
import { Effect, Inspectable, Option, Schema, Stream } from "effect"
import {
  Cookies,
  Headers,
  HttpIncomingMessage,
  HttpServerError,
  HttpServerRequest,
  Multipart,
  UrlParams
} from "effect/http"
import type { Socket } from "effect/socket"
import type { HttpRequest, HttpResponse } from "uWebSockets.js"
import type { UwsConnection } from "./UwsSocket.ts"

type Failure = HttpServerError.HttpServerError

/** One exchange with a client: what the request object and the writing of its response share. */
export interface UwsExchange {
  readonly native: HttpResponse
  /** No more may be said through `native`: it was answered, aborted or upgraded. */
  done: boolean
  /** Received in full before the app sees the request; `undefined` for a request without one. */
  body: Buffer | undefined
  bodyTooLarge: boolean
  /** The body was cut off: the connection cannot be used again. */
  closeAfter: boolean
  /** Present on a WebSocket handshake. */
  readonly handshake: (() => UwsConnection) | undefined
  connection: UwsConnection | undefined
  /** Called when the client went away before it had its answer. */
  abort: (() => void) | undefined
}

/** `url` and `headers` of a native request, copied. */
export const readHead = (request: HttpRequest): { readonly url: string; readonly headers: Headers.Headers } => {
  const headers = Object.create(Object.getPrototypeOf(Headers.empty) as object) as Record<string, string>
  request.forEach((name, value) => {
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before}, ${value}`
  })
  const query = request.getQuery()
  return {
    url: query === undefined || query === "" ? request.getUrl() : `${request.getUrl()}?${query}`,
    headers: headers as unknown as Headers.Headers
  }
}

/** `127.0.0.1` or `2001:db8:0:0:0:0:0:1`; an IPv4 address that came through an IPv6 socket is shown as what it is. */
const addressOf = (bytes: ArrayBuffer): string | undefined => {
  const view = new DataView(bytes)
  if (view.byteLength === 4) return new Uint8Array(bytes).join(".")
  if (view.byteLength !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2))
  const mapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  return mapped ? new Uint8Array(bytes, 12).join(".") : groups.map((group) => group.toString(16)).join(":")
}

export class UwsRequest extends Inspectable.Class implements HttpServerRequest.HttpServerRequest {
  readonly [HttpServerRequest.TypeId]: typeof HttpServerRequest.TypeId = HttpServerRequest.TypeId
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly source: UwsExchange
  readonly method: string
  readonly url: string
  readonly originalUrl: string
  readonly headers: Headers.Headers
  readonly protocol: "http" | "https" | undefined
  private remoteOverride: Option.Option<string> | undefined
  private readonly peerOverride: Option.Option<string> | undefined

  constructor(
    source: UwsExchange,
    method: string,
    url: string,
    headers: Headers.Headers,
    changed: {
      readonly originalUrl?: string
      readonly protocol?: "http" | "https" | undefined
      readonly remoteAddress?: Option.Option<string> | undefined
      readonly peerAddress?: Option.Option<string> | undefined
    } = {}
  ) {
    super()
    this.source = source
    this.method = method
    this.url = url
    this.originalUrl = changed.originalUrl ?? url
    this.headers = headers
    this.protocol = changed.protocol
    this.remoteOverride = changed.remoteAddress
    this.peerOverride = changed.peerAddress
  }

  modify(options: Parameters<HttpServerRequest.HttpServerRequest["modify"]>[0]): UwsRequest {
    return new UwsRequest(this.source, this.method, options.url ?? this.url, options.headers ?? this.headers, {
      originalUrl: this.originalUrl,
      protocol: options.protocol ?? this.protocol,
      remoteAddress: options.remoteAddress ?? this.remoteOverride,
      peerAddress: options.peerAddress ?? this.peerOverride
    })
  }

  get remoteAddress(): Option.Option<string> {
    if (this.remoteOverride === undefined && !this.source.done) {
      this.remoteOverride = Option.fromNullishOr(addressOf(this.source.native.getRemoteAddress()))
    }
    return this.remoteOverride ?? Option.none()
  }

  get peerAddress(): Option.Option<string> {
    return this.peerOverride ?? this.remoteAddress
  }

  get cookies() {
    return Cookies.parseHeader(this.headers["cookie"] ?? "")
  }

  private failure(reason: "Parse" | "BodyTooLarge", cause?: unknown): Failure {
    return new HttpServerError.HttpServerError({
      reason: new HttpServerError.RequestParseError({ request: this, reason, cause })
    })
  }

  private get bytes(): Effect.Effect<Buffer, Failure> {
    return this.source.bodyTooLarge
      ? Effect.fail(this.failure("BodyTooLarge"))
      : Effect.succeed(this.source.body ?? Buffer.alloc(0))
  }

  private parsed<A>(parse: (text: string) => A): Effect.Effect<A, Failure> {
    return Effect.flatMap(this.text, (text) =>
      Effect.try({ try: () => parse(text), catch: (cause) => this.failure("Parse", cause) })
    )
  }

  get text(): Effect.Effect<string, Failure> {
    return Effect.map(this.bytes, (bytes) => bytes.toString("utf8"))
  }

  get json(): Effect.Effect<Schema.Json, Failure> {
    return this.parsed((text) => (text === "" ? null : (JSON.parse(text) as Schema.Json)))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, Failure> {
    return this.parsed((text) => UrlParams.fromInput(new URLSearchParams(text.replace(/^\?/, "%3F"))))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, Failure> {
    return Effect.map(this.bytes, (bytes) => new Uint8Array(bytes).buffer)
  }

  get stream(): Stream.Stream<Uint8Array, Failure> {
    return Stream.fromEffect(this.bytes)
  }

  get multipart(): HttpServerRequest.HttpServerRequest["multipart"] {
    return Multipart.toPersisted(this.multipartStream)
  }

  get multipartStream(): Stream.Stream<Multipart.Part, Multipart.MultipartError> {
    return Stream.pipeThroughChannel(
      Stream.mapError(this.stream, (cause) => Multipart.MultipartError.fromReason("InternalError", cause)),
      Multipart.makeChannel(this.headers)
    )
  }

  get upgrade(): Effect.Effect<Socket.Socket, Failure> {
    return Effect.suspend(() => {
      const { source } = this
      if (source.connection !== undefined) return Effect.succeed(source.connection.socket)
      if (source.handshake === undefined || source.done) {
        const description = source.done ? "the client has gone" : "not a WebSocket handshake"
        return Effect.fail(
          new HttpServerError.HttpServerError({
            reason: new HttpServerError.RequestParseError({ request: this, description })
          })
        )
      }
      source.done = true
      source.connection = source.handshake()
      return Effect.succeed(source.connection.socket)
    })
  }

  upgradeWith(options: { readonly headers?: Headers.Input | undefined }): Effect.Effect<Socket.Socket, Failure> {
    return Object.keys(Headers.fromInput(options.headers)).length === 0
      ? this.upgrade
      : Effect.fail(this.failure("Parse", new Error("headers of a WebSocket handshake cannot be set")))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "HttpServerRequest",
      method: this.method,
      url: UrlParams.redactUrl(this.url)
    })
  }
}
