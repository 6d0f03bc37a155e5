// Exchange keys at rest: sealed, bound to their account, never shown again (I12).
import { Context, Effect, Layer, Option, Schema, type Redacted } from "effect"
import type { AccountId } from "../domain/Ids.ts"

export class VaultError extends Schema.TaggedError<VaultError>()("VaultError", { message: Schema.String }) {}

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
  }
>()("outcry/ports/Vault") {
  /** For tests: keys live as long as the process, unsealed, since they never reach a disk. */
  static readonly layerMemory = Layer.effect(
    Vault,
    Effect.sync(() => {
      const sealed = new Map<AccountId, ExchangeKeys>()
      return {
        put: (accountId: AccountId, keys: ExchangeKeys) => Effect.sync(() => void sealed.set(accountId, keys)),
        get: (accountId: AccountId) => Effect.sync(() => Option.fromUndefinedOr(sealed.get(accountId)))
      }
    })
  )
}
