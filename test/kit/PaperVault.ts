// Keys to the paper exchange for whoever asks: what a desk needs to trade there over its wire.
import { Effect, Layer, Option, Redacted } from "effect"
import { Venue } from "../../src/adapters/paper/Venue.ts"
import type { AccountId } from "../../src/domain/Ids.ts"
import { freshHmacKey, PaperKeys } from "../../src/ports/PaperKeys.ts"
import { Vault } from "../../src/ports/Vault.ts"

const UNIT = 100_000_000n

/** A vault in which every account finds a key, to an account of 100,000 USDT and 1 BTC that is opened for it. */
export const generous = Layer.effect(
  Vault,
  Effect.gen(function* () {
    const venue = yield* Venue
    const keys = yield* PaperKeys
    const { get, put } = yield* Vault
    const made = Effect.fnUntraced(function* (account: AccountId) {
      const balances = [
        { asset: "USDT", amount: 100_000n * UNIT },
        { asset: "BTC", amount: UNIT }
      ]
      yield* venue.execute({ _tag: "OpenAccount", account, balances })
      const key = yield* freshHmacKey({ account, label: "", mayRead: true, mayTrade: true, createdAt: 0 })
      yield* keys.add(key)
      const pair = { apiKey: Redacted.make(key.keyId), secretKey: key.material.secret }
      yield* put(account, pair)
      return Option.some(pair)
    })
    return {
      put,
      get: (account: AccountId) =>
        Effect.flatMap(get(account), (known) =>
          Option.isSome(known) ? Effect.succeed(known) : Effect.orDie(made(account))
        )
    }
  })
).pipe(Layer.provide(Vault.layerMemory))
