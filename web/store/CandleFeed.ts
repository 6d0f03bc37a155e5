// Keeps the candles of one symbol and interval whole: history asked for after subscribing, stream merged into it, holes asked for again.
import { type ReadonlySignal, signal } from "@preact/signals"
import type { Interval } from "../../src/domain/Candle.ts"
import type { CandleView } from "../../src/contract/Views.ts"
import * as Candles from "./Candles.ts"
import * as Remote from "./Remote.ts"

export interface CandleFeed {
  readonly symbol: string
  readonly interval: Interval
  readonly series: ReadonlySignal<Remote.Remote<Candles.CandleSeries>>
  readonly take: (candle: CandleView) => void
  /** Asks for the newest history and merges it: at the start, and whenever the link came back. */
  readonly refresh: () => Promise<void>
  /** Asks for what lies before the oldest candle, once at a time, until there is no more. */
  readonly older: () => Promise<void>
  readonly close: () => void
}

export interface CandleFeedOptions {
  readonly symbol: string
  readonly interval: Interval
  readonly fetch: (end?: number) => Promise<ReadonlyArray<CandleView>>
  readonly sentenceOf: (error: unknown) => string
}

export const makeCandleFeed = (options: CandleFeedOptions): CandleFeed => {
  const shown = signal<Remote.Remote<Candles.CandleSeries>>(Remote.loading)
  let series = Candles.empty
  let known = false
  let closed = false
  let asking = false
  let askAgain = false
  let exhausted = false
  let oldest: Promise<void> | undefined

  const show = () => {
    if (known && !closed) shown.value = Remote.live(series)
  }

  const refresh = async (): Promise<void> => {
    // One question at a time: what came up while asking is asked once more afterwards.
    if (asking) return void (askAgain = true)
    asking = true
    try {
      const heldTo = series.candles.at(-1)?.openTime
      const history = await options.fetch()
      const knownTo = history.at(-1)?.openTime
      // History that ends before what was held when it was asked for is another market's: a recording that began anew.
      const anew = heldTo !== undefined && knownTo !== undefined && knownTo < heldTo
      series = anew ? Candles.replace(series, history) : Candles.merge(series, history)
      known = true
      show()
    } catch (error) {
      if (!closed) shown.value = Remote.failed(shown.peek(), options.sentenceOf(error))
    } finally {
      asking = false
    }
    if (!askAgain || closed) return
    askAgain = false
    await refresh()
  }

  const take = (candle: CandleView): void => {
    const hole = Candles.leavesHole(series, candle, options.interval)
    series = Candles.append(series, candle)
    show()
    if (hole) void refresh()
  }

  const older = async (): Promise<void> => {
    const first = series.candles[0]
    if (first === undefined || exhausted || !known || series.candles.length >= Candles.MAX_CANDLES) return
    oldest ??= options
      .fetch(first.openTime - 1)
      .then((history) => {
        const before = series
        series = Candles.merge(series, history)
        exhausted = series === before
        show()
      })
      .catch(() => {})
      .finally(() => (oldest = undefined))
    await oldest
  }

  return { ...options, series: shown, take, refresh, older, close: () => void (closed = true) }
}
