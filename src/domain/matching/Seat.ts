// An account, and its seat at one symbol: what a command on that symbol needs of it without looking anything up twice.
import { ClientIds } from "./ClientIds.ts"
import type { Ledger, Slot } from "./Ledger.ts"
import type { OpenList } from "./OpenList.ts"

/** No rate of its own: the instrument's holds. */
export const INSTRUMENT_RATE = -1

export class Account {
  readonly name: string
  readonly slots = new Map<string, Slot>()
  readonly seats = new Map<string, Seat>()
  /** Parts of 10^-8 of what is received. */
  makerRate = INSTRUMENT_RATE
  takerRate = INSTRUMENT_RATE

  constructor(name: string) {
    this.name = name
  }

  slot(ledger: Ledger, asset: string): Slot {
    const known = this.slots.get(asset)
    if (known !== undefined) return known
    const slot = ledger.open()
    this.slots.set(asset, slot)
    return slot
  }
}

/** Which of a seat's assets a step may have touched. */
export const TOUCHED_BASE = 1
export const TOUCHED_QUOTE = 2

export class Seat {
  readonly account: Account
  readonly symbol: string
  readonly baseSlot: Slot
  readonly quoteSlot: Slot
  makerRate = 0
  takerRate = 0
  /** Open orders by client id: the ids that may not be used again yet. */
  readonly byClientId = new ClientIds()
  readonly lists = new Set<OpenList>()
  openAlgos = 0
  openIcebergs = 0
  touched = 0

  constructor(account: Account, symbol: string, baseSlot: Slot, quoteSlot: Slot) {
    this.account = account
    this.symbol = symbol
    this.baseSlot = baseSlot
    this.quoteSlot = quoteSlot
  }
}
