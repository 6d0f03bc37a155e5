// Partial fills that stop: how much of the market's liquidity orders may still have.
import type { Command } from "../../../domain/matching/Command.ts"
import type { Engine } from "../../../domain/matching/Engine.ts"
import type { EngineEvent } from "../../../domain/matching/Event.ts"
import type { Outside } from "../Seen.ts"
import type { Target } from "./Fault.ts"
import type { FaultRegistry, Hit } from "./FaultRegistry.ts"

type Stop = Hit<"stopFillingAfter">
type Feed = Extract<Command, { readonly _tag: "Tape" | "Outside" }>

/** What has to be known of the orders that rest. */
type Resting = Pick<Engine, "best" | "openOrders">

export class LiquidityFaults {
  readonly #registry: FaultRegistry
  /** Lots given so far, by rule; only of rules that stand. */
  #given = new Map<string, number>()

  constructor(registry: FaultRegistry) {
    this.#registry = registry
  }

  /** The market as a command of this account may take from it: levels beyond what is left are not there. */
  limited(outside: Outside, target: Target, at: number): Outside {
    const all = this.#registry.hits("stopFillingAfter", target, at)
    if (all.length === 0) return outside
    const walked = { bids: new Walked(), asks: new Walked() }
    return {
      lastTicks: outside.lastTicks,
      reference: outside.reference,
      lastTradeId: outside.lastTradeId,
      lotsAhead: (side, ticks) => outside.lotsAhead(side, ticks),
      netLevel: (side, index) => {
        const level = outside.netLevel(side, index)
        if (level === undefined) return undefined
        const lots = Math.max(0, level.lots)
        const before = walked[side].before(index, lots)
        const allowed = this.#least(all, before + lots) - before
        return allowed <= 0 && lots > 0 ? undefined : { ticks: level.ticks, lots: Math.min(lots, allowed) }
      }
    }
  }

  /**
   * What of the market's move reaches orders that rest. A rule of one account holds the market back from everybody while that account
   * has orders there: what trades at a price is not divided by account before it is matched.
   */
  moved(feed: Feed, engine: Resting): Feed {
    if (!reaches(feed, engine)) return feed
    const { at, lots, symbol } = feed
    const hits = this.#registry.hitsBy("stopFillingAfter", at, ({ account }) =>
      account === undefined
        ? { symbol }
        : engine.openOrders(account, symbol).length > 0
          ? { account, symbol }
          : undefined
    )
    const allowed = this.#least(hits, lots)
    return allowed === lots ? feed : { ...feed, lots: allowed }
  }

  /** Counts what the market gave: trades among users are no matter of its liquidity. */
  told(events: ReadonlyArray<EngineEvent>): void {
    for (const event of events) {
      if (event._tag !== "Execution" || event.trade === undefined || event.trade.cause === "crossed") continue
      this.#give({ account: event.order.account, symbol: event.order.symbol }, event.trade.lots)
    }
  }

  #give(target: Target, lots: number): void {
    const given = new Map<string, number>()
    for (const { covers, id } of this.#registry.standing("stopFillingAfter")) {
      given.set(id, (this.#given.get(id) ?? 0) + (covers(target) ? lots : 0))
    }
    this.#given = given
  }

  #least(stops: ReadonlyArray<Stop>, lots: number): number {
    let least = lots
    for (const stop of stops) {
      const left = Math.max(0, stop.params.lots - (this.#given.get(stop.id) ?? 0))
      if (left >= lots) continue
      stop.record(`${left} of ${lots} lots`)
      least = Math.min(least, left)
    }
    return least
  }
}

/** Whether a move of the market meets any order. */
const reaches = (feed: Feed, engine: Resting): boolean => {
  if (feed.lots === 0) return false
  const taker = feed._tag === "Tape" ? feed.takerSide : feed.side
  const best = engine.best(feed.symbol, taker === "BUY" ? "SELL" : "BUY")
  return best !== 0 && (taker === "BUY" ? feed.ticks >= best : feed.ticks <= best)
}

/** Lots of the levels walked so far, which are asked for in order. */
class Walked {
  readonly #sums: Array<number> = [0]

  before(index: number, lots: number): number {
    const sum = this.#sums[index] ?? 0
    this.#sums[index + 1] = sum + lots
    return sum
  }
}
