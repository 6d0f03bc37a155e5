// The book everybody sees of one symbol: the outside market's levels, less what users took of them, and users' visible lots.
import { Depth, MAX_LEVELS, SideLevels } from "../../../domain/Depth.ts"
import type { BestPrices, DepthDiff, DepthSnapshot, Level } from "../../../domain/Market.ts"
import type { Side } from "../../../domain/Order.ts"
import { DiffCollector } from "./DiffCollector.ts"

/** Lots of an outside level that users have taken since the outside market last stated it. */
export type TakenAt = (resting: Side, ticks: number) => number

/**
 * Update ids count level changes and start at `1000 × epoch milliseconds`: a start that is later by a second lies a million changes
 * beyond an earlier one, so ids never go back over a restart. They stay safe integers until the year 2255.
 */
export const firstUpdateId = (startMillis: number): number => startMillis * 1_000

class PublicSide {
  readonly shown: SideLevels
  readonly outside = new Map<number, number>()
  readonly users = new Map<number, number>()
  readonly taken = new Map<number, number>()

  constructor(side: Side) {
    this.shown = new SideLevels(side === "BUY" ? 1 : -1)
  }

  lotsAt(ticks: number): number {
    const { shown } = this
    const index = shown.indexOf(ticks)
    return shown.ticks[index] === ticks ? shown.lots[index]! : 0
  }
}

/**
 * Bounded by what the outside market shows (`MAX_LEVELS` a side, then half as many again until it is cut back) and by users' price
 * levels. While the outside book cannot be known, only users' lots are shown: nobody could trade with more.
 */
export class PublicBook {
  private readonly depth: Depth
  private readonly sides = { BUY: new PublicSide("BUY"), SELL: new PublicSide("SELL") }
  private readonly takenAt: TakenAt | undefined
  private readonly collectors = new Set<DiffCollector>()
  private newest: BestPrices | undefined
  private id: number

  /** Without `takenAt` the book counts what users take by itself, from their trades. */
  constructor(symbol: string, startMillis: number, takenAt?: TakenAt) {
    this.depth = new Depth(symbol)
    this.id = firstUpdateId(startMillis)
    this.takenAt = takenAt
  }

  get updateId(): number {
    return this.id
  }

  applySnapshot(snapshot: DepthSnapshot): void {
    this.depth.applySnapshot(snapshot)
    this.restateAll()
  }

  applyDiff(diff: DepthDiff): void {
    const known = this.depth.synced
    const outcome = this.depth.applyDiff(diff)
    if (!known) return
    if (outcome === "gap") return this.restateAll()
    if (outcome !== "applied") return
    for (const { ticks, lots } of diff.bids) this.restate("BUY", ticks, lots)
    for (const { ticks, lots } of diff.asks) this.restate("SELL", ticks, lots)
    if (Math.max(this.sides.BUY.outside.size, this.sides.SELL.outside.size) > 1.5 * MAX_LEVELS) return this.restateAll()
    this.applyNewest()
  }

  /** Best prices come ahead of the diffs: what they state holds, and levels better than they say are gone. */
  applyBest(best: BestPrices): void {
    if (this.newest !== undefined && best.updateId < this.newest.updateId) return
    this.newest = best
    this.applyNewest()
  }

  reset(): void {
    this.depth.reset()
    this.newest = undefined
    this.restateAll()
  }

  /** Users' visible lots at a price are now these. */
  applyUsers(side: Side, ticks: number, lots: number): void {
    const { users } = this.sides[side]
    if (lots === 0) users.delete(ticks)
    else users.set(ticks, lots)
    this.show(side, ticks)
  }

  /** A user took lots of the outside level at a price. */
  applyTaken(resting: Side, ticks: number, lots: number): void {
    const { outside, taken } = this.sides[resting]
    if (this.takenAt === undefined && outside.has(ticks)) taken.set(ticks, (taken.get(ticks) ?? 0) + lots)
    this.show(resting, ticks)
  }

  /**
   * A resting order of a user traded at `ticks` with what came past it: the outside levels there may have given lots (only the venue knows
   * how many, so without `takenAt` nothing changes).
   */
  applyThrough(side: Side, ticks: number): void {
    const { outside, shown } = this.sides[side]
    const past = shown.ticks.filter((level) => level * shown.sign >= ticks * shown.sign && outside.has(level))
    for (const level of past) this.show(side, level)
  }

  best(side: Side): Level | undefined {
    return this.sides[side].shown.best()
  }

  /** Best first, at most `count`. */
  top(side: Side, count: number): ReadonlyArray<Level> {
    return this.sides[side].shown.top(count)
  }

  lotsAt(side: Side, ticks: number): number {
    return this.sides[side].lotsAt(ticks)
  }

  /** Collects changes from now on, until `stopCollecting`. */
  collect(): DiffCollector {
    const collector = new DiffCollector(this)
    this.collectors.add(collector)
    return collector
  }

  stopCollecting(collector: DiffCollector): void {
    this.collectors.delete(collector)
  }

  private applyNewest(): void {
    const { newest } = this
    if (newest === undefined || !this.depth.synced || newest.updateId <= this.depth.updateId) return
    this.restateBest("BUY", newest.bid)
    this.restateBest("SELL", newest.ask)
  }

  private restateBest(side: Side, best: Level): void {
    const { outside, shown } = this.sides[side]
    // Collected first: restating changes the levels walked.
    const gone: Array<number> = []
    for (let index = shown.ticks.length - 1; index >= 0; index--) {
      const ticks = shown.ticks[index]!
      if (ticks * shown.sign <= best.ticks * shown.sign) break
      if (outside.has(ticks)) gone.push(ticks)
    }
    for (const ticks of gone) this.restate(side, ticks, 0)
    if (outside.get(best.ticks) !== best.lots) this.restate(side, best.ticks, best.lots)
  }

  /** Brings every outside level to what the followed book holds: after a snapshot, or when it was lost. */
  private restateAll(): void {
    const view = this.depth.synced ? this.depth.view(MAX_LEVELS) : { bids: [], asks: [] }
    this.restateSide("BUY", view.bids)
    this.restateSide("SELL", view.asks)
    this.applyNewest()
  }

  private restateSide(side: Side, levels: ReadonlyArray<Level>): void {
    const stated = new Set(levels.map(({ ticks }) => ticks))
    for (const ticks of this.sides[side].outside.keys()) if (!stated.has(ticks)) this.restate(side, ticks, 0)
    for (const { ticks, lots } of levels) this.restate(side, ticks, lots)
  }

  private restate(side: Side, ticks: number, lots: number): void {
    const { outside, taken } = this.sides[side]
    taken.delete(ticks)
    if (lots === 0) outside.delete(ticks)
    else outside.set(ticks, lots)
    this.show(side, ticks)
  }

  private show(side: Side, ticks: number): void {
    const of = this.sides[side]
    const outside = of.outside.get(ticks) ?? 0
    const taken = outside === 0 ? 0 : (this.takenAt?.(side, ticks) ?? of.taken.get(ticks) ?? 0)
    const lots = Math.max(0, outside - taken) + (of.users.get(ticks) ?? 0)
    const before = of.lotsAt(ticks)
    if (lots === before) return
    of.shown.set(ticks, lots)
    this.id++
    for (const collector of this.collectors) collector.note(side, ticks, before)
  }
}
