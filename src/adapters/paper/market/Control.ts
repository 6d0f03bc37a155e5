// Control messages of a stream connection, and Binance's words for wrong ones ("Live Subscribing/Unsubscribing to streams").

const methods = ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"] as const
type Method = (typeof methods)[number]

/** As it is echoed: JSON text, so that a 64-bit number keeps all its digits. */
export type Id = string

export type Control =
  | { readonly method: "SUBSCRIBE" | "UNSUBSCRIBE"; readonly names: ReadonlyArray<string>; readonly id: Id }
  | { readonly method: "LIST_SUBSCRIPTIONS" | "GET_PROPERTY"; readonly id: Id }
  | { readonly method: "SET_PROPERTY"; readonly combined: boolean; readonly id: Id }
  | { readonly method: "refused"; readonly code: 0 | 1 | 2 | 3; readonly text: string; readonly id: Id }

/**
 * Open points, each in one place: what is said where a stream's name is no text, and where a connection would listen to more streams
 * than it may. The documents give the limit and no words.
 */
const NAME_NOT_TEXT = "Invalid request: stream name must be a string"
export const TOO_MANY_STREAMS = "Invalid request: too many subscriptions"

/** An error is wrapped, unlike in the documents' table: that is how it comes over the wire. */
export const refusal = (code: number, text: string, id: Id): string =>
  `{"error":{"code":${code},"msg":${JSON.stringify(text)}},"id":${id}}`
/** `result` is JSON text. */
export const answer = (result: string, id: Id): string => `{"result":${result},"id":${id}}`

const refused = (code: 0 | 1 | 2 | 3, text: string, id: Id = "null"): Control => ({ method: "refused", code, text, id })

export const read = (text: string): Control => {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (failure) {
    return refused(3, `Invalid JSON: expected value at ${placeOf(failure, text)}`)
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return missingMethod(text)
  const request = parsed as { readonly [field: string]: unknown }
  const id = idOf(request["id"], text)
  if (id === undefined) return refused(2, "Invalid request: request ID must be an unsigned integer")
  const { method, params } = request
  if (method === undefined) return missingMethod(text, id)
  if (!methods.includes(method as Method)) {
    const told = typeof method === "string" ? method : JSON.stringify(method)
    const known = methods.map((one) => `\`${one}\``).join(", ")
    const column = columnAfterMethod(text)
    return refused(
      2,
      `Invalid request: unknown variant \`${told}\`, expected one of ${known} at line 1 column ${column}`,
      id
    )
  }
  if (Object.keys(request).some((name) => !["method", "params", "id"].includes(name))) return tooMany(id)
  if (params !== undefined && params !== null && !Array.isArray(params)) return refused(2, NAME_NOT_TEXT, id)
  return withParams(method as Method, (params ?? []) as ReadonlyArray<unknown>, id)
}

const withParams = (method: Method, params: ReadonlyArray<unknown>, id: Id): Control => {
  switch (method) {
    case "SUBSCRIBE":
    case "UNSUBSCRIBE":
      return params.every((name) => typeof name === "string")
        ? { method, names: params, id }
        : refused(2, NAME_NOT_TEXT, id)
    case "LIST_SUBSCRIPTIONS":
      return params.length > 0 ? tooMany(id) : { method, id }
    case "GET_PROPERTY":
    case "SET_PROPERTY": {
      const [name, value] = params
      if (typeof name !== "string") return refused(2, "Invalid request: property name must be a string", id)
      if (params.length > (method === "SET_PROPERTY" ? 2 : 1)) return tooMany(id)
      if (name !== "combined") return refused(0, "Unknown property", id)
      if (method === "GET_PROPERTY") return { method, id }
      return typeof value === "boolean"
        ? { method, combined: value, id }
        : refused(1, "Invalid value type: expected Boolean", id)
    }
  }
}

const tooMany = (id: Id): Control => refused(2, "Invalid request: too many parameters", id)

const missingMethod = (text: string, id: Id = "null"): Control =>
  refused(2, `Invalid request: missing field \`method\` at line 1 column ${text.length}`, id)

/** A 64-bit signed number, letters and digits up to 36 (hyphens too: a UUID has 36 characters with them), or null. */
const idOf = (id: unknown, text: string): Id | undefined => {
  if (id === null) return "null"
  if (typeof id === "string") return /^[a-zA-Z0-9_-]{0,36}$/.test(id) ? JSON.stringify(id) : undefined
  if (typeof id !== "number") return undefined
  if (Number.isSafeInteger(id)) return String(id)
  const digits = /"id"\s*:\s*(-?\d{1,19})(?![\d.eE])/.exec(text)?.[1]
  return digits !== undefined && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? digits : undefined
}

/** Where the parser stands when it has read the method: what follows the closing quote is not looked at. */
const columnAfterMethod = (text: string): number => {
  const found = /"method"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[^,}\s]+)/.exec(text)
  return found === null ? text.length : found.index + found[0].length
}

const placeOf = (failure: unknown, text: string): string => {
  const told = failure instanceof Error ? /position (\d+)/.exec(failure.message)?.[1] : undefined
  const before = text.slice(0, told === undefined ? 0 : Number(told)).split("\n")
  return `line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1}`
}
