// The matching engine a second time, written to be obviously right: every question is answered by scanning plain arrays, every
// command works on a copy of the state, and a refusal drops the copy.
import type { Command, MarketNow, OrderRef } from "../../../../src/domain/matching/Command.ts"
import * as Reject from "../../../../src/domain/matching/Rejection.ts"
import type { Rejection } from "../../../../src/domain/matching/Rejection.ts"
import * as Checks from "./Checks.ts"
import { expire, forgetEnded } from "./Endings.ts"
import * as Funds from "./Funds.ts"
import { trade } from "./Matching.ts"
import { mark } from "./Paths.ts"
import type { Path } from "./Paths.ts"
import { placeList, placeOne, rejectOne, ordersOf, settle } from "./Placing.ts"
import type { Printed, Run, Step } from "./Run.ts"
import { begin, note, Refused, refuse } from "./Run.ts"
import * as State from "./State.ts"
import type { NaiveOrder } from "./State.ts"
import { lastTradeAt } from "./Stops.ts"

type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

/** What one half of a cancel-replace came to; several rejections where the rules allow any of them. */
export type Half = "done" | "notAttempted" | ReadonlyArray<Rejection>

export interface Done {
  readonly steps: ReadonlyArray<Step>
  readonly prints: ReadonlyArray<Printed>
  readonly replace?: { readonly cancel: Half; readonly placed: Half }
}

export type Answer = { readonly paths: ReadonlyArray<Path> } & (
  ({ readonly taken: true } & Done) | { readonly taken: false; readonly any: ReadonlyArray<Rejection> }
)

export class NaiveEngine {
  state: State.State = State.empty()

  apply(command: Command, market: MarketNow): Answer {
    const run = begin(this.state, command.at, "symbol" in command ? command.symbol : "", market)
    try {
      const replace = carryOut(run, command)
      settle(run)
      this.state = run.state
      const { steps, prints, paths } = run
      return { taken: true, paths, steps, prints, ...(replace === undefined ? {} : { replace }) }
    } catch (error) {
      if (error instanceof Refused) return { taken: false, paths: run.paths, any: error.rejections }
      throw error
    }
  }
}

const carryOut = (run: Run, command: Command): Done["replace"] => {
  switch (command._tag) {
    case "List":
      return list(run, command)
    case "OpenAccount":
      return openAccount(run, command)
    case "Deposit":
      return deposit(run, command)
    case "SetCommission":
      return setCommission(run, command)
    case "Place":
      Checks.known(run, command.account)
      Checks.supported(run, [command.order])
      Checks.filters(run, [command.order])
      return void placeOne(run, command.account, command.order)
    case "PlaceList":
      return newList(run, command)
    case "Cancel":
      Checks.known(run, command.account)
      cancelable(run)
      return cancel(run, command, command.order, command.cancelId, command.restriction)
    case "CancelAll":
      return cancelAll(run, command)
    case "CancelList":
      return cancelList(run, command)
    case "CancelReplace":
      return cancelReplace(run, command)
    case "Amend":
      return amend(run, command)
    case "Tape":
      return tape(run, command)
    case "Outside":
      return outside(run, command)
  }
}

const list = (run: Run, { listing }: Of<"List">): undefined => {
  const { symbol } = listing.instrument
  run.state.listings = [...run.state.listings.filter(({ instrument }) => instrument.symbol !== symbol), listing]
}

const openAccount = (run: Run, { account, balances }: Of<"OpenAccount">): undefined => {
  if (run.state.accounts.some(({ id }) => id === account)) return
  run.state.accounts.push({ id: account, totals: [], rates: undefined })
  for (const { asset, amount } of balances) Funds.credit(run.state, account, asset, amount)
}

const knownAccount = (run: Run, account: string): void => {
  if (run.state.accounts.every(({ id }) => id !== account)) refuse(Reject.unknownAccount)
}

const deposit = (run: Run, { account, asset, amount }: Of<"Deposit">): undefined => {
  knownAccount(run, account)
  const short = Funds.free(run.state, account, asset) + amount < 0n
  if (amount < 0n) mark(run, short ? "withdrawal refused" : "withdrawn")
  if (short) refuse(Reject.insufficientBalance)
  Funds.credit(run.state, account, asset, amount)
}

const setCommission = (run: Run, { account, maker, taker }: Of<"SetCommission">): undefined => {
  knownAccount(run, account)
  Funds.accountOf(run.state, account).rates = { maker, taker }
}

const newList = (run: Run, command: Of<"PlaceList">): undefined => {
  const orders = ordersOf(command.list)
  Checks.known(run, command.account)
  if (!Funds.listingOfSymbol(run.state, run.symbol).listsAllowed) refuse(Reject.listsUnsupported, Reject.marketClosed)
  // Whether a list is judged order by order or check by check is not said.
  refuseAny(
    () => Checks.supported(run, orders),
    () => Checks.filters(run, orders)
  )
  placeList(run, command.account, command.list)
}

/** Makes all checks; what any of them refuses may be the answer. */
const refuseAny = (...checks: ReadonlyArray<() => void>): void => {
  const rejections = checks.flatMap((check) => {
    try {
      check()
      return []
    } catch (error) {
      if (error instanceof Refused) return error.rejections
      throw error
    }
  })
  if (rejections.length > 0) refuse(...rejections)
}

/** A symbol that is neither trading nor open for cancels alone takes none. */
const cancelable = (run: Run): void => {
  const { status } = Funds.listingOfSymbol(run.state, run.symbol)
  if (status !== "TRADING" && status !== "CANCEL_ONLY") refuse(Reject.cancelClosed)
}

/** By the exchange's id first; then the client's must be the same order's. */
const find = (run: Run, account: string, ref: OrderRef): NaiveOrder => {
  const open = State.openOrders(run.state, account, run.symbol)
  const found =
    ref.orderId === undefined
      ? open.find(({ clientOrderId }) => clientOrderId === ref.clientOrderId)
      : open.find(({ orderId }) => orderId === ref.orderId)
  if (found === undefined) return refuse(Reject.unknownOrder)
  if (ref.clientOrderId !== undefined && found.clientOrderId !== ref.clientOrderId) {
    mark(run, "both ids disagree")
    refuse(Reject.idMismatch)
  }
  return found
}

const cancelOrders = (run: Run, orders: ReadonlyArray<NaiveOrder>, cancelId: string): void => {
  for (const order of orders) {
    const originalClientOrderId = order.clientOrderId
    order.clientOrderId = cancelId
    State.close(run.state, order, "CANCELED", run.at)
    note(run, order, "CANCELED", { originalClientOrderId })
  }
  forgetEnded(run)
}

const cancel = (
  run: Run,
  { account }: { readonly account: string },
  ref: OrderRef,
  cancelId: string,
  restriction: Of<"Cancel">["restriction"]
): undefined => {
  const order = find(run, account, ref)
  const wrong =
    (restriction === "ONLY_NEW" && order.status !== "NEW") ||
    (restriction === "ONLY_PARTIALLY_FILLED" && order.status !== "PARTIALLY_FILLED")
  if (wrong) {
    mark(run, "cancel restricted")
    refuse(Reject.cancelRestricted)
  }
  const list = State.listOf(run.state, order)
  if (list !== undefined) mark(run, "list canceled by a leg")
  cancelOrders(run, list === undefined ? [order] : State.legsOf(run.state, list), cancelId)
}

const cancelAll = (run: Run, { account, cancelId }: Of<"CancelAll">): undefined => {
  Checks.known(run, account)
  cancelable(run)
  const open = State.openOrders(run.state, account, run.symbol)
  if (open.length === 0) refuse(Reject.unknownOrder)
  mark(run, "all orders canceled")
  cancelOrders(run, open, cancelId)
}

const cancelList = (run: Run, { account, list: ref, cancelId }: Of<"CancelList">): undefined => {
  Checks.known(run, account)
  cancelable(run)
  const found = run.state.lists.find(
    (list) =>
      list.account === account &&
      list.symbol === run.symbol &&
      (ref.listId === undefined ? list.listClientOrderId === ref.listClientOrderId : list.listId === ref.listId)
  )
  if (found === undefined) return refuse(Reject.unknownOrder)
  if (ref.listClientOrderId !== undefined && ref.listClientOrderId !== found.listClientOrderId) {
    refuse(Reject.idMismatch, Reject.unknownOrder)
  }
  mark(run, "list canceled")
  cancelOrders(run, State.legsOf(run.state, found), cancelId)
}

/** The new order's filters are judged before the cancel (REST API, "Cancel an existing order and send a new order"). */
const cancelReplace = (run: Run, command: Of<"CancelReplace">): Done["replace"] => {
  const { account, order, mode, mayPlace } = command
  Checks.known(run, account)
  if (!Funds.listingOfSymbol(run.state, run.symbol).cancelReplaceAllowed) {
    refuse(Reject.replaceUnsupported, Reject.marketClosed)
  }
  Checks.supported(run, [order])
  Checks.filters(run, [order])
  const canceled = attempt(run, (trial) =>
    cancel(trial, command, command.cancel, command.cancelId, command.restriction)
  )
  if (!mayPlace || (canceled !== "done" && mode === "STOP_ON_FAILURE")) {
    mark(run, mayPlace ? "replace: cancel failed, stopped" : "replace: placing not allowed")
    return { cancel: canceled, placed: "notAttempted" }
  }
  const placed = attempt(run, (trial) => placeOne(trial, account, order))
  if (canceled === "done" && typeof placed !== "string") rejectOne(run, account, order, placed[0]!.message)
  if (canceled === "done") mark(run, placed === "done" ? "replace: both done" : "replace: canceled, not placed")
  else mark(run, placed === "done" ? "replace: cancel failed, placed" : "replace: both failed")
  return { cancel: canceled, placed }
}

/** Does it on a copy and keeps the copy only if nothing was refused. */
const attempt = (run: Run, action: (trial: Run) => void): "done" | ReadonlyArray<Rejection> => {
  const trial: Run = { ...run, state: State.copy(run.state), steps: [], prints: [], taken: [], due: [], paths: [] }
  try {
    action(trial)
  } catch (error) {
    if (error instanceof Refused) return error.rejections
    throw error
  }
  Object.assign(run.state, trial.state)
  run.lastTicks = trial.lastTicks
  run.steps.push(...trial.steps)
  run.prints.push(...trial.prints)
  run.taken.push(...trial.taken)
  run.due.push(...trial.due)
  run.paths.push(...trial.paths)
  return "done"
}

/** Only the quantity shrinks; the order keeps its place. The legs of an OCO shrink together. */
const amend = (run: Run, command: Of<"Amend">): undefined => {
  const { account, lots, clientOrderId } = command
  Checks.known(run, account)
  const listing = Funds.listingOfSymbol(run.state, run.symbol)
  if (!listing.amendAllowed) refuse(Reject.amendUnsupported)
  if (listing.status !== "TRADING") refuse(Reject.amendClosed)
  const order = find(run, account, command.order)
  if (lots > order.lots) refuse(Reject.amendIncrease)
  if (lots === order.lots) refuse(Reject.amendNothing)
  const list = State.listOf(run.state, order)
  const legs = list === undefined || list.kind === "OTO" ? [order] : ocoLegs(run, list, order)
  amendable(run, order, legs, command)
  mark(run, "amended")
  if (order.resting && order.icebergLots > 0) mark(run, "amended in the queue of an iceberg")
  if (list !== undefined) mark(run, "amended a list's leg")
  for (const leg of legs) {
    const originalClientOrderId = leg.clientOrderId
    if (leg === order) leg.clientOrderId = clientOrderId
    leg.lots = lots
    leg.amends += 1
    leg.updatedAt = run.at
    const left = State.remaining(leg)
    if (leg.resting) leg.shown = leg.icebergLots === 0 ? left : Math.min(leg.shown, left)
    note(run, leg, "REPLACED", { originalClientOrderId })
    if (left === 0) expire(run, leg, undefined)
  }
}

const amendable = (
  run: Run,
  order: NaiveOrder,
  legs: ReadonlyArray<NaiveOrder>,
  { account, lots, clientOrderId }: Of<"Amend">
): void => {
  if (lots < order.executedLots + order.preventedLots) {
    mark(run, "amend too late")
    refuse(Reject.invalidQuantity)
  }
  const { maxAmends } = Funds.listingOfSymbol(run.state, run.symbol)
  const checks = [
    () => void (order.amends >= maxAmends && refuse(Reject.amendLimit)),
    () => void (clientOrderId !== order.clientOrderId && Checks.freshIds(run, account, [clientOrderId])),
    ...legs.map((leg) => () => Checks.sizes(run, { ...leg, lots, icebergLots: 0 }))
  ]
  try {
    refuseAny(...checks)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    refuse(...error.rejections.map(Reject.amendFailure))
  }
}

const ocoLegs = (run: Run, list: State.NaiveList, order: NaiveOrder): ReadonlyArray<NaiveOrder> =>
  list.kind === "OTOCO" && order.orderId === list.orderIds[0]
    ? [order]
    : State.legsOf(run.state, list).filter(({ orderId }) => list.kind === "OCO" || orderId !== list.orderIds[0])

/**
 * An outside trade: orders it went past fill first, then those at its price once the outside lots before them have traded; never more
 * than the trade's lots in total.
 */
const tape = (run: Run, { ticks, lots, takerSide }: Of<"Tape">): undefined => {
  if (run.state.listings.every(({ instrument }) => instrument.symbol !== run.symbol)) refuse(Reject.invalidSymbol)
  const side = State.opposite(takerSide)
  const left = through(run, side, ticks, lots, false)
  atPrice(run, side, ticks, left)
  lastTradeAt(run, ticks)
}

/** Orders better than a price, or at it too, fill at their own price. Returns the lots that are left. */
const through = (run: Run, side: NaiveOrder["side"], ticks: number, lots: number, inclusive: boolean): number => {
  let left = lots
  while (left > 0) {
    const [maker] = State.queue(run.state, run.symbol, side)
    if (maker === undefined || !State.asGood(side, ticks, maker.ticks)) return left
    if (!inclusive && maker.ticks === ticks) return left
    const filled = Math.min(left, maker.shown)
    mark(run, inclusive ? "through by an outside level" : "through by the tape")
    trade(run, { taker: undefined, maker, ticks: maker.ticks, lots: filled, cause: "through" })
    left -= filled
  }
  return left
}

const atPrice = (run: Run, side: NaiveOrder["side"], ticks: number, lots: number): void => {
  let left = lots
  while (left > 0) {
    const waiting = State.queue(run.state, run.symbol, side).filter((order) => order.ticks === ticks)
    const [maker] = waiting
    if (maker === undefined) return
    const before = Math.min(left, maker.ahead)
    for (const order of waiting) order.ahead = Math.max(0, order.ahead - before)
    left -= before
    const filled = Math.min(left, maker.shown)
    if (before > 0) mark(run, filled > 0 ? "queue consumed and filled" : "queue consumed without a fill")
    if (filled > 0) trade(run, { taker: undefined, maker, ticks, lots: filled, cause: "queue" })
    left -= filled
  }
}

const outside = (run: Run, { side, ticks, lots }: Of<"Outside">): undefined => {
  if (run.state.listings.every(({ instrument }) => instrument.symbol !== run.symbol)) refuse(Reject.invalidSymbol)
  for (const order of State.queue(run.state, run.symbol, side)) {
    if (order.ticks !== ticks) continue
    if (order.ahead > lots) mark(run, "outside level lowers the queue")
    order.ahead = Math.min(order.ahead, lots)
  }
  through(run, State.opposite(side), ticks, lots, true)
}
