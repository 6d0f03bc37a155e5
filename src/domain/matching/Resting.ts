// How an open order takes its place, holds its funds, and leaves again.
import type { ExpiryReason, OrderStatus } from "./Order.ts"
import type { Amount } from "./Order.ts"
import { isContingent, type OpenOrder, remainingOf } from "./OpenOrder.ts"
import type { Seat } from "./Seat.ts"
import type { Step } from "./Step.ts"
import type { SymbolBook } from "./SymbolBook.ts"

export const paidSlot = (order: OpenOrder) => (order.side === "BUY" ? order.seat.quoteSlot : order.seat.baseSlot)

/** What an order needs for what is left of it: price × remaining quote, or remaining base. */
export const needOf = (book: SymbolBook, order: OpenOrder): Amount => {
  const { scale } = book.rules
  const lots = remainingOf(order)
  return order.side === "BUY" ? scale.quoteOf(order.lockTicks, lots) : scale.baseOf(lots)
}

export const lock = (step: Step, order: OpenOrder): void => {
  step.state.ledger.lock(paidSlot(order), needOf(step.book, order))
  order.holdsLock = true
}

export const unlock = (step: Step, order: OpenOrder): void => {
  if (!order.holdsLock) return
  step.state.ledger.unlock(paidSlot(order), needOf(step.book, order))
  order.holdsLock = false
}

/** From now on its ids find it, and it counts as open. */
export const register = (book: SymbolBook, order: OpenOrder): void => {
  if (order.registered) return
  order.registered = true
  book.openCount++
  order.seat.byClientId.add(order)
  count(order.seat, order, 1)
}

const unregister = (book: SymbolBook, order: OpenOrder): void => {
  if (!order.registered) return
  order.registered = false
  book.openCount--
  order.seat.byClientId.delete(order)
  count(order.seat, order, -1)
}

const count = (seat: Seat, order: OpenOrder, by: 1 | -1): void => {
  if (isContingent(order.type)) seat.openAlgos += by
  if (order.icebergLots !== 0) seat.openIcebergs += by
}

/** What an iceberg shows next. */
export const sliceOf = (order: OpenOrder): number => {
  const lots = remainingOf(order)
  return order.icebergLots === 0 || lots < order.icebergLots ? lots : order.icebergLots
}

/** At the back of its price level, behind users' orders and behind what the outside market shows there now. */
export const rest = (step: Step, order: OpenOrder): void => {
  const level = step.book.side(order.side).open(order.ticks)
  order.visible = sliceOf(order)
  order.ahead = step.market.outside.lotsAtPrice(order.side, order.ticks)
  order.where = "book"
  level.append(order)
  step.touchLevel(level)
}

/** A new slice of an iceberg has no more claim to its place than a new order. */
export const refresh = (step: Step, order: OpenOrder): void => {
  const level = order.level!
  level.unlink(order)
  order.visible = sliceOf(order)
  order.ahead = step.market.outside.lotsAtPrice(order.side, order.ticks)
  level.append(order)
}

/** Fewer visible lots at its level; its place stays. */
export const shrink = (step: Step, order: OpenOrder, lots: number): void => {
  const level = order.level!
  step.touchLevel(level)
  order.visible -= lots
  level.lots -= lots
}

/** `change` leaves it fewer lots: the lock and what it shows follow, its place stays. */
export const resize = (step: Step, order: OpenOrder, change: () => void): void => {
  const locked = order.holdsLock
  unlock(step, order)
  change()
  if (locked) lock(step, order)
  const left = remainingOf(order)
  if (order.where === "book" && order.visible > left) shrink(step, order, order.visible - left)
}

/** As `resize`, of lots that it shows: an iceberg that shows nothing any more shows its next slice. */
export const resizeShown = (step: Step, order: OpenOrder, lots: number, change: () => void): void => {
  const locked = order.holdsLock
  unlock(step, order)
  change()
  if (locked) lock(step, order)
  shrink(step, order, lots)
  if (order.visible === 0) refresh(step, order)
}

const leaveBook = (step: Step, order: OpenOrder): void => {
  const level = order.level!
  step.touchLevel(level)
  level.unlink(order)
  order.visible = 0
  order.ahead = 0
  order.where = "nowhere"
  if (level.first === undefined) step.book.side(order.side).drop(level)
}

/** Off the book and out of what waits for a price. Funds and ids stay as they are. */
export const withdraw = (step: Step, order: OpenOrder): void => {
  if (order.where === "book") leaveBook(step, order)
  else if (order.where === "stop" || order.where === "trailing") step.book.triggers.remove(order)
  order.where = "nowhere"
}

/** The end of an order: its place, its own lock and its ids are free again. The event is the caller's. */
export const close = (step: Step, order: OpenOrder, status: OrderStatus, expiry?: ExpiryReason): void => {
  withdraw(step, order)
  if (order.holdsLock) {
    step.touchPaid(order)
    unlock(step, order)
  }
  unregister(step.book, order)
  order.status = status
  if (expiry !== undefined) order.expiry = expiry
}

export const expire = (step: Step, order: OpenOrder, expiry: ExpiryReason | undefined): void => {
  close(step, order, "EXPIRED", expiry)
  step.execution(order, "EXPIRED", false)
}
