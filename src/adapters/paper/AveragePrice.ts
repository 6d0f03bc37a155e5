// The volume-weighted average price of the last five minutes of trading: what Binance judges prices and MARKET notionals by
// (`avgPriceMins`, filters PERCENT_PRICE_BY_SIDE and NOTIONAL).
import type { Instrument } from "../../domain/Instrument.ts"
import { AMOUNT_DECIMALS, type Amount } from "../../domain/matching/Order.ts"
import { priceGrid } from "../../domain/Units.ts"

const SLOT_MILLIS = 5_000
const SLOTS = 60

interface Slot {
  number: number
  /** Sum of ticks × lots. */
  notional: bigint
  lots: bigint
}

export class AveragePrice {
  private readonly slots: Array<Slot> = []
  private newest = 0
  private notional = 0n
  private lots = 0n
  private known: Amount | undefined = 0n
  private readonly numerator: bigint
  private readonly denominator: bigint

  constructor(instrument: Pick<Instrument, "tickSize">) {
    const { decimals, mantissa } = priceGrid(instrument)
    this.numerator = BigInt(mantissa) * 10n ** BigInt(AMOUNT_DECIMALS)
    this.denominator = 10n ** BigInt(decimals)
  }

  /** `at` is epoch milliseconds of the market's clock; what is older than the window of the newest trade counts no more. */
  add(at: number, ticks: number, lots: number): void {
    const number = Math.floor(at / SLOT_MILLIS)
    if (number <= this.newest - SLOTS) return
    const index = number % SLOTS
    let slot = this.slots[index]
    if (slot === undefined) this.slots[index] = slot = { number, notional: 0n, lots: 0n }
    if (number > this.newest) {
      this.newest = number
      this.forget()
    }
    slot.number = number
    const notional = BigInt(ticks) * BigInt(lots)
    slot.notional += notional
    slot.lots += BigInt(lots)
    this.notional += notional
    this.lots += BigInt(lots)
    this.known = undefined
  }

  /** Quote units (10^-8) for one whole base unit, rounded down; 0n without a trade. */
  value(): Amount {
    this.known ??= this.lots === 0n ? 0n : (this.notional * this.numerator) / (this.lots * this.denominator)
    return this.known
  }

  /** A price, or the mean of several, in the same units. */
  unitsOf(...ticks: ReadonlyArray<number>): Amount {
    const sum = ticks.reduce((total, one) => total + BigInt(one), 0n)
    return (sum * this.numerator) / (this.denominator * BigInt(ticks.length))
  }

  private forget(): void {
    for (const slot of this.slots) {
      if (slot === undefined || slot.number > this.newest - SLOTS) continue
      this.notional -= slot.notional
      this.lots -= slot.lots
      slot.notional = 0n
      slot.lots = 0n
    }
  }
}
