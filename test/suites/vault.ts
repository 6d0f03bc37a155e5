// What every `Vault` does, wherever it keeps the keys.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { type ExchangeKeys, Vault } from "../../src/ports/Vault.ts"
import { freshAccount } from "../kit/Messages.ts"

export const exchangeKeys = (n: number): ExchangeKeys => ({
  apiKey: Redacted.make(`api-key-${n}`),
  secretKey: Redacted.make(`secret-key-${n}-äöü`)
})

/** Keys as plain text, to compare them. */
export const plain = (keys: Option.Option<ExchangeKeys>): ReadonlyArray<string> | undefined =>
  Option.getOrUndefined(
    Option.map(keys, ({ apiKey, secretKey }) => [Redacted.value(apiKey), Redacted.value(secretKey)])
  )

export const vaultSuite = (it: Vitest.MethodsNonLive<Vault>): void => {
  it.effect("gives back the keys of an account", () =>
    Effect.gen(function* () {
      const vault = yield* Vault
      const account = freshAccount()
      yield* vault.put(account, exchangeKeys(1))
      assert.deepStrictEqual(plain(yield* vault.get(account)), plain(Option.some(exchangeKeys(1))))
    })
  )

  it.effect("has none for an account that never stored any", () =>
    Effect.gen(function* () {
      const vault = yield* Vault
      assert.isTrue(Option.isNone(yield* vault.get(freshAccount())))
    })
  )

  it.effect("replaces the keys of an account, and only of that one", () =>
    Effect.gen(function* () {
      const vault = yield* Vault
      const [account, other] = [freshAccount(), freshAccount()]
      yield* vault.put(account, exchangeKeys(1))
      yield* vault.put(other, exchangeKeys(2))
      yield* vault.put(account, exchangeKeys(3))
      assert.deepStrictEqual(plain(yield* vault.get(account)), plain(Option.some(exchangeKeys(3))))
      assert.deepStrictEqual(plain(yield* vault.get(other)), plain(Option.some(exchangeKeys(2))))
    })
  )

  it.effect("has no keys of an account any more once they were removed", () =>
    Effect.gen(function* () {
      const vault = yield* Vault
      const account = freshAccount()
      assert.isFalse(yield* vault.remove(account))
      yield* vault.put(account, exchangeKeys(1))
      assert.isTrue(yield* vault.remove(account))
      assert.isTrue(Option.isNone(yield* vault.get(account)))
      assert.strictEqual((yield* vault.versions([account])).size, 0)
    })
  )

  it.effect("tells keys that were replaced by their version, without reading them", () =>
    Effect.gen(function* () {
      const vault = yield* Vault
      const [account, other, none] = [freshAccount(), freshAccount(), freshAccount()]
      yield* vault.put(account, exchangeKeys(1))
      yield* vault.put(other, exchangeKeys(2))
      const before = yield* vault.versions([account, other, none])
      assert.deepStrictEqual(new Set(before.keys()), new Set([account, other]))
      yield* vault.put(account, exchangeKeys(1))
      const after = yield* vault.versions([account, other, none])
      assert.isAbove(after.get(account) ?? 0, before.get(account) ?? 0)
      assert.strictEqual(after.get(other), before.get(other))
      assert.strictEqual((yield* vault.versions([])).size, 0)
    })
  )
}
