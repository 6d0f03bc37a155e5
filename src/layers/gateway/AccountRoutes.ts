// A person's accounts: more of them, their exchange keys, and the switch for real money. All but the list is for owners.
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Config } from "../../Config.ts"
import { Api, CurrentCaller } from "../../contract/Http.ts"
import { AccountId } from "../../domain/Ids.ts"
import { ExchangeAccounts, isFinal, MOVED, type NotBound } from "../../ports/ExchangeAccounts.ts"
import { KeyCheck } from "../../ports/KeyCheck.ts"
import { MAX_ACCOUNTS, Users } from "../../ports/Users.ts"
import { Vault } from "../../ports/Vault.ts"
import { Access } from "./Access.ts"
import { FreshIds } from "./FreshIds.ts"
import { checked, keysOf, keysWanted, type GivenKeys } from "./KeyEntry.ts"
import { Limits } from "./Limits.ts"
import { opener } from "./OpenAccount.ts"
import { type Refusal, refuse, storeAway } from "./Refusal.ts"

type TieRefusal = Refusal<"EXCHANGE_ACCOUNT_MOVED" | "EXCHANGE_ACCOUNT_TAKEN"> | Refusal<"JOURNAL_UNAVAILABLE">

const tieRefused = (error: NotBound): Effect.Effect<never, TieRefusal> => {
  const { message } = error
  if (!isFinal(error)) return storeAway()
  const code = message === MOVED ? "EXCHANGE_ACCOUNT_MOVED" : "EXCHANGE_ACCOUNT_TAKEN"
  return refuse(code, message, { binanceApiKey: message })
}

const make = Effect.gen(function* () {
  const access = yield* Access
  const keyCheck = yield* KeyCheck
  const { exchange } = yield* Config
  const vault = yield* Vault
  const owned = Effect.fnUntraced(function* (named: string) {
    return yield* access.account(yield* CurrentCaller, named, "own")
  })

  /** Keys that the exchange finds good; none on a desk that wants none. */
  const entered = Effect.fnUntraced(function* (given: GivenKeys) {
    const keys = yield* keysOf(given)
    if (exchange === "binance" && keys === undefined) return yield* keysWanted
    const known =
      keys === undefined ? undefined : yield* Effect.provideService(checked(keys, given), KeyCheck, keyCheck)
    return { keys, known }
  })
  return { access, owned, entered, exchange, vault }
})

export const layer = HttpApiBuilder.group(
  Api,
  "accounts",
  Effect.fnUntraced(function* (group) {
    const { access, entered, exchange, owned, vault } = yield* make
    const accounts = yield* ExchangeAccounts
    const { environment } = yield* Config
    const limits = yield* Limits
    const users = yield* Users
    const ids = new FreshIds()
    const open = yield* opener(ids)

    return group.handleAll({
      list: Effect.fnUntraced(function* () {
        const mine = yield* access.memberships((yield* CurrentCaller).userId)
        const all = mine.map(({ accountId }) => accountId)
        const versions = yield* Effect.catch(vault.versions(all), storeAway)
        const live = yield* Effect.catch(accounts.live(all), storeAway)
        return {
          environment,
          accounts: mine.map((one) => ({
            ...one,
            keysStored: versions.has(one.accountId),
            live: live.has(one.accountId)
          }))
        }
      }),

      add: Effect.fnUntraced(function* ({ payload, request }) {
        yield* limits.auth(request)
        const { userId } = yield* CurrentCaller
        const { keys, known } = yield* entered(payload)
        const createdAt = yield* Clock.currentTimeMillis
        const accountId = AccountId.make(ids.uuid(createdAt))
        const tie = known === undefined ? {} : { tie: { exchange: known.exchange, uid: known.uid } }
        yield* users
          .addAccount({ userId, createdAt, account: { accountId, name: payload.name, exchange, ...tie } })
          .pipe(
            Effect.catchTags({
              NotBound: tieRefused,
              TooManyAccounts: () =>
                refuse(
                  "TOO_MANY_ACCOUNTS",
                  `You have ${MAX_ACCOUNTS} accounts, which is as many as one person can have.`
                ),
              UsersError: storeAway
            })
          )
        yield* access.forget(userId)
        if (keys !== undefined) {
          yield* Effect.catch(vault.put(accountId, keys), () =>
            refuse("JOURNAL_UNAVAILABLE", "The account is there, but its keys could not be stored: store them again.")
          )
        }
        yield* open(userId, accountId, createdAt)
        return { accountId: accountId as string, name: payload.name, warnings: known?.warnings ?? [] }
      }),

      putKeys: Effect.fnUntraced(function* ({ params, payload, request }) {
        yield* limits.auth(request)
        const accountId = yield* owned(params.accountId)
        const { keys, known } = yield* entered(payload)
        if (keys === undefined) return yield* keysWanted
        if (known !== undefined) yield* Effect.catch(accounts.bind(accountId, known.exchange, known.uid), tieRefused)
        yield* Effect.catch(vault.put(accountId, keys), storeAway)
        yield* open((yield* CurrentCaller).userId, accountId, yield* Clock.currentTimeMillis)
        return { warnings: known?.warnings ?? [] }
      }),

      removeKeys: Effect.fnUntraced(function* ({ params }) {
        const accountId = yield* owned(params.accountId)
        return { removed: yield* Effect.catch(vault.remove(accountId), storeAway) }
      }),

      setLive: Effect.fnUntraced(function* ({ params, payload }) {
        const accountId = yield* owned(params.accountId)
        if (payload.live && environment !== "live") return yield* refuse("BAD_REQUEST", NOT_REAL, { live: NOT_REAL })
        yield* Effect.catch(accounts.setLive(accountId, payload.live), ({ message }) =>
          refuse("BAD_REQUEST", message, { live: message })
        )
        return { live: payload.live }
      })
    })
  })
)

const NOT_REAL =
  "This desk does not trade real money: that takes BINANCE_ENV=live and BINANCE_LIVE=real-money in its configuration, and then this switch."
