// A recorded market, played again: real streams at real speed or N times, over and over, with time and ids that only grow.
import { Cause, Clock, DateTime, Effect, Layer, Stream } from "effect"
import type { Instrument } from "../../domain/Instrument.ts"
import type { MarketMessage } from "../../domain/Market.ts"
import { MarketSource, MarketSourceError, type Skipped } from "../../ports/MarketSource.ts"
import { survey } from "./Survey.ts"
import { openRecording, type Recording } from "./Recording.ts"
import { Translator } from "./Translate.ts"

export interface ReplayOptions {
  readonly files: ReadonlyArray<string>
  /** 1 is the pace of the recording. */
  readonly speed?: number
  /** Off: as fast as it is read, for tests and benches. */
  readonly paced?: boolean
  /** Off: the messages end with the recording. */
  readonly loop?: boolean
}

/** Messages handed on at once, so that a burst does not hold the process up. */
const MAX_BATCH = 256
/** Shortest nap between two batches: at high speed messages are due every few microseconds. */
const MIN_NAP_MILLIS = 5

/**
 * Times are the recording's own (the exchange's where a frame has one): a candle of 23:54 shows what traded at 23:54 that day. On
 * each loop times, update ids and trade ids continue beyond the last ones. There is no history: candles begin with what was played.
 */
export const make = Effect.fnUntraced(function* (options: ReplayOptions) {
  const { files, speed = 1, paced = true, loop = true } = options
  const known = yield* survey(files)
  const player = new Player(known.instruments, known.symbolsOfFile)
  const pass: { recording?: Recording; startedAt: number; firstAt: number; messages: number } = {
    startedAt: 0,
    firstAt: Number.NaN,
    messages: 0
  }
  const close = Effect.promise(async () => {
    const { recording } = pass
    delete pass.recording
    if (recording !== undefined) {
      player.tornLines += recording.skipped
      await recording.close()
    }
  })
  const begin = Effect.gen(function* () {
    pass.recording = yield* openRecording(files)
    pass.startedAt = yield* Clock.currentTimeMillis
    pass.firstAt = Number.NaN
    pass.messages = 0
    return player.beginPass()
  })
  const end = Effect.gen(function* () {
    yield* close
    if (!loop) return yield* Cause.done()
    if (pass.messages === 0) {
      return yield* new MarketSourceError({
        message: `The recording ${files.join(", ")} holds no market data any more.`
      })
    }
  })
  const dueAt = (receivedAt: number): number => {
    if (Number.isNaN(pass.firstAt)) pass.firstAt = receivedAt
    return pass.startedAt + (receivedAt - pass.firstAt) / speed
  }
  /** What is due at `now`, and when to look again: a time, or at once (undefined) where reading must go on. */
  const due = (recording: Recording, now: number) => {
    const batch: Array<MarketMessage> = []
    while (batch.length < MAX_BATCH) {
      const line = recording.peek()
      if (line === "read on" || line === "end") return { batch, next: line }
      const at = paced ? dueAt(line.receivedAt) : now
      if (at > now) return { batch, next: at }
      recording.take(line)
      const message = player.play(line)
      if (message !== undefined) batch.push(message)
    }
    return { batch, next: now }
  }
  const pull = Effect.gen(function* () {
    while (true) {
      const { recording } = pass
      if (recording === undefined) {
        const [first, ...rest] = yield* begin
        if (first !== undefined) return [first, ...rest] as const
        continue
      }
      const now = yield* Clock.currentTimeMillis
      const { batch, next } = due(recording, now)
      const [first, ...rest] = batch
      if (first !== undefined) {
        pass.messages += batch.length
        return [first, ...rest] as const
      }
      if (next === "end") yield* end
      else if (next === "read on") yield* Effect.promise(() => recording.fill())
      else yield* Effect.sleep(Math.max(next - now, MIN_NAP_MILLIS))
    }
  })
  return MarketSource.of({
    badge: { kind: "replay", label: `replay ${dateOf(known.firstAt)} ×${speed}` },
    instruments: known.instruments,
    messages: Stream.unwrap(
      Effect.as(
        Effect.addFinalizer(() => close),
        Stream.fromPull(Effect.succeed(pull))
      )
    ),
    // A file cannot fall silent, only end: what it does not say is what the market of that day did not.
    maxSilenceMillis: Number.POSITIVE_INFINITY,
    history: () => Effect.succeed([]),
    skipped: Effect.sync(() => player.skipped(pass.recording?.skipped ?? 0))
  })
})

/** Fails where a file is missing, unreadable, or holds no market data; the message names it. */
export const layer = (options: ReplayOptions): Layer.Layer<MarketSource, MarketSourceError> =>
  Layer.effect(MarketSource, make(options))

class Player {
  tornLines = 0
  private readonly translator: Translator
  private readonly symbols: ReadonlyArray<string>
  private readonly symbolsOfFile: ReadonlyArray<ReadonlyArray<string>>

  constructor(instruments: ReadonlyMap<string, Instrument>, symbolsOfFile: ReadonlyArray<ReadonlyArray<string>>) {
    this.translator = new Translator(instruments)
    this.symbols = [...instruments.keys()]
    this.symbolsOfFile = symbolsOfFile
  }

  /** `tornNow`: lines of the pass that is under way. */
  skipped(tornNow: number): Skipped {
    const torn = this.tornLines + tornNow
    return torn === 0 ? this.translator.skipped : { ...this.translator.skipped, torn }
  }

  /** Voids every book, except before the very first message. */
  beginPass(): ReadonlyArray<MarketMessage> {
    const at = this.translator.latestAt
    if (at === undefined) return []
    this.translator.nextPass()
    return this.symbols.map((symbol) => ({ _tag: "Restarted", symbol, at }))
  }

  play(line: { readonly value: unknown; readonly receivedAt: number; readonly file: number }) {
    const receivedAt = Math.floor(line.receivedAt)
    return this.translator.message(line.value, receivedAt, this.symbolsOfFile[line.file] ?? [])
  }
}

const dateOf = (at: number): string => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(at))
