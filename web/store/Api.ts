// Calls to the desk's REST interface. Only the store calls it; panels never do.
import * as Token from "./Token.ts"

/** The desk answered, and the answer was no. */
export class Refused extends Error {
  readonly code: string
  readonly status: number
  /** Sentences by the name of the field they are about. */
  readonly fields: Readonly<Record<string, string>>
  constructor(status: number, code: string, message: string, fields: Readonly<Record<string, string>>) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
  }
}

/** No answer came: what was asked may or may not have happened. */
export class Unanswered extends Error {}

/** After this long without an answer a call counts as unanswered. */
const PATIENCE_MILLIS = 15_000

interface CallOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const call = async (method: string, path: string, options: CallOptions = {}): Promise<unknown> => {
  const token = Token.identity.peek()?.token
  const response = await answer(path, {
    method,
    headers: {
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: AbortSignal.timeout(PATIENCE_MILLIS)
  })
  const text = await response.text().catch(() => undefined)
  if (response.ok && text !== undefined) return text === "" ? undefined : JSON.parse(text)
  const refused = refusalOf(response.status, text)
  if (response.status === 401 && token !== undefined) Token.forget("Your session has ended. Log in again.")
  throw refused
}

const answer = async (path: string, request: RequestInit): Promise<Response> => {
  try {
    return await fetch(path, request)
  } catch {
    throw new Unanswered("The desk did not answer. Check the connection.")
  }
}

const refusalOf = (status: number, text: string | undefined): Error => {
  // A 5xx of a proxy or a torn answer says nothing about what happened behind it.
  if (text === undefined || status === 502 || status === 504) return new Unanswered("The desk did not answer.")
  try {
    const { error } = JSON.parse(text) as {
      error: { code: string; message: string; fields?: Record<string, unknown> }
    }
    return new Refused(status, error.code, error.message, fieldsOf(error.fields))
  } catch {
    return status >= 500
      ? new Unanswered(`The desk answered with an error (${status}).`)
      : new Refused(status, "UNREADABLE", `The desk refused (${status}).`, {})
  }
}

const fieldsOf = (fields: Record<string, unknown> | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : String(value)])
  )

/** `T` is the contract's word for the answer: same build, same shapes. */
export const get = async <T>(path: string): Promise<T> => (await call("GET", path)) as T
export const post = async <T>(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<T> =>
  (await call("POST", path, { body, ...(headers === undefined ? {} : { headers }) })) as T
export const put = async <T>(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<T> =>
  (await call("PUT", path, { body, ...(headers === undefined ? {} : { headers }) })) as T
export const patch = async <T>(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<T> =>
  (await call("PATCH", path, { body, ...(headers === undefined ? {} : { headers }) })) as T
export const remove = async <T>(path: string): Promise<T> => (await call("DELETE", path)) as T

/** Whether what was asked may have happened all the same: no answer came, or a failure on the desk's side that may have come after it. */
export const mayHaveHappened = (error: unknown): boolean =>
  error instanceof Unanswered || (error instanceof Refused && error.status >= 500)

/** One sentence for whatever a call threw. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Refused || error instanceof Unanswered ? error.message : "Something in this page broke. Reload it."
