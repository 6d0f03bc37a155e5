// A market that needs no network: seeded, believable, with years of past. For first steps, tests and offline days.
import { Clock, Effect, Layer, Stream } from "effect"
import type { MarketMessage } from "../../domain/Market.ts"
import { MarketSource, MarketSourceError } from "../../ports/MarketSource.ts"
import { chanceAt, Dice } from "./Chance.ts"
import { Population } from "./Population.ts"
import { SimHistory } from "./SimHistory.ts"
import { type SimSymbol, symbolsOf } from "./SimSymbols.ts"

export interface SimOptions {
  /** The same seed gives the same past, and the same future from the same moment on. */
  readonly seed: number
  /** Why this market is showing although another was asked for. */
  readonly notice?: string
}

const STEP_MILLIS = 100
/** Ids grow with the clock, so that those of a later start lie beyond those of an earlier one. */
const UPDATE_IDS_A_MILLI = 10

export const make = (options: SimOptions): MarketSource["Service"] => {
  const symbols = symbolsOf(options.seed)
  const histories = new Map(symbols.map(({ instrument, path }) => [instrument.symbol, new SimHistory(path)]))
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
      const history = histories.get(range.symbol)
      if (history === undefined) {
        return yield* new MarketSourceError({ message: `${range.symbol} is not part of the simulation.` })
      }
      const now = begunAt ?? (yield* Clock.currentTimeMillis)
      return yield* history.candles(range.interval, range.end, range.limit, now)
    }),
    skipped: Effect.succeed({})
  }
}

export const layer = (options: SimOptions): Layer.Layer<MarketSource> =>
  Layer.sync(MarketSource, () => MarketSource.of(make(options)))

/** Books around the present price, then a step ten times a second. A process that slept goes on with the present, not with the past. */
const play = (symbols: ReadonlyArray<SimSymbol>, begunAt: number): Stream.Stream<MarketMessage> => {
  const markets = symbols.map(({ instrument, path, scale, seed }) => {
    // A later start is another day for the same people.
    const dice = new Dice(Math.floor(chanceAt(seed, 701, begunAt) * 4_294_967_296))
    const ids = { updateId: begunAt * UPDATE_IDS_A_MILLI, tradeId: begunAt }
    const options = { symbol: instrument.symbol, dice, scale, ...ids }
    return { path, population: new Population(options, path.at(begunAt), path.paceAt(begunAt).excitement) }
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
      const [first, ...rest] = markets.flatMap(({ path, population }) =>
        population.step(path.at(stepped), stepped, path.paceAt(stepped))
      )
      if (first !== undefined) return [first, ...rest] as const
    }
  })
  return Stream.concat(
    Stream.fromArray([...restarted, ...markets.map(({ population }) => population.snapshot(begunAt))]),
    Stream.fromPull(Effect.succeed(step))
  )
}
