// Proof that the engine's state hangs together. Each check names what it found; none repairs anything.
import type { BookSide } from "./BookSide.ts"
import { needOfPair } from "./Contingency.ts"
import { isContingent, type OpenOrder, remainingOf } from "./OpenOrder.ts"
import type { Amount } from "./Order.ts"
import { isOpen } from "./Order.ts"
import { needOf, paidSlot } from "./Resting.ts"
import type { State } from "./State.ts"
import type { SymbolBook } from "./SymbolBook.ts"

const fail = (what: string): never => {
  throw new Error(`the engine's state is broken: ${what}`)
}

export const validate = (state: State): void => {
  const locked = new Map<number, Amount>()
  for (const book of state.books.values()) {
    validateSide(book, book.bids)
    validateSide(book, book.asks)
    validateCrossing(book)
    for (const order of book.openOrders()) validateOrder(state, book, order)
    validateSeats(book)
    validateLists(book)
    sumLocks(book, locked)
  }
  validateMoney(state, locked)
}

const validateSide = (book: SymbolBook, side: BookSide): void => {
  const where = `${book.symbol} ${side.side}`
  let before = -Infinity
  for (const level of side.levels) {
    if (level.ticks * side.sign <= before) fail(`${where} is not sorted at ${level.ticks}`)
    before = level.ticks * side.sign
    let lots = 0
    let previous: OpenOrder | undefined
    for (let order = level.first; order !== undefined; order = order.next) {
      const named = `${where} order ${order.orderId}`
      if (order.level !== level || order.previous !== previous) fail(`${named} is not linked to its level`)
      if (order.ticks !== level.ticks || order.side !== side.side) fail(`${named} is at the wrong level`)
      if (order.where !== "book" || order.seat.byClientId.numbered(order.orderId) !== order)
        fail(`${named} rests and is not open`)
      const most = order.icebergLots === 0 ? remainingOf(order) : Math.min(order.icebergLots, remainingOf(order))
      if (order.visible <= 0 || order.visible > most) fail(`${named} shows ${order.visible} lots`)
      if (order.icebergLots === 0 && order.visible !== most) fail(`${named} hides lots`)
      if (order.ahead < 0) fail(`${named} has ${order.ahead} lots ahead`)
      lots += order.visible
      previous = order
    }
    if (level.last !== previous || previous === undefined) fail(`${where} at ${level.ticks} does not end where it says`)
    if (lots !== level.lots) fail(`${where} at ${level.ticks} counts ${level.lots} lots and has ${lots}`)
    if (level.toldLots !== level.lots) fail(`${where} at ${level.ticks} was told as ${level.toldLots} lots`)
  }
}

const validateCrossing = (book: SymbolBook): void => {
  const bid = book.bids.bestTicks()
  const ask = book.asks.bestTicks()
  if (bid !== 0 && ask !== 0 && bid >= ask) fail(`${book.symbol} is crossed: ${bid} and ${ask}`)
}

const validateOrder = (state: State, book: SymbolBook, order: OpenOrder): void => {
  const named = `${book.symbol} order ${order.orderId}`
  if (!order.registered || !isOpen(order.status)) fail(`${named} is ${order.status} and kept as open`)
  if (remainingOf(order) <= 0) fail(`${named} is open with nothing left`)
  if (order.orderId > state.orderId) fail(`${named} has an id from the future`)
  if (book.seats.get(order.account) !== order.seat) fail(`${named} has a seat that is not its account's`)
  if (order.seat.byClientId.get(order.clientOrderId) !== order) fail(`${named} is not found by ${order.clientOrderId}`)
  const pending = order.status === "PENDING_NEW"
  if (pending !== (order.where === "list")) fail(`${named} is ${order.status} in ${order.where}`)
  if (order.where === "nowhere") fail(`${named} is open and nowhere`)
  if (order.where === "book" && order.level === undefined) fail(`${named} is on the book without a level`)
  if (order.where === "trailing" && order.trail?.orders.includes(order) !== true) fail(`${named} does not trail`)
  if (order.working !== (order.where === "book")) fail(`${named} works ${String(order.working)} in ${order.where}`)
  const shares = order.list?.holdsLock === true && order.list.pair?.includes(order) === true
  if (order.holdsLock === (pending || shares)) fail(`${named} holds its lock ${String(order.holdsLock)}`)
}

const validateSeats = (book: SymbolBook): void => {
  let open = 0
  for (const [name, seat] of book.seats) {
    const named = `${book.symbol} seat of ${name}`
    const orders = seat.byClientId.all()
    open += orders.length
    if (orders.some((order) => order.seat.byClientId.numbered(order.orderId) !== order))
      fail(`${named} has an order that is not open`)
    const algos = orders.filter((order) => isContingent(order.type)).length
    if (algos !== seat.openAlgos) fail(`${named} counts ${seat.openAlgos} algo orders and has ${algos}`)
    const icebergs = orders.filter((order) => order.icebergLots !== 0).length
    if (icebergs !== seat.openIcebergs) fail(`${named} counts ${seat.openIcebergs} icebergs and has ${icebergs}`)
    for (const list of seat.lists) if (book.lists.get(list.listId) !== list) fail(`${named} has an ended list`)
    if (seat.touched !== 0) fail(`${named} has balances that were not told`)
  }
  if (open !== book.openCount) fail(`${book.symbol} has ${book.openCount} open orders, its seats ${open}`)
  const waiting = book.openOrders().filter(({ where }) => where === "stop" || where === "trailing").length
  if (waiting !== book.triggers.size) fail(`${book.symbol} counts ${book.triggers.size} waiting orders, has ${waiting}`)
}

const validateLists = (book: SymbolBook): void => {
  for (const list of book.lists.values()) {
    const named = `${book.symbol} list ${list.listId}`
    if (!list.seat.lists.has(list)) fail(`${named} is not its account's`)
    if (list.orders.some((order) => order.list !== list)) fail(`${named} has a leg of another list`)
    if (list.working !== undefined && list.waiting !== isOpen(list.working.status)) {
      fail(`${named} waits for a ${list.working.status} order`)
    }
    const live = list.waiting ? list.orders : list.working === undefined ? list.orders : list.pending
    if (live.some((order) => order.seat.byClientId.numbered(order.orderId) !== order))
      fail(`${named} has a leg that is not open`)
    const { pair } = list
    if (pair !== undefined && !list.holdsLock) fail(`${named} locks nothing`)
    if (pair !== undefined && remainingOf(pair[0]) !== remainingOf(pair[1])) fail(`${named} has uneven legs`)
  }
}

const sumLocks = (book: SymbolBook, locked: Map<number, Amount>): void => {
  const add = (slot: number, amount: Amount) => locked.set(slot, (locked.get(slot) ?? 0n) + amount)
  for (const order of book.openOrders()) if (order.holdsLock) add(paidSlot(order), needOf(book, order))
  for (const list of book.lists.values()) {
    const { pair } = list
    if (list.holdsLock && pair !== undefined) add(paidSlot(pair[0]), needOfPair(book, pair))
  }
}

/** Locked is what open orders lock, nothing is below zero, and what all have together is what came in. */
const validateMoney = ({ ledger, accounts }: State, locked: ReadonlyMap<number, Amount>): void => {
  const sums = new Map<string, Amount>()
  for (const { name, slots } of accounts.values()) {
    for (const [asset, slot] of slots) {
      const free = ledger.free(slot)
      const held = ledger.locked(slot)
      const needed = locked.get(slot) ?? 0n
      if (free < 0n || held < 0n) fail(`${name} has ${free} free and ${held} locked ${asset}`)
      if (held !== needed) fail(`${name} has ${held} ${asset} locked, its open orders lock ${needed}`)
      sums.set(asset, (sums.get(asset) ?? 0n) + free + held)
    }
  }
  for (const [id, asset] of ledger.assets.entries()) {
    const commissions = ledger.commissions[id]!
    const held = (sums.get(asset) ?? 0n) + commissions
    if (commissions < 0n) fail(`commissions of ${commissions} ${asset}`)
    if (held !== ledger.supply[id]) fail(`${held} ${asset} are held, ${ledger.supply[id]} came in`)
  }
}
