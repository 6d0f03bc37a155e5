// A market maker: quotes both sides around what it thinks is fair, leans against its inventory, and backs off when the market gets wild
// (the shape of Avellaneda and Stoikov's "High-frequency trading in a limit order book", without their optimum).
import type { Side } from "../../domain/Order.ts"
import type { Dice } from "./Chance.ts"
import type { Scale } from "./Scale.ts"
import type { Owner, SimBook, SimOrder } from "./SimBook.ts"

export interface Character {
  /** Quotes a side. */
  readonly levels: number
  /** Half its spread in calm markets, in gaps; it is never less than the tick that a book needs. */
  readonly edge: number
  /** Distance between its quotes, in gaps. */
  readonly spacing: number
  /** Size of a quote, in typical levels. */
  readonly size: number
  /** How often it gets to look, 0 to 1 a step, and what it then overlooks, in gaps. */
  readonly alertness: number
  readonly patience: number
}

/** A quick one at the touch, a broad one, and a slow one that holds the outer book. */
export const characters: ReadonlyArray<Character> = [
  { levels: 5, edge: 0, spacing: 0.8, size: 0.5, alertness: 0.95, patience: 0.1 },
  { levels: 8, edge: 0.5, spacing: 1.2, size: 0.8, alertness: 0.5, patience: 0.8 },
  { levels: 10, edge: 2.5, spacing: 1.7, size: 1, alertness: 0.25, patience: 2 }
]

/** Sizes by distance: little at the best price, most some levels away, less and less behind. The last holds for all beyond. */
const PROFILE = [0.4, 0.7, 1, 1.2, 1.25, 1.1, 0.9, 0.75, 0.6, 0.5]
/** Inventory, in typical levels, at which a maker has moved its prices by a gap. */
const INVENTORY_A_GAP = 6
/** Steps without a reason to quote anew after which it does. */
const OLDEST_QUOTE = 50
/** What is left of the inventory after a step: the rest was hedged elsewhere. */
const UNHEDGED = 0.995

export class Maker implements Owner {
  private readonly character: Character
  private readonly scale: Scale
  private readonly dice: Dice
  private orders: Array<SimOrder> = []
  private inventory = 0
  private quoted = { fair: Number.NaN, inventory: 0, excitement: 0, age: 0 }

  constructor(character: Character, scale: Scale, dice: Dice) {
    this.character = character
    this.scale = scale
    this.dice = dice
  }

  filled(side: Side, lots: number): void {
    this.inventory += side === "BUY" ? lots : -lots
  }

  /** `fair` in ticks, `excitement` about 1. */
  act(book: SimBook, fair: number, excitement: number): void {
    this.inventory *= UNHEDGED
    this.quoted.age++
    if (this.dice.roll() < this.character.alertness && this.moved(fair, excitement)) this.quote(book, fair, excitement)
  }

  private moved(fair: number, excitement: number): boolean {
    const { quoted, scale, inventory } = this
    if (Number.isNaN(quoted.fair) || quoted.age > OLDEST_QUOTE) return true
    const far = Math.max(0.5, this.character.patience * scale.gapTicks)
    return (
      Math.abs(fair - quoted.fair) >= far ||
      Math.abs(inventory - quoted.inventory) > scale.levelLots / 4 ||
      Math.abs(excitement - quoted.excitement) > 0.3 * quoted.excitement
    )
  }

  /** Puts its orders where they should be now. */
  quote(book: SimBook, fair: number, excitement: number): void {
    const { character, scale, inventory } = this
    const { gapTicks, levelLots } = scale
    this.quoted = { fair, inventory, excitement, age: 0 }
    const reserve = fair - (gapTicks * inventory) / (levelLots * INVENTORY_A_GAP)
    const fear = 0.25 * Math.max(0, excitement - 1)
    const half = (character.edge * (0.6 + 0.4 * excitement) + fear) * gapTicks
    const lean = Math.max(-0.6, Math.min(0.6, inventory / (levelLots * INVENTORY_A_GAP * 2)))
    const bid = Math.floor(reserve - half)
    const ask = Math.max(bid + 1, Math.ceil(reserve + half))
    const wanted = [...this.ladder("BUY", bid, 1 - lean), ...this.ladder("SELL", ask, 1 + lean)]
    // What is where it should be keeps its place in the queue.
    const kept = new Set<string>()
    this.orders = this.orders.filter((order) => {
      if (order.lots === 0) return false
      const key = `${order.side} ${order.ticks}`
      if (wanted.some(({ side, ticks }) => side === order.side && ticks === order.ticks) && !kept.has(key)) {
        kept.add(key)
        return true
      }
      book.cancel(order)
      return false
    })
    for (const { side, ticks, lots } of wanted) {
      if (kept.has(`${side} ${ticks}`)) continue
      this.orders.push(book.rest({ owner: this, side, ticks }, lots))
    }
  }

  /** Quotes of one side from `best` outwards; those behind it on a grid, so that small moves leave them alone. */
  private ladder(side: Side, best: number, eagerness: number) {
    const { character, scale, dice } = this
    const outwards = side === "BUY" ? -1 : 1
    const grid = Math.max(1, Math.round((scale.gapTicks * character.spacing) / 2))
    const quotes: Array<{ readonly side: Side; readonly ticks: number; readonly lots: number }> = []
    let last = best
    for (let level = 0; level < character.levels; level++) {
      const exact = best + outwards * level * Math.max(1, scale.gapTicks * character.spacing)
      const ticks = level === 0 ? best : outwards * Math.floor((outwards * exact) / grid) * grid
      if (level > 0 && (ticks - last) * outwards <= 0) continue
      last = ticks
      const size = character.size * (PROFILE[level] ?? PROFILE.at(-1)!) * eagerness * (0.5 + dice.roll())
      quotes.push({ side, ticks: Math.max(1, ticks), lots: Math.max(2, Math.round(scale.levelLots * size)) })
    }
    return quotes
  }
}
