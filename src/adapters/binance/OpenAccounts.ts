// Which accounts are open, and with whose signature; which are shut, and why. A key that was stored anew or removed, by whatever process, is
// forgotten here within seconds.
import { Clock, Effect, Option, Redacted, type Scope } from "effect"
import type { AccountId } from "../../domain/Ids.ts"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import { sentence, type ShutWhy } from "../../domain/Shut.ts"
import { ExchangeError, NotSent } from "../../ports/Exchange.ts"
import { type ExchangeAccounts, isFinal } from "../../ports/ExchangeAccounts.ts"
import type { Vault } from "../../ports/Vault.ts"
import { type Signer, signerOf } from "./Signing.ts"
import { saysKeyRefused } from "./Verdict.ts"

/** Accounts known at once. */
const MAX_KNOWN = 10_000
/** How often it is looked whether keys and switches are still those that are known. */
const LOOK_EVERY = "1 second"
/** A key that was refused is not tried again before this, unless another one takes its place. */
const REFUSED_FOR_MILLIS = 30_000

interface Known {
  readonly accountId: AccountId
  /** Of its key as it was read; `undefined` where it had none. */
  readonly version: number | undefined
  readonly signer?: Signer
  readonly why?: ShutWhy
  /** Until when it is not tried again. */
  readonly until?: number
}

export interface Options {
  readonly vault: Vault["Service"]
  readonly accounts: ExchangeAccounts["Service"]
  /** As `ExchangeAccounts` calls it. */
  readonly exchange: string
  /** Whether it trades real money, which an account does only where its owner has switched it on. */
  readonly live: boolean
  /** What the exchange says of the account of a key. */
  readonly ask: (
    signer: Signer
  ) => Effect.Effect<{ readonly canTrade: boolean; readonly uid: number | string | bigint }, ExchangeError>
}

export interface OpenAccounts {
  /** Its key is read, its account there is known, and nobody else here trades it. */
  readonly open: (accountId: AccountId) => Effect.Effect<void, ExchangeError>
  readonly signerFor: (accountId: AccountId) => Effect.Effect<Signer, ExchangeError>
  readonly shut: (accountId: AccountId) => ShutWhy | undefined
  /** Of an open account. */
  readonly accountOf: (apiKey: string) => AccountId | undefined
  /** Shuts the account where the call says that its key is none any more. */
  readonly watched: <A, R>(
    accountId: AccountId,
    call: Effect.Effect<A, ExchangeError, R>
  ) => Effect.Effect<A, ExchangeError, R>
  /** Calls back once the account is no longer open as it is now, for as long as the scope lives. */
  readonly onForgotten: (accountId: AccountId, listener: () => void) => Effect.Effect<void, never, Scope.Scope>
}

export const make = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<OpenAccounts, never, Scope.Scope> {
  const { accounts, ask, exchange, live, vault } = options
  const clock = yield* Clock.Clock
  const known = new LeastRecent<AccountId, Known>(MAX_KNOWN)
  const owners = new LeastRecent<string, AccountId>(MAX_KNOWN)
  const listeners = new Map<AccountId, Set<() => void>>()
  let switchedOn: ReadonlySet<AccountId> = new Set()

  const keep = (one: Known) => {
    known.set(one.accountId, one)
    if (one.signer !== undefined) owners.set(Redacted.value(one.signer.apiKey), one.accountId)
  }
  const forget = (accountId: AccountId) => {
    const signer = known.get(accountId)?.signer
    if (signer !== undefined) owners.delete(Redacted.value(signer.apiKey))
    known.delete(accountId)
    for (const listener of listeners.get(accountId) ?? []) listener()
  }
  const versionOf = (accountId: AccountId) =>
    Effect.map(vault.versions([accountId]), (versions) => versions.get(accountId))

  const shutting = (of: Omit<Known, "why">, why: ShutWhy) => {
    keep({ ...of, why })
    return notSent(sentence(why))
  }

  const readAndAsk = Effect.fnUntraced(function* (accountId: AccountId) {
    const version = yield* Effect.catch(versionOf(accountId), ({ message }) => notSent(message))
    const before = known.get(accountId)
    const now = clock.currentTimeMillisUnsafe()
    if (before?.why !== undefined && before.version === version && now < (before.until ?? 0)) {
      return yield* notSent(sentence(before.why))
    }
    const of = { accountId, version }
    const later = { ...of, until: now + REFUSED_FOR_MILLIS }
    const keys = yield* Effect.catch(vault.get(accountId), ({ message, unreadable }) =>
      unreadable === true ? shutting(later, "keyUnreadable") : notSent(message)
    )
    if (Option.isNone(keys)) return yield* shutting(of, "noKey")
    const signer = signerOf(keys.value)
    if (signer === undefined) return yield* shutting(later, "keyUnreadable")
    const { canTrade, uid } = yield* Effect.catchIf(ask(signer), saysKeyRefused, () => shutting(later, "keyRefused"))
    if (!canTrade) return yield* shutting(later, "mayNotTrade")
    yield* Effect.catch(accounts.bind(accountId, exchange, String(uid)), (error) =>
      isFinal(error) ? shutting(later, "taken") : notSent(error.message)
    )
    if (live)
      switchedOn = new Set([
        ...switchedOn,
        ...(yield* Effect.catch(accounts.live([accountId]), ({ message }) => notSent(message)))
      ])
    // Read again where there was none before: what came meanwhile is known now.
    keep({
      accountId,
      signer,
      version: version ?? (yield* Effect.catch(versionOf(accountId), ({ message }) => notSent(message)))
    })
  })

  const look = Effect.gen(function* () {
    const before = [...known.values()]
    if (before.length === 0) return
    const ids = before.map(({ accountId }) => accountId)
    const versions = yield* vault.versions(ids)
    for (const one of before) {
      const { accountId, version } = one
      // What was read anew meanwhile is judged by the next look.
      if (known.get(accountId) !== one || versions.get(accountId) === version) continue
      forget(accountId)
      if (!versions.has(accountId)) keep({ accountId, version: undefined, why: "noKey" })
    }
    if (live) switchedOn = yield* accounts.live(ids)
  })
  yield* Effect.forkScoped(
    Effect.sleep(LOOK_EVERY).pipe(
      Effect.andThen(look),
      Effect.catch((error) => Effect.logWarning("the stored keys could not be looked at; it is tried again", error)),
      Effect.forever
    )
  )

  return {
    open: (accountId) =>
      Effect.suspend(() => (known.get(accountId)?.signer === undefined ? readAndAsk(accountId) : Effect.void)),
    signerFor: (accountId) =>
      Effect.suspend(() => {
        const { signer, why } = known.get(accountId) ?? {}
        if (signer !== undefined) return Effect.succeed(signer)
        return notSent(why === undefined ? "The account is not connected to Binance yet." : sentence(why))
      }),
    shut: (accountId) => {
      const { signer, why } = known.get(accountId) ?? {}
      if (why !== undefined) return why
      return live && signer !== undefined && !switchedOn.has(accountId) ? "notLive" : undefined
    },
    accountOf: (apiKey) => owners.get(apiKey),
    watched: (accountId, call) =>
      Effect.tapError(call, (error) =>
        Effect.sync(() => {
          const one = known.get(accountId)
          if (one?.signer === undefined || !saysKeyRefused(error)) return
          forget(accountId)
          const until = clock.currentTimeMillisUnsafe() + REFUSED_FOR_MILLIS
          keep({ accountId, version: one.version, why: "keyRefused", until })
        })
      ),
    onForgotten: (accountId, listener) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const mine = listeners.get(accountId) ?? new Set()
          listeners.set(accountId, mine.add(listener))
        }),
        () =>
          Effect.sync(() => {
            const mine = listeners.get(accountId)
            mine?.delete(listener)
            if (mine?.size === 0) listeners.delete(accountId)
          })
      )
  }
})

const notSent = (message: string) => Effect.fail(new ExchangeError({ reason: new NotSent({ message }) }))
