// What is traded in the simulation. Sizes are those of a mid-sized exchange.
import { type Instrument, liquidPair } from "../../domain/Instrument.ts"
import * as Money from "../../domain/Money.ts"
import { CoinPath, type CoinOptions } from "./CoinPath.ts"
import { CrossPath } from "./CrossPath.ts"
import type { PricePath } from "./PricePath.ts"
import type { Scale } from "./Scale.ts"

export interface SimSymbol {
  readonly instrument: Instrument
  readonly path: PricePath
  readonly scale: Scale
  /** Of the symbol's own population. */
  readonly seed: number
}

const pair = (baseAsset: string, quoteAsset: string, tickSize: string, stepSize: string): Instrument =>
  liquidPair({
    symbol: baseAsset + quoteAsset,
    baseAsset,
    quoteAsset,
    tickSize: Money.decimal(tickSize),
    stepSize: Money.decimal(stepSize)
  })

interface Coin {
  readonly instrument: Instrument
  readonly scale: Scale
  readonly path: Omit<CoinOptions, "seed" | "ownSeed" | "tradeLots">
}

const btc: Coin = {
  instrument: pair("BTC", "USDT", "0.01", "0.00001"),
  scale: { gapTicks: 130, roundTicks: 100, levelLots: 45_000, tradeLots: 2_500 },
  path: { baseTicks: 6_400_000, volatility: 0.0045, shared: 0.95, hourLots: 54_000_000 }
}

const eth: Coin = {
  instrument: pair("ETH", "USDT", "0.01", "0.0001"),
  scale: { gapTicks: 7, roundTicks: 10, levelLots: 90_000, tradeLots: 6_000 },
  path: { baseTicks: 260_000, volatility: 0.0055, shared: 0.9, hourLots: 144_000_000 }
}

const sol: Coin = {
  instrument: pair("SOL", "USDT", "0.01", "0.001"),
  scale: { gapTicks: 3, roundTicks: 5, levelLots: 50_000, tradeLots: 5_000 },
  path: { baseTicks: 15_000, volatility: 0.0065, shared: 0.85, hourLots: 60_000_000 }
}

const doge: Coin = {
  instrument: {
    ...pair("DOGE", "USDT", "0.00001", "1"),
    maxPrice: Money.decimal("1000"),
    maxQuantity: Money.decimal("9000000"),
    maxMarketQuantity: Money.decimal("1000000"),
    minNotional: Money.decimal("1")
  },
  scale: { gapTicks: 3, roundTicks: 10, levelLots: 15_000, tradeLots: 2_000 },
  path: { baseTicks: 12_000, volatility: 0.0075, shared: 0.8, hourLots: 30_000_000 }
}

const ethbtc = {
  instrument: { ...pair("ETH", "BTC", "0.00001", "0.0001"), minNotional: Money.decimal("0.0001") },
  scale: { gapTicks: 2, roundTicks: 5, levelLots: 30_000, tradeLots: 1_500 },
  hourLots: 8_000_000
}

/** All coins share one walk, so they move together; each has some of its own. */
export const symbolsOf = (seed: number): ReadonlyArray<SimSymbol> => {
  const own = (salt: number) => seed * 31 + salt
  const coin = ({ instrument, path, scale }: Coin, salt: number) => ({
    instrument,
    scale,
    seed: own(salt),
    path: new CoinPath({ ...path, tradeLots: scale.tradeLots, seed, ownSeed: own(salt) })
  })
  const [inBtc, inEth] = [coin(btc, 1), coin(eth, 2)]
  const { hourLots, instrument, scale } = ethbtc
  const cross = new CrossPath({
    seed: own(5),
    base: inEth.path,
    quote: inBtc.path,
    // Both prices are in cents, the cross in hundred-thousandths.
    ratioTicks: 100_000,
    hourLots,
    tradeLots: scale.tradeLots
  })
  return [inBtc, inEth, coin(sol, 3), coin(doge, 4), { instrument, scale, seed: own(5), path: cross }]
}
