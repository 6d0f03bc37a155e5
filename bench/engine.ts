// The matching engine on one core: a stream of commands made beforehand, all rules on, beside a peer library on the same stream.
import { Result } from "effect"
import { OrderBook, OrderType, Side as PeerSide } from "nodejs-order-book"
import * as v8 from "node:v8"
import * as vm from "node:vm"
import type { Command, MarketNow } from "../src/domain/matching/Command.ts"
import { Engine } from "../src/domain/matching/Engine.ts"
import { listingOf } from "../src/domain/matching/Listing.ts"
import type { NewOrder } from "../src/domain/matching/Order.ts"
import type { Instrument } from "../src/domain/Instrument.ts"
import { decimal } from "../src/domain/Money.ts"
import type { Side } from "../src/domain/Order.ts"

const COMMANDS = Number(process.env["BENCH_COMMANDS"] ?? "1000000")
const ACCOUNTS = 100
const ROUNDS = 5
/** Prices of limit orders: this many ticks to either side of a middle that wanders. */
const BAND = 150
const MIDDLE = 6_000_000
const SYMBOL = "BTCUSDT"
const NOW = 1_700_000_000_000
const CHUNK = 1000
/** Cancels go to one of so many newest limit orders. */
const RECENT = 2000
/** One command in this many is timed by itself, in rounds of their own. */
const SAMPLED = 8

const instrument: Instrument = {
  symbol: SYMBOL,
  baseAsset: "BTC",
  quoteAsset: "USDT",
  trading: true,
  tickSize: decimal("0.01"),
  minPrice: decimal("0.01"),
  maxPrice: decimal("1000000"),
  stepSize: decimal("0.00001"),
  minQuantity: decimal("0.00001"),
  maxQuantity: decimal("9000"),
  maxMarketQuantity: decimal("120"),
  minNotional: decimal("5"),
  maxNotional: decimal("9000000"),
  bidMultiplierUp: decimal("5"),
  bidMultiplierDown: decimal("0.2"),
  askMultiplierUp: decimal("5"),
  askMultiplierDown: decimal("0.2"),
  maxOpenOrders: 200,
  makerFeeRate: decimal("0.001"),
  takerFeeRate: decimal("0.001")
}

const market: MarketNow = {
  outside: { ticksAt: () => 0, lotsAt: () => 0, lotsAtPrice: () => 0 },
  lastTicks: MIDDLE,
  reference: 6_000_000_000_000n,
  lastTradeId: 0
}

/** xorshift32: the same stream in every run. */
const chance = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const names = Array.from({ length: ACCOUNTS }, (_, index) => `account-${index}`)
const account = (index: number): string => names[index]!

/**
 * 60 % limit, 20 % cancel, 20 % market, shuffled. Commands are made a thousand at a time while the clock stands still, as they would come
 * from a socket: a million of them kept in memory would measure the memory.
 */
class Stream {
  private readonly random = chance(20_240_808)
  private readonly recent: Array<{ readonly account: string; readonly clientOrderId: string }> = []
  private index = 0
  private middle = MIDDLE

  next(): ReadonlyArray<Command> | undefined {
    if (this.index >= COMMANDS) return undefined
    return Array.from({ length: Math.min(CHUNK, COMMANDS - this.index) }, () => this.command())
  }

  private command(): Command {
    const { random, recent } = this
    const index = this.index++
    if (index % 50 === 0) this.middle += random(21) - 10
    const at = NOW + Math.floor(index / 1000)
    const name = account(random(ACCOUNTS))
    const side: Side = random(2) === 0 ? "BUY" : "SELL"
    const kind = random(10)
    if (kind < 2 && recent.length > 0) {
      const [target] = recent.splice(random(recent.length), 1)
      const { account, clientOrderId } = target!
      return { _tag: "Cancel", at, account, symbol: SYMBOL, order: { clientOrderId }, cancelId: `x${index}` }
    }
    const limit = kind < 8
    const clientOrderId = `o${index}`
    const away = random(2 * BAND) - 100
    const order: NewOrder = {
      clientOrderId,
      side,
      type: limit ? "LIMIT" : "MARKET",
      timeInForce: "GTC",
      lots: limit ? 100 + random(1000) : 100 + random(1500),
      quote: 0n,
      ticks: limit ? this.middle + (side === "BUY" ? -away : away) : 0,
      stopTicks: 0,
      trailingBips: 0,
      icebergLots: 0,
      stp: "EXPIRE_MAKER"
    }
    if (limit && away > 0) {
      recent.push({ account: name, clientOrderId })
      if (recent.length > RECENT) recent.shift()
    }
    return { _tag: "Place", at, account: name, symbol: SYMBOL, order }
  }
}

const opened = (maxOpenOrders = instrument.maxOpenOrders): Engine => {
  const engine = new Engine()
  engine.apply({ _tag: "List", at: NOW, listing: listingOf({ ...instrument, maxOpenOrders }) }, market)
  const balances = [
    { asset: "BTC", amount: 100_000_000_000_000n },
    { asset: "USDT", amount: 10_000_000_000_000_000n }
  ]
  for (let index = 0; index < ACCOUNTS; index++) {
    engine.apply({ _tag: "OpenAccount", at: NOW, account: account(index), balances }, market)
  }
  return engine
}

interface Tally {
  refused: Record<string, number>
  trades: number
  events: number
}

/** What the stream does: a bench of refusals would measure nothing. */
export const tally = (): Tally => {
  const engine = opened()
  const counts: Tally = { refused: {}, trades: 0, events: 0 }
  const stream = new Stream()
  for (let chunk = stream.next(); chunk !== undefined; chunk = stream.next()) {
    for (const command of chunk) {
      const result = engine.apply(command, market)
      if (Result.isFailure(result)) {
        counts.refused[result.failure.message] = (counts.refused[result.failure.message] ?? 0) + 1
        continue
      }
      counts.events += result.success.events.length
      for (const event of result.success.events) if (event._tag === "PublicTrade") counts.trades++
    }
  }
  engine.validateInternalState()
  return counts
}

interface Rate {
  readonly perSecond: number
  /** Of processor time, this process's all: what the wall clock would show on a machine of one's own. */
  readonly perCpuSecond: number
}

/** Runs the whole stream with the clock on only while commands are taken. */
const rate = (take: (chunk: ReadonlyArray<Command>) => void): Rate => {
  const stream = new Stream()
  let millis = 0
  let cpuMicros = 0
  for (let chunk = stream.next(); chunk !== undefined; chunk = stream.next()) {
    const cpu = process.cpuUsage()
    const began = performance.now()
    take(chunk)
    millis += performance.now() - began
    const used = process.cpuUsage(cpu)
    cpuMicros += used.user + used.system
  }
  return { perSecond: Math.round((COMMANDS * 1000) / millis), perCpuSecond: Math.round((COMMANDS * 1e6) / cpuMicros) }
}

export const throughput = (): Rate => {
  const engine = opened()
  let events = 0
  const result = rate((chunk) => {
    for (const command of chunk) {
      const result = engine.apply(command, market)
      if (Result.isSuccess(result)) events += result.success.events.length
    }
  })
  if (events === 0) throw new Error("nothing happened")
  return result
}

const latencies = (): { readonly p50Micros: number; readonly p99Micros: number } => {
  const engine = opened()
  const samples: Array<number> = []
  const stream = new Stream()
  for (let chunk = stream.next(); chunk !== undefined; chunk = stream.next()) {
    let index = 0
    for (const command of chunk) {
      if (index++ % SAMPLED !== 0) {
        engine.apply(command, market)
        continue
      }
      const began = process.hrtime.bigint()
      engine.apply(command, market)
      samples.push(Number(process.hrtime.bigint() - began))
    }
  }
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)]! / 10) / 100
  return { p50Micros: at(0.5), p99Micros: at(0.99) }
}

const peer = (): Rate => {
  const book = new OrderBook()
  return rate((chunk) => {
    for (const command of chunk) {
      if (command._tag === "Cancel") book.cancel(command.order.clientOrderId!)
      else if (command._tag === "Place") {
        const { clientOrderId: id, lots: size, ticks: price, type } = command.order
        const side = command.order.side === "BUY" ? PeerSide.BUY : PeerSide.SELL
        if (type === "MARKET") book.createOrder({ type: OrderType.MARKET, side, size })
        else book.createOrder({ type: OrderType.LIMIT, side, id, size, price })
      }
    }
  })
}

const collectGarbage = (): void => {
  v8.setFlagsFromString("--expose-gc")
  ;(vm.runInNewContext("gc") as () => void)()
}

const memory = (): number => {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Ids are the client's own strings, so they are counted too. */
const bytesPerRestingOrder = (): number => {
  const resting = 100_000
  const engine = opened(resting)
  const before = memory()
  for (let index = 0; index < resting; index++) {
    const side: Side = index % 2 === 0 ? "BUY" : "SELL"
    const away = 1 + ((index * 7) % 300)
    const order: NewOrder = {
      clientOrderId: `o${index}`,
      side,
      type: "LIMIT",
      timeInForce: "GTC",
      lots: 100,
      quote: 0n,
      ticks: MIDDLE + (side === "BUY" ? -away : away),
      stopTicks: 0,
      trailingBips: 0,
      icebergLots: 0,
      stp: "EXPIRE_MAKER"
    }
    const placed: Command = {
      _tag: "Place",
      at: NOW + index,
      account: account(index % ACCOUNTS),
      symbol: SYMBOL,
      order
    }
    const result = engine.apply(placed, market)
    if (Result.isFailure(result)) throw new Error(result.failure.message)
  }
  const bytes = Math.round((memory() - before) / resting)
  if (engine.openOrders(account(0)).length !== resting / ACCOUNTS) throw new Error("orders are missing")
  return bytes
}

const median = (rates: ReadonlyArray<Rate>): Rate =>
  rates.toSorted((a, b) => a.perSecond - b.perSecond)[rates.length >> 1]!

export const main = async (): Promise<unknown> => {
  const did = tally()
  const rates = Array.from({ length: ROUNDS }, throughput)
  const { p50Micros, p99Micros } = latencies()
  const theirs = median([peer(), peer(), peer()])
  const bytesPerOrder = bytesPerRestingOrder()
  const ours = median(rates)
  const refused = Object.values(did.refused).reduce((sum, count) => sum + count, 0)
  console.log(`${COMMANDS} commands: ${did.trades} trades, ${did.events} events, ${refused} refused`)
  for (const [message, count] of Object.entries(did.refused)) console.log(`  ${count} × ${message}`)
  console.log(`engine             ${ours.perSecond}/s, ${ours.perCpuSecond} a CPU second (aim 1000000)`)
  for (const { perSecond, perCpuSecond } of rates) console.log(`                   ${perSecond}/s, ${perCpuSecond}`)
  console.log(`                   p50 ${p50Micros} µs, p99 ${p99Micros} µs a command, clock included`)
  console.log(`nodejs-order-book  ${theirs.perSecond}/s, ${theirs.perCpuSecond} a CPU second`)
  console.log(`                   (without accounts, filters, fees, self-trade prevention or events)`)
  console.log(`${bytesPerOrder} bytes a resting order`)
  return {
    commands: COMMANDS,
    ...ours,
    p50Micros,
    p99Micros,
    bytesPerRestingOrder: bytesPerOrder,
    peer: theirs,
    timesPeer: Math.round((ours.perCpuSecond / theirs.perCpuSecond) * 10) / 10,
    ...did
  }
}
