// HttpServer on node:http, where uWebSockets.js does not load or is not wanted. Same limits.
import { NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Effect, Layer } from "effect"
import { HttpServer, HttpServerRequest } from "effect/http"
import { createServer } from "node:http"
import { MAX_CLIENT_MESSAGE } from "../../contract/Feed.ts"
import { type Listen, type ListenError, listenError, MAX_BODY_BYTES, SHUTDOWN_MILLIS, wrapApps } from "./Listen.ts"

/** Listens until the layer's scope closes. A port of 0 takes a free one. */
export const layer = (listen: Listen): Layer.Layer<HttpServer.HttpServer, ListenError> =>
  Layer.effect(
    HttpServer.HttpServer,
    Effect.map(
      // Sockets hear of the end only after this wait, which they themselves keep from being shorter.
      NodeHttpServer.make(() => createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }), {
        ...listen,
        gracefulShutdownTimeout: SHUTDOWN_MILLIS / 3,
        websocket: { maxPayload: MAX_CLIENT_MESSAGE, perMessageDeflate: false }
      }),
      limited
    )
  ).pipe(
    Layer.catchTag("ServeError", ({ cause }) =>
      Layer.effect(HttpServer.HttpServer, Effect.fail(listenError(listen, (cause as NodeJS.ErrnoException).code)))
    )
  )

const limited = (server: HttpServer.HttpServer["Service"]) =>
  wrapApps(server, Effect.provideService(HttpServerRequest.MaxBodySize, ByteSize.bytes(MAX_BODY_BYTES)))
