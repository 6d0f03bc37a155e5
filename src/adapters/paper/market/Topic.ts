// One stream that somebody listens to: who, and what it must remember between two messages.
import type { Candle } from "../../../domain/Candle.ts"
import type { DiffCollector } from "./DiffCollector.ts"
import type { Message } from "./Message.ts"
import type { Stream } from "./StreamName.ts"
import type { SymbolMarket } from "./SymbolMarket.ts"

/** Whoever messages are sent to. */
export interface Subscriber {
  readonly send: (topic: Topic, message: Message, mayBeReplaced: boolean) => void
}

export class Topic {
  readonly name: string
  readonly stream: Stream
  /** `undefined` for a stream of all symbols. */
  readonly market: SymbolMarket | undefined
  readonly subscribers = new Set<Subscriber>()
  /** Of a diff stream. */
  collector: DiffCollector | undefined
  /** What the last message was of: an update id, or a count of changes. -1: somebody new listens, and is owed a message. */
  told = -1
  /** Of a stream of all symbols: the count of changes that each was last told at. */
  readonly toldOf = new Map<string, number>()
  /** Of a kline stream: the candle in progress, where it changed since it was last told. */
  changed: Candle | undefined
  /** Of a kline stream in another zone: the candle as far as its parts have closed, and where the next part begins. */
  shifted: { openTime: number; closedParts: Candle | undefined; nextPart: number } | undefined

  constructor(name: string, stream: Stream, market: SymbolMarket | undefined) {
    this.name = name
    this.stream = stream
    this.market = market
    if (stream.kind === "diff") this.collector = market?.book.collect()
  }

  close(): void {
    if (this.collector !== undefined) this.market?.book.stopCollecting(this.collector)
  }
}
