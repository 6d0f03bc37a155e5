// What callers hear from a fault, in Binance's words: HTTP statuses, headers and bodies, and the same for the WebSocket API.
import { insufficientBalance } from "../../../domain/matching/Rejection.ts"

/** An answer instead of the true one. The WebSocket API has no bodies of its own: it says `status`, `code` and `message`. */
export interface FaultAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly code: number
  readonly message: string
  /** Epoch milliseconds: `error.data.retryAfter` of the WebSocket API. */
  readonly retryAfter?: number
}

const JSON_TYPE = { "content-type": "application/json;charset=UTF-8" }
const HTML_TYPE = { "content-type": "text/html" }

const json = (status: number, code: number, message: string): FaultAnswer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ code, msg: message }),
  code,
  message
})

const unknownError = "An unknown error occurred while processing the request."

const page = (status: number, title: string, code: number, message: string): FaultAnswer => ({
  status,
  headers: HTML_TYPE,
  body: `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  code,
  message
})

/** Not in the documentation; what a proxy in front of the exchange says. */
export const badGateway = page(502, "Bad Gateway", -1000, unknownError)
export const gatewayTimeout = page(504, "Gateway Time-out", -1000, unknownError)
export const forbiddenPage = page(403, "Forbidden", -1000, unknownError)
export const unavailablePage = page(503, "Service Temporarily Unavailable", -1000, unknownError)

/** REST API, "Errors": -1007. The documents only say 5xx. */
export const executionUnknown = json(
  504,
  -1007,
  "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
)

export const noBalance = json(400, insufficientBalance.code, insufficientBalance.message)
export const orderHidden = json(400, -2013, "Order does not exist.")
export const restrictedLocation = json(
  451,
  0,
  "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms. " +
    "Please contact customer service if you believe you received this message in error."
)

const limited = (answer: FaultAnswer, at: number, seconds: number): FaultAnswer => ({
  ...answer,
  headers: { ...answer.headers, "retry-after": String(seconds) },
  retryAfter: at + seconds * 1000
})

/** 429. `at`: epoch milliseconds now. */
export const overWeight = (at: number, seconds: number): FaultAnswer =>
  limited(
    json(
      429,
      -1003,
      "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API."
    ),
    at,
    seconds
  )

/** 418. */
export const banned = (at: number, seconds: number): FaultAnswer =>
  limited(
    json(
      418,
      -1003,
      `Way too much request weight used; IP banned until ${at + seconds * 1000}. Please use WebSocket Streams for live updates to avoid bans.`
    ),
    at,
    seconds
  )

/** 429 for new orders only. */
export const overOrders = (at: number, seconds: number, limit: number, interval: string): FaultAnswer =>
  limited(json(429, -1015, `Too many new orders; current limit is ${limit} orders per ${interval}.`), at, seconds)
