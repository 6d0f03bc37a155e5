// The names of streams, as they are subscribed to: exact in case, symbols in lower case.
import { intervals, type Interval } from "../../../domain/Candle.ts"

export type WindowSize = "1h" | "4h" | "1d"

export type Stream =
  | { readonly kind: "trade" | "aggTrade" | "bookTicker" | "avgPrice"; readonly symbol: string }
  | { readonly kind: "miniTicker" | "ticker"; readonly symbol: string }
  | { readonly kind: "window"; readonly symbol: string; readonly size: WindowSize }
  | { readonly kind: "kline"; readonly symbol: string; readonly interval: Interval; readonly offsetMinutes: number }
  | { readonly kind: "diff"; readonly symbol: string; readonly millis: 100 | 1000 }
  | { readonly kind: "partial"; readonly symbol: string; readonly levels: 5 | 10 | 20; readonly millis: 100 | 1000 }
  | { readonly kind: "miniTickers" }
  | { readonly kind: "windows"; readonly size: WindowSize }

const DEPTH = /^depth(5|10|20)?(?:@(100|1000)ms)?$/
const KLINE = /^kline_([0-9]{1,2}[smhdwM])(?:@\+08:00)?$/
const ARRAY = /^!(?:miniTicker|ticker_(1h|4h|1d))@arr$/
/** The one zone streams are offered in ("Kline/Candlestick Streams with timezone offset"). */
const OFFSET = "@+08:00"
const OFFSET_MINUTES = 480

/** `undefined` for a name that means nothing here: Binance takes such a subscription and never says anything on it. */
export const parse = (name: string): Stream | undefined => {
  const array = ARRAY.exec(name)
  if (array !== null) {
    return array[1] === undefined ? { kind: "miniTickers" } : { kind: "windows", size: array[1] as WindowSize }
  }
  const at = name.indexOf("@")
  const symbol = name.slice(0, at)
  if (at <= 0 || symbol !== symbol.toLowerCase()) return undefined
  const rest = name.slice(at + 1)
  switch (rest) {
    case "trade":
    case "aggTrade":
    case "bookTicker":
    case "miniTicker":
    case "ticker":
    case "avgPrice":
      return { kind: rest, symbol }
    case "ticker_1h":
    case "ticker_4h":
    case "ticker_1d":
      return { kind: "window", symbol, size: rest.slice(7) as WindowSize }
    default:
      return parseDepth(symbol, rest) ?? parseKline(symbol, rest)
  }
}

const parseDepth = (symbol: string, rest: string): Stream | undefined => {
  const depth = DEPTH.exec(rest)
  if (depth === null) return undefined
  const millis = depth[2] === "100" ? 100 : 1000
  return depth[1] === undefined
    ? { kind: "diff", symbol, millis }
    : { kind: "partial", symbol, millis, levels: Number(depth[1]) as 5 | 10 | 20 }
}

const parseKline = (symbol: string, rest: string): Stream | undefined => {
  const kline = KLINE.exec(rest)
  const interval = intervals.find((one) => one === kline?.[1])
  if (interval === undefined) return undefined
  return { kind: "kline", symbol, interval, offsetMinutes: rest.endsWith(OFFSET) ? OFFSET_MINUTES : 0 }
}
