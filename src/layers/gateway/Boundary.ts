// The edge of every request: security headers on what goes out, and the one shape of failure whoever noticed it.
import { Cause, Clock, Effect, Layer, SchemaIssue } from "effect"
import { HttpMiddleware, HttpRouter, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi, type HttpApiEndpoint, HttpApiError } from "effect/http-api"
import { Config } from "../../Config.ts"
import { Api } from "../../contract/Http.ts"
import { FreshIds } from "./FreshIds.ts"
import { refusal } from "./Refusal.ts"

/** Scripts come from us alone, in files; styles may be inline because the chart library writes some. */
const SECURITY = {
  "content-security-policy":
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  // The feed's token may be in an address: addresses go nowhere.
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin"
}

const failed = (status: number, code: string, message: string, fields?: Record<string, string>) =>
  HttpServerResponse.jsonUnsafe(refusal(code, message, fields), { status })

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const fieldsOf = ({ cause }: HttpApiError.HttpApiSchemaError): Record<string, string> => {
  const fields: Record<string, string> = {}
  for (const { message, path } of issuesOf(cause.issue).issues) {
    const name = (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
    fields[name === "" ? "body" : name] ??= message
  }
  return fields
}

/** How the request decoder says that a body is no JSON. */
const NOT_JSON = "Expected a valid JSON body"

const schemaFailure = (error: HttpApiError.HttpApiSchemaError): HttpServerResponse.HttpServerResponse => {
  const fields = fieldsOf(error)
  if (fields["body"]?.includes(NOT_JSON) === true) return failed(400, "MALFORMED_JSON", "The body is not JSON.")
  const names = Object.keys(fields)
  const which = names.length === 0 ? "The request" : names.join(", ")
  return failed(400, "BAD_REQUEST", `Not as expected: ${which}. See the fields, and /docs for what is wanted.`, fields)
}

/** Methods by path, as expressions: what a path that exists answers to another method. */
const paths = (() => {
  const found = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>()
  HttpApi.reflect(Api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint }: { readonly endpoint: HttpApiEndpoint.Top }) => {
      const known = found.get(endpoint.path)
      if (known !== undefined) return void known.methods.add(endpoint.method)
      const pattern = new RegExp(`^${endpoint.path.replaceAll(/:\w+/g, "[^/]+")}$`)
      found.set(endpoint.path, { pattern, methods: new Set([endpoint.method]) })
    }
  })
  return [...found.values()]
})()

const noRoute = (request: HttpServerRequest.HttpServerRequest): HttpServerResponse.HttpServerResponse => {
  const path = request.url.split("?", 1)[0] ?? ""
  const known = paths.find(({ pattern }) => pattern.test(path))
  if (known === undefined || known.methods.has(request.method)) {
    return failed(404, "NOT_FOUND", "There is nothing at this address. /docs lists what there is.")
  }
  const allow = [...known.methods].join(", ")
  const response = failed(405, "METHOD_NOT_ALLOWED", `This address takes ${allow}, not ${request.method}.`)
  return HttpServerResponse.setHeader(response, "allow", allow)
}

/** A response for what people do wrong; `undefined` for what is our fault. */
const expected = (
  error: unknown,
  request: HttpServerRequest.HttpServerRequest
): HttpServerResponse.HttpServerResponse | undefined => {
  if (HttpApiError.HttpApiSchemaError.is(error)) {
    return error.kind === "Body" || error.kind === "ResponseHeaders" ? undefined : schemaFailure(error)
  }
  if (!HttpServerError.isHttpServerError(error)) return undefined
  const { reason } = error
  if (reason._tag === "RouteNotFound") return noRoute(request)
  if (reason._tag !== "RequestParseError") return undefined
  return reason.reason === "BodyTooLarge"
    ? failed(413, "BODY_TOO_LARGE", "The body is too large: 1 MB at most.")
    : failed(400, "BAD_REQUEST", "The request cannot be read.")
}

/** Answers that came without our shape: from the router, the decoder, or the file server. */
const bare = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
  const type = response.headers["content-type"] ?? ""
  if (response.status < 400 || type.startsWith("application/json")) return response
  switch (response.status) {
    case 404:
      return failed(404, "NOT_FOUND", "There is nothing at this address. /docs lists what there is.")
    case 413:
      return failed(413, "BODY_TOO_LARGE", "The body is too large: 1 MB at most.")
    case 415:
      return failed(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be JSON: content-type application/json.")
    default:
      return response.status < 500
        ? failed(response.status, "BAD_REQUEST", "The request cannot be answered.")
        : failed(response.status, "INTERNAL", "Something broke on our side.")
  }
}

const boundary = Effect.gen(function* () {
  const { corsOrigins } = yield* Config
  const router = yield* HttpRouter.HttpRouter
  const ids = new FreshIds()

  const broken = Effect.fnUntraced(function* (
    cause: Cause.Cause<unknown>,
    request: HttpServerRequest.HttpServerRequest
  ) {
    const reference = ids.uuid(yield* Clock.currentTimeMillis)
    const path = request.url.split("?", 1)[0]
    yield* Effect.logError(`${request.method} ${path} failed`, cause).pipe(Effect.annotateLogs({ reference }))
    return failed(500, "INTERNAL", `Something broke on our side; it is in the log under ${reference}.`)
  })

  const answer = (cause: Cause.Cause<unknown>) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      // Nobody is listening any more, or the server is stopping: not a failure of the handler.
      if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
      for (const reason of cause.reasons) {
        const error = reason._tag === "Fail" ? reason.error : reason._tag === "Die" ? reason.defect : undefined
        if (HttpServerResponse.isHttpServerResponse(error)) return Effect.succeed(error)
        const response = expected(error, request)
        if (response !== undefined) return Effect.succeed(response)
      }
      return broken(cause, request)
    })

  // First, so that failures carry its headers too.
  if (corsOrigins.length > 0) {
    const cors = HttpMiddleware.cors({
      allowedOrigins: (origin) => corsOrigins.includes(origin),
      allowedMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      allowedHeaders: ["authorization", "content-type", "idempotency-key", "traceparent"],
      exposedHeaders: ["retry-after"],
      maxAge: 3600
    })
    yield* router.addGlobalMiddleware<never, never>(cors as never)
  }
  yield* router.addGlobalMiddleware<never, never>(((app: Effect.Effect<HttpServerResponse.HttpServerResponse>) =>
    Effect.map(Effect.catchCause(app, answer), (response) =>
      HttpServerResponse.setHeaders(bare(response), SECURITY)
    )) as never)
})

/** On every route of the router. Add it once. */
export const layer = Layer.effectDiscard(boundary)
