// What a browser loads: the desk from a folder, and the API's description. No script of ours is ever inline.
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse, HttpStaticServer } from "effect/http"
import { OpenApi } from "effect/http-api"
import { Api } from "../../contract/Http.ts"
import { docsPage } from "./Docs.ts"

/** Names with a hash in them, as the bundler writes them, never change their content. */
const HASHED = /[-.][0-9A-Za-z_]{8,}\.(?:js|css|woff2|png|svg)(?:\.map)?$/
const FOREVER = "public, max-age=31536000, immutable"
/** Asked for anew every time, and answered 304 where nothing changed. */
const FRESH = "no-cache"

/** Addresses of the desk itself: the page finds out which of its views is meant. */
const views = ["/", "/login", "/register", "/trade", "/trade/:symbol"] as const

/**
 * `root` is the folder of the built page. Everything there is served; the addresses of the desk answer with its `index.html`.
 */
export const layer = (root: string) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      // Making it only resolves a path: files are looked for when they are asked for.
      const files = yield* Effect.orDie(HttpStaticServer.make({ root }))
      const served = Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const path = request.url.split("?", 1)[0] ?? ""
        return HttpServerResponse.setHeader(yield* files, "cache-control", HASHED.test(path) ? FOREVER : FRESH)
      })
      const index = Effect.updateService(served, HttpServerRequest.HttpServerRequest, (request) =>
        request.modify({ url: "/index.html" })
      )
      yield* router.add("GET", "/*", served)
      for (const view of views) yield* router.add("GET", view, index)
    })
  )

const docs = HttpServerResponse.html(docsPage(OpenApi.fromApi(Api)))

/** `/docs`: every endpoint of `/openapi.json`, readable without a script and without a network. */
export const layerDocs = Layer.mergeAll(HttpRouter.add("GET", "/docs", docs))
