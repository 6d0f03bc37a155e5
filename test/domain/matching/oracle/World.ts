// Random histories from a seed: four accounts, two symbols that share a quote asset, and a band of prices so narrow that everything
// collides. The naive engine runs along, so that most commands speak of orders that exist.
import type { Command } from "../../../../src/domain/matching/Command.ts"
import type { Listing } from "../../../../src/domain/matching/Listing.ts"
import { listingOf } from "../../../../src/domain/matching/Listing.ts"
import { liquidPair } from "../../../../src/domain/Instrument.ts"
import * as Money from "../../../../src/domain/Money.ts"
import type { Side } from "../../../../src/domain/Order.ts"
import * as Funds from "./Funds.ts"
import type { Entry, History, Level, PlainMarket } from "./History.ts"
import { marketOf } from "./History.ts"
import type { Answer } from "./NaiveEngine.ts"
import { NaiveEngine } from "./NaiveEngine.ts"
import { Draws } from "./Draws.ts"
import { draw } from "./RandomCommand.ts"

const { decimal } = Money

export const MIDDLE = 100

const alpha: Listing = {
  ...listingOf({
    ...liquidPair({
      symbol: "ALFUSD",
      baseAsset: "ALF",
      quoteAsset: "USD",
      tickSize: decimal("0.01"),
      stepSize: decimal("0.001")
    }),
    minPrice: decimal("0.85"),
    maxPrice: decimal("1.2"),
    maxQuantity: decimal("0.04"),
    maxMarketQuantity: decimal("0.03"),
    minNotional: decimal("0.0015"),
    maxNotional: decimal("0.035"),
    bidMultiplierUp: decimal("1.12"),
    bidMultiplierDown: decimal("0.88"),
    askMultiplierUp: decimal("1.12"),
    askMultiplierDown: decimal("0.88"),
    makerFeeRate: decimal("0.00075"),
    takerFeeRate: decimal("0.001")
  }),
  icebergParts: 5
}

/** Fees that round, prevention that may be off, and counts that are soon reached. */
const bravo: Listing = {
  ...listingOf({
    ...liquidPair({
      symbol: "BRVUSD",
      baseAsset: "BRV",
      quoteAsset: "USD",
      tickSize: decimal("0.5"),
      stepSize: decimal("0.00001")
    }),
    minNotional: decimal("0.00075"),
    maxNotional: Money.zero,
    maxOpenOrders: 8,
    makerFeeRate: decimal("0.00071"),
    takerFeeRate: decimal("0.00133")
  }),
  defaultStp: "NONE",
  allowedStps: new Set(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"]),
  maxAlgoOrders: 3,
  maxIcebergOrders: 2,
  maxOrderLists: 2,
  maxAmends: 2,
  maxPosition: decimal("0.0028")
}

export const listings: ReadonlyArray<Listing> = [alpha, bravo]

const opening: ReadonlyArray<readonly [string, string, string, string]> = [
  ["ann", "0.12", "0.1", "0.001"],
  ["bob", "0.05", "0.05", "0.0005"],
  ["cat", "0.02", "0.02", "0.0002"],
  ["dot", "0.008", "0.008", "0.00008"]
]
export const accounts = opening.map(([account]) => account)
export const assets = ["USD", "ALF", "BRV"]

/** One symbol's outside market: levels net of what users took, and its last trade. */
export interface OutsideMarket {
  readonly listing: Listing
  readonly levels: Record<Side, Map<number, number>>
  middle: number
  lastTicks: number
  lastTradeId: number
}

export class World {
  readonly draws: Draws
  readonly naive = new NaiveEngine()
  readonly markets: ReadonlyArray<OutsideMarket>
  readonly history: Array<Entry> = []
  readonly answers: Array<Answer> = []
  at = 1_700_000_000_000
  /** Whose order is drawn next. */
  account = "ann"
  /** Numbers client ids. */
  ids = 0

  constructor(seed: number) {
    this.draws = new Draws(seed)
    this.markets = listings.map((listing) => ({
      listing,
      levels: { BUY: new Map(), SELL: new Map() },
      middle: MIDDLE,
      lastTicks: 0,
      lastTradeId: 0
    }))
    for (const listing of listings) this.give({ _tag: "List", at: this.at, listing })
    for (const [account, ...amounts] of opening) {
      const balances = assets.map((asset, index) => ({ asset, amount: Funds.units(decimal(amounts[index]!)) }))
      this.give({ _tag: "OpenAccount", at: this.at, account, balances })
    }
  }

  marketOf(symbol: string): OutsideMarket {
    return this.markets.find(({ listing }) => listing.instrument.symbol === symbol) ?? this.markets[0]!
  }

  private plain(symbol: string): PlainMarket {
    const { listing, levels, lastTicks, lastTradeId } = this.marketOf(symbol)
    const side = (side: Side): ReadonlyArray<Level> =>
      [...levels[side]]
        .map(([ticks, lots]) => ({ ticks, lots }))
        .filter(({ lots }) => lots > 0)
        .toSorted((a, b) => (side === "BUY" ? b.ticks - a.ticks : a.ticks - b.ticks))
    const price = Money.fromUnits(BigInt(lastTicks === 0 ? MIDDLE : lastTicks), listing.instrument.tickSize)
    return { bids: side("BUY"), asks: side("SELL"), lastTicks, reference: Funds.units(price), lastTradeId }
  }

  give(command: Command): Answer {
    const symbol = "symbol" in command ? command.symbol : ""
    const outside = this.marketOf(symbol)
    if (command._tag === "Outside") outside.levels[command.side].set(command.ticks, command.lots)
    const entry = { command, market: this.plain(symbol) }
    const answer = this.naive.apply(command, marketOf(entry.market))
    this.history.push(entry)
    this.answers.push(answer)
    if (!answer.taken) return answer
    for (const print of answer.prints) {
      outside.lastTicks = print.ticks
      outside.lastTradeId = print.tradeId
      if (print.cause === "walked") {
        const met = outside.levels[print.takerSide === "BUY" ? "SELL" : "BUY"]
        met.set(print.ticks, (met.get(print.ticks) ?? 0) - print.lots)
      }
    }
    if (command._tag === "Tape") {
      // A print that set off no trade after it is the last trade.
      if (answer.prints.every(({ cause }) => cause === "queue" || cause === "through"))
        outside.lastTicks = command.ticks
      outside.lastTradeId += 1
    }
    return answer
  }
}

/** A history of at least `length` commands, with what the naive engine answered to each. */
export const grow = (seed: number, length: number): { history: History; answers: ReadonlyArray<Answer> } => {
  const world = new World(seed)
  while (world.history.length < length) {
    world.at += world.draws.below(3)
    draw(world)
  }
  return { history: world.history, answers: world.answers }
}
