// What orders hold and trades move, computed from scratch each time: free is what is owned less what open orders need.
import type { Listing } from "../../../../src/domain/matching/Listing.ts"
import type { Amount } from "../../../../src/domain/matching/Order.ts"
import * as Money from "../../../../src/domain/Money.ts"
import type { Decimal } from "../../../../src/domain/Money.ts"
import type { NaiveAccount, NaiveOrder, State } from "./State.ts"
import { hasPrice, remaining } from "./State.ts"

const UNIT = Money.decimal("0.00000001")

/** A decimal in units of 10^-8, rounded down. */
export const units = (value: Decimal): Amount => Money.wholeUnits(value, UNIT)

export const baseAmount = (listing: Listing, lots: number): Amount =>
  units(Money.fromUnits(BigInt(lots), listing.instrument.stepSize))

/** Price times quantity. The listings tested here have no finer product than 10^-8. */
export const quoteAmount = (listing: Listing, ticks: number, lots: number): Amount =>
  units(
    Money.multiply(
      Money.fromUnits(BigInt(ticks), listing.instrument.tickSize),
      Money.fromUnits(BigInt(lots), listing.instrument.stepSize)
    )
  )

export const listingOfSymbol = (state: State, symbol: string): Listing => {
  const listing = state.listings.find(({ instrument }) => instrument.symbol === symbol)
  if (listing === undefined) throw new Error(`${symbol} is not listed`)
  return listing
}

export const accountOf = (state: State, id: string): NaiveAccount => {
  const account = state.accounts.find((account) => account.id === id)
  if (account === undefined) throw new Error(`${id} has no account`)
  return account
}

export interface Need {
  readonly asset: string
  readonly amount: Amount
}

/** What an order must be able to pay with what remains of it. A waiting leg needs nothing yet. */
export const needOf = (state: State, order: NaiveOrder): Need => {
  const listing = listingOfSymbol(state, order.symbol)
  const { baseAsset, quoteAsset } = listing.instrument
  if (order.side === "SELL") return { asset: baseAsset, amount: baseAmount(listing, remaining(order)) }
  const ticks = hasPrice(order.type) ? order.ticks : order.holdTicks
  return { asset: quoteAsset, amount: quoteAmount(listing, ticks, remaining(order)) }
}

/** Legs of one list hold once: the larger need. */
export const locked = (state: State, account: string, asset: string): Amount => {
  const byHolder = new Map<string, Amount>()
  for (const order of state.orders) {
    if (order.account !== account || order.status === "PENDING_NEW") continue
    const need = needOf(state, order)
    if (need.asset !== asset) continue
    const holder = order.listId === -1 ? `order ${order.orderId}` : `list ${order.listId}`
    const held = byHolder.get(holder) ?? 0n
    byHolder.set(holder, need.amount > held ? need.amount : held)
  }
  return [...byHolder.values()].reduce((sum, amount) => sum + amount, 0n)
}

export const owned = (state: State, account: string, asset: string): Amount =>
  accountOf(state, account).totals.find((total) => total.asset === asset)?.amount ?? 0n

export const free = (state: State, account: string, asset: string): Amount =>
  owned(state, account, asset) - locked(state, account, asset)

export const credit = (state: State, account: string, asset: string, amount: Amount): void => {
  const { totals } = accountOf(state, account)
  const total = totals.find((total) => total.asset === asset)
  if (total === undefined) totals.push({ asset, amount })
  else total.amount += amount
}

/** Parts of 10^-8 of what is received: the account's own rates, else the instrument's. */
export const ratesOf = (state: State, account: string, symbol: string): { maker: number; taker: number } => {
  const { makerFeeRate, takerFeeRate } = listingOfSymbol(state, symbol).instrument
  const own = accountOf(state, account).rates
  return own === undefined
    ? { maker: Number(units(makerFeeRate)), taker: Number(units(takerFeeRate)) }
    : { maker: own.maker, taker: own.taker }
}

/** Rounded down, as all amounts are booked with 8 decimals. */
export const commissionOn = (received: Amount, rate: number): Amount => (received * BigInt(rate)) / 100_000_000n
