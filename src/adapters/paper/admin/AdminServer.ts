// The administrator's door to the paper exchange: JSON over HTTP, for programs on the same machine. There is no password, so no web
// page and no other machine may reach it.
import { Cause, Effect, Layer, Option, Schema, type Scope } from "effect"
import { HttpRouter, HttpServer, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { verbNames, verbs } from "../faults/Fault.ts"
import { accountRoutes } from "./AccountRoutes.ts"
import { faultRoutes } from "./FaultRoutes.ts"
import { keyRoutes } from "./KeyRoutes.ts"
import { Refusal, responseOf } from "./Refusal.ts"
import type { Route } from "./Route.ts"

/** The interface to listen on; requests from elsewhere are refused even where a server listens wider. */
export const LOOPBACK = "127.0.0.1"

const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i
const LOCAL_PEER = /^(?:::ffff:)?127\.|^::1$/

/**
 * A page that a browser shows may send requests here: across origins it says so (Origin, Sec-Fetch-Site), and by a name of its own
 * that it lets point to this machine (DNS rebinding), it is the Host header that tells.
 */
const guard = (request: HttpServerRequest.HttpServerRequest): Refusal | undefined => {
  const { headers, remoteAddress } = request
  if (!LOCAL_PEER.test(Option.getOrElse(remoteAddress, () => ""))) {
    return new Refusal(403, "NOT_LOCAL", "Only programs on the same machine may ask here.")
  }
  if (!LOCAL_HOST.test(headers["host"] ?? "")) {
    return new Refusal(403, "WRONG_HOST", "Ask by the address 127.0.0.1 or the name localhost.")
  }
  const site = headers["sec-fetch-site"]
  if (headers["origin"] !== undefined || (site !== undefined && site !== "none")) {
    return new Refusal(403, "FROM_A_PAGE", "Web pages may not ask here.")
  }
  return undefined
}

const overview = (routes: ReadonlyArray<Route>) => ({
  endpoints: routes.map(({ method, path, sentence }) => ({ method, path, sentence })),
  verbs: verbNames.map((verb) => {
    const { lasting, params, scope, sentence } = verbs[verb]
    return { verb, sentence, lasting, params: jsonSchema(params), scope: jsonSchema(scope) }
  })
})

const jsonSchema = (schema: Schema.Top) => Schema.toJsonSchemaDocument(schema).schema

const answered = (route: Route) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const params = yield* HttpRouter.params
    const at = request.url.indexOf("?")
    const query = new URLSearchParams(at === -1 ? "" : request.url.slice(at + 1))
    return HttpServerResponse.jsonUnsafe(yield* route.run({ params, query }))
  })

const noRoute = (routes: ReadonlyArray<Route>, { url }: HttpServerRequest.HttpServerRequest): Refusal => {
  const path = url.split("?", 1)[0] ?? ""
  const known = routes.filter((route) => new RegExp(`^${route.path.replaceAll(/:\w+/g, "[^/]+")}$`).test(path))
  return known.length === 0
    ? new Refusal(404, "NOT_FOUND", "There is nothing at this address. GET / lists what there is.")
    : new Refusal(405, "METHOD_NOT_ALLOWED", `This address takes ${known.map((route) => route.method).join(", ")}.`)
}

type App = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  unknown,
  HttpServerRequest.HttpServerRequest | Scope.Scope
>

/** Failures in the one shape, `{error: {code, message}}`. */
const bounded = (app: App, routes: ReadonlyArray<Route>) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const refused = guard(request)
    if (refused !== undefined) return responseOf(refused)
    return yield* Effect.catchCause(app, (cause): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
      const error = Option.getOrUndefined(Cause.findErrorOption(cause))
      if (error instanceof Refusal) return Effect.succeed(responseOf(error))
      if (HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound") {
        return Effect.succeed(responseOf(noRoute(routes, request)))
      }
      return Effect.as(
        Effect.logError(`${request.method} ${request.url.split("?", 1)[0]} failed`, cause),
        responseOf(new Refusal(500, "INTERNAL", "Something broke on our side; it is in the log."))
      )
    })
  })

/** Serves on the `HttpServer` it is given, which is to listen on `LOOPBACK`, at a port of its own. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const routes: Array<Route> = [...(yield* keyRoutes), ...(yield* accountRoutes), ...(yield* faultRoutes)]
    routes.unshift({
      method: "GET",
      path: "/",
      sentence: "What there is: this list, and the verbs of faults.",
      run: () => Effect.sync(() => overview(routes))
    })
    const router = yield* HttpRouter.make
    for (const route of routes) yield* router.add(route.method, route.path, answered(route)) as Effect.Effect<void>
    return HttpServer.serve(bounded(router.asHttpEffect(), routes))
  })
)
