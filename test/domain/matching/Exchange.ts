// An engine with one symbol and a market that a test states line by line. After every command the engine proves its own state.
import { assert } from "vitest"
import { Result } from "effect"
import type { Command, MarketNow } from "../../../src/domain/matching/Command.ts"
import { Engine } from "../../../src/domain/matching/Engine.ts"
import type { EngineEvent, Execution, Outcome } from "../../../src/domain/matching/Event.ts"
import { type Listing, listingOf } from "../../../src/domain/matching/Listing.ts"
import type { NewOrder } from "../../../src/domain/matching/Order.ts"
import type { Rejection } from "../../../src/domain/matching/Rejection.ts"
import type { Instrument } from "../../../src/domain/Instrument.ts"
import type { Side } from "../../../src/domain/Order.ts"
import { decimal } from "../../../src/domain/Money.ts"

export const SYMBOL = "ABCUSD"
export const UNIT = 100_000_000n
export const NOW = 1_700_000_000_000

/** One tick is 1 USD and one lot is 1 ABC, so that tests count in whole numbers. */
export const instrument: Instrument = {
  symbol: SYMBOL,
  baseAsset: "ABC",
  quoteAsset: "USD",
  trading: true,
  tickSize: decimal("1"),
  minPrice: decimal("0"),
  maxPrice: decimal("0"),
  stepSize: decimal("1"),
  minQuantity: decimal("1"),
  maxQuantity: decimal("1000000"),
  maxMarketQuantity: decimal("0"),
  minNotional: decimal("0"),
  maxNotional: decimal("0"),
  bidMultiplierUp: decimal("0"),
  bidMultiplierDown: decimal("0"),
  askMultiplierUp: decimal("0"),
  askMultiplierDown: decimal("0"),
  maxOpenOrders: 200,
  makerFeeRate: decimal("0"),
  takerFeeRate: decimal("0")
}

const stps = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"] as const
export const listing: Listing = { ...listingOf(instrument), allowedStps: new Set(stps), maxAlgoOrders: 50 }

type Levels = ReadonlyArray<readonly [ticks: number, lots: number]>
type AsksOrBids = { readonly asks?: Levels; readonly bids?: Levels }

let clientIds = 0

/** A GTC LIMIT BUY of one lot at 100 unless said otherwise; types without a limit price get none. */
export const order = (asked: Partial<NewOrder> = {}): NewOrder => {
  const { type = "LIMIT" } = asked
  const priced = type !== "MARKET" && type !== "STOP_LOSS" && type !== "TAKE_PROFIT"
  return {
    clientOrderId: `order-${++clientIds}`,
    side: "BUY",
    type,
    timeInForce: "GTC",
    lots: 1,
    quote: 0n,
    ticks: priced ? 100 : 0,
    stopTicks: 0,
    trailingBips: 0,
    icebergLots: 0,
    stp: "EXPIRE_MAKER",
    ...asked
  }
}

export const buy = (lots: number, ticks: number, more: Partial<NewOrder> = {}) => order({ lots, ticks, ...more })
export const sell = (lots: number, ticks: number, more: Partial<NewOrder> = {}) =>
  order({ side: "SELL", lots, ticks, ...more })

const isExecution = (event: EngineEvent): event is Execution => event._tag === "Execution"

/** `x/X` of an execution, with what is executed so far: "TRADE/FILLED 3". */
export const line = ({ type, status, executedLots, expiry }: Execution): string =>
  `${type}/${status} ${executedLots}${expiry === undefined ? "" : ` ${expiry}`}`

export class Exchange {
  engine: Engine
  now = NOW
  lastTicks = 0
  reference = 0n
  asks: Array<[number, number]> = []
  bids: Array<[number, number]> = []
  /** Replays what was taken, to compare. */
  readonly journal: Array<readonly [Command, MarketNow]> = []

  constructor(withListing: Listing = listing) {
    this.engine = new Engine()
    this.apply({ _tag: "List", at: this.now, listing: withListing })
  }

  outside({ asks = [], bids = [] }: AsksOrBids): this {
    this.asks = asks.map(([ticks, lots]) => [ticks, lots])
    this.bids = bids.map(([ticks, lots]) => [ticks, lots])
    return this
  }

  market(): MarketNow {
    const asks = this.asks.map((level) => [...level] as const)
    const bids = this.bids.map((level) => [...level] as const)
    const met = (taker: Side) => (taker === "BUY" ? asks : bids)
    return {
      outside: {
        ticksAt: (taker, index) => met(taker)[index]?.[0] ?? 0,
        lotsAt: (taker, index) => met(taker)[index]?.[1] ?? 0,
        lotsAtPrice: (resting, ticks) => (resting === "BUY" ? bids : asks).find(([price]) => price === ticks)?.[1] ?? 0
      },
      lastTicks: this.lastTicks,
      reference: this.reference,
      lastTradeId: 0
    }
  }

  result(command: Command): Result.Result<Outcome, Rejection> {
    const before = this.engine.stateHash()
    const market = this.market()
    const result = this.engine.apply(command, market)
    this.engine.validateInternalState()
    if (Result.isFailure(result) || !result.success.changed) {
      assert.strictEqual(this.engine.stateHash(), before, "what changes nothing leaves the state as it was")
      return result
    }
    this.journal.push([command, market])
    for (const event of result.success.events) {
      if (event._tag !== "PublicTrade") continue
      this.lastTicks = event.ticks
      if (event.cause === "walked") this.take(event.takerSide, event.ticks, event.lots)
    }
    return result
  }

  private take(taker: Side, ticks: number, lots: number): void {
    const levels = taker === "BUY" ? this.asks : this.bids
    const level = levels.find(([price]) => price === ticks)
    if (level !== undefined) level[1] -= lots
  }

  apply(command: Command): Outcome {
    const result = this.result(command)
    if (Result.isFailure(result)) throw new Error(`refused: ${result.failure.code} ${result.failure.message}`)
    return result.success
  }

  /** The text of a refusal. */
  refusal(command: Command): string {
    const result = this.result(command)
    return Result.isFailure(result) ? `${result.failure.code} ${result.failure.message}` : "taken"
  }

  account(name: string, usd = 1_000_000, abc = 1_000): this {
    const balances = [
      { asset: "USD", amount: BigInt(usd) * UNIT },
      { asset: "ABC", amount: BigInt(abc) * UNIT }
    ]
    this.apply({ _tag: "OpenAccount", at: this.now, account: name, balances })
    return this
  }

  placing(account: string, asked: NewOrder): Command {
    return { _tag: "Place", at: ++this.now, account, symbol: SYMBOL, order: asked }
  }

  place(account: string, asked: NewOrder): ReadonlyArray<EngineEvent> {
    return this.apply(this.placing(account, asked)).events
  }

  cancel(account: string, clientOrderId: string): ReadonlyArray<EngineEvent> {
    const ref = { clientOrderId }
    return this.apply({ _tag: "Cancel", at: ++this.now, account, symbol: SYMBOL, order: ref, cancelId: "cancel-1" })
      .events
  }

  tape(ticks: number, lots: number, takerSide: Side): Outcome {
    const outcome = this.apply({ _tag: "Tape", at: ++this.now, symbol: SYMBOL, ticks, lots, takerSide })
    this.lastTicks = ticks
    return outcome
  }

  level(side: Side, ticks: number, lots: number): Outcome {
    return this.apply({ _tag: "Outside", at: ++this.now, symbol: SYMBOL, side, ticks, lots })
  }

  /** Free and locked, in whole units of the asset. */
  balance(account: string, asset: string): readonly [free: number, locked: number] {
    const holding = this.engine.balances(account).find((one) => one.asset === asset)
    return [Number(holding?.free ?? 0n) / Number(UNIT), Number(holding?.locked ?? 0n) / Number(UNIT)]
  }

  /** A fresh engine that takes the same journal. */
  replayed(): Engine {
    const engine = new Engine()
    for (const [command, market] of this.journal) engine.apply(command, market)
    return engine
  }
}

/** What one account was told of its orders. */
export const told = (events: ReadonlyArray<EngineEvent>, account?: string): ReadonlyArray<string> =>
  events
    .filter(isExecution)
    .flatMap((event) => (account === undefined || event.order.account === account ? [line(event)] : []))

export const executions = (events: ReadonlyArray<EngineEvent>): ReadonlyArray<Execution> => events.filter(isExecution)

/** Price × lots of what traded, in order. */
export const trades = (events: ReadonlyArray<EngineEvent>): ReadonlyArray<string> =>
  events.flatMap((event) => (event._tag === "PublicTrade" ? [`${event.lots} @ ${event.ticks} ${event.cause}`] : []))
