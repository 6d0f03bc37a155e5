// The paper exchange: the matching engine in memory, its journal on disk, and the market around it. A command is taken by the engine at
// once, written to the journal with what it saw of the market, and only then told to anyone.
import { Clock, Context, Deferred, Effect, Layer, Option, Result, Schedule } from "effect"
import { listingOf, type Listing } from "../../domain/matching/Listing.ts"
import type { Command } from "../../domain/matching/Command.ts"
import { digest } from "../../domain/matching/Digest.ts"
import { Engine } from "../../domain/matching/Engine.ts"
import type { Instrument } from "../../domain/Instrument.ts"
import type { LevelChanged } from "../../domain/matching/Event.ts"
import type { Rejection } from "../../domain/matching/Rejection.ts"
import type { MarketMessage } from "../../domain/Market.ts"
import * as Money from "../../domain/Money.ts"
import { MarketData } from "../../ports/MarketData.ts"
import { type EngineSnapshot, type JournalEntry, PaperJournal, PaperJournalError } from "../../ports/PaperJournal.ts"
import { decode, encode, textOfListing } from "./JournalCodec.ts"
import { Liquidity, nowhere } from "./Liquidity.ts"
import { Faults } from "./faults/Faults.ts"
import { noFaults } from "./faults/NoFaults.ts"
import * as Outbox from "./Outbox.ts"
import { amendedLots, NO_ROWS, project } from "./Projection.ts"
import { type Outside, replayed, SeenMarket } from "./Seen.ts"
import { Subscriptions } from "./Subscriptions.ts"
import { Busy, type Executed, OutcomeLost, Rejected, Venue, type VenueCommand, type VenueError } from "./Venue.ts"
import { Numbering, TradeIds } from "./TradeIds.ts"
import { VenueState } from "./VenueState.ts"

/** How the model differs from the market it copies; README.md says what each of them cannot know. */
export interface VenueOptions {
  /** From a command's arrival until it meets the market, milliseconds. */
  readonly latencyMillis: number
  /** Instead of the instruments' rates, for every account without its own: parts of 10^-8 of what is received. */
  readonly fees: { readonly maker: number; readonly taker: number } | undefined
  /** The share of the lots at a price that stand before a new order there: 1 is all of them, 0 none. */
  readonly queueShare: number
  /** Entries from one snapshot to the next. */
  readonly snapshotEvery: number
  /** Commands on their way to the journal; beyond it orders are refused and the market is not listened to until there is room. */
  readonly outbox: number
}

export const defaults: VenueOptions = {
  latencyMillis: 0,
  fees: undefined,
  queueShare: 1,
  snapshotEvery: 20_000,
  outbox: 8192
}

/** A snapshot is not written again before the entries since the last one weigh about as much, by this many characters each. */
const CHARACTERS_PER_ENTRY = 200

const retrySlowly = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

const make = Effect.fnUntraced(function* (options: VenueOptions) {
  const journal = yield* PaperJournal
  const market = yield* MarketData
  const clock = yield* Clock.Clock
  const listings = new Map(
    [...(yield* market.instruments)].map(([symbol, instrument]) => [symbol, listingOf(charging(instrument, options))])
  )
  const faults = Option.getOrElse(yield* Effect.serviceOption(Faults), () => noFaults)
  const ids = new TradeIds()
  const liquidity = new Liquidity(listings, market, options.queueShare, ids)
  const subscriptions = new Subscriptions()
  let { engine, seq, snapshotSeq, snapshotSize, time } = yield* load(journal)
  /** Set while memory is not what the journal has, and for good once another process has taken over: nothing is taken. */
  let recovering = false

  const now = () => (time = Math.max(time, clock.currentTimeMillisUnsafe()))

  const recover = Effect.fnUntraced(function* (error: PaperJournalError) {
    recovering = true
    if (error.takenOver === true) {
      yield* Effect.logError("another process is the paper exchange now: this one takes no more orders", error)
      return subscriptions.cutOff("another process is the exchange now")
    }
    yield* Effect.logError("the paper exchange's journal failed; the exchange starts again from it", error)
    const loaded = yield* load(journal).pipe(
      Effect.tapError((again) => Effect.logWarning("the paper exchange cannot start again yet", again)),
      Effect.retry({ schedule: retrySlowly }),
      // The schedule has no end.
      Effect.orDie
    )
    ;({ engine, seq, snapshotSeq, snapshotSize } = loaded)
    time = Math.max(time, loaded.time)
    // Before anybody hears of it: who does may ask at once.
    recovering = false
    subscriptions.restate(levelsOf(engine, listings))
    subscriptions.cutOff("the exchange started again from its journal")
  })

  const outbox = yield* Outbox.make({
    capacity: options.outbox,
    commit: journal.commit,
    tell: (step) => subscriptions.tell(step.events),
    recover
  })

  const snapshotNow = (): EngineSnapshot => {
    const state = engine.encode()
    snapshotSeq = seq
    snapshotSize = state.length
    return { seq, hash: digest(state), state }
  }
  const isSnapshotDue = () => seq - snapshotSeq >= Math.max(options.snapshotEvery, snapshotSize / CHARACTERS_PER_ENTRY)

  /** Faults may keep a part of the market from an account; the journal then holds what was left of it. */
  const asMetBy = (command: Command, outside: Outside): Outside =>
    faults.quiet || !("account" in command && "symbol" in command)
      ? outside
      : faults.limited(outside, { account: command.account, symbol: command.symbol }, command.at)

  /** The engine takes the command, and what follows from it joins the line. */
  const take = (
    command: Command,
    done: Deferred.Deferred<void, OutcomeLost> | undefined
  ): Result.Result<Omit<Executed, "at">, Rejection> => {
    const outside = "symbol" in command ? liquidity.of(command.symbol) : undefined
    const seen = new SeenMarket(outside === undefined ? nowhere : asMetBy(command, outside))
    const amendedFrom = amendedLots(command, (account, symbol, ref) => engine.openOrder(account, symbol, ref))
    const outcome = engine.apply(command, seen)
    if (Result.isFailure(outcome)) return Result.fail(outcome.failure)
    const { changed, events } = outcome.success
    if (!changed && done === undefined) return outcome
    outside?.told(events, command)
    if (!faults.quiet) faults.told(events)
    seq++
    outbox.add({
      entry: { seq, at: command.at, body: encode(command, seen.looked()) },
      rows: project(events, amendedFrom),
      events,
      snapshot: isSnapshotDue() ? snapshotNow() : undefined,
      done
    })
    return outcome
  }

  /** The engine threw: what it holds cannot be trusted any more, and the journal has none of the command. */
  const restart = (failure: unknown): void => {
    recovering = true
    const why = failure instanceof Error ? failure.message : String(failure)
    outbox.restart(new PaperJournalError({ message: `the matching engine failed: ${why}` }))
  }

  const execute = (command: VenueCommand): Effect.Effect<Executed, VenueError> =>
    Effect.suspend((): Effect.Effect<Executed, VenueError> => {
      if (recovering || outbox.isFull())
        return Effect.fail(new Busy({ message: "The paper exchange is busy: try again." }))
      const done = Deferred.makeUnsafe<void, OutcomeLost>()
      const at = now()
      try {
        const taken = take({ ...command, at } as Command, done)
        if (Result.isFailure(taken)) return Effect.fail(new Rejected(taken.failure))
        return Effect.as(Deferred.await(done), { at, ...taken.success })
      } catch (failure) {
        restart(failure)
        return Effect.fail(
          new OutcomeLost({ message: "The paper exchange failed at this command: nothing of it stands." })
        )
      }
    })

  /** What the market says goes to the engine where it matters to somebody's order. */
  const onMessage = (message: MarketMessage): void => {
    const outside = liquidity.hear(message)
    // Without room the market passes by, as it does for whoever is not there: nothing is told that did not happen.
    if (outside === undefined || recovering || outbox.isFull() || faults.frozen({})) return
    try {
      for (const command of outside.feeds(message, engine, now())) {
        if (outbox.isFull()) return
        take(faults.quiet ? command : faults.moved(command, engine), undefined)
      }
    } catch (failure) {
      restart(failure)
    }
  }

  const settled = Effect.suspend((): Effect.Effect<void, OutcomeLost> => {
    if (recovering) return Effect.fail(new OutcomeLost({ message: "The paper exchange is starting again." }))
    return outbox.settled
  })

  /** Opens what is new or has other rules now. A symbol that this market does not carry any more stays as it was. */
  for (const listing of listings.values()) {
    const known = engine.listing(listing.instrument.symbol)
    if (known !== undefined && textOfListing(known) === textOfListing(listing)) continue
    if (outbox.isFull()) yield* settled
    const opened = take({ _tag: "List", at: now(), listing }, undefined)
    if (Result.isSuccess(opened)) continue
    yield* Effect.logWarning(`${listing.instrument.symbol} keeps its old rules: ${opened.failure.message}`)
  }
  yield* settled
  subscriptions.restate(levelsOf(engine, listings))

  const stop = market.onMessage(onMessage)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      stop()
      // The next start, perhaps of a newer version, has nothing to replay.
      if (recovering || seq === snapshotSeq || outbox.isFull()) return
      outbox.add({ entry: undefined, rows: NO_ROWS, events: [], snapshot: snapshotNow(), done: undefined })
    })
  )

  const late = options.latencyMillis
  const venue = Venue.of({
    now,
    listings,
    execute: (command) => (late > 0 && "symbol" in command ? Effect.delay(execute(command), late) : execute(command)),
    test: (command) =>
      Effect.suspend(() => {
        const seen = new SeenMarket(liquidity.of(command.symbol) ?? nowhere)
        const judged = engine.wouldTake({ ...command, at: now() }, seen)
        return Result.isFailure(judged) ? Effect.fail(new Rejected(judged.failure)) : Effect.void
      }),
    settled,
    knows: (account) => engine.knows(account),
    openOrder: (account, symbol, ref) => engine.openOrder(account, symbol, ref),
    openOrders: (account, symbol) => engine.openOrders(account, symbol),
    balances: (account) => engine.balances(account),
    commission: (account, symbol) => engine.commission(account, symbol),
    averagePrice: (symbol) => liquidity.of(symbol)?.averagePrice ?? 0n,
    accountEvents: subscriptions.subscribe,
    onPublic: (listener) => subscriptions.listen(listener)
  })
  const read = Effect.map(settled, () => ({ stateHash: engine.stateHash(), journalSeq: seq, ...engine.counts() }))
  return Context.make(Venue, venue).pipe(Context.add(VenueState, { read }), Context.add(Numbering, ids))
})

const RATE_UNIT = Money.decimal("0.00000001")

const charging = (instrument: Instrument, { fees }: VenueOptions): Instrument =>
  fees === undefined
    ? instrument
    : {
        ...instrument,
        makerFeeRate: Money.fromUnits(BigInt(fees.maker), RATE_UNIT),
        takerFeeRate: Money.fromUnits(BigInt(fees.taker), RATE_UNIT)
      }

/** Users' levels of all symbols, as they would be told one by one. */
const levelsOf = (engine: Engine, listings: ReadonlyMap<string, Listing>): ReadonlyArray<LevelChanged> =>
  [...listings.keys()].flatMap((symbol) =>
    (["BUY", "SELL"] as const).flatMap((side) =>
      engine
        .levels(symbol, side)
        .map(({ lots, ticks }): LevelChanged => ({ _tag: "LevelChanged", symbol, side, ticks, lots }))
    )
  )

/** The engine as the journal has it. Fails where a snapshot is not what was stored, or an entry does not do what it did. */
const load = Effect.fnUntraced(function* (journal: PaperJournal["Service"]) {
  const { entries, snapshot } = yield* journal.load
  return yield* Effect.try({
    try: () => replay(Option.getOrUndefined(snapshot), entries),
    catch: (failure) =>
      new PaperJournalError({
        message: `The paper exchange cannot start from its journal: ${failure instanceof Error ? failure.message : String(failure)}.`
      })
  })
})

/** Throws, with a sentence, where that cannot be. */
export const replay = (snapshot: EngineSnapshot | undefined, entries: ReadonlyArray<JournalEntry>) => {
  const engine = snapshot === undefined ? new Engine() : Engine.decode(snapshot.state)
  if (snapshot !== undefined && engine.stateHash() !== snapshot.hash) {
    throw new Error(`the snapshot after entry ${snapshot.seq} does not have the hash it was stored with`)
  }
  let time = 0
  for (const { at, body, seq } of entries) {
    const { command, looked } = decode(at, body)
    const outcome = engine.apply(command, replayed(looked))
    if (Result.isFailure(outcome))
      throw new Error(`entry ${seq} was taken once and is refused now: ${outcome.failure.message}`)
    time = at
  }
  engine.validateInternalState()
  return {
    engine,
    seq: entries.at(-1)?.seq ?? snapshot?.seq ?? 0,
    snapshotSeq: snapshot?.seq ?? 0,
    snapshotSize: snapshot?.state.length ?? 0,
    time
  }
}

/** Instruments must be known by now; they are the venue's for as long as it runs. */
export const layer = (
  options: Partial<VenueOptions> = {}
): Layer.Layer<Venue | VenueState | Numbering, PaperJournalError | OutcomeLost, PaperJournal | MarketData> =>
  Layer.effectContext(make({ ...defaults, ...options }))
