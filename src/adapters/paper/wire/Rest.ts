// REST on node:http: from a request's bytes to the gate, and from its answer to a response.
import type { IncomingMessage, ServerResponse } from "node:http"
import type { FaultAnswer } from "../faults/FaultAnswer.ts"
import type { FaultHooks } from "../faults/Faults.ts"
import { type Endpoint, JsonText } from "./Endpoint.ts"
import type { Asking, Gate } from "./Gate.ts"
import type { Usage } from "./Limits.ts"
import { NOT_FOUND_BODY } from "./OpenPoints.ts"
import { SIGNED_REST } from "./Params.ts"
import * as RawParams from "./RawParams.ts"
import { restPayload } from "./Signature.ts"
import * as Wire from "./WireError.ts"
import { isWireError, WireError } from "./WireError.ts"

/** Characters of a request's path and query. */
const MAX_URL = 16_384
/** Bytes of a form body. A longer one is not read on, and its connection closed. */
const MAX_BODY = 65_536

const JSON_TYPE = "application/json;charset=UTF-8"
const tooLarge = new WireError(413, -1100, "Illegal characters found in a parameter.")
const urlTooLong = new WireError(414, -1100, "Illegal characters found in a parameter.")

/** Routes that are known, and no more. */
const isRemoved = (path: string): boolean =>
  path.startsWith("/api/v1/") || path === "/api/v3/userDataStream" || path === "/api/v3/userDataStream/isolated"

const NO_NAMES: ReadonlyArray<string> = []

/** The address that limits count: without the prefix of an IPv4 address that came through an IPv6 socket. */
export const addressOf = (request: IncomingMessage): string => {
  const address = request.socket.remoteAddress ?? "?"
  return address.startsWith("::ffff:") ? address.slice(7) : address
}

export class Rest {
  private readonly gate: Gate
  private readonly now: () => number
  private readonly routes: ReadonlyMap<string, Endpoint>
  private readonly paths: ReadonlySet<string>
  private readonly faults: FaultHooks

  constructor(gate: Gate, endpoints: ReadonlyArray<Endpoint>, now: () => number, faults: FaultHooks) {
    this.faults = faults
    this.gate = gate
    this.now = now
    const routed = endpoints.flatMap((one) => (one.rest === undefined ? [] : [[one.rest as string, one] as const]))
    this.routes = new Map(routed)
    if (this.routes.size !== routed.length) throw new Error("two endpoints share a route")
    this.paths = new Set(routed.map(([route]) => route.slice(route.indexOf(" ") + 1)))
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url ?? "/"
    const split = url.indexOf("?")
    const path = split === -1 ? url : url.slice(0, split)
    const query = split === -1 ? "" : url.slice(split + 1)
    const usage = this.gate.limits.usage(addressOf(request), this.now())
    if (url.length > MAX_URL) return this.refuse(response, urlTooLong, usage)
    const endpoint = this.routes.get(`${request.method} ${path}`)
    if (endpoint === undefined) return this.unrouted(request, response, path, usage)
    const length = request.headers["content-length"]
    if ((length === undefined || length === "0") && request.headers["transfer-encoding"] === undefined) {
      return this.dispatch(endpoint, request, response, usage, query, "")
    }
    receive(request, (body) => {
      if (body === undefined) {
        response.setHeader("connection", "close")
        this.refuse(response, tooLarge, usage)
      } else {
        this.dispatch(endpoint, request, response, usage, query, body)
      }
    })
  }

  private dispatch(
    endpoint: Endpoint,
    request: IncomingMessage,
    response: ServerResponse,
    usage: Usage,
    query: string,
    body: string
  ): void {
    const raw = RawParams.fromForm(asText(query), asText(body))
    if (isWireError(raw)) return this.refuse(response, raw, usage)
    const unit = request.headers["x-mbx-time-unit"]?.toString().toUpperCase()
    if (unit !== undefined && unit !== "MICROSECOND" && unit !== "MILLISECOND") {
      return this.refuse(response, Wire.invalidTimeUnit, usage)
    }
    const asking: Asking = {
      raw,
      usage,
      micros: unit === "MICROSECOND",
      others: endpoint.security === "NONE" ? NO_NAMES : SIGNED_REST,
      keyId: headerText(request.headers["x-mbx-apikey"]),
      address: addressOf(request),
      payload: () => restPayload(query, body),
      encoding: "latin1",
      session: undefined
    }
    const call = { apiKey: asking.keyId, route: endpoint.rest ?? "", at: this.now() }
    const ways = {
      answer: (answer: FaultAnswer) => instead(response, answer, usage),
      cut: () => void request.socket.destroy()
    }
    const execute = () =>
      this.gate.serve(endpoint, asking, {}, (answer, account) => {
        const outcome = { executed: Wire.wasExecuted(answer), answer }
        this.faults.after(call, outcome, ways, (shown) => this.respond(endpoint, response, usage, shown, account))
      })
    this.faults.before(call, ways, execute)
  }

  private respond(endpoint: Endpoint, response: ServerResponse, usage: Usage, answer: unknown, account: string): void {
    if (response.writableEnded || response.destroyed) return
    if (isWireError(answer)) return this.refuse(response, answer, usage)
    const text = answer instanceof JsonText ? answer.text : JSON.stringify(answer)
    const headers = headersOf(usage, text)
    if (endpoint.orders !== undefined) {
      const count = this.gate.limits.orders(account, this.now())
      headers["x-mbx-order-count-10s"] = String(count.tenSeconds)
      headers["x-mbx-order-count-1d"] = String(count.day)
    }
    response.writeHead(200, headers).end(text)
  }

  private refuse(response: ServerResponse, error: WireError, usage: Usage): void {
    const { code, data, message, retry, status } = error
    const text = JSON.stringify(data === undefined ? { code, msg: message } : { code, msg: message, data })
    const headers = headersOf(usage, text)
    if (retry !== undefined) {
      headers["retry-after"] = String(Math.max(1, Math.ceil((retry.retryAfter - retry.serverTime) / 1000)))
    }
    response.writeHead(status, headers).end(text)
  }

  private unrouted(request: IncomingMessage, response: ServerResponse, path: string, usage: Usage): void {
    request.resume()
    if (isRemoved(path)) return this.refuse(response, Wire.gone, usage)
    const status = this.paths.has(path) ? 405 : 404
    const headers = headersOf(usage, NOT_FOUND_BODY)
    headers["content-type"] = "text/html"
    response.writeHead(status, headers).end(NOT_FOUND_BODY)
  }
}

/** What a fault says instead of the true answer. */
const instead = (response: ServerResponse, { body, headers, status }: FaultAnswer, usage: Usage): void => {
  if (response.writableEnded || response.destroyed) return
  response.writeHead(status, { ...headersOf(usage, body), ...headers }).end(body)
}

const headersOf = (usage: Usage, text: string): Record<string, string> => {
  const weight = String(usage.weight)
  return {
    "content-type": JSON_TYPE,
    "content-length": String(Buffer.byteLength(text)),
    "x-mbx-used-weight": weight,
    "x-mbx-used-weight-1m": weight
  }
}

const headerText = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** Bytes stand as Latin-1 until their signature is checked; as text they are UTF-8, and nearly always plain ASCII. */
const asText = (bytes: string): string =>
  // oxlint-disable-next-line no-control-regex
  /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8")

/** `undefined` for a body that is too long. A request that breaks off is never heard of again. */
const receive = (request: IncomingMessage, take: (body: string | undefined) => void): void => {
  let body = ""
  request.on("data", (chunk: Buffer) => {
    if (body.length + chunk.length > MAX_BODY) {
      request.removeAllListeners("data").removeAllListeners("end").resume()
      take(undefined)
    } else {
      body += chunk.toString("latin1")
    }
  })
  request.on("end", () => take(body))
}
