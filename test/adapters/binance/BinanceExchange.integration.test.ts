// The desk's door to Binance against the paper exchange's own wire, over real sockets: every card of the suite that all exchanges pass.
import { Effect, Layer } from "effect"
import * as BinanceExchange from "../../../src/adapters/binance/BinanceExchange.ts"
import { WireServer } from "../../../src/adapters/paper/wire/WireServer.ts"
import { ExchangeAccounts } from "../../../src/ports/ExchangeAccounts.ts"
import { Store } from "../../../src/ports/MemoryPaperJournal.ts"
import { PaperKeys } from "../../../src/ports/PaperKeys.ts"
import * as Paper from "../../kit/Paper.ts"
import { generous } from "../../kit/PaperVault.ts"
import * as Settings from "../../kit/Settings.ts"
import { exchangeSuite } from "../../suites/exchange.ts"

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
