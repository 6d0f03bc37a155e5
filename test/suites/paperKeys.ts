// What every store of the paper exchange's keys does, wherever it keeps them.
import { assert, type Vitest } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import {
  freshHmacKey,
  freshKeyText,
  MAX_KEYS_PER_ACCOUNT,
  type PaperKey,
  PaperKeys
} from "../../src/ports/PaperKeys.ts"
import { freshAccount } from "../kit/Messages.ts"

export const hmacKeyOf = (account: string) =>
  freshHmacKey({ account, label: "a bot", mayRead: true, mayTrade: true, createdAt: 1_722_470_400_000 })

/** Secrets as plain text, to compare them. */
const plain = (key: PaperKey) => ({
  ...key,
  material: key.material.kind === "HMAC" ? Redacted.value(key.material.secret) : key.material.publicKey
})

export const paperKeysSuite = (it: Vitest.MethodsNonLive<PaperKeys>): void => {
  it.effect("gives back a key as it was added, whatever its kind", () =>
    Effect.gen(function* () {
      const keys = yield* PaperKeys
      const account = freshAccount()
      const hmac = yield* hmacKeyOf(account)
      const ed25519: PaperKey = {
        ...hmac,
        keyId: yield* freshKeyText,
        createdAt: hmac.createdAt + 1,
        mayTrade: false,
        mayWithdraw: true,
        addresses: ["192.0.2.1", "2001:db8::1"],
        material: { kind: "ED25519", publicKey: "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n" }
      }
      yield* keys.add(hmac)
      yield* keys.add(ed25519)
      const found = Option.getOrThrow(yield* keys.find(hmac.keyId))
      assert.deepStrictEqual(plain(found), plain(hmac))
      assert.deepStrictEqual((yield* keys.list(account)).map(plain), [hmac, ed25519].map(plain))
      assert.isTrue(Option.isNone(yield* keys.find(yield* freshKeyText)))
    })
  )

  it.effect("makes ids and secrets of 64 letters and digits, never twice the same", () =>
    Effect.gen(function* () {
      const { keyId, material } = yield* hmacKeyOf("anybody")
      assert.match(keyId, /^[A-Za-z0-9]{64}$/)
      assert.match(Redacted.value(material.secret), /^[A-Za-z0-9]{64}$/)
      assert.notStrictEqual(keyId, Redacted.value(material.secret))
    })
  )

  it.effect("refuses an id that is taken, and the 31st key of an account", () =>
    Effect.gen(function* () {
      const keys = yield* PaperKeys
      const account = freshAccount()
      const first = yield* hmacKeyOf(account)
      yield* keys.add(first)
      assert.match((yield* Effect.flip(keys.add({ ...first, account: freshAccount() }))).message, /in use already/)
      for (let n = 1; n < MAX_KEYS_PER_ACCOUNT; n++) yield* keys.add(yield* hmacKeyOf(account))
      assert.match((yield* Effect.flip(keys.add(yield* hmacKeyOf(account)))).message, /30 keys/)
    })
  )

  it.effect("revokes a key for its own account only, and says so to whoever listens", () =>
    Effect.gen(function* () {
      const keys = yield* PaperKeys
      const account = freshAccount()
      const key = yield* hmacKeyOf(account)
      yield* keys.add(key)
      const heard: Array<string> = []
      const undo = keys.onRevoked((keyId) => heard.push(keyId))
      assert.isFalse(yield* keys.revoke(freshAccount(), key.keyId))
      assert.deepStrictEqual(heard, [])
      assert.isTrue(yield* keys.revoke(account, key.keyId))
      assert.deepStrictEqual(heard, [key.keyId])
      assert.isTrue(Option.isNone(yield* keys.find(key.keyId)))
      undo()
    })
  )
}
