// General endpoints: whether it is up, what time it is, what is listed (REST API, "General endpoints").
import { Effect, Exit } from "effect"
import type { Listing } from "../../../domain/matching/Listing.ts"
import { endpoint, type Endpoint, JsonText, stamp } from "./Endpoint.ts"
import { makeExchangeInfo } from "./ExchangeInfo.ts"
import type { Sizes } from "./Limits.ts"
import { boolean, oneOf, optional, required, symbol, symbols, withDefault, words } from "./Params.ts"
import * as Wire from "./WireError.ts"

const statuses = ["TRADING", "END_OF_DAY", "HALT", "BREAK", "CANCEL_ONLY"] as const
export const symbolStatus = oneOf(statuses, Wire.invalidSymbolStatus)

const PER_SYMBOL = 2
const RULES_CAP = 40

export const generalEndpoints = (listings: ReadonlyMap<string, Listing>, sizes: Sizes): ReadonlyArray<Endpoint> => {
  const exchangeInfo = makeExchangeInfo(listings, sizes)
  return [
    endpoint({
      rest: "GET /api/v3/ping",
      ws: "ping",
      security: "NONE",
      weight: 1,
      params: {},
      run: () => Effect.succeed({})
    }),
    endpoint({
      rest: "GET /api/v3/time",
      ws: "time",
      security: "NONE",
      weight: 1,
      params: {},
      run: (_, caller) => Effect.succeed({ serverTime: stamp(caller, caller.now) })
    }),
    endpoint({
      rest: "GET /api/v3/exchangeInfo",
      ws: "exchangeInfo",
      security: "NONE",
      weight: 20,
      params: {
        symbol: optional(symbol),
        symbols: optional(symbols),
        permissions: optional(words),
        showPermissionSets: withDefault(boolean, true),
        symbolStatus: optional(symbolStatus)
      },
      run: (of, caller) => {
        const named = [of.symbol, of.symbols, of.permissions].filter((one) => one !== undefined).length
        if (named > 1 || (of.symbolStatus !== undefined && (of.symbol ?? of.symbols) !== undefined)) {
          return Exit.fail(Wire.badCombination)
        }
        const text = exchangeInfo(
          {
            symbols: of.symbol === undefined ? of.symbols : [of.symbol],
            permissions: of.permissions,
            status: of.symbolStatus,
            permissionSets: of.showPermissionSets
          },
          stamp(caller, caller.now)
        )
        return text === undefined ? Exit.fail(Wire.invalidSymbol) : Effect.succeed(new JsonText(text))
      }
    }),
    ...rulesAndReferences(listings)
  ]
}

/** No symbol here has price ranges or a reference price: both are answered as the live exchange does for such a symbol. */
const rulesAndReferences = (listings: ReadonlyMap<string, Listing>): ReadonlyArray<Endpoint> => {
  const noReference = (name: string) => Exit.fail(listings.has(name) ? Wire.noReferencePrice : Wire.invalidSymbol)
  return [
    endpoint({
      rest: "GET /api/v3/executionRules",
      ws: "executionRules",
      security: "NONE",
      weight: ({ symbol, symbols }) =>
        symbol === undefined && symbols === undefined
          ? RULES_CAP
          : Math.min(RULES_CAP, PER_SYMBOL * (symbols?.length ?? 1)),
      params: { symbol: optional(symbol), symbols: optional(symbols), symbolStatus: optional(symbolStatus) },
      run: (of) => {
        if ([of.symbol, of.symbols, of.symbolStatus].filter((one) => one !== undefined).length > 1) {
          return Exit.fail(Wire.badCombination)
        }
        const wanted = of.symbol === undefined ? (of.symbols ?? [...listings.keys()]) : [of.symbol]
        if (!wanted.every((name) => listings.has(name))) return Exit.fail(Wire.invalidSymbol)
        const shown = wanted.filter(
          (name) => of.symbolStatus === undefined || listings.get(name)?.status === of.symbolStatus
        )
        return Effect.succeed({ symbolRules: shown.map((name) => ({ symbol: name, rules: [] })) })
      }
    }),
    endpoint({
      rest: "GET /api/v3/referencePrice",
      ws: "referencePrice",
      security: "NONE",
      weight: 2,
      params: { symbol: required(symbol) },
      run: (of) => noReference(of.symbol)
    }),
    endpoint({
      rest: "GET /api/v3/referencePrice/calculation",
      ws: "referencePrice.calculation",
      security: "NONE",
      weight: 2,
      params: { symbol: required(symbol), symbolStatus: optional(symbolStatus) },
      run: (of) => noReference(of.symbol)
    })
  ]
}
