// What the outside market's trades and levels do to users' resting orders. An order joins its price behind the outside lots that stand
// there; it trades when the tape has gone through them, or the market has gone past its price.
import type { Side } from "../Order.ts"
import { isBetter } from "./Scan.ts"
import type { Step } from "./Step.ts"
import type { SymbolBook } from "./SymbolBook.ts"
import { fillFromOutside, observe } from "./Trading.ts"
import { type OpenOrder, opposite } from "./OpenOrder.ts"

/** Whether a trade of the outside market concerns any order: the cheap answer for almost all of them. */
export const tapeConcerns = (book: SymbolBook, ticks: number, takerSide: Side): boolean => {
  const best = book.against(takerSide).bestTicks()
  return (best !== 0 && !isBetter(takerSide, ticks, best)) || book.triggers.moves(ticks)
}

/**
 * Orders with a better price than the tape's trade before it would have: best first, never more than its lots in total. At its own
 * price the tape first goes through what stands ahead. True where anything changed.
 */
export const tape = (step: Step, ticks: number, lots: number, takerSide: Side): boolean => {
  const makers = step.book.against(takerSide)
  let changed = step.book.triggers.moves(ticks)
  let left = lots
  while (left > 0) {
    const level = makers.best()
    if (level === undefined || !isBetter(takerSide, level.ticks, ticks)) break
    const maker = level.first!
    const filled = left < maker.visible ? left : maker.visible
    if (!fillFromOutside(step, maker, filled, "through")) break
    left -= filled
    changed = true
  }
  changed = queue(step, ticks, left, opposite(takerSide)) || changed
  observe(step, ticks)
  return changed
}

/**
 * The tape at a level's own price, oldest order first: it goes through the outside lots that stand ahead, then fills. A slice that an
 * iceberg shows meanwhile stands behind all others again, the outside market's lots included.
 */
const queue = (step: Step, ticks: number, lots: number, side: Side): boolean => {
  const level = step.book.side(side).at(ticks)
  if (level === undefined) return false
  let left = lots
  let changed = false
  while (left > 0) {
    const { first } = level
    if (first === undefined) break
    const through = Math.min(first.ahead, left)
    if (through > 0) {
      for (let order: OpenOrder | undefined = first; order !== undefined; order = order.next) {
        order.ahead = Math.max(0, order.ahead - through)
      }
      left -= through
      changed = true
    }
    if (left === 0) break
    const filled = Math.min(left, first.visible)
    if (!fillFromOutside(step, first, filled, "queue")) break
    left -= filled
    changed = true
  }
  return changed
}

export const outsideConcerns = (book: SymbolBook, side: Side, ticks: number, lots: number): boolean => {
  const best = book.against(side).bestTicks()
  if (lots > 0 && best !== 0 && !isBetter(side, ticks, best)) return true
  const level = book.side(side).at(ticks)
  for (let order = level?.last; order !== undefined; order = order.previous) if (order.ahead > lots) return true
  return false
}

/** True where anything changed. */
export const outside = (step: Step, side: Side, ticks: number, lots: number): boolean => {
  let changed = false
  const level = step.book.side(side).at(ticks)
  for (let order = level?.first; order !== undefined; order = order.next) {
    if (order.ahead <= lots) continue
    order.ahead = lots
    changed = true
  }
  const makers = step.book.against(side)
  let left = lots
  while (left > 0) {
    const reached = makers.best()
    if (reached === undefined || isBetter(side, ticks, reached.ticks)) break
    const maker = reached.first!
    const filled = left < maker.visible ? left : maker.visible
    if (!fillFromOutside(step, maker, filled, "through")) break
    left -= filled
    changed = true
  }
  return changed
}
