// Which account of the exchange each of our accounts trades: one each, for good. Two that shared one would both count its orders as theirs.
import { Context, Effect, Layer, Schema } from "effect"
import type { AccountId } from "../domain/Ids.ts"

/** A sentence for whoever runs the desk; the account cannot trade. */
export class NotBound extends Schema.TaggedError<NotBound>()("NotBound", { message: Schema.String }) {}

export const TAKEN =
  "Another account of this desk trades that exchange account already: one of ours each. Use the key of another one."
export const MOVED =
  "This account has traded another exchange account before, and its books are about that one. Use the key it had, or register anew."

export const UNTIED =
  "This account is not connected to one at an exchange yet, so there is nothing to switch on. Store its key first."

/** Told by the rules, where anything else is a store that failed. */
export const isFinal = ({ message }: NotBound): boolean => message === TAKEN || message === MOVED

export class ExchangeAccounts extends Context.Service<
  ExchangeAccounts,
  {
    /** Ties the account to `uid` at `exchange` ("binance testnet"). Repeating it changes nothing; anything else is refused. */
    readonly bind: (accountId: AccountId, exchange: string, uid: string) => Effect.Effect<void, NotBound>
    /** Which of these may trade real money: those whose owner has switched it on. */
    readonly live: (accountIds: ReadonlyArray<AccountId>) => Effect.Effect<ReadonlySet<AccountId>, NotBound>
    /** Fails where the account is not tied to one at an exchange yet. */
    readonly setLive: (accountId: AccountId, live: boolean) => Effect.Effect<void, NotBound>
    /** Fails where an account was opened by a desk that traded elsewhere. */
    readonly onlyOf: (exchange: "paper" | "binance") => Effect.Effect<void, NotBound>
  }
>()("outcry/ports/ExchangeAccounts") {
  /** For tests: as many as there are accounts. */
  static readonly layerMemory = Layer.effect(
    ExchangeAccounts,
    Effect.sync(() => {
      const bound = new Map<AccountId, string>()
      const live = new Set<AccountId>()
      return {
        onlyOf: () => Effect.void,
        live: (accountIds: ReadonlyArray<AccountId>) =>
          Effect.sync(() => new Set(accountIds.filter((id) => live.has(id)))),
        setLive: (accountId: AccountId, on: boolean) =>
          Effect.suspend(() => {
            if (!bound.has(accountId)) return Effect.fail(new NotBound({ message: UNTIED }))
            if (on) live.add(accountId)
            else live.delete(accountId)
            return Effect.void
          }),
        bind: (accountId: AccountId, exchange: string, uid: string) =>
          Effect.suspend(() => {
            const wanted = `${exchange} ${uid}`
            const known = bound.get(accountId)
            if (known !== undefined && known !== wanted) return Effect.fail(new NotBound({ message: MOVED }))
            for (const [other, its] of bound) {
              if (its === wanted && other !== accountId) return Effect.fail(new NotBound({ message: TAKEN }))
            }
            bound.set(accountId, wanted)
            return Effect.void
          })
      }
    })
  )
}
