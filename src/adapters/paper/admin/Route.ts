// One thing the administrator can ask for.
import type { Effect } from "effect"
import type { HttpServerRequest } from "effect/http"
import type { Refusal } from "./Refusal.ts"

export interface Asked {
  /** Of the path: `:account`. */
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
}

export interface Route {
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: `/${string}`
  readonly sentence: string
  /** What it answers, as JSON. */
  readonly run: (asked: Asked) => Effect.Effect<unknown, Refusal, HttpServerRequest.HttpServerRequest>
}
