// Every stream that has a listener: made from the public market, at the pace Binance gives each kind, and for nobody else.
import { Effect } from "effect"
import type { Candle } from "../../../domain/Candle.ts"
import { merge } from "../../../domain/Candle.ts"
import { GRACE_MILLIS, type CandleChange } from "../../../domain/CandleSeries.ts"
import { Message } from "./Message.ts"
import * as Payloads from "./Payloads.ts"
import type { PublicMarket } from "./PublicMarket.ts"
import { partMillis, partOf, shiftedNext, shiftedOpen } from "./ShiftedKlines.ts"
import { parse, type Stream } from "./StreamName.ts"
import type { MarketWatcher, SymbolMarket } from "./SymbolMarket.ts"
import type { AggregateTrade, TapeTrade } from "./Tape.ts"
import { Topic, type Subscriber } from "./Topic.ts"
import type { Statistics } from "./Windows.ts"

const HOUR = 3_600_000
const windowMillis = { "1h": HOUR, "4h": 4 * HOUR, "1d": 24 * HOUR } as const
/** Finer candles read when a candle of another zone is begun: a month has 93 of eight hours, 744 of one. */
const MAX_PARTS = 800

type Of<K extends Stream["kind"]> = Extract<Stream, { readonly kind: K }>

export class Streams implements MarketWatcher {
  private readonly market: PublicMarket["Service"]
  /** Bounded by the listed symbols and the streams there are of each. */
  private readonly topics = new Map<string, Topic>()
  /** Told ten times a second, and once a second; what is told at once is in neither, or left out there. */
  private readonly books = new Set<Topic>()
  private readonly slow = new Set<Topic>()
  private readonly bySymbol = new Map<string, SymbolMarket>()
  private encoded = 0
  private seconds = 0

  constructor(market: PublicMarket["Service"]) {
    this.market = market
    for (const symbol of market.symbols.values()) this.bySymbol.set(symbol.streamSymbol, symbol)
  }

  /** Payloads encoded so far: one a message and time unit, however many listen. */
  get encodings(): number {
    return this.encoded
  }

  /** `undefined` for a name that means nothing here: nothing is ever said on it, and nothing kept. */
  subscribe(subscriber: Subscriber, name: string): Topic | undefined {
    const topic = this.topics.get(name) ?? this.open(name)
    topic?.subscribers.add(subscriber)
    if (topic !== undefined) topic.told = -1
    return topic
  }

  unsubscribe(subscriber: Subscriber, topic: Topic): void {
    topic.subscribers.delete(subscriber)
    if (topic.subscribers.size > 0 || this.topics.get(topic.name) !== topic) return
    topic.close()
    this.topics.delete(topic.name)
    this.books.delete(topic)
    this.slow.delete(topic)
  }

  private open(name: string): Topic | undefined {
    const stream = parse(name)
    if (stream === undefined) return undefined
    const market = "symbol" in stream ? this.bySymbol.get(stream.symbol) : undefined
    if ("symbol" in stream && market === undefined) return undefined
    // Changes from before the first listener are nobody's.
    if (stream.kind === "kline" && !this.hasKlines(market)) market?.klines.takeChanges()
    const topic = new Topic(name, stream, market)
    this.topics.set(name, topic)
    if (stream.kind === "diff" || stream.kind === "partial") this.books.add(topic)
    else this.slow.add(topic)
    return topic
  }

  traded(market: SymbolMarket, trade: TapeTrade): void {
    const topic = this.topics.get(`${market.streamSymbol}@trade`)
    if (topic === undefined) return
    const now = this.market.now()
    this.say(topic, (unit) => Payloads.trade(market, trade, now, unit))
  }

  aggregated(market: SymbolMarket, trade: AggregateTrade): void {
    const topic = this.topics.get(`${market.streamSymbol}@aggTrade`)
    if (topic === undefined) return
    const now = this.market.now()
    this.say(topic, (unit) => Payloads.aggregate(market, trade, now, unit))
  }

  bestChanged(market: SymbolMarket): void {
    const topic = this.topics.get(`${market.streamSymbol}@bookTicker`)
    if (topic !== undefined) this.say(topic, () => Payloads.bookTicker(market), true)
  }

  /** Ten times a second: books. `wholeSecond` also those of the slow pace. */
  tellBooks(wholeSecond: boolean): void {
    const now = this.market.now()
    for (const topic of this.books) {
      const { market, stream } = topic
      if (market === undefined) continue
      if (stream.kind === "diff" && (stream.millis === 100 || wholeSecond)) this.tellDiff(topic, market, now)
      if (stream.kind === "partial" && (stream.millis === 100 || wholeSecond)) this.tellPartial(topic, market, stream)
    }
  }

  /** Once a second: candles, tickers, average prices. */
  readonly tellSecond = Effect.fnUntraced({ self: this }, function* (this: Streams) {
    this.seconds++
    const slow = this.seconds % 2 === 0
    const changes = new Map<SymbolMarket, ReadonlyArray<CandleChange>>()
    for (const topic of this.slow) {
      const { market, stream } = topic
      if (stream.kind === "miniTickers" || stream.kind === "windows") yield* this.tellArray(topic, stream)
      if (market === undefined) continue
      switch (stream.kind) {
        case "kline": {
          let changed = changes.get(market)
          if (changed === undefined) changes.set(market, (changed = market.klines.takeChanges()))
          const part = partOf(stream.interval, stream.offsetMinutes)
          if (part === undefined) this.tellKline(topic, market, stream, changed, slow)
          else if (slow) yield* this.tellShifted(topic, market, stream)
          break
        }
        case "miniTicker":
        case "ticker":
        case "window":
          yield* this.tellTicker(topic, market, stream)
          break
        case "avgPrice":
          this.tellAverage(topic, market)
      }
    }
  })

  private hasKlines(market: SymbolMarket | undefined): boolean {
    for (const topic of this.slow) if (topic.market === market && topic.stream.kind === "kline") return true
    return false
  }

  private say(topic: Topic, encode: (unit: Payloads.Unit) => string, mayBeReplaced = false): void {
    const message = new Message(topic.name, (unit) => {
      this.encoded++
      return encode(unit)
    })
    for (const subscriber of topic.subscribers) subscriber.send(topic, message, mayBeReplaced)
  }

  private tellDiff(topic: Topic, market: SymbolMarket, now: number): void {
    const changed = topic.collector?.take()
    if (changed !== undefined) this.say(topic, (unit) => Payloads.diff(market, changed, now, unit))
  }

  private tellPartial(topic: Topic, market: SymbolMarket, { levels }: Of<"partial">): void {
    if (topic.told === market.book.updateId) return
    topic.told = market.book.updateId
    this.say(topic, () => Payloads.depth(market, levels), true)
  }

  /** Closed candles at once, each once; the one in progress every second where it is a second's, else every two. */
  private tellKline(
    topic: Topic,
    market: SymbolMarket,
    { interval }: Of<"kline">,
    changes: ReadonlyArray<CandleChange>,
    slow: boolean
  ): void {
    const now = this.market.now()
    for (const change of changes) {
      if (change.interval !== interval) continue
      topic.changed = change.closed ? undefined : change.candle
      if (change.closed) this.say(topic, (unit) => Payloads.kline(market, change, now, unit))
    }
    const candle = topic.changed
    if (candle === undefined || (interval !== "1s" && !slow)) return
    topic.changed = undefined
    this.say(topic, (unit) => Payloads.kline(market, { interval, candle, closed: false }, now, unit), true)
  }

  /** A candle of another zone: its closed parts are read once and kept summed, the open one is read each time. */
  private readonly tellShifted = Effect.fnUntraced(
    { self: this },
    function* (this: Streams, topic: Topic, market: SymbolMarket, { interval, offsetMinutes }: Of<"kline">) {
      const part = partOf(interval, offsetMinutes)
      if (part === undefined) return
      const at = market.marketTime
      const now = this.market.now()
      const sum = (candles: ReadonlyArray<Candle>): Candle | undefined => {
        const [first, ...rest] = candles
        return first === undefined ? undefined : merge(interval, [first, ...rest])
      }
      const shifted = (topic.shifted ??= beginShifted(shiftedOpen(interval, offsetMinutes, at)))
      const next = shiftedNext(interval, offsetMinutes, shifted.openTime)
      const until = Math.min(at, next - 1)
      const wanted = Math.min(MAX_PARTS, Math.floor((until - shifted.nextPart) / partMillis(part)) + 1)
      const read = yield* Effect.orElseSucceed(market.klines.range(part, until, wanted), () => [])
      const inside = read.filter((candle) => candle.openTime >= shifted.nextPart)
      const closed = inside.filter((candle) => candle.closeTime < at - GRACE_MILLIS)
      shifted.closedParts = sum([...(shifted.closedParts === undefined ? [] : [shifted.closedParts]), ...closed])
      shifted.nextPart = (closed.at(-1)?.closeTime ?? shifted.nextPart - 1) + 1
      const whole = sum([
        ...(shifted.closedParts === undefined ? [] : [shifted.closedParts]),
        ...inside.slice(closed.length)
      ])
      const over = at > next + GRACE_MILLIS
      if (over) topic.shifted = beginShifted(shiftedOpen(interval, offsetMinutes, at))
      if (whole === undefined) return
      const candle = { ...whole, openTime: shifted.openTime, closeTime: next - 1 }
      this.say(topic, (unit) => Payloads.kline(market, { interval, candle, closed: over }, now, unit), !over)
    }
  )

  private readonly tellTicker = Effect.fnUntraced(
    { self: this },
    function* (this: Streams, topic: Topic, market: SymbolMarket, stream: Of<"miniTicker" | "ticker" | "window">) {
      if (topic.told === market.changes) return
      topic.told = market.changes
      const of = yield* this.statistics(market, stream)
      if (of === undefined) return
      const now = this.market.now()
      this.say(topic, (unit) => tickerText(market, stream, of, now, unit), true)
    }
  )

  /** Of all symbols that changed since the last time; somebody new is told all of them. */
  private readonly tellArray = Effect.fnUntraced(
    { self: this },
    function* (this: Streams, topic: Topic, stream: Of<"miniTickers" | "windows">) {
      const now = this.market.now()
      const since = topic.told
      const changed: Array<readonly [SymbolMarket, Statistics]> = []
      let count = 0
      for (const market of this.market.symbols.values()) {
        const before = topic.toldOf.get(market.symbol)
        count += market.changes
        if (since !== -1 && before === market.changes) continue
        topic.toldOf.set(market.symbol, market.changes)
        const of = yield* this.statistics(market, stream)
        if (of !== undefined) changed.push([market, of])
      }
      topic.told = count
      if (changed.length === 0) return
      this.say(
        topic,
        (unit) => `[${changed.map(([market, of]) => tickerText(market, stream, of, now, unit)).join(",")}]`
      )
    }
  )

  private statistics(market: SymbolMarket, stream: Of<"miniTicker" | "ticker" | "window" | "miniTickers" | "windows">) {
    return "size" in stream
      ? market.windows.rolling(windowMillis[stream.size], market.marketTime)
      : market.windows.day(market.marketTime)
  }

  private tellAverage(topic: Topic, market: SymbolMarket): void {
    if (topic.told === market.changes) return
    topic.told = market.changes
    const price = this.market.averagePrice(market.symbol)
    const now = this.market.now()
    this.say(topic, (unit) => Payloads.averagePrice(market, price, now, unit), true)
  }
}

const beginShifted = (openTime: number) => ({ openTime, closedParts: undefined, nextPart: openTime })

const tickerText = (
  market: SymbolMarket,
  stream: Of<"miniTicker" | "ticker" | "window" | "miniTickers" | "windows">,
  of: Statistics,
  now: number,
  unit: Payloads.Unit
): string => {
  switch (stream.kind) {
    case "miniTicker":
    case "miniTickers":
      return Payloads.miniTicker(market, of, now, unit)
    case "ticker":
      return Payloads.ticker(market, of, now, unit)
    case "window":
    case "windows":
      return Payloads.windowTicker(market, stream.size, of, now, unit)
  }
}
