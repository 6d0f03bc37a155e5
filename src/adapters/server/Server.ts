// Which server listens: uWebSockets.js where its binary loads, node:http elsewhere or on request.
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { Config } from "../../Config.ts"
import { behindProxy, type ListenError } from "./Listen.ts"
import * as NodeServer from "./NodeServer.ts"
import * as UwsServer from "./UwsServer.ts"

/** `SERVER`, `PORT`, `HOST` and `TRUST_PROXY` decide; with the platform services that serving files needs. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const config = yield* Config
    const listen = { port: config.port, host: config.host }
    const server = config.server === "node" ? NodeServer.layer(listen) : yield* native(config.server, listen)
    const addressed = config.trustProxy
      ? Layer.effect(HttpServer.HttpServer, Effect.map(HttpServer.HttpServer, behindProxy)).pipe(Layer.provide(server))
      : server
    return Layer.mergeAll(addressed, NodeHttpServer.layerHttpServices)
  })
)

const native = (
  asked: "auto" | "uws",
  listen: { readonly port: number; readonly host: string }
): Effect.Effect<Layer.Layer<HttpServer.HttpServer, ListenError>> =>
  UwsServer.load.pipe(
    Effect.as(UwsServer.layer(listen)),
    Effect.catch(() => {
      const message = "uWebSockets.js does not load on this Node version or platform; serving with node:http instead"
      return Effect.as(asked === "uws" ? Effect.logWarning(message) : Effect.logInfo(message), NodeServer.layer(listen))
    })
  )
