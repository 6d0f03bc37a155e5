// Keys to the paper exchange for whoever asks: what a desk needs to trade there over its wire.
import { Effect, Layer, Option, Redacted } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { Venue } from "../../src/adapters/paper/Venue.ts"
import type { AccountId } from "../../src/domain/Ids.ts"
import { freshHmacKey, freshKeyText, type PaperKey, PaperKeys, PLAIN_RIGHTS } from "../../src/ports/PaperKeys.ts"
import { Vault } from "../../src/ports/Vault.ts"

const UNIT = 100_000_000n

/** A new key to the account, and its pair as its owner stores it. */
const freshPair = Effect.fnUntraced(function* (account: AccountId, kind: "HMAC" | "ED25519") {
  const of = { account, label: "", mayRead: true, mayTrade: true, createdAt: 0 }
  if (kind === "HMAC") {
    const key = yield* freshHmacKey(of)
    return { key, secretKey: key.material.secret }
  }
  const { privateKey, publicKey } = generateKeyPairSync("ed25519")
  const material = { kind, publicKey: String(publicKey.export({ type: "spki", format: "pem" })) }
  const key: PaperKey = { ...of, ...PLAIN_RIGHTS, keyId: yield* freshKeyText, material }
  return { key, secretKey: Redacted.make(String(privateKey.export({ type: "pkcs8", format: "pem" }))) }
})

/** A vault in which every account finds a key, to an account of 100,000 USDT and 1 BTC that is opened for it. */
export const generousOf = (kind: "HMAC" | "ED25519") =>
  Layer.effect(
    Vault,
    Effect.gen(function* () {
      const venue = yield* Venue
      const keys = yield* PaperKeys
      const { get, put, ...rest } = yield* Vault
      const made = Effect.fnUntraced(function* (account: AccountId) {
        const balances = [
          { asset: "USDT", amount: 100_000n * UNIT },
          { asset: "BTC", amount: UNIT }
        ]
        yield* venue.execute({ _tag: "OpenAccount", account, balances })
        const { key, secretKey } = yield* freshPair(account, kind)
        yield* keys.add(key)
        const pair = { apiKey: Redacted.make(key.keyId), secretKey }
        yield* put(account, pair)
        return Option.some(pair)
      })
      return {
        ...rest,
        put,
        get: (account: AccountId) =>
          Effect.flatMap(get(account), (known) =>
            Option.isSome(known) ? Effect.succeed(known) : Effect.orDie(made(account))
          )
      }
    })
  ).pipe(Layer.provide(Vault.layerMemory))

export const generous = generousOf("HMAC")
