// How the administrator's door says no, and how it reads what it is sent.
import { Effect, Schema, SchemaIssue } from "effect"
import { HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { VenueError } from "../Venue.ts"

/** A code for programs, a sentence for people. */
export class Refusal {
  readonly _tag = "Refusal"
  readonly status: number
  readonly code: string
  readonly message: string

  constructor(status: number, code: string, message: string) {
    this.status = status
    this.code = code
    this.message = message
  }
}

export const refuse = (status: number, code: string, message: string): Effect.Effect<never, Refusal> =>
  Effect.fail(new Refusal(status, code, message))

export const responseOf = ({ code, message, status }: Refusal): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ error: { code, message } }, { status })

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** Fields named in one sentence; who sent more mistakes hears of the rest next time. */
const MAX_NAMED = 8

/** "balances.USDT: Expected a decimal": what is wrong, by field, the first of each. */
const sentenceOf = (error: Schema.SchemaError): string => {
  const wrong = new Map<string, string>()
  for (const { message, path } of issuesOf(error.issue).issues) {
    const name = (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
    if (!wrong.has(name) && wrong.size < MAX_NAMED) wrong.set(name, name === "" ? message : `${name}: ${message}`)
  }
  return [...wrong.values()].join("; ")
}

/** Decodes with every mistake named; a field that does not exist is one. */
export const decode =
  <A>(schema: Schema.Codec<A, unknown>) =>
  (value: unknown): Effect.Effect<A, Refusal> =>
    Schema.decodeUnknownEffect(schema)(value, { errors: "all", onExcessProperty: "error" }).pipe(
      Effect.catch((error) => refuse(400, "BAD_REQUEST", sentenceOf(error)))
    )

/** The body as JSON; an empty one is `{}`. */
export const jsonBody: Effect.Effect<unknown, Refusal, HttpServerRequest.HttpServerRequest> = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const text = yield* Effect.catch(request.text, (error) =>
    HttpServerError.isHttpServerError(error) &&
    error.reason._tag === "RequestParseError" &&
    error.reason.reason === "BodyTooLarge"
      ? refuse(413, "BODY_TOO_LARGE", "The body is too large: 1 MB at most.")
      : refuse(400, "BAD_REQUEST", "The request cannot be read.")
  )
  if (text.trim() === "") return {}
  // A form of a web page cannot say that it sends JSON.
  if (request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() !== "application/json") {
    return yield* refuse(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be JSON: content-type application/json.")
  }
  return yield* Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: () => new Refusal(400, "MALFORMED_JSON", "The body is not JSON.")
  })
})

/** What the venue's no means here. */
export const ofVenue = (error: VenueError): Refusal => {
  switch (error._tag) {
    case "Rejected":
      return new Refusal(409, "REJECTED", `The exchange refused (${error.code}): ${error.message}`)
    case "Busy":
      return new Refusal(503, "BUSY", error.message)
    case "OutcomeLost":
      return new Refusal(503, "OUTCOME_UNKNOWN", error.message)
  }
}
