// The token of whoever is logged in, kept over reloads.
import { signal } from "@preact/signals"

export interface Identity {
  readonly token: string
  readonly user: { readonly id: string; readonly email: string }
}

const KEY = "outcry.session"

/** Milliseconds since the epoch at which a JWT ends; `undefined` where it does not say. */
export const expiryOf = (token: string): number | undefined => {
  try {
    const payload = token.split(".")[1] ?? ""
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { readonly exp?: unknown }
    return typeof claims.exp === "number" ? claims.exp * 1_000 : undefined
  } catch {
    return undefined
  }
}

const read = (): Identity | undefined => {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Identity | null
    return typeof stored?.token === "string" && typeof stored.user?.email === "string" ? stored : undefined
  } catch {
    return undefined
  }
}

export const identity = signal<Identity | undefined>(typeof localStorage === "undefined" ? undefined : read())

/** Why the login page is showing, when it is not by choice. */
export const farewell = signal<string | undefined>(undefined)

export const keep = (next: Identity): void => {
  localStorage.setItem(KEY, JSON.stringify(next))
  farewell.value = undefined
  identity.value = next
}

export const forget = (why?: string): void => {
  localStorage.removeItem(KEY)
  farewell.value = why
  identity.value = undefined
}
