import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import * as NodeServer from "../../../src/adapters/server/NodeServer.ts"
import * as Server from "../../../src/adapters/server/Server.ts"
import * as UwsServer from "../../../src/adapters/server/UwsServer.ts"
import { Config, parse } from "../../../src/Config.ts"
import { serverSuite } from "../../suites/server.ts"

serverSuite("uWebSockets.js", UwsServer.layer)
serverSuite("node:http", NodeServer.layer)

describe("the chosen server", () => {
  for (const choice of ["auto", "uws", "node"]) {
    it.live(`serves with SERVER=${choice}`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const config = Layer.effect(Config, parse({ SERVER: choice, PORT: "0" }))
          const context = yield* Layer.build(
            HttpRouter.serve(HttpRouter.add("GET", "/", HttpServerResponse.text("here")), {
              disableLogger: true,
              disableListenLog: true
            }).pipe(Layer.provideMerge(Server.layer), Layer.provide(config))
          )
          const server = context.mapUnsafe.get(HttpServer.HttpServer.key) as HttpServer.HttpServer["Service"]
          const { port } = server.address as { readonly port: number }
          const response = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/`))
          assert.strictEqual(yield* Effect.promise(() => response.text()), "here")
        })
      )
    )
  }
})
