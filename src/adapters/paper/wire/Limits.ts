// How much one address may ask and one account may order, in fixed windows aligned to the clock (REST API, "LIMITS").
import { LeastRecent } from "../../../domain/LeastRecent.ts"
import { FIRST_BAN_MILLIS, LONGEST_BAN_MILLIS, MAKER_FILL_CREDIT, PATIENCE, TAKER_FILL_CREDIT } from "./OpenPoints.ts"
import { WireError } from "./WireError.ts"

export interface Sizes {
  readonly weightPerMinute: number
  readonly rawRequestsPer5Minutes: number
  readonly ordersPer10Seconds: number
  readonly ordersPerDay: number
}

/** Binance's, as exchangeInfo told them of late. */
const BINANCE: Sizes = {
  weightPerMinute: 6_000,
  rawRequestsPer5Minutes: 300_000,
  ordersPer10Seconds: 100,
  ordersPerDay: 200_000
}

/** A smaller exchange: a client that goes by what exchangeInfo tells it works on it just as well, only slower. */
export const tenth: Sizes = {
  weightPerMinute: 600,
  rawRequestsPer5Minutes: 30_000,
  ordersPer10Seconds: 10,
  ordersPerDay: 20_000
}

/** Told where nobody is refused: a client that keeps to what it is told is not to hold back either. */
const endless: Sizes = {
  weightPerMinute: 1_000_000_000,
  rawRequestsPer5Minutes: 1_000_000_000,
  ordersPer10Seconds: 1_000_000_000,
  ordersPerDay: 1_000_000_000
}

/** Told in words only, so it has one size. */
export const CONNECTIONS_PER_5_MINUTES = 300
/** Of a connection to the WebSocket API. */
const CONNECTION_WEIGHT = 2

const MINUTE = 60_000
const FIVE_MINUTES = 5 * MINUTE
const TEN_SECONDS = 10_000
const DAY = 24 * 60 * MINUTE

/** Addresses and accounts counted at once; beyond it the one quiet for longest starts anew. */
const COUNTED = 50_000

/** `rateLimits` of exchangeInfo. */
export const rateLimitsOf = (sizes: Sizes) => [
  { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: sizes.weightPerMinute },
  { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: sizes.ordersPer10Seconds },
  { rateLimitType: "ORDERS", interval: "DAY", intervalNum: 1, limit: sizes.ordersPerDay },
  { rateLimitType: "RAW_REQUESTS", interval: "MINUTE", intervalNum: 5, limit: sizes.rawRequestsPer5Minutes }
]

/** One address: what it used in this minute and these five, and what became of its asking too much. */
export interface Usage {
  weight: number
  minute: number
  raw: number
  /** WebSocket handshakes. */
  connections: number
  fiveMinutes: number
  /** Requests refused since it was told to wait. */
  refused: number
  bannedUntil: number
  /** How often it was banned; decides how long the next one lasts. */
  bans: number
}

/** Orders of one account that count: accepted, less what filled. */
export interface OrderCount {
  tenSeconds: number
  tenSecondsAt: number
  day: number
  dayAt: number
}

/** All times are epoch milliseconds on the exchange's clock. */
export class Limits {
  private readonly addresses = new LeastRecent<string, Usage>(COUNTED)
  private readonly accounts = new LeastRecent<string, OrderCount>(COUNTED)
  /** False counts and tells, but refuses nobody. */
  private readonly enforced: boolean
  readonly sizes: Sizes

  /** Told when an account's orders are counted for the first time. */
  onAccount: ((account: string) => void) | undefined

  constructor(enforced: boolean, sizes: Sizes = enforced ? BINANCE : endless) {
    this.enforced = enforced
    this.sizes = sizes
  }

  /** The address's usage, in the windows of now. */
  usage(address: string, now: number): Usage {
    let usage = this.addresses.get(address)
    if (usage === undefined) {
      usage = { weight: 0, minute: 0, raw: 0, connections: 0, fiveMinutes: 0, refused: 0, bannedUntil: 0, bans: 0 }
      this.addresses.set(address, usage)
    }
    const minute = now - (now % MINUTE)
    if (minute > usage.minute) {
      usage.minute = minute
      usage.weight = 0
      if (usage.bannedUntil <= now) usage.refused = 0
    }
    const five = now - (now % FIVE_MINUTES)
    if (five > usage.fiveMinutes) {
      usage.fiveMinutes = five
      usage.raw = 0
      usage.connections = 0
    }
    return usage
  }

  /** Before anything is read: counts the request, and refuses a banned address or one over its limits. */
  arrive(usage: Usage, now: number): WireError | undefined {
    usage.raw++
    if (!this.enforced) return undefined
    if (usage.bannedUntil > now) return banned(usage.bannedUntil, now)
    if (usage.weight >= this.sizes.weightPerMinute)
      return this.refuse(usage, usage.minute + MINUTE, now, this.tooMuchWeight)
    if (usage.raw > this.sizes.rawRequestsPer5Minutes) {
      return this.refuse(usage, usage.fiveMinutes + FIVE_MINUTES, now, this.tooManyRequests)
    }
    return undefined
  }

  /** A WebSocket handshake: refused over the limit of attempts, or where requests would be; it weighs 2. */
  connect(usage: Usage, now: number): WireError | undefined {
    usage.connections++
    const refused = this.arrive(usage, now)
    if (refused !== undefined) return refused
    if (this.enforced && usage.connections > CONNECTIONS_PER_5_MINUTES) {
      return this.refuse(usage, usage.fiveMinutes + FIVE_MINUTES, now, this.tooManyRequests)
    }
    return this.weigh(usage, CONNECTION_WEIGHT, now)
  }

  /** Once a request's weight is known: refuses what would go over the minute's limit, and counts it otherwise. */
  weigh(usage: Usage, weight: number, now: number): WireError | undefined {
    if (this.enforced && usage.weight + weight > this.sizes.weightPerMinute) {
      return this.refuse(usage, usage.minute + MINUTE, now, this.tooMuchWeight)
    }
    usage.weight += weight
    return undefined
  }

  private refuse(usage: Usage, until: number, now: number, say: (until: number, now: number) => WireError): WireError {
    if (++usage.refused <= PATIENCE) return say(until, now)
    usage.bannedUntil = now + Math.min(LONGEST_BAN_MILLIS, FIRST_BAN_MILLIS * 2 ** usage.bans)
    usage.bans++
    usage.refused = 0
    return banned(usage.bannedUntil, now)
  }

  /** The account's count, in the windows of now. A request that took long does not bring an earlier window back. */
  orders(account: string, now: number): OrderCount {
    let count = this.accounts.get(account)
    if (count === undefined) {
      count = { tenSeconds: 0, tenSecondsAt: 0, day: 0, dayAt: 0 }
      this.accounts.set(account, count)
      this.onAccount?.(account)
    }
    const tenSeconds = now - (now % TEN_SECONDS)
    if (tenSeconds > count.tenSecondsAt) {
      count.tenSecondsAt = tenSeconds
      count.tenSeconds = 0
    }
    const day = now - (now % DAY)
    if (day > count.dayAt) {
      count.dayAt = day
      count.day = 0
    }
    return count
  }

  /** Whether so many more orders would be too many, counting nothing. */
  overOrders(account: string, orders: number, now: number): WireError | undefined {
    if (!this.enforced) return undefined
    const count = this.orders(account, now)
    const { ordersPer10Seconds, ordersPerDay } = this.sizes
    if (count.day + orders > ordersPerDay) return tooManyOrders(ordersPerDay, "1 DAY", count.dayAt + DAY, now)
    return count.tenSeconds + orders > ordersPer10Seconds
      ? tooManyOrders(ordersPer10Seconds, "10 SECOND", count.tenSecondsAt + TEN_SECONDS, now)
      : undefined
  }

  /** Counts orders before they are sent, so that many under way at once cannot pass together. `giveBack` undoes it. */
  takeOrders(account: string, orders: number, now: number): void {
    const count = this.orders(account, now)
    count.day += orders
    if (count.day <= this.sizes.ordersPerDay) count.tenSeconds += orders
  }

  /** Less what was counted at `at`; of a window that is over by now nothing is left to give back. */
  giveBack(account: string, orders: number, at: number): void {
    const count = this.orders(account, at)
    if (at >= count.dayAt) count.day = Math.max(0, count.day - orders)
    if (at >= count.tenSecondsAt) count.tenSeconds = Math.max(0, count.tenSeconds - orders)
  }

  /** An order's first fill makes room for others: more where it had rested. */
  filled(account: string, maker: boolean, now: number): void {
    this.giveBack(account, maker ? MAKER_FILL_CREDIT : TAKER_FILL_CREDIT, now)
  }

  private readonly tooMuchWeight = (until: number, now: number): WireError =>
    tooMuch(
      `Too much request weight used; current limit is ${this.sizes.weightPerMinute} request weight per 1 MINUTE.`,
      until,
      now
    )

  private readonly tooManyRequests = (until: number, now: number): WireError =>
    tooMuch(
      `Too many requests; current limit is ${this.sizes.rawRequestsPer5Minutes} requests per 5 MINUTE.`,
      until,
      now
    )
}

const wait = (status: number, code: number, message: string, until: number, now: number): WireError =>
  new WireError(status, code, message, { retry: { serverTime: now, retryAfter: until } })

const tooMuch = (what: string, until: number, now: number): WireError =>
  wait(429, -1003, `${what} Please use WebSocket Streams for live updates to avoid polling the API.`, until, now)

const banned = (until: number, now: number): WireError =>
  wait(
    418,
    -1003,
    `Way too much request weight used; IP banned until ${until}. ` +
      "Please use WebSocket Streams for live updates to avoid bans.",
    until,
    now
  )

const tooManyOrders = (limit: number, per: string, until: number, now: number): WireError =>
  wait(429, -1015, `Too many new orders; current limit is ${limit} orders per ${per}.`, until, now)
