// Bearer tokens: who is calling, said once at login and believed until it expires.
import { Context, Schema, type Effect } from "effect"
import type { UserId } from "../domain/Ids.ts"

export class TokenExpired extends Schema.TaggedError<TokenExpired>()("TokenExpired", { message: Schema.String }) {}
export class TokenInvalid extends Schema.TaggedError<TokenInvalid>()("TokenInvalid", { message: Schema.String }) {}

export interface Bearer {
  readonly userId: UserId
  readonly email: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** How long a token is good, in milliseconds. */
export const TOKEN_LIFE_MILLIS = 24 * 60 * 60 * 1000

export class Tokens extends Context.Service<
  Tokens,
  {
    readonly issue: (user: { readonly userId: UserId; readonly email: string }) => Effect.Effect<string>
    /** Cheap for a token seen before: it sits on the order path. */
    readonly verify: (token: string) => Effect.Effect<Bearer, TokenExpired | TokenInvalid>
  }
>()("outcry/ports/Tokens") {}
