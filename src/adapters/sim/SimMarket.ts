// A market that needs no network: seeded, believable, with two years of past. For first steps, tests and offline days.
import { Clock, Effect, Layer, Stream } from "effect"
import { liquidPair, type Instrument } from "../../domain/Instrument.ts"
import type { MarketMessage } from "../../domain/Market.ts"
import * as Money from "../../domain/Money.ts"
import { MarketSource, MarketSourceError } from "../../ports/MarketSource.ts"
import { Dice } from "./Chance.ts"
import { PricePath } from "./PricePath.ts"
import { SimBook } from "./SimBook.ts"
import { SimHistory } from "./SimHistory.ts"

export interface SimOptions {
  /** The same seed gives the same past, and the same future from the same moment on. */
  readonly seed: number
  /** Why this market is showing although another was asked for. */
  readonly notice?: string
}

const STEP_MILLIS = 100
/** Ids grow with the clock, so that those of a later start lie beyond those of an earlier one. */
const UPDATE_IDS_A_MILLI = 10

interface SimSymbol {
  readonly instrument: Instrument
  readonly path: PricePath
  readonly history: SimHistory
  readonly bookOptions: { readonly levelLots: number; readonly tradeLots: number; readonly gapTicks: number }
  readonly dice: Dice
}

const pair = (baseAsset: string, stepSize: string) =>
  liquidPair({
    symbol: `${baseAsset}USDT`,
    baseAsset,
    quoteAsset: "USDT",
    tickSize: Money.decimal("0.01"),
    stepSize: Money.decimal(stepSize)
  })

/** Same shared noise, so the two move together; ETH has more of its own. */
const symbolsOf = (seed: number): ReadonlyArray<SimSymbol> => {
  const make = (
    instrument: Instrument,
    path: Omit<ConstructorParameters<typeof PricePath>[0], "seed" | "ownSeed">,
    book: SimSymbol["bookOptions"],
    salt: number
  ): SimSymbol => {
    const paths = new PricePath({ ...path, seed, ownSeed: seed * 31 + salt })
    return {
      instrument,
      path: paths,
      history: new SimHistory(paths),
      bookOptions: book,
      dice: new Dice(seed * 37 + salt)
    }
  }
  return [
    make(
      pair("BTC", "0.00001"),
      { baseTicks: 6_400_000, volatility: 0.0004, shared: 1, own: 0.2, minuteLots: 900_000, tradeLots: 2_500 },
      { levelLots: 45_000, tradeLots: 2_500, gapTicks: 40 },
      1
    ),
    make(
      pair("ETH", "0.0001"),
      { baseTicks: 260_000, volatility: 0.0005, shared: 0.8, own: 0.6, minuteLots: 2_400_000, tradeLots: 6_000 },
      { levelLots: 90_000, tradeLots: 6_000, gapTicks: 4 },
      2
    )
  ]
}

export const make = (options: SimOptions): MarketSource["Service"] => {
  const symbols = symbolsOf(options.seed)
  const bySymbol = new Map(symbols.map((symbol) => [symbol.instrument.symbol, symbol]))
  // History ends where the stream began; until then it ends now.
  let begunAt: number | undefined
  const messages = Stream.unwrap(
    Effect.map(Clock.currentTimeMillis, (now) => {
      begunAt = now
      return play(symbols, now)
    })
  )
  return {
    badge: {
      kind: "sim",
      label: `sim seed ${options.seed}`,
      ...(options.notice === undefined ? {} : { notice: options.notice })
    },
    instruments: new Map(symbols.map(({ instrument }) => [instrument.symbol, instrument])),
    messages,
    history: Effect.fnUntraced(function* (range) {
      const symbol = bySymbol.get(range.symbol)
      if (symbol === undefined) {
        return yield* new MarketSourceError({ message: `${range.symbol} is not part of the simulation.` })
      }
      const now = begunAt ?? (yield* Clock.currentTimeMillis)
      return yield* symbol.history.candles(range.interval, range.end, range.limit, now)
    }),
    skipped: Effect.succeed(0)
  }
}

export const layer = (options: SimOptions): Layer.Layer<MarketSource> =>
  Layer.sync(MarketSource, () => MarketSource.of(make(options)))

/** Books around the present price, then a step ten times a second. A process that slept goes on with the present, not with the past. */
const play = (symbols: ReadonlyArray<SimSymbol>, begunAt: number): Stream.Stream<MarketMessage> => {
  const markets = symbols.map(({ instrument, path, dice, bookOptions }) => {
    const ids = { updateId: begunAt * UPDATE_IDS_A_MILLI, tradeId: begunAt }
    return { path, book: new SimBook({ ...bookOptions, ...ids, symbol: instrument.symbol, dice }, path.at(begunAt)) }
  })
  const restarted = symbols.map(({ instrument }): MarketMessage => ({
    _tag: "Restarted",
    symbol: instrument.symbol,
    at: begunAt
  }))
  let stepped = begunAt
  const step = Effect.gen(function* () {
    while (true) {
      const next = stepped + STEP_MILLIS
      const early = yield* Clock.currentTimeMillis
      if (early < next) yield* Effect.sleep(next - early)
      const now = yield* Clock.currentTimeMillis
      stepped = now - ((now - begunAt) % STEP_MILLIS)
      const [first, ...rest] = markets.flatMap(({ path, book }) =>
        book.step(path.at(stepped), stepped, path.excitement(stepped / 60_000))
      )
      if (first !== undefined) return [first, ...rest] as const
    }
  })
  return Stream.concat(
    Stream.fromArray([...restarted, ...markets.map(({ book }) => book.snapshot(begunAt))]),
    Stream.fromPull(Effect.succeed(step))
  )
}
