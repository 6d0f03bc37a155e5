// The market that a paper exchange in another process trades against: it says what a test says, over Binance's public wire, and knows when
// the exchange has heard it.
import { Effect, type Scope } from "effect"
import { WebSocket } from "ws"
import * as Money from "../../src/domain/Money.ts"
import type { Level, MarketMessage } from "../../src/domain/Market.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import * as PublicBinance from "./PublicBinance.ts"

export interface OutsideMarket {
  readonly restUrl: string
  readonly streamUrl: string
  /** Takes what `StillMarket` says; whatever else is asked of it is a mistake of the test. */
  readonly data: MarketData["Service"]
  /** Ends once the exchange knows everything that was said. `wsUrl` is the base of its streams. */
  readonly listen: (wsUrl: string) => Effect.Effect<Effect.Effect<void>, never, Scope.Scope>
}

const symbolRow = (baseAsset: string) => ({
  symbol: `${baseAsset}USDT`,
  status: "TRADING",
  baseAsset,
  quoteAsset: "USDT",
  orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
  icebergAllowed: true,
  ocoAllowed: true,
  otoAllowed: true,
  quoteOrderQtyMarketAllowed: true,
  allowTrailingStop: true,
  cancelReplaceAllowed: true,
  amendAllowed: true,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01000000", maxPrice: "1000000.00000000", tickSize: "0.01000000" },
    { filterType: "LOT_SIZE", minQty: "0.00001000", maxQty: "9000.00000000", stepSize: "0.00001000" },
    { filterType: "ICEBERG_PARTS", limit: 100 },
    { filterType: "MARKET_LOT_SIZE", minQty: "0.00000000", maxQty: "100.00000000", stepSize: "0.00000000" },
    {
      filterType: "TRAILING_DELTA",
      minTrailingAboveDelta: 10,
      maxTrailingAboveDelta: 2000,
      minTrailingBelowDelta: 10,
      maxTrailingBelowDelta: 2000
    },
    { filterType: "NOTIONAL", minNotional: "5.00000000", maxNotional: "9000000.00000000" },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: 200 },
    { filterType: "MAX_NUM_ORDER_AMENDS", maxNumOrderAmends: 10 }
  ]
})

const inUnits = (units: number, decimals: number) =>
  Money.toFixed(Money.divide(Money.decimal(String(units)), Money.decimal(String(10 ** decimals)), decimals), decimals)
/** Ticks of a cent and lots of 0.00001, as `StillMarket` counts. */
const price = (ticks: number) => inUnits(ticks, 2)
const size = (lots: number) => inUnits(lots, 5)
const rows = (levels: ReadonlyArray<Level>) => levels.map(({ lots, ticks }) => [price(ticks), size(lots)])

/** Of a symbol that no card trades: once its newest price is told by the exchange, so is everything that was said before. */
const ECHO = "ETHUSDT"
const FIRST_UPDATE = 100

export const start: Effect.Effect<OutsideMarket, never, Scope.Scope> = Effect.gen(function* () {
  const binance = yield* PublicBinance.start
  const said = { updateId: FIRST_UPDATE, echo: 0, waiting: false }
  const book = { bids: new Map<number, number>(), asks: new Map<number, number>() }
  const state = (side: "bids" | "asks") => [...book[side]].map(([ticks, lots]): Level => ({ ticks, lots }))
  binance.answers.set("/api/v3/time", () => ({ serverTime: Date.now() }))
  binance.answers.set("/api/v3/exchangeInfo", () => ({ symbols: [symbolRow("BTC"), symbolRow("ETH")] }))
  // The echo's book never moves: were it told with the number of the other's, its silent stream would count as stuck, and be opened anew.
  binance.answers.set("/api/v3/depth", (query) =>
    query.get("symbol") === ECHO
      ? { lastUpdateId: FIRST_UPDATE, bids: [], asks: [] }
      : { lastUpdateId: said.updateId, bids: rows(state("bids")), asks: rows(state("asks")) }
  )

  const sayTrade = (symbol: string, id: number, ticks: number, lots: number, isBuyerMaker: boolean) =>
    binance.say(`${symbol.toLowerCase()}@trade`, {
      e: "trade",
      E: Date.now(),
      s: symbol,
      t: id,
      p: price(ticks),
      q: size(lots),
      T: Date.now(),
      m: isBuyerMaker,
      M: true
    })
  const sayLevels = (bids: ReadonlyArray<Level>, asks: ReadonlyArray<Level>) => {
    const update = ++said.updateId
    for (const [side, levels] of [
      ["bids", bids],
      ["asks", asks]
    ] as const) {
      for (const { lots, ticks } of levels) {
        if (lots === 0) book[side].delete(ticks)
        else book[side].set(ticks, lots)
      }
    }
    const changes = { s: "BTCUSDT", U: update, u: update, b: rows(bids), a: rows(asks) }
    binance.say("btcusdt@depth@100ms", { e: "depthUpdate", E: Date.now(), ...changes })
  }
  /** The whole book, as a stream can say it: what is not in it any more is taken away. */
  const restate = (side: "bids" | "asks", levels: ReadonlyArray<Level>) => [
    ...state(side)
      .filter(({ ticks }) => levels.every((level) => level.ticks !== ticks))
      .map(({ ticks }) => ({ ticks, lots: 0 })),
    ...levels
  ]
  const apply = (message: MarketMessage): boolean => {
    said.waiting = true
    switch (message._tag) {
      case "DepthSnapshot":
        sayLevels(restate("bids", message.snapshot.bids), restate("asks", message.snapshot.asks))
        return true
      case "DepthDiff":
        sayLevels(message.diff.bids, message.diff.asks)
        return true
      case "Trade": {
        const { lots, takerSide, ticks, tradeId } = message.trade
        sayTrade("BTCUSDT", Number(tradeId), ticks, lots, takerSide === "SELL")
        return true
      }
      default:
        return false
    }
  }

  const listen = Effect.fnUntraced(function* (wsUrl: string) {
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => new WebSocket(`${wsUrl}/ws/${ECHO.toLowerCase()}@trade`)),
      (open) => Effect.sync(() => open.terminate())
    )
    yield* Effect.callback<void>((resume) => void socket.once("open", () => resume(Effect.void)))
    return Effect.suspend(() => {
      if (!said.waiting) return Effect.void
      said.waiting = false
      const echo = ++said.echo
      return Effect.callback<void>((resume) => {
        const hear = (data: unknown) => {
          if ((JSON.parse(String(data)) as { t: number; p: string }).p !== `${price(echo)}000000`) return
          socket.off("message", hear)
          resume(Effect.void)
        }
        socket.on("message", hear)
        sayTrade(ECHO, echo, echo, 1, true)
      })
    })
  })
  return { restUrl: binance.restUrl, streamUrl: binance.streamUrl, data: facade(apply), listen }
})

const facade = (apply: MarketData["Service"]["apply"]): MarketData["Service"] =>
  new Proxy({ apply } as MarketData["Service"], {
    get: (target, name) => {
      if (name === "apply") return target.apply
      throw new Error(`Only the exchange's process knows the market: ${String(name)} is not asked here.`)
    }
  })
