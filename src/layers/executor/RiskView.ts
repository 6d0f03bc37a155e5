// The market at the moment of a decision, as the risk rules want it: exact decimals, read once.
import type { Envelope } from "../../domain/Command.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { Level } from "../../domain/Market.ts"
import type { Decimal } from "../../domain/Money.ts"
import * as Money from "../../domain/Money.ts"
import type { Intent } from "../../domain/Order.ts"
import type { RiskContext, RiskLimits } from "../../domain/Risk.ts"
import { heardMillisAgo } from "../../domain/Staleness.ts"
import type { MarketData } from "../../ports/MarketData.ts"

/** Levels looked at to price a market order; a larger one is priced by the last of them. */
const LEVELS = 200

/** `symbol` undefined (a cancel): a context without a market, which a cancel does not need. */
export const riskContext = (
  market: MarketData["Service"],
  symbol: string | undefined,
  envelope: Envelope,
  limits: RiskLimits,
  now: number
): RiskContext => {
  const instrument = symbol === undefined ? undefined : market.instrument(symbol)
  if (symbol === undefined || instrument === undefined) {
    return { instrument: undefined, referencePrice: undefined, worstPrice: undefined, limits }
  }
  const { last, stale } = market.quote(symbol) ?? {}
  return {
    stale: stale && { why: stale.why, heardMillisAgo: heardMillisAgo(stale, now) },
    instrument,
    referencePrice: last === undefined ? undefined : priceOf(last, instrument),
    worstPrice: worstPrice(market, instrument, envelope),
    limits
  }
}

const priceOf = (ticks: number, instrument: Instrument): Decimal => Money.fromUnits(BigInt(ticks), instrument.tickSize)

const worstPrice = (
  market: MarketData["Service"],
  instrument: Instrument,
  { command }: Envelope
): Decimal | undefined => {
  if (command._tag !== "PlaceOrder" && command._tag !== "ReplaceOrder") return undefined
  if (command.intent.type !== "MARKET") return undefined
  const { intent } = command
  const depth = market.depth(intent.symbol, LEVELS)
  if (depth === undefined || !depth.synced) return undefined
  const levels: ReadonlyArray<Level> = intent.side === "BUY" ? depth.asks : depth.bids
  const level = lastReached(levels, intent, instrument) ?? levels.at(-1)
  return level === undefined ? undefined : priceOf(level.ticks, instrument)
}

/** The level in which the order would find the last of what it wants, in lots or by its quote quantity. */
const lastReached = (
  levels: ReadonlyArray<Level>,
  { quantity, quoteQuantity }: Extract<Intent, { readonly type: "MARKET" }>,
  { stepSize, tickSize }: Instrument
): Level | undefined => {
  const unit = quoteQuantity === undefined ? stepSize : Money.multiply(tickSize, stepSize)
  let left = Money.wholeUnits(quoteQuantity ?? quantity, unit)
  for (const level of levels) {
    left -= BigInt(level.lots) * (quoteQuantity === undefined ? 1n : BigInt(level.ticks))
    if (left <= 0n) return level
  }
  return undefined
}
