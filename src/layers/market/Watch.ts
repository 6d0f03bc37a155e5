// Which symbols are too old to act on: judged once a tick, by when their source last spoke of their book.
import type { MarketMessage } from "../../domain/Market.ts"
import { SILENT_MILLIS, type Staleness, type StaleWhy } from "../../domain/Staleness.ts"
import { type MarketData, symbolOf } from "../../ports/MarketData.ts"
import type { MarketSource } from "../../ports/MarketSource.ts"

export class Watch {
  private readonly data: MarketData["Service"]
  private readonly symbols: ReadonlyArray<string>
  private readonly maxSilenceMillis: number
  private readonly heardAt = new Map<string, number>()
  private readonly marks = new Map<string, StaleWhy>()
  private up = false

  constructor(source: MarketSource["Service"], data: MarketData["Service"]) {
    this.data = data
    this.symbols = [...source.instruments.keys()]
    this.maxSilenceMillis = source.maxSilenceMillis ?? SILENT_MILLIS
  }

  get anyStale(): boolean {
    return this.marks.size > 0
  }

  /** `now` is our own clock. Trades do not count: a thin symbol rarely has any, and a book may stand still behind them. */
  note(message: MarketMessage, now: number): void {
    if (message._tag === "Restarted") return
    this.up = true
    if (message._tag !== "Trade") this.heardAt.set(symbolOf(message), now)
  }

  /** The source has ended or failed. */
  down(): void {
    this.up = false
  }

  /** Marks every symbol. Gives those whose mark is another one now. */
  judge(now: number): ReadonlyArray<string> {
    return this.symbols.filter((symbol) => {
      const stale = this.stalenessOf(symbol, now)
      this.data.mark(symbol, stale)
      const before = this.marks.get(symbol)
      if (stale === undefined) this.marks.delete(symbol)
      else this.marks.set(symbol, stale.why)
      return before !== stale?.why
    })
  }

  private stalenessOf(symbol: string, now: number): Staleness | undefined {
    const heardAt = this.heardAt.get(symbol) ?? 0
    if (!this.up) return { why: "down", heardAt }
    if (this.data.quote(symbol)?.synced !== true) return { why: "unsynced", heardAt }
    return now - heardAt > this.maxSilenceMillis ? { why: "silent", heardAt } : undefined
  }
}
