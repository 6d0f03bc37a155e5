// What an answer of Binance's REST API means for the call: done, refused, told to wait, or unknown (REST API, "HTTP return codes").
import { Effect, Option, Schema } from "effect"
import { ExchangeError, OutcomeUnknown, RateLimited, Refused } from "../../ports/Exchange.ts"
import type { HttpAnswer } from "./HttpCalls.ts"

const ErrorBody = Schema.Struct({ code: Schema.Int, msg: Schema.String, data: Schema.optionalKey(Schema.Unknown) })
const decodeError = Schema.decodeUnknownOption(ErrorBody)

/** Binance's own words for "nobody knows whether it was executed", whatever the status. */
const UNKNOWN = new Set([-1000, -1001, -1006, -1007, -1008])
export const isUnknown = (code: number): boolean => UNKNOWN.has(code)
export const OUTSIDE_WINDOW = -1021
export const TOO_MUCH_ASKED = -1003
export const NO_SUCH_ORDER = -2013
/** Of a cancel-replace: one half failed, and what each came to is in `data`; or both did. */
export const PARTLY_REPLACED = -2021
export const NOT_REPLACED = -2022
/** Statuses of a proxy or a firewall in front of Binance: the call did not get through. */
const STOPPED_AT_THE_DOOR = new Set([401, 403, 404, 405, 413, 414, 431, 451])
/** With 429: of this account's orders, not of this address. The last two are of a cancel-replace whose order was too many. */
export const TOO_MANY_ORDERS = new Set([-1015, -2021, -2022])
const MAX_TEXT = 200
/** Where none is told. */
const WAIT_MILLIS = 60_000
const LONGEST_WAIT_SECONDS = 7 * 24 * 3600

/** The JSON of a success. */
export const verdict = (answer: HttpAnswer): Effect.Effect<unknown, ExchangeError> => {
  const { body, status } = answer
  if (status >= 500) return unknown(`Binance answered ${status}: whether it was executed is not known.`)
  const json = parse(body)
  if (status >= 200 && status < 300) {
    return json === undefined ? unknown("Binance's answer cannot be read.") : Effect.succeed(json.value)
  }
  if (status === 429 || status === 418) {
    return Effect.fail(new ExchangeError({ reason: new RateLimited({ retryAfterMillis: retryAfterMillis(answer) }) }))
  }
  // A place that is not served is told in JSON too, of a legal kind.
  const error = status === 451 ? undefined : Option.getOrUndefined(decodeError(json?.value))
  if (error !== undefined && status >= 400) {
    const message = error.msg.slice(0, MAX_TEXT)
    if (isUnknown(error.code)) return unknown(`Binance says: ${message}`)
    return Effect.fail(
      new ExchangeError({
        reason: new Refused({
          code: error.code,
          message: explained(error.code, message),
          ...(error.data === undefined ? {} : { data: error.data })
        })
      })
    )
  }
  if (STOPPED_AT_THE_DOOR.has(status)) {
    return Effect.fail(new ExchangeError({ reason: new Refused({ code: 0, message: turnedAway(status) }) }))
  }
  return unknown(`Binance answered ${status}, with nothing that can be read.`)
}

/** What a status of the door means, and what to do. */
export const turnedAway = (status: number): string => {
  switch (status) {
    case 451:
      return "Binance does not serve this location (451): set BINANCE_PROXY to a proxy in a place that it serves."
    case 401:
      return "Binance does not take the key (401): make sure that it is of the environment that BINANCE_ENV names, and was not deleted."
    case 403:
      return "Binance's firewall turned the call away (403): wait some minutes, or set BINANCE_PROXY to come from another address."
    case 404:
    case 405:
      return `Nothing of Binance's answers there (${status}): the addresses in BINANCE_REST_URL and BINANCE_WS_API_URL may be wrong.`
    default:
      return `Binance turned the call away (${status}).`
  }
}

/** A path that the server does not have. */
export const isNothingThere = ({ reason }: ExchangeError): boolean =>
  reason._tag === "Refused" && reason.code === 0 && [404, 405].some((status) => turnedAway(status) === reason.message)

/** Codes that mean the key, with what may be wrong with it: Binance names them all at once, or none. */
const KEY_REFUSED = new Set([-2015, -2014, -2008])
const WRONG_KEY =
  "The key may be of another environment than BINANCE_ENV names, may have been deleted, or may not allow this call or this address."

export const isKeyRefused = (code: number): boolean => KEY_REFUSED.has(code)

export const saysKeyRefused = (error: ExchangeError): boolean => {
  const code = refusalCode(error)
  return code !== undefined && isKeyRefused(code)
}

const explained = (code: number, message: string): string => (isKeyRefused(code) ? `${message} ${WRONG_KEY}` : message)

export const unknown = (message: string): Effect.Effect<never, ExchangeError> =>
  Effect.fail(new ExchangeError({ reason: new OutcomeUnknown({ message }) }))

export const refusalCode = ({ reason }: ExchangeError): number | undefined =>
  reason._tag === "Refused" ? reason.code : undefined

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** Binance's code of a refusal. */
export const errorCode = ({ body }: HttpAnswer): number | undefined =>
  Option.getOrUndefined(decodeError(parse(body)?.value))?.code

/** How long a 429 or a 418 says to wait. */
export const retryAfterMillis = ({ headers }: Pick<HttpAnswer, "headers">): number => {
  const told = headers["retry-after"] ?? ""
  return /^\d{1,9}$/.test(told) ? Math.min(Number(told), LONGEST_WAIT_SECONDS) * 1000 : WAIT_MILLIS
}
