// What an endpoint takes: readers that give a text its meaning or refuse it in Binance's words, and specs made of them.
import { decimalsOfText } from "../../../domain/Units.ts"
import { REFUSE_UNKNOWN_PARAMETERS, SYMBOL_RANGE, symbolPattern } from "./OpenPoints.ts"
import type { RawParams } from "./RawParams.ts"
import * as Wire from "./WireError.ts"
import { isWireError, WireError } from "./WireError.ts"

/** `text` is never empty: that was refused before. */
export type Reader<A> = (name: string, text: string) => A | WireError

export interface Param<A> {
  readonly read: Reader<A>
  readonly required: boolean
  /** The value where the parameter was not sent. */
  readonly absent: A
  /** Said where it was sent empty, instead of -1105. */
  readonly whenEmpty: WireError | undefined
}

export const required = <A>(read: Reader<A>): Param<A> => ({
  read,
  required: true,
  absent: undefined as A,
  whenEmpty: undefined
})
export const optional = <A>(read: Reader<A>, whenEmpty?: WireError): Param<A | undefined> => ({
  read,
  required: false,
  absent: undefined,
  whenEmpty
})
export const withDefault = <A>(read: Reader<A>, absent: A): Param<A> => ({
  read,
  required: false,
  absent,
  whenEmpty: undefined
})

export type ParamSpec = { readonly [name: string]: Param<unknown> }
export type Values<S extends ParamSpec> = { readonly [K in keyof S]: S[K] extends Param<infer A> ? A : never }

/** What signed requests carry besides an endpoint's own parameters, and what every WebSocket API request may. */
export const SIGNED_REST = ["recvWindow", "signature", "timestamp"] as const
export const SIGNED_WS = ["apiKey", "recvWindow", "signature", "timestamp", "returnRateLimits"] as const
export const PLAIN_WS = ["apiKey", "returnRateLimits"] as const

/** The values of a spec, or the first refusal in the spec's order. `others` are names that somebody else reads. */
export const decode = <S extends ParamSpec>(
  spec: S,
  raw: RawParams,
  others: ReadonlyArray<string> = []
): Values<S> | WireError => {
  const names = Object.keys(spec)
  if (REFUSE_UNKNOWN_PARAMETERS && raw.size > names.length + others.length) {
    return Wire.tooMany(names.length + others.length, raw.size)
  }
  const values: Record<string, unknown> = {}
  let read = 0
  for (const name of names) {
    const param = spec[name] as Param<unknown>
    const text = raw.get(name)
    if (text === undefined) {
      if (param.required) return Wire.missing(name)
      values[name] = param.absent
      continue
    }
    read++
    if (text === "") return param.whenEmpty ?? Wire.empty(name)
    const value = param.read(name, text)
    if (isWireError(value)) return value
    values[name] = value
  }
  if (REFUSE_UNKNOWN_PARAMETERS && read < raw.size) {
    for (const name of others) if (raw.has(name)) read++
    if (read < raw.size) return Wire.unread(read, raw.size)
  }
  return values as Values<S>
}

const DECIMAL = /^[0-9]{1,20}(?:\.[0-9]{1,20})?$/
const DECIMAL_RANGE = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
/** Amounts are 64-bit whole numbers of 10^-8 at Binance: the largest has eleven digits before the point. */
const DECIMALS = 8
const LARGEST_WHOLE = 92_233_720_368n

/** A plain decimal of at most eight places, as its own text: whoever knows the symbol gives it a unit. */
export const decimal: Reader<string> = (name, text) => {
  if (!DECIMAL.test(text)) return Wire.illegal(name, DECIMAL_RANGE)
  if ((decimalsOfText(text) as number) > DECIMALS) return Wire.tooPrecise(name)
  const point = text.indexOf(".")
  const whole = point === -1 ? text : text.slice(0, point)
  return whole.length > 10 && BigInt(whole) >= LARGEST_WHOLE ? Wire.overflowed(name) : text
}

const INTEGER = /^[0-9]{1,20}$/
const INTEGER_RANGE = "^[0-9]{1,20}$"

/** A whole number from 0 to 2^53 − 1: ids, counts. */
export const integer: Reader<number> = (name, text) => {
  if (!INTEGER.test(text)) return Wire.illegal(name, INTEGER_RANGE)
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : Wire.overflowed(name)
}

/** A signed one (`strategyId` is a Java long). */
export const long: Reader<number> = (name, text) => {
  if (!/^-?[0-9]{1,20}$/.test(text)) return Wire.illegal(name, "^-?[0-9]{1,20}$")
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : Wire.overflowed(name)
}

/** Rows of an answer: at least one, and silently at most `max`. */
export const limit =
  (max: number): Reader<number> =>
  (name, text) => {
    const value = integer(name, text)
    if (isWireError(value)) return value
    return value === 0 ? Wire.invalidData(name) : Math.min(value, max)
  }

/** From this on a time is in microseconds: in milliseconds it would be the year 5138. */
const MICROSECONDS_FROM = 100_000_000_000_000

/** Epoch milliseconds, of milliseconds or microseconds (General information, "Timestamps"). */
export const time: Reader<number> = (name, text) => {
  const value = integer(name, text)
  if (isWireError(value)) return value
  return value >= MICROSECONDS_FROM ? Math.floor(value / 1000) : value
}

export const boolean: Reader<boolean> = (name, text) => {
  const lower = text.toLowerCase()
  return lower === "true" ? true : lower === "false" ? false : Wire.invalidData(name)
}

/** One of a few words; anything else is refused with `wrong`, or as bad data of that parameter (-1130). */
export const oneOf = <const A extends string>(words: ReadonlyArray<A>, wrong?: WireError): Reader<A> => {
  const known: ReadonlySet<string> = new Set(words)
  return (name, text) => (known.has(text) ? (text as A) : (wrong ?? Wire.invalidData(name)))
}

const CLIENT_ID = /^[a-zA-Z0-9\-_]{1,36}$/
const CLIENT_ID_RANGE = "^[a-zA-Z0-9-_]{1,36}$"
export const clientId: Reader<string> = (name, text) =>
  CLIENT_ID.test(text) ? text : Wire.illegal(name, CLIENT_ID_RANGE)

/** The form of a symbol only; whether it is listed is asked afterwards. */
export const symbol: Reader<string> = (name, text) =>
  symbolPattern.test(text) ? text : Wire.illegal(name, SYMBOL_RANGE)

const SYMBOLS_RANGE = '^\\[("[\\w\\-._&&[^a-z]]{1,50}"(,"[\\w\\-._&&[^a-z]]{1,50}"){0,}){0,1}\\]$'

/** A JSON array of symbols, each once. Percent-encoding, whole or in part, is gone by now. */
export const symbols: Reader<ReadonlyArray<string>> = (name, text) => {
  const listed = stringsOf(text)
  if (listed === undefined || !listed.every((one) => symbolPattern.test(one))) return Wire.illegal(name, SYMBOLS_RANGE)
  return new Set(listed).size === listed.length ? listed : Wire.repeatedSymbol
}

/** A JSON array of words, or one word without brackets (`permissions` of exchangeInfo takes both). */
export const words: Reader<ReadonlyArray<string>> = (name, text) =>
  text.startsWith("[") ? (stringsOf(text) ?? Wire.invalidData(name)) : [text]

const stringsOf = (text: string): ReadonlyArray<string> | undefined => {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) && parsed.every((one) => typeof one === "string") ? parsed : undefined
  } catch {
    return undefined
  }
}
