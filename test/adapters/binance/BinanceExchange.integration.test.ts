// The desk's door to Binance against the paper exchange's own wire, over real sockets: every card of the suite that all exchanges pass.
import { Effect, Layer, Option, Redacted } from "effect"
import * as BinanceExchange from "../../../src/adapters/binance/BinanceExchange.ts"
import { Venue } from "../../../src/adapters/paper/Venue.ts"
import { WireServer } from "../../../src/adapters/paper/wire/WireServer.ts"
import type { AccountId } from "../../../src/domain/Ids.ts"
import { ExchangeAccounts } from "../../../src/ports/ExchangeAccounts.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import { freshHmacKey, PaperKeys } from "../../../src/ports/PaperKeys.ts"
import { Vault } from "../../../src/ports/Vault.ts"
import * as Paper from "../../kit/Paper.ts"
import * as Settings from "../../kit/Settings.ts"
import { exchangeSuite } from "../../suites/exchange.ts"

const UNIT = 100_000_000n

/** A vault in which every account finds a key, to an account of 100,000 USDT and 1 BTC that is opened for it. */
const generous = Layer.effect(
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

const wired = Layer.unwrap(
  Effect.map(WireServer, ({ url }) =>
    BinanceExchange.layer.pipe(
      Layer.provide(
        Settings.layer({ EXCHANGE: "binance", BINANCE_REST_URL: url, BINANCE_WS_API_URL: url.replace("http", "ws") })
      )
    )
  )
)

exchangeSuite(
  "binance",
  Layer.suspend(() =>
    wired.pipe(
      Layer.provide(generous),
      Layer.provide(ExchangeAccounts.layerMemory),
      Layer.provide(WireServer.layer({ port: 0, host: "127.0.0.1", limits: false })),
      Layer.provide(PaperKeys.layerMemory),
      // The venue that the wire shows, beside the market that the cards move.
      Layer.provideMerge(Paper.life(new Store()))
    )
  )
)
