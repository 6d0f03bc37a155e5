// Two symbols whose prices walk: deep enough to fill most orders, shallow enough to leave some of them short.
import { Effect, Layer, Stream } from "effect"
import * as Money from "../../src/domain/Money.ts"
import { MarketData } from "../../src/ports/MarketData.ts"
import { MarketSource } from "../../src/ports/MarketSource.ts"
import { btcusdt } from "../kit/Trading.ts"
import type { World } from "./World.ts"

const ethusdt = {
  ...btcusdt,
  symbol: "ETHUSDT",
  baseAsset: "ETH",
  stepSize: Money.decimal("0.0001"),
  minQuantity: Money.decimal("0.0001")
}
export const instruments = new Map([btcusdt, ethusdt].map((instrument) => [instrument.symbol, instrument]))
export const symbols = [...instruments.keys()]

export const layer = Layer.fresh(
  MarketData.layerMemory.pipe(
    Layer.provide(
      Layer.succeed(MarketSource, {
        badge: { kind: "sim", label: "simulated" },
        instruments,
        messages: Stream.never,
        history: () => Effect.succeed([]),
        skipped: Effect.succeed({})
      })
    )
  )
)

/** Prices in whole quote units; the book steps by one. */
const START_PRICE: Readonly<Record<string, number>> = { BTCUSDT: 60_000, ETHUSDT: 3_000 }
const LEVELS = 5

export class Walk {
  readonly #world: World
  readonly #mid = new Map(Object.entries(START_PRICE))
  #updateId = 0
  #tradeId = 0

  constructor(world: World) {
    this.#world = world
  }

  mid(symbol: string): number {
    return this.#mid.get(symbol) ?? 0
  }

  /** Moves one symbol's book, and sometimes trades through it. */
  step(): void {
    const { dice, outside, time } = this.#world
    const symbol = dice.pick(symbols)
    const mid = Math.max(100, this.mid(symbol) + dice.between(-3, 3))
    this.#mid.set(symbol, mid)
    const lots = () => dice.between(500, 60_000)
    const side = (sign: 1 | -1) =>
      Array.from({ length: LEVELS }, (_, index) => ({ ticks: (mid + sign * (index + 1)) * 100, lots: lots() }))
    const { market } = outside
    market.apply({
      _tag: "DepthSnapshot",
      at: time.now,
      snapshot: { symbol, updateId: ++this.#updateId, bids: side(-1), asks: side(1) }
    })
    if (dice.chance(0.5)) {
      const takerSide = dice.pick(["BUY", "SELL"] as const)
      const ticks = (mid + (takerSide === "BUY" ? 1 : -1) * dice.between(1, 3)) * 100
      market.apply({
        _tag: "Trade",
        trade: {
          symbol,
          tradeId: String(++this.#tradeId),
          ticks,
          lots: dice.between(100, 40_000),
          takerSide,
          at: time.now
        }
      })
    }
    // Nobody looks at the candles here: they are let go.
    market.takeCandleChanges(symbol)
  }
}
