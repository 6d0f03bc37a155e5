// Writes an Effect HttpServerResponse through uWebSockets.js: whole bodies in one corked write, streams as fast as the client reads.
import { Effect, Stream } from "effect"
import { Cookies, HttpServerResponse } from "effect/http"
import { STATUS_CODES } from "node:http"
import type { HttpResponse } from "uWebSockets.js"
import type { UwsExchange } from "./UwsRequest.ts"

/** uWebSockets.js writes these itself. */
const own = new Set(["content-length", "transfer-encoding", "connection", "date"])

const lines = new Map<number, string>()
const statusLine = (status: number): string => {
  const known = lines.get(status)
  if (known !== undefined) return known
  const line = `${status} ${STATUS_CODES[status] ?? "Unknown"}`
  if (lines.size < 600) lines.set(status, line)
  return line
}

/** A line break would end the header: no value may carry one. Looked for first, because there never is one. */
const oneLine = (value: string): string =>
  value.includes("\n") || value.includes("\r") ? value.replaceAll(/[\r\n]/g, " ") : value

const writeHead = (native: HttpResponse, response: HttpServerResponse.HttpServerResponse): void => {
  native.writeStatus(statusLine(response.status))
  for (const name in response.headers) {
    const value = response.headers[name]
    if (value !== undefined && !own.has(name)) native.writeHeader(name, oneLine(value))
  }
  if (!Cookies.isEmpty(response.cookies)) {
    for (const cookie of Cookies.toSetCookieHeaders(response.cookies)) native.writeHeader("set-cookie", cookie)
  }
}

/** Sends `response`. Completes at once, except for streams: those complete when the client has them, or is gone. */
export const respond = (
  exchange: UwsExchange,
  method: string,
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<unknown> => {
  const { native } = exchange
  if (exchange.done) return cancel(response)
  const { body } = response
  if (method === "HEAD" || HttpServerResponse.omitsBody(response)) {
    const length = "contentLength" in body ? body.contentLength : undefined
    exchange.done = true
    native.cork(() => {
      writeHead(native, response)
      native.endWithoutBody(method === "HEAD" ? (length ?? 0) : undefined, exchange.closeAfter)
    })
    return cancel(response)
  }
  switch (body._tag) {
    case "Empty":
      return end(exchange, response, "")
    case "Uint8Array":
      return end(exchange, response, body.text ?? body.body)
    case "Stream":
      return stream(exchange, response, Stream.orDie(body.stream))
    case "Raw": {
      const chunks = body.body
      if (typeof chunks === "string" || chunks instanceof Uint8Array) return end(exchange, response, chunks)
      if (isAsyncIterable(chunks)) {
        return stream(exchange, response, Stream.orDie(Stream.fromAsyncIterable(chunks, (cause) => cause)))
      }
      return Effect.die(new Error("a response body of a kind this server cannot write"))
    }
    case "FormData":
      return Effect.die(new Error("form data is not a response this server writes"))
  }
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<Uint8Array> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value

/** A file opened for a response nobody will read is closed again. */
const cancel = ({ body }: HttpServerResponse.HttpServerResponse): Effect.Effect<void> =>
  Effect.sync(() => {
    const raw = body._tag === "Raw" ? (body.body as { destroy?: () => void } | null) : null
    if (typeof raw?.destroy === "function") raw.destroy()
  })

const end = (
  exchange: UwsExchange,
  response: HttpServerResponse.HttpServerResponse,
  body: string | Uint8Array
): Effect.Effect<void> => {
  exchange.done = true
  exchange.native.cork(() => {
    writeHead(exchange.native, response)
    exchange.native.end(body, exchange.closeAfter)
  })
  return Effect.void
}

const stream = (
  exchange: UwsExchange,
  response: HttpServerResponse.HttpServerResponse,
  chunks: Stream.Stream<Uint8Array>
): Effect.Effect<void> => {
  const { native } = exchange
  let writable: (() => void) | undefined
  native.onWritable(() => {
    writable?.()
    writable = undefined
    return true
  })
  native.cork(() => writeHead(native, response))
  const room = Effect.callback<void>((resume) => {
    writable = () => resume(Effect.void)
  })
  return chunks.pipe(
    Stream.runForEachArray((parts) => {
      if (exchange.done) return Effect.interrupt
      let free = true
      native.cork(() => {
        for (const part of parts) free = native.write(part)
      })
      return free ? Effect.void : room
    }),
    Effect.interruptible,
    Effect.onExit((exit) =>
      Effect.sync(() => {
        if (exchange.done) return
        exchange.done = true
        // A body that broke off must not look complete: the connection is cut instead of ended.
        if (exit._tag === "Success") native.cork(() => native.end())
        else native.close()
      })
    )
  )
}
