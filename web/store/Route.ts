// Where in the page we are: `/login` and `/trade/:symbol`, kept in the address.
import { signal } from "@preact/signals"

export type Route =
  | { readonly page: "login" }
  /** Without a symbol: the first one the desk trades. */
  | { readonly page: "trade"; readonly symbol: string | undefined }

export const parse = (path: string): Route => {
  if (path === "/login") return { page: "login" }
  const symbol = /^\/trade\/([A-Za-z0-9]{1,20})\/?$/.exec(path)?.[1]
  return { page: "trade", symbol: symbol?.toUpperCase() }
}

const pathOf = (route: Route): string =>
  route.page === "login" ? "/login" : route.symbol === undefined ? "/" : `/trade/${route.symbol}`

export const route = signal<Route>(typeof location === "undefined" ? { page: "login" } : parse(location.pathname))

/** Where the person wanted to be before the login page came in between. */
let wanted: Route = { page: "trade", symbol: undefined }

export const afterLogin = (): Route => wanted

export const go = (next: Route, replace = false): void => {
  const path = pathOf(next)
  if (path !== location.pathname) history[replace ? "replaceState" : "pushState"](null, "", path)
  route.value = next
}

export const toLogin = (): void => {
  const now = route.peek()
  if (now.page === "login") return
  wanted = now
  go({ page: "login" }, true)
}

export const listen = (): void => addEventListener("popstate", () => (route.value = parse(location.pathname)))
