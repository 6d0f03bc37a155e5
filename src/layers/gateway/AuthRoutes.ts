// Registration, login, and the check of the token that both hand out.
import { Clock, Effect, Layer, Option, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Config } from "../../Config.ts"
import { Api, Authorization, CurrentCaller } from "../../contract/Http.ts"
import { AccountId, UserId } from "../../domain/Ids.ts"
import { KeyCheck } from "../../ports/KeyCheck.ts"
import { Tokens } from "../../ports/Tokens.ts"
import { Users } from "../../ports/Users.ts"
import { Vault } from "../../ports/Vault.ts"
import { FreshIds } from "./FreshIds.ts"
import { checked, keysOf, keysWanted } from "./KeyEntry.ts"
import { Limits } from "./Limits.ts"
import { opener } from "./OpenAccount.ts"
import { Passwords } from "./Passwords.ts"
import { refuse, storeAway } from "./Refusal.ts"

const LOGIN_FAILED = "E-mail or password is wrong."
const notSaved = () =>
  refuse("JOURNAL_UNAVAILABLE", "The desk cannot reach its store right now. Nothing was saved; try again shortly.")

const taken = refuse("EMAIL_TAKEN", "That e-mail address is registered already. Log in instead.", {
  email: "registered already"
})

const handlers = HttpApiBuilder.group(
  Api,
  "auth",
  Effect.fnUntraced(function* (group) {
    const limits = yield* Limits
    const passwords = yield* Passwords
    const tokens = yield* Tokens
    const users = yield* Users
    const vault = yield* Vault
    const keyCheck = yield* KeyCheck
    const { exchange } = yield* Config
    const ids = new FreshIds()
    const open = yield* opener(ids)

    const signed = Effect.fnUntraced(function* (user: { readonly userId: UserId; readonly email: string }) {
      return { token: yield* tokens.issue(user), user: { id: user.userId as string, email: user.email } }
    })

    return group.handleAll({
      register: Effect.fn("Gateway.register")(function* ({ payload, request }) {
        yield* limits.auth(request)
        const keys = yield* keysOf(payload)
        if (exchange === "binance" && keys === undefined) return yield* keysWanted
        const email = payload.email.toLowerCase()
        if (keys !== undefined && Option.isSome(yield* Effect.catch(users.byEmail(email), storeAway)))
          return yield* taken
        const known =
          keys === undefined ? undefined : yield* Effect.provideService(checked(keys, payload), KeyCheck, keyCheck)
        const passwordHash = yield* passwords.hash(payload.password)
        const createdAt = yield* Clock.currentTimeMillis
        const userId = UserId.make(ids.uuid(createdAt))
        const accountId = AccountId.make(ids.uuid(createdAt))
        const account = {
          accountId,
          name: "Main",
          exchange,
          ...(known === undefined ? {} : { tie: { exchange: known.exchange, uid: known.uid } })
        }
        yield* users.register({ userId, email, passwordHash, createdAt, account }).pipe(
          Effect.catchTags({
            EmailTaken: () => taken,
            NotBound: ({ message }) => refuse("EXCHANGE_ACCOUNT_TAKEN", message, { binanceApiKey: message }),
            UsersError: notSaved
          })
        )
        if (keys !== undefined) {
          yield* Effect.catch(vault.put(accountId, keys), () =>
            refuse("JOURNAL_UNAVAILABLE", "You are registered, but the exchange keys could not be stored. Log in.")
          )
        }
        yield* open(userId, accountId, createdAt)
        const warnings = known?.warnings ?? []
        return { ...(yield* signed({ userId, email })), ...(warnings.length === 0 ? {} : { warnings }) }
      }),
      login: Effect.fn("Gateway.login")(function* ({ payload, request }) {
        yield* limits.auth(request)
        const user = yield* Effect.catch(users.byEmail(payload.email.toLowerCase()), storeAway)
        const stored = Option.map(user, ({ passwordHash }) => passwordHash)
        const right = yield* passwords.verify(payload.password, stored)
        if (!right || Option.isNone(user)) return yield* refuse("LOGIN_FAILED", LOGIN_FAILED)
        // For one whose registration was cut short: a repeat changes nothing.
        const [own] = yield* Effect.catch(users.memberships(user.value.userId), storeAway)
        if (own?.role === "owner") yield* open(user.value.userId, own.accountId, yield* Clock.currentTimeMillis)
        return yield* signed(user.value)
      })
    })
  })
)

const authorization = Layer.effect(
  Authorization,
  Effect.map(Tokens, (tokens) =>
    Authorization.of({
      bearer: (app, { credential }) => {
        const token = Redacted.value(credential)
        if (token === "") {
          return refuse("UNAUTHORIZED", "Log in first, and send the token: Authorization: Bearer <token>.")
        }
        return tokens.verify(token).pipe(
          Effect.matchEffect({
            onFailure: ({ _tag, message }) =>
              refuse(_tag === "TokenExpired" ? "TOKEN_EXPIRED" : "TOKEN_INVALID", message),
            onSuccess: (caller) => Effect.provideService(app, CurrentCaller, caller)
          })
        )
      }
    })
  )
)

/** The handlers of `/auth`, and the middleware that everything private asks. */
export const layer = Layer.mergeAll(handlers, authorization)
