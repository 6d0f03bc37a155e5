// Symbols and accounts: what exists, what it has, and what it pays.
import type { Command } from "./Command.ts"
import type { EngineEvent, Outcome } from "./Event.ts"
import { WHOLE_RATE, AMOUNT_LIMIT } from "./Amounts.ts"
import type { Amount } from "./Order.ts"
import * as Rejection from "./Rejection.ts"
import { Rules } from "./Rules.ts"
import { Account } from "./Seat.ts"
import { setRates, type State } from "./State.ts"
import { CANCEL_WHILE_HALTED } from "./OpenPoints.ts"

type Of<Tag extends Command["_tag"]> = Extract<Command, { readonly _tag: Tag }>

const CHANGED: Outcome = { events: [], changed: true }
export const UNCHANGED: Outcome = { events: [], changed: false }

export const list = (state: State, { listing }: Of<"List">): Outcome | Rejection.Rejection => {
  const { symbol, baseAsset, quoteAsset } = listing.instrument
  const book = state.books.get(symbol)
  if (book === undefined) {
    state.openBook(listing)
    return CHANGED
  }
  const before = book.rules.listing.instrument
  const rules = new Rules(listing, CANCEL_WHILE_HALTED)
  const sameGrid = rules.scale.equals(book.rules.scale)
  if (!sameGrid && book.openCount > 0) return Rejection.listingInUse
  // Seats know their assets by place; a symbol of other assets is another symbol.
  if (baseAsset !== before.baseAsset || quoteAsset !== before.quoteAsset) return Rejection.listingInUse
  book.rules = rules
  for (const seat of book.seats.values()) setRates(seat, book)
  return CHANGED
}

export const openAccount = (
  state: State,
  { at, account, balances }: Of<"OpenAccount">
): Outcome | Rejection.Rejection => {
  if (state.accounts.has(account)) return UNCHANGED
  const totals = new Map<string, Amount>()
  for (const { asset, amount } of balances) {
    if (amount < 0n) return Rejection.insufficientBalance
    totals.set(asset, (totals.get(asset) ?? 0n) + amount)
  }
  for (const [asset, amount] of totals) {
    if (!state.ledger.hasRoomFor(state.ledger.assetId(asset), amount)) return Rejection.amountOverflow
  }
  const opened = new Account(account)
  state.accounts.set(account, opened)
  const events: Array<EngineEvent> = []
  const changed = []
  for (const [asset, amount] of totals) {
    if (amount === 0n) continue
    const slot = opened.slot(state.ledger, asset)
    state.ledger.deposit(slot, state.ledger.assetId(asset), amount)
    events.push({ _tag: "Deposited", at, account, asset, amount })
    changed.push({ asset, free: amount, locked: 0n })
  }
  if (changed.length > 0) events.push({ _tag: "BalancesChanged", at, account, balances: changed })
  return { events, changed: true }
}

export const deposit = (
  state: State,
  { at, account: name, asset, amount }: Of<"Deposit">
): Outcome | Rejection.Rejection => {
  const account = state.accounts.get(name)
  if (account === undefined) return Rejection.unknownAccount
  if (amount === 0n) return UNCHANGED
  const { ledger } = state
  if (amount > AMOUNT_LIMIT || amount < -AMOUNT_LIMIT) return Rejection.amountOverflow
  const assetId = ledger.assetId(asset)
  const slot = account.slot(ledger, asset)
  if (amount < 0n ? ledger.free(slot) + amount < 0n : false) return Rejection.insufficientBalance
  if (amount > 0n && !ledger.hasRoomFor(assetId, amount)) return Rejection.amountOverflow
  ledger.deposit(slot, assetId, amount)
  const balances = [{ asset, free: ledger.free(slot), locked: ledger.locked(slot) }]
  return {
    events: [
      { _tag: "Deposited", at, account: name, asset, amount },
      { _tag: "BalancesChanged", at, account: name, balances }
    ],
    changed: true
  }
}

export const setCommission = (
  state: State,
  { account: name, maker, taker }: Of<"SetCommission">
): Outcome | Rejection.Rejection => {
  const account = state.accounts.get(name)
  if (account === undefined) return Rejection.unknownAccount
  if (!isRate(maker) || !isRate(taker)) return Rejection.amountOverflow
  if (account.makerRate === maker && account.takerRate === taker) return UNCHANGED
  account.makerRate = maker
  account.takerRate = taker
  for (const [symbol, seat] of account.seats) setRates(seat, state.books.get(symbol)!)
  return CHANGED
}

const isRate = (rate: number): boolean => Number.isSafeInteger(rate) && rate >= 0 && rate <= WHOLE_RATE
