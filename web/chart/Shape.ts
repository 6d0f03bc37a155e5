// From the contract's decimal strings to the chart's own numbers: here, and only here, floats are drawn, never reckoned with.
import type { CandlestickData, HistogramData, SeriesMarker, UTCTimestamp } from "lightweight-charts"
import type { CandleView, FillView } from "../../src/contract/Views.ts"
import { type Interval, openTimeOf } from "../../src/domain/Candle.ts"
import type { Palette } from "./Palette.ts"

const openingOf = (candle: CandleView): UTCTimestamp => (candle.openTime / 1_000) as UTCTimestamp

export const bar = (candle: CandleView): CandlestickData<UTCTimestamp> => ({
  time: openingOf(candle),
  open: Number(candle.open),
  high: Number(candle.high),
  low: Number(candle.low),
  close: Number(candle.close)
})

export const volume = (candle: CandleView, palette: Palette): HistogramData<UTCTimestamp> => ({
  time: openingOf(candle),
  value: Number(candle.volume),
  color: Number(candle.close) >= Number(candle.open) ? palette.upVolume : palette.downVolume
})

/** Fills looked at for markers: the newest. */
const MAX_MARKERS = 500

/** One mark a candle and side, where own fills fell into it. Fills beyond either end of the candles have no place. */
export const markers = (
  fills: ReadonlyArray<FillView>,
  timeOf: (at: number) => number,
  interval: Interval,
  candles: ReadonlyArray<CandleView>,
  palette: Palette
): Array<SeriesMarker<UTCTimestamp>> => {
  const [first, last] = [candles[0], candles.at(-1)]
  if (first === undefined || last === undefined) return []
  const marks = new Map<string, SeriesMarker<UTCTimestamp>>()
  for (const fill of fills.slice(0, MAX_MARKERS)) {
    const at = timeOf(fill.at)
    if (at < first.openTime || at > last.closeTime) continue
    const time = (openTimeOf(interval, at) / 1_000) as UTCTimestamp
    const buying = fill.side === "BUY"
    marks.set(`${time}:${fill.side}`, {
      time,
      position: buying ? "belowBar" : "aboveBar",
      shape: buying ? "arrowUp" : "arrowDown",
      color: buying ? palette.up : palette.down
    })
  }
  return [...marks.values()].toSorted((a, b) => a.time - b.time)
}
