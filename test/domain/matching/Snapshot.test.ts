import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { Command, MarketNow, NewList } from "../../../src/domain/matching/Command.ts"
import { digest } from "../../../src/domain/matching/Digest.ts"
import { Engine } from "../../../src/domain/matching/Engine.ts"
import type { NewOrder, OrderType } from "../../../src/domain/matching/Order.ts"
import type { Side } from "../../../src/domain/Order.ts"
import { buy, Exchange, order, sell, SYMBOL, UNIT } from "./Exchange.ts"

const ACCOUNTS = ["ann", "ben", "cas", "dan"] as const
const TYPES = [
  "LIMIT",
  "LIMIT",
  "LIMIT",
  "LIMIT_MAKER",
  "MARKET",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT"
] as const
const STPS = ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER"] as const

/** Commands of every kind around a price of 100, the same for the same seed. */
class Chance {
  private state: number
  private made = 0

  constructor(seed: number) {
    this.state = seed
  }

  below(count: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) | 0
    return Math.floor(((this.state >>> 0) / 2 ** 32) * count)
  }

  pick<A>(from: ReadonlyArray<A>): A {
    return from[this.below(from.length)]!
  }

  side(): Side {
    return this.pick(["BUY", "SELL"] as const)
  }

  order(type: OrderType = this.pick(TYPES)): NewOrder {
    const contingent = type.startsWith("STOP") || type.startsWith("TAKE")
    const limit = type !== "MARKET" && type !== "STOP_LOSS" && type !== "TAKE_PROFIT"
    const trailing = contingent && this.below(3) === 0
    const byQuote = type === "MARKET" && this.below(3) === 0
    const lots = 1 + this.below(20)
    const iceberg = (type === "LIMIT" || type === "LIMIT_MAKER") && lots > 3 && this.below(5) === 0
    return order({
      clientOrderId: `c${++this.made % 40}`,
      side: this.side(),
      type,
      lots: byQuote ? 0 : lots,
      quote: byQuote ? BigInt(1 + this.below(2_000)) * UNIT : 0n,
      ticks: limit ? 92 + this.below(16) : 0,
      timeInForce:
        limit && type !== "LIMIT_MAKER" && !iceberg ? this.pick(["GTC", "GTC", "IOC", "FOK"] as const) : "GTC",
      stopTicks: contingent && (!trailing || this.below(2) === 0) ? 90 + this.below(20) : 0,
      trailingBips: trailing ? 10 + this.below(500) : 0,
      icebergLots: iceberg ? 2 : 0,
      stp: this.pick(STPS)
    })
  }

  list(): NewList {
    const side = this.side()
    const lots = 1 + this.below(10)
    const away = 1 + this.below(5)
    const stopType = this.pick(["STOP_LOSS", "STOP_LOSS_LIMIT"] as const)
    const sells = side === "SELL"
    const limit = order({ side, type: "LIMIT_MAKER", lots, ticks: sells ? 100 + away : 100 - away })
    const stopTicks = sells ? 100 - away : 100 + away
    const stop = order({ side, type: stopType, lots, stopTicks, ticks: stopType === "STOP_LOSS" ? 0 : stopTicks })
    const pair = sells ? { above: limit, below: stop } : { above: stop, below: limit }
    const working = { ...this.order("LIMIT"), icebergLots: 0 }
    const named = { listClientOrderId: `l${++this.made}` }
    return this.pick<NewList>([
      { kind: "OCO", ...named, ...pair },
      { kind: "OTO", ...named, working, pending: this.order() },
      { kind: "OTOCO", ...named, working, ...pair }
    ])
  }

  command(at: number, orderIds: number): Command {
    const kind = this.below(20)
    const own = { at, account: this.pick(ACCOUNTS), symbol: SYMBOL }
    const ref = { orderId: Math.max(1, orderIds - this.below(30)) }
    if (kind < 9) return { _tag: "Place", ...own, order: this.order() }
    if (kind < 11) return { _tag: "Cancel", ...own, order: { clientOrderId: `c${this.below(40)}` }, cancelId: "x" }
    if (kind < 12) return { _tag: "Amend", ...own, order: ref, lots: 1 + this.below(6), clientOrderId: `a${at}` }
    if (kind < 13) {
      const mode = this.pick(["STOP_ON_FAILURE", "ALLOW_FAILURE"] as const)
      return {
        _tag: "CancelReplace",
        ...own,
        cancel: ref,
        cancelId: "x",
        mode,
        mayPlace: this.below(9) > 0,
        order: this.order()
      }
    }
    if (kind < 15) return { _tag: "PlaceList", ...own, list: this.list() }
    const moved = { at, symbol: SYMBOL, ticks: 92 + this.below(16), lots: this.below(30) }
    if (kind < 18) return { _tag: "Tape", ...moved, lots: moved.lots + 1, takerSide: this.side() }
    return { _tag: "Outside", ...moved, side: this.side() }
  }
}

const churn = (
  seed: number,
  commands: number,
  usd: number,
  each: (exchange: Exchange, index: number) => void
): Exchange => {
  const chance = new Chance(seed)
  const venue = new Exchange()
  for (const account of ACCOUNTS) venue.account(account, usd, usd / 100)
  venue.lastTicks = 100
  venue.reference = 100n * UNIT
  for (let index = 0; index < commands; index++) {
    const bid = 95 + chance.below(5)
    const ask = 101 + chance.below(5)
    venue.outside({
      asks: [
        [ask, chance.below(20)],
        [ask + 1, 9],
        [ask + 3, 50]
      ],
      bids: [
        [bid, chance.below(20)],
        [bid - 1, 9],
        [bid - 2, 50]
      ]
    })
    const command = chance.command(++venue.now, 2 + index)
    venue.result(command)
    if (command._tag === "Tape") venue.lastTicks = command.ticks
    each(venue, index)
  }
  return venue
}

/** Keeps what is read of a market; what was not read is not there. */
const recorded = (market: MarketNow): { readonly watched: MarketNow; readonly kept: MarketNow } => {
  const reads = new Map<string, number>()
  const watch =
    <Args extends ReadonlyArray<unknown>>(name: string, read: (...args: Args) => number) =>
    (...args: Args): number => {
      const value = read(...args)
      reads.set([name, ...args].join(" "), value)
      return value
    }
  const kept =
    (name: string) =>
    (...args: ReadonlyArray<unknown>): number => {
      const value = reads.get([name, ...args].join(" "))
      if (value === undefined) throw new Error(`${name} ${args.join(" ")} was not read before`)
      return value
    }
  const { outside } = market
  return {
    watched: {
      ...market,
      outside: {
        ticksAt: watch("ticksAt", outside.ticksAt),
        lotsAt: watch("lotsAt", outside.lotsAt),
        lotsAtPrice: watch("lotsAtPrice", outside.lotsAtPrice)
      }
    },
    kept: {
      ...market,
      outside: { ticksAt: kept("ticksAt"), lotsAt: kept("lotsAt"), lotsAtPrice: kept("lotsAtPrice") }
    }
  }
}

describe("Snapshots", () => {
  it("what a command read of the market is all that is needed to do it again", () => {
    const { journal, engine } = churn(11, 400, 20_000, () => undefined)
    const first = new Engine()
    const second = new Engine()
    for (const [command, market] of journal) {
      const { watched, kept } = recorded(market)
      first.apply(command, watched)
      second.apply(command, kept)
    }
    assert.strictEqual(first.stateHash(), engine.stateHash())
    assert.strictEqual(second.stateHash(), engine.stateHash())
  })

  it("a state of every kind of order keeps its invariants, survives its text and behaves the same afterwards", () => {
    for (const [seed, usd] of [
      [1, 100_000],
      [2, 100_000],
      [3, 3_000]
    ] as const) {
      const venue = churn(seed, 400, usd, (exchange, index) => {
        if (index % 40 !== 39) return
        const text = exchange.engine.encode()
        const restored = Engine.decode(text)
        assert.strictEqual(restored.encode(), text)
        assert.strictEqual(restored.stateHash(), exchange.engine.stateHash())
        // The restored engine goes on; the replay below has never stopped.
        exchange.engine = restored
      })
      assert.strictEqual(venue.replayed().stateHash(), venue.engine.stateHash())
    }
  })

  it("reads say the same before and after", () => {
    const venue = churn(7, 150, 100_000, () => undefined)
    const restored = Engine.decode(venue.engine.encode())
    for (const account of ACCOUNTS) {
      assert.deepStrictEqual(restored.balances(account), venue.engine.balances(account))
      const ids = (engine: Engine) => engine.openOrders(account).map(({ orderId, status }) => [orderId, status])
      assert.deepStrictEqual(ids(restored), ids(venue.engine))
    }
    for (const side of ["BUY", "SELL"] as const) {
      assert.deepStrictEqual(restored.levels(SYMBOL, side), venue.engine.levels(SYMBOL, side))
    }
  })

  it("time priority at a price is part of the state", () => {
    const venue = new Exchange().account("ann").account("ben")
    venue.place("ann", sell(1, 100, { clientOrderId: "first", icebergLots: 0 }))
    venue.place("ben", sell(3, 100, { clientOrderId: "second", icebergLots: 1 }))
    const before = venue.engine.stateHash()
    venue.cancel("ann", "first")
    venue.place("ann", sell(1, 100, { clientOrderId: "first" }))
    assert.notStrictEqual(venue.engine.stateHash(), before)
    venue.engine = Engine.decode(venue.engine.encode())
    venue.account("cas")
    const makers = venue
      .place("cas", buy(2, 100))
      .flatMap((event) => (event._tag === "Execution" && event.trade?.maker === true ? [event.order.account] : []))
    assert.deepStrictEqual(makers, ["ben", "ann"])
  })

  it("the order in which accounts and symbols were opened leaves no trace", () => {
    const opened = (names: ReadonlyArray<string>) => {
      const venue = new Exchange()
      for (const name of names) venue.account(name)
      return venue.engine.stateHash()
    }
    assert.strictEqual(opened(["ann", "ben"]), opened(["ben", "ann"]))
    assert.notStrictEqual(opened(["ann", "ben"]), opened(["ann"]))
  })

  it("a text that does not add up is refused by name", () => {
    const venue = new Exchange().account("ann").account("ben")
    venue.place("ann", buy(2, 100))
    const text = venue.engine.encode()
    const broken = (from: string, to: string) => {
      assert.include(text, from)
      return () => Engine.decode(text.replace(from, to))
    }
    assert.throws(
      broken('"99980000000000","20000000000"', '"99980000000000","20000000001"'),
      /ann has 20000000001 USD locked/
    )
    assert.throws(broken('"99980000000000"', '"99980000000001"'), /USD are held/)
    assert.throws(broken('"visible":2', '"visible":1'), /hides lots/)
    assert.throws(broken('"bids":[[1]]', '"bids":[[1],[2]]'), /order 2 is named and not there/)
    assert.throws(broken('"bids":[[1]]', '"bids":[]'), /without a level/)
    assert.throws(broken('"orderId":1,"executionId"', '"orderId":0,"executionId"'), /id from the future/)
    assert.throws(broken('"version":1', '"version":2'), /not a state of this engine/)
    assert.throws(() => Engine.decode("{}"))
  })

  it("the digest depends on every character", () => {
    const text = new Exchange().account("ann").engine.encode()
    const digests = new Set([...text].map((_, index) => digest(`${text.slice(0, index)}#${text.slice(index + 1)}`)))
    assert.strictEqual(digests.size, text.length)
    assert.match(digest(text), /^[0-9a-f]{32}$/)
  })

  it("what is refused leaves no trace in the state", () => {
    const venue = new Exchange().account("ann")
    const before = venue.engine.encode()
    assert.isTrue(Result.isFailure(venue.result(venue.placing("ann", buy(1_000_000, 1_000_000)))))
    assert.strictEqual(venue.engine.encode(), before)
  })
})
