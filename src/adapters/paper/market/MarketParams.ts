// Parameters that only market data endpoints have.
import { intervals } from "../../../domain/Candle.ts"
import type { Reader } from "../wire/Params.ts"
import { oneOf } from "../wire/Params.ts"
import * as Wire from "../wire/WireError.ts"
import type { WireError } from "../wire/WireError.ts"
import type { PublicMarket } from "./PublicMarket.ts"
import type { SymbolMarket } from "./SymbolMarket.ts"

const MINUTE = 60_000

export const interval = oneOf(intervals, Wire.invalidInterval)
export const tickerType = oneOf(["FULL", "MINI"], Wire.invalidTickerType)

const ZONE = /^([+-]?)(\d{1,2})(?::(\d{2}))?$/
/** From -12:00 to +14:00, in minutes. */
const WEST = -720
const EAST = 840

/** Hours, or hours and minutes: `0`, `-1:00`, `05:45`. Gives minutes ahead of UTC. */
export const timeZone: Reader<number> = (name, text) => {
  const [, sign, hours = "", minutes = "0"] = ZONE.exec(text) ?? []
  const ahead = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  const legal = sign !== undefined && Number(minutes) < 60 && ahead >= WEST && ahead <= EAST
  return legal ? ahead : Wire.invalidData(name)
}

const WINDOW = /^([1-9]\d?)([mhd])$/
const longest = { m: [59, MINUTE], h: [23, 60 * MINUTE], d: [7, 1_440 * MINUTE] } as const

/** `1m` to `59m`, `1h` to `23h`, `1d` to `7d`. Gives milliseconds. */
export const windowSize: Reader<number> = (name, text) => {
  const [, count, unit] = WINDOW.exec(text) ?? []
  if (count === undefined) return Wire.invalidData(name)
  const [most, length] = longest[unit as keyof typeof longest]
  return Number(count) > most ? Wire.invalidData(name) : Number(count) * length
}

type Status = SymbolMarket["listing"]["status"] | "END_OF_DAY"

/** What is asked of one symbol; refused where it is not listed, or is in another status than asked for. */
export const one = (
  market: PublicMarket["Service"],
  of: { readonly symbol: string; readonly symbolStatus?: Status | undefined }
): SymbolMarket | WireError => {
  const found = market.symbols.get(of.symbol)
  if (found === undefined) return Wire.invalidSymbol
  return of.symbolStatus === undefined || of.symbolStatus === found.listing.status ? found : Wire.symbolStatusMismatch
}

export interface Asked {
  readonly symbol: string | undefined
  readonly symbols: ReadonlyArray<string> | undefined
  readonly symbolStatus: Status | undefined
}

/** One symbol, several, or all of them where `allowAll`. Of several, those in another status than asked for are left out. */
export const several = (
  market: PublicMarket["Service"],
  { symbol, symbols, symbolStatus }: Asked,
  allowAll: boolean,
  most = Number.POSITIVE_INFINITY
): ReadonlyArray<SymbolMarket> | WireError => {
  if (symbol !== undefined && symbols !== undefined) return Wire.badCombination
  if (symbol !== undefined) {
    const found = one(market, { symbol, symbolStatus })
    return Wire.isWireError(found) ? found : [found]
  }
  if (symbols === undefined && !allowAll) return Wire.missingEither("symbol", "symbols")
  if (symbols !== undefined && symbols.length > most) return Wire.tooMany(most, symbols.length)
  const found: Array<SymbolMarket> = []
  for (const name of symbols ?? market.symbols.keys()) {
    const listed = market.symbols.get(name)
    if (listed === undefined) return Wire.invalidSymbol
    if (symbolStatus === undefined || listed.listing.status === symbolStatus) found.push(listed)
  }
  return found
}
