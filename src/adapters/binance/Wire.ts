// Frames of Binance Spot as they come: public streams, depth snapshots, klines, exchangeInfo. Venue words are kept verbatim.
// Checked by hand, not by a schema: this is the hot path of a replay and of the live market.

export interface TradeFrame {
  readonly e: "trade"
  /** Event time. */
  readonly E: number
  readonly s: string
  readonly t: number
  readonly p: string
  readonly q: string
  /** Trade time. */
  readonly T: number
  /** The buyer is the maker, so the taker sold. */
  readonly m: boolean
}

/** Has no time, and `e` only where a client library filled it in. */
export interface BookTickerFrame {
  readonly u: number
  readonly s: string
  readonly b: string
  readonly B: string
  readonly a: string
  readonly A: string
}

export type LevelRow = readonly [price: string, quantity: string]

export interface DepthUpdateFrame {
  readonly e: "depthUpdate"
  readonly E: number
  readonly s: string
  readonly U: number
  readonly u: number
  readonly b: ReadonlyArray<LevelRow>
  readonly a: ReadonlyArray<LevelRow>
}

/** GET /api/v3/depth. Names no symbol. */
export interface DepthSnapshotFrame {
  readonly lastUpdateId: number
  readonly bids: ReadonlyArray<LevelRow>
  readonly asks: ReadonlyArray<LevelRow>
}

/** One row of GET /api/v3/klines: open time, open, high, low, close, volume, close time, quote volume, trades, taker buy volume … */
export type KlineRow = readonly [number, string, string, string, string, string, number, string, number, string]

export interface FilterRow {
  readonly filterType: string
  readonly [field: string]: unknown
}

/** One symbol of GET /api/v3/exchangeInfo. */
export interface SymbolRow {
  readonly symbol: string
  readonly status: string
  readonly baseAsset: string
  readonly quoteAsset: string
  readonly filters: ReadonlyArray<FilterRow>
}

export type Fields = { readonly [field: string]: unknown }

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The payload of a combined-stream envelope `{"stream":…,"data":…}`, or the value itself. */
export const payload = (value: unknown): Fields | undefined => {
  if (!isObject(value)) return undefined
  const { data } = value
  if (data === undefined) return value
  return isObject(data) ? data : undefined
}

export const isTrade = (frame: Fields): frame is Fields & TradeFrame =>
  frame["e"] === "trade" &&
  isId(frame["t"]) &&
  isId(frame["T"]) &&
  isId(frame["E"]) &&
  typeof frame["s"] === "string" &&
  typeof frame["p"] === "string" &&
  typeof frame["q"] === "string" &&
  typeof frame["m"] === "boolean"

export const isBookTicker = (frame: Fields): frame is Fields & BookTickerFrame =>
  (frame["e"] === undefined || frame["e"] === "bookTicker") &&
  isId(frame["u"]) &&
  typeof frame["s"] === "string" &&
  typeof frame["b"] === "string" &&
  typeof frame["B"] === "string" &&
  typeof frame["a"] === "string" &&
  typeof frame["A"] === "string"

export const isDepthUpdate = (frame: Fields): frame is Fields & DepthUpdateFrame =>
  frame["e"] === "depthUpdate" &&
  isId(frame["U"]) &&
  isId(frame["u"]) &&
  isId(frame["E"]) &&
  typeof frame["s"] === "string" &&
  Array.isArray(frame["b"]) &&
  Array.isArray(frame["a"])

/** The partial book streams (`@depth20`) look alike but name a symbol nowhere and are no snapshot to build on: only plain ones count. */
export const isDepthSnapshot = (value: unknown): value is DepthSnapshotFrame =>
  isObject(value) && isId(value["lastUpdateId"]) && Array.isArray(value["bids"]) && Array.isArray(value["asks"])

/** Announces, raw or in an envelope, that the connection will be closed. */
export const isShutdown = (value: unknown): boolean => payload(value)?.["e"] === "serverShutdown"

/** An answer to a subscription, or an announcement: nothing that a market is made of. */
export const isControl = (frame: Fields): boolean =>
  frame["e"] === "serverShutdown" ||
  (frame["e"] === undefined && ("result" in frame || "error" in frame) && frame["id"] !== undefined)

export const isLevelRow = (value: unknown): value is LevelRow =>
  Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string"

export const isKlineRow = (value: unknown): value is KlineRow =>
  Array.isArray(value) &&
  isId(value[0]) &&
  isId(value[6]) &&
  isId(value[8]) &&
  [1, 2, 3, 4, 5, 7, 9].every((index) => typeof value[index] === "string")

export const isSymbolRow = (value: unknown): value is SymbolRow =>
  isObject(value) &&
  ["symbol", "status", "baseAsset", "quoteAsset"].every((name) => typeof value[name] === "string") &&
  Array.isArray(value["filters"]) &&
  value["filters"].every((filter) => isObject(filter) && typeof filter["filterType"] === "string")

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
