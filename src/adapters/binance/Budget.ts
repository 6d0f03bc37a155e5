// How much may be asked of Binance now: what was used of its limits by this address and by each account, and until when it wants nothing.
import { Schema } from "effect"
import { LeastRecent } from "../../domain/LeastRecent.ts"
import type { CallCost } from "./CallCost.ts"
import { orderShare, shares } from "./Lanes.ts"
import { LimitWindow } from "./LimitWindow.ts"

const MINUTE = 60_000
const FIVE_MINUTES = 5 * MINUTE
const TEN_SECONDS = 10_000
const DAY = 24 * 60 * MINUTE

export interface Sizes {
  readonly weight: number
  readonly rawRequests: number
  readonly tenSeconds: number
  readonly day: number
}

/** Binance's, until it is heard which they are. */
const usual: Sizes = { weight: 6_000, rawRequests: 300_000, tenSeconds: 100, day: 200_000 }

const RateLimit = Schema.Struct({
  rateLimitType: Schema.String,
  interval: Schema.String,
  intervalNum: Schema.Int,
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000_000 }))
})
const decodeLimits = Schema.decodeUnknownOption(Schema.Struct({ rateLimits: Schema.Array(RateLimit) }))

const sizeNames: Readonly<Record<string, keyof Sizes>> = {
  "REQUEST_WEIGHT 1 MINUTE": "weight",
  "RAW_REQUESTS 5 MINUTE": "rawRequests",
  "ORDERS 10 SECOND": "tenSeconds",
  "ORDERS 1 DAY": "day"
}

/** Accounts whose orders are counted at once; Binance tells the count of one that is forgotten with its next order. */
const COUNTED = 10_000

interface AccountOrders {
  readonly tenSeconds: LimitWindow
  readonly day: LimitWindow
  /** Told to wait with orders until then. */
  stoppedUntil: number
}

/** What a call that was let through has taken; given back or counted when it ends. */
export interface Ticket {
  readonly cost: CallCost
  /** On Binance's clock. */
  readonly takenAt: number
  readonly orders: AccountOrders | undefined
}

/** How a call ended, as far as the limits go. */
export interface Ending {
  /** False where nothing left the house. */
  readonly sent: boolean
  /** An order that Binance refused does not count; one that may have arrived does. */
  readonly refused: boolean
  /** What it told in its headers. */
  readonly weight?: number | undefined
  readonly tenSeconds?: number | undefined
  readonly day?: number | undefined
}

/** All times are epoch milliseconds on our clock; the windows turn on Binance's. */
export class Budget {
  readonly #weight = new LimitWindow(MINUTE)
  readonly #rawRequests = new LimitWindow(FIVE_MINUTES)
  readonly #accounts = new LeastRecent<string, readonly [string, AccountOrders]>(COUNTED)
  #sizes = usual
  #stoppedUntil = 0
  #bannedUntil = 0
  readonly #offsetMillis: () => number

  /** How far Binance's clock is ahead of ours, as far as is known. */
  constructor(offsetMillis: () => number = () => 0) {
    this.#offsetMillis = offsetMillis
  }

  get sizes(): Sizes {
    return this.#sizes
  }

  /** Takes the limits that an answer of exchangeInfo states; what it does not state stays as it is. False where it states none. */
  learn(exchangeInfo: unknown): boolean {
    const found = decodeLimits(exchangeInfo)
    if (found._tag === "None") return false
    const sizes = { ...this.#sizes }
    for (const { interval, intervalNum, limit, rateLimitType } of found.value.rateLimits) {
      const name = sizeNames[`${rateLimitType} ${intervalNum} ${interval}`]
      if (name !== undefined) sizes[name] = limit
    }
    this.#sizes = sizes
    return true
  }

  /** Milliseconds until such a call may be sent; 0 where it may be now. `account` is whose orders count. */
  wait(cost: CallCost, account: string | undefined, now: number): number {
    const { rawRequests, weight } = this.#sizes
    const share = shares[cost.lane]
    const there = now + this.#offsetMillis()
    const address = Math.max(
      this.#stoppedUntil - now,
      this.#weight.wait(cost.weight, Math.floor(weight * share), there),
      this.#rawRequests.wait(1, Math.floor(rawRequests * share), there)
    )
    return Math.max(0, address, account === undefined || cost.orders === 0 ? 0 : this.#waitOfOrders(cost, account, now))
  }

  #waitOfOrders({ lane, orders }: CallCost, account: string, now: number): number {
    const counted = this.#ordersOf(account)
    const share = orderShare(lane)
    const most = (limit: number) => Math.max(1, Math.floor(limit * share))
    const there = now + this.#offsetMillis()
    return Math.max(
      counted.stoppedUntil - now,
      counted.tenSeconds.wait(orders, most(this.#sizes.tenSeconds), there),
      counted.day.wait(orders, most(this.#sizes.day), there)
    )
  }

  /** Counts a call before it is sent, so that many at once cannot pass together. */
  take(cost: CallCost, account: string | undefined, now: number): Ticket {
    const orders = account === undefined || cost.orders === 0 ? undefined : this.#ordersOf(account)
    this.#weight.take(cost.weight)
    this.#rawRequests.take(1)
    orders?.tenSeconds.take(cost.orders)
    orders?.day.take(cost.orders)
    return { cost, takenAt: now + this.#offsetMillis(), orders }
  }

  settle({ cost, orders, takenAt }: Ticket, ending: Ending, now: number): void {
    const there = now + this.#offsetMillis()
    const call = (told: number | undefined, kept: boolean) => ({ sentAt: takenAt, told, kept })
    this.#weight.settle(cost.weight, call(ending.weight, ending.sent), there)
    this.#rawRequests.settle(1, call(undefined, ending.sent), there)
    const kept = ending.sent && !ending.refused
    orders?.tenSeconds.settle(cost.orders, call(ending.tenSeconds, kept), there)
    orders?.day.settle(cost.orders, call(ending.day, kept), there)
  }

  /** Binance wants nothing from this address until then. */
  stop(until: number, banned: boolean): void {
    if (banned) this.#bannedUntil = Math.max(this.#bannedUntil, until)
    this.#stoppedUntil = Math.max(this.#stoppedUntil, until)
  }

  /** Binance wants no order of this account until then. */
  stopOrders(account: string, until: number): void {
    const orders = this.#ordersOf(account)
    orders.stoppedUntil = Math.max(orders.stoppedUntil, until)
  }

  stopped(): { readonly until: number; readonly bannedUntil: number } {
    return { until: this.#stoppedUntil, bannedUntil: this.#bannedUntil }
  }

  weight(now: number): { readonly used: number; readonly limit: number; readonly resetsAt: number } {
    const there = now + this.#offsetMillis()
    const resetsAt = this.#weight.resetsAt(there) - this.#offsetMillis()
    return { used: this.#weight.used(there), limit: this.#sizes.weight, resetsAt }
  }

  /** Of each account that is counted. */
  *orders(now: number): Generator<OrdersUsed> {
    const there = now + this.#offsetMillis()
    for (const [account, { day, stoppedUntil, tenSeconds }] of this.#accounts.values()) {
      yield { account, tenSeconds: tenSeconds.used(there), day: day.used(there), stoppedUntil }
    }
  }

  #ordersOf(account: string): AccountOrders {
    const found = this.#accounts.get(account)
    if (found !== undefined) return found[1]
    const fresh: AccountOrders = {
      tenSeconds: new LimitWindow(TEN_SECONDS),
      day: new LimitWindow(DAY, true),
      stoppedUntil: 0
    }
    this.#accounts.set(account, [account, fresh])
    return fresh
  }
}

export interface OrdersUsed {
  readonly account: string
  readonly tenSeconds: number
  readonly day: number
  readonly stoppedUntil: number
}
