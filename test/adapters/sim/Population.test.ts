import { assert, describe, it } from "@effect/vitest"
import { Dice } from "../../../src/adapters/sim/Chance.ts"
import { Population } from "../../../src/adapters/sim/Population.ts"
import { type SimSymbol, symbolsOf } from "../../../src/adapters/sim/SimSymbols.ts"
import { Depth } from "../../../src/domain/Depth.ts"
import type { Level, MarketMessage, Trade } from "../../../src/domain/Market.ts"
import { autocorrelation, kurtosis, quantile } from "./Statistics.ts"

const NOW = 1_790_000_000_000
const HOUR = 3_600_000
const symbols = symbolsOf(1)

/** Hours of the first weeks, calmest first. */
const hours = Array.from({ length: 500 }, (_, hour) => NOW + hour * HOUR).toSorted(
  (a, b) => symbols[0]!.path.paceAt(a + HOUR / 2).excitement - symbols[0]!.path.paceAt(b + HOUR / 2).excitement
)
const calm = hours[40]!
const usual = hours[250]!
const wild = hours[485]!

interface Book {
  readonly bids: ReadonlyArray<Level>
  readonly asks: ReadonlyArray<Level>
}

interface Step {
  readonly messages: ReadonlyArray<MarketMessage>
  readonly bid: Level
  readonly ask: Level
  readonly path: number
}

interface Run {
  readonly begin: Book
  readonly steps: ReadonlyArray<Step>
  /** The book every five seconds. */
  readonly books: ReadonlyArray<Book>
}

const populationOf = ({ instrument, path, scale }: SimSymbol, at: number) =>
  new Population(
    { symbol: instrument.symbol, dice: new Dice(5), scale, updateId: 100, tradeId: 200 },
    path.at(at),
    path.paceAt(at).excitement
  )

const bookOf = (population: Population) => {
  const told = population.snapshot(NOW)
  if (told._tag !== "DepthSnapshot") throw new Error("no snapshot")
  const depth = new Depth(told.snapshot.symbol)
  depth.applySnapshot(told.snapshot)
  return depth
}

const apply = (depth: Depth, messages: ReadonlyArray<MarketMessage>) => {
  for (const message of messages) {
    if (message._tag !== "DepthDiff") continue
    assert.strictEqual(message.diff.firstUpdateId, depth.updateId + 1)
    assert.strictEqual(depth.applyDiff(message.diff), "applied")
  }
}

const runs = new Map<string, Run>()

/** The market of a symbol from `at` on: four minutes of a calm or wild hour, fifteen of the usual one. */
const run = (symbol: SimSymbol, at: number): Run => {
  const key = `${symbol.instrument.symbol} ${at}`
  const known = runs.get(key)
  if (known !== undefined) return known
  const population = populationOf(symbol, at)
  const depth = bookOf(population)
  const begin = depth.view(100)
  const steps: Array<Step> = []
  const books: Array<Book> = []
  for (let now = at + 100; now <= at + minutesOf(at) * 60_000; now += 100) {
    const path = symbol.path.at(now)
    const messages = population.step(path, now, symbol.path.paceAt(now))
    apply(depth, messages)
    steps.push({ messages, bid: depth.bestBid()!, ask: depth.bestAsk()!, path })
    if (steps.length % 50 === 0) books.push(depth.view(100))
  }
  const made = { begin, steps, books }
  runs.set(key, made)
  return made
}

const minutesOf = (at: number) => (at === usual ? 15 : 4)

const tradesOf = (messages: ReadonlyArray<MarketMessage>): ReadonlyArray<Trade> =>
  messages.flatMap((message) => (message._tag === "Trade" ? [message.trade] : []))
const spreads = ({ steps }: Run) => steps.map(({ ask, bid }) => ask.ticks - bid.ticks)
const mids = ({ steps }: Run) => steps.map(({ ask, bid }) => (ask.ticks + bid.ticks) / 2)
const mean = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

describe("Population", () => {
  it("keeps a sound book: neither crossed nor locked, 30 to 45 levels a side, the best prices its own", () => {
    for (const symbol of symbols) {
      for (const at of [calm, wild]) {
        const { begin, books, steps } = run(symbol, at)
        for (const { asks, bids } of books) {
          assert.isTrue(bids.length >= 30 && bids.length <= 45 && asks.length >= 30 && asks.length <= 45)
          assert.isTrue(
            [...bids, ...asks].every(({ lots, ticks }) => Number.isSafeInteger(lots) && lots > 0 && ticks > 0)
          )
        }
        let told = { bid: begin.bids[0]!, ask: begin.asks[0]! }
        for (const { ask, bid, messages } of steps) {
          if (bid.ticks >= ask.ticks) assert.fail(`${bid.ticks} meets ${ask.ticks}`)
          for (const message of messages) if (message._tag === "BestPrices") told = message.best
          if (!same(told.bid, bid) || !same(told.ask, ask)) assert.fail("the best prices are not those of the book")
        }
      }
    }
  })

  it("prints trades only at prices that stood in the book, for no more than stood there", () => {
    for (const symbol of symbols) {
      const { begin, steps } = run(symbol, wild)
      const book = { BUY: levelsOf(begin.asks), SELL: levelsOf(begin.bids) }
      let lastId = 200
      for (const { messages } of steps) {
        const taken = new Map<string, number>()
        for (const { lots, takerSide, ticks, tradeId } of tradesOf(messages)) {
          const key = `${takerSide} ${ticks}`
          taken.set(key, (taken.get(key) ?? 0) + lots)
          const stood = book[takerSide].get(ticks) ?? 0
          if (lots <= 0 || taken.get(key)! > stood) assert.fail(`${lots} of ${stood} traded at ${ticks}`)
          if (Number(tradeId) !== ++lastId) assert.fail(`trade ${tradeId} came as ${lastId}`)
        }
        for (const message of messages) {
          if (message._tag !== "DepthDiff") continue
          for (const { lots, ticks } of message.diff.asks) book.BUY.set(ticks, lots)
          for (const { lots, ticks } of message.diff.bids) book.SELL.set(ticks, lots)
        }
      }
      assert.isAbove(lastId, 1_000)
    }
  })

  it("has a spread of a tick or a few in calm hours, and a wider one in wild hours", () => {
    for (const symbol of symbols) {
      const quiet = spreads(run(symbol, calm))
      const loud = spreads(run(symbol, wild))
      assert.isAtMost(quantile(quiet, 0.5), 2)
      assert.isAtMost(quantile(quiet, 0.85), 4)
      assert.isAbove(mean(loud), 1.5 * mean(quiet), symbol.instrument.symbol)
    }
  })

  it("has a book that grows away from the best prices and then decays", () => {
    for (const symbol of symbols) {
      const { books } = run(symbol, usual)
      const sizes = (from: number, to: number) =>
        mean(
          books.flatMap(({ asks, bids }) =>
            [asks, bids].flatMap((side) => side.slice(from, to).map(({ lots }) => lots))
          )
        )
      const [best, middle, far] = [sizes(0, 2), sizes(8, 18), sizes(-8, 50)]
      assert.isTrue(best < 0.8 * middle && far < 0.95 * middle, `${symbol.instrument.symbol} ${best} ${middle} ${far}`)
    }
  })

  it("has takers that follow one another, and more of them when others came", () => {
    for (const symbol of symbols) {
      const { steps } = run(symbol, usual)
      const signs = steps.flatMap(({ messages }) =>
        tradesOf(messages).map(({ takerSide }) => (takerSide === "BUY" ? 1 : -1))
      )
      assert.isAbove(autocorrelation(signs, 1), 0.25)
      assert.isAbove(autocorrelation(signs, 4), 0.1)
      const counts = steps.map(({ messages }) => tradesOf(messages).length)
      assert.isAbove(autocorrelation(counts, 1), 0.03)
    }
  })

  it("has second returns with fat tails and clusters", () => {
    for (const symbol of symbols.slice(0, 2)) {
      const seconds = mids(run(symbol, usual)).filter((_, index) => index % 10 === 9)
      const returns = seconds.slice(1).map((mid, index) => mid / seconds[index]! - 1)
      const sizes = returns.map(Math.abs)
      assert.isAbove(kurtosis(returns), 4)
      assert.isAbove(autocorrelation(sizes, 1), 0.1)
      assert.isAbove(mean([5, 6, 7, 8, 9, 10].map((lag) => autocorrelation(sizes, lag))), 0.03)
    }
  })

  it("stays with the price path and trades about its volume, so that the past joins the present", () => {
    for (const symbol of symbols) {
      const market = run(symbol, usual)
      const prices = mids(market)
      const away = market.steps.map(({ path }, index) => Math.abs(path - prices[index]!) / symbol.scale.gapTicks)
      assert.isBelow(mean(away), 1.5)
      assert.isBelow(quantile(away, 0.99), 8)
      const traded = market.steps.reduce(
        (sum, { messages }) => sum + tradesOf(messages).reduce((lots, trade) => lots + trade.lots, 0),
        0
      )
      const first = Math.floor(usual / HOUR)
      const expected = symbol.path.minutes(first).reduce((sum, { openTime, volume }) => {
        return openTime >= usual && openTime < usual + minutesOf(usual) * 60_000 ? sum + volume : sum
      }, 0)
      assert.isTrue(traded > 0.6 * expected && traded < 1.6 * expected, `${traded} of ${expected}`)
    }
  })

  it("is now and then swept: a single taker walks several levels at once", () => {
    const symbol = symbols[1]!
    const most = run(symbol, wild).steps.map(
      ({ messages }) => new Set(tradesOf(messages).map(({ ticks }) => ticks)).size
    )
    assert.isAtLeast(Math.max(...most), 5)
  })

  it("opens anew around a price that jumped beyond its book", () => {
    for (const symbol of symbols) {
      const population = populationOf(symbol, usual)
      const depth = bookOf(population)
      const pace = symbol.path.paceAt(usual)
      for (const factor of [1.2, 0.8]) {
        const ticks = Math.round(symbol.path.at(usual) * factor)
        apply(depth, population.step(ticks, usual + 100, pace))
        const { asks, bids } = depth.view(100)
        assert.isTrue(bids[0]!.ticks <= ticks && asks[0]!.ticks >= ticks)
        assert.isBelow(asks[0]!.ticks - bids[0]!.ticks, 10 * symbol.scale.gapTicks)
        assert.isTrue(bids.length >= 30 && asks.length >= 30)
      }
    }
  })

  it("keeps a sound book however the price moves, from no step at all to leaps", () => {
    for (const symbol of symbols) {
      const population = populationOf(symbol, usual)
      const depth = bookOf(population)
      const dice = new Dice(11)
      let ticks = symbol.path.at(usual)
      for (let step = 1; step <= 1_000; step++) {
        const leap = symbol.scale.gapTicks * 3 ** dice.whole(-2, 4)
        ticks = Math.max(1_000, Math.round(ticks + (dice.roll() - 0.5) * leap))
        const pace = { excitement: 3 * dice.exponential(), volume: 60 * symbol.scale.levelLots, trades: 3_000 }
        apply(depth, population.step(ticks, usual + step * 100, pace))
        const { asks, bids } = depth.view(100)
        if (bids.length < 30 || bids.length > 45 || asks.length < 30 || asks.length > 45) {
          assert.fail(`${symbol.instrument.symbol} step ${step}: ${bids.length} bids, ${asks.length} asks`)
        }
      }
    }
  })
})

const same = (a: Level, b: Level) => a.ticks === b.ticks && a.lots === b.lots
const levelsOf = (levels: ReadonlyArray<Level>) => new Map(levels.map(({ lots, ticks }) => [ticks, lots]))
