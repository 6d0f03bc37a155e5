// Who has what: free and locked amounts in one flat array, the exchange's commissions, and what came from outside. Every unit that
// enters or leaves is counted, so that the sum over all accounts can be proven.
import { AMOUNT_LIMIT, HIGH_WORD } from "./Amounts.ts"
import type { Amount } from "./Order.ts"

const FIRST_SLOTS = 1024
/** Assets the exchange can know; opening a symbol with one more is refused as a defect of its configuration. */
export const MAX_ASSETS = 4096

/** Indices of a holding: free at the slot, locked behind it. */
export type Slot = number

export class Ledger {
  private money = new BigInt64Array(FIRST_SLOTS)
  /** The same memory as signed 32-bit words: the sign of an amount is read without making a bigint of it. */
  private signs = new Int32Array(this.money.buffer)
  private used = 0
  private readonly assetIds = new Map<string, number>()
  readonly assets: Array<string> = []
  readonly commissions = new BigInt64Array(MAX_ASSETS)
  /** All of an asset that accounts and commissions hold together: deposits and trades with the outside market change it. */
  readonly supply = new BigInt64Array(MAX_ASSETS)

  assetId(asset: string): number {
    const known = this.assetIds.get(asset)
    if (known !== undefined) return known
    if (this.assets.length === MAX_ASSETS) throw new Error(`more than ${MAX_ASSETS} assets`)
    this.assets.push(asset)
    this.assetIds.set(asset, this.assets.length - 1)
    return this.assets.length - 1
  }

  open(): Slot {
    if (this.used === this.money.length) {
      const larger = new BigInt64Array(this.used * 2)
      larger.set(this.money)
      this.money = larger
      this.signs = new Int32Array(larger.buffer)
    }
    const slot = this.used
    this.used += 2
    return slot
  }

  free(slot: Slot): Amount {
    return this.money[slot]!
  }

  locked(slot: Slot): Amount {
    return this.money[slot + 1]!
  }

  covers(slot: Slot, amount: Amount): boolean {
    return amount <= this.money[slot]!
  }

  lock(slot: Slot, amount: Amount): void {
    this.money[slot] = BigInt.asIntN(64, this.money[slot]! - amount)
    this.money[slot + 1] = BigInt.asIntN(64, this.money[slot + 1]! + amount)
    this.notNegative(slot)
  }

  unlock(slot: Slot, amount: Amount): void {
    this.money[slot] = BigInt.asIntN(64, this.money[slot]! + amount)
    this.money[slot + 1] = BigInt.asIntN(64, this.money[slot + 1]! - amount)
    this.notNegative(slot + 1)
  }

  spendFree(slot: Slot, amount: Amount): void {
    this.money[slot] = BigInt.asIntN(64, this.money[slot]! - amount)
    this.notNegative(slot)
  }

  spendLocked(slot: Slot, amount: Amount): void {
    this.money[slot + 1] = BigInt.asIntN(64, this.money[slot + 1]! - amount)
    this.notNegative(slot + 1)
  }

  /** The account gets `amount` less `commission`, which the exchange keeps. */
  receive(slot: Slot, assetId: number, amount: Amount, commission: Amount): void {
    this.money[slot] = BigInt.asIntN(64, this.money[slot]! + BigInt.asIntN(64, amount - commission))
    this.commissions[assetId] = BigInt.asIntN(64, this.commissions[assetId]! + commission)
  }

  /** Whether the exchange can take this much more of an asset from outside. */
  hasRoomFor(assetId: number, amount: Amount): boolean {
    return this.supply[assetId]! + amount <= AMOUNT_LIMIT
  }

  fromOutside(assetId: number, amount: Amount): void {
    this.supply[assetId] = BigInt.asIntN(64, this.supply[assetId]! + amount)
  }

  toOutside(assetId: number, amount: Amount): void {
    this.supply[assetId] = BigInt.asIntN(64, this.supply[assetId]! - amount)
  }

  /** Deposits, and withdrawals below zero; the caller has checked that there is room or enough. */
  deposit(slot: Slot, assetId: number, amount: Amount): void {
    this.money[slot] = this.money[slot]! + amount
    this.supply[assetId] = this.supply[assetId]! + amount
    this.notNegative(slot)
  }

  /** For a state read back from its encoding. */
  restore(slot: Slot, free: Amount, locked: Amount): void {
    this.money[slot] = free
    this.money[slot + 1] = locked
  }

  private notNegative(index: number): void {
    if (this.signs[index * 2 + HIGH_WORD]! < 0) throw new Error(`a balance went below zero: ${this.money[index]}`)
  }
}
