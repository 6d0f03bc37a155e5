// Data that lives elsewhere: what is known of it, and how far it can be trusted.

/** `live` agrees with the server, `stale` did once, `loading` was never known, `failed` could not be fetched. */
export interface Remote<T> {
  readonly status: "live" | "stale" | "loading" | "failed"
  readonly data?: T
  /** One sentence, when failed. */
  readonly message?: string
}

export const loading = { status: "loading" } as const

export const live = <T>(data: T): Remote<T> => ({ status: "live", data })

/** The last data stays on the screen, marked: an old number is better than none, if it does not look alive. */
export const stale = <T>(remote: Remote<T>): Remote<T> =>
  remote.data === undefined ? remote : { status: "stale", data: remote.data }

export const failed = <T>(remote: Remote<T>, message: string): Remote<T> =>
  remote.data === undefined ? { status: "failed", message } : { status: "stale", data: remote.data, message }
