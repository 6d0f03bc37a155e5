// Exchange keys at rest: sealed, bound to their account, never shown again (I12).
import { Context, Effect, Layer, Option, Schema, type Redacted } from "effect"
import type { AccountId } from "../domain/Ids.ts"

export class VaultError extends Schema.TaggedError<VaultError>()("VaultError", {
  message: Schema.String,
  /** There are keys, but not to be read: waiting does not help. */
  unreadable: Schema.optionalKey(Schema.Boolean)
}) {}

export interface ExchangeKeys {
  readonly apiKey: Redacted.Redacted
  readonly secretKey: Redacted.Redacted
}

export class Vault extends Context.Service<
  Vault,
  {
    /** Replaces the account's keys. */
    readonly put: (accountId: AccountId, keys: ExchangeKeys) => Effect.Effect<void, VaultError>
    /** Fails where the stored keys were not sealed for this account by this secret. */
    readonly get: (accountId: AccountId) => Effect.Effect<Option.Option<ExchangeKeys>, VaultError>
    /** Whether there were any. */
    readonly remove: (accountId: AccountId) => Effect.Effect<boolean, VaultError>
    /** Of those that have keys: a number, larger each time that they are replaced. The keys themselves are not read. */
    readonly versions: (
      accountIds: ReadonlyArray<AccountId>
    ) => Effect.Effect<ReadonlyMap<AccountId, number>, VaultError>
  }
>()("outcry/ports/Vault") {
  /** For tests: keys live as long as the process, unsealed, since they never reach a disk. */
  static readonly layerMemory = Layer.effect(
    Vault,
    Effect.sync(() => {
      const sealed = new Map<AccountId, { readonly keys: ExchangeKeys; readonly version: number }>()
      let puts = 0
      return {
        put: (accountId: AccountId, keys: ExchangeKeys) =>
          Effect.sync(() => void sealed.set(accountId, { keys, version: ++puts })),
        get: (accountId: AccountId) => Effect.sync(() => Option.fromUndefinedOr(sealed.get(accountId)?.keys)),
        remove: (accountId: AccountId) => Effect.sync(() => sealed.delete(accountId)),
        versions: (accountIds: ReadonlyArray<AccountId>) =>
          Effect.sync(
            () =>
              new Map(
                accountIds.flatMap((id) => {
                  const version = sealed.get(id)?.version
                  return version === undefined ? [] : [[id, version] as const]
                })
              )
          )
      }
    })
  )
}
