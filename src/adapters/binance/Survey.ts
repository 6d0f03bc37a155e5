// Looks into recordings before they are played: which symbols they hold, and on which grid their prices and sizes lie.
import { Effect } from "effect"
import { liquidPair, type Instrument } from "../../domain/Instrument.ts"
import * as Money from "../../domain/Money.ts"
import * as Units from "../../domain/Units.ts"
import { MarketSourceError } from "../../ports/MarketSource.ts"
import { openRecording, type Recording } from "./Recording.ts"
import * as Wire from "./Wire.ts"

/** Lines looked at per file. A symbol that first appears later is not played. */
const SURVEYED_LINES = 5_000

/** Instruments whose filters are known; others are read off the data. */
const wellKnown: Readonly<Record<string, Pick<Instrument, "tickSize" | "stepSize">>> = {
  BTCUSDT: { tickSize: Money.decimal("0.01"), stepSize: Money.decimal("0.00001") },
  ETHUSDT: { tickSize: Money.decimal("0.01"), stepSize: Money.decimal("0.0001") }
}

const quoteAssets = ["FDUSD", "USDT", "USDC", "TUSD", "BUSD", "BTC", "ETH", "BNB", "EUR", "TRY", "BRL", "JPY", "DAI"]

interface Finding {
  priceDecimals: number
  quantityDecimals: number
}

export interface SurveyResult {
  readonly instruments: ReadonlyMap<string, Instrument>
  /** Symbols seen in each file, in the order of the files. */
  readonly symbolsOfFile: ReadonlyArray<ReadonlyArray<string>>
  /** Receive time of the earliest line, epoch milliseconds. */
  readonly firstAt: number
}

/** Fails where a file cannot be read or shows no symbol at all. */
export const survey = Effect.fnUntraced(function* (
  files: ReadonlyArray<string>
): Effect.fn.Return<SurveyResult, MarketSourceError> {
  const findings = new Map<string, Finding>()
  const symbolsOfFile: Array<ReadonlyArray<string>> = []
  let firstAt = Number.POSITIVE_INFINITY
  for (const file of files) {
    const recording = yield* openRecording([file])
    const found = yield* Effect.promise(() => look(recording, findings)).pipe(
      Effect.ensuring(Effect.promise(() => recording.close()))
    )
    if (found.symbols.size === 0) {
      return yield* new MarketSourceError({
        message: `The recording ${file} holds no market data: lines of "<unix ns> <JSON of a Binance stream>" are wanted.`
      })
    }
    symbolsOfFile.push([...found.symbols])
    firstAt = Math.min(firstAt, found.firstAt)
  }
  const instruments = new Map([...findings].map(([symbol, finding]) => [symbol, instrumentOf(symbol, finding)]))
  return { instruments, symbolsOfFile, firstAt }
})

const look = async (recording: Recording, findings: Map<string, Finding>) => {
  const symbols = new Set<string>()
  let firstAt = Number.POSITIVE_INFINITY
  for (let count = 0; count < SURVEYED_LINES;) {
    const line = recording.peek()
    if (line === "end") break
    if (line === "read on") {
      await recording.fill()
      continue
    }
    recording.take(line)
    count++
    const rows = rowsOf(line.value)
    if (rows === undefined) continue
    const seen = findings.get(rows.symbol) ?? { priceDecimals: 0, quantityDecimals: 0 }
    for (const [price, quantity] of rows.levels) {
      seen.priceDecimals = Math.max(seen.priceDecimals, Units.decimalsOfText(price) ?? 0)
      seen.quantityDecimals = Math.max(seen.quantityDecimals, Units.decimalsOfText(quantity) ?? 0)
    }
    findings.set(rows.symbol, seen)
    symbols.add(rows.symbol)
    firstAt = Math.min(firstAt, line.receivedAt)
  }
  return { symbols, firstAt }
}

/** The prices and sizes a frame states, with the symbol it names. */
const rowsOf = (value: unknown): { symbol: string; levels: ReadonlyArray<Wire.LevelRow> } | undefined => {
  const frame = Wire.payload(value)
  if (frame === undefined) return undefined
  if (Wire.isTrade(frame)) return { symbol: frame.s, levels: [[frame.p, frame.q]] }
  if (Wire.isBookTicker(frame)) {
    return {
      symbol: frame.s,
      levels: [
        [frame.b, frame.B],
        [frame.a, frame.A]
      ]
    }
  }
  if (Wire.isDepthUpdate(frame)) return { symbol: frame.s, levels: [...frame.b, ...frame.a].filter(Wire.isLevelRow) }
  return undefined
}

const instrumentOf = (symbol: string, finding: Finding): Instrument => {
  const quoteAsset = quoteAssets.find((asset) => symbol.endsWith(asset) && symbol.length > asset.length) ?? "USDT"
  const baseAsset = symbol.endsWith(quoteAsset) ? symbol.slice(0, -quoteAsset.length) : symbol
  const assets = { symbol, baseAsset, quoteAsset }
  const sizes = wellKnown[symbol]
  if (sizes !== undefined) return liquidPair({ ...assets, ...sizes })
  return {
    ...liquidPair({
      ...assets,
      tickSize: unitOf(finding.priceDecimals),
      stepSize: unitOf(finding.quantityDecimals)
    }),
    // A unit of an unknown asset may be worth next to nothing.
    maxQuantity: Money.decimal("9000000000"),
    maxMarketQuantity: Money.zero
  }
}

const unitOf = (decimals: number) => Money.decimal(decimals === 0 ? "1" : `0.${"0".repeat(decimals - 1)}1`)
