// Parameters as they came, before anybody gave them a meaning: names and texts, each name once.
import { duplicated, illegalSomewhere, invalidData, tooMany, type WireError } from "./WireError.ts"

/** Names to texts, in no order that matters. */
export type RawParams = ReadonlyMap<string, string>

/** Parameters of one request; one more is refused. An order list has about forty. */
export const MAX_PARAMETERS = 100
/** Characters of a name or a text. */
const MAX_LENGTH = 16_384

const PLUS = /\+/g

const decoded = (text: string): string | undefined => {
  const spaced = text.includes("+") ? text.replace(PLUS, " ") : text
  if (!spaced.includes("%")) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return undefined
  }
}

const readInto = (into: Map<string, string>, text: string): WireError | undefined => {
  let start = 0
  while (start < text.length) {
    let end = text.indexOf("&", start)
    if (end === -1) end = text.length
    if (end > start) {
      const split = text.indexOf("=", start)
      const atName = split === -1 || split > end ? end : split
      const name = decoded(text.slice(start, atName))
      const value = atName === end ? "" : decoded(text.slice(atName + 1, end))
      if (name === undefined || value === undefined) return illegalSomewhere
      if (into.has(name)) return duplicated
      if (into.size === MAX_PARAMETERS) return tooMany(MAX_PARAMETERS, MAX_PARAMETERS + 1)
      into.set(name, value)
    }
    start = end + 1
  }
  return undefined
}

/**
 * Of a query string and a form body, either of which may be empty: where both have a name, the query's counts. Refused: a name twice in
 * one of them, percent signs that decode to nothing, more than 100 names.
 */
export const fromForm = (query: string, body: string): RawParams | WireError => {
  const params = new Map<string, string>()
  if (body === "") return readInto(params, query) ?? params
  const inQuery = new Map<string, string>()
  const wrong = readInto(inQuery, query) ?? readInto(params, body)
  if (wrong !== undefined) return wrong
  for (const [name, value] of inQuery) params.set(name, value)
  return params.size > MAX_PARAMETERS ? tooMany(MAX_PARAMETERS, params.size) : params
}

/**
 * Of the `params` of a WebSocket API request: scalars as they print, arrays and null as JSON. That print is also what is signed
 * (WebSocket API, "Request security").
 */
export const fromJson = (params: object): RawParams | WireError => {
  const raw = new Map<string, string>()
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null) return invalidData(name)
    const text = typeof value === "object" ? JSON.stringify(value) : String(value)
    if (text.length > MAX_LENGTH || name.length > MAX_LENGTH) return invalidData(name.slice(0, 50))
    if (raw.size === MAX_PARAMETERS) return tooMany(MAX_PARAMETERS, MAX_PARAMETERS + 1)
    raw.set(name, text)
  }
  return raw
}
