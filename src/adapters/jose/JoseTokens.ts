// Tokens as JWTs, HS256, signed with the installation's own key.
import { Clock, Effect, Layer } from "effect"
import { errors, jwtVerify, SignJWT } from "jose"
import { UserId } from "../../domain/Ids.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import { Secret } from "../../ports/Secret.ts"
import { type Bearer, TOKEN_LIFE_MILLIS, TokenExpired, TokenInvalid, Tokens } from "../../ports/Tokens.ts"

/** Tokens remembered as genuine; beyond it the one unused for longest is checked anew. */
const REMEMBERED = 10_000
/** A genuine token of ours is a third of this. */
const MAX_LENGTH = 2_048
const ALGORITHM = "HS256"

const expired = new TokenExpired({ message: "The token has expired. Log in again." })
const invalid = new TokenInvalid({ message: "The token is not one of this desk. Log in again." })

export const layer: Layer.Layer<Tokens, never, Secret> = Layer.effect(
  Tokens,
  Effect.gen(function* () {
    const { signingKey } = yield* Secret
    const genuine = new LeastRecent<string, Bearer>(REMEMBERED)

    const check = Effect.fnUntraced(function* (token: string, now: number) {
      if (token.length > MAX_LENGTH) return yield* invalid
      const { payload } = yield* Effect.tryPromise({
        try: () =>
          jwtVerify(token, signingKey, {
            algorithms: [ALGORITHM],
            requiredClaims: ["sub", "exp", "email"],
            currentDate: new Date(now) // tidy-ok: jose wants a Date; the time is the Clock's
          }),
        catch: (cause) => (cause instanceof errors.JWTExpired ? expired : invalid)
      })
      const { email, exp, sub } = payload
      if (typeof email !== "string" || sub === undefined || exp === undefined) return yield* invalid
      const bearer: Bearer = { userId: UserId.make(sub), email, expiresAt: exp * 1000 }
      genuine.set(token, bearer)
      return bearer
    })

    return {
      issue: Effect.fnUntraced(function* ({ email, userId }) {
        const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
        const token = new SignJWT({ email })
          .setProtectedHeader({ alg: ALGORITHM })
          .setSubject(userId)
          .setIssuedAt(seconds)
          .setExpirationTime(seconds + TOKEN_LIFE_MILLIS / 1000)
        return yield* Effect.promise(() => token.sign(signingKey))
      }),
      verify: (token) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const known = genuine.get(token)
          if (known === undefined) return check(token, now)
          if (known.expiresAt > now) return Effect.succeed(known)
          genuine.delete(token)
          return Effect.fail(expired)
        })
    }
  })
)
